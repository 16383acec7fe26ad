/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_POLICIES_WORLD_H
#define CHECK_POLICIES_WORLD_H
/*
 * A configuration: everything that holds for one search. The truth about the memory and the
 * machine, and what each kind of policy is told of it. A host that infers (Linux) sees the VMA and
 * the page; Mezzo sees a contract.
 *
 * Fields are numbered, so that configurations can be enumerated, compared and described alike.
 */
#include <mezzo/decide.h>

/* How the memory's owner maps it for itself: a VMM's mapping, a driver's. */
enum check_map {
	CHECK_MAP_WB,
	CHECK_MAP_NC,
	CHECK_MAP_DEVICE,
	CHECK_MAP_NONE,
};

/* What the host kernel has for the page. */
enum check_backing {
	CHECK_BACKING_LINEAR, /* it is in the linear map: always mapped write-back */
	CHECK_BACKING_PAGE,   /* a struct page, but not in the linear map */
	CHECK_BACKING_NONE,   /* neither */
};

/* The kind of VMA. */
enum check_shape {
	CHECK_SHAPE_ORDINARY,
	CHECK_SHAPE_PFNMAP,
	CHECK_SHAPE_MIXEDMAP,
};

/* The types that an MTRR can say. */
enum check_mtrr {
	CHECK_MTRR_WB,
	CHECK_MTRR_WT,
	CHECK_MTRR_WP,
	CHECK_MTRR_WC,
	CHECK_MTRR_UC,
};
enum mezzo_x86_type check_mtrr_type(enum check_mtrr mtrr);

enum check_field {
	/* the memory as its host sees it */
	CHECK_FIELD_MAP,          /* enum check_map */
	CHECK_FIELD_BACKING,      /* enum check_backing */
	CHECK_FIELD_SHAPE,        /* enum check_shape */
	CHECK_FIELD_IO,           /* VM_IO */
	CHECK_FIELD_ANY_UNCACHED, /* VM_ALLOW_ANY_UNCACHED: the device tolerates Normal-NC */
	CHECK_FIELD_MTE_ALLOWED,  /* VM_MTE_ALLOWED: said to have tag storage */
	CHECK_FIELD_TAG_STORAGE,  /* has it */
	CHECK_FIELD_WINDOW,       /* the host can map a page for one operation */
	/* the memory as its owner declares it */
	CHECK_FIELD_ALIASES,
	CHECK_FIELD_ALLOW,
	CHECK_FIELD_MAINTENANCE,
	CHECK_FIELD_DATA, /* enum mezzo_content that is promised */
	CHECK_FIELD_TAGS,
	CHECK_FIELD_LINES,
	CHECK_FIELD_MMIO,
	CHECK_FIELD_WRITABLE,
	CHECK_FIELD_DMA, /* enum mezzo_dma: true and declared */
	/* the machine */
	CHECK_FIELD_FWB,
	CHECK_FIELD_IDC,
	CHECK_FIELD_DIC,
	CHECK_FIELD_MTE_PERM,
	CHECK_FIELD_ENGINE,     /* enum mezzo_x86_engine */
	CHECK_FIELD_SELF_SNOOP, /* x86: accesses of any type look into the CPU's own caches */
	/* the guest */
	CHECK_FIELD_GUEST_MTE,
	CHECK_FIELD_LOGGING,
	CHECK_FIELD_GUEST_MTRR,  /* x86: enum check_mtrr, of the page by the guest's MTRRs */
	CHECK_FIELD_GUEST_CD,    /* x86: CR0.CD is set */
	CHECK_FIELD_HONOUR_MTRR, /* x86: the space honours both */
	CHECK_FIELDS
};
#define CHECK_FIELD_BIT(field) (UINT64_C(1) << (field))

struct check_world {
	uint8_t field[CHECK_FIELDS];
};

/* Which values a field has: at most eight, numbered from 0. */
unsigned int check_field_values(enum check_field field);
/* "memory", "FWB"; "page-no-linear", "yes". */
const char *check_field_name(enum check_field field);
const char *check_field_value(enum check_field field, unsigned int value);

/* Assumptions that hold unless they are doubted. */
enum check_assumption {
	CHECK_A1_ORDINARY_IS_RAM,
	CHECK_A2_FWB_IMPLIES_IDC,
	CHECK_A3_LINEAR_IS_WB,
	CHECK_A4_VMA_STAYS,
	CHECK_A5_UNCACHED_BYPASSES,
	CHECK_A6_DECLARATIONS_TRUE,
	CHECK_E1_SCRUB_AS_DECLARED,
	CHECK_G1_PAT_IS_INTENT,
	CHECK_ASSUMPTIONS
};

struct check_assumption_text {
	const char *id; /* "A3" */
	const char *statement;
};
extern const struct check_assumption_text check_assumption_texts[CHECK_ASSUMPTIONS];

/*
 * A family of configurations: some fields run through all their values, the others follow from
 * them or stand at 0.
 */
struct check_family {
	const char *name;    /* "debate" */
	const char *summary; /* one sentence */
	uint64_t free;       /* set of fields that run */
	/*
	 * Fill in what follows from the free fields. false: there is no such configuration.
	 * @doubted: set of enum check_assumption that need not hold
	 */
	bool (*complete)(struct check_world *world, unsigned int doubted);
};

/* Memory as a host maps it: what the threads argue about. */
extern const struct check_family check_family_debate;
/* Memory as contracts declare it: every contract. */
extern const struct check_family check_family_contract;

/* The presets, and what is near them: objects between which frames move. */
extern const struct check_family check_family_object;
/* The same for x86. */
extern const struct check_family check_family_x86_debate, check_family_x86_contract;

/*
 * Stand on the first configuration of a family; step to the next one. false: no more.
 * @fixed: set of fields that stay as @world has them; the others start at 0
 */
bool check_world_first(const struct check_family *family, uint64_t fixed, unsigned int doubted,
		       struct check_world *world);
bool check_world_next(const struct check_family *family, uint64_t fixed, unsigned int doubted,
		      struct check_world *world);

/* What the owner declares to Mezzo, and the facts of one fault. */
struct mezzo_contract check_world_contract(const struct check_world *world);
void check_world_facts(const struct check_world *world, struct mezzo_facts *facts);

#endif
