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
#include <mezzo/x86.h>

#define MEZZO_SLOT_FLAG_READ_ONLY 1u
/* Writes are logged, page by page, in the slot's bitmap or in rings: see dirty.h. */
#define MEZZO_SLOT_FLAG_LOG_DIRTY 2u
/*
 * With LOG_DIRTY: every page is dirty when logging begins, and stays writable until it is cleared,
 * so that beginning costs nothing but a bitmap. Without it no page is, and what is writable is
 * write-protected.
 */
#define MEZZO_SLOT_FLAG_STARTS_DIRTY 4u

struct mezzo_slot_config {
	uint32_t id; /* the embedder's name for it: any value, unique in the space */
	uint32_t flags;
	struct mezzo_ipa ipa;
	uint64_t pages;
	struct mezzo_object *object;
	uint64_t offset_pages; /* of the slot's first page in the object */
	/*
	 * With LOG_DIRTY: caller's memory for MEZZO_DIRTY_WORDS(pages) words, zeroed. The engine's
	 * until the call that ends logging, or deletes the slot, returns OK.
	 */
	_Atomic uint64_t *bitmap;
	/* The other view of private memory (private.h), for pages that are shared; or NULL. */
	struct mezzo_object *shared;
};

/*
 * Caller's memory for one slot. The fields are the engine's. A slot that walkers may find never
 * changes but for its state: what changes it puts another one in its place.
 */
struct mezzo_slot {
	_Atomic uint32_t state;
	struct mezzo_slot_config config;
	struct mezzo_space *space;
	bool clean_after;              /* frames are cleaned when entries are taken back */
	_Atomic uint64_t number;       /* of this slot among all that the space ever had, from 1 */
	struct mezzo_ipa emptied;      /* how far a deletion or a move has emptied it */
	struct mezzo_ipa guarded;      /* how far it is write-protected since it logs */
	struct mezzo_ipa reshaped;     /* how far it is split while it logs, or collapsed after */
	struct mezzo_range by_offset;  /* in object->slots */
	struct mezzo_slot *first_here; /* the first slot whose id leads to this place */
	struct mezzo_slot *next;       /* among those; or in the list of free ones */
};

/*
 * What the guest's access said of the page: a machine whose guests tell private memory from shared
 * (a bit of the address, of the guest's tables) reports which of the two was meant. Without: ANY.
 */
enum mezzo_view {
	MEZZO_VIEW_ANY, /* whatever the page is */
	MEZZO_VIEW_PRIVATE,
	MEZZO_VIEW_SHARED,
	MEZZO_VIEWS
};

/* A fault as the hypervisor decoded it. */
struct mezzo_fault_info {
	struct mezzo_ipa ipa;
	uint8_t access;   /* enum mezzo_access */
	uint8_t kind : 4; /* enum mezzo_fault_kind; a hint: the engine looks itself */
	uint8_t view : 4; /* enum mezzo_view */
};

struct mezzo_fault_result {
	uint8_t outcome; /* enum mezzo_outcome. MEZZO_GRANT means: run the guest again */
	uint8_t reason;  /* enum mezzo_reason */
	uint8_t order;   /* of the entry made */
	bool retry;      /* nothing was decided: somebody else was at work. outcome is GRANT */
	uint32_t slot;   /* id; valid when the reason is not *_NO_SLOT or DEVICE_ACCESS */
};

/* What a fault was about that was not granted: all that the engine knows (mezzo_fault_exit). */
struct mezzo_fault_exit {
	struct mezzo_ipa ipa;        /* as the fault reported it */
	struct mezzo_object *object; /* that answers there; NULL: no slot */
	uint64_t offset_pages;       /* of the page in @object */
	uint32_t slot;               /* id; valid with @object */
	uint8_t order;               /* of the pages around @ipa that it is about */
	uint8_t access, kind, view;  /* of the fault */
	uint8_t outcome, reason;     /* never MEZZO_GRANT */
	bool is_private;             /* the page is private; with not-in-view, unlike the access */
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
	uint64_t orders;                /* sizes of leaves of the table that the decision allows */
	struct mezzo_fault_result result;
	struct mezzo_decision decision;
	uint8_t work; /* the engine's: what goes with entering the leaf */
	struct mezzo_attr attr;
};
#define MEZZO_RULINGS 4 /* of each vCPU, by access: read, write, exec, walk */

/* One write, in a vCPU's ring: see dirty.h. */
struct mezzo_dirty_entry {
	_Atomic uint32_t flags; /* MEZZO_DIRTY_; 0: empty */
	uint32_t slot;          /* id */
	uint64_t page;          /* of the slot */
};
#define MEZZO_DIRTY_DIRTY 1u
#define MEZZO_DIRTY_RESET 2u

/* The fields are the engine's. */
struct mezzo_dirty_ring {
	struct mezzo_dirty_entry *entry; /* NULL: there are no rings */
	uint32_t mask;                   /* entries - 1 */
	uint32_t written;                /* entries so far: the vCPU's */
	uint32_t reset;                  /* entries so far: of the space's lock */
};

/* Per-vCPU memory, caller's. A vCPU number is used by one CPU at a time. */
struct mezzo_vcpu {
	_Alignas(64) _Atomic uint64_t epoch; /* 0: not inside the engine */
	struct mezzo_slot *hint;
	struct mezzo_stock stock;
	struct mezzo_ruling ruling[MEZZO_RULINGS];
	struct mezzo_ruling logged;       /* to a write of a page that is there, and logged */
	struct mezzo_ruling other_ruling; /* to a question that is not remembered */
	struct mezzo_dirty_ring ring;
	struct mezzo_fault_exit exit; /* of the last fault that was not granted */
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

/*
 * What a guest's own MTRRs and CR0.CD say, for a space that honours them (x86). The default is to
 * ignore them: docs/policy.md says what that costs.
 */
struct mezzo_guest_types {
	struct mezzo_x86_mtrr mtrr; /* of every vCPU: they agree, once the guest has set them all */
	bool cr0_cd;                /* some vCPU has CR0.CD = 1 */
};

struct mezzo_space_config {
	size_t size;
	const struct mezzo_arch *arch;
	const struct mezzo_platform *platform;
	struct mezzo_machine machine; /* safe minimum over all CPUs */
	/*
	 * What the tables may use (arch.h); exec for one exception level is the machine's fact, too.
	 * With `dirty` the hardware notes the writes to slots that log, unless there are rings.
	 */
	struct mezzo_table_features features;
	bool guest_mte;
	uint8_t ipa_bits, pa_bits;
	uint16_t vmid;
	struct mezzo_slot *slots;       /* caller's memory for @max_slots slots, zeroed */
	struct mezzo_index_node *index; /* and for MEZZO_INDEX_NODES(@max_slots) nodes */
	uint32_t max_slots;
	struct mezzo_vcpu *vcpus; /* caller's memory, zeroed */
	uint32_t max_vcpus;
	struct mezzo_record_cell *records; /* caller's memory, zeroed; may be NULL */
	uint32_t max_records;              /* a power of two, or 0 */
	struct mezzo_x86_table_config x86;
	struct mezzo_guest_types *guest_types; /* caller's memory for two, the first filled: as the
						* guest finds them. NULL: ignored */
};

struct mezzo_space {
	_Atomic uint64_t sequence; /* raised by everything that takes entries away */
	struct mezzo_space_config config;
	struct mezzo_table table;
	struct mezzo_lock lock;
	_Atomic bool mte; /* the guest may use tags now; config says what it began with */
	_Atomic uint64_t epoch;
	_Atomic uint32_t live;       /* which of the two indexes walkers search */
	struct mezzo_index index[2]; /* slots by IPA; the other lacks the last change, */
	struct mezzo_slot *came;     /* which was that this one came, or none, */
	struct mezzo_slot *went;     /* and this one went, or none */
	uint64_t index_retired_at;   /* epoch after which the other may be changed */
	uint64_t reclaim_at;         /* epoch after which retired tables may be freed */
	uint64_t numbered;           /* slots made so far */
	uint32_t count;              /* slots in use */
	uint32_t used;               /* the first so many of the caller's have been */
	bool devices;                /* some may reach it, or did (dma.h) */
	struct mezzo_slot *free;     /* of these, the ones that are not in use */
	struct mezzo_slot spare;     /* one more than the caller's: see mezzo_slot_change */
	_Atomic uint32_t types_live; /* which of the two guest_types holds */
	uint64_t types_retired_at;   /* epoch after which the other may be changed */
	bool types_changing;         /* entries that the other gave are not all gone yet, */
	struct mezzo_ipa types_done; /* but up to here */
	struct mezzo_stock stock;    /* of the lock's holder, for splitting */
	uint64_t apart[7]; /* every fault adds to what follows, so it has a line of its own */
	_Atomic uint64_t recorded; /* decisions so far */
	uint64_t apart_too[7];
};

/**
 * mezzo_space_init() - an empty space
 *
 * INVALID: a field is out of range (ipa_bits, pa_bits, counts, sizes, features), or the tables
 * cannot say what the guest's types ask for; NOMEM.
 */
MEZZO_MUST_CHECK int mezzo_space_init(struct mezzo_space *space,
				      const struct mezzo_space_config *config);
/* No slot may be left (EXISTS) and no vCPU may be inside. Frees all tables. */
MEZZO_MUST_CHECK int mezzo_space_fini(struct mezzo_space *space);

/**
 * mezzo_slot_create() - map an object's range into the space
 * @why: filled on every error but AGAIN: rule, field, what it was, what would be accepted
 *
 * Checks in this order: flags, pages, alignment and wrap of ipa, that `shared` is the other view of
 * the object; id, overlap (EXISTS; why->slot is
 * the slot in the way), IPA range, object range, limit (LIMIT), exclusive memory mapped twice
 * (REFUSED; why->slot is the other one, of this space or another, or the new one itself where the
 * object is lent to extents; the shared view of private memory is never a second mapping, as each page
 * is in one view), then the policy (arch->decide on (missing, read) with the contract's promise;
 * REFUSED). Everything else is INVALID. AGAIN (no refusal): a walker still holds the index as it was
 * before the last change: call again. Nothing changes on error. Maps nothing: faults do. Allocates
 * nothing. Cost: the logarithm of the slots of the space and of the object. A refusal may be linear in them, as it looks for what would be
 * accepted, and one by the policy also searches the facts (struct mezzo_arch.nearest): up to
 * milliseconds, so do not let a guest repeat it.
 */
MEZZO_MUST_CHECK int mezzo_slot_create(struct mezzo_space *space,
				       const struct mezzo_slot_config *config,
				       struct mezzo_refusal *why);

/**
 * mezzo_slot_delete() - take a slot away
 * @why: filled on every error but AGAIN; NULL for who only goes on until nothing is left
 *
 * Bounded work per call: AGAIN until all entries are gone, devices' too, TLBs invalidated and every
 * frame maintained as its contract demands. From the first call on, faults in the slot wait (retry): no
 * guest sees a device there before the call that returns OK. Calls on one slot are the embedder's
 * to order: the next one takes the place of one that is unfinished.
 * NOENT: no slot of that id (MEZZO_WHY_SLOT_ID_UNKNOWN). REFUSED (slot-accepted): the guest has
 * accepted some of the object, which is taken back through the object alone (private.h); a deletion
 * that had begun is given up. Allocates nothing.
 */
MEZZO_MUST_CHECK int mezzo_slot_delete(struct mezzo_space *space, uint32_t id,
				       struct mezzo_refusal *why);

/**
 * mezzo_slot_get() - the slot of an id, as it is now
 * mezzo_slot_next() - the first slot at or behind an address: one that covers it, or the next
 *
 * NOENT: there is none. Both take the space's lock, for as long as a search takes.
 */
MEZZO_MUST_CHECK int mezzo_slot_get(struct mezzo_space *space, uint32_t id,
				    struct mezzo_slot_config *config);
MEZZO_MUST_CHECK int mezzo_slot_next(struct mezzo_space *space, struct mezzo_ipa ipa,
				     struct mezzo_slot_config *config);

/**
 * mezzo_slot_change() - move a slot, or change whether it logs writes, or both
 * @to: the slot of @to->id as it is to be. Pages, object, offset and READ_ONLY are fixed
 * @why: filled on every error but AGAIN
 *
 * A move may overlap the slot's own old range, and nothing else. Contract and type stay what they
 * were: they are the object's. Bounded work per call: AGAIN until it is done. From the first call
 * on, faults in the old range wait (retry), and then find the slot at its new place or nothing: no
 * guest ever finds both, nor a device where both ranges have the slot.
 *
 * Setting LOG_DIRTY write-protects what is mapped (with STARTS_DIRTY: marks it), a bounded piece per
 * call; faults log from the first call on, and from the call that returns OK no write is missed.
 * Clearing it opens pages again as they are written. While a slot logs its bitmap is fixed, and so
 * is STARTS_DIRTY.
 *
 * Checks in this order: flags, pages, alignment and wrap of ipa; NOENT; what is fixed (INVALID, and
 * the address too when the guest has accepted some of the object: REFUSED, slot-accepted);
 * overlap, IPA range, policy, as in mezzo_slot_create. All are made again at every call, as others
 * may have come between; a refusal leaves the slot as it was, and gives an unfinished move or
 * deletion up: entries that went come back by faults. So does a call that says what already holds.
 * Allocates nothing: the space has a slot's memory to spare. Cost: as create, and what is mapped.
 */
MEZZO_MUST_CHECK int mezzo_slot_change(struct mezzo_space *space,
				       const struct mezzo_slot_config *to,
				       struct mezzo_refusal *why);

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
 * mezzo_fault_exit() - what the last fault of a vCPU was about that was not granted
 * @vcpu: number of the vCPU; only its own CPU asks, as it does for mezzo_space_fault
 *
 * For the embedder that has to do something about it: emulate a device, make memory private or
 * shared, tell the guest of a frame that failed. What has happened since is not in it.
 */
void mezzo_fault_exit(const struct mezzo_space *space, uint32_t vcpu,
		      struct mezzo_fault_exit *what);

/**
 * mezzo_space_unmap() - take the entries of a range away; slots stay, faults bring them back
 * @ipa, @pages: page aligned, inside the IPA space (INVALID otherwise)
 *
 * Everything owed is settled on return: no CPU can use the entries, and the frames are maintained
 * as their contracts demand. A block that reaches over an edge goes whole. Waits for faults that
 * hold an entry of the range; those are bounded. Cost: linear in the entries that are there, plus
 * the cleaning of what must be cleaned, all under the space's lock: ask for 2 MiB at a time where
 * that must be bounded. AGAIN: devices may still use some of it (dma.h): call again.
 */
MEZZO_MUST_CHECK int mezzo_space_unmap(struct mezzo_space *space, struct mezzo_ipa ipa,
				       uint64_t pages);

/**
 * mezzo_guest_types_change() - the guest has written an MTRR, or CR0.CD
 * @to: what holds from now on
 *
 * The entries that would be of another type are taken away, and only they; faults bring them back.
 * Faults go by @to from the first call on. Bounded work per call: AGAIN until all of them are gone,
 * and TLBs invalidated; call again with the same @to before the vCPU goes on. INVALID: the space
 * ignores the guest's types, or @to is none that WRMSR could have made. Cost: a step for every slot
 * and every edge of a range in what changed, and the entries that go.
 */
MEZZO_MUST_CHECK int mezzo_guest_types_change(struct mezzo_space *space,
					      const struct mezzo_guest_types *to);

/**
 * mezzo_object_revoke() - offsets [offset, offset + pages) are about to resolve otherwise
 *
 * Takes the range out of every space, settled, before it returns OK: only then may the frames be
 * given to anybody else. The object must already resolve those offsets otherwise (or to
 * MEZZO_ERR_REVOKED), or the old frames come back. AGAIN: devices may still use some of the range
 * (dma.h): call again with the same; the CPUs' entries may be there or gone. Where no device
 * reaches the object there is nothing but OK. The part of the range beyond the object's end is
 * ignored. Of a derived object: what is mapped through it, or through what derives from it; the
 * parent's own slots stay.
 */
MEZZO_MUST_CHECK int mezzo_object_revoke(struct mezzo_object *object, uint64_t offset_pages,
					 uint64_t pages);

/**
 * mezzo_space_prefault() - make entries before a guest needs them
 * @vcpu: as for mezzo_space_fault: a number that no vCPU uses at the time
 * @ipa, @pages: page aligned, inside the IPA space
 * @done_pages: out: so many, from @ipa on, have entries
 * @result: out: what the last fault was answered, if there was one
 *
 * Decides as faults do, of reads. Bounded work per call: goes no further than the end of the 2 MiB
 * around @ipa, or of one larger leaf.
 * OK: all of it is done. AGAIN: call again for the rest. NOENT: no slot covers @ipa + @done_pages.
 * REFUSED: the fault there is not granted, see @result. NOMEM as mezzo_space_fault. INVALID: no
 * such range.
 */
MEZZO_MUST_CHECK int mezzo_space_prefault(struct mezzo_space *space, uint32_t vcpu,
					  struct mezzo_ipa ipa, uint64_t pages,
					  uint64_t *done_pages, struct mezzo_fault_result *result);

/**
 * mezzo_space_age() - has anything of a range been accessed since the last call?
 * @accessed: out; true if an entry is just being made, too
 *
 * Clears what it reports, in place: mapped pages stay mapped, and the next access to each is noted
 * again, by the hardware or by a fault. One TLB invalidation per call. Never makes a fault wait.
 * INVALID: as mezzo_space_unmap. Takes the space's lock. Cost: linear in the entries that are there.
 */
MEZZO_MUST_CHECK int mezzo_space_age(struct mezzo_space *space, struct mezzo_ipa ipa,
				     uint64_t pages, bool *accessed);

/**
 * mezzo_space_set_mte() - the guest may use allocation tags from now on, or no longer
 * @why: filled on REFUSED: the rule, and the slot
 *
 * Every slot is checked again at once, as at its creation. REFUSED: one of them would not be
 * accepted; nothing has changed. AGAIN: devices have lost their entries (dma.h) and are not done
 * yet; call again. Otherwise all that was decided before is void, and what is mapped
 * is taken away, settled on return: faults bring it back as the rule now says, with tags zeroed
 * where they are somebody else's. May run beside faults; the guest itself must not use tags before
 * it returns (HCR_EL2.ATA). Takes the space's lock. Cost: the slots, and as mezzo_space_unmap of
 * the whole space.
 */
MEZZO_MUST_CHECK int mezzo_space_set_mte(struct mezzo_space *space, bool mte,
					 struct mezzo_refusal *why);

/**
 * mezzo_object_poison() - memory has failed
 * @object: any object whose memory it is; what derives from it, or it from, loses the page too
 * @offset_pages, @order: of the pages that have: 2^@order of them, from a multiple of 2^@order on
 *
 * Takes them out of every space, settled, before it returns. Their frames are neither cleaned nor
 * zeroed, now and later: a touch may be an error. Neighbours in the same block stay mapped where
 * table memory can be had to split it; otherwise the block goes, and faults bring the rest back. A
 * guest's access gets an external abort (MEZZO_ABORT, frame-poisoned), and mezzo_fault_exit tells
 * the embedder the address, the object and how much failed.
 *
 * INVALID: the range is misaligned or not inside the object. AGAIN: devices may still use some of it
 * (dma.h): call again. REFUSED, and nothing was done: the object cannot remember it (no ops.poison),
 * nor does its resolver answer POISONED already, as a host mapping's must. Any CPU, beside anything.
 */
MEZZO_MUST_CHECK int mezzo_object_poison(struct mezzo_object *object, uint64_t offset_pages,
					 unsigned int order);

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
 * transition; NOENT, REVOKED, POISONED: what the object answered.
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
