/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HAND_H
#define HAND_H
/*
 * A model machine with a stage 2 written by hand: one root (level 1), one level-2 and one level-3
 * table, which covers the IPAs [0, 2 MiB). For tests of the model itself, without the engine.
 */
#include <platform/model/model.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HAND_VMID 7
#define HAND_FRAMES 1536

/* Descriptor fields, from the manual. */
#define HAND_PAGE UINT64_C(3)
#define HAND_BLOCK UINT64_C(1)
#define HAND_READ (UINT64_C(1) << 6)
#define HAND_WRITE (UINT64_C(1) << 7)
#define HAND_SHARED (UINT64_C(3) << 8)
#define HAND_AF (UINT64_C(1) << 10)
#define HAND_XN (UINT64_C(2) << 53)
#define HAND_DATA (HAND_READ | HAND_WRITE | HAND_SHARED | HAND_AF | HAND_XN)
#define HAND_CODE (HAND_READ | HAND_WRITE | HAND_SHARED | HAND_AF)
#define HAND_MEMATTR(n) ((uint64_t)(n) << 2)

struct hand {
	struct mezzo_model *model;
	const struct mezzo_platform *p;
	bool fwb;
	uint64_t *root, *level2, *level3;
};

/* A machine with that seed; space 0 is bound to the tables, which are empty and visible. */
void hand_open(struct hand *hand, const struct mezzo_model_config *config);
void hand_close(struct hand *hand);

/* The machines of tests: neither FWB nor IDC nor DIC; and all of them. */
struct mezzo_model_config hand_plain(uint64_t seed);
struct mezzo_model_config hand_forced(uint64_t seed);

struct mezzo_pa hand_frame(unsigned int n);
static inline struct mezzo_ipa hand_ipa(unsigned int n)
{
	return (struct mezzo_ipa){(uint64_t)n << 12};
}

/* Declare one frame, owned by space 0. */
void hand_place(struct hand *hand, unsigned int n, unsigned int alias, unsigned int content,
		enum mezzo_lines lines);
/* As mezzo_model_access; asserts that it is done without a violation. Returns what was written. */
uint32_t hand_access(struct hand *hand, enum mezzo_model_access_kind kind, struct mezzo_ipa ipa,
		     enum mezzo_class stage1, struct mezzo_model_values *seen);
bool hand_may_see(const struct mezzo_model_values *seen, uint32_t value);

/* The memory attributes of the two types that let a guest be cached. */
uint64_t hand_guest_choice(const struct hand *hand);
uint64_t hand_write_back(const struct hand *hand);

void hand_tables(struct hand *hand);
void hand_complete(struct hand *hand);
/* Store a descriptor and make it visible. */
void hand_set(struct hand *hand, uint64_t *entry, uint64_t desc);
/* Break-before-make's first half, as it should be: [ipa] no longer translates. */
void hand_break(struct hand *hand, uint64_t *entry, struct mezzo_ipa ipa, unsigned int level);

#define assert_rule(hand, rule)                                                                    \
	do {                                                                                       \
		if (mezzo_model_violation((hand)->model) != (rule))                                \
			mezzo_model_print((hand)->model, "# ");                                    \
		assert_string_equal(mezzo_model_rule_name(mezzo_model_violation((hand)->model)),   \
				    mezzo_model_rule_name(rule));                                  \
	} while (0)
#define assert_no_violation(hand) assert_rule(hand, MEZZO_MODEL_NO_VIOLATION)

#endif
