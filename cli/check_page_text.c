/* SPDX-License-Identifier: BSD-2-Clause */
/* What docs/debates.md says before and after the scenarios. A line is a paragraph. */
#include "check_modes.h"

const char *const check_page_primer[] = {
	"When a virtual machine gets a page of memory, somebody must decide how its processor may reach "
	"it: through the cache or past it. Decide wrongly, and one customer's virtual machine reads what "
	"another one left there; or the whole host dies. The people who write hypervisors have argued "
	"for years about who should decide, and by what. This page takes their arguments, and runs them.",
	"",
	"Each section takes one argument, builds the machine that it is about, and lets every policy that "
	"was ever proposed act in it, in every order in which things can happen. A policy **holds** when "
	"no order of events breaks anything. Where one does, the shortest such story is told, and you can "
	"follow it step by step. Nobody's word is taken, the author's neither. Arguments are given in brief, "
	"not word for word; the threads are these:",
	"",
	"| thread | when | about |",
	"|---|---|---|",
	"| 000 | June 2023 | [PATCH v3 1/6] kvm: determine memory type from VMA |",
	"| 001 | November 2024 | [PATCH v2 1/1] KVM: arm64: Allow cacheable stage 2 mapping using VMA flags |",
	"| 002 | January 2025 | private memory of devices in QEMU and KVM: who is believed |",
	"| 003 | October 2023 | A question about how the KVM emulates the effect of guest MTRRs on AMD platforms |",
	"| 004 | March 2025 | [PATCH v3 1/1] KVM: arm64: Allow cacheable stage 2 mapping using VMA flags |",
	"",
	"The page is written by a program, `mezzo debates`; a test fails when it no longer says what the "
	"program finds.",
	"",
	"## What you need to know first",
	"",
	"**Two translations.** A program's addresses are translated by tables that its operating system "
	"keeps. In a virtual machine the result is translated once more, by tables that the *hypervisor* "
	"keeps and the *guest* never sees: the second stage, *stage 2*. An entry says where a page of the "
	"guest really is, what may be done with it, and what *type* of memory it is. Where an entry is "
	"missing the guest *faults*; the hypervisor makes the entry, and the guest goes on and never knows.",
	"",
	"**A cache, and memory behind it.** The processor keeps copies of memory in its cache. A write "
	"changes the copy; until the copy is *written back* it is *dirty*, and memory still holds the old "
	"value. When that happens is the processor's choice, and so is when it *fills* a line from memory. "
	"To *clean and invalidate* a line is to write it back and drop it. It needs an address, that is, a "
	"mapping of the page.",
	"",
	"**Types.** Memory that is mapped *write-back* is read and written through the cache. Memory that "
	"is mapped *Normal-NC* (non-cacheable) or *Device* is read and written past it, straight in "
	"memory. A guest's own tables choose a type. On Arm the second stage can only make the choice more "
	"restrictive, except on processors with **FWB**, where it can force write-back whatever the guest "
	"says.",
	"",
	"**All trouble has one root.** If two parties reach the same page, one through the cache and one past "
	"it, they see different contents:",
	"",
	"| | cache | memory |",
	"|---|---|---|",
	"| guest A had the page, and is gone | - | **A's secret** |",
	"| the host zeroes the page, through the cache | zero (dirty) | **A's secret** |",
	"| guest B reads it *through* the cache: zero | zero (dirty) | **A's secret** |",
	"| guest B reads it *past* the cache: **A's secret** | zero (dirty) | **A's secret** |",
	"",
	"The host did everything right: it zeroed the page. In the stories below *guest A* always is the one "
	"who had the page before, and *guest B* the one who gets it.",
	"",
	"![The story as a picture: Linux of old leaks guest A's secret](fallback-to-device.svg)",
	"",
	"**More words.** *VMM*: the program around a virtual machine. *Slot*: a range of guest addresses that "
	"the VMM fills with memory; a policy can refuse it, which is an error that a VMM can handle, whereas "
	"a refusal when the guest faults is the end of the guest. *VMA*: the VMM's own mapping of that memory, "
	"from which Linux infers the type. *Linear map*: the kernel's permanent cached mapping of all RAM; "
	"what is not in it the kernel cannot clean. *Struct page*: the kernel's record of a page of memory, "
	"which does not imply the linear map. **DIC**: the processor keeps instruction caches coherent by "
	"itself. **MTE**: memory with a *tag* beside every 16 bytes. *DMA*: a device reads or writes memory by "
	"itself; it *snoops* if it looks into caches. *Window*: a mapping that is made for one operation and "
	"taken away again.",
	"",
	"## The policies",
	"",
	"Mezzo's answer is that memory *declares itself*: who owns it says who else reaches it and how, what "
	"types it tolerates, and how it can be cleaned; one function decides from that, when the slot is made "
	"and when the guest faults alike. The others infer.",
	"",
	NULL,
};

const char *const check_page_epilogue[] = {
	"## What \"holds\" means",
	"",
	"Every state that the model can reach was visited; there is no bound on the length of a story. The "
	"model is one line of one page, its tags, one instruction cache line, two guests one after the other, "
	"the host, one device. It says nothing about silicon, about ordering between addresses, or about "
	"timing. The policies act through their own code: Mezzo's is the object code that ships; the "
	"others are restated or reconstructed, as the table above says. `mezzo check` judges all of them in "
	"every configuration, not only in these; `mezzo check --list` explains what is judged, and "
	"docs/policy.md the rule that came out of it.",
	"",
	"These are the properties, and the assumptions under which they were judged unless a section says "
	"otherwise:",
	"",
	NULL,
};
