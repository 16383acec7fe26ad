/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /dev/kvm answers. Capabilities are asked of the system and of a VM, because some are known
 * only there. The VM has no memory; it and its vCPU are gone before anything else is looked at.
 */
#include "audit/kvm.h"
#include "audit/live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct kvm_capability_name kvm_capability_names[] = {
	{KVM_CAPABILITY_USER_MEMORY, "USER_MEMORY"},
	{KVM_CAPABILITY_NR_VCPUS, "NR_VCPUS"},
	{KVM_CAPABILITY_NR_MEMSLOTS, "NR_MEMSLOTS"},
	{KVM_CAPABILITY_SYNC_MMU, "SYNC_MMU"},
	{KVM_CAPABILITY_READONLY_MEM, "READONLY_MEM"},
	{KVM_CAPABILITY_MAX_VCPUS, "MAX_VCPUS"},
	{KVM_CAPABILITY_ARM_VM_IPA_SIZE, "ARM_VM_IPA_SIZE"},
	{KVM_CAPABILITY_MANUAL_DIRTY_LOG_PROTECT2, "MANUAL_DIRTY_LOG_PROTECT2"},
	{KVM_CAPABILITY_ARM_NISV_TO_USER, "ARM_NISV_TO_USER"},
	{KVM_CAPABILITY_DIRTY_LOG_RING, "DIRTY_LOG_RING"},
	{KVM_CAPABILITY_ARM_MTE, "ARM_MTE"},
	{KVM_CAPABILITY_DISABLE_QUIRKS2, "DISABLE_QUIRKS2"},
	{KVM_CAPABILITY_DIRTY_LOG_RING_ACQ_REL, "DIRTY_LOG_RING_ACQ_REL"},
	{KVM_CAPABILITY_DIRTY_LOG_RING_WITH_BITMAP, "DIRTY_LOG_RING_WITH_BITMAP"},
	{KVM_CAPABILITY_ARM_EAGER_SPLIT_CHUNK_SIZE, "ARM_EAGER_SPLIT_CHUNK_SIZE"},
	{KVM_CAPABILITY_ARM_SUPPORTED_BLOCK_SIZES, "ARM_SUPPORTED_BLOCK_SIZES"},
	{KVM_CAPABILITY_USER_MEMORY2, "USER_MEMORY2"},
	{KVM_CAPABILITY_MEMORY_FAULT_INFO, "MEMORY_FAULT_INFO"},
	{KVM_CAPABILITY_MEMORY_ATTRIBUTES, "MEMORY_ATTRIBUTES"},
	{KVM_CAPABILITY_GUEST_MEMFD, "GUEST_MEMFD"},
	{KVM_CAPABILITY_VM_TYPES, "VM_TYPES"},
	{KVM_CAPABILITY_PRE_FAULT_MEMORY, "PRE_FAULT_MEMORY"},
	{KVM_CAPABILITY_ARM_EL2, "ARM_EL2"},
	{KVM_CAPABILITY_ARM_CACHEABLE_PFNMAP, "ARM_CACHEABLE_PFNMAP_SUPPORTED"},
	{KVM_CAPABILITY_GUEST_MEMFD_FLAGS, "GUEST_MEMFD_FLAGS"},
	{KVM_CAPABILITY_ARM_SEA_TO_USER, "ARM_SEA_TO_USER"},
	{0, NULL},
};

/* KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG, then op0 op1 CRn CRm op2. */
#define ID_REGISTER(crm, op2)                                                                      \
	(UINT64_C(0x6030000000130000) | UINT64_C(3) << 14 | (uint64_t)(crm) << 3 | (op2))

const struct kvm_id_register kvm_id_registers[] = {
	{"id_aa64pfr0_el1", ID_REGISTER(4, 0)},  {"id_aa64pfr1_el1", ID_REGISTER(4, 1)},
	{"id_aa64mmfr0_el1", ID_REGISTER(7, 0)}, {"id_aa64mmfr1_el1", ID_REGISTER(7, 1)},
	{"id_aa64mmfr2_el1", ID_REGISTER(7, 2)}, {NULL, 0},
};

#ifdef __aarch64__
static const bool arm64 = true;
#else
static const bool arm64 = false;
#endif

static void capabilities(struct live_text *t, int fd, const char *scope)
{
	for (const struct kvm_capability_name *c = kvm_capability_names; c->name; c++) {
		int value;

		if (!arm64 && strncmp(c->name, "ARM_", 4) == 0)
			continue;
		value = ioctl(fd, KVM_CHECK_EXTENSION, (unsigned long)c->id);
		if (value < 0)
			live_add(t, "kvm.%s.%s error %d\n", scope, c->name, errno);
		else
			live_add(t, "kvm.%s.%s %d\n", scope, c->name, value);
	}
}

#ifdef __aarch64__
static void vcpu(struct live_text *t, int vm)
{
	int fd = ioctl(vm, KVM_CREATE_VCPU, 0ul);
	struct kvm_vcpu_init init;

	if (fd < 0 || ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) != 0 ||
	    ioctl(fd, KVM_ARM_VCPU_INIT, &init) != 0) {
		live_add(t, "kvm.vcpu error %d\n", errno);
	} else {
		live_add(t, "kvm.vcpu ok\n");
		for (const struct kvm_id_register *r = kvm_id_registers; r->name; r++) {
			uint64_t value;
			struct kvm_one_reg reg = {r->id, (uintptr_t)&value};

			if (ioctl(fd, KVM_GET_ONE_REG, &reg) == 0)
				live_add(t, "kvm.vcpu.%s %#lx\n", r->name, (unsigned long)value);
		}
	}
	if (fd >= 0)
		close(fd);
}

/* Type 0 means 40 bits, which not every machine has. */
static unsigned long vm_type(int kvm)
{
	int bits = ioctl(kvm, KVM_CHECK_EXTENSION, (unsigned long)KVM_CAPABILITY_ARM_VM_IPA_SIZE);

	return bits >= 32 && bits < 40 ? (unsigned long)bits : 0;
}
#else
static void vcpu(struct live_text *t, int vm)
{
	(void)t;
	(void)vm;
}

static unsigned long vm_type(int kvm)
{
	(void)kvm;
	return 0;
}
#endif

void live_kvm(struct live_text *t)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0) {
		live_add(t, "kvm error %d\n", errno);
		return;
	}
	live_add(t, "kvm ok\nkvm.api %d\n", ioctl(kvm, KVM_GET_API_VERSION, 0ul));
	capabilities(t, kvm, "system");
	vm = ioctl(kvm, KVM_CREATE_VM, vm_type(kvm));
	if (vm < 0) {
		live_add(t, "kvm.vm error %d\n", errno);
	} else {
		live_add(t, "kvm.vm ok\n");
		capabilities(t, vm, "vm");
		vcpu(t, vm);
		close(vm);
	}
	close(kvm);
}
