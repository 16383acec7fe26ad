/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_POLICY_RULE_H
#define MEZZO_POLICY_RULE_H
/*
 * What the rules of all architectures have in common: the frame's work, its order, its aftermath,
 * and the grant. Numbers are those of the rules in docs/policy.md.
 */
#include <stddef.h>

#include <mezzo/decide.h>

/* A fault costs what the usual grant costs: everything else is laid out of its way. */
#define UNLIKELY(condition) __builtin_expect((condition), 0)

#define ACCEPTED MEZZO_REASONS

/*
 * The work a frame needs before its first grant, and the state of a frame that asks for it, as
 * bits: a decision is a few operations on sets.
 */
#define WORK_ZERO 1U      /* the frame's data is unowned */
#define WORK_ZERO_TAGS 2U /* its tags are */
#define WORK_CLEAN 4U     /* it may have lines */

/* The eight states of a frame in which a bit is set, as a set of states. */
#define STATES_ZERO 0xaaU
#define STATES_ZERO_TAGS 0xccU
#define STATES_CLEAN 0xf0U
#define STATES_ALL 0xffU

/*
 * 3, where somebody reaches the memory past the cache. Zeroing goes through a write-back mapping
 * where the type is write-back: lines follow; they always follow tags. Where others keep a cached
 * mapping a frame cannot be CLEAN, whatever was answered.
 */
#define CLEAN_FOR(past_cache, write_back, cached)                                                  \
	(!(past_cache) ? 0U                                                                        \
	 : (cached)    ? STATES_ALL                                                                \
		       : STATES_CLEAN | STATES_ZERO_TAGS | ((write_back) ? STATES_ZERO : 0U))

/*
 * What a declaration means on a machine: everything that depends on those two alone, tabulated for
 * each architecture, so that a decision looks it up and does not work it out at every fault.
 */
struct meaning {
	/* As struct mezzo_decision begins: of a plain grant, or of the declaration's refusal. */
	uint8_t outcome, reason, type, effective;
	bool write_back;   /* the guest can reach write-back */
	bool cached;       /* somebody else reaches it through caches */
	bool clean_after;  /* taking it back needs CLEAN_INVALIDATE */
	uint8_t clean_for; /* set of frame states, see CLEAN_FOR: those that are cleaned first */
};
#define SAYS_BYTES offsetof(struct meaning, write_back)
_Static_assert(SAYS_BYTES == offsetof(struct mezzo_decision, read) &&
		       offsetof(struct meaning, effective) ==
			       offsetof(struct mezzo_decision, effective),
	       "copied in one go");

/* What a row says, by the refusal of its declaration, or ACCEPTED. */
#define SAYS(refusal, said_reason, said_type, said_effective)                                      \
	.outcome = (refusal) == ACCEPTED ? MEZZO_GRANT : MEZZO_REFUSE,                             \
	.reason = (refusal) == ACCEPTED ? (said_reason) : (refusal),                               \
	.type = (refusal) == ACCEPTED ? (said_type) : 0,                                           \
	.effective = (refusal) == ACCEPTED ? (said_effective) : 0

static inline bool forced(const struct meaning *m)
{
	return m->effective == MEZZO_CLASS_WB;
}

#define HAS_WB(allow) (((allow) & MEZZO_CLASS_WB) != 0)
#define HAS_NC(allow) (((allow) & MEZZO_CLASS_NC) != 0)
#define EXCLUSIVE(aliases) ((aliases) == MEZZO_ALIASES_NONE)
#define CACHED(aliases) ((aliases) == MEZZO_ALIASES_CACHED)

/* Rows of meanings over the four ways of aliases, three of maintenance, eight allowed sets. */
#define MEANINGS_BY_ALLOW(MEANING, machine, aliases, maintenance)                                  \
	MEANING(machine, aliases, maintenance, 0), MEANING(machine, aliases, maintenance, 1),      \
		MEANING(machine, aliases, maintenance, 2),                                         \
		MEANING(machine, aliases, maintenance, 3),                                         \
		MEANING(machine, aliases, maintenance, 4),                                         \
		MEANING(machine, aliases, maintenance, 5),                                         \
		MEANING(machine, aliases, maintenance, 6),                                         \
		MEANING(machine, aliases, maintenance, 7)
#define MEANINGS_BY_MAINTENANCE(MEANING, machine, aliases)                                         \
	MEANINGS_BY_ALLOW(MEANING, machine, aliases, 0),                                           \
		MEANINGS_BY_ALLOW(MEANING, machine, aliases, 1),                                   \
		MEANINGS_BY_ALLOW(MEANING, machine, aliases, 2)
#define MEANINGS(MEANING, machine)                                                                 \
	MEANINGS_BY_MAINTENANCE(MEANING, machine, 0),                                              \
		MEANINGS_BY_MAINTENANCE(MEANING, machine, 1),                                      \
		MEANINGS_BY_MAINTENANCE(MEANING, machine, 2),                                      \
		MEANINGS_BY_MAINTENANCE(MEANING, machine, 3)

/* The row of a declaration on a machine: @machine numbers those that a declaration can tell apart. */
static inline unsigned int meaning_row(unsigned int machine, const struct mezzo_contract *memory)
{
	return ((machine * MEZZO_ALIASES_VALUES + memory->aliases) * MEZZO_MAINTENANCE_VALUES +
		memory->maintenance) *
		       (MEZZO_CLASS_ALL + 1) +
	       (memory->allow & MEZZO_CLASS_ALL);
}

/*
 * A frame's state is those bits already: both ABIs (AAPCS64, psABI x86-64) lay bit-fields from the
 * lowest bit up. Field by field a compiler takes them out and puts them back at every decision.
 */
static inline unsigned int state_bits(const struct mezzo_frame_state *state)
{
	uint8_t bits;

	_Static_assert(sizeof(bits) == sizeof(*state), "one byte");
	__builtin_memcpy(&bits, state, sizeof(bits));
	return bits & (WORK_ZERO | WORK_ZERO_TAGS | WORK_CLEAN);
}

static inline void set_state_bits(struct mezzo_frame_state *state, unsigned int set)
{
	uint8_t bits = (uint8_t)set;

	__builtin_memcpy(state, &bits, sizeof(bits));
}

/* @tags: the guest can use allocation tags of this memory. A set of WORK_*. */
static inline unsigned int work_on(const struct mezzo_facts *facts, const struct meaning *m,
				   bool tags)
{
	unsigned int state = state_bits(&facts->frame);

	/* An entry that is there had its frame's work done when it became visible. */
	if (facts->fault.kind != MEZZO_FAULT_MISSING)
		return 0;
	/* 2: zeroing tags is due at the first grant to a guest that can read them. */
	if (!tags)
		state &= ~WORK_ZERO_TAGS;
	return (state & ~WORK_CLEAN) | (m->clean_for >> state & 1U) * WORK_CLEAN;
}

/*
 * With maintenance none the object promises frames that need no work; this one does. Registers
 * have no content that we may zero: a write has side effects.
 */
static inline enum mezzo_reason refuse_frame(const struct mezzo_facts *facts, unsigned int work)
{
	bool none = facts->memory.maintenance == MEZZO_MAINTENANCE_NONE;

	if (!(none | facts->memory.mmio))
		return ACCEPTED;
	if (work & WORK_ZERO)
		return MEZZO_WHY_UNOWNED_NO_MAINTENANCE;
	if (none && work & WORK_ZERO_TAGS)
		return MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE;
	if (none && work & WORK_CLEAN)
		return MEZZO_WHY_LINES_NO_MAINTENANCE;
	return ACCEPTED;
}

/* Does the access itself need write permission? Arm's DC IVAC does. */
static inline bool wants_write(const struct mezzo_fault *fault)
{
	return fault->access == MEZZO_ACCESS_WRITE || fault->access == MEZZO_ACCESS_WALK_WRITE ||
	       (fault->access == MEZZO_ACCESS_CACHE_OP && fault->kind == MEZZO_FAULT_PERMISSION);
}

/*
 * The work in the order in which it must be done, by whether the guest can reach write-back. 3: what
 * is zeroed through an uncached window is cleaned first, since a line left behind would be written
 * back over the zeroes, and none can follow.
 */
#define WORK_MAX 4
static const uint8_t work_order[2][WORK_CLEAN * 2][WORK_MAX] = {
	{
		/* Tags are of no use to this guest. */
		[WORK_ZERO] = {MEZZO_ACTION_ZERO_UNCACHED},
		[WORK_CLEAN] = {MEZZO_ACTION_CLEAN_INVALIDATE},
		[WORK_CLEAN |
			WORK_ZERO] = {MEZZO_ACTION_CLEAN_INVALIDATE, MEZZO_ACTION_ZERO_UNCACHED},
	},
	{
		[WORK_ZERO] = {MEZZO_ACTION_ZERO},
		[WORK_ZERO_TAGS] = {MEZZO_ACTION_ZERO_TAGS},
		[WORK_ZERO | WORK_ZERO_TAGS] = {MEZZO_ACTION_ZERO, MEZZO_ACTION_ZERO_TAGS},
		[WORK_CLEAN] = {MEZZO_ACTION_CLEAN_INVALIDATE},
		[WORK_CLEAN | WORK_ZERO] = {MEZZO_ACTION_ZERO, MEZZO_ACTION_CLEAN_INVALIDATE},
		[WORK_CLEAN |
			WORK_ZERO_TAGS] = {MEZZO_ACTION_ZERO_TAGS, MEZZO_ACTION_CLEAN_INVALIDATE},
		[WORK_CLEAN | WORK_ZERO | WORK_ZERO_TAGS] = {MEZZO_ACTION_ZERO,
							     MEZZO_ACTION_ZERO_TAGS,
							     MEZZO_ACTION_CLEAN_INVALIDATE},
	},
};

/* After the work: @action is the last that anybody reads. */
static inline void append(uint8_t *list, enum mezzo_action action)
{
	while (*list != MEZZO_ACTION_NONE)
		list++;
	*list = (uint8_t)action;
}

/*
 * @work: a set of WORK_*
 * @writable: slot and object may be written
 * @exec: execution is granted now; @icache: and needs instruction cache maintenance
 */
static inline void grant(const struct mezzo_facts *facts, const struct meaning *m,
			 unsigned int work, bool writable, bool exec, bool icache,
			 struct mezzo_decision *out)
{
	const struct mezzo_fault *fault = &facts->fault;
	bool log = facts->guest.dirty_log;
	unsigned int order = facts->memory.max_order;

	if (UNLIKELY(log)) {
		writable = writable && wants_write(fault);
		log = writable;
		order = MEZZO_ORDER_4K;
	}
	if (fault->kind == MEZZO_FAULT_PERMISSION && order > fault->order)
		order = fault->order;
	/* Work is bounded, now and when it is taken back: 1 GiB is never cleaned in one go. */
	if (order > MEZZO_ORDER_2M && work | m->clean_after)
		order = MEZZO_ORDER_2M;

	out->read = true;
	out->write = writable;
	out->exec = exec;
	out->clean_after = m->clean_after;
	out->max_order = (uint8_t)order;
	__builtin_memcpy(out->before_visible, work_order[m->write_back][work], WORK_MAX);
	if (UNLIKELY(icache))
		append(out->before_visible, MEZZO_ACTION_INVALIDATE_ICACHE);
	if (UNLIKELY(log)) {
		append(out->before_visible, MEZZO_ACTION_LOG_DIRTY);
		out->reason = MEZZO_WHY_WRITE_LOGGED;
	}

	/* 9: what taking the entry back needs. */
	_Static_assert(MEZZO_ACTION_CLEAN_INVALIDATE == true && MEZZO_ACTION_NONE == false,
		       "a bit");
	out->after_invalid[0] = m->clean_after;
	if (UNLIKELY(icache))
		out->after_invalid[m->clean_after] = MEZZO_ACTION_INVALIDATE_ICACHE;

	/* What the object is told. */
	_Static_assert(!MEZZO_CONTENT_INITIALISED && !MEZZO_LINES_CLEAN, "clearing is enough");
	set_state_bits(&out->frame_after,
		       (state_bits(&facts->frame) & ~work) | (m->write_back ? WORK_CLEAN : 0U));
}

static inline void say(const struct meaning *m, struct mezzo_decision *out)
{
	__builtin_memcpy(out, m, SAYS_BYTES);
}

static inline void refuse(enum mezzo_reason reason, struct mezzo_decision *out)
{
	*out = (struct mezzo_decision){.outcome = MEZZO_REFUSE, .reason = (uint8_t)reason};
}

/* What every architecture's facts_valid begins with. */
static inline bool common_facts_valid(const struct mezzo_facts *facts)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_fault *fault = &facts->fault;

	return memory->aliases < MEZZO_ALIASES_VALUES && memory->allow != 0 &&
	       memory->allow <= MEZZO_CLASS_ALL && memory->maintenance < MEZZO_MAINTENANCE_VALUES &&
	       memory->dma < MEZZO_DMA_VALUES && memory->max_order <= MEZZO_ORDER_MAX &&
	       fault->slot < MEZZO_SLOT_KINDS && fault->kind < MEZZO_FAULT_KINDS &&
	       fault->access < MEZZO_ACCESS_KINDS && fault->order <= MEZZO_ORDER_MAX;
}

#endif
