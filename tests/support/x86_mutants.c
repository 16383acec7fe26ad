/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong x86 rules: each asks the right one and spoils one thing, in the question or in the answer.
 * They show that the invariants can fail, so every one says which of them must.
 */
#include "policy_mutants.h"
#include "x86_invariants.h"

static bool granted(const struct mezzo_decision *d)
{
	return d->outcome == MEZZO_GRANT;
}

static bool at_all(const struct mezzo_decision *d)
{
	return d->outcome != MEZZO_REFUSE && d->effective;
}

static bool wb(const struct mezzo_facts *facts)
{
	return facts->memory.allow & MEZZO_CLASS_WB;
}

static bool ept(const struct mezzo_facts *facts)
{
	return facts->machine.x86.engine == MEZZO_X86_EPT;
}

static bool exclusive(const struct mezzo_facts *facts)
{
	return facts->memory.aliases == MEZZO_ALIASES_NONE;
}

static bool cached(const struct mezzo_facts *facts)
{
	return facts->memory.aliases == MEZZO_ALIASES_CACHED;
}

/* The right answer in @d, then what is spoilt of it. */
#define ANSWER(name, ...)                                                                          \
	static void name(const struct mezzo_facts *facts, struct mezzo_decision *d)                \
	{                                                                                          \
		mezzo_x86_decide(facts, d);                                                        \
		__VA_ARGS__                                                                        \
	}
/* The right answer to spoilt facts in @f. */
#define QUESTION(name, ...)                                                                        \
	static void name(const struct mezzo_facts *facts, struct mezzo_decision *d)                \
	{                                                                                          \
		struct mezzo_facts f = *facts;                                                     \
		__VA_ARGS__                                                                        \
		mezzo_x86_decide(&f, d);                                                           \
	}

ANSWER(right, )

/* Work that is forgotten, done in the wrong order, or needless. */
ANSWER(forgets_to_flush, drop(d, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(forgets_to_flush_beside_devices, if (facts->memory.dma == MEZZO_DMA_UNSNOOPED &&
					    cached(facts)) drop(d, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(
	flushes_all_memory_beside_any_device,
	if (granted(d) && facts->memory.dma == MEZZO_DMA_SNOOPED && cached(facts) &&
	    facts->fault.kind == MEZZO_FAULT_MISSING && d->max_order <= MEZZO_ORDER_2M &&
	    facts->memory.maintenance != MEZZO_MAINTENANCE_NONE &&
	    !d->before_visible[0]) { d->before_visible[0] = MEZZO_ACTION_CLEAN_INVALIDATE; })
ANSWER(flushes_before_zeroing,
       if (d->before_visible[0] == MEZZO_ACTION_ZERO && drop(d, MEZZO_ACTION_CLEAN_INVALIDATE))
	       put_first(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(
	flushes_after_uncached_zeroing, if (d->before_visible[1] == MEZZO_ACTION_ZERO_UNCACHED) {
		d->before_visible[0] = MEZZO_ACTION_ZERO_UNCACHED;
		d->before_visible[1] = MEZZO_ACTION_CLEAN_INVALIDATE;
	})
ANSWER(zeroes_devices_through_the_cache,
       if (drop(d, MEZZO_ACTION_ZERO_UNCACHED))
	       put_last(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_ZERO);)
ANSWER(
	zeroes_registers_of_others, if (d->reason == MEZZO_WHY_UNOWNED_NO_MAINTENANCE &&
					facts->memory.maintenance != MEZZO_MAINTENANCE_NONE) {
		struct mezzo_facts f = *facts;

		f.memory.mmio = false;
		mezzo_x86_decide(&f, d);
	})
ANSWER(forgets_to_zero, drop(d, MEZZO_ACTION_ZERO);)
ANSWER(forgets_to_zero_uncached, drop(d, MEZZO_ACTION_ZERO_UNCACHED);)
ANSWER(invalidates_instruction_caches,
       if (d->exec) put_last(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_INVALIDATE_ICACHE);)
ANSWER(zeroes_tags, if (granted(d) && facts->frame.tags == MEZZO_CONTENT_UNOWNED)
			    d->frame_after.tags = MEZZO_CONTENT_INITIALISED;)
ANSWER(works_again_on_permission_faults,
       if (granted(d) && facts->fault.kind == MEZZO_FAULT_PERMISSION && wb(facts) &&
	   facts->memory.maintenance != MEZZO_MAINTENANCE_NONE && !d->before_visible[0])
	       d->before_visible[0] = MEZZO_ACTION_ZERO;)
QUESTION(works_without_a_way, if (f.memory.maintenance == MEZZO_MAINTENANCE_NONE)
				      f.memory.maintenance = cached(&f) ? MEZZO_MAINTENANCE_DIRECT
									: MEZZO_MAINTENANCE_WINDOW;)

/* Types and sets. */
ANSWER(
	lets_registers_reach_wc, if (d->type == MEZZO_X86_STAGE2_UC_ONLY && at_all(d)) {
		d->type = MEZZO_X86_STAGE2_UC;
		d->effective = MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC;
	})
ANSWER(claims_uc_forbids_wc,
       if (d->type == MEZZO_X86_STAGE2_UC && at_all(d)) d->effective = MEZZO_CLASS_DEVICE;)
/* 2008: write-back and ignore-PAT for everything. */
ANSWER(
	maps_registers_write_back, if (d->type == MEZZO_X86_STAGE2_UC_ONLY && at_all(d)) {
		d->type = MEZZO_X86_STAGE2_WB_ONLY;
		d->effective = MEZZO_CLASS_WB;
	})
QUESTION(honours_pat_without_self_snoop, f.machine.x86.self_snoop = true;)
QUESTION(ignores_pat_with_self_snoop, f.machine.x86.self_snoop = false;)
QUESTION(takes_npt_for_ept, f.machine.x86.engine = MEZZO_X86_EPT; f.machine.x86.self_snoop = true;)
ANSWER(
	ignores_pat_under_npt, if (at_all(d) && !ept(facts) && d->type == MEZZO_X86_STAGE2_WB) {
		d->type = MEZZO_X86_STAGE2_WB_ONLY;
		d->effective = MEZZO_CLASS_WB;
	})
ANSWER(
	retypes_on_permission_fault,
	if (granted(d) && facts->fault.kind == MEZZO_FAULT_PERMISSION &&
	    d->type == MEZZO_X86_STAGE2_WB && exclusive(facts) && ept(facts)) {
		d->type = MEZZO_X86_STAGE2_WB_ONLY;
		d->effective = MEZZO_CLASS_WB;
	})

/* The guest's MTRRs. */
QUESTION(always_honours_mtrrs, f.guest.x86.honour_mtrr = true;)
QUESTION(never_honours_mtrrs, f.guest.x86.honour_mtrr = false;)
QUESTION(forgets_cr0_cd, f.guest.x86.cr0_cd = false;)
/* 2009: UC of the guest's MTRRs beside the host's cached mapping. */
ANSWER(
	honours_uc_beside_cached_aliases,
	if (at_all(d) && cached(facts) && d->type == MEZZO_X86_STAGE2_WB &&
	    facts->guest.x86.honour_mtrr && facts->guest.x86.mtrr == MEZZO_X86_UC) {
		d->type = MEZZO_X86_STAGE2_UC;
		d->effective = MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC;
		d->reason = granted(d) ? MEZZO_WHY_TYPE_BY_GUEST_MTRR : d->reason;
	})
/* 2015: full virtualization, device memory too. */
ANSWER(
	honours_mtrrs_on_registers, if (at_all(d) && facts->guest.x86.honour_mtrr &&
					facts->guest.x86.mtrr == MEZZO_X86_WB && !wb(facts)) {
		d->type = MEZZO_X86_STAGE2_WB;
		d->effective = MEZZO_CLASS_ALL;
	})
ANSWER(refuses_by_mtrr,
       if (granted(d) && facts->guest.x86.honour_mtrr && facts->guest.x86.mtrr == MEZZO_X86_WP &&
	   facts->memory.mmio) *d = (struct mezzo_decision){
	       .outcome = MEZZO_REFUSE,
	       .reason = MEZZO_WHY_MMIO_WRITE_BACK,
       };)

/* Permissions, log and size. */
ANSWER(executes_devices_at_once, if (granted(d) && !wb(facts)) d->exec = true;)
ANSWER(executes_on_fetches_alone, if (facts->fault.access != MEZZO_ACCESS_EXEC) d->exec = false;)
QUESTION(writes_read_only_slots,
	 if (f.fault.slot == MEZZO_SLOT_READ_ONLY) f.fault.slot = MEZZO_SLOT_READ_WRITE;)
QUESTION(writes_read_only_objects, f.memory.writable = true;)
ANSWER(forgets_the_log, drop(d, MEZZO_ACTION_LOG_DIRTY);)
ANSWER(maps_writable_while_logging,
       if (granted(d) && facts->guest.dirty_log && facts->memory.writable &&
	   facts->fault.slot == MEZZO_SLOT_READ_WRITE) d->write = true;)
ANSWER(answers_writes_read_only, if (d->write && !facts->guest.dirty_log) d->write = false;)
ANSWER(ignores_the_objects_size,
       if (granted(d) && d->max_order == facts->memory.max_order) d->max_order = MEZZO_ORDER_1G;)
ANSWER(never_maps_blocks, d->max_order = MEZZO_ORDER_4K;)

/* What is said besides. */
ANSWER(leaves_a_type_in_a_refusal, if (d->outcome == MEZZO_REFUSE) d->type = MEZZO_X86_STAGE2_WB;)
ANSWER(
	forgets_clean_after_for_exclusive, if (exclusive(facts) && d->clean_after) {
		d->clean_after = false;
		remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	})
ANSWER(
	forgets_to_flush_after_devices, if (cached(facts) && d->clean_after) {
		d->clean_after = false;
		remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	})
ANSWER(lists_no_clean_after,
       remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(calls_cacheable_frames_clean,
       if (granted(d) && wb(facts)) d->frame_after.lines = MEZZO_LINES_CLEAN;)
ANSWER(forgets_that_it_zeroed, if (granted(d)) d->frame_after.data = facts->frame.data;)

/* Refusals. */
QUESTION(checks_slots_with_good_frames,
	 if (f.fault.access == MEZZO_ACCESS_READ && f.memory.maintenance == MEZZO_MAINTENANCE_NONE)
		 f.frame.data = MEZZO_CONTENT_INITIALISED;)
ANSWER(refuses_self_snoop,
       if (facts->machine.x86.self_snoop && ept(facts) && d->outcome != MEZZO_REFUSE &&
	   facts->fault.slot != MEZZO_SLOT_NONE && cached(facts)) *d = (struct mezzo_decision){
	       .outcome = MEZZO_REFUSE,
	       .reason = MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA,
       };)
QUESTION(ignores_private, f.memory.is_private = false;)
QUESTION(ignores_mmio_write_back, if (wb(&f)) f.memory.mmio = false;)
QUESTION(ignores_direct, if (!cached(&f) && f.memory.maintenance == MEZZO_MAINTENANCE_DIRECT)
				 f.memory.maintenance = MEZZO_MAINTENANCE_WINDOW;)
QUESTION(ignores_cached_aliases,
	 if (cached(&f) && !wb(&f)) f.memory.aliases = MEZZO_ALIASES_UNCACHED;)
QUESTION(takes_uncached_aliases_for_cached,
	 if (f.memory.aliases == MEZZO_ALIASES_UNCACHED && f.memory.allow == MEZZO_CLASS_WB)
		 f.memory.aliases = MEZZO_ALIASES_CACHED;)
QUESTION(lets_the_guest_past_cached_aliases,
	 if (cached(&f) && ept(&f) && wb(&f)) f.machine.x86.self_snoop = true;)
QUESTION(tolerates_wc_unasked,
	 if (f.memory.allow == MEZZO_CLASS_DEVICE && !ept(&f)) f.memory.allow |= MEZZO_CLASS_NC;)
QUESTION(allows_what_it_cannot_enforce,
	 if (f.memory.allow == MEZZO_CLASS_NC) f.memory.allow |= MEZZO_CLASS_DEVICE;)
QUESTION(exclusive_without_window,
	 if (exclusive(&f)) f.memory.maintenance = MEZZO_MAINTENANCE_WINDOW;)
QUESTION(ignores_unsnooped_dma,
	 if (f.memory.dma == MEZZO_DMA_UNSNOOPED) f.memory.dma = MEZZO_DMA_SNOOPED;)
QUESTION(logs_beside_devices,
	 if (f.guest.dirty_log && f.memory.dma == MEZZO_DMA_SNOOPED) f.memory.dma = MEZZO_DMA_NONE;)
QUESTION(ignores_lines_without_maintenance,
	 if (f.memory.maintenance == MEZZO_MAINTENANCE_NONE) f.frame.lines = MEZZO_LINES_CLEAN;)

/* Answers, reasons, and facts that should not matter. */
ANSWER(
	aborts_fetches_without_slot,
	if (d->reason == MEZZO_WHY_DEVICE_ACCESS && facts->fault.access == MEZZO_ACCESS_EXEC) {
		d->outcome = MEZZO_ABORT;
		d->reason = MEZZO_WHY_FETCH_NO_SLOT;
	})
ANSWER(calls_exclusive_cached,
       if (d->reason == MEZZO_WHY_EXCLUSIVE_PAT_IGNORED) d->reason = MEZZO_WHY_CACHED_PAT_IGNORED;)
ANSWER(decides_by_private, if (granted(d) && facts->memory.is_private) d->read = false;)
ANSWER(
	decides_by_size,
	if (granted(d) && facts->memory.max_order == MEZZO_ORDER_4K && d->clean_after) {
		d->clean_after = false;
		remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	})
ANSWER(decides_by_tag_storage, if (granted(d) && facts->memory.tag_storage) d->exec = true;)

/* Whatever else a wrong rule breaks, its table is not the pinned one. */
#define I(name) (UINT64_C(1) << X86_##name)
#define REACHED (UINT64_C(1) << X86_INVARIANTS)
#define M(name, kills) {#name, name, (kills) | REACHED << 1}

const struct policy_mutant x86_mutants[] = {
	{"right", right, 0},
	M(forgets_to_flush, I(I3_CLEAN) | I(I8_SIZE) | I(DEVICES) | I(FRAME_AFTER) | REACHED),
	M(forgets_to_flush_beside_devices, I(I3_CLEAN) | I(DEVICES)),
	M(flushes_all_memory_beside_any_device, I(I15_UNNAMED) | I(NEEDLESS) | I(SIZES)),
	M(flushes_before_zeroing, I(SEQUENCE)),
	M(flushes_after_uncached_zeroing, I(SEQUENCE)),
	M(zeroes_devices_through_the_cache, I(ZERO) | I(SEQUENCE) | I(NEEDLESS) | REACHED),
	M(zeroes_registers_of_others, I(I10_REGISTERS) | I(CONTRADICTION)),
	M(forgets_to_zero, I(I8_SIZE) | I(ZERO) | I(FRAME_AFTER) | REACHED),
	M(forgets_to_zero_uncached, I(I8_SIZE) | I(ZERO) | I(FRAME_AFTER) | REACHED),
	M(invalidates_instruction_caches, I(I4_ICACHE) | I(NEEDLESS) | REACHED),
	M(zeroes_tags, I(I5_TAGS) | REACHED),
	M(works_again_on_permission_faults,
	  I(I8_SIZE) | I(I15_UNNAMED) | I(I16_PERMISSION) | I(NEEDLESS) | I(FRAME_AFTER)),
	M(works_without_a_way, I(I1_WORK) | I(CONTRADICTION) | REACHED),
	M(lets_registers_reach_wc, I(I2_TYPE) | I(ALLOW_KEPT) | REACHED),
	M(claims_uc_forbids_wc, I(I11_IGNORE_PAT) | I(COMBINE)),
	M(maps_registers_write_back,
	  I(I2_TYPE) | I(I10_REGISTERS) | I(ALLOW_KEPT) | I(ALIASES) | I(DEVICES) | REACHED),
	M(honours_pat_without_self_snoop, I(I2_TYPE) | I(ALLOW_KEPT) | I(ALIASES) |
						  I(CONTRADICTION) | I(REASON_TRUE) | I(NEEDLESS) |
						  REACHED),
	M(ignores_pat_with_self_snoop, I(I2_TYPE) | I(REASON_TRUE)),
	M(takes_npt_for_ept, I(I2_TYPE) | I(I3_CLEAN) | I(I6_EXEC) | I(I11_IGNORE_PAT) | I(ZERO) |
				     I(COMBINE) | I(ALLOW_KEPT) | I(ALIASES) | I(DEVICES) |
				     I(CONTRADICTION) | I(REASON_TRUE) | I(NEEDLESS) |
				     I(FRAME_AFTER) | REACHED),
	M(ignores_pat_under_npt, I(I2_TYPE) | I(I11_IGNORE_PAT) | I(COMBINE) | I(DEVICES)),
	M(retypes_on_permission_fault, I(I2_TYPE) | I(I16_PERMISSION) | I(DEVICES) | I(BARE_METAL)),
	M(always_honours_mtrrs, I(I2_TYPE) | I(I3_CLEAN) | I(I6_EXEC) | I(ZERO) | I(DEVICES) |
					I(BARE_METAL) | I(MTRR) | I(REASON_TRUE) | I(NEEDLESS) |
					I(FRAME_AFTER)),
	M(never_honours_mtrrs, I(I2_TYPE) | I(I6_EXEC) | I(ZERO) | I(BARE_METAL) | I(REASON_TRUE) |
				       I(NEEDLESS) | I(FRAME_AFTER) | REACHED),
	M(forgets_cr0_cd, I(I2_TYPE) | I(I6_EXEC) | I(ZERO) | I(BARE_METAL) | I(REASON_TRUE) |
				  I(NEEDLESS) | I(FRAME_AFTER)),
	M(honours_uc_beside_cached_aliases, I(I2_TYPE) | I(ALIASES) | I(REASON_TRUE)),
	M(honours_mtrrs_on_registers,
	  I(I2_TYPE) | I(I10_REGISTERS) | I(I15_UNNAMED) | I(ALLOW_KEPT) | I(ALIASES) | I(DEVICES)),
	M(refuses_by_mtrr, I(I15_UNNAMED) | I(MTRR) | I(REASON_TRUE)),
	M(executes_devices_at_once, I(I6_EXEC) | REACHED),
	M(executes_on_fetches_alone, I(I6_EXEC)),
	M(writes_read_only_slots, I(I7_WRITE) | I(ACCESS_ENDS) | REACHED),
	M(writes_read_only_objects, I(I7_WRITE) | I(ACCESS_ENDS) | REACHED),
	M(forgets_the_log, I(I7_WRITE) | REACHED),
	M(maps_writable_while_logging, I(I7_WRITE)),
	M(answers_writes_read_only, I(I7_WRITE) | I(PROGRESS)),
	M(ignores_the_objects_size, I(I8_SIZE)),
	M(never_maps_blocks, I(I8_SIZE) | REACHED),
	M(leaves_a_type_in_a_refusal, I(I9_NOTHING)),
	M(forgets_clean_after_for_exclusive, I(I8_SIZE) | I(DEVICES) | I(TAKE_BACK) | REACHED),
	M(forgets_to_flush_after_devices, I(I8_SIZE) | I(DEVICES) | I(TAKE_BACK)),
	M(lists_no_clean_after, I(DEVICES) | I(TAKE_BACK) | REACHED),
	M(calls_cacheable_frames_clean, I(FRAME_AFTER)),
	M(forgets_that_it_zeroed, I(FRAME_AFTER) | I(AGAIN)),
	M(checks_slots_with_good_frames,
	  I(I13_SLOT) | I(I15_UNNAMED) | I(ZERO) | I(CONTRADICTION) | I(FRAME_AFTER)),
	M(refuses_self_snoop, I(I14_MONOTONE) | I(REASON_TRUE)),
	M(ignores_private, I(I12_PRIVATE) | I(CONTRADICTION) | REACHED),
	M(ignores_mmio_write_back, I(I10_REGISTERS) | I(I15_UNNAMED) | I(CONTRADICTION) | REACHED),
	M(ignores_direct, I(CONTRADICTION) | REACHED),
	M(ignores_cached_aliases, I(I3_CLEAN) | I(I15_UNNAMED) | I(ALIASES) | I(DEVICES) |
					  I(CONTRADICTION) | I(REASON_TRUE)),
	M(takes_uncached_aliases_for_cached,
	  I(I2_TYPE) | I(I3_CLEAN) | I(I6_EXEC) | I(I15_UNNAMED) | I(ZERO) | I(ALLOW_KEPT) |
		  I(ALIASES) | I(CONTRADICTION) | I(REASON_TRUE) | I(NEEDLESS) | I(TAKE_BACK) |
		  I(FRAME_AFTER)),
	M(lets_the_guest_past_cached_aliases, I(I2_TYPE) | I(ALLOW_KEPT) | I(ALIASES) |
						      I(CONTRADICTION) | I(REASON_TRUE) |
						      I(NEEDLESS) | REACHED),
	M(tolerates_wc_unasked,
	  I(I15_UNNAMED) | I(ALLOW_KEPT) | I(CONTRADICTION) | I(REASON_TRUE) | REACHED),
	M(allows_what_it_cannot_enforce, I(ALLOW_KEPT) | I(CONTRADICTION) | I(REASON_TRUE)),
	M(exclusive_without_window, I(I1_WORK) | I(I15_UNNAMED) | I(CONTRADICTION) | REACHED),
	M(ignores_unsnooped_dma,
	  I(I3_CLEAN) | I(DEVICES) | I(CONTRADICTION) | I(TAKE_BACK) | REACHED),
	M(logs_beside_devices, I(CONTRADICTION)),
	M(ignores_lines_without_maintenance,
	  I(I3_CLEAN) | I(I15_UNNAMED) | I(DEVICES) | I(CONTRADICTION) | I(FRAME_AFTER) | REACHED),
	M(aborts_fetches_without_slot, I(I15_UNNAMED) | I(ACCESS_ENDS) | REACHED),
	M(calls_exclusive_cached, I(REASON_TRUE) | REACHED),
	M(decides_by_private, I(I15_UNNAMED) | I(PROGRESS) | REACHED),
	M(decides_by_size, I(DEVICES) | I(TAKE_BACK) | I(SIZES)),
	M(decides_by_tag_storage, I(I6_EXEC) | I(SIZES)),
};
const unsigned int x86_mutants_count = sizeof(x86_mutants) / sizeof(x86_mutants[0]);
