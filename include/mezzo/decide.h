/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_DECIDE_H
#define MEZZO_DECIDE_H
/*
 * The decision: what a guest gets for one access, and why.
 *
 * `struct mezzo_facts` holds everything the rule may look at, one fact per field. The rule is a
 * pure function per architecture (mezzo_arm64_decide, mezzo_x86_decide) over the same records.
 * Slot creation, faults, the explainer and the checker all call that one function, so that what
 * was accepted is not refused later and what is explained is what is done. It has no state, takes
 * no lock and costs under 10 ns.
 *
 * Fields are bytes that hold an enumerator each; the records are small on purpose and are passed
 * by address. Validation happens once, at the edge: mezzo_arm64_facts_valid(),
 * mezzo_x86_facts_valid().
 */
#include <mezzo/memtype.h>
#include <mezzo/types.h>

/* --- what memory declares ---------------------------------------------------------------- */

/* The strongest way anybody else can still reach the memory, by CPU or by DMA. */
enum mezzo_aliases {
	MEZZO_ALIASES_NONE,     /* nobody: no cacheable translation in any host regime either */
	MEZZO_ALIASES_DEVICE,   /* through Device mappings */
	MEZZO_ALIASES_UNCACHED, /* through Normal Non-cacheable (write-combining) mappings */
	MEZZO_ALIASES_CACHED,   /* through write-back mappings or snooped agents */
	MEZZO_ALIASES_VALUES
};

/* How the host can reach the memory for zeroing and cache maintenance. */
enum mezzo_maintenance {
	MEZZO_MAINTENANCE_NONE,   /* it cannot */
	MEZZO_MAINTENANCE_WINDOW, /* through a mapping made for the operation, or an uncached one */
	MEZZO_MAINTENANCE_DIRECT, /* through a permanent cached mapping: itself a cached alias */
	MEZZO_MAINTENANCE_VALUES
};

/* Devices that reach the memory. */
enum mezzo_dma {
	MEZZO_DMA_NONE,
	MEZZO_DMA_SNOOPED,   /* coherent: the device looks into the CPUs' caches */
	MEZZO_DMA_UNSNOOPED, /* it does not */
	MEZZO_DMA_VALUES
};

/* What a frame holds, for data and for allocation tags separately. */
enum mezzo_content {
	MEZZO_CONTENT_INITIALISED, /* the present owner's, or zero */
	MEZZO_CONTENT_UNOWNED,     /* somebody else's: zeroing is due before the first grant */
	MEZZO_CONTENT_VALUES
};

/* May any line of the frame, dirty or stale, be in a cache? */
enum mezzo_lines {
	MEZZO_LINES_CLEAN, /* no: cleaned and invalidated, no cacheable mapping since */
	MEZZO_LINES_MAYBE,
	MEZZO_LINES_VALUES
};

/* The state of a frame, or of a run of frames alike. One byte, because objects keep many. */
struct mezzo_frame_state {
	uint8_t data : 1;  /* enum mezzo_content */
	uint8_t tags : 1;  /* enum mezzo_content */
	uint8_t lines : 1; /* enum mezzo_lines */
};

/* The contract of a memory object (see object.h). It never changes while the object lives. */
struct mezzo_contract {
	uint8_t aliases;     /* enum mezzo_aliases */
	uint8_t allow;       /* set of enum mezzo_class that a guest may get; never empty */
	uint8_t maintenance; /* enum mezzo_maintenance */
	uint8_t dma;         /* enum mezzo_dma */
	bool tag_storage;    /* allocation tags have storage behind this memory (MTE) */
	bool writable;       /* the object itself may be written */
	bool is_private;     /* never reachable through a host address */
	bool mmio;           /* registers: an access has side effects; never mapped write-back */
	/*
	 * No leaf larger than this, where the tables have a smaller one. Any order up to
	 * MEZZO_ORDER_MAX: a bound, not a size that there has to be.
	 */
	uint8_t max_order;
	/*
	 * The worst state in which the object hands out frames. The slot check decides with this;
	 * with maintenance none it is a promise that every fault relies on.
	 */
	struct mezzo_frame_state promise;
};

/* The presets of the usual cases. `mezzo_contract_preset` fills a contract. */
enum mezzo_preset {
	MEZZO_PRESET_DEVICE,    /* registers: aliases device, allow Device */
	MEZZO_PRESET_COMBINING, /* prefetchable BAR: aliases uncached, allow Device and NC */
	MEZZO_PRESET_CACHED,    /* shared RAM, CXL, coherent device memory: aliases cached, WB */
	MEZZO_PRESET_EXCLUSIVE, /* handed over whole: aliases none, allow all */
	MEZZO_PRESETS
};

/**
 * mezzo_contract_preset() - a contract with the preset's aliases and allow
 * @preset: one of the four
 * @maintenance: how the host reaches this memory
 *
 * The rest: no DMA, no tag storage, writable, largest leaf 1 GiB. The promise is what the preset
 * usually meets: lines CLEAN for device and combining and wherever maintenance is none (unless
 * the preset is cached), else MAYBE; data and tags INITIALISED where maintenance is none, else
 * UNOWNED.
 */
struct mezzo_contract mezzo_contract_preset(enum mezzo_preset preset,
					    enum mezzo_maintenance maintenance);

/* "device", "combining", "cached", "exclusive"; and back (-1: no such preset). */
const char *mezzo_preset_name(enum mezzo_preset preset);
int mezzo_preset_parse(const char *name);

/* --- what the machine, the guest and the fault are ---------------------------------------- */

/*
 * The safe minimum over all CPUs that may run the guest. Admissible: fwb implies idc (FEAT_S2FWB
 * requires CLIDR.LoUIS = LoUU = 0), mte_perm implies mte.
 */
struct mezzo_arm64_machine {
	bool fwb;      /* FEAT_S2FWB: ID_AA64MMFR2_EL1.FWB */
	bool idc;      /* CTR_EL0.IDC: no D-cache clean to PoU is needed for fetches */
	bool dic;      /* CTR_EL0.DIC: no I-cache invalidation is needed for fetches */
	bool mte;      /* FEAT_MTE2 and tag storage wired: ID_AA64PFR1_EL1.MTE >= 2 */
	bool mte_perm; /* FEAT_MTE_PERM: stage 2 can say NoTagAccess */
	bool xnx;      /* FEAT_XNX: execute-never per exception level. Decides nothing today:
			* X is granted to EL1 and EL0 alike. Kept because a format needs it. */
};

/*
 * Which tables the processor walks below the guest's, and with them how types combine: under EPT
 * the host's MTRRs have no part, and an entry can ignore the guest's PAT; under NPT the host's
 * MTRRs count, and the guest's PAT can never be ignored.
 */
enum mezzo_x86_engine {
	MEZZO_X86_EPT,
	MEZZO_X86_NPT,
	MEZZO_X86_ENGINES
};

struct mezzo_x86_machine {
	uint8_t engine;  /* enum mezzo_x86_engine */
	bool self_snoop; /* CPUID.01H:EDX.SS: accesses of any type look into the CPU's own caches.
			  * Decides under EPT only: NPT's WC+ and CD look there by themselves. */
};

/* Whose guests run on it: a guest of one family never moves to a machine of the other. */
enum mezzo_family {
	MEZZO_FAMILY_ARM64,
	MEZZO_FAMILY_X86,
	MEZZO_FAMILIES
};

/* Each rule reads its own architecture's part. */
struct mezzo_machine {
	struct mezzo_arm64_machine arm64;
	struct mezzo_x86_machine x86;
};

/*
 * What the guest's own MTRRs and CR0.CD say. No hardware applies them below the guest: they count
 * only where the embedder emulates them (honour_mtrr), and only as far as the memory allows.
 */
struct mezzo_x86_guest {
	bool honour_mtrr; /* an option of the space; the default is to ignore them */
	bool cr0_cd;      /* some vCPU has CR0.CD = 1 */
	uint8_t mtrr; /* type of the address by the guest's MTRRs: MEZZO_X86_UC, WC, WT, WP, WB */
};

struct mezzo_guest {
	bool mte;       /* the guest may use allocation tags (HCR_EL2.ATA) */
	bool dirty_log; /* the slot logs writes */
	struct mezzo_x86_guest x86;
};

/* What covers the address. */
enum mezzo_slot_kind {
	MEZZO_SLOT_READ_WRITE,
	MEZZO_SLOT_READ_ONLY, /* flash, ROM: a write belongs to the embedder */
	MEZZO_SLOT_NONE,
	MEZZO_SLOT_KINDS
};

enum mezzo_fault_kind {
	MEZZO_FAULT_MISSING,    /* no entry yet */
	MEZZO_FAULT_PERMISSION, /* an entry is there and does not allow the access */
	MEZZO_FAULT_KINDS
};

enum mezzo_access {
	MEZZO_ACCESS_READ,
	MEZZO_ACCESS_WRITE,
	MEZZO_ACCESS_EXEC,       /* instruction fetch */
	MEZZO_ACCESS_WALK,       /* the guest's own table walk, read */
	MEZZO_ACCESS_WALK_WRITE, /* the same, setting an accessed flag or dirty state */
	/* arm64 alone: no access of an x86 guest is reported so */
	MEZZO_ACCESS_CACHE_OP,  /* cache maintenance by address (ISS.CM) */
	MEZZO_ACCESS_EXCLUSIVE, /* exclusive or atomic the memory type does not support (0x35) */
	MEZZO_ACCESS_UNALIGNED, /* alignment fault taken to EL2 */
	MEZZO_ACCESS_KINDS
};

struct mezzo_fault {
	uint8_t slot;   /* enum mezzo_slot_kind */
	uint8_t kind;   /* enum mezzo_fault_kind */
	uint8_t access; /* enum mezzo_access */
	uint8_t order;  /* of the present entry, for MEZZO_FAULT_PERMISSION */
};

struct mezzo_facts {
	struct mezzo_contract memory;
	struct mezzo_frame_state frame; /* as the resolver answered; the promise at slot creation */
	struct mezzo_machine machine;
	struct mezzo_guest guest;
	struct mezzo_fault fault;
};

/* --- what is decided ---------------------------------------------------------------------- */

enum mezzo_outcome {
	MEZZO_GRANT,  /* make an entry, or widen the one there */
	MEZZO_ABORT,  /* give the guest the abort its access would get on a machine; it lives */
	MEZZO_EXIT,   /* leave to the embedder: device access, or memory fault */
	MEZZO_SKIP,   /* the instruction has nothing to do: step over it */
	MEZZO_REFUSE, /* cannot be honoured safely: refuse the slot */
	MEZZO_OUTCOMES
};

/* Work on the frame that goes with an entry, in the order in which it must be done. */
enum mezzo_action {
	MEZZO_ACTION_NONE,
	MEZZO_ACTION_CLEAN_INVALIDATE, /* data cache lines to the point of coherency, tags too */
	MEZZO_ACTION_ZERO,             /* zero the data through a write-back mapping */
	MEZZO_ACTION_ZERO_UNCACHED,    /* zero the data through an uncached window */
	MEZZO_ACTION_ZERO_TAGS,        /* zero the allocation tags (tagged write-back window) */
	MEZZO_ACTION_INVALIDATE_ICACHE,
	MEZZO_ACTION_LOG_DIRTY, /* set the page's dirty bit */
	MEZZO_ACTIONS
};

#define MEZZO_BEFORE_MAX 6
#define MEZZO_AFTER_MAX 2

/*
 * Reasons. One per rule outcome; mezzo_reason() tells name, sentence and source, mezzo_reason_group
 * which kind of answer it goes with. New ones come at the end: the digest of the decision table
 * holds their numbers (docs/adr/0006-policy-digest.md).
 */
enum mezzo_reason {
	/* grants */
	MEZZO_WHY_DEVICE_AS_DECLARED,
	MEZZO_WHY_COMBINING_AS_DECLARED,
	MEZZO_WHY_CACHED_FORCED,
	MEZZO_WHY_CACHED_UNFORCED,
	MEZZO_WHY_EXCLUSIVE_FORCED,
	MEZZO_WHY_EXCLUSIVE_GUEST_CHOICE,
	MEZZO_WHY_NO_TAG_ACCESS,
	MEZZO_WHY_WRITE_LOGGED,
	/* aborts to the guest */
	MEZZO_WHY_FETCH_NOT_CACHEABLE,
	MEZZO_WHY_FETCH_NO_SLOT,
	MEZZO_WHY_WALK_NOT_CACHEABLE,
	MEZZO_WHY_WALK_NO_SLOT,
	MEZZO_WHY_WALK_READ_ONLY,
	MEZZO_WHY_EXCLUSIVE_UNSUPPORTED,
	MEZZO_WHY_UNALIGNED_DEVICE,
	/* exits to the embedder */
	MEZZO_WHY_DEVICE_ACCESS,
	MEZZO_WHY_WRITE_READ_ONLY_SLOT,
	MEZZO_WHY_WRITE_READ_ONLY_OBJECT,
	/* nothing to do */
	MEZZO_WHY_CACHE_OP_NO_SLOT,
	MEZZO_WHY_CACHE_OP_READ_ONLY,
	/* refusals of the policy */
	MEZZO_WHY_FACTS_INADMISSIBLE,
	MEZZO_WHY_PRIVATE_WITH_ALIAS,
	MEZZO_WHY_DIRECT_NOT_CACHED,
	MEZZO_WHY_MMIO_WRITE_BACK,
	MEZZO_WHY_ALIAS_CACHED_GUEST_NOT,
	MEZZO_WHY_ALIAS_UNCACHED_GUEST_CACHED,
	MEZZO_WHY_ALLOW_NOT_ENFORCEABLE,
	MEZZO_WHY_EXCLUSIVE_NEEDS_WINDOW,
	MEZZO_WHY_CACHED_NEEDS_MAINTENANCE,
	MEZZO_WHY_MTE_NO_TAG_STORAGE,
	MEZZO_WHY_UNOWNED_NO_MAINTENANCE,
	MEZZO_WHY_TAGS_UNOWNED_NO_MAINTENANCE,
	MEZZO_WHY_LINES_NO_MAINTENANCE,
	MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA,
	MEZZO_WHY_DIRTY_LOG_BESIDE_DMA,
	/* refusals of slot arguments and objects */
	MEZZO_WHY_SLOT_EMPTY,
	MEZZO_WHY_SLOT_MISALIGNED,
	MEZZO_WHY_SLOT_WRAPS,
	MEZZO_WHY_SLOT_BEYOND_IPA,
	MEZZO_WHY_SLOT_BEYOND_OBJECT,
	MEZZO_WHY_SLOT_OVERLAPS,
	MEZZO_WHY_SLOT_ID_IN_USE,
	MEZZO_WHY_SLOT_ID_UNKNOWN,
	MEZZO_WHY_SLOT_LIMIT,
	MEZZO_WHY_SLOT_FLAGS,
	MEZZO_WHY_SLOT_FIXED,
	MEZZO_WHY_SLOT_LOG_NO_BITMAP,
	MEZZO_WHY_SLOT_NOT_LOGGING,
	MEZZO_WHY_SLOT_LOGGING,
	MEZZO_WHY_LOG_RANGE,
	MEZZO_WHY_RING_SIZE,
	MEZZO_WHY_RING_SET,
	MEZZO_WHY_SLOT_ACCEPTED,
	MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE,
	MEZZO_WHY_DIRECT_NOT_AVAILABLE,
	/* refusals of a space by another machine (admit.h) */
	MEZZO_WHY_IPA_TOO_SMALL,
	MEZZO_WHY_GUEST_HAS_TAGS,
	MEZZO_WHY_GUEST_TOLD_IDC,
	MEZZO_WHY_GUEST_TOLD_DIC,
	MEZZO_WHY_TYPES_WIDER,
	MEZZO_WHY_BLOCK_TOO_SMALL,
	/*
	 * exits: nothing is behind the address any more; less than a page of the tables; a full log;
	 * or the access meant private memory where the page is shared, or the reverse
	 */
	MEZZO_WHY_OBJECT_REVOKED,
	MEZZO_WHY_SMALLER_THAN_GRANULE,
	MEZZO_WHY_RING_FULL,
	MEZZO_WHY_NOT_IN_VIEW,
	/* an abort to the guest, and the embedder knows: the memory has failed */
	MEZZO_WHY_FRAME_POISONED,
	/* refusals of what is asked of an object */
	MEZZO_WHY_DERIVED_WIDENS,
	MEZZO_WHY_BAR_SHARES_PAGE,
	/* refusals of what devices are to reach */
	MEZZO_WHY_DMA_NOT_AVAILABLE,
	MEZZO_WHY_DMA_NOT_DECLARED,
	MEZZO_WHY_DMA_NO_SLOT,
	/* a refusal of what private memory is made of */
	MEZZO_WHY_PRIVATE_VIEWS,
	/* grants on x86 */
	MEZZO_WHY_UC_PAT_IGNORED,
	MEZZO_WHY_UC_PAT_HONOURED,
	MEZZO_WHY_CACHED_PAT_IGNORED,
	MEZZO_WHY_CACHED_PAT_HONOURED,
	MEZZO_WHY_EXCLUSIVE_PAT_IGNORED,
	MEZZO_WHY_TYPE_BY_GUEST_MTRR,
	/* refusals of the policy on x86 */
	MEZZO_WHY_WC_NOT_FORBIDDABLE,
	MEZZO_WHY_NO_SAFE_TYPE_BESIDE_DMA,
	MEZZO_WHY_DMA_NEEDS_MAINTENANCE,
	MEZZO_REASONS
};

struct mezzo_reason_text {
	const char *name;     /* "cached-needs-maintenance" */
	const char *sentence; /* one sentence, for the person who reads a refusal */
	const char *source;   /* where the rule comes from */
};

/* What a reason is a reason for: the outcomes of the rule, then what the rule is not asked about. */
enum mezzo_reason_group {
	MEZZO_REASON_GRANT,
	MEZZO_REASON_ABORT,
	MEZZO_REASON_EXIT,
	MEZZO_REASON_SKIP,
	MEZZO_REASON_REFUSE,
	MEZZO_REASON_SLOT,   /* arguments of a slot */
	MEZZO_REASON_OBJECT, /* what is asked of an object */
	MEZZO_REASON_MOVE,   /* a space, by another machine */
	MEZZO_REASON_GROUPS
};

/* Constant time; a value out of range belongs to MEZZO_REASON_GROUPS. */
enum mezzo_reason_group mezzo_reason_group(enum mezzo_reason reason);

/* Never NULL; for a value out of range an entry named "unknown". Constant time. */
const struct mezzo_reason_text *mezzo_reason(enum mezzo_reason reason);
/* The reason of that name, or -1. */
int mezzo_reason_parse(const char *name);

struct mezzo_decision {
	uint8_t outcome;   /* enum mezzo_outcome */
	uint8_t reason;    /* enum mezzo_reason */
	uint8_t type;      /* enum mezzo_arm64_stage2 or mezzo_x86_stage2; of the contract, filled
			    * for every outcome but REFUSE and accesses without a slot */
	uint8_t effective; /* set of enum mezzo_class the guest can reach through the entry */
	bool read, write, exec;
	bool no_tag_access; /* the entry says NoTagAccess (FEAT_MTE_PERM) */
	bool clean_after;   /* clean+invalidate is due when the entry is taken back: the part of
			     * the contract that the entry itself remembers */
	uint8_t max_order;  /* bound of the leaf for this grant: the work it needs stays bounded */
	uint8_t before_visible[MEZZO_BEFORE_MAX]; /* enum mezzo_action, ends with NONE or full */
	uint8_t after_invalid[MEZZO_AFTER_MAX];   /* what taking this entry back will need */
	struct mezzo_frame_state frame_after;     /* what the object is told; GRANT only */
};

/* The rule of an architecture. Both arguments are required; @out is overwritten. */
typedef void mezzo_decide_fn(const struct mezzo_facts *facts, struct mezzo_decision *out);

/**
 * mezzo_arm64_decide() - what a guest on arm64 gets
 *
 * Pure. Defined for every value of every field within its enumeration; facts that contradict
 * each other are refused with MEZZO_WHY_FACTS_INADMISSIBLE. The slot check is this function on
 * (missing, read) with the contract's promise as the frame: a slot that it grants is never
 * refused at a fault, as long as the object keeps its promise.
 *
 * The rules are those of the project's design, model-checked; each is cited in src/policy/arm64.c.
 */
void mezzo_arm64_decide(const struct mezzo_facts *facts, struct mezzo_decision *out);

/**
 * mezzo_x86_decide() - what a guest on x86 gets, under EPT or NPT
 *
 * As mezzo_arm64_decide, with these differences: an access that only arm64 reports, and a guest
 * with allocation tags, are FACTS_INADMISSIBLE; a fetch is granted from memory of any type, as the
 * processor does; instruction caches need no maintenance; where no slot is, and where a walk would
 * write what is read-only, the embedder is asked, because the architecture has no abort to give.
 *
 * CLEAN_INVALIDATE is CLFLUSH (or CLFLUSHOPT, CLFLUSH and a fence) of every line.
 */
void mezzo_x86_decide(const struct mezzo_facts *facts, struct mezzo_decision *out);

/* Every field within its enumeration: for facts that come from outside. */
bool mezzo_arm64_facts_valid(const struct mezzo_facts *facts);
bool mezzo_x86_facts_valid(const struct mezzo_facts *facts);

/* --- why not, and what instead ------------------------------------------------------------- */

/* Names a fact in a refusal or in a proposed change. */
enum mezzo_field {
	MEZZO_FIELD_NONE,
	MEZZO_FIELD_ALIASES,
	MEZZO_FIELD_ALLOW,
	MEZZO_FIELD_MAINTENANCE,
	MEZZO_FIELD_DMA,
	MEZZO_FIELD_TAG_STORAGE,
	MEZZO_FIELD_PRIVATE,
	MEZZO_FIELD_MMIO,
	MEZZO_FIELD_DATA,
	MEZZO_FIELD_TAGS,
	MEZZO_FIELD_LINES,
	MEZZO_FIELD_GUEST_MTE,
	MEZZO_FIELD_DIRTY_LOG,
	MEZZO_FIELD_FWB,
	MEZZO_FIELD_IDC,
	MEZZO_FIELD_MTE,
	MEZZO_FIELD_MTE_PERM,
	MEZZO_FIELD_ENGINE,
	MEZZO_FIELD_SELF_SNOOP,
	/* slot arguments */
	MEZZO_FIELD_SLOT_ID,
	MEZZO_FIELD_IPA,
	MEZZO_FIELD_PAGES,
	MEZZO_FIELD_OFFSET,
	MEZZO_FIELD_FLAGS,
	MEZZO_FIELD_OBJECT,
	MEZZO_FIELD_BITMAP,
	MEZZO_FIELD_FIRST_PAGE,
	MEZZO_FIELD_ENTRIES,
	/* the rest of a contract */
	MEZZO_FIELD_WRITABLE,
	MEZZO_FIELD_MAX_ORDER,
	/* arguments of objects */
	MEZZO_FIELD_BASE,
	MEZZO_FIELD_BYTES,
	/* of another machine */
	MEZZO_FIELD_IPA_BITS,
	MEZZO_FIELD_DIC,
	MEZZO_FIELD_FAMILY,
	MEZZO_FIELDS
};

const char *mezzo_field_name(enum mezzo_field field);

/* Filled by every call that returns a refusal: the rule, the field, what it was, what would do. */
struct mezzo_refusal {
	enum mezzo_reason reason;
	enum mezzo_field field;
	uint64_t got;
	uint64_t want; /* the same as got: nothing would do */
	uint32_t slot; /* the one in the way, where the rule is about two; 0 otherwise */
};

struct mezzo_change {
	enum mezzo_field field;
	uint8_t from;
	uint8_t to;
};
/* No facts are further from being accepted: tests/property/policy_nearest_sweep.c. */
#define MEZZO_CHANGES_MAX 7

/**
 * mezzo_arm64_nearest(), mezzo_x86_nearest() - the smallest change of facts that would be accepted
 * @decide: the rule to ask (the architecture's own, or another policy under study)
 * @facts: facts that @decide refuses
 * @changes: out, the changes
 *
 * Tries one change, then two, and so on, in an order of preference: what the embedder can promise
 * or provide first, what the owner declared next, the machine last; of a set, the fewest classes.
 * Returns the number of changes, or 0 when @facts is not refused; under the architecture's own
 * rule every refusal of a slot has a neighbour. Not for the fault path: some two thousand calls of
 * @decide for up to three changes, which is the usual case, a quarter of a million for seven.
 */
typedef unsigned int mezzo_nearest_fn(mezzo_decide_fn *decide, const struct mezzo_facts *facts,
				      struct mezzo_change changes[MEZZO_CHANGES_MAX]);
mezzo_nearest_fn mezzo_arm64_nearest, mezzo_x86_nearest;

/* Make one change, as mezzo_arm64_nearest proposes it. */
void mezzo_facts_change(struct mezzo_facts *facts, const struct mezzo_change *change);

/* "none", "device", "uncached", "cached"; "none", "window", "direct"; and so on. */
const char *mezzo_aliases_name(enum mezzo_aliases aliases);
const char *mezzo_maintenance_name(enum mezzo_maintenance maintenance);
const char *mezzo_dma_name(enum mezzo_dma dma);
const char *mezzo_content_name(enum mezzo_content content);
const char *mezzo_lines_name(enum mezzo_lines lines);
const char *mezzo_family_name(enum mezzo_family family);
const char *mezzo_action_name(enum mezzo_action action);
const char *mezzo_outcome_name(enum mezzo_outcome outcome);
const char *mezzo_access_name(enum mezzo_access access);

#endif
