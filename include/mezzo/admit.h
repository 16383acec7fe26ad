/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_ADMIT_H
#define MEZZO_ADMIT_H
/*
 * Admission: would another machine accept a space, before the guest leaves this one?
 *
 * Requirements are what a space is made of and what its guest was promised; machine facts are what
 * the other machine's spaces could be made with. The answer is the rule's own (arch->decide), as a
 * slot that is created there would get it, and every reason against it.
 *
 * Nothing here takes a lock but mezzo_space_requirements, and nothing allocates.
 */
#include <mezzo/space.h>

/* What a slot needs, wherever it is made. */
struct mezzo_slot_needs {
	uint32_t id;
	uint32_t flags; /* MEZZO_SLOT_FLAG_ */
	struct mezzo_ipa ipa;
	uint64_t pages;
	struct mezzo_contract contract; /* of its object */
	/*
	 * The classes that the guest must be held to: the other machine may let it reach no others.
	 * Memory that FEAT_S2FWB forces write-back is so whatever the guest maps it as; without it
	 * the guest's own uncached mappings look past the cache. 0: whatever the contract allows.
	 */
	uint8_t effective;
	/*
	 * Some leaf of this order or larger must be possible, within the contract's max_order; 0:
	 * any size will do.
	 */
	uint8_t min_order;
};

struct mezzo_requirements {
	size_t size;
	uint8_t family;   /* enum mezzo_family: whose guest it is */
	uint8_t ipa_bits; /* of the guest's addresses */
	bool mte;         /* the guest may use allocation tags */
	/*
	 * CTR_EL0 as the guest reads it. A guest that was told 1 leaves maintenance out: it cannot
	 * go where that is needed.
	 */
	bool told_idc, told_dic;
	const struct mezzo_slot_needs *slots;
	uint32_t count;
};

/* What spaces of a machine are made with: see struct mezzo_space_config and mezzo_table_ops. */
struct mezzo_machine_facts {
	size_t size;
	struct mezzo_machine machine; /* safe minimum over all CPUs that may run the guest */
	uint8_t ipa_bits;             /* the most that a space there can have */
	uint8_t page_shift;           /* of its tables: 12, 14, 16; x86: 12 */
	uint64_t orders;              /* bit n: leaves of order n can be */
	bool direct;                  /* the platform has permanent cached mappings of frames */
};

/*
 * One reason why not. @slot: what is refused, or NULL: the space as a whole. @why->field is the
 * fact in question, @why->got what it is there, and @why->want what would do.
 */
typedef void mezzo_inadmissible_fn(void *arg, const struct mezzo_slot_needs *slot,
				   const struct mezzo_refusal *why);

/**
 * mezzo_space_admissible() - would a space be accepted on a machine, every slot of it?
 * @arch: whose rule is asked
 * @needs: any requirements, from anywhere: what they contradict themselves in is a reason, too
 * @facts: of the machine
 * @report: called with every reason against it; NULL: the answer will do, and costs little
 *
 * Returns whether there was none. A guest of the other family is refused for that alone
 * (facts-inadmissible). First the space: IPA size, tags, what the guest was told. Then
 * each slot, by the checks that mezzo_slot_create makes and in their order, without those that are
 * about other slots and about objects; and that its blocks and types can be had. Where the rule
 * refuses a slot the machine's fact is named that would put it right, if there is one, and the next
 * reason is what is refused after that. Pure. Cost: a few decisions per slot; where one is
 * refused up to milliseconds (mezzo_arm64_nearest).
 */
bool mezzo_space_admissible(const struct mezzo_arch *arch, const struct mezzo_requirements *needs,
			    const struct mezzo_machine_facts *facts, mezzo_inadmissible_fn *report,
			    void *arg);

/**
 * mezzo_space_requirements() - what a space needs elsewhere
 * @needs: out; size, slots (memory for @room) and told_* are the caller's to fill in before
 * @room: slots for which there is memory
 *
 * Each slot's contract as its object declares it, and the classes that its guest is held to here. Of
 * a slot with two views it is the private one's; the contract of config.shared is the caller's to
 * ask about, as a slot of its own.
 * LIMIT: there are more slots than @room; @needs->count says how many, the first are filled in.
 * Takes the space's lock. Cost: linear in the slots.
 */
MEZZO_MUST_CHECK int mezzo_space_requirements(struct mezzo_space *space,
					      struct mezzo_requirements *needs,
					      struct mezzo_slot_needs *slots, uint32_t room);

/* What another space with @space's tables could have, on its machine. */
void mezzo_space_machine_facts(const struct mezzo_space *space, struct mezzo_machine_facts *facts);

/* Part of a text. */
typedef void mezzo_text_fn(void *arg, const char *text);

/**
 * mezzo_requirements_write() - the requirements as JSON, as `mezzo compat` reads it
 * @put: called with one piece after the other
 *
 * docs/requirements.md tells the format. Fields beyond their enumerations are written as "unknown".
 */
void mezzo_requirements_write(const struct mezzo_requirements *needs, mezzo_text_fn *put,
			      void *arg);

#endif
