/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_KVM_KVM_H
#define CLI_KVM_KVM_H
/*
 * KVM's memory calls, answered by the engine: a VM is a space for each address space, a slot is a
 * slot, and user memory is one object whose offsets are host addresses. Whatever the engine has a
 * rule for, the engine decides; what only KVM has (sizes in bytes, ids of 16 bits, host addresses,
 * flags of the second call) is checked here, and each such rule has a name that begins with kvm-.
 *
 * Where KVM checks what does not matter, or refuses what could be done, its answer is given and the
 * reason says so: an answer is to be compared with KVM's.
 */
#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

enum kvm_arch {
	KVM_X86,
	KVM_ARM64,
	KVM_ARCHS
};

/* The host whose answers are to be given. */
struct kvm_host {
	enum kvm_arch arch;
	uint32_t slots;          /* KVM_CAP_NR_MEMSLOTS */
	uint32_t address_spaces; /* 1; 2 on x86 with SMM */
	uint8_t guest_bits;      /* guest-physical addresses */
	uint8_t user_bits;       /* host addresses of a process */
	uint32_t page_bytes;     /* the host's */
};

/* What is usual on that architecture. */
struct kvm_host kvm_host_usual(enum kvm_arch arch);

/* An answer: a value of 0 or more, or the negative error; and why. */
struct kvm_answer {
	int64_t value;
	struct mezzo_reason_text reason;
	char detail[160]; /* which field, what it was, what would do; may be empty */
	bool of_state;    /* with other slots the answer might be another */
};

/* KVM's own rules, and what a call that is accepted has done. */
enum kvm_why {
	KVM_WHY_VM,
	KVM_WHY_CREATED,
	KVM_WHY_MOVED,
	KVM_WHY_FLAGS_CHANGED,
	KVM_WHY_UNCHANGED,
	KVM_WHY_DELETED,
	KVM_WHY_POINTER,
	KVM_WHY_FLAGS_FIRST_CALL,
	KVM_WHY_GMEM_FLAGS,
	KVM_WHY_SIZE,
	KVM_WHY_GUEST_ADDRESS,
	KVM_WHY_USER_ADDRESS,
	KVM_WHY_GMEM_OFFSET,
	KVM_WHY_SLOT_NUMBER,
	KVM_WHY_ADDRESS_SPACE,
	KVM_WHY_TOO_MANY_PAGES,
	KVM_WHY_DELETE_CHECKED,
	KVM_WHY_GMEM_FIXED,
	KVM_WHY_GMEM_DESCRIPTOR,
	KVM_WHY_LOG_READ,
	KVM_WHY_LOG_CLEARED,
	KVM_WHY_LOG_RING,
	KVM_WHY_LOG_RANGE,
	KVM_WHY_CAPABILITY,
	KVM_WHY_CAPABILITY_ENABLED,
	KVM_WHY_CAPABILITY_ARGUMENT,
	KVM_WHY_RING_SIZE,
	KVM_WHY_RING_ABSENT,
	KVM_WHY_RING_RESET,
	KVM_WHY_NO_MEMORY,
	KVM_WHYS
};
const struct mezzo_reason_text *kvm_reason(enum kvm_why why);

/* --- a VM ---------------------------------------------------------------------------------- */

struct kvm_vm;

/* NULL: out of memory, or the host makes no sense. */
struct kvm_vm *kvm_vm_new(const struct kvm_host *host);
void kvm_vm_free(struct kvm_vm *vm);

/* struct kvm_userspace_memory_region, and its second form. */
struct kvm_region {
	bool second; /* KVM_SET_USER_MEMORY_REGION2: what stands below userspace_addr counts */
	uint32_t slot, flags;
	uint64_t guest_phys_addr, memory_size, userspace_addr;
	uint64_t guest_memfd_offset;
	int32_t guest_memfd;
};
#define KVM_FLAG_LOG_DIRTY_PAGES 1u
#define KVM_FLAG_READONLY 2u
#define KVM_FLAG_GUEST_MEMFD 4u

void kvm_set_region(struct kvm_vm *vm, const struct kvm_region *region, struct kvm_answer *answer);

/* A descriptor that KVM_CREATE_GUEST_MEMFD gave for this VM. @bytes: 0 where that is not known. */
bool kvm_add_memfd(struct kvm_vm *vm, int32_t descriptor, uint64_t bytes);

void kvm_get_dirty_log(struct kvm_vm *vm, uint32_t slot, struct kvm_answer *answer);
void kvm_clear_dirty_log(struct kvm_vm *vm, uint32_t slot, uint64_t first_page, uint64_t pages,
			 struct kvm_answer *answer);
void kvm_reset_dirty_rings(struct kvm_vm *vm, struct kvm_answer *answer);

/* Capabilities that concern memory. False: this is none of them. */
bool kvm_enable_cap(struct kvm_vm *vm, uint64_t cap, uint64_t flags, uint64_t arg,
		    struct kvm_answer *answer);
bool kvm_check_extension(const struct kvm_host *host, uint64_t cap, struct kvm_answer *answer);
#define KVM_CAPABILITY_SLOTS 10
#define KVM_CAPABILITY_ADDRESS_SPACES 118

/* The user pointer of a call could not be read. */
void kvm_bad_pointer(struct kvm_answer *answer);

/* --- looking on ------------------------------------------------------------------------------ */

struct kvm_mapped {
	uint32_t slot, flags; /* KVM's */
	uint64_t guest_phys_addr, memory_size, userspace_addr;
	int32_t guest_memfd; /* -1: none */
};
/* The first slot of an address space at or behind a guest address. */
bool kvm_vm_next(struct kvm_vm *vm, uint32_t address_space, uint64_t guest_phys_addr,
		 struct kvm_mapped *mapped);
uint32_t kvm_vm_address_spaces(const struct kvm_vm *vm);

bool kvm_vm_has(struct kvm_vm *vm, uint32_t slot, struct kvm_mapped *mapped);
/* Take a slot away, without a word: for who knows that KVM has none. */
void kvm_vm_drop(struct kvm_vm *vm, uint32_t slot);
/* The slot in the way of the last call, which it named, or -1. */
int64_t kvm_vm_in_the_way(const struct kvm_vm *vm);

#endif
