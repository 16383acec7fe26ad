/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_POLICY_RULE_H
#define MEZZO_POLICY_RULE_H
/*
 * What the rules of all architectures have in common: the frame's work, its order, its aftermath,
 * and the grant. Numbers are those of the rules in docs/policy.md.
 */
#include <mezzo/decide.h>

/* A fault costs what the usual grant costs: everything else is laid out of its way. */
#define UNLIKELY(condition) __builtin_expect((condition), 0)

#define ACCEPTED MEZZO_REASONS

/*
 * What a declaration means on a machine: everything that depends on those two alone, tabulated for
 * each architecture, so that a decision looks it up and does not work it out at every fault.
 */
struct meaning {
	uint8_t refusal;   /* the declaration contradicts itself or the machine; or ACCEPTED */
	uint8_t type;      /* the architecture's: what an entry says */
	uint8_t effective; /* set of enum mezzo_class */
	uint8_t reason;    /* of a plain grant */
	bool write_back;   /* the guest can reach write-back */
	bool forced;       /* and nothing else */
	bool cached;       /* somebody else reaches it through caches */
	bool clean_after;  /* taking it back needs CLEAN_INVALIDATE */
};

#define HAS_WB(allow) (((allow) & MEZZO_CLASS_WB) != 0)
#define HAS_NC(allow) (((allow) & MEZZO_CLASS_NC) != 0)
#define EXCLUSIVE(aliases) ((aliases) == MEZZO_ALIASES_NONE)
#define CACHED(aliases) ((aliases) == MEZZO_ALIASES_CACHED)

/* A table of meanings over the four ways of aliases, three of maintenance, eight allowed sets. */
#define MEANINGS_BY_ALLOW(MEANING, machine, aliases, maintenance)                                  \
	{                                                                                          \
		MEANING(machine, aliases, maintenance, 0),                                         \
		MEANING(machine, aliases, maintenance, 1),                                         \
		MEANING(machine, aliases, maintenance, 2),                                         \
		MEANING(machine, aliases, maintenance, 3),                                         \
		MEANING(machine, aliases, maintenance, 4),                                         \
		MEANING(machine, aliases, maintenance, 5),                                         \
		MEANING(machine, aliases, maintenance, 6),                                         \
		MEANING(machine, aliases, maintenance, 7),                                         \
	}
#define MEANINGS_BY_MAINTENANCE(MEANING, machine, aliases)                                         \
	{MEANINGS_BY_ALLOW(MEANING, machine, aliases, 0),                                          \
	 MEANINGS_BY_ALLOW(MEANING, machine, aliases, 1),                                          \
	 MEANINGS_BY_ALLOW(MEANING, machine, aliases, 2)}
#define MEANINGS(MEANING, machine)                                                                 \
	{MEANINGS_BY_MAINTENANCE(MEANING, machine, 0),                                             \
	 MEANINGS_BY_MAINTENANCE(MEANING, machine, 1),                                             \
	 MEANINGS_BY_MAINTENANCE(MEANING, machine, 2),                                             \
	 MEANINGS_BY_MAINTENANCE(MEANING, machine, 3)}
typedef struct meaning meaning_table[MEZZO_ALIASES_VALUES][MEZZO_MAINTENANCE_VALUES]
				    [MEZZO_CLASS_ALL + 1];

/* The work a frame needs before its first grant. */
struct work {
	bool zero, zero_tags, clean;
};

/*
 * @tags: the guest can use allocation tags of this memory
 * @past_cache: somebody can reach the memory without the cache
 */
static inline struct work work_on(const struct mezzo_facts *facts, const struct meaning *m,
				  bool tags, bool past_cache)
{
	struct work w = {
		.zero = facts->frame.data == MEZZO_CONTENT_UNOWNED,
		/* 2: due at the first grant to a guest that can read tags, for their own sake. */
		.zero_tags = tags && facts->frame.tags == MEZZO_CONTENT_UNOWNED,
	};

	/*
	 * 3. Zeroing goes through a write-back mapping where the type is write-back: lines
	 * follow. Where others keep a cached mapping a frame cannot be CLEAN, whatever was
	 * answered.
	 */
	w.clean = past_cache && (facts->frame.lines == MEZZO_LINES_MAYBE || m->cached ||
				 w.zero_tags || (w.zero && m->write_back));
	return w;
}

/*
 * With maintenance none the object promises frames that need no work; this one does. Registers
 * have no content that we may zero: a write has side effects.
 */
static inline enum mezzo_reason refuse_frame(const struct mezzo_facts *facts, const struct work *w)
{
	bool none = facts->memory.maintenance == MEZZO_MAINTENANCE_NONE;

	if (!(none | facts->memory.mmio))
		return ACCEPTED;
	if (w->zero)
		return MEZZO_WHY_UNOWNED_NO_MAINTENANCE;
	if (none && w->zero_tags)
		return MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE;
	if (none && w->clean)
		return MEZZO_WHY_LINES_NO_MAINTENANCE;
	return ACCEPTED;
}

/* Does the access itself need write permission? Arm's DC IVAC does. */
static inline bool wants_write(const struct mezzo_fault *fault)
{
	return fault->access == MEZZO_ACCESS_WRITE || fault->access == MEZZO_ACCESS_WALK_WRITE ||
	       (fault->access == MEZZO_ACCESS_CACHE_OP && fault->kind == MEZZO_FAULT_PERMISSION);
}

/* Actions in the order in which they must be done. */
static inline void list_work(const struct work *w, bool write_back, bool icache, bool log,
			     uint8_t *next)
{
	if (w->zero && !write_back) {
		/*
		 * 3: zeroing through an uncached window: a line left behind would be written
		 * back over the zeroes, so the clean comes first, and none can follow.
		 */
		if (w->clean)
			*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
		*next++ = MEZZO_ACTION_ZERO_UNCACHED;
	} else {
		if (w->zero)
			*next++ = MEZZO_ACTION_ZERO;
		if (w->zero_tags)
			*next++ = MEZZO_ACTION_ZERO_TAGS;
		if (w->clean)
			*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	}
	if (icache)
		*next++ = MEZZO_ACTION_INVALIDATE_ICACHE;
	if (log)
		*next = MEZZO_ACTION_LOG_DIRTY;
}

/* What the object is told, and 9: what taking the entry back needs. */
static inline void look_ahead(const struct mezzo_frame_state *frame, const struct meaning *m,
			      const struct work *w, bool icache, struct mezzo_decision *out)
{
	struct mezzo_frame_state after = *frame;

	_Static_assert(!MEZZO_CONTENT_INITIALISED && !MEZZO_LINES_CLEAN, "clearing is enough");
	after.data &= !w->zero;
	after.tags &= !w->zero_tags;
	after.lines = m->write_back | (after.lines & !w->clean);
	out->frame_after = after;
	if (m->clean_after)
		out->after_invalid[0] = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (icache)
		out->after_invalid[m->clean_after] = MEZZO_ACTION_INVALIDATE_ICACHE;
}

/*
 * @writable: slot and object may be written
 * @exec: execution is granted now; @icache: and needs instruction cache maintenance
 * @reason: of the grant, unless the write is logged
 */
static inline void grant(const struct mezzo_facts *facts, const struct meaning *m,
			 const struct work *w, bool writable, bool exec, bool icache,
			 uint8_t reason, struct mezzo_decision *out)
{
	const struct mezzo_fault *fault = &facts->fault;
	bool log = facts->guest.dirty_log;
	/* Bits, not branches: what follows is computed on every grant. */
	bool work = w->zero | w->zero_tags | w->clean;
	unsigned int order = facts->memory.max_order;

	if (UNLIKELY(log)) {
		writable = writable && wants_write(fault);
		log = writable;
		order = MEZZO_ORDER_4K;
	}
	if (fault->kind == MEZZO_FAULT_PERMISSION && order > fault->order)
		order = fault->order;
	/* Work is bounded, now and when it is taken back: 1 GiB is never cleaned in one go. */
	if (order > MEZZO_ORDER_2M && (work || m->clean_after))
		order = MEZZO_ORDER_2M;

	out->outcome = MEZZO_GRANT;
	out->reason = UNLIKELY(log) ? MEZZO_WHY_WRITE_LOGGED : reason;
	out->read = true;
	out->write = writable;
	out->exec = exec;
	out->clean_after = m->clean_after;
	out->max_order = (uint8_t)order;
	if (work | icache | log)
		list_work(w, m->write_back, icache, log, out->before_visible);
	look_ahead(&facts->frame, m, w, icache, out);
}

static inline void refuse(enum mezzo_reason reason, struct mezzo_decision *out)
{
	out->outcome = MEZZO_REFUSE;
	out->reason = (uint8_t)reason;
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
