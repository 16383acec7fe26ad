/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_PROPERTIES_PROPERTIES_H
#define CHECK_PROPERTIES_PROPERTIES_H
/* What must always hold (S), and what must at last happen (L). */
#include <stdbool.h>
#include <stdint.h>

enum check_property {
	CHECK_S1_NO_LEAK,
	CHECK_S1D_NO_LEAK_DMA,
	CHECK_S2_NO_STALE_EXEC,
	CHECK_S2B_OWN_CODE,
	CHECK_S3_NO_TAG_LEAK,
	CHECK_S3Z_TAGS_SURVIVE,
	CHECK_S4_NO_HOST_CRASH,
	CHECK_S5_NO_EXTERNAL_ABORT,
	CHECK_S6_NO_MACHINE_CHECK,
	CHECK_S7_OWN_WRITE_KEPT,
	CHECK_S7B_SET_WAY,
	CHECK_S7Z_DATA_SURVIVE,
	CHECK_S8_SHARED_SEEN,
	CHECK_S8X_COPY_OUT,
	CHECK_S9O_DMA_OUT,
	CHECK_S9I_DMA_IN,
	CHECK_S10_DIRTY_LOG,
	CHECK_S10D_DIRTY_LOG_DMA,
	CHECK_S11_RESET_IMAGE,
	CHECK_S12_NO_REUSED_PAGE,
	CHECK_S13_ACCEPTED_STAYS,
	CHECK_S14_NO_SILENT_LOSS,
	CHECK_S15_CLEAN_BEFORE_VISIBLE,
	CHECK_S16_ONE_SOURCE,
	CHECK_S17_NO_WIDENING,
	CHECK_L1_NO_LATE_REFUSAL,
	CHECK_L2_NO_NEEDLESS_REFUSAL,
	CHECK_L3_PROGRESS,
	CHECK_L4_INTENT_HONOURED,
	CHECK_PROPERTIES
};

#define CHECK_BIT(property) (UINT64_C(1) << (property))

/* Reported, never a failure: what a policy costs, not whether it is right. */
#define CHECK_REPORTS                                                                              \
	(CHECK_BIT(CHECK_L2_NO_NEEDLESS_REFUSAL) | CHECK_BIT(CHECK_L4_INTENT_HONOURED))

struct check_property_text {
	const char *id;        /* "S1" */
	const char *name;      /* "no-leak" */
	const char *statement; /* in a sentence */
	const char *source;    /* where it is argued or demanded */
};

extern const struct check_property_text check_property_texts[CHECK_PROPERTIES];

#endif
