/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TABLE_RIG_H
#define TEST_TABLE_RIG_H
/*
 * A stage-2 table on a platform that writes down, in order, everything that is asked of it: for
 * tests of the tables alone. Written as words: TABLES, COMPLETE and CONTEXT are barriers;
 * ENTRY(ipa,Llevel), RANGE(ipa+pages,Llevel), COMBINED and SPACE are TLB invalidations; ICACHE;
 * VISIT(ipa) is what rig_visit was called for.
 */
#include <mezzo/arch.h>
#include <mezzo/platform_hosted.h>
#include <mezzo/status.h>

#define RIG_LOG_BYTES 4096
#define RIG_VMID 7
#define RIG_HOST_PAT UINT64_C(0x0407050600070106) /* WB WC UC- UC WB WP UC- WT, as Linux has it */

struct rig_options {
	const struct mezzo_table_ops *ops; /* NULL: mezzo_stage2_ops */
	uint8_t ipa_bits;                  /* 0: 40 */
	uint8_t pa_bits;                   /* 0: 48 */
	uint8_t levels;                    /* x86; 0: 4 */
	uint64_t host_pat;                 /* NPT; 0: RIG_HOST_PAT */
	bool fwb, mte_perm, dic;
	bool no_range; /* without FEAT_TLBIRANGE */
	struct mezzo_table_features features;
};

struct rig {
	struct mezzo_hosted hosted; /* table memory, and how many allocations succeed */
	struct mezzo_platform platform;
	struct mezzo_table table;
	const struct mezzo_table_ops *ops;
	uint8_t levels; /* x86: of the hardware's walk */
	struct mezzo_stock stock;
	char log[RIG_LOG_BYTES];
	/* Called at every event, after it was written down; NULL: nothing. */
	void (*at_event)(struct rig *rig, void *arg);
	void *at_event_arg;
};

void rig_open(struct rig *rig, const struct rig_options *options);
/* Fails the test when a table was not given back. */
void rig_close(struct rig *rig);

/* What was asked since the last call. */
const char *rig_take_log(struct rig *rig, char text[RIG_LOG_BYTES]);
void rig_visit(void *rig, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf);

/* Read, write, execute, accessed; of the type. */
struct mezzo_attr rig_attr(enum mezzo_arm64_stage2 type);
bool rig_attr_equal(const struct mezzo_attr *a, const struct mezzo_attr *b);

/* Operations that must succeed. rig_map fills the stock; rig_unmap also settles and reclaims. */
void rig_map(struct rig *rig, uint64_t ipa, uint64_t pa, unsigned int order,
	     struct mezzo_attr attr);
void rig_map_many(struct rig *rig, uint64_t ipa, uint64_t pa, unsigned int order,
		  unsigned int count, struct mezzo_attr attr);
void rig_unmap(struct rig *rig, uint64_t ipa, uint64_t pages, bool prune);
struct mezzo_leaf rig_lookup(struct rig *rig, uint64_t ipa);
void rig_expect_leaf(struct rig *rig, uint64_t ipa, unsigned int order, uint64_t pa,
		     struct mezzo_attr attr);
void rig_expect_state(struct rig *rig, uint64_t ipa, enum mezzo_entry_state state);

/* Every entry of the tree that is not zero: where it stands and what it is. */
struct rig_dump {
	struct {
		uint64_t ipa, value;
		int level;
	} *entry;
	size_t count, room;
};
void rig_dump(const struct rig *rig, struct rig_dump *dump);
/* The descriptor at @level (3: the last) on the way to @ipa, as the hardware sees it; 0: none. */
uint64_t rig_raw(const struct rig *rig, uint64_t ipa, int level);
/* The entry itself: to write in it what the engine knows nothing of. The walk must get that far. */
_Atomic uint64_t *rig_entry(const struct rig *rig, uint64_t ipa, int level);
void rig_dump_free(struct rig_dump *dump);
bool rig_dump_equal(const struct rig_dump *a, const struct rig_dump *b);
/* Tables in use; the tables that the root is made of. */
uint64_t rig_tables(const struct rig *rig);
uint64_t rig_root_tables(const struct rig *rig);

/* --- every geometry --- */

struct rig_geometry {
	const char *name;
	const struct mezzo_table_ops *ops;
	uint8_t page_shift;
	uint8_t address_bits; /* 48 or 52 */
	uint8_t orders;       /* how many sizes of leaves there are, at most */
	uint8_t order[4];     /* of the leaves, the smallest first */
	uint8_t group[4];     /* of the groups made of each; 0: none */
	bool plain;           /* no groups, no shared tables */
};
#define RIG_GEOMETRIES 8
#define RIG_ARM64_GEOMETRIES 6 /* they come first */
extern const struct rig_geometry rig_geometries[RIG_GEOMETRIES];
/* The level whose entries make up a leaf of @order, and the order of one of them. */
int rig_level(const struct rig_geometry *geometry, unsigned int order);
unsigned int rig_entry_order(const struct rig_geometry *geometry, unsigned int order);

/*
 * The hardware notes an access in the entry that translates @ipa: accessed and, where it is a
 * write, dirty. Only as the table's features allow it to. False: it cannot, or there is no leaf.
 */
bool rig_note_access(struct rig *rig, uint64_t ipa, bool write);

/* Fails the test unless the checker finds the tables sound and @held entries held. */
void rig_check(const struct rig *rig, uint64_t held);

#endif
