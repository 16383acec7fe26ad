/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_SCENE_H
#define TESTS_EL2_SCENE_H
/*
 * One stage-2 table with leaves of every size that it has, and every change that a live table knows.
 */
#include <mezzo/arch.h>

enum el2_plant {
	EL2_PLANT_NONE,
	EL2_PLANT_ADDRESS, /* an output address with another bit */
	EL2_PLANT_SIZE,    /* VTCR_EL2 says another size of the space */
};

/*
 * Make, change and take apart a table of @config with @ops; after each step the MMU is asked about
 * every leaf and what lies beside it. Returns whether all answers agree; says what does not.
 */
bool el2_scene(const struct mezzo_table_ops *ops, const struct mezzo_table_config *config,
	       enum el2_plant plant);

#endif
