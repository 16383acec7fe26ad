/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault's steps and a revocation's, one at a time. */
#include "check/machines/race_state.h"

#include <string.h>

const struct check_duty race_flaws[RACE_FLAWS] = {
	[RACE_NO_SEQUENCE] = {"no-sequence", "the fault does not look again whether its frame was "
					     "taken away"},
	[RACE_SEQUENCE_LATE] = {"sequence-late", "the fault takes the sequence after the frame"},
	[RACE_RAISE_LATE] = {"raise-late", "the revocation raises the sequence after its walk"},
	[RACE_RESOLVER_LATE] = {"resolver-late", "the object goes on resolving to the old frame "
						 "until the revocation is over"},
	[RACE_SKIP_BUSY] = {"skip-busy", "the revocation skips an entry that is being made"},
	[RACE_NO_TLBI] = {"no-tlbi", "the revocation does not invalidate TLBs"},
	[RACE_TLBI_NOT_AWAITED] = {"tlbi-not-awaited",
				   "the revocation does not wait for the invalidation"},
	[RACE_VISIBLE_FIRST] = {"visible-first",
				"the entry is visible before its frame is cleaned"},
	[RACE_CLEAN_AFTER_EARLY] = {"clean-after-early",
				    "the frame is cleaned before the invalidation "
				    "is complete"},
	[RACE_KEEP_BUSY] = {"keep-busy", "a fault that has to retry leaves its entry busy"},
	[RACE_KEEP_OWED] = {"keep-owed", "the revocation never empties the entry"},
};

/* --- moves --------------------------------------------------------------------------------------------- */

struct step {
	const struct race_model *model;
	struct check_move *out;
	unsigned int count;
};

static bool flawed(const struct step *k, enum race_flaw flaw)
{
	return k->model->flaws >> flaw & 1;
}

static void emit(struct step *k, const struct race_state *s, enum action action, unsigned int agent,
		 uint64_t broken, bool settles)
{
	k->out[k->count++] = (struct check_move){
		.to = race_pack(s),
		.broken = broken,
		.action = (uint16_t)(action << 2 | agent),
		.agent = (uint8_t)agent,
		.settles = settles,
		.judged = action == DO_ACCESS ? RACE_JUDGES : 0,
	};
}

/* The guest uses the page: through its TLB, or by a walk that finds a valid entry. */
static void guest_access(struct step *k, struct race_state s, unsigned int i)
{
	struct vcpu *v = &s.vcpu[i];
	uint64_t broken = 0;

	if (v->tlb == TLB_NONE) {
		if (s.entry != E_VALID) {
			v->pc = F_SEQUENCE;
			emit(k, &s, DO_FAULT_STEP, i, 0, false);
			return;
		}
		v->tlb = s.entry_frame;
	}
	if (!(s.ours >> v->tlb & 1))
		broken |= CHECK_BIT(CHECK_S12_NO_REUSED_PAGE);
	if (k->model->before && s.dirty >> v->tlb & 1)
		broken |= CHECK_BIT(CHECK_S15_CLEAN_BEFORE_VISIBLE);
	if (k->model->after)
		s.used |= (uint8_t)(1u << v->tlb);
	emit(k, &s, DO_ACCESS, i, broken, true);
}

static void retry(struct vcpu *v)
{
	v->pc = F_RUN;
	v->sequence = 0;
	v->frame = 0;
}

static enum fault_pc after_recheck(const struct step *k)
{
	return flawed(k, RACE_VISIBLE_FIRST) ? F_PUBLISH : F_WORK;
}

static void claim(struct step *k, struct race_state *s, struct vcpu *v, unsigned int i)
{
	if (s->entry != E_EMPTY) {
		retry(v);
		return;
	}
	s->entry = E_BUSY;
	s->holder = (uint8_t)i;
	v->pc = flawed(k, RACE_NO_SEQUENCE) ? after_recheck(k) : F_RECHECK;
}

static void recheck(struct step *k, struct race_state *s, struct vcpu *v)
{
	if (v->sequence != s->sequence) {
		if (!flawed(k, RACE_KEEP_BUSY)) {
			s->entry = E_EMPTY;
			s->holder = 0;
		}
		retry(v);
		return;
	}
	v->pc = after_recheck(k);
}

static void publish(struct step *k, struct race_state *s, struct vcpu *v)
{
	/* With RACE_SKIP_BUSY the revocation may have gone past the entry. */
	s->entry = E_VALID;
	s->entry_frame = v->frame;
	s->holder = 0;
	v->sequence = 0;
	if (flawed(k, RACE_VISIBLE_FIRST)) {
		v->pc = F_WORK_LATE;
		return;
	}
	v->frame = 0;
	v->pc = F_RUN;
}

static void fault_step(struct step *k, struct race_state s, unsigned int i)
{
	struct vcpu *v = &s.vcpu[i];
	bool settles = v->pc == F_PUBLISH;

	switch (v->pc) {
	case F_SEQUENCE:
		v->sequence = s.sequence;
		v->pc = F_RESOLVE;
		break;
	case F_RESOLVE:
		v->frame = s.current;
		if (flawed(k, RACE_SEQUENCE_LATE))
			v->sequence = SEQUENCE_NONE;
		v->pc = F_CLAIM;
		break;
	case F_CLAIM:
		if (v->sequence == SEQUENCE_NONE)
			v->sequence = s.sequence;
		claim(k, &s, v, i);
		break;
	case F_RECHECK:
		recheck(k, &s, v);
		break;
	case F_WORK:
		s.dirty &= (uint8_t)~(1u << v->frame);
		v->pc = F_PUBLISH;
		break;
	case F_PUBLISH:
		publish(k, &s, v);
		break;
	default:
		s.dirty &= (uint8_t)~(1u << v->frame);
		v->frame = 0;
		v->pc = F_RUN;
	}
	emit(k, &s, DO_FAULT_STEP, i, 0, settles);
}

static void vcpu_moves(struct step *k, const struct race_state *s, unsigned int i)
{
	struct race_state other = *s;

	if (s->vcpu[i].pc == F_RUN)
		guest_access(k, *s, i);
	else
		fault_step(k, *s, i);
	if (s->vcpu[i].tlb != TLB_NONE) {
		other.vcpu[i].tlb = TLB_NONE;
		emit(k, &other, DO_FORGET, i, 0, true);
	}
}

/* The walk. false: the entry is busy, and is waited for. */
static bool walk(const struct step *k, struct race_state *s)
{
	if (s->entry == E_BUSY && !flawed(k, RACE_SKIP_BUSY))
		return false;
	s->was_mapped = s->entry == E_VALID;
	if (s->was_mapped)
		s->entry = E_OWED;
	return true;
}

static void drop_tlbs(struct race_state *s)
{
	s->vcpu[0].tlb = TLB_NONE;
	s->vcpu[1].tlb = TLB_NONE;
}

/* The old frame goes to somebody else, who leaves lines of his own in it. */
static uint64_t free_old(struct race_state *s)
{
	uint8_t bit = (uint8_t)(1u << s->old);
	uint64_t broken = s->used & bit ? CHECK_BIT(CHECK_S1_NO_LEAK) : 0;

	s->ours &= (uint8_t)~bit;
	s->dirty |= bit;
	s->used &= (uint8_t)~bit;
	return broken;
}

/* From now on the object resolves to the other frame, which was cleaned by nobody yet. */
static void resolve_anew(struct race_state *s)
{
	s->current = !s->old;
	s->ours |= (uint8_t)(1u << s->current);
}

/* The frame of the leaf that was taken; a fault may have put a newer one there. */
static void clean_taken(struct race_state *s)
{
	s->used &= (uint8_t)~(1u << s->entry_frame);
}

/* Is there anything to do in this step? */
static bool due(const struct step *k, const struct race_state *s, unsigned int pc)
{
	switch (pc) {
	case R_RESOLVER:
		return !flawed(k, RACE_RESOLVER_LATE);
	case R_RESOLVER_LATE:
		return flawed(k, RACE_RESOLVER_LATE);
	case R_RAISE:
		return !flawed(k, RACE_RAISE_LATE);
	case R_RAISE_LATE:
		return flawed(k, RACE_RAISE_LATE);
	case R_CLEAN_EARLY:
		return flawed(k, RACE_CLEAN_AFTER_EARLY) && s->was_mapped && k->model->after;
	case R_CLEAN:
		return !flawed(k, RACE_CLEAN_AFTER_EARLY) && s->was_mapped && k->model->after;
	case R_TLBI:
		return !flawed(k, RACE_NO_TLBI);
	case R_AWAIT:
		return s->tlbi && !flawed(k, RACE_TLBI_NOT_AWAITED);
	default:
		return true;
	}
}

static void revoke_step(struct step *k, struct race_state s)
{
	uint64_t broken = 0;
	uint8_t next = (uint8_t)(s.revoke_pc + 1);

	switch (s.revoke_pc) {
	case R_IDLE:
		if (s.rounds == ROUNDS)
			return;
		s.rounds++;
		s.old = s.current;
		break;
	case R_RESOLVER:
	case R_RESOLVER_LATE:
		resolve_anew(&s);
		break;
	case R_RAISE:
	case R_RAISE_LATE:
		s.sequence++;
		break;
	case R_WALK:
		if (!walk(k, &s))
			return;
		break;
	case R_TLBI:
		s.tlbi = true;
		break;
	case R_AWAIT:
		drop_tlbs(&s);
		s.tlbi = false;
		break;
	case R_CLEAN_EARLY:
	case R_CLEAN:
		clean_taken(&s);
		break;
	case R_EMPTY:
		if (s.entry == E_OWED && !flawed(k, RACE_KEEP_OWED)) {
			s.entry = E_EMPTY;
			s.entry_frame = 0;
		}
		s.was_mapped = false;
		break;
	default:
		broken = free_old(&s);
		next = R_IDLE;
	}
	while (!due(k, &s, next))
		next++;
	s.revoke_pc = next;
	emit(k, &s, DO_REVOKE_STEP, REVOKER, broken, true);
}

/* An invalidation that nobody waits for takes effect whenever it likes. */
static void late_tlbi(struct step *k, struct race_state s)
{
	if (!s.tlbi)
		return;
	drop_tlbs(&s);
	s.tlbi = false;
	emit(k, &s, DO_FORGET, REVOKER, 0, true);
}

static unsigned int moves(const void *model, uint64_t word, struct check_move out[CHECK_MOVES_MAX])
{
	struct step k = {.model = model, .out = out};
	struct race_state s;

	race_unpack(word, &s);
	vcpu_moves(&k, &s, 0);
	vcpu_moves(&k, &s, 1);
	revoke_step(&k, s);
	late_tlbi(&k, s);
	return k.count;
}

static uint64_t start(const void *model)
{
	struct race_state s = {
		.vcpu = {{.tlb = TLB_NONE}, {.tlb = TLB_NONE}},
		.ours = 1,
		.dirty = 3,
	};

	(void)model;
	return race_pack(&s);
}

const struct check_machine race_machine = {
	.name = "race",
	.state_bits = RACE_STATE_BITS,
	.start = start,
	.moves = moves,
};

bool race_compile(const struct check_policy *policy, const struct check_world world[2],
		  enum check_kind kind, const struct check_change *change, void *arg)
{
	struct race_model *model = arg;
	struct check_fault fault = {
		.kind = MEZZO_FAULT_MISSING,
		.access = MEZZO_ACCESS_READ,
		.frame = {.lines = MEZZO_LINES_MAYBE},
	};
	struct check_answer answer;

	(void)kind;
	model->flaws = change->lacks;
	if (!policy->accepts(policy, &world[0], &answer))
		return false;
	policy->fault(policy, &world[0], &fault, &answer);
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX; i++)
		model->before |= answer.decision.before_visible[i] == MEZZO_ACTION_CLEAN_INVALIDATE;
	model->after = answer.decision.clean_after;
	return answer.decision.outcome == MEZZO_GRANT;
}
