/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of a configuration: names, values, enumeration. */
#include "check/policies/world.h"

static const char *const no_yes[] = {"no", "yes"};
static const char *const maps[] = {"WB", "NC", "Device", "none"};
static const char *const backings[] = {"linear", "page-no-linear", "no-page"};
static const char *const shapes[] = {"ordinary", "pfnmap", "mixedmap"};
static const char *const aliases[] = {"none", "device", "uncached", "cached"};
static const char *const allows[] = {"device",    "nc",    "device,nc", "wb",
				     "device,wb", "nc,wb", "all"};
static const char *const maintenances[] = {"none", "window", "direct"};
static const char *const contents[] = {"initialised", "unowned"};
static const char *const lines[] = {"clean", "maybe"};
static const char *const engines[] = {"EPT", "NPT"};
static const char *const mtrrs[] = {"WB", "WT", "WP", "WC", "UC"};
static const char *const dmas[] = {"none", "snooped", "unsnooped"};

static const struct {
	const char *name;
	unsigned int values;
	const char *const *value;
} fields[CHECK_FIELDS] = {
	[CHECK_FIELD_MAP] = {"host", 4, maps},
	[CHECK_FIELD_BACKING] = {"backing", 3, backings},
	[CHECK_FIELD_SHAPE] = {"vma", 3, shapes},
	[CHECK_FIELD_IO] = {"VM_IO", 2, no_yes},
	[CHECK_FIELD_ANY_UNCACHED] = {"any-uncached", 2, no_yes},
	[CHECK_FIELD_MTE_ALLOWED] = {"mte-allowed", 2, no_yes},
	[CHECK_FIELD_TAG_STORAGE] = {"tag-storage", 2, no_yes},
	[CHECK_FIELD_WINDOW] = {"window", 2, no_yes},
	[CHECK_FIELD_ALIASES] = {"aliases", 4, aliases},
	[CHECK_FIELD_ALLOW] = {"allow", 7, allows},
	[CHECK_FIELD_MAINTENANCE] = {"maintenance", 3, maintenances},
	[CHECK_FIELD_DATA] = {"data", 2, contents},
	[CHECK_FIELD_TAGS] = {"tags", 2, contents},
	[CHECK_FIELD_LINES] = {"lines", 2, lines},
	[CHECK_FIELD_MMIO] = {"mmio", 2, no_yes},
	[CHECK_FIELD_WRITABLE] = {"writable", 2, no_yes},
	[CHECK_FIELD_DMA] = {"dma", 3, dmas},
	[CHECK_FIELD_FWB] = {"FWB", 2, no_yes},
	[CHECK_FIELD_IDC] = {"IDC", 2, no_yes},
	[CHECK_FIELD_DIC] = {"DIC", 2, no_yes},
	[CHECK_FIELD_MTE_PERM] = {"MTE_PERM", 2, no_yes},
	[CHECK_FIELD_ENGINE] = {"engine", 2, engines},
	[CHECK_FIELD_SELF_SNOOP] = {"self-snoop", 2, no_yes},
	[CHECK_FIELD_GUEST_MTE] = {"guest-MTE", 2, no_yes},
	[CHECK_FIELD_LOGGING] = {"logging", 2, no_yes},
	[CHECK_FIELD_GUEST_MTRR] = {"guest-MTRR", 5, mtrrs},
	[CHECK_FIELD_GUEST_CD] = {"CR0.CD", 2, no_yes},
	[CHECK_FIELD_HONOUR_MTRR] = {"honour-MTRR", 2, no_yes},
};

enum mezzo_x86_type check_mtrr_type(enum check_mtrr mtrr)
{
	static const uint8_t type[] = {
		[CHECK_MTRR_WB] = MEZZO_X86_WB, [CHECK_MTRR_WT] = MEZZO_X86_WT,
		[CHECK_MTRR_WP] = MEZZO_X86_WP, [CHECK_MTRR_WC] = MEZZO_X86_WC,
		[CHECK_MTRR_UC] = MEZZO_X86_UC,
	};

	return (enum mezzo_x86_type)type[mtrr];
}

unsigned int check_field_values(enum check_field field)
{
	return fields[field].values;
}

const char *check_field_name(enum check_field field)
{
	return fields[field].name;
}

const char *check_field_value(enum check_field field, unsigned int value)
{
	return fields[field].value[value];
}

const struct check_assumption_text check_assumption_texts[CHECK_ASSUMPTIONS] = {
	[CHECK_A1_ORDINARY_IS_RAM] = {"A1",
				      "An ordinary VMA is RAM: in the linear map, write-back, "
				      "with a struct page."},
	[CHECK_A2_FWB_IMPLIES_IDC] = {"A2", "FEAT_S2FWB implies CTR_EL0.IDC."},
	[CHECK_A3_LINEAR_IS_WB] = {"A3",
				   "Memory in the linear map is mapped write-back by everybody "
				   "else, too."},
	[CHECK_A4_VMA_STAYS] = {"A4", "The VMM does not put other memory behind a slot between its "
				      "creation and a fault."},
	[CHECK_A5_UNCACHED_BYPASSES] = {"A5", "Device and Normal-NC accesses go past the cache."},
	[CHECK_A6_DECLARATIONS_TRUE] = {"A6",
					"What the owner declares is true: tag storage, tolerance "
					"of Normal-NC, aliases."},
	[CHECK_E1_SCRUB_AS_DECLARED] = {"E1",
					"Who zeroes a page between two owners does it through a "
					"mapping of the type that it declared."},
	[CHECK_G1_PAT_IS_INTENT] = {"G1",
				    "An x86 guest's PAT alone states its intent; its caches are "
				    "on."},
};

static bool runs(const struct check_family *family, uint64_t fixed, unsigned int field)
{
	return (family->free & ~fixed) >> field & 1;
}

/* Count up, outermost field first; false when it wraps. */
static bool count_up(const struct check_family *family, uint64_t fixed, struct check_world *world)
{
	for (unsigned int field = CHECK_FIELDS; field-- > 0;) {
		if (!runs(family, fixed, field))
			continue;
		if (++world->field[field] < fields[field].values)
			return true;
		world->field[field] = 0;
	}
	return false;
}

bool check_world_next(const struct check_family *family, uint64_t fixed, unsigned int doubted,
		      struct check_world *world)
{
	while (count_up(family, fixed, world))
		if (family->complete(world, doubted))
			return true;
	return false;
}

bool check_world_first(const struct check_family *family, uint64_t fixed, unsigned int doubted,
		       struct check_world *world)
{
	for (unsigned int field = 0; field < CHECK_FIELDS; field++)
		if (!(fixed >> field & 1))
			world->field[field] = 0;
	return family->complete(world, doubted) || check_world_next(family, fixed, doubted, world);
}
