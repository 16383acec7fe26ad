/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 rule. Numbers in comments are those of the rule in docs/policy.md, which was judged
 * by exhaustive exploration of a machine with caches before a line of this was written.
 */
#include "arm64_meaning.h"

/* A fault costs what the usual grant costs: everything else is laid out of its way. */
#define UNLIKELY(condition) __builtin_expect((condition), 0)

/* Declarations that contradict themselves or the machine, whatever state the frame is in. */
static enum mezzo_reason refuse_declaration(const struct mezzo_facts *facts,
					    const struct meaning *m)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_arm64_machine *machine = &facts->machine.arm64;

	/* FEAT_S2FWB requires LoUIS = LoUU = 0, hence IDC; FEAT_MTE_PERM requires FEAT_MTE2. */
	if (UNLIKELY(machine->fwb && !machine->idc) ||
	    UNLIKELY(!memory->allow || memory->allow > MEZZO_CLASS_ALL) ||
	    (!machine->mte && UNLIKELY(machine->mte_perm || facts->guest.mte)))
		return MEZZO_WHY_FACTS_INADMISSIBLE;
	if (UNLIKELY(memory->is_private) && memory->aliases != MEZZO_ALIASES_NONE)
		return MEZZO_WHY_PRIVATE_WITH_ALIAS;
	if (UNLIKELY(memory->mmio) && m->write_back)
		return MEZZO_WHY_MMIO_WRITE_BACK;
	if (UNLIKELY(m->refusal != ACCEPTED))
		return m->refusal;
	/* 2: a tag access to memory without tag storage is an external abort in the guest. */
	if (UNLIKELY(facts->guest.mte) && m->write_back && !memory->tag_storage &&
	    !machine->mte_perm)
		return MEZZO_WHY_MTE_NO_TAG_STORAGE;
	/* 10 */
	if (UNLIKELY(memory->dma != MEZZO_DMA_NONE)) {
		if (m->forced && memory->dma == MEZZO_DMA_UNSNOOPED)
			return MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA;
		if (facts->guest.dirty_log)
			return MEZZO_WHY_DIRTY_LOG_BESIDE_DMA;
	}
	return ACCEPTED;
}

/* The work a frame needs before its first grant. */
struct work {
	bool zero, zero_tags, clean;
};

static struct work work_on(const struct mezzo_facts *facts, const struct meaning *m)
{
	struct work w = {
		.zero = facts->frame.data == MEZZO_CONTENT_UNOWNED,
		/* 2: due at the first grant to a guest that can read tags, for their own sake. */
		.zero_tags = UNLIKELY(facts->guest.mte) && m->write_back &&
			     facts->memory.tag_storage &&
			     facts->frame.tags == MEZZO_CONTENT_UNOWNED,
	};

	/*
	 * 3. Zeroing goes through a write-back mapping where the type is write-back: lines
	 * follow. Where others keep a cached mapping a frame cannot be CLEAN, whatever was
	 * answered.
	 */
	w.clean = !m->forced && (facts->frame.lines == MEZZO_LINES_MAYBE || m->cached ||
				 w.zero_tags || (w.zero && m->write_back));
	return w;
}

/*
 * With maintenance none the object promises frames that need no work; this one does. Registers
 * have no content that we may zero: a write has side effects.
 */
static enum mezzo_reason refuse_frame(const struct mezzo_facts *facts, const struct work *w)
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

/* An address that no slot covers. */
static void decide_no_slot(uint8_t access, struct mezzo_decision *out)
{
	static const struct {
		uint8_t outcome, reason;
	} answer[MEZZO_ACCESS_KINDS] = {
		[MEZZO_ACCESS_READ] = {MEZZO_EXIT, MEZZO_WHY_DEVICE_ACCESS},
		[MEZZO_ACCESS_WRITE] = {MEZZO_EXIT, MEZZO_WHY_DEVICE_ACCESS},
		[MEZZO_ACCESS_EXEC] = {MEZZO_ABORT, MEZZO_WHY_FETCH_NO_SLOT},
		[MEZZO_ACCESS_WALK] = {MEZZO_ABORT, MEZZO_WHY_WALK_NO_SLOT},
		[MEZZO_ACCESS_WALK_WRITE] = {MEZZO_ABORT, MEZZO_WHY_WALK_NO_SLOT},
		[MEZZO_ACCESS_CACHE_OP] = {MEZZO_SKIP, MEZZO_WHY_CACHE_OP_NO_SLOT},
		[MEZZO_ACCESS_EXCLUSIVE] = {MEZZO_ABORT, MEZZO_WHY_EXCLUSIVE_UNSUPPORTED},
		[MEZZO_ACCESS_UNALIGNED] = {MEZZO_ABORT, MEZZO_WHY_UNALIGNED_DEVICE},
	};

	out->outcome = answer[access].outcome;
	out->reason = answer[access].reason;
}

/* Accesses that end without an entry. ACCEPTED: the access can be granted. */
static enum mezzo_reason turn_away(const struct mezzo_facts *facts, const struct meaning *m,
				   bool writable, uint8_t *outcome)
{
	const struct mezzo_fault *fault = &facts->fault;

	if (fault->access == MEZZO_ACCESS_READ || (fault->access == MEZZO_ACCESS_WRITE && writable))
		return ACCEPTED;
	switch (fault->access) {
	case MEZZO_ACCESS_WRITE:
		/* 4: the slot or the object is read-only. */
		if (writable)
			break;
		*outcome = MEZZO_EXIT;
		return fault->slot == MEZZO_SLOT_READ_ONLY ? MEZZO_WHY_WRITE_READ_ONLY_SLOT
							   : MEZZO_WHY_WRITE_READ_ONLY_OBJECT;
	case MEZZO_ACCESS_EXEC:
		/* 5 */
		if (m->write_back)
			break;
		*outcome = MEZZO_ABORT;
		return MEZZO_WHY_FETCH_NOT_CACHEABLE;
	case MEZZO_ACCESS_WALK:
	case MEZZO_ACCESS_WALK_WRITE:
		/* 8 */
		if (m->write_back && (writable || fault->access == MEZZO_ACCESS_WALK))
			break;
		*outcome = MEZZO_ABORT;
		return m->write_back ? MEZZO_WHY_WALK_READ_ONLY : MEZZO_WHY_WALK_NOT_CACHEABLE;
	case MEZZO_ACCESS_CACHE_OP:
		/* DC IVAC needs write permission; where nobody may write there is nothing to lose. */
		if (writable || fault->kind == MEZZO_FAULT_MISSING)
			break;
		*outcome = MEZZO_SKIP;
		return MEZZO_WHY_CACHE_OP_READ_ONLY;
	case MEZZO_ACCESS_EXCLUSIVE:
		/* 8: the CPU, not the tables, said no. */
		*outcome = MEZZO_ABORT;
		return MEZZO_WHY_EXCLUSIVE_UNSUPPORTED;
	default:
		*outcome = MEZZO_ABORT;
		return MEZZO_WHY_UNALIGNED_DEVICE;
	}
	return ACCEPTED;
}

/* Does the access itself need write permission? DC IVAC does. */
static bool wants_write(const struct mezzo_fault *fault)
{
	return fault->access == MEZZO_ACCESS_WRITE || fault->access == MEZZO_ACCESS_WALK_WRITE ||
	       (fault->access == MEZZO_ACCESS_CACHE_OP && fault->kind == MEZZO_FAULT_PERMISSION);
}

/* Actions in the order in which they must be done. */
static void list_work(const struct work *w, bool write_back, bool icache, bool log, uint8_t *next)
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
static void look_ahead(const struct mezzo_frame_state *frame, const struct meaning *m,
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

static uint8_t reason_of(const struct mezzo_facts *facts, const struct meaning *m, bool log)
{
	if (UNLIKELY(log))
		return MEZZO_WHY_WRITE_LOGGED;
	if (UNLIKELY(facts->guest.mte) && m->write_back && !facts->memory.tag_storage)
		return MEZZO_WHY_NO_TAG_ACCESS;
	return m->reason;
}

static void grant(const struct mezzo_facts *facts, const struct meaning *m, const struct work *w,
		  bool writable, struct mezzo_decision *out)
{
	const struct mezzo_fault *fault = &facts->fault;
	bool dic = facts->machine.arm64.dic;
	bool log = facts->guest.dirty_log;
	/* Bits, not branches: what follows is computed on every grant. */
	bool work = w->zero | w->zero_tags | w->clean;
	/* 7 */
	bool exec = (m->write_back && fault->access == MEZZO_ACCESS_EXEC) || (m->cached & dic);
	bool icache = exec && !dic;
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
	out->reason = reason_of(facts, m, log);
	out->read = true;
	out->write = writable;
	out->exec = exec;
	out->clean_after = m->clean_after;
	out->max_order = (uint8_t)order;
	if (work | icache | log)
		list_work(w, m->write_back, icache, log, out->before_visible);
	look_ahead(&facts->frame, m, w, icache, out);
}

static void refuse(enum mezzo_reason reason, struct mezzo_decision *out)
{
	out->outcome = MEZZO_REFUSE;
	out->reason = (uint8_t)reason;
}

void mezzo_arm64_decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	struct work w = {false, false, false};
	struct meaning m;
	enum mezzo_reason reason;
	bool writable;

	*out = (struct mezzo_decision){0};
	if (UNLIKELY(facts->fault.slot == MEZZO_SLOT_NONE)) {
		decide_no_slot(facts->fault.access, out);
		return;
	}
	m = meanings[facts->machine.arm64.fwb][facts->memory.aliases][facts->memory.maintenance]
		    [facts->memory.allow & MEZZO_CLASS_ALL];
	reason = refuse_declaration(facts, &m);
	if (UNLIKELY(reason != ACCEPTED)) {
		refuse(reason, out);
		return;
	}
	/* An entry that is there had its frame's work done when it became visible. */
	if (facts->fault.kind == MEZZO_FAULT_MISSING)
		w = work_on(facts, &m);
	writable = facts->memory.writable & (facts->fault.slot == MEZZO_SLOT_READ_WRITE);
	reason = turn_away(facts, &m, writable, &out->outcome);
	if (UNLIKELY(reason != ACCEPTED)) {
		out->reason = (uint8_t)reason;
	} else {
		reason = refuse_frame(facts, &w);
		if (UNLIKELY(reason != ACCEPTED)) {
			refuse(reason, out);
			return;
		}
	}
	out->type = m.type;
	out->effective = m.effective;
	if (UNLIKELY(facts->guest.mte) && m.write_back)
		out->no_tag_access = !facts->memory.tag_storage;
	if (reason == ACCEPTED)
		grant(facts, &m, &w, writable, out);
}

bool mezzo_arm64_facts_valid(const struct mezzo_facts *facts)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_fault *fault = &facts->fault;

	return memory->aliases < MEZZO_ALIASES_VALUES && memory->allow != 0 &&
	       memory->allow <= MEZZO_CLASS_ALL && memory->maintenance < MEZZO_MAINTENANCE_VALUES &&
	       memory->dma < MEZZO_DMA_VALUES && memory->max_order <= MEZZO_ORDER_MAX &&
	       fault->slot < MEZZO_SLOT_KINDS && fault->kind < MEZZO_FAULT_KINDS &&
	       fault->access < MEZZO_ACCESS_KINDS && fault->order <= MEZZO_ORDER_MAX;
}
