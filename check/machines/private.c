/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/machines/private_state.h"

#include <stdio.h>

enum design {
	HVA_FOLLOWED,
	HVA_IGNORED,
	BY_OBJECT,
};

static const struct {
	enum private_source resolves, invalidates;
} designs[] = {
	[HVA_FOLLOWED] = {PRIVATE_BY_HVA, PRIVATE_BY_HVA},
	[HVA_IGNORED] = {PRIVATE_BY_HVA, PRIVATE_NOBODY},
	[BY_OBJECT] = {PRIVATE_BY_FD, PRIVATE_BY_FD},
};

/* --- moves ---------------------------------------------------------------------------------------------- */

struct moves {
	const struct private_model *model;
	struct check_move *out;
	unsigned int count;
};

static void emit(struct moves *k, struct private_state s, enum private_action action,
		 uint64_t broken)
{
	k->out[k->count++] = (struct check_move){
		.to = private_pack(s),
		.broken = broken,
		.action = (uint16_t)action,
		.agent = action >= DO_REMAP,
		.judged = PRIVATE_JUDGES,
	};
}

static void guest(struct moves *k, struct private_state s)
{
	unsigned int source = k->model->resolves == PRIVATE_BY_FD ? s.object : s.hva;
	struct private_state to = s;
	uint64_t broken = 0;

	if (!s.entry && source) {
		to.entry = source & 3;
		emit(k, to, DO_FAULT, 0);
	}
	if (!s.entry)
		return;
	if (!s.accepted) {
		to.accepted = s.entry;
		emit(k, to, DO_ACCEPT, 0);
	}
	if (s.entry == P1 && s.reused)
		broken |= CHECK_BIT(CHECK_S12_NO_REUSED_PAGE);
	if (s.accepted && s.entry != s.accepted)
		broken |= CHECK_BIT(CHECK_S13_ACCEPTED_STAYS);
	emit(k, s, DO_ACCESS, broken);
	if (s.accepted) {
		to = s;
		to.entry = NO_PAGE;
		to.accepted = NO_PAGE;
		emit(k, to, DO_RELEASE, 0);
	}
}

/*
 * A source no longer shows what the entry was made from. If it is followed the entry goes; if it
 * was believed at fault time and is not followed now, two different parties are believed.
 */
static uint64_t source_changed(const struct moves *k, struct private_state *s,
			       enum private_source source, bool by_vmm)
{
	uint64_t broken = 0;

	if (!s->entry)
		return 0;
	if (k->model->invalidates == source) {
		if (by_vmm && s->accepted)
			broken |= CHECK_BIT(CHECK_S14_NO_SILENT_LOSS);
		s->entry = NO_PAGE;
	} else if (k->model->resolves == source) {
		broken |= CHECK_BIT(CHECK_S16_ONE_SOURCE);
	}
	return broken;
}

static void host(struct moves *k, struct private_state s)
{
	struct private_state to = s;
	uint64_t broken;

	if (s.hva == P1) {
		to.hva = P2;
		broken = source_changed(k, &to, PRIVATE_BY_HVA, true);
		emit(k, to, DO_REMAP, broken);
		to = s;
		to.hva = NO_PAGE;
		broken = source_changed(k, &to, PRIVATE_BY_HVA, true);
		emit(k, to, DO_UNMAP, broken);
	}
	if (s.object == P1) {
		/* The driver takes the page out of user mappings as well: that notifies, too. */
		to = s;
		to.object = NO_PAGE;
		broken = source_changed(k, &to, PRIVATE_BY_FD, false);
		if (to.hva == P1) {
			to.hva = NO_PAGE;
			broken |= source_changed(k, &to, PRIVATE_BY_HVA, false);
		}
		to.reused = 1;
		emit(k, to, DO_REVOKE, broken);
	}
}

static unsigned int moves(const void *model, uint64_t word, struct check_move out[CHECK_MOVES_MAX])
{
	struct moves k = {.model = model, .out = out};
	struct private_state s = private_unpack(word);

	guest(&k, s);
	host(&k, s);
	return k.count;
}

static uint64_t start(const void *model)
{
	(void)model;
	return private_pack((struct private_state){.hva = P1, .object = P1});
}

const struct check_machine private_machine = {
	.name = "private",
	.state_bits = PRIVATE_STATE_BITS,
	.start = start,
	.moves = moves,
};

/* --- the designs ---------------------------------------------------------------------------------------- */

/*
 * Mezzo asks its rule about a private object that a host address resolves, as about one that none
 * does: the first has, at the least, that host mapping, and is refused.
 */
static bool accepts(const struct check_policy *policy, const struct check_world *world,
		    struct check_answer *answer)
{
	struct mezzo_facts facts = {
		.memory = mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW),
		.machine = {.arm64 = {.fwb = true, .idc = true, .dic = true}},
		.fault = {.slot = MEZZO_SLOT_READ_WRITE, .order = MEZZO_ORDER_4K},
	};

	(void)world;
	*answer = (struct check_answer){.why = "the VMM's mapping is there"};
	if (!policy->decide)
		return true;
	facts.memory.is_private = true;
	if (designs[policy->version].resolves == PRIVATE_BY_HVA)
		facts.memory.aliases = MEZZO_ALIASES_DEVICE;
	facts.frame = facts.memory.promise;
	policy->decide(&facts, &answer->decision);
	answer->why = mezzo_reason((enum mezzo_reason)answer->decision.reason)->name;
	return answer->decision.outcome != MEZZO_REFUSE;
}

static bool compile(const struct check_policy *policy, const struct check_world world[2],
		    enum check_kind kind, const struct check_change *change, void *arg)
{
	struct private_model *model = arg;
	struct check_answer answer;

	(void)kind;
	(void)change;
	model->resolves = designs[policy->version].resolves;
	model->invalidates = designs[policy->version].invalidates;
	return accepts(policy, &world[0], &answer);
}

const struct check_policy private_hva_followed = {
	.name = "hva-followed",
	.summary = "resolve by the host address, follow the VMM's mapping",
	.source = "thread 002: \"private MMIO mapping should follow userspace mapping change\"",
	.reconstruction = true,
	.accepts = accepts,
	.version = HVA_FOLLOWED,
};
const struct check_policy private_hva_ignored = {
	.name = "hva-ignored",
	.summary = "resolve by the host address, and never follow it",
	.source = "thread 002: \"skip all VFIO private MMIO regions\"",
	.reconstruction = true,
	.accepts = accepts,
	.version = HVA_IGNORED,
};
const struct check_policy private_mezzo = {
	.name = "mezzo",
	.summary = "resolve by the object, follow the object",
	.source = "include/mezzo/object.h; the object code that ships",
	.accepts = accepts,
	.decide = mezzo_arm64_decide,
	.version = BY_OBJECT,
};

static bool complete(struct check_world *world, unsigned int doubted)
{
	(void)world;
	(void)doubted;
	return true;
}

const struct check_family private_family = {
	.name = "private",
	.summary = "a page of device memory that a guest accepts",
	.complete = complete,
};

/* --- words ------------------------------------------------------------------------------------------------ */

static void tell(const struct check_case *at, const struct check_step *step,
		 enum check_property broken, char *text, size_t size)
{
	struct private_state from = private_unpack(step->from), now = private_unpack(step->to);
	const char *taken = from.entry && !now.entry ? " The guest's entry goes with it."
			    : from.entry             ? " The guest's entry stays."
						     : "";

	(void)at;
	(void)broken;
	switch (step->action) {
	case DO_FAULT:
		snprintf(text, size, "The guest faults, and page %u is mapped for it.",
			 (unsigned int)now.entry);
		break;
	case DO_ACCEPT:
		snprintf(text, size, "The guest looks at page %u and accepts it.",
			 (unsigned int)now.accepted);
		break;
	case DO_ACCESS:
		snprintf(text, size, "The guest uses page %u%s%s.", (unsigned int)from.entry,
			 from.entry == P1 && from.reused ? ", which is somebody else's by now" : "",
			 from.accepted && from.accepted != from.entry
				 ? ", which is not the one that it accepted"
				 : "");
		break;
	case DO_RELEASE:
		snprintf(text, size, "The guest gives the page back.");
		break;
	case DO_REMAP:
		snprintf(text, size, "The VMM puts page 2 behind its address.%s", taken);
		break;
	case DO_UNMAP:
		snprintf(text, size, "The VMM unmaps its address.%s", taken);
		break;
	default:
		snprintf(text, size, "The driver revokes page 1, and gives it to somebody else.%s",
			 taken);
	}
}

static const char *actor(const struct check_step *step)
{
	if (step->action < DO_REMAP)
		return "guest B";
	return step->action == DO_REVOKE ? "driver" : "host";
}

const struct check_subject private_subject = {
	.machine = &private_machine,
	.model_bytes = sizeof(struct private_model),
	.judges = PRIVATE_JUDGES,
	.compile = compile,
	.tell = tell,
	.actor = actor,
};
