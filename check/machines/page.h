/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PAGE_H
#define CHECK_MACHINES_PAGE_H
/*
 * The machine of a page, for arm64 and x86: one page of one cache line, with its allocation tags,
 * behind one data cache and one instruction cache; guest A that had it, guest B that gets it, the
 * host that zeroes, shares, resets, copies and migrates, a device, and an engine that asks a policy.
 *
 * An architecture is what its entries let a guest's accesses do (page_arm64.c, page_x86.c): go
 * through the cache, past it, or past it after a look into it.
 *
 * One line is enough: every rule of the architecture that is modelled touches one line, and the
 * mappings of a page are the same for all its lines. Values are provenance, not numbers: the
 * policy never sees data.
 *
 * What a guest may expect is what bare metal would guarantee it, for what it has done itself: a
 * write is seen by reads of the same type; changing the type needs maintenance by address. This
 * expectation is part of the state.
 */
#include "check/subject.h"

/* What the engine does that could be left out. Names: page_duties. */
enum page_duty {
	PAGE_DUTY_CLEAN_BEFORE,
	PAGE_DUTY_ZERO,
	PAGE_DUTY_ZERO_TAGS,
	PAGE_DUTY_ICACHE_BEFORE,
	PAGE_DUTY_LOG_DIRTY,
	PAGE_DUTY_CLEAN_AFTER,
	PAGE_DUTY_ICACHE_AFTER,
	PAGE_DUTY_TLBI,
	PAGE_DUTY_IOMMU_REVOKE,
	PAGE_DUTY_IOMMU_LAST,
	PAGE_DUTY_CLEAN_LAST,
	PAGE_DUTY_INVALID_FIRST,
	PAGE_DUTY_RESET_TAKE_BACK,
	PAGE_DUTY_RESET_ICACHE,
	PAGE_DUTY_TRAP_SET_WAY,
	PAGE_DUTY_WINDOW_UNCACHED,
	PAGE_DUTY_WINDOW_CLOSED,
	PAGE_DUTY_KEEP_CONTENT,
	PAGE_DUTY_MOVE_CLEAN,
	PAGE_DUTY_DEVICE_CLEAN,
	PAGE_DUTIES
};

/*
 * The types that a guest may ask for, as far as they differ. The first two are Arm's (Device and
 * Normal-NC go the same way), all three x86's.
 */
enum page_way {
	WAY_UNCACHED, /* Device, Normal-NC; UC */
	WAY_CACHED,   /* write-back */
	WAY_WC,       /* x86: write-combining */
	WAYS
};
#define WAY_BIT(way) (1u << (way))

/* A decision as the machine needs it. */
struct page_grant {
	uint8_t outcome; /* enum mezzo_outcome */
	uint8_t type;    /* the architecture's, to be told */
	uint8_t through; /* ways that really go through the cache */
	uint8_t looks;   /* ways that go past it, and look into it first */
	uint8_t reach;   /* set of enum mezzo_class that the guest can reach, by whatever type */
	bool write, exec, no_tag, clean_after, icache_after;
	uint8_t frame_after; /* FRAME_* */
	uint8_t before[MEZZO_BEFORE_MAX];
};

#define FRAME_DATA 1u  /* UNOWNED */
#define FRAME_TAGS 2u  /* UNOWNED */
#define FRAME_LINES 4u /* MAYBE */
#define FRAMES 8u
/* Accesses that the guests of the model make; the others are judged by their answer alone. */
#define PAGE_ACCESSES 3

enum page_alias {
	PAGE_ALIAS_NONE,
	PAGE_ALIAS_UNCACHED,
	PAGE_ALIAS_CACHED,
};

/*
 * Memory on a machine under a policy, compiled: everything that a move may depend on. Two
 * configurations that compile alike behave alike.
 */
struct page_place {
	bool accepted; /* the slot check says yes */
	bool x86;
	uint8_t ways;           /* how many there are */
	uint8_t means_cached;   /* ways that the guest takes for write-back */
	bool fetch_needs_cache; /* memory is executed only where write-back can be reached */
	bool fwb, idc, dic;
	uint8_t alias; /* enum page_alias: the owner's own mapping */
	bool linear;   /* and a write-back one in the linear map */
	bool reach;    /* the engine can clean and zero */
	bool window;   /* ... through a mapping made for the operation */
	bool icache_needs_reach;
	bool unforced; /* the guest can reach write-back, and other types too */
	bool traps;    /* set/way operations and cache toggles are trapped */
	bool mte, tag_storage, mmio, logging;
	bool may_write;
	uint8_t may_reach;             /* set of enum mezzo_class within what was declared */
	uint8_t should_reach;          /* the fastest class that was declared, and what is faster */
	uint8_t dma;                   /* enum mezzo_dma */
	bool dma_allocates;            /* what it writes may be put into a cache */
	bool scrubs_data, scrubs_tags; /* the owner does, between two guests */
	uint8_t promise;               /* FRAME_* */
	uint8_t frame_mask;            /* the bits that mean anything: no tags without MTE */
	struct page_grant missing[FRAMES][PAGE_ACCESSES];
	struct page_grant permission[PAGE_ACCESSES];
	/* accesses that are refused although the slot was accepted, as bits */
	uint8_t refuses[FRAMES], refuses_permission;
};

struct page_model {
	struct page_place place[2]; /* the second only for CHECK_MOVE and CHECK_MIGRATE */
	uint8_t kind;               /* enum check_kind */
	bool mezzo;                 /* enum check_engine */
	bool view_idc, view_dic;    /* what the guest was told of its machine */
	uint32_t lacks;             /* set of enum page_duty */
	uint32_t doubted;           /* set of enum check_assumption */
	bool story;                 /* keep values as they are told, not as they matter */
};

/* An architecture, as the compiler of configurations asks it. */
struct page_arch {
	unsigned int accesses; /* enum mezzo_access: how many of them it reports */
	/* What holds of the machine and the guest: ways, and what they mean. */
	void (*place)(const struct check_world *world, const struct page_model *model,
		      struct page_place *place);
	/* What a granted entry lets accesses do: through, looks, reach. */
	void (*entry)(const struct check_world *world, const struct check_answer *answer,
		      struct page_grant *grant);
};

bool page_compile(const struct page_arch *arch, const struct check_policy *policy,
		  const struct check_world world[2], enum check_kind kind,
		  const struct check_change *change, struct page_model *model);

/* --- telling (page_tell.c), as struct check_subject has it ------------------------------------------ */

void page_retell(const void *model, struct check_step *steps, unsigned int count);
void page_tell(const struct check_case *at, const struct check_step *step,
	       enum check_property broken, char *text, size_t size);
const char *page_actor(const struct check_step *step);
void page_cells(const struct check_step *step, struct check_cells *cells);

extern const struct check_machine page_machine;
extern const struct check_duty page_duties[PAGE_DUTIES];

#endif
