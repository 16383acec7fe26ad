/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong policies: each asks the right one and spoils one thing, in the question or in the answer.
 * They show that the invariants can fail, so every one says which of them must.
 */
#include "policy_mutants.h"

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

/* The right answer in @d, then what is spoilt of it. */
#define ANSWER(name, ...)                                                                          \
	static void name(const struct mezzo_facts *facts, struct mezzo_decision *d)                \
	{                                                                                          \
		mezzo_arm64_decide(facts, d);                                                      \
		__VA_ARGS__                                                                        \
	}
/* The right answer to spoilt facts in @f. */
#define QUESTION(name, ...)                                                                        \
	static void name(const struct mezzo_facts *facts, struct mezzo_decision *d)                \
	{                                                                                          \
		struct mezzo_facts f = *facts;                                                     \
		__VA_ARGS__                                                                        \
		mezzo_arm64_decide(&f, d);                                                         \
	}

ANSWER(right, )

/* Work that is forgotten, done in the wrong order, or needless. */
ANSWER(forgets_to_clean, drop(d, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(believes_clean_beside_cached_alias,
       if (facts->memory.aliases == MEZZO_ALIASES_CACHED &&
	   facts->frame.lines == MEZZO_LINES_CLEAN &&
	   facts->frame.data == MEZZO_CONTENT_INITIALISED &&
	   facts->frame.tags == MEZZO_CONTENT_INITIALISED) drop(d, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(cleans_before_zeroing,
       if (d->before_visible[0] == MEZZO_ACTION_ZERO && drop(d, MEZZO_ACTION_CLEAN_INVALIDATE))
	       put_first(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(
	cleans_after_uncached_zeroing, if (d->before_visible[1] == MEZZO_ACTION_ZERO_UNCACHED) {
		d->before_visible[0] = MEZZO_ACTION_ZERO_UNCACHED;
		d->before_visible[1] = MEZZO_ACTION_CLEAN_INVALIDATE;
	})
ANSWER(
	zeroes_registers_of_others, if (d->reason == MEZZO_WHY_UNOWNED_NO_MAINTENANCE &&
					facts->memory.maintenance != MEZZO_MAINTENANCE_NONE) {
		struct mezzo_facts f = *facts;

		f.memory.mmio = false;
		mezzo_arm64_decide(&f, d);
	})
ANSWER(zeroes_devices_through_the_cache,
       if (drop(d, MEZZO_ACTION_ZERO_UNCACHED))
	       put_last(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_ZERO);)
ANSWER(forgets_to_zero, drop(d, MEZZO_ACTION_ZERO);)
ANSWER(forgets_to_zero_uncached, drop(d, MEZZO_ACTION_ZERO_UNCACHED);)
ANSWER(forgets_to_zero_tags, drop(d, MEZZO_ACTION_ZERO_TAGS);)
QUESTION(takes_zeroed_data_for_zeroed_tags,
	 if (f.frame.data == MEZZO_CONTENT_INITIALISED) f.frame.tags = MEZZO_CONTENT_INITIALISED;)
ANSWER(forgets_the_icache, drop(d, MEZZO_ACTION_INVALIDATE_ICACHE);)
ANSWER(invalidates_the_icache_first,
       if (d->before_visible[1] && drop(d, MEZZO_ACTION_INVALIDATE_ICACHE))
	       put_first(d->before_visible, MEZZO_BEFORE_MAX, MEZZO_ACTION_INVALIDATE_ICACHE);)
ANSWER(forgets_the_icache_after,
       remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_INVALIDATE_ICACHE);)
ANSWER(cleans_what_is_forced,
       if (granted(d) && d->effective == MEZZO_CLASS_WB &&
	   facts->fault.kind == MEZZO_FAULT_MISSING &&
	   facts->memory.maintenance != MEZZO_MAINTENANCE_NONE && d->max_order <= MEZZO_ORDER_2M &&
	   !d->exec && !d->before_visible[0]) d->before_visible[0] = MEZZO_ACTION_CLEAN_INVALIDATE;)
ANSWER(
	leaves_a_hole_in_the_list, if (d->before_visible[0] && !d->before_visible[1]) {
		d->before_visible[1] = d->before_visible[0];
		d->before_visible[0] = MEZZO_ACTION_NONE;
	})
ANSWER(works_again_on_permission_faults,
       if (granted(d) && facts->fault.kind == MEZZO_FAULT_PERMISSION && wb(facts) &&
	   facts->memory.maintenance != MEZZO_MAINTENANCE_NONE && !d->before_visible[0])
	       d->before_visible[0] = MEZZO_ACTION_ZERO;)
QUESTION(works_without_a_way,
	 if (f.memory.maintenance == MEZZO_MAINTENANCE_NONE)
		 f.memory.maintenance = f.memory.aliases == MEZZO_ALIASES_CACHED
						? MEZZO_MAINTENANCE_DIRECT
						: MEZZO_MAINTENANCE_WINDOW;)

/* Types and sets. */
ANSWER(
	maps_cached_as_device_without_fwb,
	if (at_all(d) && facts->memory.allow == MEZZO_CLASS_WB && !facts->machine.arm64.fwb) {
		d->type = MEZZO_STAGE2_DEVICE_nGnRE;
		d->effective = MEZZO_CLASS_DEVICE;
	})
ANSWER(
	maps_combining_as_guest_choice, if (d->type == MEZZO_STAGE2_NORMAL_NC && at_all(d)) {
		d->type = MEZZO_STAGE2_GUEST_CHOICE;
		d->effective = MEZZO_CLASS_ALL;
	})
ANSWER(claims_write_back_without_force,
       if (at_all(d) && d->type == MEZZO_STAGE2_NORMAL_WB) d->effective = MEZZO_CLASS_WB;)
ANSWER(
	retypes_on_permission_fault,
	if (granted(d) && facts->fault.kind == MEZZO_FAULT_PERMISSION &&
	    d->type == MEZZO_STAGE2_GUEST_CHOICE && facts->machine.arm64.fwb) {
		d->type = MEZZO_STAGE2_NORMAL_WB;
		d->effective = MEZZO_CLASS_WB;
	})

/* Permissions, log and size. */
ANSWER(
	grants_fetches_from_devices, if (d->reason == MEZZO_WHY_FETCH_NOT_CACHEABLE) {
		struct mezzo_facts f = *facts;

		f.fault.access = MEZZO_ACCESS_READ;
		mezzo_arm64_decide(&f, d);
		d->exec = granted(d);
	})
ANSWER(executes_at_once_without_dic,
       if (granted(d) && facts->memory.aliases == MEZZO_ALIASES_CACHED && !d->exec) d->exec = true;)
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
ANSWER(maps_blocks_while_logging,
       if (granted(d) && facts->guest.dirty_log) d->max_order = MEZZO_ORDER_2M;)
ANSWER(never_maps_blocks, d->max_order = MEZZO_ORDER_4K;)

/* What is said besides. */
ANSWER(leaves_a_type_in_a_refusal,
       if (d->outcome == MEZZO_REFUSE) d->type = MEZZO_STAGE2_NORMAL_NC;)
ANSWER(tells_the_object_of_an_abort,
       if (d->outcome == MEZZO_ABORT && at_all(d)) d->frame_after = facts->frame;)
ANSWER(
	forgets_clean_after_for_exclusive,
	if (facts->memory.aliases == MEZZO_ALIASES_NONE && d->clean_after) {
		d->clean_after = false;
		remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	})
ANSWER(lists_no_clean_after,
       remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);)
ANSWER(calls_cacheable_frames_clean,
       if (granted(d) && wb(facts)) d->frame_after.lines = MEZZO_LINES_CLEAN;)
ANSWER(forgets_that_it_zeroed, if (granted(d)) d->frame_after.data = facts->frame.data;)

/* Refusals. */
ANSWER(refuses_fetches_late,
       if (granted(d) && facts->fault.access == MEZZO_ACCESS_EXEC && !facts->machine.arm64.dic &&
	   facts->memory.maintenance == MEZZO_MAINTENANCE_NONE) *d = (struct mezzo_decision){
	       .outcome = MEZZO_REFUSE,
	       .reason = MEZZO_WHY_CACHED_NEEDS_MAINTENANCE,
       };)
QUESTION(checks_slots_with_good_frames,
	 if (f.fault.access == MEZZO_ACCESS_READ && f.memory.maintenance == MEZZO_MAINTENANCE_NONE)
		 f.frame.data = MEZZO_CONTENT_INITIALISED;)
ANSWER(refuses_windows_with_fwb,
       if (facts->machine.arm64.fwb && facts->fault.slot != MEZZO_SLOT_NONE &&
	   d->outcome != MEZZO_REFUSE && facts->memory.maintenance == MEZZO_MAINTENANCE_WINDOW &&
	   facts->memory.aliases == MEZZO_ALIASES_CACHED) *d = (struct mezzo_decision){
	       .outcome = MEZZO_REFUSE,
	       .reason = MEZZO_WHY_CACHED_NEEDS_MAINTENANCE,
       };)
QUESTION(ignores_private, f.memory.is_private = false;)
QUESTION(ignores_mmio_write_back, if (wb(&f)) f.memory.mmio = false;)
QUESTION(ignores_direct, if (f.memory.aliases != MEZZO_ALIASES_CACHED &&
			     f.memory.maintenance == MEZZO_MAINTENANCE_DIRECT)
				 f.memory.maintenance = MEZZO_MAINTENANCE_WINDOW;)
QUESTION(ignores_cached_aliases, if (f.memory.aliases == MEZZO_ALIASES_CACHED && !wb(&f))
					 f.memory.aliases = MEZZO_ALIASES_UNCACHED;)
QUESTION(takes_uncached_aliases_for_cached,
	 if (f.memory.aliases == MEZZO_ALIASES_UNCACHED && f.memory.allow == MEZZO_CLASS_WB)
		 f.memory.aliases = MEZZO_ALIASES_CACHED;)
QUESTION(allows_what_it_cannot_enforce,
	 if (f.memory.allow == MEZZO_CLASS_NC) f.memory.allow |= MEZZO_CLASS_DEVICE;)
QUESTION(exclusive_without_window, if (f.memory.aliases == MEZZO_ALIASES_NONE)
					   f.memory.maintenance = MEZZO_MAINTENANCE_WINDOW;)
QUESTION(gives_tags_without_storage, if (f.guest.mte) f.memory.tag_storage = true;)
QUESTION(ignores_unsnooped_dma,
	 if (f.memory.dma == MEZZO_DMA_UNSNOOPED) f.memory.dma = MEZZO_DMA_SNOOPED;)
QUESTION(logs_beside_devices,
	 if (f.guest.dirty_log && f.memory.dma == MEZZO_DMA_SNOOPED) f.memory.dma = MEZZO_DMA_NONE;)
QUESTION(ignores_lines_without_maintenance,
	 if (f.memory.maintenance == MEZZO_MAINTENANCE_NONE) f.frame.lines = MEZZO_LINES_CLEAN;)

/* Answers to the guest, reasons, and facts that should not matter. */
ANSWER(
	exits_on_cache_ops, if (d->reason == MEZZO_WHY_CACHE_OP_NO_SLOT) {
		d->outcome = MEZZO_EXIT;
		d->reason = MEZZO_WHY_DEVICE_ACCESS;
	})
ANSWER(
	emulates_fetches, if (d->reason == MEZZO_WHY_FETCH_NO_SLOT) {
		d->outcome = MEZZO_EXIT;
		d->reason = MEZZO_WHY_DEVICE_ACCESS;
	})
ANSWER(
	never_says_no_tag_access, if (d->reason == MEZZO_WHY_NO_TAG_ACCESS) {
		bool exclusive = facts->memory.aliases == MEZZO_ALIASES_NONE;

		if (d->effective == MEZZO_CLASS_WB)
			d->reason =
				exclusive ? MEZZO_WHY_EXCLUSIVE_FORCED : MEZZO_WHY_CACHED_FORCED;
		else
			d->reason = exclusive ? MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE
					      : MEZZO_WHY_CACHED_UNFORCED;
	})
ANSWER(calls_exclusive_cached,
       if (d->reason == MEZZO_WHY_EXCLUSIVE_FORCED) d->reason = MEZZO_WHY_CACHED_FORCED;)
ANSWER(decides_by_private, if (granted(d) && facts->memory.is_private) d->read = false;)
ANSWER(decides_by_dma, if (granted(d) && facts->memory.dma == MEZZO_DMA_SNOOPED && d->no_tag_access)
			       d->no_tag_access = false;)
ANSWER(decides_by_xnx, if (facts->machine.arm64.xnx) d->exec = false;)
ANSWER(
	decides_by_size,
	if (granted(d) && facts->memory.max_order == MEZZO_ORDER_4K && d->clean_after) {
		d->clean_after = false;
		remove_action(d->after_invalid, MEZZO_AFTER_MAX, MEZZO_ACTION_CLEAN_INVALIDATE);
	})

/* Whatever else a wrong policy breaks, its table is not the pinned one. */
#define I(name) (UINT64_C(1) << POLICY_##name)
#define M(name, kills) {#name, name, (kills) | I(I18_DIGEST)}

const struct policy_mutant policy_mutants[] = {
	{"right", right, 0},
	M(forgets_to_clean,
	  I(I3_CLEAN) | I(I4_ICACHE) | I(I8_SIZE) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(believes_clean_beside_cached_alias, I(I3_CLEAN) | I(I4_ICACHE) | I(I15_UNNAMED)),
	M(cleans_before_zeroing, I(SEQUENCE)),
	M(cleans_after_uncached_zeroing, I(SEQUENCE)),
	M(zeroes_registers_of_others, I(REGISTERS) | I(CONTRADICTION)),
	M(zeroes_devices_through_the_cache, I(ZERO) | I(SEQUENCE) | I(NEEDLESS) | I(I17_REACHED)),
	M(forgets_to_zero, I(I8_SIZE) | I(ZERO) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(forgets_to_zero_uncached, I(I8_SIZE) | I(ZERO) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(forgets_to_zero_tags, I(I5_TAGS) | I(I8_SIZE) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(takes_zeroed_data_for_zeroed_tags,
	  I(I3_CLEAN) | I(I5_TAGS) | I(CONTRADICTION) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(forgets_the_icache, I(I4_ICACHE) | I(I17_REACHED)),
	M(invalidates_the_icache_first, I(SEQUENCE)),
	M(forgets_the_icache_after, I(I4_ICACHE) | I(TAKE_BACK) | I(I17_REACHED)),
	M(cleans_what_is_forced, I(I15_UNNAMED) | I(NEEDLESS) | I(SIZES)),
	M(leaves_a_hole_in_the_list, I(SEQUENCE)),
	M(works_again_on_permission_faults,
	  I(I8_SIZE) | I(I15_UNNAMED) | I(I16_PERMISSION) | I(NEEDLESS) | I(FRAME_AFTER)),
	M(works_without_a_way, I(I1_WORK) | I(CONTRADICTION) | I(I17_REACHED)),
	M(maps_cached_as_device_without_fwb, I(I2_TYPE)),
	M(maps_combining_as_guest_choice,
	  I(I2_TYPE) | I(REGISTERS) | I(ALLOW_KEPT) | I(I17_REACHED)),
	M(claims_write_back_without_force, I(COMBINE)),
	M(retypes_on_permission_fault, I(I2_TYPE) | I(I15_UNNAMED) | I(I16_PERMISSION)),
	M(grants_fetches_from_devices,
	  I(I4_ICACHE) | I(I6_EXEC) | I(ACCESS_ENDS) | I(TAKE_BACK) | I(I17_REACHED)),
	M(executes_at_once_without_dic, I(I4_ICACHE) | I(I6_EXEC) | I(TAKE_BACK) | I(I17_REACHED)),
	M(writes_read_only_slots, I(I7_WRITE) | I(ACCESS_ENDS) | I(I17_REACHED)),
	M(writes_read_only_objects, I(I7_WRITE) | I(ACCESS_ENDS) | I(I17_REACHED)),
	M(forgets_the_log, I(I7_WRITE) | I(I17_REACHED)),
	M(maps_writable_while_logging, I(I7_WRITE)),
	M(answers_writes_read_only, I(PROGRESS)),
	M(ignores_the_objects_size, I(I8_SIZE)),
	M(maps_blocks_while_logging, I(I8_SIZE)),
	M(never_maps_blocks, I(I8_SIZE) | I(I17_REACHED)),
	M(leaves_a_type_in_a_refusal, I(I9_NOTHING)),
	M(tells_the_object_of_an_abort, I(I9_NOTHING)),
	M(forgets_clean_after_for_exclusive, I(I8_SIZE) | I(TAKE_BACK)),
	M(lists_no_clean_after, I(TAKE_BACK) | I(I17_REACHED)),
	M(calls_cacheable_frames_clean, I(FRAME_AFTER)),
	M(forgets_that_it_zeroed, I(FRAME_AFTER) | I(AGAIN)),
	M(refuses_fetches_late, I(I13_SLOT) | I(I15_UNNAMED) | I(REASON_TRUE)),
	M(checks_slots_with_good_frames,
	  I(I13_SLOT) | I(I15_UNNAMED) | I(ZERO) | I(CONTRADICTION) | I(FRAME_AFTER)),
	M(refuses_windows_with_fwb, I(I14_MONOTONE) | I(I15_UNNAMED) | I(REASON_TRUE)),
	M(ignores_private, I(CONTRADICTION) | I(I17_REACHED)),
	M(ignores_mmio_write_back,
	  I(I15_UNNAMED) | I(REGISTERS) | I(CONTRADICTION) | I(I17_REACHED)),
	M(ignores_direct, I(CONTRADICTION) | I(I17_REACHED)),
	M(ignores_cached_aliases, I(I3_CLEAN) | I(I15_UNNAMED) | I(CONTRADICTION) | I(REASON_TRUE)),
	M(takes_uncached_aliases_for_cached, I(I6_EXEC) | I(I14_MONOTONE) | I(I15_UNNAMED) |
						     I(ALLOW_KEPT) | I(CONTRADICTION) |
						     I(REASON_TRUE) | I(NEEDLESS)),
	M(allows_what_it_cannot_enforce, I(ALLOW_KEPT) | I(CONTRADICTION) | I(REASON_TRUE)),
	M(exclusive_without_window,
	  I(I1_WORK) | I(I15_UNNAMED) | I(CONTRADICTION) | I(I17_REACHED)),
	M(gives_tags_without_storage,
	  I(I5_TAGS) | I(CONTRADICTION) | I(REASON_TRUE) | I(NEEDLESS) | I(I17_REACHED)),
	M(ignores_unsnooped_dma, I(I3_CLEAN) | I(CONTRADICTION) | I(I17_REACHED)),
	M(logs_beside_devices, I(CONTRADICTION)),
	M(ignores_lines_without_maintenance,
	  I(I3_CLEAN) | I(I15_UNNAMED) | I(CONTRADICTION) | I(FRAME_AFTER) | I(I17_REACHED)),
	M(exits_on_cache_ops, I(ACCESS_ENDS) | I(I17_REACHED)),
	M(emulates_fetches, I(ACCESS_ENDS) | I(I17_REACHED)),
	M(never_says_no_tag_access, I(I17_REACHED)),
	M(calls_exclusive_cached, I(REASON_TRUE) | I(I17_REACHED)),
	M(decides_by_private, I(I15_UNNAMED) | I(PROGRESS)),
	M(decides_by_dma, I(I5_TAGS) | I(I15_UNNAMED) | I(I16_PERMISSION) | I(REASON_TRUE)),
	M(decides_by_xnx, I(I6_EXEC) | I(PROGRESS) | I(NEEDLESS) | I(TAKE_BACK) | I(SIZES)),
	M(decides_by_size, I(TAKE_BACK) | I(SIZES)),
};
const unsigned int policy_mutants_count = sizeof(policy_mutants) / sizeof(policy_mutants[0]);
