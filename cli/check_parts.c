/* SPDX-License-Identifier: BSD-2-Clause */
/* What `mezzo check` judges, and the verdicts that the repository expects. */
#include "check.h"
#include "linux/policy.h"

#include "check/machines/page.h"
#include "check/machines/private.h"
#include "check/machines/race.h"

#include <string.h>

#define P(property) CHECK_BIT(CHECK_##property)

/* A page that the host caches, mapped for the guest as Device without a clean. */
#define FALLS_BACK                                                                                 \
	(P(S1_NO_LEAK) | P(S7_OWN_WRITE_KEPT) | P(S7B_SET_WAY) | P(S7Z_DATA_SURVIVE) |             \
	 P(S8_SHARED_SEEN) | P(S8X_COPY_OUT) | P(S11_RESET_IMAGE))

/* Non-coherent DMA, and no flush when a page is mapped or taken back: every KVM. */
#define UNFLUSHED                                                                                  \
	(P(S1D_NO_LEAK_DMA) | P(S2B_OWN_CODE) | P(S8_SHARED_SEEN) | P(S8X_COPY_OUT) |              \
	 P(S9O_DMA_OUT) | P(S9I_DMA_IN))
/* A guest that gets past the cache on a processor without self-snoop. */
#define PAST_THE_CACHE                                                                             \
	(P(S1_NO_LEAK) | P(S2_NO_STALE_EXEC) | P(S7_OWN_WRITE_KEPT) | P(S7Z_DATA_SURVIVE))
/* Device memory that the guest's MTRRs, or nothing at all, make write-back. */
#define CACHED_REGISTERS (P(S1_NO_LEAK) | P(S2_NO_STALE_EXEC) | P(S6_NO_MACHINE_CHECK))
/* The PAT says one thing, and CR0.CD or an MTRR has the entry say another. */
#define OVERRULED                                                                                  \
	(P(S2B_OWN_CODE) | P(S7_OWN_WRITE_KEPT) | P(S7Z_DATA_SURVIVE) | P(S8_SHARED_SEEN) |        \
	 P(S8X_COPY_OUT) | P(S9O_DMA_OUT) | P(S9I_DMA_IN))
/* The PAT makes device memory WC, whatever the device tolerates. */
#define WC_ANYWHERE P(S17_NO_WIDENING)

/* Sets of properties, which may overlap. NOLINTBEGIN(misc-redundant-expression) */
const struct check_part check_parts[PARTS] = {
	[PART_ARM64] =
		{
			.name = "arm64",
			.title = "arm64: memory as a host maps it",
			.what = "Every mapping that a host can have, every machine and guest; Mezzo is "
				"told of it what an honest owner would declare.",
			.subject = &arm64_subject,
			.family = &check_family_debate,
			.column =
				{
					{&check_policy_mezzo, 0},
					{&linux_policy_legacy, FALLS_BACK},
					{&linux_policy_6_17, P(L1_NO_LATE_REFUSAL)},
					{&check_policy_2023_v3, P(S4_NO_HOST_CRASH)},
					{&check_policy_2024_v2, P(S3_NO_TAG_LEAK) |
									P(S4_NO_HOST_CRASH) |
									P(L1_NO_LATE_REFUSAL)},
					{&check_policy_2025_v3, FALLS_BACK | P(S4_NO_HOST_CRASH)},
				},
		},
	[PART_CONTRACTS] =
		{
			.name = "contracts",
			.title = "arm64: memory as its owner declares it",
			.what = "Every contract, with devices that snoop and that do not, on every "
				"machine.",
			.subject = &arm64_subject,
			.family = &check_family_contract,
			.column = {{&check_policy_mezzo, 0}},
		},
	[PART_MOVES] =
		{
			.name = "moves",
			.title = "arm64: frames that move between objects",
			.what = "A frame goes from one object to another with other aliases, as in a "
				"conversion between private and shared.",
			.subject = &arm64_subject,
			.family = &check_family_object,
			.kind = CHECK_MOVE,
			.column = {{&check_policy_mezzo, 0}},
		},
	[PART_MIGRATION] =
		{
			.name = "migration",
			.title = "arm64: guests that move between machines",
			.what = "The same guest and the same memory, on another machine's facts.",
			.subject = &arm64_subject,
			.family = &check_family_debate,
			.kind = CHECK_MIGRATE,
			.column =
				{
					{&check_policy_mezzo, 0},
					{&linux_policy_legacy, FALLS_BACK},
					{&linux_policy_6_17, P(L1_NO_LATE_REFUSAL)},
					{&check_policy_2023_v3, P(S4_NO_HOST_CRASH)},
					{&check_policy_2024_v2, P(S3_NO_TAG_LEAK) |
									P(S4_NO_HOST_CRASH) |
									P(L1_NO_LATE_REFUSAL)},
					{&check_policy_2025_v3, FALLS_BACK | P(S4_NO_HOST_CRASH)},
				},
		},
	[PART_X86] =
		{
			.name = "x86",
			.title = "x86: memory as a host maps it",
			.what = "RAM that the VMM maps write-back and memory of devices, with and "
				"without devices that snoop, whatever the guest's MTRRs and CR0.CD "
				"say. Each KVM on its own processors.",
			.subject = &x86_subject,
			.family = &check_family_x86_debate,
			.column =
				{
					{&check_policy_mezzo_x86, 0},
					{&check_policies_kvm_x86[0],
					 UNFLUSHED | CACHED_REGISTERS | WC_ANYWHERE},
					{&check_policies_kvm_x86[1], UNFLUSHED | PAST_THE_CACHE |
									     CACHED_REGISTERS |
									     WC_ANYWHERE},
					{&check_policies_kvm_x86[2],
					 UNFLUSHED | PAST_THE_CACHE | WC_ANYWHERE},
					{&check_policies_kvm_x86[3], UNFLUSHED | PAST_THE_CACHE |
									     CACHED_REGISTERS |
									     WC_ANYWHERE},
					{&check_policies_kvm_x86[4],
					 UNFLUSHED | PAST_THE_CACHE | WC_ANYWHERE},
					{&check_policies_kvm_x86[5],
					 UNFLUSHED | PAST_THE_CACHE | WC_ANYWHERE},
					{&check_policies_kvm_x86[6], UNFLUSHED | WC_ANYWHERE},
				},
		},
	[PART_X86_FLUSH] =
		{
			.name = "x86-flush",
			.title = "x86: the same, had KVM flushed",
			.what = "A page is cleaned before a device that does not snoop can reach it, "
				"and when it is taken back. Nobody did.",
			.subject = &x86_subject,
			.family = &check_family_x86_debate,
			.column =
				{
					{&check_policies_kvm_flush[0], WC_ANYWHERE | OVERRULED},
					{&check_policies_kvm_flush[1], WC_ANYWHERE},
					{&check_policies_kvm_flush[2], WC_ANYWHERE},
				},
		},
	[PART_X86_CONTRACTS] =
		{
			.name = "x86-contracts",
			.title = "x86: memory as its owner declares it",
			.what = "Every contract, under EPT and NPT, with and without self-snoop.",
			.subject = &x86_subject,
			.family = &check_family_x86_contract,
			.column = {{&check_policy_mezzo_x86, 0}},
		},
	[PART_PRIVATE] =
		{
			.name = "private",
			.title = "private pages: whose word is taken",
			.what = "A guest accepts a page of a device; the VMM and the driver act.",
			.subject = &private_subject,
			.family = &private_family,
			.column =
				{
					{&private_mezzo, 0},
					{&private_hva_followed,
					 P(S13_ACCEPTED_STAYS) | P(S14_NO_SILENT_LOSS)},
					{&private_hva_ignored,
					 P(S12_NO_REUSED_PAGE) | P(S16_ONE_SOURCE)},
				},
		},
	[PART_RACE] =
		{
			.name = "race",
			.title = "a fault against a revocation, step by step",
			.what = "Two CPUs fault on a page while its owner takes it away, twice.",
			.subject = &race_subject,
			.family = &check_family_object,
			.column = {{&check_policy_mezzo, 0}},
		},
};
/* NOLINTEND(misc-redundant-expression) */

const struct check_policy *const check_policies[] = {
	&check_policy_mezzo,
	&linux_policy_legacy,
	&linux_policy_6_17,
	&check_policy_2023_v3,
	&check_policy_2024_v2,
	&check_policy_2025_v3,
	&check_policies_kvm_x86[0],
	&check_policies_kvm_x86[1],
	&check_policies_kvm_x86[2],
	&check_policies_kvm_x86[3],
	&check_policies_kvm_x86[4],
	&check_policies_kvm_x86[5],
	&check_policies_kvm_x86[6],
	&check_policies_kvm_flush[0],
	&check_policies_kvm_flush[1],
	&check_policies_kvm_flush[2],
	&private_hva_followed,
	&private_hva_ignored,
	NULL,
};

unsigned int check_part_columns(const struct check_part *part)
{
	unsigned int count = 0;

	while (count < PART_COLUMNS && part->column[count].policy)
		count++;
	return count;
}

int check_part_column(const struct check_part *part, const char *policy)
{
	for (unsigned int i = 0; i < check_part_columns(part); i++)
		if (strcmp(part->column[i].policy->name, policy) == 0)
			return (int)i;
	return -1;
}

struct judge_run check_part_run(const struct check_part *part, unsigned int column,
				const struct check_change *change)
{
	return (struct judge_run){
		.subject = part->subject,
		.policy = part->column[column].policy,
		.family = part->family,
		.kind = part->kind,
		.change = *change,
	};
}

const struct check_subject *check_duty(unsigned int number, uint32_t *bit)
{
	if (number < PAGE_DUTIES) {
		*bit = 1u << number;
		return &arm64_subject;
	}
	*bit = 1u << (number - PAGE_DUTIES);
	return &race_subject;
}

bool check_surprise(const struct check_results *results, unsigned int part, unsigned int column,
		    unsigned int property)
{
	uint64_t broken = results->verdict[part][column].broken & ~CHECK_REPORTS;

	return (broken ^ check_parts[part].column[column].refuted) >> property & 1;
}

unsigned int check_surprises(const struct check_results *results)
{
	unsigned int count = 0;

	for (unsigned int part = 0; part < PARTS; part++)
		for (unsigned int i = 0;
		     results->ran[part] && i < check_part_columns(&check_parts[part]); i++)
			for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
				count += check_surprise(results, part, i, p);
	return count;
}
