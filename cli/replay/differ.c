/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a difference the two have different slots, and later calls would differ for that reason
 * alone. So it is remembered which slots are not the same. Where the engine refuses what the
 * recording has done and such a slot explains it, that follows from the first difference; the
 * engine's slots are then made what the recording says, as far as its calls tell. Where the engine
 * accepts what the recording refused, it goes on from what it has.
 */
#include "replay.h"

#include <stdlib.h>

static bool overlap(const struct kvm_region *a, const struct kvm_region *b)
{
	return a->slot >> 16 == b->slot >> 16 &&
	       a->guest_phys_addr < b->guest_phys_addr + b->memory_size &&
	       b->guest_phys_addr < a->guest_phys_addr + a->memory_size;
}

/* A slot of the recording's that it now calls otherwise: the same memory at the same place. */
static bool same_memory(const struct kvm_region *a, const struct kvm_region *b)
{
	return a->guest_phys_addr == b->guest_phys_addr && a->userspace_addr == b->userspace_addr;
}

/* May the engine refuse this because of the difference? */
static bool explains_refusal(const struct replay_difference *d, const struct kvm_region *region)
{
	return d->region.slot == region->slot || same_memory(&d->region, region);
}

/* May it accept this? Only what it lacks can make it accept more. */
static bool explains_success(const struct replay_difference *d, const struct kvm_region *region)
{
	return d->kind == REPLAY_RECORDING_ONLY &&
	       (d->region.slot == region->slot || overlap(&d->region, region));
}

bool replay_explains(const struct replay_vm *vm, const struct replay_call *call, uint64_t *line)
{
	const bool refused = call->answer.value < 0;

	/* Whatever the slots are, these arguments are refused. */
	if (!call->answer.of_state)
		return false;
	for (const struct replay_difference *d = vm->differences; d; d = d->next) {
		if (!(refused ? explains_refusal(d, &call->region)
			      : explains_success(d, &call->region)))
			continue;
		*line = d->line;
		return true;
	}
	*line = vm->blind_line;
	return vm->blind;
}

static bool slot_differs(const struct replay_vm *vm, int64_t slot, uint64_t *line)
{
	for (const struct replay_difference *d = vm->differences; d; d = d->next) {
		if (d->region.slot != slot)
			continue;
		*line = d->line;
		return true;
	}
	return false;
}

void replay_same(struct replay_vm *vm, uint32_t slot)
{
	struct replay_difference **link = &vm->differences;

	while (*link) {
		struct replay_difference *d = *link;

		if (d->region.slot != slot) {
			link = &d->next;
			continue;
		}
		*link = d->next;
		free(d);
	}
}

static void remember(struct replay *replay, struct replay_vm *vm, enum replay_difference_kind kind,
		     uint64_t line, const struct kvm_region *region)
{
	struct replay_difference *d = malloc(sizeof(*d));

	if (!d) {
		replay->failed = true;
		return;
	}
	/* What the engine cannot have may be several things of one number. */
	if (kind != REPLAY_RECORDING_ONLY)
		replay_same(vm, region->slot);
	*d = (struct replay_difference){vm->differences, kind, line, *region};
	vm->differences = d;
}

/*
 * The recording has done what the engine refused: do it, without what stands in its way and is not
 * in the recording. False: the engine cannot have such a slot.
 */
static bool make_so(struct replay_vm *vm, const struct kvm_region *region)
{
	struct kvm_answer answer = {.value = -1};
	uint64_t line;

	kvm_vm_drop(vm->kvm, region->slot);
	if (region->memory_size == 0)
		return true;
	for (;;) {
		int64_t other;

		kvm_set_region(vm->kvm, region, &answer);
		if (answer.value == 0)
			return true;
		other = kvm_vm_in_the_way(vm->kvm);
		if (other < 0 || !slot_differs(vm, other, &line))
			return false;
		kvm_vm_drop(vm->kvm, (uint32_t)other);
		replay_same(vm, (uint32_t)other);
	}
}

void replay_differ(struct replay *replay, struct replay_vm *vm, struct replay_call *call)
{
	const bool done = call->recorded == STRACE_VALUE, refused = call->answer.value < 0;
	enum replay_difference_kind kind = REPLAY_ENGINE_ONLY;
	uint64_t line = call->line;

	call->verdict = REPLAY_DISAGREES;
	/* Done by both, with another result: that is nobody's doing. */
	if (done && !refused)
		return;
	if (replay_explains(vm, call, &call->cause) ||
	    (refused && slot_differs(vm, kvm_vm_in_the_way(vm->kvm), &call->cause))) {
		call->verdict = REPLAY_FOLLOWS;
		line = call->cause;
	}
	/* Refused by both, for different reasons: nothing has happened. */
	if (!done && refused)
		return;
	if (done)
		kind = make_so(vm, &call->region) ? REPLAY_MADE_SO : REPLAY_RECORDING_ONLY;
	remember(replay, vm, kind, line, &call->region);
}
