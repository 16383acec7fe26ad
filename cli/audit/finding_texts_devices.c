/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings about devices: what each means, what happens otherwise, what one can do. */
#include "audit/findings.h"

const struct finding_text finding_texts_devices[FINDINGS] = {
	[FINDING_STALE_LINES] =
		{
			SEVERITY_DANGER,
			{"device-memory-read-past-cache",
			 "Memory that the host caches is given to a guest as device memory: the guest "
			 "reads what the previous owner left behind the cache.",
			 "user_mem_abort() before Linux 6.17; closed by commit 2a8dfab26677"},
			{
				"The driver maps the device's memory cacheable, because it is coherent "
				"memory: a Grace Hopper GPU's, for one. KVM before 6.17 does not look "
				"at that; the page is not RAM, so the guest gets it as Device. Host "
				"and guest now see one page in two ways, and the cache lies between "
				"them.",
				"Guest A's secrets lie in the memory; A ends.\n"
				"The driver zeroes it through the cache. The zeroes wait in cache "
				"lines.\n"
				"Guest B gets the memory as Device and reads past the cache: A's "
				"secrets.",
				"Run Linux 6.17 or later: it maps this memory cached, where the CPU "
				"has FWB and DIC, and refuses it elsewhere.\n"
				"Until then do not pass this device from one owner to another.",
			},
		},
	[FINDING_CACHED_REFUSED] =
		{
			SEVERITY_BROKEN,
			{"cached-device-memory-refused",
			 "Cached device memory cannot be given to a guest on this CPU: the slot is "
			 "refused with a bare EINVAL.",
			 "kvm_arch_prepare_memory_region(), kvm_supports_cacheable_pfnmap()"},
			{
				"KVM can only map device memory cached where it never has to clean "
				"it, because it has no address to clean it through. That needs "
				"FEAT_S2FWB and CTR_EL0.DIC, both. Without them the slot is refused, "
				"which is right: giving it as Device would leak.",
				"The VMM maps the GPU's memory and makes a slot.\n"
				"KVM_SET_USER_MEMORY_REGION returns EINVAL and says no more.\n"
				"The VMM gives up; nothing tells which of five causes it was.",
				"Use a host whose CPU has both features (cap 243 of a VM tells).\n"
				"mezzo compat HOST HOST tells it before a guest is moved.",
			},
		},
	[FINDING_BAR_DEVICE_ONLY] =
		{
			SEVERITY_BROKEN,
			{"bar-device-only",
			 "A BAR that tolerates any access reaches the guest as Device memory: unaligned "
			 "accesses fault, and write-combining is lost.",
			 "user_mem_abort() before Linux 6.9; commit 8c47ce3e1d2c"},
			{
				"A prefetchable BAR may be read twice, and in any size. On bare metal "
				"drivers map it write-combining, and memcpy works on it. KVM before "
				"6.9 maps every BAR Device-nGnRE, and stage 2 wins over the guest's "
				"own tables. From 6.9 on vfio-pci says that its BARs may be had "
				"uncached in any way (VM_ALLOW_ANY_UNCACHED). vfio-platform, "
				"vfio-fsl-mc and vfio-cdx never say so.",
				"A Radeon is passed to a guest on an Arm server.\n"
				"The driver copies a table into VRAM with memcpy: an unaligned store.\n"
				"The guest's kernel takes an alignment fault and dies; the same card "
				"works on the host.",
				"Run Linux 6.9 or later and bind the function to vfio-pci.\n"
				"On an older kernel the guest's driver must use aligned accesses "
				"(memcpy_toio).\n"
				"Behind vfio-platform, vfio-fsl-mc or vfio-cdx there is no remedy yet.",
			},
		},
	[FINDING_BAR_REGISTERS_NC] =
		{
			SEVERITY_NOTE,
			{"bar-registers-normal",
			 "vfio-pci lets the guest choose Normal memory for every BAR, registers "
			 "included.",
			 "vfio_pci_core_mmap(), commit a39d3a966a09"},
			{
				"From 6.9 on vfio-pci allows any uncached type for all its BARs, "
				"whether they are prefetchable or not. That takes nothing away from a "
				"guest that maps registers as Device, as every driver does. A guest "
				"that maps them Normal gets what it asked for: speculative reads of "
				"registers.",
				"A guest's driver maps registers write-combining by mistake.\n"
				"The CPU merges two writes to a doorbell, or reads a FIFO ahead.\n"
				"On the same card under Linux 6.8 it would have worked.",
				"Nothing, on the host.\n"
				"In the guest map registers with ioremap(), not ioremap_wc().",
			},
		},
	[FINDING_BAR_SMALLER_THAN_PAGE] =
		{
			SEVERITY_BROKEN,
			{"bar-smaller-than-page",
			 "A BAR is smaller than the host's page: it cannot be a slot by itself.",
			 "__kvm_set_memory_region(): sizes are multiples of PAGE_SIZE"},
			{
				"Slots are made of host pages. A kernel with 64 KiB pages makes most "
				"register BARs smaller than one. vfio maps such a BAR only if it has "
				"its page to itself; a VMM has to make the slot a page large, or let "
				"every access exit.",
				"A VMM makes a slot of the BAR's 8 KiB on a host with 64 KiB pages.\n"
				"KVM_SET_USER_MEMORY_REGION: EINVAL, without a word of page sizes.\n"
				"Or it falls back, and each register access costs a round trip.",
				"Use a VMM that widens such slots to the page (QEMU does, when the BAR "
				"is aligned to it in the guest).\n"
				"Use a kernel with 4 KiB pages for guests with small BARs.\n"
				"pci=resource_alignment=64K@BDF aligns the BAR so that vfio can map "
				"it.",
			},
		},
	[FINDING_BAR_BY_SMALL_PAGES] =
		{
			SEVERITY_SLOW,
			{"bar-by-small-pages",
			 "A large BAR is mapped page by page: a guest with it takes minutes to start.",
			 "vfio_pci_mmap_fault() before Linux 6.12 (huge PFNMAP)"},
			{
				"Before 6.12 vfio put single pages into the host's page tables, "
				"whatever the size of the BAR, and the DMA mapping of it looks each of "
				"them up. A GPU with 96 GiB has 25 million.",
				"A guest with a large GPU is started; its firmware probes the BAR.\n"
				"vfio faults pages in one after the other, and VFIO_IOMMU_MAP_DMA "
				"walks them.\n"
				"Boot takes minutes; nothing is logged.",
				"Run Linux 6.12 or later on the host.\n"
				"Make the VMM align the BAR's mapping to its size, or at least 2 MiB.",
			},
		},
	[FINDING_BAR_MEMORY_DISABLED] =
		{
			SEVERITY_BROKEN,
			{"bar-memory-disabled",
			 "A guest holds a device whose memory is off: touching a BAR ends in \"Bad "
			 "address\".",
			 "vfio_pci_mmap_huge_fault(): SIGBUS while memory is disabled or in D3"},
			{
				"While a function's memory decoding is off, or it sleeps, vfio takes "
				"every mapping of its BARs away and answers faults with SIGBUS. KVM "
				"turns that into EFAULT from KVM_RUN, and most VMMs end the guest.",
				"A guest puts its GPU into D3.\n"
				"Another of its CPUs still reads a register of the card.\n"
				"KVM_RUN fails: \"error: kvm run failed Bad address\". The VM is gone.",
				"Let the guest enable memory before it touches the BAR: look at its "
				"power management of the card.\n"
				"vfio_pci.disable_idle_d3=1 keeps idle functions out of D3.\n"
				"A reset that hangs leaves memory off: try another reset_method.",
			},
		},
	[FINDING_BAR_AND_MTE] =
		{
			SEVERITY_NOTE,
			{"bar-and-mte",
			 "A guest with MTE and a passed-through BAR exclude each other, but only in one "
			 "order.",
			 "kvm_arch_prepare_memory_region() against kvm_vm_ioctl_enable_cap()"},
			{
				"KVM refuses a slot of a VM with MTE whose mapping may not have tags, "
				"device memory included, though the fault path would map that safely. "
				"Made in the other order, first the slot and then MTE, nobody looks: "
				"both are accepted. Measured on 6.1, 6.12 and 7.2. Device memory "
				"mapped over a slot later is not looked at either.",
				"A VMM enables MTE and then adds the BAR: EINVAL, the guest does not "
				"start.\n"
				"Another VMM adds the BAR first: it starts, and the guest can execute "
				"tag instructions on device memory.\n"
				"The guest is then moved to a host where the first VMM runs.",
				"Give the guest either MTE or devices.\n"
				"A VMM that needs both must not rely on the order: it is a hole, not a "
				"promise.",
			},
		},
	[FINDING_NO_IOMMU_GROUP] =
		{
			SEVERITY_BROKEN,
			{"no-iommu-group",
			 "A vfio driver could not hold a function, because no IOMMU stands in front of "
			 "it.",
			 "vfio_group_find_or_alloc(); CONFIG_VFIO_NOIOMMU is off in Debian's kernels"},
			{
				"vfio holds a device only with an IOMMU between it and memory; "
				"otherwise the guest could read and write everything by DMA. The "
				"driver's probe fails with error -22 (EINVAL) and says no more.",
				"Someone writes vfio-pci to driver_override and binds the function.\n"
				"dmesg: \"probe with driver vfio-pci failed with error -22\".\n"
				"/dev/vfio stays empty.",
				"Switch the IOMMU on in the firmware (VT-d, AMD-Vi, SMMU).\n"
				"x86: intel_iommu=on on the kernel command line.\n"
				"In QEMU: -machine iommu=smmuv3, or a virtual IOMMU device.",
			},
		},
	[FINDING_GROUP_NOT_VIABLE] =
		{
			SEVERITY_BROKEN,
			{"group-not-viable",
			 "A function shares its IOMMU group with one that the host uses: vfio will not "
			 "hand the group out.",
			 "vfio: VFIO_GROUP_FLAGS_VIABLE"},
			{
				"Functions in one group can reach each other behind the IOMMU's back, "
				"so vfio hands out whole groups. One function that a host driver still "
				"holds makes the group useless.",
				"The GPU is bound to vfio-pci, its audio function is not.\n"
				"The VMM opens the group: \"group N is not viable\".\n"
				"The guest does not start.",
				"Bind the others in the group to vfio-pci, too, or unbind them.\n"
				"A slot behind a root port with ACS makes smaller groups.",
			},
		},
	[FINDING_DMA_NOT_SNOOPED] =
		{
			SEVERITY_DANGER,
			{"dma-not-snooped",
			 "A device that does not look into caches is given to a guest whose memory is "
			 "forced write-back: neither sees what the other wrote.",
			 "mezzo reason forced-beside-unsnooped-dma"},
			{
				"A driver of a non-coherent device uses uncached buffers. On a CPU "
				"with FWB, KVM forces the guest's RAM write-back whatever the guest "
				"asks for, so its uncached buffers are cached in truth. The device "
				"reads memory; the data is in the cache.",
				"The guest's driver writes a command to an \"uncached\" buffer.\n"
				"The store stays in a cache line.\n"
				"The device reads the old command from memory and executes that.",
				"Pass through devices that snoop only: the host bridge has "
				"dma-coherent in the device tree.\n"
				"The guest's device tree must say dma-coherent only if the device "
				"really is.",
			},
		},
	[FINDING_GUEST_MTRR_HONOURED] =
		{
			SEVERITY_SLOW,
			{"guest-mtrr-honoured",
			 "A device without snooping makes KVM follow the guest's MTRRs and CR0.CD: boot "
			 "can take minutes.",
			 "vmx_get_mt_mask() up to Linux 6.10; removed by 377b2f359d1f in 6.11"},
			{
				"While a device is assigned whose DMA does not snoop, KVM on Intel up "
				"to 6.10 takes every type from the guest's MTRRs. Before firmware "
				"sets them all memory is uncached, and each MTRR that a CPU writes "
				"makes KVM drop the mappings of the whole guest.",
				"A guest with many CPUs and such a device boots.\n"
				"Every CPU writes its MTRRs; KVM zaps each time.\n"
				"Meanwhile RAM is UC: a hundred times slower. Minutes pass.",
				"Run Linux 6.11 or later on the host.\n"
				"Use an IOMMU that can force snooping (VT-d ECAP.SC), or another slot.",
			},
		},
	[FINDING_GUEST_PAT_HONOURED] =
		{
			SEVERITY_NOTE,
			{"guest-pat-honoured",
			 "A device without snooping makes KVM follow the guest's PAT for all its RAM.",
			 "vmx_get_mt_mask(), commit 377b2f359d1f"},
			{
				"The guest may then really have uncached memory, which its driver "
				"needs. So has every other driver in it that asks for uncached memory "
				"and was never slow before, because KVM used to ignore that.",
				"A guest with such a device shows a framebuffer by the bochs driver, "
				"which maps it uncached.\n"
				"Every pixel is now written by itself: Wayland becomes unusable.\n"
				"Without the device the same guest is fast.",
				"Use virtio-gpu instead of an emulated framebuffer.\n"
				"Use an IOMMU that can force snooping.",
			},
		},
	[FINDING_HOSTMEM_UNCACHED] =
		{
			SEVERITY_SLOW,
			{"hostmem-under-uncached-mtrr",
			 "virtio-gpu's shared memory lies under an uncached MTRR: this guest cannot map "
			 "it cached.",
			 "tianocore/edk2 PR 13129"},
			{
				"The BAR is the host's ordinary memory, and could be cached. The "
				"firmware of the guest put an uncached MTRR over all BARs, as a "
				"machine's firmware does over registers. Linux then refuses to map "
				"any of it write-back, though KVM itself ignores those MTRRs.",
				"A guest uses Venus or native context graphics.\n"
				"Each buffer that it maps is uncached: reads take a microsecond.\n"
				"The host's caches are never used for what is plain RAM.",
				"Use firmware that leaves 64-bit prefetchable BARs out of its MTRRs.\n"
				"Without that, let the guest's driver ask for write-combining: PAT can "
				"turn an uncached MTRR into that, not into write-back.",
			},
		},
};
