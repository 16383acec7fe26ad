/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_ARM64_H
#define CHECK_MACHINES_ARM64_H
/*
 * The arm64 machine: one page of one cache line, with its allocation tags, behind one data cache
 * and one instruction cache; guest A that had it, guest B that gets it, the host that zeroes,
 * shares, resets, copies and migrates, a device, and an engine that asks a policy.
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

/* What the engine does that could be left out. Names: arm64_duties. */
enum arm64_duty {
	ARM64_DUTY_CLEAN_BEFORE,
	ARM64_DUTY_ZERO,
	ARM64_DUTY_ZERO_TAGS,
	ARM64_DUTY_ICACHE_BEFORE,
	ARM64_DUTY_LOG_DIRTY,
	ARM64_DUTY_CLEAN_AFTER,
	ARM64_DUTY_ICACHE_AFTER,
	ARM64_DUTY_TLBI,
	ARM64_DUTY_IOMMU_REVOKE,
	ARM64_DUTY_IOMMU_LAST,
	ARM64_DUTY_CLEAN_LAST,
	ARM64_DUTY_INVALID_FIRST,
	ARM64_DUTY_RESET_TAKE_BACK,
	ARM64_DUTY_RESET_ICACHE,
	ARM64_DUTY_TRAP_SET_WAY,
	ARM64_DUTY_WINDOW_UNCACHED,
	ARM64_DUTY_WINDOW_CLOSED,
	ARM64_DUTY_KEEP_CONTENT,
	ARM64_DUTY_MOVE_CLEAN,
	ARM64_DUTIES
};

/* A decision as the machine needs it. */
struct arm64_grant {
	uint8_t outcome; /* enum mezzo_outcome */
	uint8_t type;    /* enum mezzo_arm64_stage2 */
	bool write, exec, no_tag, clean_after, icache_after;
	uint8_t frame_after; /* FRAME_* */
	uint8_t before[MEZZO_BEFORE_MAX];
};

#define FRAME_DATA 1u  /* UNOWNED */
#define FRAME_TAGS 2u  /* UNOWNED */
#define FRAME_LINES 4u /* MAYBE */
#define FRAMES 8u
/* Accesses that the guests of the model make; the others are judged by their answer alone. */
#define ARM64_ACCESSES 3

enum arm64_alias {
	ARM64_ALIAS_NONE,
	ARM64_ALIAS_UNCACHED,
	ARM64_ALIAS_CACHED,
};

/*
 * Memory on a machine under a policy, compiled: everything that a move may depend on. Two
 * configurations that compile alike behave alike.
 */
struct arm64_place {
	bool accepted; /* the slot check says yes */
	bool fwb, idc, dic;
	uint8_t alias; /* enum arm64_alias: the owner's own mapping */
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
	struct arm64_grant missing[FRAMES][ARM64_ACCESSES];
	struct arm64_grant permission[ARM64_ACCESSES];
	/* accesses that are refused although the slot was accepted, as bits */
	uint8_t refuses[FRAMES], refuses_permission;
};

struct arm64_model {
	struct arm64_place place[2]; /* the second only for CHECK_MOVE and CHECK_MIGRATE */
	uint8_t kind;                /* enum check_kind */
	bool mezzo;                  /* enum check_engine */
	bool view_idc, view_dic;     /* what the guest was told of its machine */
	uint32_t lacks;              /* set of enum arm64_duty */
	uint32_t doubted;            /* set of enum check_assumption */
	bool story;                  /* keep values as they are told, not as they matter */
};

/* What can be judged here. */
#define ARM64_JUDGES                                                                               \
	(CHECK_BIT(CHECK_S1_NO_LEAK) | CHECK_BIT(CHECK_S1D_NO_LEAK_DMA) |                          \
	 CHECK_BIT(CHECK_S2_NO_STALE_EXEC) | CHECK_BIT(CHECK_S2B_OWN_CODE) |                       \
	 CHECK_BIT(CHECK_S3_NO_TAG_LEAK) | CHECK_BIT(CHECK_S3Z_TAGS_SURVIVE) |                     \
	 CHECK_BIT(CHECK_S4_NO_HOST_CRASH) | CHECK_BIT(CHECK_S5_NO_EXTERNAL_ABORT) |               \
	 CHECK_BIT(CHECK_S6_NO_MACHINE_CHECK) | CHECK_BIT(CHECK_S7_OWN_WRITE_KEPT) |               \
	 CHECK_BIT(CHECK_S7B_SET_WAY) | CHECK_BIT(CHECK_S7Z_DATA_SURVIVE) |                        \
	 CHECK_BIT(CHECK_S8_SHARED_SEEN) | CHECK_BIT(CHECK_S8X_COPY_OUT) |                         \
	 CHECK_BIT(CHECK_S9O_DMA_OUT) | CHECK_BIT(CHECK_S9I_DMA_IN) |                              \
	 CHECK_BIT(CHECK_S10_DIRTY_LOG) | CHECK_BIT(CHECK_S10D_DIRTY_LOG_DMA) |                    \
	 CHECK_BIT(CHECK_S11_RESET_IMAGE) | CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) |                  \
	 CHECK_BIT(CHECK_S17_NO_WIDENING) | CHECK_BIT(CHECK_L1_NO_LATE_REFUSAL) |                  \
	 CHECK_BIT(CHECK_L4_INTENT_HONOURED))

/* As struct check_subject has it. */
bool arm64_compile(const struct check_policy *policy, const struct check_world world[2],
		   enum check_kind kind, const struct check_change *change, void *model);

extern const struct check_machine arm64_machine;
extern const struct check_duty arm64_duties[ARM64_DUTIES];

#endif
