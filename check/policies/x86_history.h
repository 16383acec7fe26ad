/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_POLICIES_X86_HISTORY_H
#define CHECK_POLICIES_X86_HISTORY_H
/*
 * What KVM on x86 has put into EPT and NPT entries, by year, as pure functions over the records
 * that mezzo_x86_decide reads. They say which type an entry has, and nothing else: every KVM grants
 * reading and execution, and writing where host and slot allow it; none flushes before a map or
 * after an unmap.
 *
 * How the records are read: a page is "MMIO" to KVM where the memory may not be write-back (the
 * owner maps it uncached, so its pages are reserved); a VM has non-coherent DMA where a device
 * reaches the memory without snooping. Guest MTRRs and CR0.CD count whether or not honour_mtrr is
 * set: these policies have no such option.
 *
 * Reconstructed from commit messages and mails (thread 003 of the project's sources), where
 * `reconstruction` says so; the others were read in Linux.
 */
#include <mezzo/x86.h>

/* An entry, as the hardware reads it. */
struct x86_history_entry {
	uint8_t type;    /* enum mezzo_x86_type: of the EPT leaf, or of the nested PAT entry */
	bool ignore_pat; /* EPT alone */
	const char *why; /* the rule that gave it, in a sentence */
};

struct x86_history {
	const char *name;    /* "kvm-2024-pat" */
	const char *years;   /* of Linux: "2.6.28", "6.11 to 6.15" */
	const char *summary; /* one sentence */
	const char *source;  /* commits, files */
	bool reconstruction;
	uint8_t engine; /* enum mezzo_x86_engine */
	struct x86_history_entry (*entry)(const struct mezzo_facts *facts);
};

#define X86_HISTORIES 7
extern const struct x86_history x86_histories[X86_HISTORIES];

/*
 * The type that an access really has through such an entry: @guest_pat as the guest's page selects
 * it. @host_mtrr counts under NPT only; CR0.CD does nowhere, because under NPT KVM clears it
 * (KVM_X86_QUIRK_CD_NW_CLEARED). mezzo_x86_effective knows Mezzo's entries alone: it has no
 * ignore-PAT with WC, WT or WP, as 2008 had.
 */
struct mezzo_x86_cell x86_history_effective(const struct x86_history *history,
					    const struct x86_history_entry *entry,
					    enum mezzo_x86_type guest_pat,
					    enum mezzo_x86_type host_mtrr);

#endif
