/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SCENARIOS_TABLE_H
#define CHECK_SCENARIOS_TABLE_H
/* How the tables of scenarios are written. */
#include "check/scenarios/scenarios.h"

#define F(field, value) {CHECK_FIELD_##field, value}
#define DOUBT(assumption) (1u << CHECK_##assumption)

#define HOLDS(name) {.policy = name, .verdict = CHECK_HOLDS}
#define REFUSES(name) {.policy = name, .verdict = CHECK_REFUSES}
#define BREAKS(name, what, count)                                                                  \
	{.policy = name, .verdict = CHECK_BREAKS, .breaks = CHECK_##what, .steps = count}

#define DEBATE .subject = &arm64_subject, .family = &check_family_debate
#define X86 .subject = &x86_subject, .family = &check_family_x86_debate

/* Device memory that its driver and the VMM map cacheable: Grace Hopper's GPU memory. */
#define GPU_MEMORY F(BACKING, CHECK_BACKING_NONE), F(SHAPE, CHECK_SHAPE_PFNMAP)
#define FWB F(FWB, 1), F(IDC, 1)

/* Each ends with an entry without a name. */
extern const struct check_scenario check_cached[], check_wishes[], check_code[], check_owners[],
	check_x86[];

#endif
