/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_MODEL_INTERNAL_H
#define MEZZO_MODEL_INTERNAL_H
/* The parts of the model machine and how they call each other. */
#include "model.h"

#define CPUS MEZZO_MODEL_CPUS
#define SPACES MEZZO_MODEL_SPACES
#define LINES MEZZO_MODEL_LINES
/* Cells of a frame: its data lines, then one that stands for all its allocation tags. */
#define TAGS LINES
#define CELLS (LINES + 1)
#define LINE_BYTES 64

#define TABLES_PA UINT64_C(0x40000000)
#define TABLE_PAGES MEZZO_MODEL_TABLES
#define ENTRIES 512

/* --- memory.c: values, frames, ownership ------------------------------------------------------ */

/* A value's upper half is the ownership during which it was written; zero is anybody's. */
typedef uint32_t value_t;
#define VALUE_ZERO 0u

static inline value_t value_make(uint32_t epoch, uint32_t serial)
{
	return epoch << 16 | (serial & 0xffff);
}

/* One possible state of one line. */
struct cell_state {
	value_t mem;
	value_t cache;    /* 0 when absent */
	uint8_t presence; /* enum presence */
	uint8_t done;     /* CPUs whose pending clean+invalidate has already happened */
};

enum presence {
	ABSENT,
	CLEAN,
	DIRTY
};

struct fetched {
	value_t value;
	uint64_t until; /* last time at which it could be fetched into the I-cache */
};

#define CELL_STATES 64
#define CELL_FETCHED 16

struct cell {
	struct cell_state state[CELL_STATES];
	struct fetched fetched[CELL_FETCHED]; /* what an I-cache may hold */
	uint8_t states, fetched_count;
	uint8_t pending; /* CPUs with an incomplete clean+invalidate */
	bool expected_valid;
	bool code_synced;
	value_t expected; /* what the frame's users must see, when valid */
};

struct frame {
	struct cell cell[CELLS];
	uint32_t epoch;
	uint8_t owners;  /* spaces */
	uint8_t alias;   /* classes of the host's permanent mappings */
	uint8_t classes; /* effective classes in use: aliases', and guests' since they maintained */
	bool tag_storage, mmio;
	bool given_up;          /* what was written there may be zeroed */
	uint8_t stage1[SPACES]; /* classes of the guest's own mappings */
	/* live translations by space, and by what they make possible */
	uint16_t reach[SPACES], cacheable[SPACES];
	uint16_t forced, exec;
	uint16_t cached_windows;  /* open write-back windows */
	uint16_t devices[SPACES]; /* IOMMU entries by which devices may reach it */
};

struct frame *model_frame(struct mezzo_model *model, uint64_t pa);
/* May lines be filled at any time, because somebody has a cacheable mapping? */
bool model_frame_fillable(const struct frame *frame);
/* Does everybody who uses the frame agree on its type, so that a write is seen by all? */
static inline bool frame_coherent(const struct frame *frame)
{
	return !(frame->classes & MEZZO_CLASS_WB) || frame->classes == MEZZO_CLASS_WB;
}

value_t model_new_value(struct mezzo_model *model, const struct frame *frame);

/* How an access goes to memory. */
struct way {
	enum mezzo_class class;
	bool looks; /* past the caches, but not before it has looked into them */
};

static inline struct way way_of(enum mezzo_class class)
{
	return (struct way){class, false};
}

/* --- cache.c: one line ------------------------------------------------------------------------ */

void cell_reset(struct cell *cell, value_t mem, enum presence presence, value_t cache);
void cell_add(struct mezzo_model *model, struct cell *cell, struct cell_state state);
/* Everything that caches may do by themselves now. Also before a mapping goes away. */
void cell_settle(struct mezzo_model *model, struct frame *frame, unsigned int index);
void frame_settle(struct mezzo_model *model, struct frame *frame);
void cell_write(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
		value_t value);
/* @allocates: it may leave the line in a cache. */
void cell_write_snooped(struct mezzo_model *model, struct frame *frame, unsigned int index,
			value_t value, bool allocates);
void cell_read(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
	       struct mezzo_model_values *seen);
void cell_read_snooped(struct mezzo_model *model, struct frame *frame, unsigned int index,
		       struct mezzo_model_values *seen);
void cell_fetch(struct mezzo_model *model, struct frame *frame, unsigned int index, struct way way,
		struct mezzo_model_values *seen);
/* An instruction cache may hold what a fetch found, past the caches too. */
void cell_executed(struct mezzo_model *model, struct frame *frame, unsigned int index,
		   const struct mezzo_model_values *seen);
void cell_clean_issue(struct mezzo_model *model, struct frame *frame, unsigned int index,
		      unsigned int cpu);
void cell_clean_complete(struct mezzo_model *model, struct frame *frame, unsigned int index,
			 unsigned int cpu);
/* Both at once, by a guest that waits for it. */
void cell_clean(struct mezzo_model *model, struct frame *frame, unsigned int index);
/* Cleaned alone, by a guest that waits for it. */
void cell_write_back(struct mezzo_model *model, struct frame *frame, unsigned int index);
/* An instruction cache invalidation issued at @issued takes effect. */
void cell_icache_invalidate(struct mezzo_model *model, struct frame *frame, unsigned int index,
			    uint64_t issued);
void values_add(struct mezzo_model_values *values, value_t value);

/* --- tables.c: table memory and late stores ------------------------------------------------- */

/* Values of an entry that walkers may still see, in order, and who has overwritten each. */
#define LATE 6
struct late {
	uint64_t old[LATE];
	uint8_t cpu[LATE];
	uint8_t count;
};

struct table_page {
	bool used;
	bool reachable; /* by a walker, at the last look */
	bool fresh;     /* its zeroes are not yet visible */
	uint8_t fresh_cpu;
};

struct tables {
	unsigned char *memory; /* aligned to 64 KiB */
	uint64_t *seen;        /* their contents at the last look */
	struct late *late;     /* one per entry */
	struct table_page page[TABLE_PAGES];
	unsigned int pages; /* how many there are */
	uint32_t *touched;  /* entries with something late */
	uint32_t touched_count;
	bool changed; /* since the last walk */
};

bool tables_create(struct mezzo_model *model);
void tables_destroy(struct mezzo_model *model);
void *tables_alloc(struct mezzo_model *model, size_t bytes);
void tables_free(struct mezzo_model *model, void *table, size_t bytes);
/* Notice the current CPU's stores, and what they let walkers find. */
void tables_look(struct mezzo_model *model);
/* The current CPU's stores are visible now. */
void tables_barrier(struct mezzo_model *model);
/* The values that a walker may read: at most TABLE_VALUES. Zero when @pa is no table. */
#define TABLE_VALUES (LATE + 1)
unsigned int tables_read(struct mezzo_model *model, uint64_t pa, uint64_t value[TABLE_VALUES]);
/*
 * The same for this CPU's own walk, after its software has read the entry: stores of others that
 * it has seen are seen by all (other-multi-copy atomicity). Only its own may still be late.
 */
unsigned int tables_read_own(struct mezzo_model *model, uint64_t pa, uint64_t value[TABLE_VALUES]);
struct table_page *tables_page(struct mezzo_model *model, uint64_t pa);
/* The entry at @pa of a table, as memory. */
uint64_t *tables_entry(struct mezzo_model *model, uint64_t pa);
/* The hardware sets bits of it. All see that at once, and nothing older any more. */
void tables_note(struct mezzo_model *model, uint64_t pa, uint64_t bits);

/* --- walk.c: what table walkers find --------------------------------------------------------- */

/* Walk from every root and every table that a walk cache may hold. */
void walk_all(struct mezzo_model *model);
/*
 * May a walk for this address end at an invalid entry? @own: the walk of a CPU that has just seen
 * the entries on the way.
 */
bool walk_may_miss(struct mezzo_model *model, unsigned int space, uint64_t ipa, bool own);
/* Where a walk ends by what is in memory now, and in @at the entry's address; NULL: nowhere. */
uint64_t *walk_now(struct mezzo_model *model, unsigned int space, uint64_t ipa, unsigned int *level,
		   uint64_t *at);

/* --- entries as the hardware reads them: stage2.c, ept.c, npt.c -------------------------------- */

#define DESC_AF (UINT64_C(1) << 10)
#define DESC_WRITE (UINT64_C(1) << 7)

enum entry_kind {
	ENTRY_NONE,
	ENTRY_TABLE,
	ENTRY_LEAF,
	ENTRY_BAD, /* present, and what it says is reserved or means something else than is meant */
};

struct entry {
	uint64_t pa; /* of the table, or of the leaf's first byte */
	uint8_t kind;
	uint8_t type; /* of memory, as the format has it */
	bool read, write, exec;
	bool no_tag_access;
	bool faults;      /* arm64: the access flag is clear */
	bool notes_write; /* arm64: DBM */
};

/* Who reads entries, in a format. */
struct format {
	uint64_t present; /* bits, of which any makes an entry present */
	uint64_t ignored; /* bits at which the hardware does not look */
	uint64_t live;    /* bits that may change in an entry that is in use */
	struct entry (*read)(const struct mezzo_model *model, uint64_t desc, unsigned int level);
	/* How a guest's access to @frame goes, where its own mapping is of type @stage1. */
	struct way (*way)(const struct mezzo_model *model, unsigned int space,
			  const struct entry *entry, const struct frame *frame,
			  enum mezzo_class stage1);
};

extern const struct format format_stage2, format_ept, format_npt;

/* Of stage 2, EPT and NPT alike: 9 bits to a level, and the last is 3. */
static inline uint64_t level_bytes(unsigned int level)
{
	return UINT64_C(1) << (39 - 9 * level);
}

/* --- tlb.c: translations that a CPU may use --------------------------------------------------- */

struct translation {
	uint64_t ipa, desc;
	struct entry entry;    /* @desc, read */
	uint64_t rooted_until; /* when a walk from a root could last have found it */
	uint64_t stage2_until; /* when a stage-2 entry could last have been there */
	uint16_t vmid;
	uint8_t space, level;
	bool table;            /* a walk-cache entry */
	bool rooted, found;    /* by the last walk: from a root, from anywhere */
	bool stage2, combined; /* may be in a TLB as */
	int32_t next;          /* in its hash chain */
};

#define TRANSLATIONS 4096
#define TRANSLATION_HASH 1024

struct tlb {
	struct translation entry[TRANSLATIONS];
	int32_t hash[TRANSLATION_HASH];
	int32_t count, free;
};

void tlb_create(struct mezzo_model *model);
/* How a guest's access to @frame, which it maps, goes by a translation. */
struct way translation_way(const struct mezzo_model *model, const struct translation *t,
			   const struct frame *frame, enum mezzo_class stage1);
static inline enum mezzo_class translation_class(const struct mezzo_model *model,
						 const struct translation *t,
						 const struct frame *frame, enum mezzo_class stage1)
{
	return translation_way(model, t, frame, stage1).class;
}
/* Walkers found a valid descriptor. */
void tlb_walk_begin(struct mezzo_model *model);
void tlb_found(struct mezzo_model *model, unsigned int space, unsigned int level, uint64_t ipa,
	       uint64_t desc, const struct entry *entry, bool rooted);
/* Next live translation of @space that covers @ipa, from index *@at on; NULL: no more. */
struct translation *tlb_next(struct mezzo_model *model, unsigned int space, uint64_t ipa,
			     bool table, int32_t *at);
/* Is the table page at @pa in some walk cache? */
bool tlb_holds_table(struct mezzo_model *model, uint64_t pa, uint64_t bytes);

/* --- noted.c: access flag and dirty state, set by the hardware ---------------------------------- */

/* An access is about to be made there. */
void noted_access(struct mezzo_model *model, unsigned int space, uint64_t ipa);
/* May the hardware note a write by this translation, which does not allow any otherwise? */
bool noted_may_write(struct mezzo_model *model, const struct translation *t);
/* It does. */
void noted_write(struct mezzo_model *model, const struct translation *t);

/* --- pending.c: operations that are not complete ----------------------------------------------- */

struct op {
	enum mezzo_model_op kind;
	uint8_t cpu;
	uint8_t level;
	uint16_t vmid;
	uint8_t window; /* enum mezzo_window */
	uint64_t ipa, pages;
	uint64_t va, pa, bytes;
	uint64_t issued;
};

#define PENDING 2048

struct pending {
	struct op op[PENDING];
	unsigned int count;
};

void pending_add(struct mezzo_model *model, const struct op *op);
/* Everything that @cpu issued takes effect. */
void pending_complete(struct mezzo_model *model, unsigned int cpu);
/* The TLB's part. */
void tlb_invalidate(struct mezzo_model *model, const struct op *op);

/* --- iommu.c: what devices may use --------------------------------------------------------------- */

struct iommu_entry {
	bool used;
	bool gone; /* taken away; until that is complete devices may use it all the same */
	uint8_t space, flags; /* MEZZO_IOMMU_* */
	uint64_t ipa, pa;     /* of a page */
};

#define IOMMU_ENTRIES 2048

struct iommu {
	struct iommu_entry entry[IOMMU_ENTRIES];
	unsigned int waits; /* so often the next invalidation is not complete */
};

void iommu_map(struct mezzo_model *model, const struct op *op, unsigned int flags);
void iommu_unmap(struct mezzo_model *model, const struct op *op);
/* Whatever was taken away from the space is complete, or it is not yet. */
bool iommu_complete(struct mezzo_model *model, uint16_t vmid);

/* --- agents.c: devices, behind an IOMMU or beside it -------------------------------------------- */

uint32_t agent_dma_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			 bool snooped, bool allocates);

/* --- windows.c ---------------------------------------------------------------------------------- */

#define WINDOWS 16

struct window {
	bool open;
	uint8_t kind, cpu;
	uint64_t va, pa, bytes;
};

uint64_t window_open(struct mezzo_model *model, enum mezzo_window kind, uint64_t pa,
		     uint64_t bytes);
void window_close(struct mezzo_model *model, const struct op *op);
/* What an address of the host means: false and a violation when it means nothing. */
bool window_find(struct mezzo_model *model, uint64_t va, uint64_t bytes, uint64_t *pa,
		 enum mezzo_class *class, bool *tagged);
uint64_t window_direct(struct mezzo_model *model, uint64_t pa, uint64_t bytes);

/* --- sites.c: call sites and what is done to them --------------------------------------------- */

#define SITES 512

struct sites {
	struct mezzo_model_site site[SITES];
	size_t count;
	struct op held[CPUS]; /* delayed past the next operation */
	bool holds[CPUS];
};

/* Count the call; say what is to be done with it. */
enum mezzo_model_mutation_kind sites_visit(struct mezzo_model *model, enum mezzo_model_op op,
					   const void *address, size_t *number);

/* --- judge.c ----------------------------------------------------------------------------------- */

#define EVENTS 96
#define EVENT_BYTES 120

struct judge {
	enum mezzo_model_rule rule;
	char message[240];
	char event[EVENTS][EVENT_BYTES];
	uint64_t events;
};

/* A guest may see these: values of the present ownership, or zero. */
bool judge_may_see(const struct frame *frame, const struct mezzo_model_values *seen);
/* All that a guest could observe through a translation, at once. */
void judge_translation(struct mezzo_model *model, const struct translation *t);
void judge_frame(struct mezzo_model *model, struct frame *frame, const struct translation *t);

/* --- sched.c ----------------------------------------------------------------------------------- */

struct sched;
void sched_destroy(struct mezzo_model *model);
/* The current CPU can do nothing until another has. */
void sched_wait(struct mezzo_model *model);

/* --- the whole ------------------------------------------------------------------------------- */

struct bound {
	bool used;
	struct mezzo_model_space config;
};

struct mezzo_model {
	struct mezzo_platform platform;
	struct mezzo_model_config config;
	const struct format *format;
	uint64_t random;
	uint64_t now; /* counts events */
	uint64_t ops;
	unsigned int cpu;
	uint32_t epochs, serials;
	struct frame *frames;
	struct tables tables;
	struct tlb *tlb;
	struct pending pending;
	struct window window[WINDOWS];
	uint64_t window_va;
	struct iommu iommu;
	struct bound space[SPACES];
	struct sites sites;
	struct judge judge;
	struct sched *sched;
};

/* platform.c */
void platform_fill(struct mezzo_model *model);

static inline bool model_failed(const struct mezzo_model *model)
{
	return model->judge.rule != MEZZO_MODEL_NO_VIOLATION;
}

#endif
