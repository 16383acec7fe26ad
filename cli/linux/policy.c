/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's ladders as policies of the model checker. */
#include "policy.h"
#include "linux.h"

#include "check/policies/policy.h"

static struct linux_facts facts_of(const struct check_policy *policy,
				   const struct check_world *world)
{
	static const enum linux_attr attr[] = {
		[CHECK_MAP_WB] = LINUX_ATTR_CACHED,
		[CHECK_MAP_NC] = LINUX_ATTR_WC,
		[CHECK_MAP_DEVICE] = LINUX_ATTR_DEVICE,
		[CHECK_MAP_NONE] = LINUX_ATTR_DEVICE,
	};
	static const enum linux_backing backing[] = {
		[CHECK_BACKING_LINEAR] = LINUX_BACKING_LINEAR,
		[CHECK_BACKING_PAGE] = LINUX_BACKING_PAGE,
		[CHECK_BACKING_NONE] = LINUX_BACKING_NONE,
	};
	const uint8_t *f = world->field;

	return (struct linux_facts){
		.version = (enum linux_version)policy->version,
		.pfnmap = f[CHECK_FIELD_SHAPE] == CHECK_SHAPE_PFNMAP,
		.mixedmap = f[CHECK_FIELD_SHAPE] == CHECK_SHAPE_MIXEDMAP,
		.io = f[CHECK_FIELD_IO],
		.any_uncached = f[CHECK_FIELD_ANY_UNCACHED],
		.mte_allowed = f[CHECK_FIELD_MTE_ALLOWED],
		.host_writable = f[CHECK_FIELD_WRITABLE],
		.attr = attr[f[CHECK_FIELD_MAP]],
		.backing = backing[f[CHECK_FIELD_BACKING]],
		.fwb = f[CHECK_FIELD_FWB],
		.dic = f[CHECK_FIELD_DIC],
		.vm_mte = f[CHECK_FIELD_GUEST_MTE],
		.logging = f[CHECK_FIELD_LOGGING],
		.slot = MEZZO_SLOT_READ_WRITE,
		.order = MEZZO_ORDER_4K,
	};
}

static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	struct linux_facts facts = facts_of(policy, world);
	struct linux_slot slot = linux_slot(&facts);

	*answer = (struct check_answer){
		.decision = {.outcome = slot.ok ? MEZZO_GRANT : MEZZO_REFUSE},
		.why = linux_rule_text(slot.rule)->name,
		.error = slot.error,
	};
	return slot.ok;
}

/* sanitise_mte_tags() leaves pages alone that are PG_mte_tagged: a frame's tags are zeroed once. */
static void list_work(const struct linux_fault *from, const struct check_fault *fault,
		      struct mezzo_decision *d)
{
	uint8_t *next = d->before_visible;

	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && from->before[i]; i++)
		if (from->before[i] != MEZZO_ACTION_ZERO_TAGS ||
		    fault->frame.tags == MEZZO_CONTENT_UNOWNED)
			*next++ = from->before[i];
	for (unsigned int i = 0; i < MEZZO_AFTER_MAX; i++)
		d->after_invalid[i] = from->after[i];
	d->clean_after = from->after[0] == MEZZO_ACTION_CLEAN_INVALIDATE;
	d->frame_after = fault->frame;
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		if (d->before_visible[i] == MEZZO_ACTION_ZERO_TAGS)
			d->frame_after.tags = MEZZO_CONTENT_INITIALISED;
}

static void fault(const struct check_policy *policy, const struct check_world *world,
		  const struct check_fault *fault, struct check_answer *answer)
{
	struct linux_facts facts = facts_of(policy, world);
	struct linux_fault got;

	facts.access = (enum mezzo_access)fault->access;
	facts.kind = (enum mezzo_fault_kind)fault->kind;
	got = linux_fault(&facts);
	*answer = (struct check_answer){
		.decision =
			{
				.outcome = (uint8_t)got.outcome,
				.type = (uint8_t)got.type,
				.read = got.read,
				.write = got.write,
				.exec = got.exec,
			},
		.why = linux_rule_text(got.rule)->name,
		.error = got.error,
	};
	if (got.mapped)
		list_work(&got, fault, &answer->decision);
}

#define LINUX(title, text, origin, again, which)                                                   \
	{                                                                                          \
		.name = title,                                                                     \
		.summary = text,                                                                   \
		.source = origin,                                                                  \
		.reconstruction = again,                                                           \
		.engine = CHECK_ENGINE_LINUX,                                                      \
		.blind = CHECK_FIELD_BIT(CHECK_FIELD_WINDOW),                                      \
		.accepts = accepts,                                                                \
		.fault = fault,                                                                    \
		.version = which,                                                                  \
	}

const struct check_policy linux_policy_legacy =
	LINUX("linux-legacy", "what is not in the linear map is Device, whatever its VMA says",
	      "arch/arm64/kvm/mmu.c up to Linux 6.8, from memory: kvm_is_device_pfn()", true,
	      LINUX_6_8);
const struct check_policy linux_policy_6_17 =
	LINUX("linux-6.17", "cacheable device memory with FWB and DIC, refused otherwise",
	      "arch/arm64/kvm/mmu.c since Linux 6.17, restated after its source", false,
	      LINUX_6_17);
