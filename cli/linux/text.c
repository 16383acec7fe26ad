/* SPDX-License-Identifier: BSD-2-Clause */
/* What KVM's rules and risks say, and where each is to be read. */
#include "linux.h"

#define PREPARE "kvm_arch_prepare_memory_region(), arch/arm64/kvm/mmu.c"
#define ABORT "kvm_handle_guest_abort(), arch/arm64/kvm/mmu.c"
#define FAULT "user_mem_abort(), arch/arm64/kvm/mmu.c"

static const struct mezzo_reason_text rules[LINUX_RULES] = {
	[LINUX_SLOT_ACCEPTED] = {"linux-slot-accepted", "Nothing in the ladder refuses this slot.",
				 PREPARE},
	[LINUX_SLOT_MTE_NOT_ALLOWED] =
		{"linux-slot-mte-not-allowed",
		 "The VM has MTE and the VMA is not VM_MTE_ALLOWED, whatever its memory type.",
		 PREPARE},
	[LINUX_SLOT_PFNMAP_LOGGING] = {"linux-slot-pfnmap-logging",
				       "Dirty logging is not allowed on a VM_PFNMAP mapping.",
				       PREPARE},
	[LINUX_SLOT_CACHEABLE_PFNMAP] =
		{"linux-slot-cacheable-pfnmap",
		 "A cacheable VM_PFNMAP mapping needs FEAT_S2FWB and CTR_EL0.DIC: KVM has no kernel "
		 "address to clean it through.",
		 PREPARE ", kvm_supports_cacheable_pfnmap()"},
	[LINUX_FAULT_WRITE_BACK] =
		{"linux-write-back",
		 "Mapped write-back: the page is in the linear map, or (6.17) the VMA is neither "
		 "VM_PFNMAP nor VM_MIXEDMAP. The VMA's own memory type is ignored.",
		 FAULT},
	[LINUX_FAULT_WRITE_BACK_PFNMAP] =
		{"linux-write-back-pfnmap",
		 "Mapped write-back, as the driver's VMA: FEAT_S2FWB and CTR_EL0.DIC make cache "
		 "maintenance unnecessary.",
		 FAULT ", commit 0c67288e0c8b"},
	[LINUX_FAULT_DEVICE] =
		{"linux-device",
		 "Mapped Device-nGnRE: the page is not pfn_is_map_memory(). The VMA's memory type is "
		 "ignored.",
		 FAULT ", kvm_is_device_pfn()"},
	[LINUX_FAULT_DEVICE_UNCACHED] =
		{"linux-device-uncached",
		 "Mapped Device-nGnRE: the VMA is not cacheable and its driver did not set "
		 "VM_ALLOW_ANY_UNCACHED.",
		 FAULT},
	[LINUX_FAULT_ANY_UNCACHED] =
		{"linux-any-uncached",
		 "Mapped Normal-NC: the driver set VM_ALLOW_ANY_UNCACHED, as vfio-pci does for every BAR.",
		 FAULT ", commit 8c47ce3e1d2c"},
	[LINUX_FAULT_CACHEABLE_PFNMAP] =
		{"linux-cacheable-pfnmap",
		 "A cacheable VM_PFNMAP or VM_MIXEDMAP page outside the linear map needs FEAT_S2FWB and "
		 "CTR_EL0.DIC: KVM_RUN fails.",
		 FAULT ", kvm_supports_cacheable_pfnmap()"},
	[LINUX_FAULT_MTE_NOT_ALLOWED] =
		{"linux-mte-not-allowed",
		 "The VM has MTE, the page would be write-back and the VMA is not VM_MTE_ALLOWED: KVM_RUN "
		 "fails.",
		 FAULT},
	[LINUX_FAULT_EXEC_DEVICE] =
		{"linux-exec-device",
		 "A fetch from memory that is not mapped write-back (-ENOEXEC): the guest gets a "
		 "synchronous external abort.",
		 FAULT},
	[LINUX_FAULT_EXEC_NO_SLOT] =
		{"linux-exec-no-slot",
		 "A fetch where no slot is: the guest gets a synchronous external abort.", ABORT},
	[LINUX_FAULT_WALK_NO_SLOT] =
		{"linux-walk-no-slot",
		 "The guest's page-table walk went where no slot is, or wanted to write a read-only one: "
		 "synchronous external abort.",
		 ABORT},
	[LINUX_FAULT_CACHE_OP_NO_SLOT] = {"linux-cache-op-no-slot",
					  "Cache maintenance where no slot is: the instruction is "
					  "skipped.",
					  ABORT},
	[LINUX_FAULT_MMIO] = {"linux-mmio", "No slot covers the address: KVM_EXIT_MMIO.",
			      "io_mem_abort(), arch/arm64/kvm/mmio.c"},
	[LINUX_FAULT_MMIO_NO_SYNDROME] =
		{"linux-mmio-no-syndrome",
		 "Cache maintenance on a read-only slot is taken for a device access without a valid "
		 "syndrome: KVM_EXIT_ARM_NISV if the VM asked for it, else KVM_RUN fails (concluded "
		 "from the source, not observed).",
		 "io_mem_abort(), arch/arm64/kvm/mmio.c"},
	[LINUX_FAULT_READ_ONLY_SLOT] = {"linux-read-only-slot",
					"A write to a KVM_MEM_READONLY slot: KVM_EXIT_MMIO.",
					ABORT},
	[LINUX_FAULT_READ_ONLY_MAPPING] =
		{"linux-read-only-mapping",
		 "The host's own mapping is read-only and is not upgraded: KVM_RUN fails, which most "
		 "VMMs do not survive.",
		 FAULT ", __kvm_faultin_pfn()"},
	[LINUX_FAULT_READ_PERMISSION] = {"linux-read-permission",
					 "A permission fault on a read is not expected: KVM_RUN "
					 "fails.",
					 FAULT},
	[LINUX_FAULT_UNSUPPORTED_FSC] =
		{"linux-unsupported-fsc",
		 "Only translation, permission and access-flag faults are handled: KVM_RUN fails "
		 "(\"Unsupported FSC\").",
		 ABORT},
};

static const struct mezzo_reason_text risks[LINUX_RISKS] = {
	[LINUX_RISK_STALE_LINES] =
		{"linux-stale-lines",
		 "The host caches this memory and the guest reads past the cache: it can see what the "
		 "previous owner left in memory while the zeroes still wait in a cache line.",
		 "refuted for no-leak by the coherence model; closed by commit 2a8dfab26677"},
	[LINUX_RISK_NO_KERNEL_MAPPING] =
		{"linux-no-kernel-mapping",
		 "Cache maintenance is due, and the page is not in the linear map through which KVM does "
		 "it: the host may crash.",
		 "dcache_clean_inval_poc() on kvm_host_va(); concluded from the source"},
	[LINUX_RISK_ALIAS_MISMATCH] =
		{"linux-alias-mismatch",
		 "The host maps this memory uncached and the guest gets it write-back: each can miss "
		 "what the other wrote.",
		 "user_mem_abort(); Arm ARM, mismatched memory attributes"},
	[LINUX_RISK_LATE_REFUSAL] =
		{"linux-late-refusal",
		 "The slot is accepted, and the guest's first access then kills the VM: the two checks "
		 "ask different questions.",
		 "kvm_arch_prepare_memory_region() against user_mem_abort()"},
	[LINUX_RISK_NEEDLESS_REFUSAL] =
		{"linux-needless-refusal",
		 "The slot is refused although the fault path would map it safely.",
		 "kvm_arch_prepare_memory_region() against user_mem_abort()"},
	[LINUX_RISK_UNLOGGED_WRITES] =
		{"linux-unlogged-writes",
		 "A read maps the page writable while the slot logs writes: later writes are not logged.",
		 "user_mem_abort()"},
};

const struct mezzo_reason_text *linux_rule_text(enum linux_rule rule)
{
	return &rules[rule];
}

const struct mezzo_reason_text *linux_risk_text(enum linux_risk risk)
{
	return &risks[risk];
}
