/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_KVM_INTERNAL_H
#define CLI_KVM_INTERNAL_H
/* What the files of cli/kvm share. */
#include "kvm.h"

#define KVM_ADDRESS_SPACES_MAX 2
#define KVM_SLOT_BITS 16 /* of an id; above it stands the address space */

struct kvm_memfd {
	struct kvm_memfd *next;
	struct mezzo_hostmap map;
	int32_t descriptor;
	bool sized;
};

/* The bitmap of a slot that logs. */
struct kvm_log {
	struct kvm_log *next;
	uint32_t slot;
	_Atomic uint64_t *bitmap;
};

struct kvm_space {
	struct mezzo_space space;
	struct mezzo_slot *slots;
	struct mezzo_index_node *index;
	struct mezzo_vcpu vcpu;
	struct mezzo_dirty_entry *ring;
};

struct kvm_vm {
	struct kvm_host host;
	struct mezzo_hosted platform;
	struct mezzo_hostmap user;   /* the process's memory: offsets are host addresses */
	struct mezzo_hostmap nobody; /* stands for memory that there is not: a page, never mapped */
	struct kvm_memfd *memfds;
	struct kvm_space *as[KVM_ADDRESS_SPACES_MAX];
	struct kvm_log *logs;
	uint64_t manual_protect; /* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 as enabled */
	uint64_t ring_bytes;
	bool ring_with_bitmap;
	int64_t in_the_way;
};

/* Answer with one of KVM's own rules. */
__attribute__((format(printf, 4, 5))) void kvm_say(struct kvm_answer *answer, int64_t value,
						   enum kvm_why why, const char *format, ...);

/* The slot that an id of KVM's means. */
bool kvm_find(struct kvm_vm *vm, uint32_t id, struct mezzo_slot_config *config);
/* The memfd behind an object, or NULL: it is user memory. */
struct kvm_memfd *kvm_memfd_of(struct kvm_vm *vm, const struct mezzo_object *object);

/* Make room for more slots. False: there is no memory for that. */
bool kvm_grow(struct kvm_vm *vm, uint32_t address_space);

/* The bitmap of a slot, made if there is none. NULL: there is no memory for that. */
_Atomic uint64_t *kvm_log_open(struct kvm_vm *vm, uint32_t slot, uint64_t pages);
/* The slot, if it is still there, does not log. */
void kvm_log_close(struct kvm_vm *vm, uint32_t slot);
/* Rings for every address space; the engine's status. */
int kvm_give_rings(struct kvm_vm *vm, uint32_t entries, struct mezzo_refusal *why);

/* Is the id within the host's slots and address spaces? Says why not. */
bool kvm_id_valid(struct kvm_vm *vm, uint32_t id, struct kvm_answer *answer);

#endif
