/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_SPACE_INTERNAL_H
#define MEZZO_SPACE_INTERNAL_H
/* What the files of src/space share. */
#include <stdatomic.h>

#include <mezzo/dirty.h>
#include <mezzo/space.h>

/* struct mezzo_slot.state */
enum slot_state {
	SLOT_FREE,
	SLOT_LIVE,
	SLOT_LEAVING, /* being emptied, to be deleted or moved: faults in it wait */
	SLOT_RETIRED, /* out of the index; a walker may still look at it */
};

/* On the path of every fault; and off it, which keeps registers and cache for the rest. */
#define HOT static inline __attribute__((always_inline))
#define RARE __attribute__((noinline, cold))

static inline uint64_t pages_to_bytes(uint64_t pages)
{
	return pages << MEZZO_PAGE_SHIFT;
}

static inline uint64_t bytes_to_pages(uint64_t bytes)
{
	return bytes >> MEZZO_PAGE_SHIFT;
}

/* The first address behind what an entry of @order around @ipa covers. */
static inline uint64_t behind(uint64_t ipa, unsigned int order)
{
	return (ipa | (mezzo_order_bytes(order) - 1)) + 1;
}

/* How many pages a space has from an address on. */
static inline uint64_t pages_within(const struct mezzo_space *space, struct mezzo_ipa ipa)
{
	const uint64_t limit = UINT64_C(1) << space->config.ipa_bits;

	return ipa.addr < limit ? bytes_to_pages(limit - ipa.addr) : 0;
}

/* Page aligned and inside the space? An empty range may be at its end. */
static inline bool range_is_valid(const struct mezzo_space *space, struct mezzo_ipa ipa,
				  uint64_t pages)
{
	return !(ipa.addr & (MEZZO_PAGE_BYTES - 1)) && pages <= pages_within(space, ipa) &&
	       ipa.addr <= UINT64_C(1) << space->config.ipa_bits;
}

/* First address after the slot; cannot wrap, creation checked. */
static inline uint64_t slot_end(const struct mezzo_slot *slot)
{
	return slot->config.ipa.addr + pages_to_bytes(slot->config.pages);
}

static inline bool slot_covers(const struct mezzo_slot *slot, uint64_t ipa)
{
	return ipa - slot->config.ipa.addr < pages_to_bytes(slot->config.pages);
}

/* The object's page at an address that the slot covers. */
static inline uint64_t slot_offset(const struct mezzo_slot *slot, uint64_t ipa)
{
	return slot->config.offset_pages + bytes_to_pages(ipa - slot->config.ipa.addr);
}

/* Does the hardware note the writes to slots that log? Rings want to know which vCPU wrote. */
static inline bool hardware_logs(const struct mezzo_space *space)
{
	return space->table.features.dirty && !space->config.vcpus[0].ring.entry;
}

/* The smallest leaf of the tables. */
static inline unsigned int page_order(const struct mezzo_space *space)
{
	return space->table.page_shift - (unsigned int)MEZZO_PAGE_SHIFT;
}

static inline bool slot_logs(const struct mezzo_slot_config *config)
{
	return config->flags & MEZZO_SLOT_FLAG_LOG_DIRTY;
}

/* Fill a refusal; the status. */
static inline int refuse(struct mezzo_refusal *why, int status, enum mezzo_reason reason,
			 enum mezzo_field field, uint64_t got, uint64_t want)
{
	*why = (struct mezzo_refusal){.reason = reason, .field = field, .got = got, .want = want};
	return status;
}
/* Cut [*first, *end), in the root's pages, to what the slot maps of it. Returns where it does. */
static inline struct mezzo_ipa slot_part(const struct mezzo_slot *slot, uint64_t *first,
					 uint64_t *end)
{
	const struct mezzo_range *range = &slot->by_offset;

	if (*first < range->first)
		*first = range->first;
	if (*end > range->end)
		*end = range->end;
	return (struct mezzo_ipa){slot->config.ipa.addr + pages_to_bytes(*first - range->first)};
}

/* --- objects and what derives from them (derive.c) --- */

/* The object that keeps the slots of all that derive from it; and a page of theirs, in its pages. */
struct mezzo_object *object_root(struct mezzo_object *object);
uint64_t root_pages(const struct mezzo_object *object, uint64_t pages);
/* Is @part the object, or does it derive from it? */
bool object_holds(const struct mezzo_object *object, const struct mezzo_object *part);

/* --- runs of frames (private.c) --- */

/* Page aligned, not empty, not wrapping? Says otherwise what would do. */
bool run_is_valid(struct mezzo_pa base, uint64_t pages, struct mezzo_refusal *why);

/* --- walkers (epoch.c) ---
 *
 * A walker is a vCPU inside the engine. What it may hold a pointer to (a slot,
 * an index, a table) is used for something else only after every walker that
 * was inside has left.
 */
static inline void walker_enter(struct mezzo_space *space, struct mezzo_vcpu *vcpu)
{
	/*
	 * Sequentially consistent: the store must be seen before anything the walker then looks at
	 * is loaded, or walkers_left() could miss a walker that holds an old pointer. An epoch read
	 * late only makes it wait longer.
	 */
	atomic_store(&vcpu->epoch, atomic_load_explicit(&space->epoch, memory_order_relaxed));
}

static inline void walker_leave(struct mezzo_vcpu *vcpu)
{
	atomic_store_explicit(&vcpu->epoch, 0, memory_order_release);
}

/* A stamp for what was just made unreachable; see walkers_left. */
uint64_t walkers_stamp(struct mezzo_space *space);
/* Has every walker that was inside at the stamp left? */
bool walkers_left(const struct mezzo_space *space, uint64_t stamp);

/* --- sets of ranges (ranges.c) --- */

void ranges_insert(struct mezzo_ranges *set, struct mezzo_range *range);
void ranges_remove(struct mezzo_ranges *set, struct mezzo_range *range);
/* The first range that overlaps [first, end), in order of starts, or NULL; and the one after. */
struct mezzo_range *ranges_first(const struct mezzo_ranges *set, uint64_t first, uint64_t end);
struct mezzo_range *ranges_next(struct mezzo_range *range, uint64_t first, uint64_t end);
/* The lowest start of [start, start + length) in [first, limit) that overlaps none; UINT64_MAX. */
uint64_t ranges_gap(const struct mezzo_ranges *set, uint64_t first, uint64_t length,
		    uint64_t limit);

/* --- slots by address (btree.c) --- */

/* @nodes: MEZZO_INDEX_NODES / 2 of them. */
void btree_init(struct mezzo_index *index, struct mezzo_index_node *nodes);
/* @key: the slot's address, which no other has; of remove, one that is there. */
void btree_insert(struct mezzo_index *index, uint64_t key, struct mezzo_slot *slot);
void btree_remove(struct mezzo_index *index, uint64_t key);
/* The last slot that starts at or below @ipa; the first of all, if none does. NULL: no slots. */
struct mezzo_slot *btree_find(const struct mezzo_index *index, uint64_t ipa);
/* The first slot that starts above @ipa, or NULL. */
struct mezzo_slot *btree_after(const struct mezzo_index *index, uint64_t ipa);

/* --- where slots are (index.c) --- */

/* The slot that covers @ipa, or NULL. The caller is a walker, or holds the
 * space's lock. */
struct mezzo_slot *slot_find(struct mezzo_space *space, uint64_t ipa);

/* What follows is for the holder of the space's lock. */
/* The first slot that overlaps [first, end), or NULL; and the one after. */
struct mezzo_slot *slot_first(const struct mezzo_space *space, uint64_t first, uint64_t end);
struct mezzo_slot *slot_next(const struct mezzo_space *space, const struct mezzo_slot *slot,
			     uint64_t end);
/* May the index be changed now? Not while a walker may hold what it was before the last change. */
bool index_ready(struct mezzo_space *space);
/* Show walkers that one came and one went; either may be NULL. Only after index_ready. */
void index_commit(struct mezzo_space *space, struct mezzo_slot *came, struct mezzo_slot *went);
struct mezzo_slot *slot_by_id(const struct mezzo_space *space, uint32_t id);
void slot_name(struct mezzo_space *space, struct mezzo_slot *slot);
void slot_unname(struct mezzo_space *space, struct mezzo_slot *slot);
/* Memory for a slot, once index_ready said so. Every slot that went is free by then. */
struct mezzo_slot *slot_take(struct mezzo_space *space);

/* --- whether a slot is accepted (slot_check.c) --- */

/* What can be said of numbers alone. @limit: the first address that no slot covers. */
int slot_check_flags(uint32_t flags, struct mezzo_refusal *why);
int slot_check_range(struct mezzo_ipa ipa, uint64_t pages, unsigned int page_shift, uint64_t limit,
		     struct mezzo_refusal *why);
int slot_check_limit(struct mezzo_ipa ipa, uint64_t pages, uint64_t limit,
		     struct mezzo_refusal *why);

int slot_check_arguments(const struct mezzo_space *space, const struct mezzo_slot_config *config,
			 struct mezzo_refusal *why);
/*
 * The rest, with the locks of space and object, for a slot to be made and for one to be changed.
 * @decision: what a first read would be answered.
 */
int slot_check_new(struct mezzo_space *space, const struct mezzo_slot_config *config,
		   struct mezzo_decision *decision, struct mezzo_refusal *why);
int slot_check_change(struct mezzo_space *space, const struct mezzo_slot *slot,
		      const struct mezzo_slot_config *to, struct mezzo_decision *decision,
		      struct mezzo_refusal *why);

/* Would the rule still grant the slot to a guest that may, or may not, use tags? */
int slot_check_mte(struct mezzo_space *space, const struct mezzo_slot *slot, bool mte,
		   struct mezzo_refusal *why);

int slot_refuse_unknown(uint32_t id, struct mezzo_refusal *why);

/* --- slots come, change and go (slot.c) --- */

/*
 * The slot of an id, with its object's lock and the space's. NOENT; AGAIN: the slot was replaced
 * meanwhile. Nothing is locked then.
 */
int slot_lock(struct mezzo_space *space, uint32_t id, struct mezzo_slot **slot);
/* The same for the slot at an address. */
int slot_lock_at(struct mezzo_space *space, struct mezzo_ipa ipa, struct mezzo_slot **slot);
void slot_unlock(struct mezzo_space *space, struct mezzo_object *object);
/* A slot as it will be found; live at once. Its place in the list of ids is another's as well. */
void slot_fill(struct mezzo_slot *slot, struct mezzo_space *space,
	       const struct mezzo_slot_config *config, const struct mezzo_decision *decision);
/* Take a bounded piece of its entries away. True: nothing is left. Faults in the slot wait. */
bool slot_emptied(struct mezzo_space *space, struct mezzo_slot *slot);

/* --- invalidation (invalidate.c) --- */

/*
 * Take [ipa, ipa + pages) away and settle it. The caller holds the space's lock. A block that
 * reaches over an edge goes whole. Raises the space's sequence first. *@taken: how many pages (or
 * tables) went; tables that are empty then are given back. AGAIN: devices may still use some of
 * it, and nothing else was taken.
 */
int zap(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages, uint64_t *taken);

/* Of what goes whole around @ipa: the leaf that is there, or a page of the tables. */
unsigned int whole_order(const struct mezzo_space *space, struct mezzo_ipa ipa);

/* --- devices (dma.c) --- */

/* Devices lose the range. False: some may still use it; ask again. With the space's lock. */
bool dma_taken(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages);

/* Free the tables that were taken out, once nobody can be looking at them. */
void space_reclaim(struct mezzo_space *space);

/* --- dirty logs (dirty.c) --- */

/* The slot of an id, which logs; with the space's lock. NOENT. */
int log_find(const struct mezzo_space *space, uint32_t id, struct mezzo_slot **slot,
	     struct mezzo_refusal *why);
/* Pages of a slot are dirty. */
void log_mark(const struct mezzo_slot *slot, uint64_t first, uint64_t pages);
/* Those of [ipa, ipa + pages) that are the slot's. */
void log_mark_part(const struct mezzo_slot *slot, uint64_t ipa, uint64_t pages);

/*
 * Pages that no CPU may write unnoticed any more: write-protected by runs, or noted by the hardware
 * again, with one invalidation for all. For the holder of the space's lock. All zero but for the
 * space: none yet.
 */
struct sweep {
	struct mezzo_space *space;
	const struct mezzo_slot *slot;
	uint64_t first, end; /* pages of the slot that are still to be done */
	struct mezzo_flush flush;
};
void sweep_pages(struct sweep *sweep, const struct mezzo_slot *slot, uint64_t first,
		 uint64_t pages);
/* On return no CPU can write any of them unnoticed. How many could be written. */
uint64_t sweep_end(struct sweep *sweep);

/* --- frames (frame.c) --- */

/* Clean and invalidate a run of at most MEZZO_WINDOW_BYTES as its contract
 * provides. */
void frame_clean(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		 struct mezzo_pa pa, uint64_t bytes);
/* Do the list of actions in order; everything is complete on return. */
void frame_prepare(const struct mezzo_platform *platform, const struct mezzo_contract *contract,
		   struct mezzo_pa pa, uint64_t bytes, const struct mezzo_decision *decision);

/* Is there work on the frames themselves? It comes first. */
static inline bool needs_frames(const struct mezzo_decision *decision)
{
	const uint8_t first = decision->before_visible[0];

	return first == MEZZO_ACTION_CLEAN_INVALIDATE || first == MEZZO_ACTION_ZERO ||
	       first == MEZZO_ACTION_ZERO_UNCACHED || first == MEZZO_ACTION_ZERO_TAGS;
}

/* Why an object gives no frame. */
static inline enum mezzo_reason reason_unresolved(int status)
{
	if (status == MEZZO_ERR_POISONED)
		return MEZZO_WHY_FRAME_POISONED;
	return status == MEZZO_ERR_NOENT ? MEZZO_WHY_NOT_IN_VIEW : MEZZO_WHY_OBJECT_REVOKED;
}

/* A state as a number below 8. */
static inline uint8_t frame_state_bits(struct mezzo_frame_state state)
{
	return *(const uint8_t *)&state & 7;
}

/* --- facts (explain.c) --- */

/*
 * Everything the rule looks at for a fault at @ipa in @slot, whose @object (one of its two)
 * answered @frame. What the fault was (access, kind, order) is the caller's to fill in.
 */
void facts_gather(const struct mezzo_space *space, const struct mezzo_slot *slot, uint64_t ipa,
		  const struct mezzo_object *object, const struct mezzo_frame *frame,
		  struct mezzo_facts *facts);
/*
 * The frame at a page of the slot, of the view that the access means (enum mezzo_view); @object:
 * which of the slot's objects has the page. As ops.resolve; NOENT: no view that was meant has it.
 */
int slot_resolve(const struct mezzo_slot *slot, uint8_t view, uint64_t offset, bool write,
		 struct mezzo_object **object, struct mezzo_frame *frame);

/*
 * --- the guest's own types (guest_types.c), by way of the architecture: one that knows none links
 * nothing of it. Called where space->config.guest_types is set.
 */
struct mezzo_guest_types_ops {
	/* Are they valid, and can the tables say whatever they may ask for? */
	bool (*possible)(const struct mezzo_space *space);
	/* What the rule is told at an address, of those that hold now; the caller is a walker. */
	void (*facts)(const struct mezzo_space *space, uint64_t ipa, struct mezzo_guest *guest);
	/* Of a set of leaves' sizes those that have one type around @ipa. */
	uint64_t (*orders)(const struct mezzo_space *space, uint64_t ipa, uint64_t orders);
};
extern const struct mezzo_guest_types_ops mezzo_guest_types_x86;

/* --- flight recorder (recorder.c) --- */

/* A record's last word: vcpu [15:0], access, kind, outcome, reason, type, order of 8 bits each. */
static inline uint64_t record_part(const struct mezzo_space *space, const struct mezzo_vcpu *vcpu,
				   uint8_t access, const struct mezzo_decision *decision)
{
	return (uint64_t)((vcpu - space->config.vcpus) & 0xffff) | (uint64_t)access << 16 |
	       (uint64_t)decision->outcome << 32 | (uint64_t)decision->reason << 40 |
	       (uint64_t)decision->type << 48;
}

/* With what varies from one fault of a kind to the next. */
static inline uint64_t record_whole(uint64_t part, uint8_t kind, uint8_t order)
{
	return part | (uint64_t)kind << 24 | (uint64_t)order << 56;
}

/*
 * Writers are vCPUs that take a number each; a cell's number is zero while it is written, so a
 * reader that finds the same number before and after has read one record. @whole: its last word.
 */
HOT void record(struct mezzo_space *space, uint64_t ipa, uint64_t whole)
{
	const uint32_t size = space->config.max_records;
	struct mezzo_record_cell *cell;
	uint64_t number;

	if (!size)
		return;
	number = atomic_fetch_add_explicit(&space->recorded, 1, memory_order_relaxed) + 1;
	cell = &space->config.records[number & (size - 1)];

	atomic_store_explicit(&cell->number, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->ipa, ipa, memory_order_release);
	atomic_store_explicit(&cell->rest, whole, memory_order_release);
	atomic_store_explicit(&cell->number, number, memory_order_release);
}

static inline bool access_writes(uint8_t access)
{
	return access == MEZZO_ACCESS_WRITE || access == MEZZO_ACCESS_WALK_WRITE;
}

#endif
