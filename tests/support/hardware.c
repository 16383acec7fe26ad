/* SPDX-License-Identifier: BSD-2-Clause */
#include "hardware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mezzo/dirty.h>
#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#define RAM UINT64_C(0x40000000)
#define PA UINT64_C(0x100000000)
#define BLOCK_PAGES (UINT64_C(1) << MEZZO_ORDER_2M)
#define BLOCKS 8u
#define PAGES (BLOCKS * BLOCK_PAGES)

const char *const hardware_machine_name[HARDWARE_MACHINES] = {
	[HARDWARE_ARM64_FWB_RANGE] = "arm64_fwb_range",
	[HARDWARE_ARM64_FWB] = "arm64_fwb",
	[HARDWARE_ARM64_RANGE] = "arm64_range",
	[HARDWARE_ARM64] = "arm64",
	[HARDWARE_EPT] = "ept",
	[HARDWARE_NPT] = "npt",
};

struct rig {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[2];
	struct mezzo_index_node nodes[MEZZO_INDEX_NODES(2)];
	struct mezzo_vcpu vcpu;
	struct mezzo_pool pool;
	struct mezzo_private private;
	struct mezzo_slot_config slot;
	_Atomic uint64_t log[MEZZO_DIRTY_WORDS(PAGES)];
	unsigned char state[PAGES * 2 + 4096];
	struct mezzo_refusal why;
	bool failed;
};

static void must(struct rig *r, bool fine)
{
	r->failed |= !fine;
}

/* --- a space ----------------------------------------------------------------------------------- */

static void open_space(struct rig *r, enum hardware_machine machine)
{
	const bool range = machine == HARDWARE_ARM64_FWB_RANGE || machine == HARDWARE_ARM64_RANGE;
	const bool fwb = machine <= HARDWARE_ARM64_FWB;
	const struct mezzo_hosted_config hosted = {.size = sizeof(hosted), .no_range = !range};
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = machine == HARDWARE_EPT   ? &mezzo_arch_x86_ept
			: machine == HARDWARE_NPT ? &mezzo_arch_x86_npt
						  : &mezzo_arch_arm64,
		.platform = &r->hosted.platform,
		.machine.arm64 = {.fwb = fwb, .idc = true, .dic = fwb},
		.machine.x86 = {.engine = machine == HARDWARE_NPT ? MEZZO_X86_NPT : MEZZO_X86_EPT,
				.self_snoop = true},
		.ipa_bits = 40,
		.pa_bits = 46,
		.vmid = 1,
		.slots = r->slots,
		.index = r->nodes,
		.max_slots = 2,
		.vcpus = &r->vcpu,
		.max_vcpus = 1,
		.x86 = {.levels = 4, .host_pat = UINT64_C(0x0407050600070106)},
	};

	must(r, !mezzo_hosted_init(&r->hosted, &hosted));
	if (machine >= HARDWARE_EPT) {
		r->hosted.platform.tlb_invalidate_entry = NULL;
		r->hosted.platform.tlb_invalidate_range = NULL;
		r->hosted.platform.tlb_invalidate_combined = NULL;
	}
	must(r, !mezzo_space_init(&r->space, &config));
}

static void pool(struct rig *r, enum mezzo_preset preset, unsigned int order)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	contract.max_order = (uint8_t)order;
	must(r, !mezzo_pool_init(&r->pool, &r->hosted.platform, &contract, (struct mezzo_pa){PA},
				 PAGES, r->state));
	r->slot = (struct mezzo_slot_config){.id = 1,
					     .ipa = {RAM},
					     .pages = PAGES,
					     .object = &r->pool.object};
	must(r, !mezzo_slot_create(&r->space, &r->slot, &r->why));
}

static void touch(struct rig *r, uint64_t page, enum mezzo_access access,
		  enum mezzo_fault_kind kind)
{
	const struct mezzo_fault_info info = {.ipa = {RAM + page * MEZZO_PAGE_BYTES},
					      .access = access,
					      .kind = kind};
	struct mezzo_fault_result result;

	must(r, !mezzo_space_fault(&r->space, 0, &info, &result) && result.outcome == MEZZO_GRANT &&
			!result.retry);
}

static void read_page(struct rig *r, uint64_t page)
{
	touch(r, page, MEZZO_ACCESS_READ, MEZZO_FAULT_MISSING);
}

static void write_page(struct rig *r, uint64_t page)
{
	touch(r, page, MEZZO_ACCESS_WRITE, MEZZO_FAULT_PERMISSION);
}

static void unmap(struct rig *r, uint64_t page, uint64_t pages)
{
	must(r, !mezzo_space_unmap(&r->space, (struct mezzo_ipa){RAM + page * MEZZO_PAGE_BYTES},
				   pages));
}

/* --- what comes before, and what is counted ---------------------------------------------------- */

static void own_pages(struct rig *r)
{
	pool(r, MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_4K);
	read_page(r, PAGES - 1); /* the tables are there */
}

static void own_blocks(struct rig *r)
{
	pool(r, MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_2M);
	read_page(r, PAGES - 1);
}

static void own_page_mapped(struct rig *r)
{
	own_pages(r);
	for (uint64_t page = 0; page < 64; page++)
		read_page(r, page);
}

static void own_blocks_mapped(struct rig *r)
{
	own_blocks(r);
	for (uint64_t page = 0; page < PAGES - BLOCK_PAGES; page += BLOCK_PAGES)
		read_page(r, page);
}

static void own_page_again(struct rig *r)
{
	own_page_mapped(r);
	unmap(r, 0, 1);
}

static void own_block_again(struct rig *r)
{
	own_blocks_mapped(r);
	unmap(r, 0, BLOCK_PAGES);
}

/* A block beside the one that is measured, so that its table stays as it does in most guests. */
static void read_neighbour(struct rig *r)
{
	read_page(r, BLOCK_PAGES);
}

static void shared_block(struct rig *r)
{
	pool(r, MEZZO_PRESET_CACHED, MEZZO_ORDER_2M);
	touch(r, 0, MEZZO_ACCESS_WRITE, MEZZO_FAULT_MISSING);
}

static void shared_blocks(struct rig *r)
{
	shared_block(r);
	read_neighbour(r);
}

static void set_log(struct rig *r, bool log)
{
	int status;

	r->slot.flags = log ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0;
	r->slot.bitmap = log ? r->log : NULL;
	do
		status = mezzo_slot_change(&r->space, &r->slot, &r->why);
	while (status == MEZZO_ERR_AGAIN);
	must(r, !status);
}

static void begin_log(struct rig *r)
{
	set_log(r, true);
}

static void logged_block(struct rig *r)
{
	shared_block(r);
	begin_log(r);
}

static void split(struct rig *r)
{
	int status;

	do
		status = mezzo_slot_split(&r->space, 1, &r->why);
	while (status == MEZZO_ERR_AGAIN);
	must(r, !status);
}

static void logged_pages(struct rig *r)
{
	logged_block(r);
	split(r);
	write_page(r, 64); /* the rule's answer */
}

static void written_page(struct rig *r)
{
	logged_pages(r);
	write_page(r, 0);
}

static void written_pages(struct rig *r)
{
	logged_pages(r);
	for (uint64_t page = 0; page < 64; page++)
		write_page(r, page);
}

static void log_over(struct rig *r)
{
	logged_pages(r);
	set_log(r, false);
}

static void collapse(struct rig *r)
{
	int status;

	do
		status = mezzo_slot_collapse(&r->space, 1, &r->why);
	while (status == MEZZO_ERR_AGAIN);
	must(r, !status);
}

static void write_logged(struct rig *r)
{
	write_page(r, 0);
}

static void clear_word(struct rig *r)
{
	must(r, !mezzo_dirty_clear(&r->space, 1, 0, 64, NULL, &r->why));
}

static void read_first(struct rig *r)
{
	read_page(r, 0);
}

static void fetch(struct rig *r)
{
	touch(r, 0, MEZZO_ACCESS_EXEC, MEZZO_FAULT_PERMISSION);
}

static void unmap_page(struct rig *r)
{
	unmap(r, 0, 1);
}

static void unmap_64_pages(struct rig *r)
{
	unmap(r, 0, 64);
}

static void unmap_block(struct rig *r)
{
	unmap(r, 0, BLOCK_PAGES);
}

static void unmap_all_but_one(struct rig *r)
{
	unmap(r, 0, PAGES - BLOCK_PAGES);
}

/* Their table goes with them. */
static void unmap_all(struct rig *r)
{
	unmap(r, 0, PAGES);
}

static void age(struct rig *r)
{
	bool accessed;

	must(r, !mezzo_space_age(&r->space, (struct mezzo_ipa){RAM}, BLOCK_PAGES, &accessed) &&
			accessed);
}

static void revoke(struct rig *r)
{
	must(r, !mezzo_object_revoke(&r->pool.object, 0, BLOCK_PAGES));
}

static void give_back(struct rig *r)
{
	int status;

	do
		status = mezzo_slot_delete(&r->space, 1, NULL);
	while (status == MEZZO_ERR_AGAIN);
	must(r, !status && !mezzo_pool_disown(&r->pool));
}

static void private_memory(struct rig *r)
{
	struct mezzo_contract own =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	const struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);

	own.is_private = true;
	must(r, !mezzo_private_init(&r->private, &r->hosted.platform, &own, &shared,
				    (struct mezzo_pa){PA}, PAGES, r->state, NULL, NULL, &r->why));
	r->slot = (struct mezzo_slot_config){.id = 1,
					     .ipa = {RAM},
					     .pages = PAGES,
					     .object = &r->private.pool.object,
					     .shared = &r->private.shared};
	must(r, !mezzo_slot_create(&r->space, &r->slot, &r->why));
	read_page(r, 0);
	read_neighbour(r);
}

static void convert(struct rig *r, bool to_shared, bool keep)
{
	struct mezzo_conversion c = {.pages = BLOCK_PAGES, .to_shared = to_shared, .keep = keep};
	int status;

	do
		status = mezzo_private_convert(&r->private, &c);
	while (status == MEZZO_ERR_AGAIN);
	must(r, !status);
}

static void share_kept(struct rig *r)
{
	convert(r, true, true);
}

static void share_zeroed(struct rig *r)
{
	convert(r, true, false);
}

static void shared_memory(struct rig *r)
{
	private_memory(r);
	share_kept(r);
	read_page(r, 0);
}

static void take_private(struct rig *r)
{
	convert(r, false, false);
}

static const struct operation {
	const char *name;
	void (*before)(struct rig *r);
	void (*act)(struct rig *r);
} operations[] = {
	/* EXCLUSIVE memory: the grant is the first touch, the return is what ends with the slot. */
	{"exclusive_grant_4k", own_pages, read_first},
	{"exclusive_grant_2m", own_blocks, read_first},
	{"exclusive_return_2m", own_blocks, give_back},
	{"fault_read_4k", own_page_again, read_first},
	{"fault_read_2m", own_block_again, read_first},
	{"fault_exec_4k", own_page_mapped, fetch},
	{"fault_write_logged_4k", logged_pages, write_logged},
	{"unmap_4k", own_page_mapped, unmap_page},
	{"unmap_64_pages", own_page_mapped, unmap_64_pages},
	{"unmap_2m", own_blocks_mapped, unmap_block},
	{"unmap_7_blocks", own_blocks_mapped, unmap_all_but_one},
	{"unmap_8_blocks", own_blocks_mapped, unmap_all},
	{"unmap_cached_2m", shared_blocks, unmap_block},
	{"revoke_2m", own_blocks_mapped, revoke},
	{"protect_2m", shared_block, begin_log},
	{"split_2m", logged_block, split},
	{"collapse_2m", log_over, collapse},
	{"dirty_clear_4k", written_page, clear_word},
	{"dirty_clear_64_pages", written_pages, clear_word},
	{"age_2m", own_blocks_mapped, age},
	{"convert_to_shared_kept_2m", private_memory, share_kept},
	{"convert_to_shared_zeroed_2m", private_memory, share_zeroed},
	{"convert_to_private_2m", shared_memory, take_private},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

const char *hardware_operation_name(size_t operation)
{
	return operation < OPERATIONS ? operations[operation].name : NULL;
}

static void read_counts(const struct mezzo_hosted_counts *from, struct hardware_counts *counts)
{
	*counts = (struct hardware_counts){
		.entry = (unsigned int)from->tlb_entries,
		.range = (unsigned int)from->tlb_ranges,
		.combined = (unsigned int)from->tlb_combined,
		.space = (unsigned int)from->tlb_spaces,
		.dsb = (unsigned int)(from->barriers[MEZZO_BARRIER_TABLES] +
				      from->barriers[MEZZO_BARRIER_COMPLETE]),
		.isb = (unsigned int)from->barriers[MEZZO_BARRIER_CONTEXT],
		.icache = (unsigned int)from->icache_invalidates,
		.cleaned_kib = (unsigned int)(from->clean_invalidate_bytes >> 10),
		.zeroed_kib = (unsigned int)(from->zero_bytes >> 10),
	};
}

bool hardware_measure(enum hardware_machine machine, size_t operation,
		      struct hardware_counts *counts)
{
	struct rig *r = aligned_alloc(_Alignof(struct rig), sizeof(*r));
	bool fine;

	if (!r)
		return false;
	memset(r, 0, sizeof(*r));
	open_space(r, machine);
	operations[operation].before(r);
	must(r, !r->space.table.ops->stock_fill(&r->space.table, &r->vcpu.stock));
	must(r, !r->space.table.ops->stock_fill(&r->space.table, &r->space.stock));
	mezzo_hosted_reset_counts(&r->hosted);
	operations[operation].act(r);
	read_counts(&r->hosted.counts, counts);
	fine = !r->failed;
	r->space.table.ops->stock_drain(&r->space.table, &r->vcpu.stock);
	if (mezzo_slot_get(&r->space, 1, &r->slot) == MEZZO_OK)
		while (mezzo_slot_delete(&r->space, 1, NULL) == MEZZO_ERR_AGAIN)
			;
	fine &= !mezzo_space_fini(&r->space);
	free(r);
	return fine;
}

void hardware_print(const struct hardware_counts *c, char *text, size_t bytes)
{
	const struct {
		const char *name;
		unsigned int value;
	} part[] = {
		{"entry", c->entry},
		{"range", c->range},
		{"combined", c->combined},
		{"space", c->space},
		{"dsb", c->dsb},
		{"isb", c->isb},
		{"icache", c->icache},
		{"cleaned_kib", c->cleaned_kib},
		{"zeroed_kib", c->zeroed_kib},
	};
	int used = 0;

	snprintf(text, bytes, "nothing");
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]) && (size_t)used < bytes; i++)
		if (part[i].value)
			used += snprintf(text + used, bytes - (size_t)used, "%s%s %u",
					 used ? " " : "", part[i].name, part[i].value);
}
