/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings about guests and the host: what each means, what happens otherwise, what one can do. */
#include "audit/findings.h"

const struct finding_text finding_texts_guests[FINDINGS] = {
	[FINDING_BAR_INSIDE_RAM] =
		{
			SEVERITY_DANGER,
			{"bar-inside-ram",
			 "Device memory was mapped over a part of a guest's RAM: what KVM checks when a "
			 "slot is made was not checked.",
			 "kvm_arch_prepare_memory_region() looks at VMAs once"},
			{
				"KVM looks at the mappings behind a slot when the slot is made, and "
				"not again. A BAR that is mapped into its middle later is let in by "
				"the fault path, whatever the slot says: dirty logging, though writes "
				"by DMA are not seen; MTE, though it has no tags. Measured on 6.1, "
				"6.12 and 7.2: logging is accepted, tag stores work and tags read as "
				"0.",
				"A VMM replaces pages of RAM by a BAR with MAP_FIXED while it migrates.\n"
				"The log never names what the device wrote.\n"
				"The destination runs on with old contents.",
				"Delete the slot, map, and make slots anew: then KVM refuses what it "
				"does not support.\n"
				"Never map over a slot of a guest that has MTE or is being migrated.",
			},
		},
	[FINDING_BAR_THROUGH_SYSFS] =
		{
			SEVERITY_BROKEN,
			{"bar-through-sysfs",
			 "A BAR reaches the guest through sysfs, and so as Device memory, also where the "
			 "host's own mapping combines writes.",
			 "measured on Linux 6.1, 6.12 and 7.2: resource2_wc is Device-nGnRE at stage 2"},
			{
				"A mapping of /sys/bus/pci/devices/.../resourceN_wc is write-combining "
				"for the process that made it. KVM does not take that over: without "
				"VM_ALLOW_ANY_UNCACHED, which only vfio-pci sets, a guest gets "
				"Device-nGnRE. There is no IOMMU between the device and memory either.",
				"A VMM shares an ivshmem BAR by resource2_wc.\n"
				"It measures good bandwidth in its own process.\n"
				"The guest's memcpy takes alignment faults.",
				"Pass the function through with vfio-pci.\n"
				"Share plain memory (memfd) instead of a BAR where you can.",
			},
		},
	[FINDING_IOMMU_UNSAFE] =
		{
			SEVERITY_DANGER,
			{"iommu-unsafe",
			 "A parameter lets guests hold devices that the IOMMU does not confine.",
			 "vfio, vfio_iommu_type1: module parameters"},
			{
				"enable_unsafe_noiommu_mode hands devices out with no IOMMU at all: "
				"the guest can read and write all memory by DMA. "
				"allow_unsafe_interrupts lets a device raise any interrupt of the "
				"host by writing to the right address.",
				"A guest programs its network card to write to a host page table.\n"
				"Nothing stands between.\n"
				"The guest owns the host.",
				"Switch the parameter off; use the IOMMU.\n"
				"Use a platform with interrupt remapping (x86) or an ITS (arm64).",
			},
		},
	[FINDING_IOMMUFD_PEER] =
		{
			SEVERITY_NOTE,
			{"iommufd-peer-to-peer",
			 "iommufd cannot map BARs for DMA: devices of the guest cannot reach each "
			 "other's memory.",
			 "iopt_map_pages(): pin_user_pages() of VM_PFNMAP is EFAULT"},
			{
				"The older container of vfio maps BARs of other devices by looking up "
				"their frames. iommufd pins pages, and a BAR has none. Mapping it "
				"fails with -14; a VMM that does not expect that gives up.",
				"A guest with two GPUs is started over iommufd.\n"
				"The VMM maps every region of the guest for DMA, BARs too.\n"
				"\"vfio_dma_map(...) = -14 (Bad address)\", and no peer-to-peer.",
				"Use a kernel and VMM that hand BARs over as dma-bufs (Linux 6.19).\n"
				"Use the container interface where peer-to-peer is needed.",
			},
		},
	[FINDING_GUEST_PAST_CACHE] =
		{
			SEVERITY_NOTE,
			{"guest-past-cache",
			 "This CPU cannot force a guest's memory write-back: what a guest maps uncached, "
			 "the VMM may read stale.",
			 "Arm ARM, FEAT_S2FWB; Red Hat bug 1372901; libvirt ccd5665fb19e"},
			{
				"Without FWB the weaker of two types wins. A guest that maps a page "
				"uncached writes to memory, while the VMM looks at its cached copy. "
				"Linear framebuffers (VGA, QXL, cirrus) are mapped so by their "
				"drivers; DMA buffers of emulated devices, too, if the device tree "
				"does not say dma-coherent.",
				"A guest draws to an emulated VGA card through an uncached mapping.\n"
				"The VMM reads the framebuffer through its cache.\n"
				"The screen shows bands of what was there before.",
				"Use virtio-gpu instead of VGA, QXL or cirrus.\n"
				"Tell the guest that emulated devices are coherent: dma-coherent in "
				"the device tree, _CCA in ACPI.",
			},
		},
	[FINDING_RAM_BY_SMALL_PAGES] =
		{
			SEVERITY_SLOW,
			{"ram-by-small-pages",
			 "A guest's RAM is in small pages on the host, so stage 2 has small leaves: more "
			 "faults, more TLB misses.",
			 "user_mem_abort(), kvm_mmu_max_mapping_level(): the host's leaf is the limit"},
			{
				"KVM maps a large leaf only where the host's page tables have one. "
				"Anonymous memory has them if transparent huge pages are on for it; "
				"memfd and tmpfs if shmem_enabled says so, or with hugetlb.",
				"A host runs with transparent_hugepage=never.\n"
				"A guest of 64 GiB is mapped by 16 million leaves.\n"
				"Its TLB misses cost tens of percent; its start takes longer.",
				"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled; VMMs ask "
				"for huge pages.\n"
				"For shared memory: shmem_enabled=advise, or hugetlb with reserved "
				"pages.",
			},
		},
	[FINDING_DRM_READ_ONLY] =
		{
			SEVERITY_BROKEN,
			{"gpu-buffer-read-only",
			 "A GPU buffer whose page is mapped read-only for now ends the VM at the guest's "
			 "first write.",
			 "hva_to_pfn_remapped() since Linux 7.1; AsahiLinux/linux 560, 563; libkrun 832"},
			{
				"Drivers of GPUs map a buffer read-only first and make pages writable "
				"at the first write. Since 7.1 KVM does not ask for that: it finds "
				"the page read-only and gives up.",
				"A guest with virtio-gpu blobs (muvm, libkrun, crosvm) draws.\n"
				"It writes to a page that was only read so far.\n"
				"KVM_RUN: \"Bad address\". Every program in the VM is gone.",
				"Run Linux 7.0 or earlier, or a kernel with the correction.\n"
				"Let the VMM touch every page for writing before the guest gets it.",
			},
		},
	[FINDING_DRM_ALIAS] =
		{
			SEVERITY_NOTE,
			{"gpu-buffer-alias",
			 "A GPU buffer in RAM is mapped write-back in the guest, whatever type its driver "
			 "gave it on the host.",
			 "user_mem_abort(): pfn_is_map_memory(); momo5502/sogen PR 1097"},
			{
				"Buffers in system RAM are often write-combining on the host, because "
				"the GPU does not snoop. KVM sees RAM and maps it cached. Host and "
				"guest then have one page in two types.",
				"The guest writes vertices; they stay in its cache.\n"
				"The GPU reads memory.\n"
				"Triangles fly about.",
				"Let the guest's driver map such buffers write-combining, too (blob "
				"resources say so: VIRTIO_GPU_MAP_CACHE_WC).\n"
				"Use a GPU that snoops.",
			},
		},
	[FINDING_MIXEDMAP_LATE] =
		{
			SEVERITY_BROKEN,
			{"mixedmap-late-refusal",
			 "A slot of VM_MIXEDMAP memory is accepted, and the guest dies at its first "
			 "access.",
			 "kvm_arch_prepare_memory_region() against user_mem_abort(), Linux 6.17"},
			{
				"The check of the slot looks at VM_PFNMAP only; the fault path looks "
				"at VM_MIXEDMAP, too. Cached memory outside the linear map is refused "
				"on a CPU without FWB and DIC, but by the second check alone.",
				"The VMM makes the slot: accepted.\n"
				"The guest reads from it.\n"
				"KVM_RUN fails with EFAULT.",
				"Use a CPU with FWB and DIC, or another kind of memory.",
			},
		},
	[FINDING_GUEST_MEMFD_MMAP] =
		{
			SEVERITY_NOTE,
			{"guest-memfd-needs-mmap",
			 "On arm64 a slot of guest_memfd is refused with EINVAL unless the file was made "
			 "with the MMAP flag.",
			 "kvm_arch_prepare_memory_region(), commit 32e200bd6e44; libkrun 478, muvm 213"},
			{
				"arm64 has no private memory yet, so only files that the VMM could map "
				"make sense. Older VMMs use guest_memfd wherever KVM offers it.",
				"A VMM finds KVM_CAP_GUEST_MEMFD and uses it.\n"
				"KVM_SET_USER_MEMORY_REGION2: EINVAL.\n"
				"A kernel update broke every VM.",
				"Let the VMM look at KVM_CAP_GUEST_MEMFD_FLAGS and set MMAP.\n"
				"Or let it use ordinary memory on arm64.",
			},
		},
	[FINDING_STAGE2_SMALLER] =
		{
			SEVERITY_SLOW,
			{"stage2-smaller-than-host",
			 "The host has huge pages for a guest, and stage 2 maps single pages.",
			 "debugfs kvm/*/stage2_page_tables"},
			{
				"Large leaves need the guest-physical and the host-virtual address to "
				"agree within the page, and the page to lie within the slot. Dirty "
				"logging splits leaves, and they grow together again only as the "
				"guest faults.",
				"A migration was tried and called off.\n"
				"Logging is off again, but the leaves stay small.\n"
				"The guest is slower than before, for good.",
				"Align the mapping behind RAM to 2 MiB (1 GiB) as the guest sees it.\n"
				"After a cancelled migration: touch the memory, or restart the guest.",
			},
		},
	[FINDING_VGA_WRITE_BACK] =
		{
			SEVERITY_DANGER,
			{"isa-hole-write-back",
			 "The ISA hole is given to a guest write-back: on Intel that can hang or machine "
			 "check the host.",
			 "kvm_is_mmio_pfn(); dosemu2 issues 2813, 2815, 634"},
			{
				"Pages at 0xa0000 to 0xfffff are reserved RAM in the kernel's books "
				"and device memory in truth. KVM looks at the books and maps them "
				"write-back, ignoring the guest's PAT.",
				"An emulator gives its guest the VGA memory through /dev/mem.\n"
				"The guest's writes stay in cache lines over a device.\n"
				"The line is written back in one piece: machine check, or a hang.",
				"Do not give the ISA hole to a guest; emulate VGA.\n"
				"If you must: disable KVM_X86_QUIRK_IGNORE_GUEST_PAT (Linux 6.16) and "
				"map it uncached in the guest.",
			},
		},
	[FINDING_RULES_UNCERTAIN] =
		{
			SEVERITY_NOTE,
			{"rules-uncertain",
			 "This kernel's maker brings features back from later versions: the rules by "
			 "version may be wrong here.",
			 "release and version strings"},
			{
				"Which type a BAR gets follows from rules that changed in 6.9 and "
				"6.17. A vendor's kernel can have them under an older number. Some "
				"can be seen at work: a capability, a flag in smaps of a process that "
				"holds a device.",
				"A kernel says 5.14 and has the rule of 6.9.\n"
				"By its number an audit calls a BAR Device.\n"
				"In truth the guest has it write-combining.",
				"Run the audit while a guest holds a device: the flag in smaps "
				"settles it.\n"
				"Ask the vendor for commit 8c47ce3e1d2c and 0c67288e0c8b.",
			},
		},
	[FINDING_NO_KVM] =
		{
			SEVERITY_NOTE,
			{"no-kvm", "KVM cannot be used on this host now.", "/dev/kvm"},
			{
				"There is no /dev/kvm: the module is not loaded, the firmware switched "
				"virtualization off, the kernel was not entered at EL2, or this is a "
				"guest without nested virtualization.",
				"Facts that only KVM tells stay unknown.\n"
				"What follows from them is not said.",
				"x86: load kvm_intel or kvm_amd, or switch VMX/SVM on in the "
				"firmware.\n"
				"arm64: boot at EL2 (\"CPU: All CPU(s) started at EL2\" in the log).",
			},
		},
};
