/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 rule, for EPT and NPT. Numbers in comments are those of the rule in docs/policy.md.
 */
#include "x86_meaning.h"

static bool unsnooped(const struct mezzo_facts *facts)
{
	return facts->memory.dma == MEZZO_DMA_UNSNOOPED;
}

/* Is it an access that an x86 processor reports? */
static bool is_access(uint8_t access)
{
	return access <= MEZZO_ACCESS_WALK_WRITE;
}

/* Declarations that contradict themselves or the machine, whatever state the frame is in. */
static enum mezzo_reason refuse_declaration(const struct mezzo_facts *facts,
					    const struct meaning *m)
{
	const struct mezzo_contract *memory = &facts->memory;

	if (UNLIKELY(!memory->allow || memory->allow > MEZZO_CLASS_ALL || facts->guest.mte))
		return MEZZO_WHY_FACTS_INADMISSIBLE;
	if (UNLIKELY(memory->is_private | memory->mmio)) {
		if (memory->is_private && memory->aliases != MEZZO_ALIASES_NONE)
			return MEZZO_WHY_PRIVATE_WITH_ALIAS;
		if (memory->mmio && m->write_back)
			return MEZZO_WHY_MMIO_WRITE_BACK;
	}
	if (UNLIKELY(m->outcome != MEZZO_GRANT))
		return m->reason;
	/* 10 */
	if (UNLIKELY(memory->dma != MEZZO_DMA_NONE)) {
		if (unsnooped(facts) && forced(m))
			return m->cached ? MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA
					 : MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA;
		if (unsnooped(facts) && m->cached && memory->maintenance == MEZZO_MAINTENANCE_NONE)
			return MEZZO_WHY_DMA_NEEDS_MAINTENANCE;
		if (facts->guest.dirty_log)
			return MEZZO_WHY_DIRTY_LOG_BESIDE_DMA;
	}
	return ACCEPTED;
}

static uint8_t type_of_mtrr(const struct mezzo_facts *facts)
{
	static const uint8_t types[] = {
		[MEZZO_X86_UC] = MEZZO_X86_STAGE2_UC, [MEZZO_X86_WC] = MEZZO_X86_STAGE2_WC,
		[MEZZO_X86_WT] = MEZZO_X86_STAGE2_WT, [MEZZO_X86_WP] = MEZZO_X86_STAGE2_WP,
		[MEZZO_X86_WB] = MEZZO_X86_STAGE2_WB,
	};

	/* NPT obeys the guest's CR0.CD by itself; under EPT the bit has no effect. */
	if (facts->guest.x86.cr0_cd && facts->machine.x86.engine == MEZZO_X86_EPT)
		return MEZZO_X86_STAGE2_UC;
	return types[facts->guest.x86.mtrr];
}

/*
 * 12: the guest's MTRRs take the place they have on a machine, where the declaration leaves the
 * type to the guest. Beside a cached alias only among the cacheable types, because UC and WC of an
 * EPT or NPT entry do not look into the caches; beside uncached ones only WC.
 */
static void honour_mtrr(const struct mezzo_facts *facts, struct meaning *m)
{
	uint8_t type = type_of_mtrr(facts);
	bool cacheable = type > MEZZO_X86_STAGE2_WC;

	if (type == m->type)
		return;
	if (m->type == MEZZO_X86_STAGE2_WB ? m->cached && !cacheable
					   : m->type != MEZZO_X86_STAGE2_UC || cacheable)
		return;
	m->type = type;
	m->effective = EFFECTIVE(type);
	m->write_back = cacheable;
	m->reason = MEZZO_WHY_TYPE_BY_GUEST_MTRR;
}

static enum processor processor_of(const struct mezzo_x86_machine *machine)
{
	return machine->engine == MEZZO_X86_NPT ? NPT
	       : machine->self_snoop            ? EPT_SNOOPS
						: EPT_ALONE;
}

/* Facts that are not in the table, because hardly anybody has them, change the row @m. */
static void amend(const struct mezzo_facts *facts, struct meaning *m)
{
	bool exclusive = EXCLUSIVE(facts->memory.aliases);

	/* 9: the device may have written memory while a line of it was in a cache. */
	m->clean_after |= m->write_back & unsnooped(facts);
	if (facts->guest.x86.honour_mtrr)
		honour_mtrr(facts, m);
	m->clean_for = CLEAN_FOR(PAST_CACHE(forced(m), m->write_back, exclusive, unsnooped(facts)),
				 m->write_back, m->cached);
}

void mezzo_x86_decide(const struct mezzo_facts *facts, struct mezzo_decision *restrict out)
{
	const struct meaning *m;
	struct meaning amended;
	enum mezzo_reason reason;
	unsigned int work;
	bool writable;

	*out = (struct mezzo_decision){0};
	if (UNLIKELY(!is_access(facts->fault.access))) {
		refuse(MEZZO_WHY_FACTS_INADMISSIBLE, out);
		return;
	}
	if (UNLIKELY(facts->fault.slot == MEZZO_SLOT_NONE)) {
		out->outcome = MEZZO_EXIT;
		out->reason = MEZZO_WHY_DEVICE_ACCESS;
		return;
	}
	m = &meanings[meaning_row(processor_of(&facts->machine.x86), &facts->memory)];
	reason = refuse_declaration(facts, m);
	if (UNLIKELY(reason != ACCEPTED)) {
		refuse(reason, out);
		return;
	}
	if (UNLIKELY(facts->guest.x86.honour_mtrr | unsnooped(facts))) {
		amended = *m;
		amend(facts, &amended);
		m = &amended;
	}
	say(m, out);
	writable = facts->memory.writable & (facts->fault.slot == MEZZO_SLOT_READ_WRITE);
	/* 4, and 8: a walk that would set a flag in memory that nobody may write. */
	if (UNLIKELY(wants_write(&facts->fault) && !writable)) {
		out->outcome = MEZZO_EXIT;
		out->reason = facts->fault.slot == MEZZO_SLOT_READ_ONLY
				      ? MEZZO_WHY_WRITE_READ_ONLY_SLOT
				      : MEZZO_WHY_WRITE_READ_ONLY_OBJECT;
		return;
	}
	work = work_on(facts, m, false);
	reason = refuse_frame(facts, work);
	if (UNLIKELY(reason != ACCEPTED)) {
		refuse(reason, out);
		return;
	}
	/* 7: fetches find what was stored, whatever the type; speculation stays off where uncached. */
	grant(facts, m, work, writable, m->write_back | (facts->fault.access == MEZZO_ACCESS_EXEC),
	      false, out);
}

bool mezzo_x86_facts_valid(const struct mezzo_facts *facts)
{
	uint8_t mtrr = facts->guest.x86.mtrr;

	return common_facts_valid(facts) && facts->machine.x86.engine < MEZZO_X86_ENGINES &&
	       (mtrr == MEZZO_X86_UC || mtrr == MEZZO_X86_WC ||
		(mtrr >= MEZZO_X86_WT && mtrr <= MEZZO_X86_WB)) &&
	       !facts->guest.mte && is_access(facts->fault.access);
}
