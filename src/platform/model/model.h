/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_MODEL_H
#define MEZZO_MODEL_H
/*
 * The model platform: an adversarial machine, the strict judge of the engine. An arm64 one, or an x86
 * one with EPT or NPT, which differs in how entries are read, in which accesses go through a cache, and
 * in that some go past it only after a look into it. Everything else is as weak as arm64 has it, also
 * where x86 promises more: an INVEPT or a flush of an ASID takes effect at the barrier that waits for it.
 *
 * Where a machine has a choice the model does not roll dice: it keeps *every* state the machine
 * may be in, and judges all of them.
 *
 * - A cache line (of data, or of a frame's tags) is a set of possible pairs of memory and cache.
 *   Lines are filled whenever a cacheable mapping may be used, the host's windows too; they are
 *   evicted and written back at any time. Uncached accesses go past them.
 * - The TLBs are the set of translations that any CPU may hold: whatever a table walk could have
 *   found since the last invalidation that took effect. Stage-2 entries, tables (walk caches) and
 *   combined entries are kept apart; combined ones are refilled from stage-2 entries.
 * - An instruction cache holds whatever could have been fetched since the last invalidation.
 * - A TLB or cache operation has taken effect only at the next MEZZO_BARRIER_COMPLETE of the CPU
 *   that issued it; from its issue on it may have.
 * - Where the hardware notes accesses and writes in the tables it changes what is in memory at that
 *   moment; a TLB entry that says so lets later writes pass without another note.
 * - Devices use an IOMMU entry from when it is made until an invalidation of it is complete, which
 *   takes as long as it takes: dma_complete says "not yet" now and then.
 * - A store to a table is seen by walkers at once or late: until the storing CPU's next
 *   MEZZO_BARRIER_TABLES (or COMPLETE) they may see the old value.
 *
 * What remains of chance, and of the seed, is what the test does and the order in which CPUs run.
 *
 * A violation is the first rule found broken, with the events that led to it. Values have a
 * provenance: the ownership of the frame during which they were written. A guest may only ever
 * see zero and values of the present ownership.
 *
 * The model is single-threaded. One CPU is current (mezzo_model_set_cpu, or a coroutine made by
 * mezzo_model_spawn); the platform's operations are that CPU's.
 *
 * Sources of the rules: Arm ARM, "TLB maintenance requirements", "break-before-make",
 * "Mismatched memory attributes", and the project's model-checked coherence study.
 */
#include <mezzo/decide.h>
#include <mezzo/memtype.h>
#include <mezzo/platform.h>
#include <mezzo/types.h>

#define MEZZO_MODEL_TABLES 192
#define MEZZO_MODEL_CPUS 4
#define MEZZO_MODEL_SPACES 4
/* A page is modelled by its first and its last cache line. */
#define MEZZO_MODEL_LINES 2

/* Frames lie at [MEZZO_MODEL_FRAMES_PA, + frames), tables elsewhere. */
#define MEZZO_MODEL_FRAMES_PA UINT64_C(0x80000000)

struct mezzo_model;

/* --- operations, call sites, mutations ----------------------------------------------------- */

enum mezzo_model_op {
	MEZZO_MODEL_TLB_ENTRY,
	MEZZO_MODEL_TLB_RANGE,
	MEZZO_MODEL_TLB_COMBINED,
	MEZZO_MODEL_TLB_SPACE,
	MEZZO_MODEL_BARRIER_TABLES,
	MEZZO_MODEL_BARRIER_COMPLETE,
	MEZZO_MODEL_BARRIER_CONTEXT,
	MEZZO_MODEL_CLEAN_INVALIDATE,
	MEZZO_MODEL_ICACHE,
	MEZZO_MODEL_ZERO,
	MEZZO_MODEL_ZERO_TAGS,
	MEZZO_MODEL_WINDOW_CLOSE,
	MEZZO_MODEL_DMA_UNMAP,
	MEZZO_MODEL_DMA_COMPLETE, /* dropped or delayed: the engine goes on without waiting */
	/* these return something: they cannot be mutated */
	MEZZO_MODEL_WINDOW_OPEN,
	MEZZO_MODEL_DMA_MAP,
	MEZZO_MODEL_OPS
};

/* Where in the engine an operation is called: the address after the call. */
struct mezzo_model_site {
	const void *address;
	enum mezzo_model_op op;
	uint64_t calls;
};

/* What to do to a call site's operations. */
enum mezzo_model_mutation_kind {
	MEZZO_MODEL_FAITHFUL,
	MEZZO_MODEL_DROP,  /* the operation does nothing */
	MEZZO_MODEL_DELAY, /* it happens after the CPU's next operation (window_open and
			    * barrier(CONTEXT), which change nothing here, do not count) */
};

struct mezzo_model_mutation {
	enum mezzo_model_mutation_kind kind;
	const void *address;
	enum mezzo_model_op op;
	uint64_t nth; /* only the n-th call of the site, from 1; 0: every call */
};

/* --- making a model ------------------------------------------------------------------------ */

enum mezzo_model_format {
	MEZZO_MODEL_STAGE2,
	MEZZO_MODEL_EPT,
	MEZZO_MODEL_NPT,
};

struct mezzo_model_config {
	size_t size;
	uint64_t seed;
	enum mezzo_model_format format;
	struct mezzo_arm64_machine machine; /* of arm64 */
	bool self_snoop;                    /* EPT: accesses past the caches look into them */
	uint64_t host_pat;                  /* NPT: what nested entries choose from */
	uint32_t frames;                    /* pages of physical memory */
	uint32_t tables;       /* at most so many pages of table memory; 0: MEZZO_MODEL_TABLES */
	bool range;            /* offer tlb_invalidate_range */
	bool uncached_may_hit; /* an uncached access may find a line that is in the cache */
	/*
	 * Set of rules that are not judged, of LEAK, TAG_LEAK, STALE_CODE and LOST_WRITE: for what is
	 * known to break one and is to be watched breaking another.
	 */
	uint32_t tolerate;
	struct mezzo_model_mutation mutation;
};

/* NULL when out of host memory. */
struct mezzo_model *mezzo_model_create(const struct mezzo_model_config *config);
void mezzo_model_destroy(struct mezzo_model *model);

/* The operations to give to tables, spaces and objects. */
const struct mezzo_platform *mezzo_model_platform(struct mezzo_model *model);

/* A number in [0, below), from the seed. */
uint32_t mezzo_model_random(struct mezzo_model *model, uint32_t below);

/* The call sites met so far, in order of first appearance. */
const struct mezzo_model_site *mezzo_model_sites(const struct mezzo_model *model, size_t *count);

/* How many platform operations have happened. */
uint64_t mezzo_model_ops(const struct mezzo_model *model);
/* How many pages of table memory are in use. */
unsigned int mezzo_model_tables(const struct mezzo_model *model);

const char *mezzo_model_op_name(enum mezzo_model_op op);

/* --- the judge ------------------------------------------------------------------------------ */

enum mezzo_model_rule {
	MEZZO_MODEL_NO_VIOLATION,
	MEZZO_MODEL_STALE_TRANSLATION, /* a guest can reach a frame that is not its own */
	MEZZO_MODEL_LEAK,              /* ... can see another's data */
	MEZZO_MODEL_TAG_LEAK,          /* ... another's tags */
	MEZZO_MODEL_STALE_CODE,        /* ... fetch what is not, or not any more, its code */
	MEZZO_MODEL_LOST_WRITE,        /* a write that should be seen may not be */
	MEZZO_MODEL_LIVE_CHANGE,       /* a live entry changed without break-before-make */
	MEZZO_MODEL_TLB_CONFLICT,      /* two translations of one address may be in a TLB */
	MEZZO_MODEL_FLUSH_OWED,        /* work on a frame that a guest may still reach */
	MEZZO_MODEL_TABLE_IN_USE,      /* a table was freed that a walker may still read */
	MEZZO_MODEL_TABLE_GARBAGE,     /* a walker may read what is no table */
	MEZZO_MODEL_BAD_ENTRY,         /* an encoding that means nothing or something else */
	MEZZO_MODEL_WINDOW_MISUSE,     /* nested, unaligned, too large, closed, wrong kind */
	MEZZO_MODEL_NO_TAG_STORAGE,    /* tag access possible where no tags are */
	MEZZO_MODEL_MMIO_WRITE_BACK,   /* a cacheable mapping of registers */
	MEZZO_MODEL_FALSE_STATE,       /* an object believes of a frame what is not so */
	MEZZO_MODEL_NO_PROGRESS,       /* a granted access may fault again; or nobody gets on */
	MEZZO_MODEL_TEST_ERROR,        /* the test asks for the impossible */
	MEZZO_MODEL_RULES
};

/* The first rule that was broken. Everything after it means nothing. */
enum mezzo_model_rule mezzo_model_violation(const struct mezzo_model *model);
/* One sentence; "" without a violation. */
const char *mezzo_model_message(const struct mezzo_model *model);
/* Write the message and the last events before it. @prefix starts every line. */
void mezzo_model_print(const struct mezzo_model *model, const char *prefix);
const char *mezzo_model_rule_name(enum mezzo_model_rule rule);
/* Add a line of the test's own to the events. */
__attribute__((format(printf, 2, 3))) void mezzo_model_note(struct mezzo_model *model,
							    const char *format, ...);
/* Report a violation that the test itself found. */
__attribute__((format(printf, 3, 4))) void mezzo_model_fail(struct mezzo_model *model,
							    enum mezzo_model_rule rule,
							    const char *format, ...);

/* --- frames and who owns them --------------------------------------------------------------- */

struct mezzo_model_frames {
	struct mezzo_pa pa;
	uint64_t pages;
	unsigned int owners; /* set of spaces, as bits */
	unsigned int alias;  /* classes of the host's permanent mappings of these frames */
	bool tag_storage;
	bool mmio;
	/*
	 * What they hold. UNOWNED: secrets of nobody. INITIALISED: data of the new owners. MAYBE:
	 * with lines in every state that agrees with that.
	 */
	struct mezzo_frame_state state;
};

/* Declare frames: a new ownership begins, with the contents described. */
void mezzo_model_place(struct mezzo_model *model, const struct mezzo_model_frames *frames);
/*
 * A new ownership begins (owners 0: nobody's), contents untouched. A translation of a space that
 * is not among the owners may no longer exist: FLUSH_OWED otherwise.
 */
void mezzo_model_own(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		     unsigned int owners);
/*
 * The owners no longer want what they have written there, and have asked for it to be zeroed; or
 * want it from now on. Zeroing what nobody has given up loses writes.
 */
void mezzo_model_give_up(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages, bool given);
/*
 * The host's permanent mappings of frames that are nobody's become @alias; of the old ones nothing
 * is left in TLBs. Contents and lines are untouched.
 */
void mezzo_model_remap(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		       unsigned int alias);
/* The owner zeroes the tags of a frame that nobody else reaches, and leaves nothing of it in caches. */
void mezzo_model_scrub_tags(struct mezzo_model *model, struct mezzo_pa pa);
/* Is what an object believes of a frame true? FALSE_STATE otherwise. */
void mezzo_model_check(struct mezzo_model *model, struct mezzo_pa pa,
		       struct mezzo_frame_state state);
/* The host makes its permanent mappings of these frames, or takes them away: classes, as a set. */
void mezzo_model_alias(struct mezzo_model *model, struct mezzo_pa pa, uint64_t pages,
		       unsigned int alias);
/*
 * The host copies a frame out that it has taken back, through an uncached window: it must find
 * the last write. LOST_WRITE otherwise.
 */
void mezzo_model_copy_out(struct mezzo_model *model, struct mezzo_pa pa);
/* Can any guest reach the frame, by tables or by what a TLB may hold? */
bool mezzo_model_reachable(const struct mezzo_model *model, struct mezzo_pa pa);

/* --- spaces ---------------------------------------------------------------------------------- */

struct mezzo_model_space {
	uint16_t vmid;
	struct mezzo_pa root;
	uint32_t root_bytes;
	uint8_t start_level;
	bool mte;   /* HCR_EL2.ATA */
	bool notes; /* the hardware notes accesses and writes in the tables: VTCR_EL2.HA and HD */
	bool caches_off; /* x86: CR0.CD, which counts under NPT */
};

/* Let CPUs walk these tables for space number @space from now on. */
void mezzo_model_bind(struct mezzo_model *model, unsigned int space,
		      const struct mezzo_model_space *config);
/*
 * How would an access of the guest go now, by a walk, where its own mapping is of type @stage1? @looks:
 * past the caches, after a look into them. False: there is no entry.
 */
bool mezzo_model_way(struct mezzo_model *model, unsigned int space, struct mezzo_ipa ipa,
		     enum mezzo_class stage1, enum mezzo_class *class, bool *looks);
/* They walk no more, and the embedder has invalidated all that TLBs hold of the VMID. */
void mezzo_model_unbind(struct mezzo_model *model, unsigned int space);

/*
 * The current CPU's call into the engine is over: what it stored into tables must be seen by all
 * walkers, as far as it makes an address translate, or no longer. NO_PROGRESS otherwise.
 */
void mezzo_model_check_visible(struct mezzo_model *model);
/* Time passes: the current CPU's stores so far have been seen by all walkers. */
void mezzo_model_drain(struct mezzo_model *model);

/* --- agents ---------------------------------------------------------------------------------- */

#define MEZZO_MODEL_VALUES 32
struct mezzo_model_values {
	unsigned int count;
	uint32_t value[MEZZO_MODEL_VALUES];
};

enum mezzo_model_access_kind {
	MEZZO_MODEL_READ,
	MEZZO_MODEL_WRITE,
	MEZZO_MODEL_FETCH,
	MEZZO_MODEL_TAG_READ,
	MEZZO_MODEL_TAG_WRITE,
};

struct mezzo_model_access {
	unsigned int space;
	struct mezzo_ipa ipa; /* of the page */
	unsigned int line;    /* below MEZZO_MODEL_LINES */
	enum mezzo_model_access_kind kind;
	enum mezzo_class stage1; /* the type of the guest's own mapping */
	bool granted;            /* the engine has just granted it: it must not be able to fault */
	/* out */
	uint32_t written;               /* the value that a write wrote */
	struct mezzo_model_values seen; /* the values that a read may return */
};

enum mezzo_model_result {
	MEZZO_MODEL_DONE,
	MEZZO_MODEL_FAULT_MISSING,
	MEZZO_MODEL_FAULT_PERMISSION,
	MEZZO_MODEL_FAULT_TAG, /* the entry says NoTagAccess */
};

/*
 * A guest's access on the current CPU, through one of the translations it may meet: a fault to
 * hand to the engine, or done and judged.
 */
enum mezzo_model_result mezzo_model_access(struct mezzo_model *model,
					   struct mezzo_model_access *access);
/*
 * The guest does what the architecture asks before it changes the type of a page: clean and
 * invalidate by address, complete; all its mappings of the page are of type @stage1 from now on.
 */
enum mezzo_model_result mezzo_model_guest_retype(struct mezzo_model *model, unsigned int space,
						 struct mezzo_ipa ipa, enum mezzo_class stage1);
/* The guest makes its last writes to the page fit to be fetched: clean (if needed), IC, DSB. */
enum mezzo_model_result mezzo_model_guest_sync_code(struct mezzo_model *model, unsigned int space,
						    struct mezzo_ipa ipa);

/* The host, through a permanent mapping of class @alias that was declared. */
uint32_t mezzo_model_host_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
				enum mezzo_class alias);
void mezzo_model_host_read(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			   enum mezzo_class alias, struct mezzo_model_values *seen);

/* A device that is assigned to space @space. */
uint32_t mezzo_model_dma_write(struct mezzo_model *model, struct mezzo_pa pa, unsigned int line,
			       bool snooped);
void mezzo_model_dma_read(struct mezzo_model *model, unsigned int space, struct mezzo_pa pa,
			  unsigned int line, bool snooped, struct mezzo_model_values *seen);

/*
 * A device that is assigned to space @space, at an address of the guest's: through the IOMMU, by any
 * entry that it may still use. @seen: the values that a read may return, or the one that was written.
 * False: it has none that allows the access.
 */
bool mezzo_model_device_access(struct mezzo_model *model, unsigned int space, struct mezzo_ipa ipa,
			       unsigned int line, bool write, struct mezzo_model_values *seen);

/* --- CPUs ------------------------------------------------------------------------------------- */

/* The CPU that calls the platform from now on. Not inside a coroutine. */
void mezzo_model_set_cpu(struct mezzo_model *model, unsigned int cpu);
unsigned int mezzo_model_cpu(const struct mezzo_model *model);

typedef void mezzo_model_entry(void *arg);
/*
 * Let a CPU run @entry as a coroutine: it may lose the machine to another CPU at every platform
 * operation and at mezzo_model_yield. false: out of host memory.
 */
bool mezzo_model_spawn(struct mezzo_model *model, unsigned int cpu, mezzo_model_entry *entry,
		       void *arg);
/* Run all coroutines to their ends, or to the first violation; then they are gone. */
void mezzo_model_run(struct mezzo_model *model);
/*
 * One step at a time instead: let this CPU's coroutine go on until it pauses, has to wait for another,
 * or ends; nobody else runs. False: it has ended.
 */
bool mezzo_model_resume(struct mezzo_model *model, unsigned int cpu);
/* The place up to which mezzo_model_resume runs. Does nothing under mezzo_model_run. */
void mezzo_model_pause(struct mezzo_model *model);
/* Let another CPU run, perhaps. Does nothing outside coroutines. */
void mezzo_model_yield(struct mezzo_model *model);

#endif
