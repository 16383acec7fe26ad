/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 rule. Numbers in comments are those of the rule in docs/policy.md, which was judged
 * by exhaustive exploration of a machine with caches before a line of this was written.
 */
#include <mezzo/decide.h>

/* What the declaration means on this machine: everything that does not depend on the access. */
struct meaning {
	enum mezzo_arm64_stage2 type;
	unsigned int effective;
	bool write_back; /* the guest can reach write-back */
	bool forced;     /* and nothing else: FWB, and only WB allowed */
	bool exclusive;
	bool cached;   /* somebody else reaches it through caches */
	bool uncached; /* memory can be reached without the cache: by the guest or by a device */
};

static struct meaning meaning_of(const struct mezzo_contract *memory, bool fwb)
{
	struct meaning m = {
		.write_back = memory->allow & MEZZO_CLASS_WB,
		.forced = fwb && memory->allow == MEZZO_CLASS_WB,
		.exclusive = memory->aliases == MEZZO_ALIASES_NONE,
		.cached = memory->aliases == MEZZO_ALIASES_CACHED,
	};

	/* 6: exactly what was declared. */
	if (!m.write_back) {
		m.type = memory->allow & MEZZO_CLASS_NC ? MEZZO_STAGE2_NORMAL_NC
							: MEZZO_STAGE2_DEVICE_nGnRE;
		m.effective = memory->allow & MEZZO_CLASS_NC ? MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC
							     : MEZZO_CLASS_DEVICE;
	} else {
		m.type = memory->allow == MEZZO_CLASS_WB ? MEZZO_STAGE2_NORMAL_WB
							 : MEZZO_STAGE2_GUEST_CHOICE;
		m.effective =
			m.forced ? (unsigned int)MEZZO_CLASS_WB : (unsigned int)MEZZO_CLASS_ALL;
	}
	m.uncached = !m.forced || memory->dma == MEZZO_DMA_UNSNOOPED;
	return m;
}

#define ACCEPTED MEZZO_REASONS

/* Declarations that contradict themselves or the machine, whatever state the frame is in. */
static enum mezzo_reason refuse_declaration(const struct mezzo_facts *facts,
					    const struct meaning *m)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_arm64_machine *machine = &facts->machine.arm64;

	/* FEAT_S2FWB requires LoUIS = LoUU = 0, hence IDC; FEAT_MTE_PERM requires FEAT_MTE2. */
	if ((machine->fwb && !machine->idc) || (machine->mte_perm && !machine->mte) ||
	    (facts->guest.mte && !machine->mte) || !(memory->allow & MEZZO_CLASS_ALL))
		return MEZZO_WHY_FACTS_INADMISSIBLE;
	if (memory->is_private && !m->exclusive)
		return MEZZO_WHY_PRIVATE_WITH_ALIAS;
	if (memory->mmio && m->write_back)
		return MEZZO_WHY_MMIO_WRITE_BACK;
	/* 1: a direct mapping is a cached alias. */
	if (memory->maintenance == MEZZO_MAINTENANCE_DIRECT && !m->cached)
		return MEZZO_WHY_DIRECT_NOT_CACHED;
	/* A guest that bypasses the cache beside somebody who does not, or the reverse. */
	if (m->cached && memory->allow != MEZZO_CLASS_WB)
		return MEZZO_WHY_ALIAS_CACHED_GUEST_NOT;
	if (!m->cached && !m->exclusive && m->write_back)
		return MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED;
	/*
	 * 1: an allow set that the hardware can't enforce. Cached memory without FWB is the
	 * exception: it is coherent while the guest uses WB, and says so in `effective`.
	 */
	if (!m->cached && (m->effective & ~(unsigned int)memory->allow))
		return MEZZO_WHY_ALLOW_NOT_ENFORCEABLE;
	if (m->exclusive && memory->maintenance != MEZZO_MAINTENANCE_WINDOW)
		return MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW;
	if (m->cached && !m->forced && memory->maintenance == MEZZO_MAINTENANCE_NONE)
		return MEZZO_WHY_CACHED_NEEDS_MAINTENANCE;
	/* 2: a tag access to memory without tag storage is an external abort in the guest. */
	if (m->write_back && facts->guest.mte && !memory->tag_storage && !machine->mte_perm)
		return MEZZO_WHY_MTE_NO_TAG_STORAGE;
	/* 10 */
	if (m->forced && memory->dma == MEZZO_DMA_UNSNOOPED)
		return MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA;
	if (facts->guest.dirty_log && memory->dma != MEZZO_DMA_NONE)
		return MEZZO_WHY_DIRTY_LOG_BESIDE_DMA;
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
		.zero_tags = m->write_back && facts->guest.mte && facts->memory.tag_storage &&
			     facts->frame.tags == MEZZO_CONTENT_UNOWNED,
	};
	/*
	 * Zeroing goes through a write-back mapping where the type is write-back: lines follow.
	 * Where others keep a cached mapping a frame cannot be CLEAN, whatever was answered.
	 */
	bool lines = facts->frame.lines == MEZZO_LINES_MAYBE || m->cached || w.zero_tags ||
		     (w.zero && m->write_back);

	/* 3 */
	w.clean = m->uncached && lines;
	return w;
}

/*
 * With maintenance none the object promises frames that need no work; this one does. Registers
 * have no content that we may zero: a write has side effects.
 */
static enum mezzo_reason refuse_frame(const struct mezzo_facts *facts, const struct work *w)
{
	if (facts->memory.mmio && w->zero)
		return MEZZO_WHY_UNOWNED_NO_MAINTENANCE;
	if (facts->memory.maintenance != MEZZO_MAINTENANCE_NONE)
		return ACCEPTED;
	if (w->zero)
		return MEZZO_WHY_UNOWNED_NO_MAINTENANCE;
	if (w->zero_tags)
		return MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE;
	if (w->clean)
		return MEZZO_WHY_LINES_NO_MAINTENANCE;
	return ACCEPTED;
}

static bool is_write(uint8_t access)
{
	return access == MEZZO_ACCESS_WRITE || access == MEZZO_ACCESS_WALK_WRITE;
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
				   uint8_t *outcome)
{
	const struct mezzo_fault *fault = &facts->fault;

	*outcome = MEZZO_ABORT;
	/* 8: the CPU, not the tables, said no. */
	if (fault->access == MEZZO_ACCESS_EXCLUSIVE)
		return MEZZO_WHY_EXCLUSIVE_UNSUPPORTED;
	if (fault->access == MEZZO_ACCESS_UNALIGNED)
		return MEZZO_WHY_UNALIGNED_DEVICE;
	/* 5 */
	if (fault->access == MEZZO_ACCESS_EXEC && !m->write_back)
		return MEZZO_WHY_FETCH_NOT_CACHEABLE;
	/* 8 */
	if (fault->access == MEZZO_ACCESS_WALK || fault->access == MEZZO_ACCESS_WALK_WRITE) {
		if (!m->write_back)
			return MEZZO_WHY_WALK_NOT_CACHEABLE;
	}
	if (fault->slot == MEZZO_SLOT_READ_WRITE && facts->memory.writable)
		return ACCEPTED;

	/* 4: the slot or the object is read-only. */
	if (fault->access == MEZZO_ACCESS_WALK_WRITE)
		return MEZZO_WHY_WALK_READ_ONLY;
	if (fault->access == MEZZO_ACCESS_WRITE) {
		*outcome = MEZZO_EXIT;
		return fault->slot == MEZZO_SLOT_READ_ONLY ? MEZZO_WHY_WRITE_READ_ONLY_SLOT
							   : MEZZO_WHY_WRITE_READ_ONLY_OBJECT;
	}
	/* DC IVAC needs write permission; on memory nobody may write there is nothing to lose. */
	if (fault->access == MEZZO_ACCESS_CACHE_OP && fault->kind == MEZZO_FAULT_PERMISSION) {
		*outcome = MEZZO_SKIP;
		return MEZZO_WHY_CACHE_OP_READ_ONLY;
	}
	return ACCEPTED;
}

static enum mezzo_reason reason_of(const struct mezzo_decision *out, const struct meaning *m,
				   bool logged)
{
	static const uint8_t plain[MEZZO_STAGE2_TYPES] = {
		[MEZZO_STAGE2_DEVICE_nGnRE] = MEZZO_WHY_DEVICE_AS_DECLARED,
		[MEZZO_STAGE2_NORMAL_NC] = MEZZO_WHY_COMBINING_AS_DECLARED,
		[MEZZO_STAGE2_NORMAL_WB] = MEZZO_WHY_CACHED_UNFORCED,
		[MEZZO_STAGE2_GUEST_CHOICE] = MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE,
	};

	if (logged)
		return MEZZO_WHY_WRITE_LOGGED;
	if (out->no_tag_access)
		return MEZZO_WHY_NO_TAG_ACCESS;
	if (m->forced)
		return m->exclusive ? MEZZO_WHY_EXCLUSIVE_FORCED : MEZZO_WHY_CACHED_FORCED;
	return plain[out->type];
}

/* Actions in the order in which they must be done, and the state they leave the frame in. */
static void list_work(const struct mezzo_facts *facts, const struct meaning *m,
		      const struct work *w, bool icache, bool log, struct mezzo_decision *out)
{
	uint8_t *next = out->before_visible;

	if (w->zero && !m->write_back) {
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
		*next++ = MEZZO_ACTION_LOG_DIRTY;

	out->frame_after = facts->frame;
	if (w->zero)
		out->frame_after.data = MEZZO_CONTENT_INITIALISED;
	if (w->zero_tags)
		out->frame_after.tags = MEZZO_CONTENT_INITIALISED;
	if (m->write_back || m->cached)
		out->frame_after.lines = MEZZO_LINES_MAYBE;
	else if (w->clean)
		out->frame_after.lines = MEZZO_LINES_CLEAN;

	/* 9: what taking it back needs. */
	next = out->after_invalid;
	out->clean_after = m->exclusive || (m->write_back && !m->forced);
	if (out->clean_after)
		*next++ = MEZZO_ACTION_CLEAN_INVALIDATE;
	if (out->exec && !facts->machine.arm64.dic)
		*next = MEZZO_ACTION_INVALIDATE_ICACHE;
}

static void grant(const struct mezzo_facts *facts, const struct meaning *m, const struct work *w,
		  struct mezzo_decision *out)
{
	const struct mezzo_fault *fault = &facts->fault;
	bool missing = fault->kind == MEZZO_FAULT_MISSING;
	bool wants_write =
		is_write(fault->access) || (fault->access == MEZZO_ACCESS_CACHE_OP && !missing);
	bool may_write = fault->slot == MEZZO_SLOT_READ_WRITE && facts->memory.writable;
	bool dic = facts->machine.arm64.dic;
	bool log = facts->guest.dirty_log;
	unsigned int order = facts->memory.max_order;

	out->outcome = MEZZO_GRANT;
	out->read = true;
	out->write = may_write && (wants_write || !log);
	/* 7 */
	out->exec = m->write_back && (fault->access == MEZZO_ACCESS_EXEC || (m->cached && dic));

	if (log)
		order = MEZZO_ORDER_4K;
	if (!missing && order > fault->order)
		order = fault->order;
	list_work(facts, m, w, out->exec && !dic, log && out->write, out);
	/* Work is bounded, now and when it is taken back: 1 GiB is never cleaned in one go. */
	if ((w->zero || w->zero_tags || w->clean || out->clean_after) && order > MEZZO_ORDER_2M)
		order = MEZZO_ORDER_2M;
	out->max_order = (uint8_t)order;
	out->reason = (uint8_t)reason_of(out, m, log && out->write);
}

void mezzo_arm64_decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	static const struct work nothing;
	struct meaning m;
	struct work w;
	enum mezzo_reason reason;

	*out = (struct mezzo_decision){0};
	if (facts->fault.slot == MEZZO_SLOT_NONE) {
		decide_no_slot(facts->fault.access, out);
		return;
	}

	m = meaning_of(&facts->memory, facts->machine.arm64.fwb);
	reason = refuse_declaration(facts, &m);
	if (reason != ACCEPTED) {
		out->outcome = MEZZO_REFUSE;
		out->reason = (uint8_t)reason;
		return;
	}

	out->type = (uint8_t)m.type;
	out->effective = (uint8_t)m.effective;
	out->no_tag_access = m.write_back && facts->guest.mte && !facts->memory.tag_storage;
	reason = turn_away(facts, &m, &out->outcome);
	if (reason != ACCEPTED) {
		out->reason = (uint8_t)reason;
		return;
	}

	/* An entry that is there had its frame's work done when it became visible. */
	w = facts->fault.kind == MEZZO_FAULT_MISSING ? work_on(facts, &m) : nothing;
	reason = refuse_frame(facts, &w);
	if (reason != ACCEPTED) {
		*out = (struct mezzo_decision){.outcome = MEZZO_REFUSE, .reason = (uint8_t)reason};
		return;
	}
	grant(facts, &m, &w, out);
}

bool mezzo_arm64_facts_valid(const struct mezzo_facts *facts)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_fault *fault = &facts->fault;

	return memory->aliases < MEZZO_ALIASES_VALUES && memory->allow != 0 &&
	       memory->allow <= MEZZO_CLASS_ALL && memory->maintenance < MEZZO_MAINTENANCE_VALUES &&
	       memory->dma < MEZZO_DMA_VALUES &&
	       (memory->max_order == MEZZO_ORDER_4K || memory->max_order == MEZZO_ORDER_2M ||
		memory->max_order == MEZZO_ORDER_1G) &&
	       fault->slot < MEZZO_SLOT_KINDS && fault->kind < MEZZO_FAULT_KINDS &&
	       fault->access < MEZZO_ACCESS_KINDS &&
	       (fault->order == MEZZO_ORDER_4K || fault->order == MEZZO_ORDER_2M ||
		fault->order == MEZZO_ORDER_1G);
}
