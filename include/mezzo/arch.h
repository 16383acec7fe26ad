/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_ARCH_H
#define MEZZO_ARCH_H
/*
 * An architecture: its decision function and the operations of its second-stage page tables. A
 * space binds one. A hypervisor links the one it needs: mezzo_arch_arm64.
 *
 * Tables can be used alone, without objects and slots. They know entries, attributes and TLBs;
 * they know nothing of objects, and never look into a frame.
 *
 * Concurrency. Any number of *walkers* (lookup, claim, hold, publish, abandon, split) run at once;
 * they only use compare-and-swap. The operations that take entries away (unmap, settle, protect,
 * age, collapse) may run beside walkers, but one at a time: the caller serialises them. A table
 * that is taken out of the tree is put on the `retired` list; the caller frees it with `reclaim`
 * once every walker that was under way has left.
 */
#include <mezzo/decide.h>
#include <mezzo/platform.h>
#include <mezzo/types.h>

/*
 * What an entry says: the part of a decision that a leaf remembers. Everything survives every
 * operation; only read, write, exec and accessed may change on a live entry.
 */
struct mezzo_attr {
	uint8_t type; /* enum mezzo_arm64_stage2 */
	bool read, write, exec;
	bool no_tag_access;
	bool clean_after; /* clean+invalidate is due when the entry is taken back */
	bool accessed;
};

/* The attributes that a decision asks for (accessed is set). */
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

struct mezzo_table_config {
	size_t size;
	const struct mezzo_platform *platform;
	uint8_t ipa_bits; /* arm64: 32 to 48, or 52 where the tables have as many */
	uint8_t pa_bits;  /* largest output address, alike */
	uint16_t vmid;
	bool fwb;      /* encode for FEAT_S2FWB */
	bool mte_perm; /* NoTagAccess may be encoded */
	bool dic;      /* the I-cache needs no maintenance */
};

struct mezzo_table {
	const struct mezzo_table_ops *ops;
	const struct mezzo_platform *platform;
	void *root;
	struct mezzo_pa root_pa;
	uint32_t root_bytes;
	uint8_t ipa_bits;
	uint8_t pa_bits;
	uint8_t page_shift; /* of the granule: the smallest leaf, and a table, in bytes */
	int8_t start_level; /* 3 is the last; -1: five levels */
	uint8_t hint;       /* what every TLB hint says of the granule (platform.h) */
	bool fwb, mte_perm, dic;
	uint16_t vmid;
	uint64_t orders;         /* bit n: leaves of order n can be; never 0 */
	void *retired;           /* tables out of the tree, linked; see reclaim */
	_Atomic uint64_t tables; /* in use, in units of the granule, the root's included */
};

/* Called by settle for every OWED leaf, after its TLB invalidation is complete. */
typedef void mezzo_settle_fn(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf);

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
	 * EXISTS: a leaf (of any order) or, where a block is wanted, a table stands there:
	 *         claim->old says which; nothing was changed.
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
	 * was, and a paranoid build traps.
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
	 * @visit may be NULL when no leaf has clean_after.
	 */
	void (*settle)(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		       void *arg);

	/*
	 * Remove write permission from every leaf in the range (a block that reaches over its edge
	 * too), in place; owes TLB only. Busy entries are waited for. With @exclusive the caller
	 * promises that no walker is at work and that the hardware writes no access flag or dirty
	 * state (VTCR_EL2.HA and HD are 0): entries are then rewritten by plain stores, several
	 * times faster.
	 */
	void (*protect)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
			bool exclusive, struct mezzo_flush *flush);
	/*
	 * Clear the access flag in the range; returns whether any was set (an entry that is being
	 * made counts). Owes TLB only.
	 */
	bool (*age)(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages,
		    struct mezzo_flush *flush);
	/*
	 * Replace the block at @ipa by a table of next-smaller leaves with every attribute kept,
	 * by break-before-make. OK when nothing larger than @order is left at @ipa. NOENT: no
	 * leaf there. NOMEM: nothing changed. AGAIN: busy.
	 */
	int (*split)(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		     unsigned int order);
	/*
	 * Replace the table at @ipa by a block of @order when all its leaves are there, contiguous
	 * and alike in every attribute but accessed (which is joined), by break-before-make over
	 * the whole block. OK when a leaf of @order or larger is there. LIVE: they are not alike.
	 * AGAIN: one is busy.
	 */
	int (*collapse)(struct mezzo_table *table, struct mezzo_ipa ipa, unsigned int order);

	/*
	 * Free the retired tables. The caller makes sure that every walker has left that was under
	 * way when they were retired (by settle and collapse). No TLB knows them any more.
	 */
	void (*reclaim)(struct mezzo_table *table);
};

/**
 * mezzo_stage2_change_is_live() - may a live entry change so without break-before-make?
 * @from, @to: two descriptors of the same level, as the hardware sees them
 *
 * Only permissions (S2AP, XN), the access flag and software bits may change in place; a change to
 * or from an invalid entry is always legal. Source: Arm ARM, "TLB maintenance requirements and the
 * TLB maintenance instructions", break-before-make.
 */
bool mezzo_stage2_change_is_live(uint64_t from, uint64_t to);

/*
 * VTCR_EL2 for these tables, all of it but VS (16-bit VMIDs, the hypervisor's choice): T0SZ, SL0
 * and SL2, TG0, PS (the smallest size that holds pa_bits), DS, walks write-back and inner
 * shareable, RES1. The tables must be mapped write-back, inner shareable where they are written.
 */
uint64_t mezzo_stage2_vtcr(const struct mezzo_table *table);
/* VTTBR_EL2: the root and the VMID. CnP is the hypervisor's choice. */
uint64_t mezzo_stage2_vttbr(const struct mezzo_table *table);

/*
 * Tables of arm64 stage 2, by granule; leaves, and how many bits an address may have:
 *
 *   mezzo_stage2_ops		4 KiB	4K 2M 1G	48
 *   mezzo_stage2_4k_lpa2_ops	4 KiB	4K 2M 1G 512G	52, FEAT_LPA2 (ID_AA64MMFR0_EL1.TGran4_2)
 *   mezzo_stage2_16k_ops	16 KiB	16K 32M		48
 *   mezzo_stage2_16k_lpa2_ops	16 KiB	16K 32M 64G	52, FEAT_LPA2 (TGran16_2)
 *   mezzo_stage2_64k_ops	64 KiB	64K 512M (4T)	48, or 52 with FEAT_LPA (PARange), and 4T
 *
 * Ranges, addresses and orders of all of them are in 4 KiB pages; a range that cuts a larger
 * granule's page is one that cuts a block.
 */
extern const struct mezzo_table_ops mezzo_stage2_ops;
extern const struct mezzo_table_ops mezzo_stage2_4k_lpa2_ops;
extern const struct mezzo_table_ops mezzo_stage2_16k_ops;
extern const struct mezzo_table_ops mezzo_stage2_16k_lpa2_ops;
extern const struct mezzo_table_ops mezzo_stage2_64k_ops;

struct mezzo_arch {
	size_t size;
	const char *name;
	mezzo_decide_fn *decide;
	const struct mezzo_table_ops *table;
};

extern const struct mezzo_arch mezzo_arch_arm64; /* 4 KiB granule, 48-bit addresses */
extern const struct mezzo_arch mezzo_arch_arm64_4k_lpa2;
extern const struct mezzo_arch mezzo_arch_arm64_16k;
extern const struct mezzo_arch mezzo_arch_arm64_16k_lpa2;
extern const struct mezzo_arch mezzo_arch_arm64_64k;

#endif
