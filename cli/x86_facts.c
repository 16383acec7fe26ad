/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options say about x86. */
#include "cpu.h"
#include "facts.h"

static const uint8_t pat_words[X86_PAT_WORDS] = {
	MEZZO_X86_UC, MEZZO_X86_UC_MINUS, MEZZO_X86_WC, MEZZO_X86_WP, MEZZO_X86_WT, MEZZO_X86_WB,
};
static const uint8_t mtrr_words[] = {
	MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WP, MEZZO_X86_WT, MEZZO_X86_WB,
};

enum mezzo_x86_type x86_pat_word(unsigned int i)
{
	return (enum mezzo_x86_type)pat_words[i];
}

/* The history that a word of --policy names; NULL: it is arm64's. */
static const struct x86_history *history_of(const struct cli_args *args)
{
	unsigned int word = args->one[EXPLAIN_POLICY];

	return word < LINUX_VERSIONS ? NULL : &x86_histories[word - LINUX_VERSIONS];
}

static int check_policy(const struct cli_args *args)
{
	const struct cli_command *me = &cli_explain;
	bool npt = args->one[EXPLAIN_ARCH] == ARCH_X86_NPT;

	if (!args->given[EXPLAIN_POLICY])
		return 0;
	if (!history_of(args))
		return cli_usage(me,
				 "that policy is arm64's; x86 has kvm-2008-wb to kvm-2025-quirk, "
				 "and kvm-npt");
	if ((history_of(args)->engine == MEZZO_X86_NPT) != npt)
		return cli_usage(me, "--policy %s goes with --arch %s", history_of(args)->name,
				 npt ? "x86-ept" : "x86-npt");
	return 0;
}

int x86_check(const struct cli_args *args)
{
	static const uint8_t strangers[] = {EXPLAIN_TAGS, EXPLAIN_TAG_CONTENT, EXPLAIN_VMA,
					    EXPLAIN_BACKING};
	const struct cli_command *me = &cli_explain;
	const char *stranger = cpu_stranger(args->set[EXPLAIN_CPU], true);

	for (unsigned int i = 0; i < sizeof(strangers); i++)
		if (args->given[strangers[i]])
			return cli_usage(me,
					 "--%s is about arm64: say --arch arm64, or leave it out",
					 explain_options[strangers[i]].name);
	if (stranger)
		return cli_usage(me, "--cpu %s is about arm64: x86 has self-snoop", stranger);
	if (args->set[EXPLAIN_GUEST] >> GUEST_MTE & 1)
		return cli_usage(me, "--guest mte is about arm64: x86 has no allocation tags");
	if (args->given[EXPLAIN_ACCESS] && args->one[EXPLAIN_ACCESS] > MEZZO_ACCESS_WALK_WRITE)
		return cli_usage(me, "no x86 processor reports --access %s",
				 mezzo_access_name((enum mezzo_access)args->one[EXPLAIN_ACCESS]));
	if (args->given[EXPLAIN_HOST_MTRR] && args->one[EXPLAIN_ARCH] == ARCH_X86_EPT)
		return cli_usage(me, "--host-mtrr has no part in EPT: say --arch x86-npt");
	return check_policy(args);
}

void x86_take(const struct cli_args *args, struct question *q)
{
	struct mezzo_x86_guest *guest = &q->facts.guest.x86;
	bool device = !(q->facts.memory.allow & MEZZO_CLASS_WB);

	guest->honour_mtrr = args->set[EXPLAIN_GUEST] >> GUEST_HONOUR_MTRR & 1;
	guest->cr0_cd = args->given[EXPLAIN_CR0_CD];
	if (args->set[EXPLAIN_GUEST] >> GUEST_NONCOHERENT_DMA & 1 && !args->given[EXPLAIN_DMA]) {
		q->facts.memory.dma = MEZZO_DMA_UNSNOOPED;
		q->assumed[EXPLAIN_DMA] = NULL;
	}
	guest->mtrr = MEZZO_X86_WB;
	if (args->given[EXPLAIN_MTRR])
		guest->mtrr = mtrr_words[args->one[EXPLAIN_MTRR]];
	else
		q->assumed[EXPLAIN_MTRR] = "RAM as firmware leaves it";
	if (args->given[EXPLAIN_PAT])
		q->pat = pat_words[args->one[EXPLAIN_PAT]];
	q->host_mtrr = device ? MEZZO_X86_UC : MEZZO_X86_WB;
	if (args->given[EXPLAIN_HOST_MTRR])
		q->host_mtrr = mtrr_words[args->one[EXPLAIN_HOST_MTRR]];
	else if (q->arch == ARCH_X86_NPT)
		q->assumed[EXPLAIN_HOST_MTRR] = device ? "device memory" : "RAM";
	if (args->given[EXPLAIN_POLICY])
		q->history = history_of(args);
}
