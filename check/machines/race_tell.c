/* SPDX-License-Identifier: BSD-2-Clause */
/* The race machine's states as words, and its steps as sentences. */
#include "check/machines/race_state.h"

#include <stdio.h>

struct packer {
	uint64_t word;
	unsigned int at;
};

static void put(struct packer *p, uint64_t value, unsigned int bits)
{
	p->word |= value << p->at;
	p->at += bits;
}

static unsigned int get(struct packer *p, unsigned int bits)
{
	uint64_t value = p->word >> p->at & ((UINT64_C(1) << bits) - 1);

	p->at += bits;
	return (unsigned int)value;
}

uint64_t race_pack(const struct race_state *s)
{
	struct packer p = {0};

	for (unsigned int i = 0; i < 2; i++) {
		put(&p, s->vcpu[i].pc, 3);
		put(&p, s->vcpu[i].sequence, 2);
		put(&p, s->vcpu[i].frame, 1);
		put(&p, s->vcpu[i].tlb, 2);
	}
	put(&p, s->entry, 2);
	put(&p, s->entry_frame, 1);
	put(&p, s->holder, 1);
	put(&p, s->current, 1);
	put(&p, s->sequence, 2);
	put(&p, s->revoke_pc, 4);
	put(&p, s->rounds, 2);
	put(&p, s->old, 1);
	put(&p, s->tlbi, 1);
	put(&p, s->was_mapped, 1);
	put(&p, s->ours, 2);
	put(&p, s->dirty, 2);
	put(&p, s->used, 2);
	return p.word;
}

void race_unpack(uint64_t word, struct race_state *s)
{
	struct packer p = {.word = word};

	for (unsigned int i = 0; i < 2; i++) {
		s->vcpu[i].pc = (uint8_t)get(&p, 3);
		s->vcpu[i].sequence = (uint8_t)get(&p, 2);
		s->vcpu[i].frame = (uint8_t)get(&p, 1);
		s->vcpu[i].tlb = (uint8_t)get(&p, 2);
	}
	s->entry = (uint8_t)get(&p, 2);
	s->entry_frame = (uint8_t)get(&p, 1);
	s->holder = (uint8_t)get(&p, 1);
	s->current = (uint8_t)get(&p, 1);
	s->sequence = (uint8_t)get(&p, 2);
	s->revoke_pc = (uint8_t)get(&p, 4);
	s->rounds = (uint8_t)get(&p, 2);
	s->old = (uint8_t)get(&p, 1);
	s->tlbi = get(&p, 1);
	s->was_mapped = get(&p, 1);
	s->ours = (uint8_t)get(&p, 2);
	s->dirty = (uint8_t)get(&p, 2);
	s->used = (uint8_t)get(&p, 2);
}

static void tell_fault(const struct race_state *from, const struct race_state *now, unsigned int i,
		       char *text, size_t size)
{
	const struct vcpu *was = &from->vcpu[i], *is = &now->vcpu[i];
	unsigned int frame = (was->pc == F_RESOLVE ? is->frame : was->frame) + 1u;

	switch (was->pc) {
	case F_RUN:
		snprintf(text, size, "CPU %u touches the page and faults.", i);
		break;
	case F_SEQUENCE:
		snprintf(text, size, "CPU %u notes the sequence.", i);
		break;
	case F_RESOLVE:
		snprintf(text, size, "CPU %u asks the object for the frame: frame %u.", i, frame);
		break;
	case F_CLAIM:
		snprintf(text, size, "CPU %u %s.", i,
			 is->pc == F_RUN ? "finds the entry taken: it will try again"
					 : "claims the entry: it is busy now");
		break;
	case F_RECHECK:
		snprintf(text, size, "CPU %u %s.", i,
			 is->pc != F_RUN ? "looks at the sequence again: as it was"
			 : now->entry == E_BUSY
				 ? "finds the sequence raised and tries again; the entry stays busy"
				 : "finds the sequence raised, gives the entry back, tries again");
		break;
	case F_PUBLISH:
		snprintf(text, size, "CPU %u makes the entry visible: frame %u.", i, frame);
		break;
	default:
		snprintf(text, size, "CPU %u does what is due on frame %u%s.", i, frame,
			 was->pc == F_WORK_LATE ? ", which is visible already" : "");
	}
}

static void tell_revoke(const struct race_state *from, const struct race_state *now, char *text,
			size_t size)
{
	switch (from->revoke_pc) {
	case R_IDLE:
		snprintf(text, size, "The owner wants frame %u back.", now->old + 1u);
		break;
	case R_RESOLVER:
	case R_RESOLVER_LATE:
		snprintf(text, size, "The object now resolves to frame %u.", now->current + 1u);
		break;
	case R_RAISE:
	case R_RAISE_LATE:
		snprintf(text, size, "The revocation raises the sequence.");
		break;
	case R_WALK:
		snprintf(text, size, "The revocation walks the tables: %s.",
			 now->was_mapped         ? "it takes the entry out"
			 : from->entry == E_BUSY ? "the entry is busy, and is skipped"
						 : "no entry is there");
		break;
	case R_TLBI:
		snprintf(text, size, "It invalidates TLBs.");
		break;
	case R_AWAIT:
		snprintf(text, size, "The invalidation is complete.");
		break;
	case R_CLEAN_EARLY:
	case R_CLEAN:
		snprintf(text, size, "Frame %u is cleaned.", from->entry_frame + 1u);
		break;
	case R_EMPTY:
		snprintf(text, size, "The revocation is over.");
		break;
	default:
		snprintf(text, size, "Frame %u goes to somebody else%s.", from->old + 1u,
			 from->used >> from->old & 1
				 ? ", with lines of the guest still in the cache"
				 : "");
	}
}

static void tell(const struct check_case *at, const struct check_step *step,
		 enum check_property broken, char *text, size_t size)
{
	unsigned int agent = step->action & 3;
	struct race_state from, now;

	(void)at;
	(void)broken;
	race_unpack(step->from, &from);
	race_unpack(step->to, &now);
	switch (step->action >> 2) {
	case DO_ACCESS:
		snprintf(text, size, "CPU %u uses frame %u%s%s.", agent, now.vcpu[agent].tlb + 1u,
			 from.vcpu[agent].tlb == TLB_NONE ? "" : " through its TLB",
			 from.ours >> now.vcpu[agent].tlb & 1 ? "" : ", which is somebody else's");
		break;
	case DO_FORGET:
		snprintf(text, size,
			 agent == REVOKER ? "The invalidation takes effect at last."
					  : "CPU %u's TLB drops its entry.",
			 agent);
		break;
	case DO_FAULT_STEP:
		tell_fault(&from, &now, agent, text, size);
		break;
	default:
		tell_revoke(&from, &now, text, size);
	}
}

static const char *actor(const struct check_step *step)
{
	static const char *const names[] = {"CPU 0", "CPU 1", "owner"};

	return names[step->action & 3];
}

const struct check_subject race_subject = {
	.machine = &race_machine,
	.model_bytes = sizeof(struct race_model),
	.judges = RACE_JUDGES,
	.duties = race_flaws,
	.duties_count = RACE_FLAWS,
	.compile = race_compile,
	.tell = tell,
	.actor = actor,
};
_Static_assert(sizeof(struct race_model) % 8 == 0, "compared by words");
