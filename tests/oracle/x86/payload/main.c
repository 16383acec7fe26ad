/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run every probe that this processor can: a guest touches one address through tables that the
 * engine made, and the exit is printed with the flags of the entry that was used.
 */
#include "payload.h"

void payload_main(void);
_Noreturn void payload_trapped(uint64_t vector, uint64_t first, uint64_t second);
void idt_load(void);

#define CPUID_VMX (1u << 5)
#define CPUID_SVM (1u << 2)
/* Where a processor notes accesses and writes. */
#define EPT_FLAGS 0x300u
#define NPT_FLAGS 0x60u

static struct {
	uint16_t low, selector;
	uint8_t ist, type;
	uint16_t middle;
	uint32_t high, zero;
} idt[32];

extern char vectors[];

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	for (unsigned int i = 0; i < 32; i++) {
		uint64_t at = (uint64_t)(uintptr_t)vectors + 16u * i;

		idt[i].low = (uint16_t)at;
		idt[i].selector = 0x08;
		idt[i].type = 0x8e;
		idt[i].middle = (uint16_t)(at >> 16);
		idt[i].high = (uint32_t)(at >> 32);
	}
	__asm__ volatile("lidt %0" ::"m"(idtr));
}

_Noreturn void payload_trapped(uint64_t vector, uint64_t first, uint64_t second)
{
	print("trap ");
	print_field("vector", vector);
	print_field("first", first);
	print_field("second", second);
	print("\n");
	give_up("an exception");
}

/* --- slots --- */

static void slot_fill(uint64_t pa)
{
	uint8_t *slot = (void *)(uintptr_t)pa;

	*(uint16_t *)(void *)slot = 0xb849; /* movabs $ADDRESS, %r8 */
	*(uint64_t *)(void *)(slot + SLOT_ADDRESS) = pa;
	slot[SLOT_ADDRESS + 8] = 0xc3; /* ret */
}

/* Was the slot written? It is as before afterwards. */
static bool slot_written(uint64_t pa)
{
	const uint64_t *address = (const void *)(uintptr_t)(pa + SLOT_ADDRESS);
	bool written = *address == SLOT_WRITTEN;

	slot_fill(pa);
	return written;
}

/* --- probes --- */

/* The entry's flags are put back, so that the next probe finds what the engine made. */
static void probe_one(unsigned int number, const struct probe *probe, bool amd)
{
	volatile uint64_t *leaf = (void *)(uintptr_t)probe->leaf;
	uint64_t was = leaf ? *leaf : 0, address = guest_window(probe);
	struct probe_exit exit = {0, 0, 0, 0};
	bool ran = amd ? svm_probe(probe, address, &exit) : vmx_probe(probe, address, &exit);

	if (probe->access == PROBE_WRITE)
		exit.found = probe->pa && slot_written(probe->pa) ? probe->pa : 0;
	print(ran ? "probe " : "not-entered ");
	print_field("n", number);
	print_field("reason", exit.reason);
	print_field("info", exit.info);
	print_field("gpa", exit.gpa);
	print_field("at", exit.found);
	print_field("flags", leaf ? *leaf & (amd ? NPT_FLAGS : EPT_FLAGS) : 0);
	print("\n");
	if (leaf)
		*leaf = was;
}

void payload_main(void)
{
	struct data_header *header = (void *)(uintptr_t)DATA_PA;
	const struct probe *probes = (const void *)(header + 1);
	bool amd = cpuid(0x80000000).a >= 0x80000001 && cpuid(0x80000001).c & CPUID_SVM;

	disk_read(DATA_LBA, 1, header);
	if (header->magic != MAGIC)
		give_up("the data has no header");
	disk_read(DATA_LBA, header->sectors, header);
	if (header->mode == MODE_TYPES) {
		types_touch();
		finish();
	}
	for (uint64_t pa = FRAMES_PA; pa < FRAMES_PA + FRAMES_BYTES; pa += SLOT_BYTES)
		slot_fill(pa);
	guest_prepare(amd);
	if (amd ? !svm_start() : !(cpuid(1).c & CPUID_VMX) || !vmx_start())
		give_up("no virtualization");
	for (unsigned int i = 0; i < header->probes; i++)
		if (probes[i].format == (amd ? FORMAT_NPT : FORMAT_EPT)) {
			if (amd ? svm_can(&probes[i]) : vmx_can(&probes[i])) {
				probe_one(i, &probes[i], amd);
				continue;
			}
			print("cannot ");
			print_field("n", i);
			print("\n");
		}
	finish();
}
