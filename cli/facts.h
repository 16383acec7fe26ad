/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H
/*
 * The facts that the options of `mezzo explain` state, completed by defaults that a person would
 * expect. Every default is part of the answer: `assumed` says which facts nobody stated, and why
 * they were taken to be so.
 */
#include "check/policies/x86_history.h"
#include "cli.h"
#include "linux/linux.h"

#include <mezzo/x86.h>

enum explain_option {
	EXPLAIN_ARCH,
	EXPLAIN_CPU,
	EXPLAIN_CONTRACT,
	EXPLAIN_ALIASES,
	EXPLAIN_ALLOW,
	EXPLAIN_MAINTENANCE,
	EXPLAIN_LINES,
	EXPLAIN_CONTENT,
	EXPLAIN_TAG_CONTENT,
	EXPLAIN_DMA,
	EXPLAIN_TAGS,
	EXPLAIN_PRIVATE,
	EXPLAIN_MMIO,
	EXPLAIN_READ_ONLY,
	EXPLAIN_NO_SLOT,
	EXPLAIN_BLOCK,
	EXPLAIN_GUEST,
	EXPLAIN_ACCESS,
	EXPLAIN_PERMISSION_FAULT,
	EXPLAIN_PAT,
	EXPLAIN_MTRR,
	EXPLAIN_HOST_MTRR,
	EXPLAIN_CR0_CD,
	EXPLAIN_POLICY,
	EXPLAIN_VMA,
	EXPLAIN_BACKING,
	EXPLAIN_JSON,
	EXPLAIN_OPTIONS
};

/* Words of --arch. */
enum explain_arch {
	ARCH_ARM64,
	ARCH_X86_EPT,
	ARCH_X86_NPT,
};

extern const struct cli_value explain_arch_values[];

/* Words of --guest. */
enum explain_guest {
	GUEST_MTE,
	GUEST_DIRTY_LOG,
	GUEST_NONCOHERENT_DMA,
	GUEST_HONOUR_MTRR,
};

/* Words of --vma. */
enum explain_vma {
	VMA_ORDINARY,
	VMA_PFNMAP,
	VMA_MIXEDMAP,
	VMA_IO,
	VMA_CACHED,
	VMA_WC,
	VMA_DEVICE,
	VMA_ANY_UNCACHED,
	VMA_MTE_ALLOWED,
	VMA_READ_ONLY,
	VMA_WORDS
};

extern const struct cli_option explain_options[EXPLAIN_OPTIONS + 1];

struct question {
	enum explain_arch arch;
	struct mezzo_facts facts;    /* at the fault */
	struct mezzo_facts creation; /* at slot creation: (missing, read), the promise */
	uint64_t cpu;                /* the --cpu list */
	int preset;                  /* enum mezzo_preset, or -1: a free combination */
	bool has_linux;
	struct linux_facts linux_host;
	/* x86: what is not the policy's to look at */
	int pat;                           /* enum mezzo_x86_type that was asked about, or -1 */
	uint8_t host_mtrr;                 /* enum mezzo_x86_type */
	const struct x86_history *history; /* NULL: none was named */
	/* Why an unstated fact was taken to be so; NULL: it was stated. By enum explain_option. */
	const char *assumed[EXPLAIN_OPTIONS];
};

/* 0, or CLI_USAGE with the message printed. */
int question_from(const struct cli_args *args, struct question *question);

/* The part of it that x86 alone has (x86_facts.c). @args were checked by x86_check. */
int x86_check(const struct cli_args *args);
void x86_take(const struct cli_args *args, struct question *question);
/* Of the six types that a PAT entry holds, the @i-th, as --pat lists them. */
enum mezzo_x86_type x86_pat_word(unsigned int i);
#define X86_PAT_WORDS 6

static inline bool question_is_x86(const struct question *question)
{
	return question->arch != ARCH_ARM64;
}

/* The option that makes a change of facts: "--maintenance window", "--cpu with fwb". */
const char *change_option(const struct question *question, const struct mezzo_change *change,
			  char *text, size_t size);
/* A field's value in words: "window", "device, normal-nc", "yes". */
const char *field_value_name(enum mezzo_field field, unsigned int value, char *text, size_t size);

/* Names of enumerators as the options spell them. */
const char *aliases_name(unsigned int aliases);
const char *maintenance_name(unsigned int maintenance);
const char *dma_name(unsigned int dma);
const char *content_name(unsigned int content);
const char *lines_name(unsigned int lines);
const char *slot_kind_name(unsigned int kind);
const char *fault_kind_name(unsigned int kind);

#endif
