/* SPDX-License-Identifier: BSD-2-Clause */
/* The chapters; from a scenario's facts to its configuration. */
#include "check/scenarios/table.h"

const struct check_chapter check_chapters[CHECK_CHAPTERS] = {
	{"Cached memory of a device",
	 "A GPU that is coherent with the processor has memory of its own that behaves like RAM: its "
	 "driver and the VMM map it write-back. But it is not RAM to the kernel, which has no mapping "
	 "of it and hence cannot clean it. For three years this was argued about on the mailing list.",
	 check_cached},
	{"What careful hosts cost",
	 "Safety is easy if everything is forbidden. These are the arguments of those who pay for it.",
	 check_wishes},
	{"Code, and tags",
	 "What was left in a page is not only data. Instructions have a cache of their own, and MTE "
	 "keeps tags beside the data.",
	 check_code},
	{"Who may take a page away", NULL, check_owners},
	{"x86: whose word is taken for the type",
	 "On x86 there are more voices. The guest's tables name a type by an index into its **PAT**. "
	 "The guest also sets **MTRRs**, which give ranges of its memory a type, and **CR0.CD**, which "
	 "turns caches off; under a hypervisor both are mere numbers that it may heed or not. The second "
	 "stage is called **EPT** (Intel) or **NPT** (AMD). An EPT entry has a type of its own and a bit "
	 "that has the guest's PAT ignored. UC and WC go past the cache, WC in bursts. With **self-snoop** "
	 "even they look into the processor's own cache first, which most Intel processors have. A "
	 "device's DMA is *coherent* if it looks into caches, and nearly every device's is.",
	 check_x86},
};

const struct check_scenario *check_scenario_at(unsigned int number)
{
	for (unsigned int c = 0; c < CHECK_CHAPTERS; c++)
		for (const struct check_scenario *s = check_chapters[c].scenarios; s->name; s++)
			if (number-- == 0)
				return s;
	return NULL;
}

/* Every scenario must be one of the configurations that its family runs through. */
bool check_scenario_world(const struct check_scenario *s, const struct check_policy *policy,
			  struct check_world world[2])
{
	for (unsigned int w = 0; w < 2; w++) {
		const struct check_fact *facts = s->facts[s->kind == CHECK_ONE ? 0 : w];

		world[w] = (struct check_world){0};
		for (unsigned int i = 0; i < CHECK_SCENARIO_FACTS && facts[i].value; i++)
			world[w].field[facts[i].field] = facts[i].value;
		for (unsigned int field = 0; field < CHECK_FIELDS; field++)
			if (policy->blind >> field & 1)
				world[w].field[field] = policy->stands.field[field];
		if (!s->family->complete(&world[w], s->change.doubted))
			return false;
	}
	return true;
}
