/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_SPACE_H
#define MEZZO_SPACE_H
/*
 * A space: the guest-physical address space of one virtual machine. Slots map objects into it;
 * faults fill its tables; revocation empties them. The caller owns all memory; the engine
 * allocates nothing but tables, through the platform.
 *
 * Locking. mezzo_space_fault, _query and _explain run on any number of vCPUs at once and take no
 * lock. Slot changes and revoke take the object's lock and the space's, in that order; all of them
 * may run beside faults.
 */
#include <mezzo/arch.h>
#include <mezzo/object.h>
#include <mezzo/status.h>

#define MEZZO_SLOT_FLAG_READ_ONLY 1u

struct mezzo_slot_config {
	uint32_t id; /* the embedder's name for it: any value, unique in the space */
	uint32_t flags;
	struct mezzo_ipa ipa;
	uint64_t pages;
	struct mezzo_object *object;
	uint64_t offset_pages; /* of the slot's first page in the object */
};

/* Caller's memory for one slot. The fields are the engine's. */
struct mezzo_slot {
	_Atomic uint32_t state;
	struct mezzo_slot_config config;
	struct mezzo_space *space;
	struct mezzo_slot *object_next; /* in object->slots */
	bool clean_after;               /* frames are cleaned when entries are taken back */
	uint64_t number;                /* of this slot among all that the space ever had, from 1 */
	struct mezzo_ipa resume;        /* how far a deletion has come */
	uint64_t retired_at;            /* epoch after which the memory may be used again */
};

/* A fault as the hypervisor decoded it. */
struct mezzo_fault_info {
	struct mezzo_ipa ipa;
	uint8_t access; /* enum mezzo_access */
	uint8_t kind;   /* enum mezzo_fault_kind; a hint: the engine looks itself */
};

struct mezzo_fault_result {
	uint8_t outcome; /* enum mezzo_outcome. MEZZO_GRANT means: run the guest again */
	uint8_t reason;  /* enum mezzo_reason */
	uint8_t order;   /* of the entry made */
	bool retry;      /* nothing was decided: somebody else was at work. outcome is GRANT */
	uint32_t slot;   /* id; valid when the reason is not *_NO_SLOT or DEVICE_ACCESS */
};

/*
 * What the rule answered, and to which question: slot, access, state of the frame, writable. The
 * rule is pure and everything else that it looks at is constant while a slot lives, so the same
 * question need not be put twice. Below the decision is what follows from it.
 */
struct mezzo_ruling {
	_Alignas(64) uint64_t question; /* 0: none yet */
	uint64_t recorded;              /* in the flight recorder, besides what varies */
	uint64_t leaf;                  /* the leaf's attributes, as the table encodes them */
	struct mezzo_fault_result result;
	struct mezzo_decision decision;
	uint8_t work; /* the engine's: what goes with entering the leaf */
	struct mezzo_attr attr;
};
#define MEZZO_RULINGS 4 /* of each vCPU, by access: read, write, exec, walk */

/* Per-vCPU memory, caller's. A vCPU number is used by one CPU at a time. */
struct mezzo_vcpu {
	_Alignas(64) _Atomic uint64_t epoch; /* 0: not inside the engine */
	struct mezzo_slot *hint;
	struct mezzo_stock stock;
	struct mezzo_ruling ruling[MEZZO_RULINGS];
	struct mezzo_ruling other_ruling; /* to a question that is not remembered */
};

/* The flight recorder: the last decisions, in caller's memory. The fields are the engine's. */
struct mezzo_record_cell {
	_Atomic uint64_t number; /* 0: empty, or being written */
	_Atomic uint64_t ipa;
	_Atomic uint64_t rest;
};

/* One decision, as mezzo_space_record reads it. */
struct mezzo_record {
	uint64_t number; /* counts up from 1 */
	struct mezzo_ipa ipa;
	uint16_t vcpu;
	uint8_t access, kind; /* of the fault, as the CPU reported it */
	uint8_t outcome, reason, type;
	uint8_t order; /* of the entry made or widened */
};

struct mezzo_space_config {
	size_t size;
	const struct mezzo_arch *arch;
	const struct mezzo_platform *platform;
	struct mezzo_machine machine; /* safe minimum over all CPUs */
	bool guest_mte;
	uint8_t ipa_bits, pa_bits;
	uint16_t vmid;
	struct mezzo_slot *slots;  /* caller's memory for @max_slots slots, zeroed */
	struct mezzo_slot **index; /* caller's memory for 2 * @max_slots pointers */
	uint32_t max_slots;
	struct mezzo_vcpu *vcpus; /* caller's memory, zeroed */
	uint32_t max_vcpus;
	struct mezzo_record_cell *records; /* caller's memory, zeroed; may be NULL */
	uint32_t max_records;              /* a power of two, or 0 */
};

struct mezzo_space {
	_Atomic uint64_t sequence; /* raised by everything that takes entries away */
	struct mezzo_space_config config;
	struct mezzo_table table;
	struct mezzo_lock lock;
	_Atomic uint64_t epoch;
	_Atomic uint64_t recorded; /* decisions so far */
	_Atomic(struct mezzo_slot_index *) live;
	struct mezzo_slot_index {
		struct mezzo_slot **slot; /* sorted by IPA */
		uint32_t count;
	} sets[2];
	uint64_t index_retired_at; /* epoch after which the other set may be filled */
	uint64_t reclaim_at;       /* epoch after which retired tables may be freed */
	uint64_t numbered;         /* slots made so far */
};

/**
 * mezzo_space_init() - an empty space
 *
 * INVALID: a field is out of range (ipa_bits 32 to 48, pa_bits, counts, sizes); NOMEM.
 */
MEZZO_MUST_CHECK int mezzo_space_init(struct mezzo_space *space,
				      const struct mezzo_space_config *config);
/* No slot may be left (EXISTS) and no vCPU may be inside. Frees all tables. */
MEZZO_MUST_CHECK int mezzo_space_fini(struct mezzo_space *space);

/**
 * mezzo_slot_create() - map an object's range into the space
 * @why: filled on every error but AGAIN: rule, field, what it was, what would be accepted
 *
 * Checks in this order: flags, pages, alignment and wrap of ipa and offset, IPA range, object
 * range, id, overlap, limit, exclusive memory mapped twice, then the policy (arch->decide on
 * (missing, read) with the contract's promise). INVALID, EXISTS, LIMIT, REFUSED. AGAIN (no
 * refusal): memory of a deleted slot is still in use by a walker: call again. Nothing changes on
 * error. Maps nothing: faults do. Cost: linear in the slots of the space and of the object; a
 * refusal by the policy also searches for what would be accepted (mezzo_arm64_nearest): up to
 * milliseconds, so do not let a guest repeat it.
 */
MEZZO_MUST_CHECK int mezzo_slot_create(struct mezzo_space *space,
				       const struct mezzo_slot_config *config,
				       struct mezzo_refusal *why);

/**
 * mezzo_slot_delete() - take a slot away
 *
 * Bounded work per call: AGAIN until all entries are gone, TLBs invalidated and every frame
 * maintained as its contract demands. From the first call on, faults in the slot wait (retry).
 * NOENT: no slot of that id.
 */
MEZZO_MUST_CHECK int mezzo_slot_delete(struct mezzo_space *space, uint32_t id);

/**
 * mezzo_space_fault() - a guest touched memory that its tables do not let it touch
 * @vcpu: number below max_vcpus; one caller at a time per number
 *
 * Returns OK (see result), or NOMEM when the platform has no table memory: nothing has changed,
 * the access can be tried again. A guest can make no other error happen. Bounded: at most
 * MEZZO_WINDOW_BYTES of zeroing and maintenance.
 */
MEZZO_MUST_CHECK int mezzo_space_fault(struct mezzo_space *space, uint32_t vcpu,
				       const struct mezzo_fault_info *info,
				       struct mezzo_fault_result *result);

/**
 * mezzo_space_unmap() - take the entries of a range away; slots stay, faults bring them back
 * @ipa, @pages: page aligned, inside the IPA space (INVALID otherwise)
 *
 * Everything owed is settled on return: no CPU can use the entries, and the frames are maintained
 * as their contracts demand. A block that reaches over an edge goes whole. Waits for faults that
 * hold an entry of the range; those are bounded. Cost: linear in the entries that are there, plus
 * the cleaning of what must be cleaned, all under the space's lock: ask for 2 MiB at a time where
 * that must be bounded.
 */
MEZZO_MUST_CHECK int mezzo_space_unmap(struct mezzo_space *space, struct mezzo_ipa ipa,
				       uint64_t pages);

/**
 * mezzo_object_revoke() - offsets [offset, offset + pages) are about to resolve otherwise
 *
 * Takes the range out of every space, settled, before it returns: only then may the frames be given to anybody else. The object must already resolve
 * those offsets otherwise (or to MEZZO_ERR_REVOKED), or the old frames come back. Cannot fail.
 * The part of the range beyond the object's end is ignored.
 */
void mezzo_object_revoke(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages);

/* What stands at an address now. */
struct mezzo_mapping {
	bool slot; /* a slot covers the address: the next four are valid */
	uint32_t slot_id;
	uint32_t slot_flags;
	struct mezzo_object *object;
	uint64_t offset_pages;
	struct mezzo_leaf leaf; /* the table's entry */
	unsigned int effective; /* classes the guest can reach through the leaf */
};
void mezzo_space_query(struct mezzo_space *space, uint32_t vcpu, struct mezzo_ipa ipa,
		       struct mezzo_mapping *mapping);

/**
 * mezzo_space_explain() - what a fault there would be answered, without doing it
 *
 * @facts gets what the decision looked at, @decision the answer. OK; AGAIN when the object is in
 * transition; REVOKED when nothing is behind the address.
 */
MEZZO_MUST_CHECK int mezzo_space_explain(struct mezzo_space *space, uint32_t vcpu,
					 const struct mezzo_fault_info *info,
					 struct mezzo_facts *facts,
					 struct mezzo_decision *decision);

/**
 * mezzo_space_record() - read the flight recorder
 * @number: 1 is the first decision; the newest is mezzo_space_recorded()
 *
 * False where the record was overwritten, is being written, or never was. Any CPU, no lock.
 */
bool mezzo_space_record(const struct mezzo_space *space, uint64_t number,
			struct mezzo_record *record);
uint64_t mezzo_space_recorded(const struct mezzo_space *space);

#endif
