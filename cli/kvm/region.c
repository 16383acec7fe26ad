/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM_SET_USER_MEMORY_REGION, both forms: KVM's own checks, then the engine. */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define PAGES_MAX ((UINT64_C(1) << 31) - 1)

/* --- what only KVM has --------------------------------------------------------------------------- */

static bool aligned(const struct kvm_vm *vm, uint64_t value)
{
	return !(value & (vm->host.page_bytes - 1));
}

bool kvm_id_valid(struct kvm_vm *vm, uint32_t id, struct kvm_answer *answer)
{
	const uint32_t as = id >> KVM_SLOT_BITS, number = id & ((1u << KVM_SLOT_BITS) - 1);

	if (number >= vm->host.slots)
		kvm_say(answer, -EINVAL, KVM_WHY_SLOT_NUMBER,
			"slot %" PRIu32 ": the last one is %" PRIu32, number, vm->host.slots - 1);
	else if (as >= vm->host.address_spaces)
		kvm_say(answer, -EINVAL, KVM_WHY_ADDRESS_SPACE,
			"address space %" PRIu32 " of slot %#" PRIx32 ": the last one is %" PRIu32,
			as, id, vm->host.address_spaces - 1);
	else
		return true;
	return false;
}

/* access_ok(), and what comes before it. */
static bool user_address_valid(const struct kvm_vm *vm, const struct kvm_region *r,
			       struct kvm_answer *answer)
{
	const uint64_t limit = UINT64_C(1) << vm->host.user_bits;

	if (aligned(vm, r->userspace_addr) && r->userspace_addr <= limit &&
	    r->memory_size <= limit - r->userspace_addr)
		return true;
	kvm_say(answer, -EINVAL, KVM_WHY_USER_ADDRESS,
		"userspace_addr %#" PRIx64 ", %#" PRIx64 " bytes: pages of %" PRIu32
		" bytes below %#" PRIx64,
		r->userspace_addr, r->memory_size, vm->host.page_bytes, limit);
	return false;
}

static bool flags_valid(const struct kvm_region *r, struct kvm_answer *answer)
{
	const uint32_t first = KVM_FLAG_LOG_DIRTY_PAGES | KVM_FLAG_READONLY;

	if (!r->second && r->flags & KVM_FLAG_GUEST_MEMFD) {
		kvm_say(answer, -EINVAL, KVM_WHY_FLAGS_FIRST_CALL,
			"flags %#" PRIx32 ": %#" PRIx32 " would do", r->flags, r->flags & first);
		return false;
	}
	if (r->flags & KVM_FLAG_GUEST_MEMFD && r->flags & first) {
		kvm_say(answer, -EINVAL, KVM_WHY_GMEM_FLAGS,
			"flags %#" PRIx32 ": %#" PRIx32 " would do", r->flags, r->flags & ~first);
		return false;
	}
	return true;
}

static bool memfd_range_valid(const struct kvm_vm *vm, const struct kvm_region *r,
			      struct kvm_answer *answer)
{
	if (!(r->flags & KVM_FLAG_GUEST_MEMFD) ||
	    (aligned(vm, r->guest_memfd_offset) &&
	     r->guest_memfd_offset + r->memory_size >= r->guest_memfd_offset))
		return true;
	kvm_say(answer, -EINVAL, KVM_WHY_GMEM_OFFSET,
		"guest_memfd_offset %#" PRIx64 ", %#" PRIx64 " bytes", r->guest_memfd_offset,
		r->memory_size);
	return false;
}

/* In KVM's order, but for what the engine checks too. */
static bool call_valid(struct kvm_vm *vm, const struct kvm_region *r, struct kvm_answer *answer)
{
	if (!flags_valid(r, answer))
		return false;
	if (!aligned(vm, r->memory_size)) {
		kvm_say(answer, -EINVAL, KVM_WHY_SIZE,
			"memory_size %#" PRIx64 ": %#" PRIx64 " would do", r->memory_size,
			r->memory_size & ~(uint64_t)(vm->host.page_bytes - 1));
		return false;
	}
	/* A page of the engine's is 4 KiB. */
	if (vm->host.page_bytes > MEZZO_PAGE_BYTES && !aligned(vm, r->guest_phys_addr)) {
		kvm_say(answer, -EINVAL, KVM_WHY_GUEST_ADDRESS,
			"guest_phys_addr %#" PRIx64 ": pages have %" PRIu32 " bytes",
			r->guest_phys_addr, vm->host.page_bytes);
		return false;
	}
	if (!user_address_valid(vm, r, answer) || !memfd_range_valid(vm, r, answer) ||
	    !kvm_id_valid(vm, r->slot, answer))
		return false;
	if (r->memory_size / vm->host.page_bytes > PAGES_MAX) {
		kvm_say(answer, -EINVAL, KVM_WHY_TOO_MANY_PAGES,
			"memory_size %#" PRIx64 ": %#" PRIx64 " would do", r->memory_size,
			PAGES_MAX * vm->host.page_bytes);
		return false;
	}
	return true;
}

/* --- the engine -------------------------------------------------------------------------------- */

static int error_of(const struct kvm_vm *vm, int status, enum mezzo_reason reason)
{
	/* KVM on arm64 and on x86 disagree about what lies beyond the guest's addresses. */
	if (reason == MEZZO_WHY_SLOT_BEYOND_IPA && vm->host.arch == KVM_ARM64)
		return -EFAULT;
	switch (status) {
	case MEZZO_ERR_EXISTS:
		return -EEXIST;
	case MEZZO_ERR_LIMIT: /* and there is no memory for more */
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

/* The engine's flags. What KVM does not have the engine must not have either. */
static uint32_t engine_flags(uint32_t flags)
{
	uint32_t unknown =
		flags & ~(KVM_FLAG_LOG_DIRTY_PAGES | KVM_FLAG_READONLY | KVM_FLAG_GUEST_MEMFD);

	return unknown | (flags & KVM_FLAG_READONLY ? MEZZO_SLOT_FLAG_READ_ONLY : 0) |
	       (flags & KVM_FLAG_LOG_DIRTY_PAGES ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0);
}

static uint32_t kvm_flags(uint32_t flags)
{
	const uint32_t known = MEZZO_SLOT_FLAG_READ_ONLY | MEZZO_SLOT_FLAG_LOG_DIRTY;

	return (flags & ~known) | (flags & MEZZO_SLOT_FLAG_READ_ONLY ? KVM_FLAG_READONLY : 0) |
	       (flags & MEZZO_SLOT_FLAG_LOG_DIRTY ? KVM_FLAG_LOG_DIRTY_PAGES : 0);
}

/* The engine's field as the call has it: its name, and its values in the call's units. */
static const char *field_of(const struct kvm_region *r, const struct mezzo_refusal *why,
			    uint64_t *got, uint64_t *want)
{
	*got = why->got;
	*want = why->want;
	switch (why->field) {
	case MEZZO_FIELD_IPA:
		return "guest_phys_addr";
	case MEZZO_FIELD_PAGES:
		*got <<= MEZZO_PAGE_SHIFT;
		*want <<= MEZZO_PAGE_SHIFT;
		return "memory_size";
	case MEZZO_FIELD_OFFSET:
		*got <<= MEZZO_PAGE_SHIFT;
		*want <<= MEZZO_PAGE_SHIFT;
		return r->flags & KVM_FLAG_GUEST_MEMFD ? "guest_memfd_offset" : "userspace_addr";
	case MEZZO_FIELD_FLAGS:
		*got = kvm_flags((uint32_t)*got);
		*want = kvm_flags((uint32_t)*want);
		return "flags";
	default:
		return mezzo_field_name(why->field);
	}
}

static void refused(struct kvm_vm *vm, const struct kvm_region *r, int status,
		    const struct mezzo_refusal *why, struct kvm_answer *answer)
{
	const bool two = why->reason == MEZZO_WHY_SLOT_OVERLAPS ||
			 why->reason == MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE;
	char other[32] = "", would_do[48] = "";
	uint64_t got, want;
	const char *field = field_of(r, why, &got, &want);

	answer->value = error_of(vm, status, why->reason);
	answer->reason = *mezzo_reason(why->reason);
	answer->of_state = two || why->reason == MEZZO_WHY_SLOT_FIXED;
	if (want != got)
		snprintf(would_do, sizeof(would_do), ": %#" PRIx64 " would do", want);
	if (two) {
		vm->in_the_way = why->slot;
		snprintf(other, sizeof(other), "; slot %" PRIu32 " is in the way", why->slot);
	}
	snprintf(answer->detail, sizeof(answer->detail), "%s %#" PRIx64 "%s%s", field, got,
		 would_do, other);
}

static struct mezzo_slot_config config_of(struct kvm_vm *vm, const struct kvm_region *r)
{
	return (struct mezzo_slot_config){
		.id = r->slot,
		.flags = engine_flags(r->flags),
		.ipa = {r->guest_phys_addr},
		.pages = r->memory_size >> MEZZO_PAGE_SHIFT,
		.object = &vm->user.object,
		.offset_pages = r->userspace_addr >> MEZZO_PAGE_SHIFT,
	};
}

static struct mezzo_space *space_of(struct kvm_vm *vm, const struct kvm_region *r)
{
	return &vm->as[r->slot >> KVM_SLOT_BITS]->space;
}

static void say_range(struct kvm_answer *answer, enum kvm_why why, const struct kvm_region *r)
{
	kvm_say(answer, 0, why, "[%#" PRIx64 ", %#" PRIx64 ")", r->guest_phys_addr,
		r->guest_phys_addr + r->memory_size);
}

/* The object that a new slot maps; one of no use if nobody knows the descriptor. */
static struct mezzo_object *object_of(struct kvm_vm *vm, const struct kvm_region *r)
{
	struct kvm_memfd *memfd = vm->memfds;

	if (!(r->flags & KVM_FLAG_GUEST_MEMFD))
		return &vm->user.object;
	while (memfd && memfd->descriptor != r->guest_memfd)
		memfd = memfd->next;
	return memfd ? &memfd->map.object : &vm->nobody.object;
}

/*
 * Memory for the log of a slot that is to log. Whether KVM would begin with all pages dirty makes no
 * difference here: nobody reads what is in the log.
 */
static bool open_log(struct kvm_vm *vm, struct mezzo_slot_config *config, struct kvm_answer *answer)
{
	if (!(config->flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		return true;
	config->bitmap = kvm_log_open(vm, config->id, config->pages);
	if (config->bitmap)
		return true;
	kvm_say(answer, -ENOMEM, KVM_WHY_NO_MEMORY, "slot %" PRIu32, config->id);
	return false;
}

/* A log stays as long as its slot logs. */
static void keep_log(struct kvm_vm *vm, uint32_t slot)
{
	struct mezzo_slot_config is;

	if (!kvm_find(vm, slot, &is) || !(is.flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		kvm_log_close(vm, slot);
}

static void create(struct kvm_vm *vm, const struct kvm_region *r, struct kvm_answer *answer)
{
	struct mezzo_slot_config config = config_of(vm, r);
	struct mezzo_refusal why;
	int status;

	config.object = object_of(vm, r);
	if (r->flags & KVM_FLAG_GUEST_MEMFD)
		config.offset_pages = r->guest_memfd_offset >> MEZZO_PAGE_SHIFT;
	if (config.object == &vm->nobody.object)
		config.offset_pages = vm->nobody.object.pages;
	if (!open_log(vm, &config, answer))
		return;
	do
		status = mezzo_slot_create(space_of(vm, r), &config, &why);
	while (status == MEZZO_ERR_LIMIT && kvm_grow(vm, r->slot >> KVM_SLOT_BITS));
	if (status == MEZZO_OK)
		say_range(answer, KVM_WHY_CREATED, r);
	else if (config.object == &vm->nobody.object && status == MEZZO_ERR_INVALID &&
		 why.reason != MEZZO_WHY_SLOT_MISALIGNED && why.reason != MEZZO_WHY_SLOT_WRAPS &&
		 why.reason != MEZZO_WHY_SLOT_FLAGS)
		/* KVM looks at the descriptor where the engine looks at both ends of the range. */
		kvm_say(answer, -EBADF, KVM_WHY_GMEM_DESCRIPTOR, "guest_memfd %" PRId32,
			r->guest_memfd);
	else
		refused(vm, r, status, &why, answer);
	keep_log(vm, r->slot);
}

static enum kvm_why change_of(const struct mezzo_slot_config *is,
			      const struct mezzo_slot_config *to)
{
	if (to->ipa.addr != is->ipa.addr)
		return KVM_WHY_MOVED;
	return to->flags != is->flags ? KVM_WHY_FLAGS_CHANGED : KVM_WHY_UNCHANGED;
}

static void change(struct kvm_vm *vm, const struct kvm_region *r,
		   const struct mezzo_slot_config *is, struct kvm_answer *answer)
{
	struct mezzo_slot_config to = config_of(vm, r);
	struct mezzo_refusal why;
	int status;

	if (kvm_memfd_of(vm, is->object) || r->flags & KVM_FLAG_GUEST_MEMFD) {
		kvm_say(answer, -EINVAL, KVM_WHY_GMEM_FIXED, "slot %" PRIu32, r->slot);
		return;
	}
	if (!open_log(vm, &to, answer))
		return;
	do
		status = mezzo_slot_change(space_of(vm, r), &to, &why);
	while (status == MEZZO_ERR_AGAIN);
	if (status)
		refused(vm, r, status, &why, answer);
	else
		say_range(answer, change_of(is, &to), r);
	keep_log(vm, r->slot);
}

/* --- deletion ---------------------------------------------------------------------------------- */

/* What the engine would check of a slot, KVM checks of a deletion as well. */
static bool deletion_valid(struct kvm_vm *vm, const struct kvm_region *r, struct kvm_answer *answer)
{
	const uint32_t flags = KVM_FLAG_LOG_DIRTY_PAGES | KVM_FLAG_READONLY |
			       (r->second ? KVM_FLAG_GUEST_MEMFD : 0);

	if (r->flags & ~flags)
		kvm_say(answer, -EINVAL, KVM_WHY_DELETE_CHECKED, "flags %#" PRIx32, r->flags);
	else if (!aligned(vm, r->guest_phys_addr))
		kvm_say(answer, -EINVAL, KVM_WHY_DELETE_CHECKED, "guest_phys_addr %#" PRIx64,
			r->guest_phys_addr);
	else
		return true;
	return false;
}

static void delete_slot(struct kvm_vm *vm, const struct kvm_region *r, struct kvm_answer *answer)
{
	struct mezzo_refusal why;
	int status;

	if (!deletion_valid(vm, r, answer))
		return;
	do
		status = mezzo_slot_delete(space_of(vm, r), r->slot, &why);
	while (status == MEZZO_ERR_AGAIN);
	if (status == MEZZO_OK) {
		kvm_log_close(vm, r->slot);
		kvm_say(answer, 0, KVM_WHY_DELETED, "slot %" PRIu32, r->slot);
		return;
	}
	answer->value = -EINVAL;
	answer->reason = *mezzo_reason(why.reason);
	answer->of_state = true;
	snprintf(answer->detail, sizeof(answer->detail), "slot %" PRIu32, r->slot);
}

void kvm_set_region(struct kvm_vm *vm, const struct kvm_region *r, struct kvm_answer *answer)
{
	struct mezzo_slot_config is;

	vm->in_the_way = -1;
	if (!call_valid(vm, r, answer))
		return;
	if (r->memory_size == 0)
		delete_slot(vm, r, answer);
	else if (kvm_find(vm, r->slot, &is))
		change(vm, r, &is, answer);
	else
		create(vm, r, answer);
}

void kvm_bad_pointer(struct kvm_answer *answer)
{
	kvm_say(answer, -EFAULT, KVM_WHY_POINTER, "%s", "");
}
