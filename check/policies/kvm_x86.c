/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM on x86, by year, as policies: the type is history's, everything else is granted. */
#include "check/policies/policy.h"

static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	(void)policy;
	(void)world;
	*answer = (struct check_answer){.why = "nothing about types is asked when a slot is made"};
	return true;
}

static void fault(const struct check_policy *policy, const struct check_world *world,
		  const struct check_fault *fault, struct check_answer *answer)
{
	const struct x86_history *history = &x86_histories[policy->version];
	struct mezzo_facts facts;

	check_world_facts(world, &facts);
	*answer = (struct check_answer){
		.decision =
			{
				.outcome = MEZZO_GRANT,
				.read = true,
				.write = world->field[CHECK_FIELD_WRITABLE],
				.exec = true,
				.frame_after = fault->frame,
			},
		.history = history,
		.entry = history->entry(&facts),
	};
	answer->why = answer->entry.why;
}

/* What none of them did: flush a page before a device that does not snoop can reach it, and after. */
static void fault_and_flush(const struct check_policy *policy, const struct check_world *world,
			    const struct check_fault *at, struct check_answer *answer)
{
	fault(policy, world, at, answer);
	if (world->field[CHECK_FIELD_DMA] != MEZZO_DMA_UNSNOOPED ||
	    world->field[CHECK_FIELD_MAP] != CHECK_MAP_WB)
		return;
	if (at->kind == MEZZO_FAULT_MISSING)
		answer->decision.before_visible[0] = MEZZO_ACTION_CLEAN_INVALIDATE;
	answer->decision.clean_after = true;
}

#define KVM(year, title, text, origin, again, which, answers)                                      \
	{                                                                                          \
		.name = title,                                                                     \
		.summary = text,                                                                   \
		.source = origin,                                                                  \
		.reconstruction = again,                                                           \
		.engine = CHECK_ENGINE_LINUX,                                                      \
		.blind = CHECK_FIELD_BIT(CHECK_FIELD_HONOUR_MTRR) |                                \
			 CHECK_FIELD_BIT(CHECK_FIELD_ENGINE),                                      \
		.stands = {.field = {[CHECK_FIELD_ENGINE] = which}},                               \
		.accepts = accepts,                                                                \
		.fault = answers,                                                                  \
		.version = year,                                                                   \
	}

/* As in x86_histories, which a test holds to be so. */
const struct check_policy check_policies_kvm_x86[X86_HISTORIES] = {
	KVM(0, "kvm-2008-wb", "write-back for everything, whatever the guest says",
	    "928d4bf747e9, thread 003", true, MEZZO_X86_EPT, fault),
	KVM(1, "kvm-2008-mtrr", "the guest's MTRRs, with its PAT ignored",
	    "the EPT series of 2008, thread 003", true, MEZZO_X86_EPT, fault),
	KVM(2, "kvm-2009-mtrr", "device memory UC; RAM by MTRR beside non-coherent DMA",
	    "2aaf69dcee86, thread 003", true, MEZZO_X86_EPT, fault),
	KVM(3, "kvm-2015-mtrr", "the guest's MTRRs for device memory too; reverted",
	    "fd717f11015f, thread 003", true, MEZZO_X86_EPT, fault),
	KVM(4, "kvm-2024-pat", "no MTRRs; the PAT honoured with self-snoop",
	    "377b2f359d1f, of 6.11", true, MEZZO_X86_EPT, fault),
	KVM(5, "kvm-2025-quirk", "no MTRRs; the PAT ignored unless DMA is non-coherent",
	    "vmx_get_mt_mask() of 7.3.4", false, MEZZO_X86_EPT, fault),
	KVM(6, "kvm-npt", "AMD: write-back, the rest by host MTRRs and guest PAT",
	    "arch/x86/kvm/svm/ of 7.3.4", false, MEZZO_X86_NPT, fault),
};

#define THOUGHT "nobody's: a thought experiment"

const struct check_policy check_policies_kvm_flush[CHECK_KVM_FLUSH] = {
	KVM(2, "kvm-2009-flush", "kvm-2009-mtrr with a flush where DMA does not snoop", THOUGHT,
	    true, MEZZO_X86_EPT, fault_and_flush),
	KVM(5, "kvm-2025-flush", "kvm-2025-quirk with a flush where DMA does not snoop", THOUGHT,
	    true, MEZZO_X86_EPT, fault_and_flush),
	KVM(6, "kvm-npt-flush", "kvm-npt with a flush where DMA does not snoop", THOUGHT, true,
	    MEZZO_X86_NPT, fault_and_flush),
};
