/* SPDX-License-Identifier: BSD-2-Clause */
#include "properties.h"

const struct check_property_text check_property_texts[CHECK_PROPERTIES] = {
	[CHECK_S1_NO_LEAK] =
		{"S1", "no-leak",
		 "What a guest reads from a page is never what somebody else left there.",
		 "thread 004 (Jason Gunthorpe: data could leak from VM A to B); commit 2a8dfab26677"},
	[CHECK_S1D_NO_LEAK_DMA] =
		{"S1d", "no-leak-by-dma",
		 "What a guest's device reads from a page is never what somebody else left there.",
		 "S1, for the device that the guest steers"},
	[CHECK_S2_NO_STALE_EXEC] = {"S2", "no-stale-exec",
				    "A guest never executes what somebody else left in a page.",
				    "thread 001 (Catalin Marinas on CTR_EL0.DIC and IDC)"},
	[CHECK_S2B_OWN_CODE] =
		{"S2b", "own-code",
		 "Code that a guest wrote and made fit to run, as the architecture asks, is what it "
		 "executes.",
		 "Arm ARM, ordering of instruction fetches with data writes"},
	[CHECK_S3_NO_TAG_LEAK] = {"S3", "no-tag-leak",
				  "The allocation tags that a guest reads are its own or zero.",
				  "thread 001 (sanitise_mte_tags)"},
	[CHECK_S3Z_TAGS_SURVIVE] =
		{"S3z", "tags-survive",
		 "Tags that a guest wrote are there after its mapping was taken away and given back.",
		 "content is keyed to ownership (docs/policy.md, rule 2)"},
	[CHECK_S4_NO_HOST_CRASH] =
		{"S4", "no-host-crash",
		 "Cache maintenance and zeroing are done only where the host has a mapping to do them "
		 "through.",
		 "threads 000, 001, 004 (without FWB the kernel crashes)"},
	[CHECK_S5_NO_EXTERNAL_ABORT] =
		{"S5", "no-external-abort",
		 "A guest with MTE that can map memory write-back finds tag storage behind it.",
		 "thread 001, item 2 of the patch"},
	[CHECK_S6_NO_MACHINE_CHECK] =
		{"S6", "no-machine-check",
		 "Registers of a device are never mapped so that a cache may fill from them.",
		 "thread 003 (Yan Zhao: the host hangs with write-back device memory)"},
	[CHECK_S7_OWN_WRITE_KEPT] = {"S7", "own-write-kept",
				     "A guest reads what it wrote last, as it would on bare metal.",
				     "thread 004 (data corruption)"},
	[CHECK_S7B_SET_WAY] =
		{"S7b", "set-way",
		 "A guest that maintains caches by set and way, or turns its caches on, reads what it "
		 "would read on bare metal.",
		 "Arm ARM, cache maintenance by set and way; KVM traps them without FWB"},
	[CHECK_S7Z_DATA_SURVIVE] =
		{"S7z", "data-survive",
		 "Data that a guest wrote are there after its mapping was taken away and given back.",
		 "content is keyed to ownership (docs/policy.md, rule 3)"},
	[CHECK_S8_SHARED_SEEN] =
		{"S8", "shared-seen",
		 "Host and guest see each other's writes to memory that they share through one type.",
		 "threads 000 (virtio on CXL memory) and 003 (QEMU maps write-back)"},
	[CHECK_S8X_COPY_OUT] =
		{"S8x", "copy-out",
		 "Whoever copies a page out after it was taken back finds the guest's last write.",
		 "migration and swap; docs/policy.md, rule 9"},
	[CHECK_S9O_DMA_OUT] =
		{"S9o", "dma-out",
		 "A device reads what the guest wrote last, if the guest does what its driver would do "
		 "on bare metal.",
		 "thread 003 (non-coherent DMA)"},
	[CHECK_S9I_DMA_IN] =
		{"S9i", "dma-in",
		 "A guest reads what its device wrote last, if it does what its driver would do on bare "
		 "metal.",
		 "thread 003 (non-coherent DMA)"},
	[CHECK_S10_DIRTY_LOG] = {"S10", "dirty-log",
				 "While writes are logged, a page that a CPU writes is in the log.",
				 "KVM_MEM_LOG_DIRTY_PAGES; live migration"},
	[CHECK_S10D_DIRTY_LOG_DMA] =
		{"S10d", "dirty-log-dma",
		 "While writes are logged, a page that a device writes is in the log.",
		 "S10, for the device"},
	[CHECK_S11_RESET_IMAGE] =
		{"S11", "reset-image",
		 "A guest that is reset, and starts with its caches off, reads and executes the new "
		 "image.",
		 "KVM commits 7ae2f3db and 892713e9"},
	[CHECK_S12_NO_REUSED_PAGE] =
		{"S12", "no-reused-page",
		 "A guest reaches, by tables or by what a TLB still holds, only pages that are its own.",
		 "thread 002 (the notifier)"},
	[CHECK_S13_ACCEPTED_STAYS] =
		{"S13", "accepted-stays",
		 "What stands behind a private page that the guest accepted changes only with its "
		 "consent.",
		 "thread 002 (Xu Yilun: the mapping should be fixed once it is accepted)"},
	[CHECK_S14_NO_SILENT_LOSS] =
		{"S14", "no-silent-loss",
		 "What the VMM does to its own mappings alone never takes a private page from the guest.",
		 "thread 002"},
	[CHECK_S15_CLEAN_BEFORE_VISIBLE] =
		{"S15", "clean-before-visible",
		 "Everything that is due on a page is done before its entry can be used.",
		 "docs/architecture.md, a fault"},
	[CHECK_S16_ONE_SOURCE] =
		{"S16", "one-source",
		 "Who is believed when a page is faulted in is believed when it is taken away.",
		 "thread 002 (why believe the mapping at fault time and not at notify time?)"},
	[CHECK_S17_NO_WIDENING] =
		{"S17", "no-widening",
		 "A guest gets no permission and no memory type beyond what was declared.",
		 "docs/policy.md, rules 4 to 6"},
	[CHECK_L1_NO_LATE_REFUSAL] =
		{"L1", "no-late-refusal", "Once a slot is accepted no access to it is refused.",
		 "thread 004 (migrate, start the VM, blow up on the first page fault)"},
	[CHECK_L2_NO_NEEDLESS_REFUSAL] =
		{"L2", "no-needless-refusal",
		 "What could be granted safely is not refused. Reported, never a failure.",
		 "thread 000 (malfunction: loss of cacheable)"},
	[CHECK_L3_PROGRESS] = {"L3", "progress",
			       "A fault that is retried is served once invalidations stop.",
			       "retry means: return to the guest"},
	[CHECK_L4_INTENT_HONOURED] =
		{"L4", "intent-honoured",
		 "A guest can reach the fastest type that its memory's owner tolerates. Reported, never "
		 "a failure.",
		 "thread 000 (performance: loss of write-combining)"},
};
