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

static uint8_t reason_of(const struct mezzo_facts *facts, const struct meaning *m)
{
	if (UNLIKELY(facts->guest.mte) && m->write_back && !facts->memory.tag_storage)
		return MEZZO_WHY_NO_TAG_ACCESS;
	return m->reason;
}

void mezzo_arm64_decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	struct work w = {false, false, false};
	struct meaning m;
	enum mezzo_reason reason;
	bool writable, exec, dic;

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
		w = work_on(facts, &m, tags_usable(facts, &m), !m.forced);
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
	if (reason != ACCEPTED)
		return;
	/* 7 */
	dic = facts->machine.arm64.dic;
	exec = (m.write_back && facts->fault.access == MEZZO_ACCESS_EXEC) || (m.cached & dic);
	grant(facts, &m, &w, writable, exec, exec && !dic, reason_of(facts, &m), out);
}

bool mezzo_arm64_facts_valid(const struct mezzo_facts *facts)
{
	return common_facts_valid(facts);
}
