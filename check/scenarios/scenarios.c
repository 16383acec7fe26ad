/* SPDX-License-Identifier: BSD-2-Clause */
/* From a scenario's facts to its configuration. */
#include "check/scenarios/scenarios.h"

/* Every scenario must be one of the configurations that its family runs through. */
bool check_scenario_world(const struct check_scenario *s, struct check_world world[2])
{
	for (unsigned int w = 0; w < 2; w++) {
		const struct check_fact *facts = s->facts[s->kind == CHECK_ONE ? 0 : w];

		world[w] = (struct check_world){0};
		for (unsigned int i = 0; i < CHECK_SCENARIO_FACTS && facts[i].value; i++)
			world[w].field[facts[i].field] = facts[i].value;
		if (!s->family->complete(&world[w], s->change.doubted))
			return false;
	}
	return true;
}
