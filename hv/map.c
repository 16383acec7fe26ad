/* SPDX-License-Identifier: BSD-2-Clause */
#include "map.h"

#include "arch/sysreg.h"
#include "boot/boot.h"
#include "table/stage1.h"

#include <string.h>

/*
 * Tables of EL2's own map lie in the image, so that their addresses convert linearly before and
 * after the MMU is on. Blocks keep the number small: registers and windows take most of them.
 */
#define TABLES 96

static struct {
	_Alignas(4096) char table[TABLES][4096];
	unsigned int used;
} pool;
static struct mezzo_stage1 map;
struct hv_boot hv_boot;

static const struct mezzo_stage1_attr text = {.type = MEZZO_STAGE1_NORMAL_WB, .executable = true};
static const struct mezzo_stage1_attr rodata = {.type = MEZZO_STAGE1_NORMAL_WB};
static const struct mezzo_stage1_attr data = {.type = MEZZO_STAGE1_NORMAL_WB, .writable = true};
static const struct mezzo_stage1_attr registers = {.type = MEZZO_STAGE1_DEVICE_nGnRE,
						   .writable = true};

static void *take_table(void *ctx)
{
	(void)ctx;
	return pool.used < TABLES ? pool.table[pool.used++] : NULL;
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Where the linker put the image; not the address of anything, as that would be PC-relative. */
static uint64_t linked_at(void)
{
	uint64_t va;

	__asm__("ldr %0, =hv_image" : "=r"(va));
	return va;
}

static int map_section(const char *start, const char *end, struct mezzo_stage1_attr attr)
{
	uint64_t pa = address(start);
	uint64_t va = pa - address(hv_image) + linked_at();

	return mezzo_stage1_map(&map, va, (struct mezzo_pa){pa}, address(end) - pa, attr);
}

static int map_stacks(void)
{
	for (unsigned int i = 0; i < HV_CPUS_MAX; i++) {
		const char *base = hv_stacks + i * HV_STACKS_BYTES;
		const char *stack = base + HV_STACK_GUARD_BYTES;
		const char *emergency = base + HV_STACK_EMERGENCY_TOP - HV_STACK_EMERGENCY_BYTES;
		int error = map_section(stack, stack + HV_STACK_BYTES, data);

		if (!error)
			error = map_section(emergency, base + HV_STACK_EMERGENCY_TOP, data);
		if (error)
			return error;
	}
	return 0;
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int map_device_tree(uint64_t pa)
{
	const uint8_t *header = (const uint8_t *)(uintptr_t)pa;
	uint64_t start = pa & ~UINT64_C(4095);
	uint64_t end;

	if (!pa || pa % 8 || big_endian(header) != 0xd00dfeed)
		return MEZZO_ERR_INVALID;
	end = (pa + big_endian(header + 4) + 4095) & ~UINT64_C(4095);
	return mezzo_stage1_map(&map, start, (struct mezzo_pa){start}, end - start, rodata);
}

static unsigned int pa_bits(uint64_t pa_range)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};

	return pa_range < sizeof(bits) ? bits[pa_range] : 48;
}

int hv_boot_map(uint64_t fdt_pa, uint64_t pa_range)
{
	struct mezzo_pa first = {address(hv_image)};
	int error;

	map.alloc = take_table;
	map.root = take_table(NULL);
	/* The MMU is turned on by code of the first page, mapped at its own address too. */
	error = mezzo_stage1_map(&map, first.addr, first, 4096, text);
	error = error ? error : map_section(hv_image, hv_rodata, text);
	error = error ? error : map_section(hv_rodata, hv_data, rodata);
	error = error ? error : map_section(hv_data, hv_bss_end, data);
	error = error ? error : map_stacks();
	error = error ? error : map_device_tree(fdt_pa);
	hv_boot.ttbr = address(map.root);
	hv_boot.tcr = mezzo_stage1_tcr(pa_bits(pa_range));
	hv_boot.mair = MEZZO_STAGE1_MAIR;
	hv_boot.image_pa = address(hv_image);
	hv_boot.fdt_pa = fdt_pa;
	return error;
}

void hv_map_init(void)
{
	map.table_offset = address(hv_image) - hv_boot.image_pa;
	map.root = (void *)(uintptr_t)(hv_boot.ttbr + map.table_offset);
	map.alloc = take_table;
}

uint64_t hv_image_pa(const void *va)
{
	return address(va) - address(hv_image) + hv_boot.image_pa;
}

int hv_map_memory(uint64_t pa, uint64_t bytes)
{
	int error = mezzo_stage1_map(&map, pa, (struct mezzo_pa){pa}, bytes, data);

	hv_dsb(ishst);
	hv_isb();
	return error;
}

static bool same_registers(uint64_t start, uint64_t end)
{
	for (uint64_t va = start; va < end; va += MEZZO_PAGE_BYTES) {
		struct mezzo_stage1_leaf leaf;

		if (mezzo_stage1_lookup(&map, va, &leaf) || leaf.pa.addr != va ||
		    leaf.attr.type != MEZZO_STAGE1_DEVICE_nGnRE)
			return false;
	}
	return true;
}

volatile void *hv_map_registers(uint64_t pa, uint64_t bytes)
{
	uint64_t start = pa & ~UINT64_C(4095);
	uint64_t end = (pa + bytes + 4095) & ~UINT64_C(4095);
	int error = mezzo_stage1_map(&map, start, (struct mezzo_pa){start}, end - start, registers);

	hv_dsb(ishst);
	hv_isb();
	if (error && !(error == MEZZO_ERR_EXISTS && same_registers(start, end)))
		return NULL;
	return (volatile void *)(uintptr_t)pa;
}

int hv_map_window(uint64_t va, unsigned int level, struct mezzo_stage1_entry **entry)
{
	int error = mezzo_stage1_leaf_entry(&map, va, level, entry);

	hv_dsb(ishst);
	hv_isb();
	return error;
}
