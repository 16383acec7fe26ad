/* SPDX-License-Identifier: BSD-2-Clause */
/* Dirty logs and capabilities: what KVM answers, as far as the arguments say. */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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

/* --- logs -------------------------------------------------------------------------------------- */

/* Logs are read and cleared a piece at a time. */
#define PIECE_WORDS 64u
#define PIECE_PAGES (UINT64_C(64) * PIECE_WORDS)

static bool logs_by_bitmap(const struct kvm_vm *vm, struct kvm_answer *answer)
{
	if (!vm->ring_bytes || vm->ring_with_bitmap)
		return true;
	kvm_say(answer, -ENXIO, KVM_WHY_LOG_RING, "rings of %" PRIu64 " bytes", vm->ring_bytes);
	return false;
}

static void refused(struct kvm_answer *answer, int status, const struct mezzo_refusal *why,
		    uint32_t id)
{
	answer->value = status == MEZZO_ERR_NOENT ? -ENOENT : -EINVAL;
	answer->reason = *mezzo_reason(why->reason);
	answer->of_state = true;
	if (why->field == MEZZO_FIELD_PAGES || why->field == MEZZO_FIELD_FIRST_PAGE)
		snprintf(answer->detail, sizeof(answer->detail),
			 "slot %" PRIu32 ": %s %#" PRIx64 ": %#" PRIx64 " would do", id,
			 why->field == MEZZO_FIELD_PAGES ? "num_pages" : "first_page", why->got,
			 why->want);
	else
		snprintf(answer->detail, sizeof(answer->detail), "slot %" PRIu32, id);
}

/* Without manual protection what is read is cleared. */
static int read_log(struct kvm_vm *vm, uint32_t id, struct mezzo_refusal *why)
{
	struct mezzo_space *space = &vm->as[id >> KVM_SLOT_BITS]->space;
	const bool manual = vm->manual_protect & MANUAL_PROTECT_ENABLE;
	struct mezzo_slot_config slot = {.pages = 0};
	uint64_t bits[PIECE_WORDS], page = 0;
	int status;

	(void)kvm_find(vm, id, &slot);
	do {
		uint64_t pages = slot.pages - page < PIECE_PAGES ? slot.pages - page : PIECE_PAGES;

		status = manual ? mezzo_dirty_get(space, id, page, pages, bits, why)
				: mezzo_dirty_take(space, id, page, pages, bits, why);
		page += pages;
	} while (!status && page < slot.pages);
	return status;
}

void kvm_get_dirty_log(struct kvm_vm *vm, uint32_t id, struct kvm_answer *answer)
{
	struct mezzo_refusal why;
	int status;

	if (!logs_by_bitmap(vm, answer) || !kvm_id_valid(vm, id, answer))
		return;
	status = read_log(vm, id, &why);
	if (status)
		refused(answer, status, &why, id);
	else
		kvm_say(answer, 0, KVM_WHY_LOG_READ, "slot %" PRIu32, id);
}

/* Words are of the host's pages: where those are larger, the engine's rule is not strict enough. */
static bool range_valid(struct kvm_vm *vm, uint32_t id, uint64_t first, uint64_t pages)
{
	const uint64_t scale = vm->host.page_bytes / MEZZO_PAGE_BYTES;
	struct mezzo_slot_config slot;

	if (scale == 1 || !kvm_find(vm, id, &slot))
		return true;
	return first % 64 == 0 && first <= slot.pages / scale &&
	       (pages % 64 == 0 || first + pages == slot.pages / scale);
}

/* What is to be cleared was in the process's memory: all of it is. */
void kvm_clear_dirty_log(struct kvm_vm *vm, uint32_t id, uint64_t first_page, uint64_t pages,
			 struct kvm_answer *answer)
{
	const uint64_t scale = vm->host.page_bytes / MEZZO_PAGE_BYTES;
	struct mezzo_refusal why;
	int status;

	if (!logs_by_bitmap(vm, answer) || !kvm_id_valid(vm, id, answer))
		return;
	if (!range_valid(vm, id, first_page, pages)) {
		kvm_say(answer, -EINVAL, KVM_WHY_LOG_RANGE,
			"slot %" PRIu32 ", %" PRIu64 " pages from %" PRIu64, id, pages, first_page);
		return;
	}
	status = mezzo_dirty_clear(&vm->as[id >> KVM_SLOT_BITS]->space, id, first_page * scale,
				   pages * scale, NULL, &why);
	if (status)
		refused(answer, status, &why, id);
	else
		kvm_say(answer, 0, KVM_WHY_LOG_CLEARED,
			"slot %" PRIu32 ", %" PRIu64 " pages from %" PRIu64, id, pages, first_page);
}

void kvm_reset_dirty_rings(struct kvm_vm *vm, struct kvm_answer *answer)
{
	uint32_t count, total = 0;
	int status = MEZZO_OK;

	if (!vm->ring_bytes) {
		kvm_say(answer, -EINVAL, KVM_WHY_RING_ABSENT, "%s", "");
		return;
	}
	for (uint32_t as = 0; as < vm->host.address_spaces; as++)
		do {
			status = mezzo_dirty_reset(&vm->as[as]->space, &count);
			total += count;
		} while (status == MEZZO_ERR_AGAIN);
	kvm_say(answer, total, KVM_WHY_RING_RESET, "%" PRIu32 " entries", total);
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

static bool some_slot_is_there(struct kvm_vm *vm)
{
	struct kvm_mapped any;
	bool slots = false;

	for (uint32_t as = 0; as < vm->host.address_spaces; as++)
		slots |= kvm_vm_next(vm, as, 0, &any);
	return slots;
}

/* A refusal of the engine's as KVM tells it. */
static void refused_ring(struct kvm_answer *answer, uint64_t bytes, const struct mezzo_refusal *why)
{
	const bool too_big = why->got > MEZZO_RING_ENTRIES_MAX;

	answer->value =
		why->reason == MEZZO_WHY_RING_SIZE && too_big ? -(int64_t)E2BIG : -(int64_t)EINVAL;
	answer->reason = *mezzo_reason(why->reason);
	answer->of_state = why->reason == MEZZO_WHY_RING_SET;
	snprintf(answer->detail, sizeof(answer->detail), "%" PRIu64 " bytes: %" PRIu64 " would do",
		 bytes, why->want * RING_ENTRY_BYTES);
}

static void enable_ring(struct kvm_vm *vm, uint64_t flags, uint64_t bytes,
			struct kvm_answer *answer)
{
	const uint64_t entries = bytes % RING_ENTRY_BYTES ? 0 : bytes / RING_ENTRY_BYTES;
	struct mezzo_refusal why;
	int status;

	if (flags || bytes < vm->host.page_bytes) {
		kvm_say(answer, -EINVAL, flags ? KVM_WHY_CAPABILITY_ARGUMENT : KVM_WHY_RING_SIZE,
			"flags %#" PRIx64 ", %" PRIu64 " bytes", flags, bytes);
		return;
	}
	status = kvm_give_rings(vm, entries < UINT32_MAX ? (uint32_t)entries : UINT32_MAX, &why);
	if (status == MEZZO_ERR_NOMEM) {
		kvm_say(answer, -ENOMEM, KVM_WHY_NO_MEMORY, "%" PRIu64 " bytes", bytes);
	} else if (status) {
		refused_ring(answer, bytes, &why);
	} else {
		vm->ring_bytes = bytes;
		kvm_say(answer, 0, KVM_WHY_CAPABILITY_ENABLED, "rings of %" PRIu64 " bytes", bytes);
	}
}

/* After the rings, and before the first slot. */
static void enable_bitmap(struct kvm_vm *vm, uint64_t flags, struct kvm_answer *answer)
{
	const bool slots = some_slot_is_there(vm);

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
