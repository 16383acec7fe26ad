/* SPDX-License-Identifier: BSD-2-Clause */
/* Dirty logs and capabilities: what KVM answers, as far as the arguments say. */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>

/* linux/kvm.h */
#define CAP_USER_MEMORY 3
#define CAP_SYNC_MMU 16
#define CAP_DESTROY_MEMORY_REGION_WORKS 21
#define CAP_JOIN_MEMORY_REGIONS_WORKS 30
#define CAP_READONLY_MEM 81
#define CAP_MANUAL_DIRTY_LOG_PROTECT2 168
#define CAP_DIRTY_LOG_RING 192
#define CAP_DIRTY_LOG_RING_ACQ_REL 223
#define CAP_DIRTY_LOG_RING_WITH_BITMAP 225

#define MANUAL_PROTECT_ENABLE 1u
#define MANUAL_PROTECT_INITIALLY_SET 2u
#define RING_ENTRY_BYTES 16u
#define RING_ENTRIES_MAX 65536u

/* --- logs -------------------------------------------------------------------------------------- */

/* The slot, which logs by a bitmap; or an answer. */
static bool find_log(struct kvm_vm *vm, uint32_t id, struct mezzo_slot_config *slot,
		     struct kvm_answer *answer)
{
	if (kvm_find(vm, id, slot) && slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY)
		return true;
	kvm_say(answer, -ENOENT, KVM_WHY_LOG_ABSENT, "slot %" PRIu32, id);
	return false;
}

static bool logs_by_bitmap(const struct kvm_vm *vm, struct kvm_answer *answer)
{
	if (!vm->ring_bytes || vm->ring_with_bitmap)
		return true;
	kvm_say(answer, -ENXIO, KVM_WHY_LOG_RING, "rings of %" PRIu64 " bytes", vm->ring_bytes);
	return false;
}

void kvm_get_dirty_log(struct kvm_vm *vm, uint32_t id, struct kvm_answer *answer)
{
	struct mezzo_slot_config slot;

	if (logs_by_bitmap(vm, answer) && kvm_id_valid(vm, id, answer) &&
	    find_log(vm, id, &slot, answer))
		kvm_say(answer, 0, KVM_WHY_LOG_READ, "slot %" PRIu32, id);
}

void kvm_clear_dirty_log(struct kvm_vm *vm, uint32_t id, uint64_t first_page, uint64_t pages,
			 struct kvm_answer *answer)
{
	struct mezzo_slot_config slot;
	uint64_t left, have;

	if (!logs_by_bitmap(vm, answer) || !kvm_id_valid(vm, id, answer))
		return;
	if (first_page % 64 == 0) {
		if (!find_log(vm, id, &slot, answer))
			return;
		have = (slot.pages << MEZZO_PAGE_SHIFT) / vm->host.page_bytes;
		left = first_page < have ? have - first_page : 0;
		if (first_page <= have && pages <= left && (pages == left || pages % 64 == 0)) {
			kvm_say(answer, 0, KVM_WHY_LOG_CLEARED,
				"slot %" PRIu32 ", %" PRIu64 " pages from %" PRIu64, id, pages,
				first_page);
			return;
		}
	}
	kvm_say(answer, -EINVAL, KVM_WHY_LOG_RANGE,
		"slot %" PRIu32 ", %" PRIu64 " pages from %" PRIu64, id, pages, first_page);
}

void kvm_reset_dirty_rings(struct kvm_vm *vm, struct kvm_answer *answer)
{
	if (vm->ring_bytes)
		kvm_say(answer, 0, KVM_WHY_RING_RESET, "%s", "nobody has written");
	else
		kvm_say(answer, -EINVAL, KVM_WHY_RING_ABSENT, "%s", "");
}

/* --- capabilities ------------------------------------------------------------------------------ */

static void enable_manual(struct kvm_vm *vm, uint64_t flags, uint64_t arg,
			  struct kvm_answer *answer)
{
	uint64_t allowed = MANUAL_PROTECT_ENABLE;

	if (arg & MANUAL_PROTECT_ENABLE)
		allowed |= MANUAL_PROTECT_INITIALLY_SET;
	if (flags || arg & ~allowed) {
		kvm_say(answer, -EINVAL, KVM_WHY_CAPABILITY_ARGUMENT,
			"flags %#" PRIx64 ", options %#" PRIx64 ": %#" PRIx64 " would do", flags,
			arg, arg & allowed);
		return;
	}
	vm->manual_protect = arg;
	kvm_say(answer, 0, KVM_WHY_CAPABILITY_ENABLED, "options %#" PRIx64, arg);
}

static void enable_ring(struct kvm_vm *vm, uint64_t flags, uint64_t bytes,
			struct kvm_answer *answer)
{
	if (flags)
		kvm_say(answer, -EINVAL, KVM_WHY_CAPABILITY_ARGUMENT, "flags %#" PRIx64, flags);
	else if (!bytes || bytes & (bytes - 1) || bytes < vm->host.page_bytes)
		kvm_say(answer, -EINVAL, KVM_WHY_RING_SIZE, "%" PRIu64 " bytes", bytes);
	else if (bytes > RING_ENTRIES_MAX * RING_ENTRY_BYTES)
		kvm_say(answer, -E2BIG, KVM_WHY_RING_TOO_BIG,
			"%" PRIu64 " bytes: %" PRIu32 " would do", bytes,
			RING_ENTRIES_MAX * RING_ENTRY_BYTES);
	else if (vm->ring_bytes)
		kvm_say(answer, -EINVAL, KVM_WHY_RING_SET, "rings of %" PRIu64 " bytes",
			vm->ring_bytes);
	else {
		vm->ring_bytes = bytes;
		kvm_say(answer, 0, KVM_WHY_CAPABILITY_ENABLED, "rings of %" PRIu64 " bytes", bytes);
	}
}

/* After the rings, and before the first slot. */
static void enable_bitmap(struct kvm_vm *vm, uint64_t flags, struct kvm_answer *answer)
{
	struct kvm_mapped any;
	bool slots = false;

	for (uint32_t as = 0; as < vm->host.address_spaces; as++)
		slots |= kvm_vm_next(vm, as, 0, &any);
	if (flags || !vm->ring_bytes || slots) {
		kvm_say(answer, -EINVAL, KVM_WHY_CAPABILITY_ARGUMENT, "%s",
			slots ? "there are slots already" : "rings must be enabled before");
		return;
	}
	vm->ring_with_bitmap = true;
	kvm_say(answer, 0, KVM_WHY_CAPABILITY_ENABLED, "%s", "a bitmap beside the rings");
}

bool kvm_enable_cap(struct kvm_vm *vm, uint64_t cap, uint64_t flags, uint64_t arg,
		    struct kvm_answer *answer)
{
	switch (cap) {
	case CAP_MANUAL_DIRTY_LOG_PROTECT2:
		enable_manual(vm, flags, arg, answer);
		return true;
	case CAP_DIRTY_LOG_RING:
	case CAP_DIRTY_LOG_RING_ACQ_REL:
		enable_ring(vm, flags, arg, answer);
		return true;
	case CAP_DIRTY_LOG_RING_WITH_BITMAP:
		enable_bitmap(vm, flags, answer);
		return true;
	default:
		return false;
	}
}

bool kvm_check_extension(const struct kvm_host *host, uint64_t cap, struct kvm_answer *answer)
{
	switch (cap) {
	case CAP_USER_MEMORY:
	case CAP_SYNC_MMU:
	case CAP_DESTROY_MEMORY_REGION_WORKS:
	case CAP_JOIN_MEMORY_REGIONS_WORKS:
	case CAP_READONLY_MEM:
		kvm_say(answer, 1, KVM_WHY_CAPABILITY, "%s", "the engine has it");
		return true;
	case KVM_CAPABILITY_SLOTS:
		kvm_say(answer, host->slots, KVM_WHY_CAPABILITY, "slots of a space: %" PRIu32,
			host->slots);
		return true;
	case CAP_MANUAL_DIRTY_LOG_PROTECT2:
		kvm_say(answer, MANUAL_PROTECT_ENABLE | MANUAL_PROTECT_INITIALLY_SET,
			KVM_WHY_CAPABILITY, "%s", "both options");
		return true;
	case KVM_CAPABILITY_ADDRESS_SPACES:
		/* One is said to be none. */
		kvm_say(answer, host->address_spaces > 1 ? host->address_spaces : 0,
			KVM_WHY_CAPABILITY, "address spaces: %" PRIu32, host->address_spaces);
		return true;
	default:
		return false;
	}
}
