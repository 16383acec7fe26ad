/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNDERTAKING_H
#define UNDERTAKING_H
/*
 * Short traces on the model machine, one for each thing that moves memory or takes it back: what comes
 * before it, the operation itself, and what must hold afterwards. Beside the
 * operation a guest goes on by what its TLB holds. Four pages.
 */
#include <mezzo/extents.h>
#include <mezzo/mezzo.h>
#include <mezzo/private.h>
#include <platform/model/model.h>

#define UNDERTAKING_PAGES 4
#define UNDERTAKING_SITES 128
/* Machines: with FWB, IDC and DIC, MTE, range invalidation, notes of writes, or without. */
#define UNDERTAKING_MACHINES 32

struct undertaking_kind;
struct undertaking {
	const struct undertaking_kind *kind;
	bool over; /* the operation */
	unsigned int machine;
	bool mte, notes;
	struct mezzo_model *model;
	const struct mezzo_platform *p;
	struct mezzo_space space;
	struct mezzo_slot slots[2];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(2)];
	struct mezzo_vcpu vcpus[1];
	struct mezzo_contract contract;
	union {
		struct mezzo_pool pool;
		struct mezzo_private private;
		struct mezzo_private_mmio mmio;
	};
	struct mezzo_extents file;
	struct mezzo_extent extent[4];
	struct mezzo_object *object, *shared; /* of the slot */
	_Atomic uint8_t state[64];
	_Atomic uint64_t bitmap[MEZZO_DIRTY_WORDS(UNDERTAKING_PAGES)];
	/* Of each call site: the calls before the operation began, and when it was over. */
	uint64_t before[UNDERTAKING_SITES], after[UNDERTAKING_SITES];
};

struct undertaking_kind {
	const char *name;
	bool needs_mte;
	void (*prepare)(struct undertaking *u);
	void (*run)(struct undertaking *u); /* the engine's calls alone */
	void (*judge)(struct undertaking *u);
};

extern const struct undertaking_kind undertakings[];
extern const unsigned int undertaking_count;

/*
 * One trace to its end or to a violation; mutated only while the operation is under way. NULL: not on
 * this machine.
 */
struct undertaking *undertaking_run(const struct undertaking_kind *kind, unsigned int machine,
				    const struct mezzo_model_mutation *mutation);
void undertaking_free(struct undertaking *u);

#endif
