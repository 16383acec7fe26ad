/* SPDX-License-Identifier: BSD-2-Clause */
#include "selfbench.h"

#include "arch/machine.h"
#include "arch/sysreg.h"
#include "counting.h"
#include "heap.h"
#include "lib/print.h"
#include "platform.h"
#include "vcpu/decode_exit.h"

#include <mezzo/dirty.h>
#include <mezzo/mezzo.h>
#include <string.h>

#define BLOCKS 16
#define BLOCK_BYTES MEZZO_WINDOW_BYTES
#define BYTES (BLOCKS * BLOCK_BYTES)
#define PAGES (BYTES >> MEZZO_PAGE_SHIFT)
#define IPA UINT64_C(0x40000000)
#define TIMES 64u

/* What a run of operations works on. */
struct rig {
	struct mezzo_space space;
	struct mezzo_slot slots[1];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpus[1];
	struct mezzo_record_cell records[64];
	struct mezzo_pool pool;
	void *state;
	_Atomic uint64_t log[MEZZO_DIRTY_WORDS(PAGES)];
	uint64_t pa;
	uint64_t stride; /* of the next operation */
	struct mezzo_platform counting;
	struct hv_counts counts;
	bool failed;
};

/* A memory, its state when the guest comes, and how it is mapped. */
struct setting {
	enum mezzo_preset preset;
	uint8_t order;
	bool fwb;
	bool new; /* somebody else's data, maybe in caches */
	bool log; /* writes are logged, by faults */
};

static bool set_up(struct rig *rig, const struct mezzo_platform *platform, const struct setting *s)
{
	const struct hv_id *id = hv_machine_id();
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = platform,
		.machine = hv_id_machine(id),
		.ipa_bits = 40,
		.pa_bits = (uint8_t)hv_id_pa_bits(id),
		.vmid = 1,
		.slots = rig->slots,
		.index = rig->index,
		.max_slots = 1,
		.vcpus = rig->vcpus,
		.max_vcpus = 1,
		.records = rig->records,
		.max_records = 64,
	};
	struct mezzo_contract contract = mezzo_contract_preset(s->preset, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_slot_config slot = {.ipa = {IPA}, .pages = PAGES, .object = &rig->pool.object};
	struct mezzo_refusal why;

	if (s->log) {
		slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
		slot.bitmap = rig->log;
		memset(rig->log, 0, sizeof(rig->log));
	}
	memset(rig->slots, 0, sizeof(rig->slots));
	memset(rig->vcpus, 0, sizeof(rig->vcpus));
	config.machine.arm64.fwb = s->fwb;
	contract.max_order = s->order;
	if (!s->new)
		contract.promise = (struct mezzo_frame_state){0};
	return !mezzo_space_init(&rig->space, &config) &&
	       !mezzo_pool_init(&rig->pool, platform, &contract, (struct mezzo_pa){rig->pa}, PAGES,
				rig->state) &&
	       !mezzo_slot_create(&rig->space, &slot, &why);
}

/* --- single steps -------------------------------------------------------------------------- */

typedef void step_fn(struct rig *rig, uint64_t ipa);

static void nothing(struct rig *rig, uint64_t ipa)
{
	(void)rig;
	(void)ipa;
}

static void decode(struct rig *rig, uint64_t ipa)
{
	/* Data abort from EL1, valid syndrome, translation fault at level 3. */
	const struct hv_syndrome syndrome = {0x93c08007, ipa, ipa >> 8};
	struct hv_exit exit;

	hv_exit_decode(&syndrome, &exit);
	rig->failed |= exit.kind != HV_EXIT_MEMORY;
}

static void resolve(struct rig *rig, uint64_t ipa)
{
	struct mezzo_object *object = &rig->pool.object;
	struct mezzo_frame frame;

	rig->failed |= object->ops->resolve(object, (ipa - IPA) >> MEZZO_PAGE_SHIFT, false, &frame);
}

static void decide(struct rig *rig, uint64_t ipa)
{
	const struct mezzo_facts facts = {
		.memory = rig->pool.object.contract,
		.machine = rig->space.config.machine,
	};
	struct mezzo_decision decision;

	(void)ipa;
	rig->space.config.arch->decide(&facts, &decision);
	rig->failed |= decision.outcome != MEZZO_GRANT;
}

static void tell_lines(struct rig *rig, uint64_t ipa)
{
	struct mezzo_object *object = &rig->pool.object;

	object->ops->frames_lines(object, (ipa - IPA) >> MEZZO_PAGE_SHIFT,
				  rig->stride >> MEZZO_PAGE_SHIFT, MEZZO_LINES_MAYBE);
}

static void claim_publish(struct rig *rig, uint64_t ipa)
{
	const struct mezzo_attr attr = {.type = MEZZO_STAGE2_GUEST_CHOICE,
					.read = true,
					.write = true,
					.accessed = true,
					.clean_after = true};
	struct mezzo_table *table = &rig->space.table;
	struct mezzo_claim claim;

	if (table->ops->claim(table, &rig->vcpus[0].stock, (struct mezzo_ipa){ipa},
			      rig->pool.object.contract.max_order, &claim))
		rig->failed = true;
	else
		table->ops->publish(table, &claim, (struct mezzo_pa){ipa - IPA + rig->pa}, &attr);
}

static void work(const struct rig *rig, enum mezzo_window window, uint64_t ipa, bool clean)
{
	struct mezzo_pa pa = {ipa - IPA + rig->pa};
	void *va = hv_platform.window_open(NULL, window, pa, rig->stride);

	if (clean)
		hv_platform.cache_clean_invalidate(NULL, va, rig->stride);
	else
		hv_platform.zero(NULL, va, rig->stride);
	hv_platform.barrier(NULL, MEZZO_BARRIER_COMPLETE);
	hv_platform.window_close(NULL, window, va, rig->stride);
}

static void clean(struct rig *rig, uint64_t ipa)
{
	work(rig, MEZZO_WINDOW_UNCACHED, ipa, true);
}

static void zero(struct rig *rig, uint64_t ipa)
{
	work(rig, MEZZO_WINDOW_WRITE_BACK, ipa, false);
}

static void fault(struct rig *rig, uint64_t ipa, enum mezzo_access access, bool present)
{
	struct mezzo_fault_info info = {
		.ipa = {ipa},
		.access = (uint8_t)access,
		.kind = present ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING,
	};
	struct mezzo_fault_result result;

	if (mezzo_space_fault(&rig->space, 0, &info, &result) || result.outcome != MEZZO_GRANT)
		rig->failed = true;
}

static void read_fault(struct rig *rig, uint64_t ipa)
{
	fault(rig, ipa, MEZZO_ACCESS_READ, false);
}

static void fetch_fault(struct rig *rig, uint64_t ipa)
{
	fault(rig, ipa, MEZZO_ACCESS_EXEC, false);
}

static void write_fault(struct rig *rig, uint64_t ipa)
{
	fault(rig, ipa, MEZZO_ACCESS_WRITE, true);
}

static void hold_open(struct rig *rig, uint64_t ipa)
{
	struct mezzo_table *table = &rig->space.table;
	struct mezzo_claim claim;

	if (table->ops->hold_page(table, (struct mezzo_ipa){ipa}, &claim))
		rig->failed = true;
	else
		table->ops->open_page(table, &claim);
}

/* What open_page asks of the platform. */
static void forget_leaf(struct rig *rig, uint64_t ipa)
{
	const struct mezzo_table *table = &rig->space.table;

	hv_platform.barrier(NULL, MEZZO_BARRIER_TABLES);
	hv_platform.tlb_invalidate_entry(NULL, table->vmid, (struct mezzo_ipa){ipa}, 3);
	hv_platform.barrier(NULL, MEZZO_BARRIER_COMPLETE);
	hv_platform.tlb_invalidate_combined(NULL, table->vmid);
	hv_platform.barrier(NULL, MEZZO_BARRIER_COMPLETE);
}

/* The block's log is read: its pages are clean. */
static void clear_block(struct rig *rig, uint64_t ipa)
{
	struct mezzo_refusal why;

	rig->failed |= mezzo_dirty_clear(&rig->space, 0, (ipa - IPA) >> MEZZO_PAGE_SHIFT,
					 BLOCK_BYTES >> MEZZO_PAGE_SHIFT, NULL, &why);
}

static void unmap_block(struct rig *rig, uint64_t ipa)
{
	ipa &= ~(BLOCK_BYTES - 1);
	rig->failed |= mezzo_space_unmap(&rig->space, (struct mezzo_ipa){ipa},
					 BLOCK_BYTES >> MEZZO_PAGE_SHIFT);
}

/* --- phases -------------------------------------------------------------------------------- */

static uint64_t ticks_of(struct rig *rig, step_fn *step, unsigned int times)
{
	uint64_t since = hv_sysreg_read(cntpct_el0);

	for (unsigned int i = 0; i < times; i++)
		step(rig, IPA + i * rig->stride);
	return hv_sysreg_read(cntpct_el0) - since;
}

static void phase(struct rig *rig, const char *name, step_fn *step)
{
	const unsigned int times = rig->stride == BLOCK_BYTES ? BLOCKS : TIMES;

	/* Tables are set aside before, as most faults find them. */
	rig->failed |= rig->space.table.ops->stock_fill(&rig->space.table, &rig->vcpus[0].stock);

	hv_print("bench: phase %s %lu\n", name,
		 (ticks_of(rig, step, times) - ticks_of(rig, nothing, times)) / times);
}

/* A fault on memory of the guest's own that needs no work, and its parts. */
static void phases(struct rig *rig, bool fwb)
{
	const struct setting page = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_4K, fwb, false, false};
	const struct setting block = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_2M, fwb, false, false};

	rig->stride = MEZZO_PAGE_BYTES;
	rig->failed |= !set_up(rig, &hv_platform, &page);
	read_fault(rig, IPA + TIMES * MEZZO_PAGE_BYTES); /* tables, and the rule's answer */
	phase(rig, "engine_4k", read_fault);
	unmap_block(rig, IPA);
	phase(rig, "decode", decode);
	phase(rig, "resolve_4k", resolve);
	phase(rig, "decide", decide);
	phase(rig, "claim_publish_4k", claim_publish);
	phase(rig, "tell_object_4k", tell_lines);
	phase(rig, "clean_4k", clean);
	phase(rig, "zero_4k", zero);

	rig->stride = BLOCK_BYTES;
	rig->failed |= !set_up(rig, &hv_platform, &block);
	read_fault(rig, IPA + BYTES - BLOCK_BYTES);
	unmap_block(rig, IPA + BYTES - BLOCK_BYTES);
	phase(rig, "engine_2m", read_fault);
	for (unsigned int i = 0; i < BLOCKS; i++)
		unmap_block(rig, IPA + i * BLOCK_BYTES);
	phase(rig, "resolve_2m", resolve);
	phase(rig, "claim_publish_2m", claim_publish);
	phase(rig, "tell_object_2m", tell_lines);
	phase(rig, "clean_2m", clean);
	phase(rig, "zero_2m", zero);
}

/* A write to a page that is there, because it is logged; of its parts those that phases() has not. */
static void phases_logged(struct rig *rig, bool fwb)
{
	const struct setting page = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_4K, fwb, false, true};

	rig->stride = MEZZO_PAGE_BYTES;
	rig->failed |= !set_up(rig, &hv_platform, &page);
	for (uint64_t i = 0; i <= TIMES; i++)
		read_fault(rig, IPA + i * MEZZO_PAGE_BYTES);
	write_fault(rig, IPA + TIMES * MEZZO_PAGE_BYTES); /* the rule's answer */
	phase(rig, "dirty_engine_4k", write_fault);
	clear_block(rig, IPA);
	phase(rig, "dirty_hold_open_4k", hold_open);
	phase(rig, "dirty_tlb_4k", forget_leaf);
}

/* --- counts -------------------------------------------------------------------------------- */

static void counted(struct rig *rig, const char *name, step_fn *step)
{
	const struct hv_counts *c = &rig->counts;

	/* Tables are set aside before, as most faults find them. */
	rig->failed |= rig->space.table.ops->stock_fill(&rig->space.table, &rig->vcpus[0].stock);
	rig->counts = (struct hv_counts){0};
	step(rig, IPA);
	hv_print("bench: counted %s tlbi %lu combined %lu space %lu dsb %lu isb %lu cleaned %lu "
		 "zeroed %lu windows %lu icache %lu\n",
		 name, c->tlbi, c->combined, c->space, c->dsb, c->isb, c->cleaned_bytes,
		 c->zeroed_bytes, c->windows, c->icache);
}

static void count(struct rig *rig, const struct setting *setting, const char *first,
		  const char *unmap, const char *again, const char *fetch)
{
	rig->failed |= !set_up(rig, &rig->counting, setting);
	counted(rig, first, read_fault);
	counted(rig, unmap, unmap_block);
	counted(rig, again, read_fault);
	counted(rig, fetch, fetch_fault);
}

static void count_logged(struct rig *rig, const struct setting *setting)
{
	rig->failed |= !set_up(rig, &rig->counting, setting);
	read_fault(rig, IPA);
	counted(rig, "dirty_write_4k", write_fault);
	counted(rig, "dirty_clear_2m", clear_block);
}

static void counts(struct rig *rig, bool fwb)
{
	const struct setting page = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_4K, fwb, true, false};
	const struct setting block = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_2M, fwb, true, false};
	const struct setting cached = {MEZZO_PRESET_CACHED, MEZZO_ORDER_2M, fwb, false, false};

	const struct setting logged = {MEZZO_PRESET_EXCLUSIVE, MEZZO_ORDER_4K, fwb, false, true};

	hv_counting_init(&rig->counting, &rig->counts);
	count(rig, &page, "first_4k", "unmap_4k", "fault_4k", "fetch_4k");
	count(rig, &block, "first_2m", "unmap_2m", "fault_2m", "fetch_2m");
	count(rig, &cached, "cached_2m", "cached_unmap_2m", "cached_again_2m", "cached_fetch_2m");
	count_logged(rig, &logged);
}

int hv_selfbench(void)
{
	struct rig *rig = hv_heap_alloc(sizeof(*rig));
	bool fwb = hv_id_machine(hv_machine_id()).arm64.fwb;

	if (rig)
		rig->state = hv_heap_alloc(mezzo_pool_state_bytes(PAGES));
	if (!rig || !rig->state || hv_frames_alloc(BYTES, BLOCK_BYTES, &rig->pa)) {
		hv_print("bench: no memory\n");
		return 1;
	}
	hv_print("bench: frequency %lu\n", hv_sysreg_read(cntfrq_el0));
	phases(rig, fwb);
	phases_logged(rig, fwb);
	counts(rig, fwb);
	hv_print("bench: %s\n", rig->failed ? "failed" : "done");
	return rig->failed;
}
