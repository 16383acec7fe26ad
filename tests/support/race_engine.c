/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine calls in a race: it is stopped there, and may find a step of the protocol left out. */
#include "race_replay.h"

#include <string.h>

/* One at a time: what the engine calls is told neither whose it is nor who asks. */
static struct race_replay *running;

static unsigned int cpu_now(const struct race_replay *race)
{
	return mezzo_model_cpu(race->machine);
}

/* Stop a vCPU's fault there. */
static void stop(struct race_replay *race, enum race_place place)
{
	const unsigned int cpu = cpu_now(race);

	if (cpu == REVOKER)
		race->revocation = place;
	else
		race->vcpu[cpu].at = place;
	mezzo_model_pause(race->machine);
}

static void stop_fault(struct race_replay *race, enum race_place place)
{
	if (cpu_now(race) != REVOKER)
		stop(race, place);
}

/* --- the sequence, where the fault is to see another -------------------------------------------------- */

static void hide(struct race_replay *race, uint64_t sequence)
{
	race->hidden = atomic_load(&race->space.sequence);
	race->hides = true;
	atomic_store(&race->space.sequence, sequence);
}

static void unhide(struct race_replay *race)
{
	if (race->hides)
		atomic_store(&race->space.sequence, race->hidden);
	race->hides = false;
}

/* Before the fault looks again whether its frame was taken. */
static void disguise(struct race_replay *race, const struct race_vcpu *run)
{
	const uint64_t now = atomic_load(&race->space.sequence);

	if (race_lacks(race, RACE_NO_SEQUENCE) ||
	    (race_lacks(race, RACE_SEQUENCE_LATE) && run->late == now))
		hide(race, run->sequence);
}

/* --- the object ------------------------------------------------------------------------------------- */

static int resolve(struct mezzo_object *object, uint64_t offset, bool write,
		   struct mezzo_frame *frame)
{
	(void)offset, (void)write;
	stop_fault(running, AT_RESOLVE);
	*frame = (struct mezzo_frame){
		.pa = race_frame(running->current),
		.from_pages = 1,
		.writable = object->contract.writable,
		.state = {.lines = MEZZO_LINES_MAYBE},
	};
	return MEZZO_OK;
}

static int frames_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			struct mezzo_frame_state expected)
{
	(void)object, (void)offset, (void)pages, (void)expected;
	unhide(running);
	stop_fault(running, AT_WORK);
	return MEZZO_OK;
}

static void frames_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		       struct mezzo_frame_state state)
{
	(void)object, (void)offset, (void)pages, (void)state;
}

static void frames_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			 enum mezzo_lines lines)
{
	(void)object, (void)offset, (void)pages, (void)lines;
}

static const struct mezzo_object_ops object_ops = {
	.size = sizeof(object_ops),
	.resolve = resolve,
	.frames_begin = frames_begin,
	.frames_end = frames_end,
	.frames_lines = frames_lines,
};

/* --- the rule, without what is done too late or too early ------------------------------------------ */

static void decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	mezzo_arm64_decide(facts, out);
	if (race_lacks(running, RACE_VISIBLE_FIRST))
		memset(out->before_visible, 0, sizeof(out->before_visible));
	out->clean_after &= !race_lacks(running, RACE_CLEAN_AFTER_EARLY);
}

/* --- tables -------------------------------------------------------------------------------------------- */

static int claim(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order, struct mezzo_claim *claimed)
{
	struct race_vcpu *run = &running->vcpu[cpu_now(running)];
	int status;

	stop(running, AT_CLAIM);
	run->late = atomic_load(&running->space.sequence);
	status = mezzo_stage2_ops.claim(table, stock, ipa, order, claimed);
	if (status)
		return status;
	stop(running, AT_CLAIMED);
	disguise(running, run);
	return MEZZO_OK;
}

static void enter(struct mezzo_table *table, const struct mezzo_claim *claimed, struct mezzo_pa pa,
		  uint64_t word)
{
	unhide(running);
	stop(running, AT_ENTER);
	mezzo_stage2_ops.enter(table, claimed, pa, word);
}

static void abandon(struct mezzo_table *table, const struct mezzo_claim *claimed)
{
	unhide(running);
	if (!race_lacks(running, RACE_KEEP_BUSY) || claimed->old.state != MEZZO_ENTRY_NONE)
		mezzo_stage2_ops.abandon(table, claimed);
}

enum mezzo_entry_state race_entry_state(const struct race_replay *race, struct mezzo_leaf *leaf)
{
	mezzo_stage2_ops.lookup(&race->space.table, (struct mezzo_ipa){RACE_IPA}, leaf);
	return (enum mezzo_entry_state)leaf->state;
}

/* The table stays: the checker has an entry, and nothing above it. */
static int unmap(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool prune,
		 struct mezzo_flush *flush)
{
	struct mezzo_leaf leaf;
	int status = MEZZO_OK;

	(void)prune;
	if (race_lacks(running, RACE_RAISE_LATE))
		atomic_fetch_sub(&running->space.sequence, 1);
	stop(running, AT_UNMAP);
	if (!race_lacks(running, RACE_SKIP_BUSY) ||
	    race_entry_state(running, &leaf) != MEZZO_ENTRY_BUSY)
		status = mezzo_stage2_ops.unmap(table, ipa, pages, false, flush);
	stop(running, AT_UNMAPPED);
	return status;
}

void race_clean(const struct mezzo_platform *p, struct mezzo_pa pa)
{
	void *va = p->window_open(p->ctx, MEZZO_WINDOW_UNCACHED, pa, MEZZO_PAGE_BYTES);

	p->cache_clean_invalidate(p->ctx, va, MEZZO_PAGE_BYTES);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->window_close(p->ctx, MEZZO_WINDOW_UNCACHED, va, MEZZO_PAGE_BYTES);
}

/* All of it but that the entry becomes free. */
static void settle_but_keep(struct race_replay *race)
{
	const struct mezzo_platform *p = &race->platform;
	struct mezzo_leaf leaf;

	if (race_entry_state(race, &leaf) != MEZZO_ENTRY_OWED)
		return;
	p->barrier(p->ctx, MEZZO_BARRIER_TABLES);
	p->tlb_invalidate_entry(p->ctx, race->space.config.vmid, (struct mezzo_ipa){RACE_IPA}, 3);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->tlb_invalidate_combined(p->ctx, race->space.config.vmid);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	if (leaf.attr.clean_after)
		race_clean(p, leaf.pa);
}

static void settle(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		   void *arg)
{
	if (race_lacks(running, RACE_KEEP_OWED))
		settle_but_keep(running);
	else
		mezzo_stage2_ops.settle(table, flush, visit, arg);
	stop(running, AT_SETTLED);
}

/* --- the platform --------------------------------------------------------------------------------------- */

static void no_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	running->last = MEZZO_MODEL_TLB_ENTRY;
	if (!race_lacks(running, RACE_NO_TLBI))
		running->real->tlb_invalidate_entry(ctx, vmid, ipa, level);
}

static void no_range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		     unsigned int level)
{
	running->last = MEZZO_MODEL_TLB_ENTRY;
	if (!race_lacks(running, RACE_NO_TLBI))
		running->real->tlb_invalidate_range(ctx, vmid, ipa, pages, level);
}

static void no_combined(void *ctx, uint16_t vmid)
{
	running->last = MEZZO_MODEL_TLB_COMBINED;
	if (!race_lacks(running, RACE_NO_TLBI))
		running->real->tlb_invalidate_combined(ctx, vmid);
}

static void clean_lines(void *ctx, void *va, uint64_t bytes)
{
	running->last = MEZZO_MODEL_CLEAN_INVALIDATE;
	running->real->cache_clean_invalidate(ctx, va, bytes);
}

/* What the revocation has issued last says what it waits for. */
static void barrier(void *ctx, enum mezzo_barrier kind)
{
	struct race_replay *race = running;
	const bool revokes = cpu_now(race) == REVOKER && kind == MEZZO_BARRIER_COMPLETE;
	const enum mezzo_model_op last = race->last;

	if (revokes && last == MEZZO_MODEL_TLB_ENTRY)
		stop(race, AT_BARRIER);
	if (!revokes || last == MEZZO_MODEL_CLEAN_INVALIDATE ||
	    !race_lacks(race, RACE_TLBI_NOT_AWAITED))
		race->real->barrier(ctx, kind);
	if (!revokes)
		return;
	race->last = MEZZO_MODEL_OPS;
	if (last == MEZZO_MODEL_TLB_COMBINED)
		stop(race, AT_INVALIDATED);
	if (last == MEZZO_MODEL_CLEAN_INVALIDATE)
		stop(race, AT_CLEANED);
}

static void make_platform(struct race_replay *race)
{
	race->real = mezzo_model_platform(race->machine);
	race->platform = *race->real;
	race->platform.tlb_invalidate_entry = no_entry;
	race->platform.tlb_invalidate_range = no_range;
	race->platform.tlb_invalidate_combined = no_combined;
	race->platform.cache_clean_invalidate = clean_lines;
	race->platform.barrier = barrier;
}

static void make_arch(struct race_replay *race)
{
	race->tables = mezzo_stage2_ops;
	race->tables.claim = claim;
	race->tables.enter = enter;
	race->tables.abandon = abandon;
	race->tables.unmap = unmap;
	race->tables.settle = settle;
	race->arch = mezzo_arch_arm64;
	race->arch.decide = decide;
	race->arch.table = &race->tables;
}

void race_make_engine(struct race_replay *race)
{
	running = race;
	make_platform(race);
	make_arch(race);
	race->object = (struct mezzo_object){
		.ops = &object_ops,
		.platform = &race->platform,
		.contract = check_world_contract(&race->world),
		.pages = 1,
	};
}
