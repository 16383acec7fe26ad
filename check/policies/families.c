/* SPDX-License-Identifier: BSD-2-Clause */
/* Which configurations there are, and what follows from what in one. */
#include "check/policies/world.h"

#define BIT(field) CHECK_FIELD_BIT(CHECK_FIELD_##field)
#define DOUBTED(which) (doubted >> (which) & 1)

/* FEAT_S2FWB requires CLIDR.LoUIS = LoUU = 0, hence IDC. */
static bool machine_exists(const struct check_world *w, unsigned int doubted)
{
	const uint8_t *f = w->field;

	if (f[CHECK_FIELD_FWB] && !f[CHECK_FIELD_IDC] && !DOUBTED(CHECK_A2_FWB_IMPLIES_IDC))
		return false;
	return !f[CHECK_FIELD_MTE_PERM] || f[CHECK_FIELD_GUEST_MTE];
}

/* --- debate: what a host has, and what an honest owner would declare of it ------------------- */

static bool mapping_exists(const uint8_t *f, unsigned int doubted)
{
	bool linear = f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR;
	bool write_back = f[CHECK_FIELD_MAP] == CHECK_MAP_WB;

	if (f[CHECK_FIELD_MAP] == CHECK_MAP_NONE || (linear && f[CHECK_FIELD_WINDOW]))
		return false;
	if (linear && !write_back && !DOUBTED(CHECK_A3_LINEAR_IS_WB))
		return false;
	/* Drivers say that Normal-NC is tolerated of memory that is not cached; tags are RAM's. */
	if ((f[CHECK_FIELD_ANY_UNCACHED] && write_back) || (f[CHECK_FIELD_MTE_ALLOWED] && !linear))
		return false;
	if (f[CHECK_FIELD_SHAPE] == CHECK_SHAPE_ORDINARY && !DOUBTED(CHECK_A1_ORDINARY_IS_RAM))
		return linear && write_back && !f[CHECK_FIELD_IO] && !f[CHECK_FIELD_ANY_UNCACHED];
	return true;
}

static unsigned int allow_of(const uint8_t *f)
{
	if (f[CHECK_FIELD_MAP] == CHECK_MAP_WB)
		return MEZZO_CLASS_WB;
	return f[CHECK_FIELD_ANY_UNCACHED] ? MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC
					   : MEZZO_CLASS_DEVICE;
}

static void declare_honestly(uint8_t *f)
{
	static const uint8_t alias[] = {
		[CHECK_MAP_WB] = MEZZO_ALIASES_CACHED,
		[CHECK_MAP_NC] = MEZZO_ALIASES_UNCACHED,
		[CHECK_MAP_DEVICE] = MEZZO_ALIASES_DEVICE,
	};
	bool linear = f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR;
	bool cached = linear || f[CHECK_FIELD_MAP] == CHECK_MAP_WB;

	f[CHECK_FIELD_ALIASES] = cached ? MEZZO_ALIASES_CACHED : alias[f[CHECK_FIELD_MAP]];
	f[CHECK_FIELD_ALLOW] = (uint8_t)(allow_of(f) - 1);
	f[CHECK_FIELD_MAINTENANCE] = linear                  ? MEZZO_MAINTENANCE_DIRECT
				     : f[CHECK_FIELD_WINDOW] ? MEZZO_MAINTENANCE_WINDOW
							     : MEZZO_MAINTENANCE_NONE;
	/* The VMM zeroes data; tags only where nobody else could. */
	f[CHECK_FIELD_DATA] = MEZZO_CONTENT_INITIALISED;
	f[CHECK_FIELD_TAGS] = f[CHECK_FIELD_MAINTENANCE] == MEZZO_MAINTENANCE_NONE
				      ? MEZZO_CONTENT_INITIALISED
				      : MEZZO_CONTENT_UNOWNED;
	f[CHECK_FIELD_LINES] = cached ? MEZZO_LINES_MAYBE : MEZZO_LINES_CLEAN;
	f[CHECK_FIELD_WRITABLE] = true;
}

static bool complete_debate(struct check_world *w, unsigned int doubted)
{
	uint8_t *f = w->field;

	if (!machine_exists(w, doubted) || !mapping_exists(f, doubted))
		return false;
	f[CHECK_FIELD_TAG_STORAGE] =
		f[CHECK_FIELD_MTE_ALLOWED] && !DOUBTED(CHECK_A6_DECLARATIONS_TRUE);
	declare_honestly(f);
	return true;
}

const struct check_family check_family_debate = {
	.name = "debate",
	.summary = "memory as a host maps it",
	.free = BIT(MAP) | BIT(BACKING) | BIT(SHAPE) | BIT(IO) | BIT(ANY_UNCACHED) |
		BIT(MTE_ALLOWED) | BIT(WINDOW) | BIT(FWB) | BIT(IDC) | BIT(DIC) | BIT(GUEST_MTE) |
		BIT(LOGGING),
	.complete = complete_debate,
};

/* --- contract: every contract, and the host of which it is true ------------------------------- */

static bool complete_contract(struct check_world *w, unsigned int doubted)
{
	static const uint8_t map[MEZZO_ALIASES_VALUES] = {
		[MEZZO_ALIASES_NONE] = CHECK_MAP_NONE,
		[MEZZO_ALIASES_DEVICE] = CHECK_MAP_DEVICE,
		[MEZZO_ALIASES_UNCACHED] = CHECK_MAP_NC,
		[MEZZO_ALIASES_CACHED] = CHECK_MAP_WB,
	};
	uint8_t *f = w->field;
	unsigned int allow = f[CHECK_FIELD_ALLOW] + 1u;
	bool lies = DOUBTED(CHECK_A6_DECLARATIONS_TRUE);
	bool direct = f[CHECK_FIELD_MAINTENANCE] == MEZZO_MAINTENANCE_DIRECT;

	if (!machine_exists(w, doubted))
		return false;
	f[CHECK_FIELD_MAP] = map[f[CHECK_FIELD_ALIASES]];
	/* A lie: the linear map was left in place, and tags have no storage. */
	f[CHECK_FIELD_BACKING] = direct || lies ? CHECK_BACKING_LINEAR : CHECK_BACKING_NONE;
	f[CHECK_FIELD_TAG_STORAGE] = f[CHECK_FIELD_MTE_ALLOWED] && !lies;
	f[CHECK_FIELD_WINDOW] = f[CHECK_FIELD_MAINTENANCE] == MEZZO_MAINTENANCE_WINDOW;
	f[CHECK_FIELD_SHAPE] = CHECK_SHAPE_PFNMAP;
	f[CHECK_FIELD_ANY_UNCACHED] = (allow & MEZZO_CLASS_NC) != 0;
	return true;
}

const struct check_family check_family_contract = {
	.name = "contract",
	.summary = "memory as its owner declares it: every contract",
	.free = BIT(ALIASES) | BIT(ALLOW) | BIT(MAINTENANCE) | BIT(DATA) | BIT(TAGS) | BIT(LINES) |
		BIT(MMIO) | BIT(WRITABLE) | BIT(DMA) | BIT(MTE_ALLOWED) | BIT(FWB) | BIT(IDC) |
		BIT(DIC) | BIT(MTE_PERM) | BIT(GUEST_MTE) | BIT(LOGGING),
	.complete = complete_contract,
};

/* --- object: the presets and their kin, between which frames move ------------------------------ */

static bool is_preset(const uint8_t *f)
{
	unsigned int allow = f[CHECK_FIELD_ALLOW] + 1u;

	switch (f[CHECK_FIELD_ALIASES]) {
	case MEZZO_ALIASES_DEVICE:
		return allow == MEZZO_CLASS_DEVICE;
	case MEZZO_ALIASES_UNCACHED:
		return allow == (MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC);
	case MEZZO_ALIASES_CACHED:
		return allow == MEZZO_CLASS_WB;
	default:
		return allow == MEZZO_CLASS_ALL || allow == MEZZO_CLASS_WB;
	}
}

static bool complete_object(struct check_world *w, unsigned int doubted)
{
	uint8_t *f = w->field;
	bool device = f[CHECK_FIELD_ALIASES] == MEZZO_ALIASES_DEVICE ||
		      f[CHECK_FIELD_ALIASES] == MEZZO_ALIASES_UNCACHED;

	if (!is_preset(f))
		return false;
	f[CHECK_FIELD_TAGS] = f[CHECK_FIELD_DATA];
	f[CHECK_FIELD_LINES] = device ? MEZZO_LINES_CLEAN : MEZZO_LINES_MAYBE;
	f[CHECK_FIELD_WRITABLE] = true;
	return complete_contract(w, doubted);
}

const struct check_family check_family_object = {
	.name = "object",
	.summary = "the presets, and what is near them",
	.free = BIT(ALIASES) | BIT(ALLOW) | BIT(MAINTENANCE) | BIT(DATA) | BIT(DMA) |
		BIT(MTE_ALLOWED) | BIT(FWB) | BIT(IDC) | BIT(DIC) | BIT(GUEST_MTE),
	.complete = complete_object,
};

/* --- what Mezzo is told ------------------------------------------------------------------------ */

struct mezzo_contract check_world_contract(const struct check_world *w)
{
	const uint8_t *f = w->field;

	return (struct mezzo_contract){
		.aliases = f[CHECK_FIELD_ALIASES],
		.allow = (uint8_t)(f[CHECK_FIELD_ALLOW] + 1),
		.maintenance = f[CHECK_FIELD_MAINTENANCE],
		.dma = f[CHECK_FIELD_DMA],
		.tag_storage = f[CHECK_FIELD_MTE_ALLOWED],
		.writable = f[CHECK_FIELD_WRITABLE],
		.mmio = f[CHECK_FIELD_MMIO],
		.max_order = MEZZO_ORDER_4K,
		.promise =
			{
				.data = f[CHECK_FIELD_DATA] & 1,
				.tags = f[CHECK_FIELD_TAGS] & 1,
				.lines = f[CHECK_FIELD_LINES] & 1,
			},
	};
}

void check_world_facts(const struct check_world *w, struct mezzo_facts *facts)
{
	const uint8_t *f = w->field;

	*facts = (struct mezzo_facts){
		.memory = check_world_contract(w),
		.machine = {.arm64 = {.fwb = f[CHECK_FIELD_FWB],
				      .idc = f[CHECK_FIELD_IDC],
				      .dic = f[CHECK_FIELD_DIC],
				      .mte = f[CHECK_FIELD_GUEST_MTE],
				      .mte_perm = f[CHECK_FIELD_MTE_PERM]}},
		.guest = {.mte = f[CHECK_FIELD_GUEST_MTE], .dirty_log = f[CHECK_FIELD_LOGGING]},
		.fault = {.slot = MEZZO_SLOT_READ_WRITE, .order = MEZZO_ORDER_4K},
	};
	facts->machine.x86.engine = f[CHECK_FIELD_ENGINE];
	facts->machine.x86.self_snoop = f[CHECK_FIELD_SELF_SNOOP];
	facts->guest.x86.honour_mtrr = f[CHECK_FIELD_HONOUR_MTRR];
	facts->guest.x86.cr0_cd = f[CHECK_FIELD_GUEST_CD];
	facts->guest.x86.mtrr =
		(uint8_t)check_mtrr_type((enum check_mtrr)f[CHECK_FIELD_GUEST_MTRR]);
	facts->frame = facts->memory.promise;
}
