/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 rule. Numbers in comments are those of the rule in docs/policy.md, which was judged
 * by exhaustive exploration of a machine with caches before a line of this was written.
 */
#include "arm64_meaning.h"

/* Declarations that contradict themselves or the machine, whatever state the frame is in. */
static enum mezzo_reason refuse_declaration(const struct mezzo_facts *facts,
					    const struct meaning *m)
{
	const struct mezzo_contract *memory = &facts->memory;
	const struct mezzo_arm64_machine *machine = &facts->machine.arm64;

	/* FEAT_S2FWB requires LoUIS = LoUU = 0, hence IDC; FEAT_MTE_PERM requires FEAT_MTE2. */
	if (UNLIKELY(machine->fwb > machine->idc) ||
	    UNLIKELY((machine->mte_perm | facts->guest.mte) > machine->mte) ||
	    UNLIKELY(!memory->allow || memory->allow > MEZZO_CLASS_ALL))
		return MEZZO_WHY_FACTS_INADMISSIBLE;
	if (UNLIKELY(memory->is_private | memory->mmio)) {
		if (memory->is_private && memory->aliases != MEZZO_ALIASES_NONE)
			return MEZZO_WHY_PRIVATE_WITH_ALIAS;
		if (memory->mmio && m->write_back)
			return MEZZO_WHY_MMIO_WRITE_BACK;
	}
	if (UNLIKELY(m->outcome != MEZZO_GRANT))
		return m->reason;
	/* 2: a tag access to memory without tag storage is an external abort in the guest. */
	if (UNLIKELY(facts->guest.mte) && m->write_back && !memory->tag_storage &&
	    !machine->mte_perm)
		return MEZZO_WHY_MTE_NO_TAG_STORAGE;
	/* 10 */
	if (UNLIKELY(memory->dma != MEZZO_DMA_NONE)) {
		if (forced(m) && memory->dma == MEZZO_DMA_UNSNOOPED)
			return MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA;
		if (facts->guest.dirty_log)
			return MEZZO_WHY_DIRTY_LOG_BESIDE_DMA;
	}
	return ACCEPTED;
}

static bool tags_usable(const struct mezzo_facts *facts, const struct meaning *m)
{
	return UNLIKELY(facts->guest.mte) && m->write_back && facts->memory.tag_storage;
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

static bool ends(uint8_t outcome, enum mezzo_reason reason, struct mezzo_decision *out)
{
	out->outcome = outcome;
	out->reason = (uint8_t)reason;
	return true;
}

/* Accesses that end without an entry. False: the access can be granted. */
static bool turn_away(const struct mezzo_facts *facts, const struct meaning *m, bool writable,
		      struct mezzo_decision *out)
{
	const struct mezzo_fault *fault = &facts->fault;

	if (fault->access == MEZZO_ACCESS_READ || (fault->access == MEZZO_ACCESS_WRITE && writable))
		return false;
	switch (fault->access) {
	case MEZZO_ACCESS_WRITE:
		/* 4: the slot or the object is read-only. */
		return ends(MEZZO_EXIT,
			    fault->slot == MEZZO_SLOT_READ_ONLY ? MEZZO_WHY_WRITE_READ_ONLY_SLOT
								: MEZZO_WHY_WRITE_READ_ONLY_OBJECT,
			    out);
	case MEZZO_ACCESS_EXEC:
		/* 5 */
		return !m->write_back && ends(MEZZO_ABORT, MEZZO_WHY_FETCH_NOT_CACHEABLE, out);
	case MEZZO_ACCESS_WALK:
	case MEZZO_ACCESS_WALK_WRITE:
		/* 8 */
		if (!m->write_back)
			return ends(MEZZO_ABORT, MEZZO_WHY_WALK_NOT_CACHEABLE, out);
		return fault->access == MEZZO_ACCESS_WALK_WRITE && !writable &&
		       ends(MEZZO_ABORT, MEZZO_WHY_WALK_READ_ONLY, out);
	case MEZZO_ACCESS_CACHE_OP:
		/* DC IVAC needs write permission; where nobody may write there is nothing to lose. */
		return fault->kind != MEZZO_FAULT_MISSING && !writable &&
		       ends(MEZZO_SKIP, MEZZO_WHY_CACHE_OP_READ_ONLY, out);
	case MEZZO_ACCESS_EXCLUSIVE:
		/* 8: the CPU, not the tables, said no. */
		return ends(MEZZO_ABORT, MEZZO_WHY_EXCLUSIVE_UNSUPPORTED, out);
	default:
		return ends(MEZZO_ABORT, MEZZO_WHY_UNALIGNED_DEVICE, out);
	}
}

/* What an entry says, grant or not: the type is the declaration's. */
static void say_type(const struct mezzo_facts *facts, const struct meaning *m,
		     struct mezzo_decision *out)
{
	say(m, out);
	if (UNLIKELY(facts->guest.mte) && m->write_back && !facts->memory.tag_storage) {
		out->no_tag_access = true;
		out->reason = MEZZO_WHY_NO_TAG_ACCESS;
	}
}

void mezzo_arm64_decide(const struct mezzo_facts *facts, struct mezzo_decision *restrict out)
{
	const struct meaning *m;
	enum mezzo_reason reason;
	unsigned int work;
	bool writable, exec, dic;

	*out = (struct mezzo_decision){0};
	if (UNLIKELY(facts->fault.slot == MEZZO_SLOT_NONE)) {
		decide_no_slot(facts->fault.access, out);
		return;
	}
	m = &meanings[meaning_row(facts->machine.arm64.fwb, &facts->memory)];
	reason = refuse_declaration(facts, m);
	if (UNLIKELY(reason != ACCEPTED)) {
		refuse(reason, out);
		return;
	}
	say_type(facts, m, out);
	writable = facts->memory.writable & (facts->fault.slot == MEZZO_SLOT_READ_WRITE);
	if (UNLIKELY(turn_away(facts, m, writable, out)))
		return;
	work = work_on(facts, m, tags_usable(facts, m));
	reason = refuse_frame(facts, work);
	if (UNLIKELY(reason != ACCEPTED)) {
		refuse(reason, out);
		return;
	}
	/* 7 */
	dic = facts->machine.arm64.dic;
	exec = UNLIKELY(facts->fault.access == MEZZO_ACCESS_EXEC) ? true : m->cached & dic;
	grant(facts, m, work, writable, exec, exec & !dic, out);
}

bool mezzo_arm64_facts_valid(const struct mezzo_facts *facts)
{
	return common_facts_valid(facts);
}
