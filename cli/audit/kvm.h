/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_KVM_H
#define CLI_AUDIT_KVM_H
/*
 * What is asked of /dev/kvm. Numbers are the kernel's own, spelled out because the headers of the
 * systems that this is built on are older than the kernels that it is run on.
 */
#include <stdint.h>

enum kvm_capability {
	KVM_CAPABILITY_USER_MEMORY = 3,
	KVM_CAPABILITY_NR_VCPUS = 9,
	KVM_CAPABILITY_NR_MEMSLOTS = 10,
	KVM_CAPABILITY_SYNC_MMU = 16,
	KVM_CAPABILITY_READONLY_MEM = 81,
	KVM_CAPABILITY_MAX_VCPUS = 66,
	KVM_CAPABILITY_ARM_VM_IPA_SIZE = 165,
	KVM_CAPABILITY_MANUAL_DIRTY_LOG_PROTECT2 = 168,
	KVM_CAPABILITY_ARM_NISV_TO_USER = 178,
	KVM_CAPABILITY_DIRTY_LOG_RING = 192,
	KVM_CAPABILITY_ARM_MTE = 205,
	KVM_CAPABILITY_DISABLE_QUIRKS2 = 213,
	KVM_CAPABILITY_DIRTY_LOG_RING_ACQ_REL = 223,
	KVM_CAPABILITY_DIRTY_LOG_RING_WITH_BITMAP = 225,
	KVM_CAPABILITY_ARM_EAGER_SPLIT_CHUNK_SIZE = 228,
	KVM_CAPABILITY_ARM_SUPPORTED_BLOCK_SIZES = 229,
	KVM_CAPABILITY_USER_MEMORY2 = 231,
	KVM_CAPABILITY_MEMORY_FAULT_INFO = 232,
	KVM_CAPABILITY_MEMORY_ATTRIBUTES = 233,
	KVM_CAPABILITY_GUEST_MEMFD = 234,
	KVM_CAPABILITY_VM_TYPES = 235,
	KVM_CAPABILITY_PRE_FAULT_MEMORY = 236,
	KVM_CAPABILITY_ARM_EL2 = 240,
	KVM_CAPABILITY_ARM_CACHEABLE_PFNMAP = 243,
	KVM_CAPABILITY_GUEST_MEMFD_FLAGS = 244,
	KVM_CAPABILITY_ARM_SEA_TO_USER = 245,
};

struct kvm_capability_name {
	enum kvm_capability id;
	const char *name; /* without KVM_CAP_ */
};
/* Ends with a NULL name. */
extern const struct kvm_capability_name kvm_capability_names[];

/* ID registers of a vCPU, as KVM_GET_ONE_REG names them: op0 3, op1 0, CRn 0. */
struct kvm_id_register {
	const char *name; /* "id_aa64mmfr2_el1" */
	uint64_t id;
};
extern const struct kvm_id_register kvm_id_registers[];

#endif
