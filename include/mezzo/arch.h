/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_ARCH_H
#define MEZZO_ARCH_H
/*
 * An architecture: its decision function and the operations of its second-stage page tables. A
 * space binds one. A hypervisor links the one it needs: mezzo_arch_arm64, mezzo_arch_x86_ept.
 *
 * Tables can be used alone, without objects and slots. They know entries, attributes and TLBs;
 * they know nothing of objects, and never look into a frame.
 *
 * Concurrency. Any number of *walkers* (lookup, claim, hold, publish, abandon, split) run at once;
 * they only use compare-and-swap. The operations that take entries away (unmap, settle, protect,
 * collect, age, collapse) may run beside walkers, but one at a time: the caller serialises them. A
 * table that is taken out of the tree is put on the `retired` list; the caller frees it with
 * `reclaim` once every walker that was under way has left.
 *
 * Leaves. A leaf is one descriptor, or a *group*: neighbouring descriptors of one level that a TLB
 * may hold as one entry (Arm: the Contiguous hint), all there, contiguous and alike. A group is a
 * leaf of an order of its own and is entered, held, changed and taken away as one; whoever wants
 * part of it splits it first. No operation leaves a group half changed, and what its descriptors
 * say differently, because the hardware noted an access in one of them, counts for all.
 */
#include <mezzo/decide.h>
#include <mezzo/platform.h>
#include <mezzo/types.h>

/*
 * What an entry says: the part of a decision that a leaf remembers. Everything survives every
 * operation; only read, write, exec and accessed may change on a live entry.
 */
enum mezzo_exec {
	MEZZO_EXEC_ALL,    /* EL1 and EL0; x86: supervisor-mode and user-mode addresses */
	MEZZO_EXEC_USER,   /* EL0 alone: FEAT_XNX; EPT: mode-based execute control */
	MEZZO_EXEC_KERNEL, /* EL1 alone, alike */
	MEZZO_EXEC_VALUES
};

struct mezzo_attr {
	uint8_t type; /* of the decision: enum mezzo_arm64_stage2, mezzo_x86_stage2 */
	bool read, write, exec;
	bool clean_after; /* clean+invalidate is due when the entry is taken back */
	bool accessed;
	/* seldom */
	bool no_tag_access;
	uint8_t exec_for; /* enum mezzo_exec; with exec. The policy grants to all */
	bool logged;      /* with write: the hardware notes that it was written (Arm: DBM; x86:
			   * the dirty flag, and page-modification logging with it) */
	bool dirty;       /* with logged: it has been, since it was entered or last collected */
};

/* The attributes that a decision asks for (accessed is set, nothing is logged by hardware). */
struct mezzo_attr mezzo_attr_of(const struct mezzo_decision *decision);

enum mezzo_entry_state {
	MEZZO_ENTRY_NONE,
	MEZZO_ENTRY_LEAF,
	MEZZO_ENTRY_BUSY,  /* a walker holds it; wait or retry */
	MEZZO_ENTRY_OWED,  /* taken away; its frame still waits for settle */
	MEZZO_ENTRY_TABLE, /* a next-level table (only in struct mezzo_claim) */
};

struct mezzo_leaf {
	uint8_t state;          /* enum mezzo_entry_state */
	uint8_t order;          /* of the entry: what it covers, or would cover */
	struct mezzo_attr attr; /* valid for LEAF and OWED */
	struct mezzo_pa pa;     /* of the leaf's first byte; valid for LEAF and OWED */
};

/* Tables set aside for one walker, so that a fault never allocates in its middle. */
#define MEZZO_STOCK_MAX 4
struct mezzo_stock {
	void *table[MEZZO_STOCK_MAX];
	unsigned int count;
	unsigned int enough; /* for one claim, as of the last fill; 0: never filled */
};

struct mezzo_claim {
	_Atomic uint64_t *entry;
	struct mezzo_ipa ipa; /* of the entry's first byte */
	uint8_t order;
	struct mezzo_leaf old; /* what stands there; filled on MEZZO_ERR_EXISTS too */
};

/*
 * What an invalidation still owes, as a value: TLB invalidations, maintenance of the frames that
 * were mapped, the instruction cache. Until it is settled none of those frames may be handed to
 * anybody. Ranges that do not fit are joined; never dropped.
 */
#define MEZZO_FLUSH_RANGES 4
struct mezzo_flush {
	uint16_t vmid;
	uint8_t ranges;
	bool whole;     /* more ranges than fit: the whole space */
	bool owed;      /* entries in state OWED stand in the ranges */
	bool icache;    /* something executable went, and DIC is not there */
	bool tables;    /* tables went: no leaf level hint */
	uint64_t pages; /* taken away, in all; 0: nothing is owed */
	struct {
		struct mezzo_ipa ipa;
		uint64_t pages;
		uint8_t level; /* of the leaves, or MEZZO_LEVEL_ANY */
	} range[MEZZO_FLUSH_RANGES];
};

/*
 * What the tables may use beyond the base architecture. All of it off is right on every machine;
 * what is on must hold for every CPU, and every device, that walks the tables.
 */
struct mezzo_table_features {
	/*
	 * FEAT_BBM (ID_AA64MMFR2_EL1.BBM, at most 2): how block and table may be exchanged. 0: by
	 * break-before-make. 1: through a block with nT set; the guest can take a translation fault
	 * while it is. 2: directly. With 1 and 2 an access can end in a TLB conflict abort (DFSC
	 * 0b110000) until the TLB invalidation that follows is complete: the hypervisor invalidates
	 * the VMID's TLB entries and lets the guest go on.
	 */
	uint8_t bbm;
	bool contiguous; /* groups are leaves too */
	bool access;     /* the hardware sets the access flag: VTCR_EL2.HA, FEAT_HAFDBS */
	bool dirty;      /* and dirty state: VTCR_EL2.HD; leaves may be logged. Needs access */
	bool xnx;        /* exec_for may be other than all: FEAT_XNX; EPT: mode-based execute
			  * control is on */
	/*
	 * Devices walk the tables, and would fail where a translation is missing for a moment. A
	 * leaf stays valid while it is held; split needs bbm, of the devices too; nothing is
	 * collapsed: until the old entries are gone a device could meet both.
	 */
	bool shared;
	/* x86, where the hardware always notes accesses; bbm is 0 or 2 */
	bool leaf_1g;   /* leaves of 1 GiB: IA32_VMX_EPT_VPID_CAP[17]; CPUID Fn8000_0001 Page1GB */
	bool exec_only; /* EPT leaves without read: IA32_VMX_EPT_VPID_CAP[0] */
};

/* What x86 tables are told. */
struct mezzo_x86_table_config {
	uint8_t levels;    /* of the hardware's walk, 4 or 5; NPT: as many as the host's own has */
	uint64_t host_pat; /* NPT: the host's IA32_PAT, in which entry 0 is WB and one is UC */
};

struct mezzo_table_config {
	size_t size;
	const struct mezzo_platform *platform;
	uint8_t ipa_bits; /* 32 to 48, or 52 where the tables have as many */
	uint8_t pa_bits;  /* largest output address, alike */
	uint16_t vmid;
	bool fwb;      /* encode for FEAT_S2FWB */
	bool mte_perm; /* NoTagAccess may be encoded */
	bool dic;      /* the I-cache needs no maintenance */
	struct mezzo_x86_table_config x86;
	struct mezzo_table_features features;
};

struct mezzo_table {
	const struct mezzo_table_ops *ops;
	const struct mezzo_platform *platform;
	void *root;
	struct mezzo_pa root_pa; /* where the hardware begins */
	uint32_t root_bytes;
	uint8_t ipa_bits;
	uint8_t pa_bits;
	uint8_t page_shift;  /* of the granule: the smallest leaf, and a table, in bytes */
	int8_t start_level;  /* of the root; 3 is the last; -1: five levels */
	uint8_t start_shift; /* log2 of the bytes that one entry of the root covers */
	uint8_t hint;        /* what every TLB hint says of the granule (platform.h) */
	bool fwb, mte_perm, dic;
	uint16_t vmid;
	struct mezzo_table_features features;
	uint64_t empty;      /* what an empty entry is in memory */
	void *above[2];      /* x86: the tables above the root, lowest first */
	uint8_t above_count; /* how many there are */
	uint8_t pat_type[8]; /* NPT: enum mezzo_x86_stage2 of each entry of the host's PAT */
	uint8_t pat_index[MEZZO_X86_STAGE2_TYPES]; /* and back; 0xff: none says so */
	uint64_t orders;         /* bit n: leaves of order n can be, groups too; never 0 */
	void *retired;           /* tables out of the tree, linked; see reclaim */
	_Atomic uint64_t tables; /* in use, in units of the granule, the root's included */
	/*
	 * Blocks that were exchanged for tables and may still be in a TLB: while there are any, no
	 * invalidation relies on the level of what it is about.
	 */
	_Atomic uint32_t splitting;
};

/*
 * Called by settle for every OWED leaf, after its TLB invalidation is complete. What was a group is
 * visited descriptor by descriptor.
 */
typedef void mezzo_settle_fn(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf);

/* What collect leaves behind. */
enum mezzo_collect {
	MEZZO_COLLECT_STOP,  /* logged leaves are neither writable nor logged any more */
	MEZZO_COLLECT_REARM, /* they stay writable, and the next write is noted again */
	MEZZO_COLLECT_CLEAN, /* so do they, and leaves that are not logged cannot be written */
};

/* Called by collect: @pages at @ipa, one leaf, were written. */
typedef void mezzo_dirty_fn(void *arg, struct mezzo_ipa ipa, uint64_t pages);

/* --- the checker ------------------------------------------------------------------------------ */

enum mezzo_table_flaw {
	MEZZO_TABLE_SOUND,
	MEZZO_TABLE_UNKNOWN_ENTRY, /* not present, not empty and no marker */
	MEZZO_TABLE_MARKER,        /* a marker where it cannot be, or over what cannot be */
	MEZZO_TABLE_NO_LEAF_HERE,  /* a leaf of an order that the table does not have */
	MEZZO_TABLE_BITS,          /* a leaf that decodes to something else: reserved bits, types */
	MEZZO_TABLE_MISALIGNED,    /* an output address that is not aligned to the leaf */
	MEZZO_TABLE_BEYOND,        /* ... or beyond pa_bits, or an entry beyond ipa_bits */
	MEZZO_TABLE_LINK_BITS,     /* a table descriptor with bits that it cannot have */
	MEZZO_TABLE_LINK_ADDRESS,  /* it leads to no table's address */
	MEZZO_TABLE_SHARED,        /* two entries lead to one table, or to one that is retired */
	MEZZO_TABLE_GROUP,         /* a group that is not whole, not contiguous or not alike */
	MEZZO_TABLE_HALF_DONE,     /* a block with nT set, and nobody at work */
	MEZZO_TABLE_COUNT,         /* `tables` is not how many there are */
	MEZZO_TABLE_FLAWS
};

enum mezzo_entry_kind {
	MEZZO_KIND_EMPTY,
	MEZZO_KIND_LEAF,
	MEZZO_KIND_TABLE,
	MEZZO_KIND_BUSY,     /* claimed, or a leaf that is held */
	MEZZO_KIND_OWED,     /* a leaf that waits for settle */
	MEZZO_KIND_DETACHED, /* a table that does */
	MEZZO_KIND_DEAD,     /* an empty entry of such a table */
};

/* One entry by itself, as ops.inspect reads it. */
struct mezzo_entry_view {
	uint8_t kind;  /* enum mezzo_entry_kind */
	uint8_t flaw;  /* enum mezzo_table_flaw: what is wrong with it wherever it stands */
	bool leaf;     /* it is, or under a marker was, a leaf: attr and pa are valid */
	bool locked;   /* the leaf is held and stays valid */
	uint8_t order; /* of the leaf; of the group, if it belongs to one */
	uint8_t group; /* log2 of the entries that make up the leaf */
	struct mezzo_attr attr; /* of this entry alone */
	struct mezzo_pa pa;     /* of this entry's first byte; of a table, where it leads */
};

/* What is wrong, and where; the first that was found. */
struct mezzo_table_report {
	uint8_t flaw; /* enum mezzo_table_flaw */
	int8_t level;
	struct mezzo_ipa ipa; /* of the entry's first byte */
	uint64_t entry;       /* what stands there; for COUNT: how many there are */
	uint64_t tables;      /* seen, the retired ones included */
	uint64_t leaves;      /* seen; of a group, each descriptor */
	uint64_t held;        /* entries that somebody holds: none, when nobody should */
};

/**
 * mezzo_table_check() - verify everything that is always true of tables
 * @table: nobody is at work on it: no walker, no other operation; the hardware may note accesses
 * @seen: memory for @room numbers, in which the tables that were met are remembered: as many as
 *	  there are, the retired ones included; NULL: that none is met twice is concluded from their
 *	  count
 * @report: out, what was found
 *
 * Every entry of every table: reserved bits, levels, sizes, alignment, ranges, attributes that
 * decode, groups whole and alike, markers where they may be, no table reached twice or retired and
 * still in the tree, their count. What the caller has claimed or holds is counted; what waits to be
 * settled or reclaimed is looked at too. Returns whether the tables are sound. Cost: a decode per
 * entry, a search in @seen per table.
 */
bool mezzo_table_check(const struct mezzo_table *table, uint64_t *seen, size_t room,
		       struct mezzo_table_report *report);

/* "misaligned output address"; never NULL. */
const char *mezzo_table_flaw_name(enum mezzo_table_flaw flaw);

/*
 * Ranges are [ipa, ipa + pages), page aligned and inside the IPA space: the caller has validated
 * them. Costs: one walk is at most four dependent loads.
 */
struct mezzo_table_ops {
	/* Allocate an empty root. INVALID: a config field is out of range; NOMEM. */
	int (*init)(struct mezzo_table *table, const struct mezzo_table_config *config);
	/*
	 * Free every table, whatever is mapped. No walker may be left and every flush must have
	 * been settled; the VMID's TLB entries are the caller's to invalidate.
	 */
	void (*fini)(struct mezzo_table *table);

	/* Read the entry that covers @ipa. Never fails; state NONE where nothing is, or can be. */
	void (*lookup)(const struct mezzo_table *table, struct mezzo_ipa ipa,
		       struct mezzo_leaf *leaf);

	/* Top the stock up so that one claim cannot run out. NOMEM leaves what it got. */
	int (*stock_fill)(struct mezzo_table *table, struct mezzo_stock *stock);
	void (*stock_drain)(struct mezzo_table *table, struct mezzo_stock *stock);

	/*
	 * Take the entry of @order that covers @ipa: build the tables above it from @stock and
	 * swap the empty entry to BUSY.
	 * OK: it is ours until publish or abandon.
	 * EXISTS: a leaf (of @order or larger), or where a block or group is wanted something
	 *         smaller (state TABLE), stands there: claim->old says which; nothing was changed.
	 * AGAIN: somebody else holds it, or it still owes a settle. NOMEM: the stock is empty.
	 * INVALID: no leaf has @order, or @ipa is outside the space.
	 *
	 * The swap is sequentially consistent, and so are the loads of what takes away: a caller
	 * that then loads its sequence, and one that raised it before unmap, see each other.
	 */
	int (*claim)(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		     unsigned int order, struct mezzo_claim *claim);
	/*
	 * What a leaf with @attr looks like, as an opaque word for `enter`; 0 where the table cannot
	 * say it. For who enters leaves that are alike: it is worked out once.
	 */
	uint64_t (*encode)(const struct mezzo_table *table, const struct mezzo_attr *attr);
	/*
	 * Make the entry that was claimed empty a leaf, as publish does, from what encode gave.
	 * Quicker than publish.
	 */
	void (*enter)(struct mezzo_table *table, const struct mezzo_claim *claim,
		      struct mezzo_pa pa, uint64_t word);
	/*
	 * Make the claimed entry a leaf and visible to table walkers (barrier included). After
	 * hold the change must be one that a live entry may make (mezzo_stage2_change_is_live);
	 * the entry's TLB entries are then invalidated, so that the old permission is not found.
	 * A leaf that the table cannot say (misaligned, beyond pa_bits, NoTagAccess without
	 * mte_perm) or a change that is not legal is not published: the entry is given back as it
	 * was, and a paranoid build traps. What the hardware noted in a leaf that was logged and
	 * still is stays noted.
	 */
	void (*publish)(struct mezzo_table *table, const struct mezzo_claim *claim,
			struct mezzo_pa pa, const struct mezzo_attr *attr);
	/* Give the claimed entry back as it was: empty, or the leaf that was held. */
	void (*abandon)(struct mezzo_table *table, const struct mezzo_claim *claim);
	/*
	 * claim, publish without anything in between: for tables used alone.
	 * As claim; a leaf with the very same output and attributes is EXISTS too. INVALID: the
	 * table cannot say such a leaf, too.
	 */
	int (*map)(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		   struct mezzo_pa pa, unsigned int order, const struct mezzo_attr *attr);

	/*
	 * Take the leaf that covers @ipa, whatever its order: swap it to BUSY. claim->old holds
	 * the leaf. This is how permissions are added: hold, look again whether the grant still
	 * stands, publish. (A compare-and-swap alone could add a permission to a frame that was
	 * taken away and given back meanwhile.)
	 * NOENT: no leaf there. AGAIN: busy, owed, or lost a race.
	 */
	int (*hold)(struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_claim *claim);

	/*
	 * hold and publish for the commonest change, the first write of a page whose writes are
	 * logged by faults. hold_page takes the leaf at @ipa if it is one descriptor of the smallest
	 * size that nobody may write; claim->old is not filled. AGAIN: it is anything else, and hold
	 * says what. open_page adds write permission and the access flag to what was so taken, and
	 * invalidates the entry's TLB entries as publish does. abandon gives it back, too.
	 */
	int (*hold_page)(struct mezzo_table *table, struct mezzo_ipa ipa,
			 struct mezzo_claim *claim);
	void (*open_page)(struct mezzo_table *table, const struct mezzo_claim *claim);

	/*
	 * Take a range away. Leaves become OWED: nothing can be entered there until @flush is
	 * settled, because a make before the break is complete would be seen by some CPUs only.
	 * Busy entries are waited for, never skipped. Blocks that reach over the range's edge
	 * must have been split before (LIVE, and nothing changed, otherwise). Adds to @flush what
	 * is owed; what an earlier flush owes in the range is owed by @flush too. With @prune
	 * tables of the range in which nothing is left go as well; settle retires them.
	 */
	int (*unmap)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool prune,
		     struct mezzo_flush *flush);
	/*
	 * Pay what @flush owes, in this order: TLB invalidations, barrier; for every OWED leaf
	 * whose contract demands clean_after @visit, then barrier; OWED entries become NONE and
	 * tables that went are retired; instruction cache, barrier. @flush is empty afterwards.
	 * @visit is called for leaves that are dirty, too: what the hardware noted of them is told
	 * nowhere else. It may be NULL when no leaf has clean_after and none is logged.
	 */
	void (*settle)(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		       void *arg);

	/*
	 * Remove write permission from every leaf in the range (one that reaches over its edge
	 * too), in place; owes TLB only. Busy entries are waited for. What the hardware noted of a
	 * logged leaf is lost: collect first, or collect and STOP instead. With @exclusive the
	 * caller promises that no walker is at work and that the hardware writes no access flag or
	 * dirty state (VTCR_EL2.HA and HD are 0): entries are then rewritten by plain stores,
	 * several times faster.
	 */
	void (*protect)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
			bool exclusive, struct mezzo_flush *flush);
	/*
	 * Report every logged leaf in the range (one that reaches over its edge too) that the
	 * hardware noted as written, once, and clear the note in the same step, so that no write
	 * is missed. After MEZZO_COLLECT_CLEAN no leaf of the range can be written unnoticed. Busy
	 * entries are waited for. Owes TLB only: a write through an old TLB entry is not noted, so
	 * pages are read, and the report is given away, after @flush is settled. Leaves that were
	 * taken away are reported by settle's visit.
	 */
	void (*collect)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
			enum mezzo_collect how, mezzo_dirty_fn *report, void *arg,
			struct mezzo_flush *flush);
	/*
	 * Clear the access flag in the range; returns whether any was set (an entry that is being
	 * made counts). Owes TLB only.
	 */
	bool (*age)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
		    struct mezzo_flush *flush);
	/*
	 * Replace the leaf at @ipa by smaller ones with every attribute kept, until nothing larger
	 * than @order is left at @ipa: a block by a table of leaves that are as large as they can
	 * be, a group by its descriptors, as features.bbm says. OK when that is so. INVALID: no
	 * leaf has @order. NOENT: no leaf there. NOMEM: nothing changed. AGAIN: busy. LIVE:
	 * features.shared without features.bbm.
	 */
	int (*split)(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		     unsigned int order);
	/*
	 * Replace the table at @ipa by a block, or leaves of one level by a group, of @order, when
	 * all leaves are there, contiguous and alike in every attribute but accessed and dirty
	 * (which are joined), as features.bbm says. OK when a leaf of @order or larger is there.
	 * LIVE: they are not alike, or features.shared. AGAIN: one is busy.
	 */
	int (*collapse)(struct mezzo_table *table, struct mezzo_ipa ipa, unsigned int order);

	/*
	 * Free the retired tables. The caller makes sure that every walker has left that was under
	 * way when they were retired (by settle and collapse). No TLB knows them any more.
	 */
	void (*reclaim)(struct mezzo_table *table);

	/* Read one entry by itself: for mezzo_table_check, and for whoever prints tables. Pure. */
	void (*inspect)(const struct mezzo_table *table, uint64_t entry, int level,
			struct mezzo_entry_view *view);
};

/**
 * mezzo_stage2_change_is_live() - may a live entry change so without break-before-make?
 * @from, @to: two descriptors of one entry, as the hardware sees them
 * @level: of the entry; 3 is the last
 * @bbm: FEAT_BBM level, 0 to 2
 *
 * A change to or from an invalid entry is always legal. Otherwise permissions (S2AP, XN, DBM), the
 * access flag and software bits may change in place; from @bbm 1 on also the Contiguous hint and
 * nT, and a block with nT set for a table or back; with 2 any block for a table or back. For the
 * last two the caller answers for it that the table's leaves say what the block says. Source: Arm
 * ARM, R_WHZWS (what needs break-before-make), R_KFLJB, R_PVTFW, I_PJZBK (sizes), R_KHRBC
 * (Contiguous).
 */
bool mezzo_stage2_change_is_live(uint64_t from, uint64_t to, int level, unsigned int bbm);

/*
 * VTCR_EL2 for these tables, all of it but VS (16-bit VMIDs, the hypervisor's choice): T0SZ, SL0
 * and SL2, TG0, PS (the smallest size that holds pa_bits), DS, HA, HD, walks write-back and inner
 * shareable, RES1. The tables must be mapped write-back, inner shareable where they are written.
 */
uint64_t mezzo_stage2_vtcr(const struct mezzo_table *table);
/* VTTBR_EL2: the root and the VMID. CnP is the hypervisor's choice. */
uint64_t mezzo_stage2_vttbr(const struct mezzo_table *table);

/*
 * Tables of arm64 stage 2, by granule; leaves, and how many bits an address may have:
 *
 *   mezzo_stage2_ops		4 KiB	4K 2M 1G	48	plain: features.contiguous and shared
 *   							are refused, bbm 1 is used as 0; the
 *   							smallest and fastest
 *   mezzo_stage2_4k_ops	4 KiB	4K 2M 1G	48
 *   mezzo_stage2_4k_lpa2_ops	4 KiB	4K 2M 1G 512G	52, FEAT_LPA2 (ID_AA64MMFR0_EL1.TGran4_2)
 *   mezzo_stage2_16k_ops	16 KiB	16K 32M		48
 *   mezzo_stage2_16k_lpa2_ops	16 KiB	16K 32M 64G	52, FEAT_LPA2 (TGran16_2)
 *   mezzo_stage2_64k_ops	64 KiB	64K 512M (4T)	48, or 52 with FEAT_LPA (PARange), and 4T
 *
 * Ranges, addresses and orders of all of them are in 4 KiB pages; a range that cuts a larger
 * granule's page is one that cuts a block.
 */
extern const struct mezzo_table_ops mezzo_stage2_ops;
extern const struct mezzo_table_ops mezzo_stage2_4k_ops;
extern const struct mezzo_table_ops mezzo_stage2_4k_lpa2_ops;
extern const struct mezzo_table_ops mezzo_stage2_16k_ops;
extern const struct mezzo_table_ops mezzo_stage2_16k_lpa2_ops;
extern const struct mezzo_table_ops mezzo_stage2_64k_ops;

/*
 * Tables of x86: 4 KiB pages, leaves of 2 MiB and, with features.leaf_1g, of 1 GiB; addresses of 48
 * bits with four levels, 52 with five.
 *
 *   mezzo_ept_ops	Intel EPT with accessed and dirty flags (IA32_VMX_EPT_VPID_CAP[21]).
 *   			features.xnx is mode-based execute control. Suppress #VE is set in every entry,
 *   			empty ones too: what the engine has to hear of is an exit
 *   mezzo_npt_ops	AMD nested paging; the host has EFER.NXE set. Types are those of the host's
 *   			PAT; none ignores the guest's. A leaf is always readable
 *
 * contiguous and shared are refused, and so are fwb and mte_perm. What the processor wrote down in a
 * page-modification log is asked of the tables page by page: collect.
 */
extern const struct mezzo_table_ops mezzo_ept_ops;
extern const struct mezzo_table_ops mezzo_npt_ops;

/*
 * The pointer to @table, of mezzo_ept_ops, for the VMCS: root, number of levels, flags enabled; the
 * processor reads the tables write-back. Of mezzo_npt_ops N_CR3 is root_pa.
 */
uint64_t mezzo_ept_pointer(const struct mezzo_table *table);

struct mezzo_guest_types_ops;

/* What a space needs of an architecture; code that serves all of them names none. */
struct mezzo_arch {
	size_t size;
	const char *name;
	uint8_t family; /* enum mezzo_family */
	/*
	 * Facts of the machine (enum mezzo_field) that another one may have otherwise, the likeliest
	 * first, NONE behind the last: what admission (admit.h) names, where one would do.
	 */
	const uint8_t *machine_fields;
	mezzo_decide_fn *decide;
	bool (*facts_valid)(const struct mezzo_facts *facts);
	mezzo_nearest_fn *nearest;
	/* Classes that a guest can reach through an entry of @type, whatever its own tables say. */
	unsigned int (*reachable)(const struct mezzo_machine *machine, uint8_t type);
	/* What the tables are told of the machine. */
	void (*configure)(const struct mezzo_machine *machine, struct mezzo_table_config *config);
	const struct mezzo_table_ops *table;
	/* The engine's own, to honour a guest's memory types; NULL: guests have none of their own. */
	const struct mezzo_guest_types_ops *guest_types;
};

extern const struct mezzo_arch mezzo_arch_arm64; /* on mezzo_stage2_ops */
extern const struct mezzo_arch mezzo_arch_arm64_4k;
extern const struct mezzo_arch mezzo_arch_arm64_4k_lpa2;
extern const struct mezzo_arch mezzo_arch_arm64_16k;
extern const struct mezzo_arch mezzo_arch_arm64_16k_lpa2;
extern const struct mezzo_arch mezzo_arch_arm64_64k;
extern const struct mezzo_arch mezzo_arch_x86_ept; /* machine.x86.engine must say so, too */
extern const struct mezzo_arch mezzo_arch_x86_npt;

#endif
