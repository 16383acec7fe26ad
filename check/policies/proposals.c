/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three proposals for KVM on arm64 that were argued about and not merged as they stood, each as
 * the ladder of user_mem_abort() that it would have made. Written after the mails; where no patch
 * text was to be had the summary says so.
 */
#include "check/policies/policy.h"

enum proposal {
	PROPOSAL_2023_V3,
	PROPOSAL_2024_V2,
	PROPOSAL_2025_V3,
};

/* What the type and its companions come out as. */
struct ladder {
	bool plain;      /* `device` or `noncacheable` is false: tags, logging and X as for RAM */
	bool write_back; /* the type that is really mapped */
	bool any_uncached;
	const char *why;
	const char *error;
};

static struct ladder climb_2023(const uint8_t *f)
{
	bool cached = f[CHECK_FIELD_MAP] == CHECK_MAP_WB;

	/* The VMA's page protection alone decides. Normal-NC was not on offer yet. */
	return (struct ladder){
		.plain = cached,
		.write_back = cached,
		.why = cached ? "the VMA is cacheable" : "the VMA is not cacheable",
	};
}

static struct ladder climb_2024(const uint8_t *f)
{
	bool page = f[CHECK_FIELD_BACKING] != CHECK_BACKING_NONE; /* pfn_valid() */
	struct ladder l = {
		.plain = true,
		.write_back = f[CHECK_FIELD_MAP] == CHECK_MAP_WB,
		.any_uncached = f[CHECK_FIELD_ANY_UNCACHED],
		.why = "the VMA is cacheable",
	};

	/* `noncacheable` gates tags, logging and execution; `mt` alone picks the type. */
	if (f[CHECK_FIELD_IO] || !page || (f[CHECK_FIELD_GUEST_MTE] && !f[CHECK_FIELD_MTE_ALLOWED]))
		l.plain = false;
	if (!l.write_back)
		l.why = "the VMA is not cacheable";
	else if (!l.plain)
		l.why = "noncacheable, and yet the VMA is cacheable";
	if (!f[CHECK_FIELD_FWB] && !page) {
		l.error = "EINVAL";
		l.why = "no FWB and no struct page";
	}
	return l;
}

static struct ladder climb_2025(const uint8_t *f)
{
	bool linear = f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR; /* pfn_is_map_memory() */
	bool cached = f[CHECK_FIELD_MAP] == CHECK_MAP_WB;
	struct ladder l = {
		.plain = linear || (cached && f[CHECK_FIELD_FWB]),
		.any_uncached = f[CHECK_FIELD_ANY_UNCACHED],
	};

	l.write_back = l.plain;
	l.why = linear         ? "the page is in the linear map"
		: l.write_back ? "the VMA is cacheable, and there is FWB"
		: cached       ? "no FWB: falls back to Device"
			       : "the VMA is not cacheable";
	return l;
}

static struct ladder climb(const struct check_policy *policy, const uint8_t *f)
{
	static struct ladder (*const ladders[])(const uint8_t *) = {
		[PROPOSAL_2023_V3] = climb_2023,
		[PROPOSAL_2024_V2] = climb_2024,
		[PROPOSAL_2025_V3] = climb_2025,
	};

	return ladders[policy->version](f);
}

static void refuse(struct check_answer *answer, const char *error, const char *why)
{
	*answer = (struct check_answer){
		.decision = {.outcome = MEZZO_REFUSE},
		.why = why,
		.error = error,
	};
}

/* kvm_arch_prepare_memory_region() as it was before all of them. */
static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	const uint8_t *f = world->field;

	(void)policy;
	*answer = (struct check_answer){.why = "nothing refuses the slot"};
	if (f[CHECK_FIELD_GUEST_MTE] && !f[CHECK_FIELD_MTE_ALLOWED]) {
		refuse(answer, "EINVAL", "the VM has MTE and the VMA is not VM_MTE_ALLOWED");
		return false;
	}
	if (f[CHECK_FIELD_SHAPE] == CHECK_SHAPE_PFNMAP && f[CHECK_FIELD_LOGGING]) {
		refuse(answer, "EINVAL", "dirty logging of a VM_PFNMAP mapping");
		return false;
	}
	return true;
}

static void list_work(const uint8_t *f, const struct check_fault *fault, const struct ladder *l,
		      struct mezzo_decision *d)
{
	bool missing = fault->kind == MEZZO_FAULT_MISSING;
	uint8_t *next = d->before_visible;

	/* sanitise_mte_tags(), on pages that are not PG_mte_tagged */
	if (missing && l->plain && f[CHECK_FIELD_GUEST_MTE] &&
	    fault->frame.tags == MEZZO_CONTENT_UNOWNED) {
		*next++ = MEZZO_ACTION_ZERO_TAGS;
		d->frame_after.tags = MEZZO_CONTENT_INITIALISED;
	}
	if (missing && l->write_back && !f[CHECK_FIELD_FWB])
		*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (d->exec && !f[CHECK_FIELD_DIC])
		*next++ = MEZZO_ACTION_INVALIDATE_ICACHE;
	if (d->write && f[CHECK_FIELD_LOGGING])
		*next = MEZZO_ACTION_LOG_DIRTY;
	d->clean_after = l->write_back && !f[CHECK_FIELD_FWB];
	if (d->clean_after)
		d->after_invalid[0] = MEZZO_ACTION_CLEAN_INVALIDATE;
}

static void fault(const struct check_policy *policy, const struct check_world *world,
		  const struct check_fault *fault, struct check_answer *answer)
{
	const uint8_t *f = world->field;
	struct ladder l = climb(policy, f);
	struct mezzo_decision *d = &answer->decision;
	bool write = fault->access == MEZZO_ACCESS_WRITE ||
		     fault->access == MEZZO_ACCESS_WALK_WRITE ||
		     fault->access == MEZZO_ACCESS_CACHE_OP;

	*answer = (struct check_answer){.why = l.why};
	if (fault->access == MEZZO_ACCESS_EXCLUSIVE || fault->access == MEZZO_ACCESS_UNALIGNED) {
		d->outcome = MEZZO_ABORT;
		return;
	}
	if (fault->access == MEZZO_ACCESS_EXEC && !(l.plain && l.write_back)) {
		d->outcome = MEZZO_ABORT;
		answer->why = "a fetch from memory that is not cacheable: ENOEXEC";
		return;
	}
	if (f[CHECK_FIELD_GUEST_MTE] && l.plain && !f[CHECK_FIELD_MTE_ALLOWED] &&
	    fault->kind == MEZZO_FAULT_MISSING) {
		refuse(answer, "EFAULT", "the VM has MTE and the VMA is not VM_MTE_ALLOWED");
		return;
	}
	if (l.error) {
		refuse(answer, l.error, l.why);
		return;
	}
	d->outcome = MEZZO_GRANT;
	d->type = l.write_back     ? MEZZO_STAGE2_NORMAL_WB
		  : l.any_uncached ? MEZZO_STAGE2_NORMAL_NC
				   : MEZZO_STAGE2_DEVICE_nGnRE;
	d->read = true;
	d->write = !l.plain || !f[CHECK_FIELD_LOGGING] || write;
	d->exec = fault->access == MEZZO_ACCESS_EXEC || (l.write_back && f[CHECK_FIELD_DIC]);
	d->frame_after = fault->frame;
	list_work(f, fault, &l, d);
}

#define PROPOSAL(which, title, text, origin)                                                       \
	{                                                                                          \
		.name = title,                                                                     \
		.summary = text,                                                                   \
		.source = origin,                                                                  \
		.reconstruction = true,                                                            \
		.engine = CHECK_ENGINE_LINUX,                                                      \
		.blind = CHECK_FIELD_BIT(CHECK_FIELD_WINDOW),                                      \
		.accepts = accepts,                                                                \
		.fault = fault,                                                                    \
		.version = which,                                                                  \
	}

const struct check_policy check_policy_2023_v3 = PROPOSAL(
	PROPOSAL_2023_V3, "proposal-2023-v3", "the VMA's memory type decides, whatever the machine",
	"thread 000: its title, and \"if FWB is not available this patch makes KVM crash\"");
const struct check_policy check_policy_2024_v2 =
	PROPOSAL(PROPOSAL_2024_V2, "proposal-2024-v2",
		 "pfn_valid() and VM_IO gate tags and fetches; the VMA's type picks the type",
		 "thread 001: the hunks of the patch");
const struct check_policy check_policy_2025_v3 = PROPOSAL(
	PROPOSAL_2025_V3, "proposal-2025-v3",
	"cacheable device memory with FWB; without it, fall back to Device",
	"thread 004: \"the !FWB behavior would be to force device mappings\"; no patch text");
