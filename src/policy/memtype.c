/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory types: how two stages combine, and which classes a stage-2 entry leaves reachable. */
#include <mezzo/memtype.h>

enum mezzo_arm64_type mezzo_arm64_combine(enum mezzo_arm64_type stage1,
					  enum mezzo_arm64_stage2 stage2, bool fwb)
{
	/* As types of one stage. Without FWB the encoding of "guest choice" is that of WB. */
	static const uint8_t as_type[MEZZO_STAGE2_TYPES] = {
		[MEZZO_STAGE2_DEVICE_nGnRE] = MEZZO_ARM64_nGnRE,
		[MEZZO_STAGE2_NORMAL_NC] = MEZZO_ARM64_NC,
		[MEZZO_STAGE2_NORMAL_WB] = MEZZO_ARM64_WB,
		[MEZZO_STAGE2_GUEST_CHOICE] = MEZZO_ARM64_WB,
	};
	enum mezzo_arm64_type limit = as_type[stage2];

	/* FWB: MemAttr 0b110 overrides stage 1, whatever it asks for; 0b111 leaves it alone. */
	if (fwb && stage2 == MEZZO_STAGE2_NORMAL_WB)
		return MEZZO_ARM64_WB;
	/* Everything else, with FWB and without: the stronger of the two. */
	return stage1 < limit ? stage1 : limit;
}

enum mezzo_class mezzo_arm64_class(enum mezzo_arm64_type type)
{
	if (type <= MEZZO_ARM64_GRE)
		return MEZZO_CLASS_DEVICE;
	return type == MEZZO_ARM64_NC ? MEZZO_CLASS_NC : MEZZO_CLASS_WB;
}

unsigned int mezzo_arm64_reachable(enum mezzo_arm64_stage2 stage2, bool fwb)
{
	unsigned int set = 0;

	for (unsigned int type = 0; type < MEZZO_ARM64_TYPES; type++)
		set |= mezzo_arm64_class(
			mezzo_arm64_combine((enum mezzo_arm64_type)type, stage2, fwb));
	return set;
}

const char *mezzo_arm64_type_name(enum mezzo_arm64_type type)
{
	static const char *const name[MEZZO_ARM64_TYPES] = {
		"Device-nGnRnE", "Device-nGnRE", "Device-nGRE", "Device-GRE",
		"Normal-NC",     "Normal-WT",    "Normal-WB",
	};

	return type < MEZZO_ARM64_TYPES ? name[type] : "unknown";
}

const char *mezzo_arm64_stage2_name(enum mezzo_arm64_stage2 stage2)
{
	static const char *const name[MEZZO_STAGE2_TYPES] = {
		"device-nGnRE",
		"normal-nc",
		"normal-wb",
		"guest-choice",
	};

	return stage2 < MEZZO_STAGE2_TYPES ? name[stage2] : "unknown";
}

const char *mezzo_class_name(enum mezzo_class one)
{
	switch (one) {
	case MEZZO_CLASS_DEVICE:
		return "device";
	case MEZZO_CLASS_NC:
		return "normal-nc";
	case MEZZO_CLASS_WB:
		return "normal-wb";
	}
	return "unknown";
}
