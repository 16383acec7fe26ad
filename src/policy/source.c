/* SPDX-License-Identifier: BSD-2-Clause */
/* Where tables of effective types were read, and how far each may be trusted. */
#include <mezzo/memtype.h>

static const struct mezzo_source_text texts[MEZZO_SOURCES] = {
	[MEZZO_SOURCE_SDM] =
		{"SDM PAT x MTRR",
		 "Intel SDM vol. 3, table \"Effective Page-Level Memory Types for Pentium III and More "
		 "Recent Processor Families\" and its footnotes, in two editions; Xen's mm_type_tbl is "
		 "the same in all 30 cells, Bochs 2.7 in 28",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_SDM_EPT] =
		{"SDM EPT",
		 "Intel SDM vol. 3, \"Memory Type Used for Translated Guest-Physical Addresses\" and "
		 "\"Loading Guest Control Registers\" (CR0.CD is not loaded); Linux's vmx_get_mt_mask() "
		 "relies on the same",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_APM_NESTED] =
		{"APM 15-19",
		 "AMD APM vol. 2 (24593, rev. 3.45), 15.25.8, table 15-19, read in a public translation "
		 "of the chapter; SimpleSvm's comments agree where they speak of a cell",
		 MEZZO_STANDING_ONE_TEXT},
	[MEZZO_SOURCE_APM_MTRR] =
		{"APM 7-11",
		 "AMD APM vol. 2 (24593), 7.8.5, table 7-11, and 15.25.8, table 15-20: the same in all 30 "
		 "cells",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_APM_WC_PLUS] =
		{"APM 15-20",
		 "AMD APM vol. 2 (24593, rev. 3.45), 15.25.8, table 15-20, row WC+, read in a public "
		 "translation of the chapter; SimpleSvm's comments agree for WP, WT and WB",
		 MEZZO_STANDING_ONE_TEXT},
	[MEZZO_SOURCE_APM_NPT] =
		{"APM 15-19, 15-20",
		 "AMD APM vol. 2 (24593, rev. 3.45), 15.25.8: table 15-19, and its result by table 15-20. "
		 "The first was read in one text only",
		 MEZZO_STANDING_ONE_TEXT},
	[MEZZO_SOURCE_APM_CD] =
		{"APM CR0.CD",
		 "AMD APM vol. 2 (24593), 15.25.8 (either CR0.CD disables caching) and 7.4 (what is "
		 "cacheable is then CD)",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_PAT] =
		{"SDM, APM PAT",
		 "Intel SDM vol. 3, \"Page Attribute Table\", and AMD APM vol. 2 (24593), 7.8.1 and 7.8.2, "
		 "tables 7-9 and 7-10; of EPT leaves the SDM's \"EPT Misconfigurations\"",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_MTRR] =
		{"SDM, APM MTRR",
		 "Intel SDM vol. 3, \"Memory Type Range Registers\", and AMD APM vol. 2 (24593), 7.7.1 to "
		 "7.7.4; Linux's kvm_mtrr_valid() refuses the same writes",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_SDM_ALIAS] =
		{"SDM aliases",
		 "Intel SDM vol. 3, \"Programming the PAT\" and footnotes 1 and 2 of the table of "
		 "effective types",
		 MEZZO_STANDING_AGREED},
	[MEZZO_SOURCE_APM_ALIAS] =
		{"APM aliases",
		 "AMD APM vol. 2 (24593), 7.8.7 (all cacheable or all not), 15.25.8 (WC+ and CD probe)",
		 MEZZO_STANDING_ONE_TEXT},
	[MEZZO_SOURCE_ALIAS_OURS] =
		{"ours",
		 "concluded from the manuals' rules on caches and from what Linux relies on; no manual "
		 "states it",
		 MEZZO_STANDING_INFERRED},
	[MEZZO_SOURCE_ARM_COMBINE] =
		{"Arm stage 1 x stage 2",
		 "Arm ARM R_HMNDG, R_TNHFM, as cited by Linux's arch/arm64/kvm/at.c; QEMU 10.0.2 reports "
		 "the same but for the deviations that tests/oracle lists",
		 MEZZO_STANDING_MEASURED},
	[MEZZO_SOURCE_ARM_FWB] =
		{"Arm FEAT_S2FWB",
		 "Arm ARM R_VRJSW, R_RHWZM, as cited by Linux's arch/arm64/kvm/at.c; QEMU 10.0.2 reports "
		 "the same but for the deviations that tests/oracle lists",
		 MEZZO_STANDING_MEASURED},
};

const struct mezzo_source_text *mezzo_source_text(enum mezzo_source source)
{
	static const struct mezzo_source_text unknown = {"unknown", "no source",
							 MEZZO_STANDING_UNVERIFIED};

	return (unsigned int)source < MEZZO_SOURCES ? &texts[source] : &unknown;
}

const char *mezzo_standing_name(enum mezzo_standing standing)
{
	static const char *const name[MEZZO_STANDINGS] = {
		"agreed", "one text", "measured", "inferred", "UNVERIFIED",
	};

	return (unsigned int)standing < MEZZO_STANDINGS ? name[standing] : "unknown";
}
