/* SPDX-License-Identifier: BSD-2-Clause */
/* Contracts: the named presets. */
#include <mezzo/decide.h>

static const struct {
	const char *name;
	uint8_t aliases, allow;
} presets[MEZZO_PRESETS] = {
	[MEZZO_PRESET_DEVICE] = {"device", MEZZO_ALIASES_DEVICE, MEZZO_CLASS_DEVICE},
	[MEZZO_PRESET_COMBINING] = {"combining", MEZZO_ALIASES_UNCACHED,
				    MEZZO_CLASS_DEVICE | MEZZO_CLASS_NC},
	[MEZZO_PRESET_CACHED] = {"cached", MEZZO_ALIASES_CACHED, MEZZO_CLASS_WB},
	[MEZZO_PRESET_EXCLUSIVE] = {"exclusive", MEZZO_ALIASES_NONE, MEZZO_CLASS_ALL},
};

struct mezzo_contract mezzo_contract_preset(enum mezzo_preset preset,
					    enum mezzo_maintenance maintenance)
{
	bool untouchable = maintenance == MEZZO_MAINTENANCE_NONE;
	bool cached = preset == MEZZO_PRESET_CACHED;
	bool device = preset == MEZZO_PRESET_DEVICE || preset == MEZZO_PRESET_COMBINING;

	return (struct mezzo_contract){
		.aliases = presets[preset].aliases,
		.allow = presets[preset].allow,
		.maintenance = (uint8_t)maintenance,
		.writable = true,
		.max_order = MEZZO_ORDER_1G,
		.promise =
			{
				.data = untouchable ? MEZZO_CONTENT_INITIALISED
						    : MEZZO_CONTENT_UNOWNED,
				.tags = untouchable ? MEZZO_CONTENT_INITIALISED
						    : MEZZO_CONTENT_UNOWNED,
				.lines = device || (untouchable && !cached) ? MEZZO_LINES_CLEAN
									    : MEZZO_LINES_MAYBE,
			},
	};
}

const char *mezzo_preset_name(enum mezzo_preset preset)
{
	return preset < MEZZO_PRESETS ? presets[preset].name : "unknown";
}

int mezzo_preset_parse(const char *name)
{
	for (int preset = 0; preset < MEZZO_PRESETS; preset++) {
		const char *a = presets[preset].name, *b = name;

		while (*a && *a == *b) {
			a++;
			b++;
		}
		if (*a == *b)
			return preset;
	}
	return -1;
}
