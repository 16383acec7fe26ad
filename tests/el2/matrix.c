/* SPDX-License-Identifier: BSD-2-Clause */
#include "matrix.h"

#include "arch/machine.h"
#include "arch/sysreg.h"
#include "lib/print.h"
#include "platform.h"
#include "probe.h"
#include "scene.h"
#include "selftest/deviations.h"
#include "selftest/selftest.h"
#include "selftest/tap.h"

#include <string.h>

#define VMID 3

/* Which tables there are, and where ID_AA64MMFR0_EL1 says that a CPU walks them at stage 2. */
static const struct geometry {
	const char *name;
	const struct mezzo_table_ops *ops;
	uint8_t stage2_shift; /* TGranN_2 */
	uint8_t stage1_shift; /* TGranN, which holds where the other is 0 */
	bool zero_is_there;   /* of TGranN */
	bool lpa2;
	uint8_t ipa_bits[5]; /* what is tried; 0 ends the list */
} geometries[] = {
	{"4K plain", &mezzo_stage2_ops, 40, 28, true, false, {32, 40, 44, 48}},
	{"4K", &mezzo_stage2_4k_ops, 40, 28, true, false, {32, 40, 44, 48}},
	{"4K lpa2", &mezzo_stage2_4k_lpa2_ops, 40, 28, true, true, {40, 48, 52}},
	{"16K", &mezzo_stage2_16k_ops, 32, 20, false, false, {32, 36, 44, 48}},
	{"16K lpa2", &mezzo_stage2_16k_lpa2_ops, 32, 20, false, true, {36, 48, 52}},
	{"64K", &mezzo_stage2_64k_ops, 36, 24, true, false, {32, 42, 44, 48, 52}},
};
#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

struct row {
	const struct geometry *geometry;
	uint8_t ipa_bits;
	bool contiguous;
	uint8_t bbm;
};

static struct {
	uint64_t mmfr0, mmfr2;
	unsigned int pa_bits;
	unsigned int run, failed, absent;
	enum el2_plant plant;
	bool permissions;
} matrix;

static unsigned int field(uint64_t reg, unsigned int shift)
{
	return (unsigned int)(reg >> shift) & 15;
}

/* TGranN_2: 0 as TGranN says, 1 not there, 2 there, 3 with LPA2. TGranN: 15 not there. */
static const char *granule_missing(const struct geometry *g)
{
	const unsigned int stage2 = field(matrix.mmfr0, g->stage2_shift);
	const unsigned int stage1 = field(matrix.mmfr0, g->stage1_shift);
	const bool there = g->zero_is_there ? stage1 != 15 : stage1 != 0;

	if (stage2 == 1 || (!stage2 && !there))
		return "no such granule";
	if (g->lpa2 && (stage2 ? stage2 != 3 : stage1 != (g->zero_is_there ? 1 : 2)))
		return "no FEAT_LPA2";
	return NULL;
}

/* Why this CPU cannot have the row; NULL: it can. */
static const char *missing(const struct row *row)
{
	const char *why = granule_missing(row->geometry);

	if (why)
		return why;
	if (row->ipa_bits > matrix.pa_bits)
		return "addresses are not so wide";
	if (row->bbm > field(matrix.mmfr2, 52))
		return "no such level of FEAT_BBM";
	return NULL;
}

static void run(const struct row *row)
{
	const unsigned int widest = row->geometry->lpa2 || row->ipa_bits > 48 ? 52 : 48;
	const struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &hv_platform,
		.ipa_bits = row->ipa_bits,
		.pa_bits = (uint8_t)(matrix.pa_bits < widest ? matrix.pa_bits : widest),
		.vmid = VMID,
		.fwb = hv_id_machine(hv_machine_id()).arm64.fwb,
		.features = {.bbm = row->bbm, .contiguous = row->contiguous},
	};
	const char *why = missing(row);
	char name[64];

	hv_format(name, sizeof(name), "%s ipa %u contiguous %u bbm %u", row->geometry->name,
		  row->ipa_bits, row->contiguous, row->bbm);
	if (why) {
		matrix.absent++;
		tap_note("absent: %s: %s", name, why);
		return;
	}
	matrix.run++;
	el2_probes = (struct el2_probes){.permissions = matrix.permissions};
	if (el2_scene(row->geometry->ops, &config, matrix.plant)) {
		tap(true, "%s: %u answers, %u of them faults, %u spared", name, el2_probes.asked,
		    el2_probes.faults, el2_probes.spared);
	} else {
		matrix.failed++;
		tap(false, "%s", name);
	}
}

/* Plain tables have no groups, and use level 1 of FEAT_BBM as 0. */
static void rows_of(const struct geometry *g, unsigned int ipa_bits)
{
	const bool plain = g->ops == &mezzo_stage2_ops;

	for (unsigned int i = 0; i < 6; i++) {
		const struct row row = {g, (uint8_t)ipa_bits, i & 1, (uint8_t)(i / 2)};

		if (!plain || !row.contiguous)
			run(&row);
	}
}

int el2_matrix(const char *bootargs)
{
	static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48, 52};
	unsigned int range;

	matrix.mmfr0 = hv_sysreg_read(id_aa64mmfr0_el1);
	matrix.mmfr2 = hv_sysreg_read(s3_0_c0_c7_2);
	range = field(matrix.mmfr0, 0);
	matrix.pa_bits = range < sizeof(pa_bits) ? pa_bits[range] : 48;
	matrix.plant = hv_bootarg(bootargs, "plant=address") ? EL2_PLANT_ADDRESS
		       : hv_bootarg(bootargs, "plant=size")  ? EL2_PLANT_SIZE
							     : EL2_PLANT_NONE;
	matrix.permissions = hv_bootarg(bootargs, "permissions");
	hv_print("TAP version 13\n");
	for (unsigned int i = 0; i < GEOMETRIES; i++)
		for (unsigned int n = 0; n < sizeof(geometries[i].ipa_bits); n++)
			if (geometries[i].ipa_bits[n])
				rows_of(&geometries[i], geometries[i].ipa_bits[n]);
	hv_deviations_report(hv_id_machine(hv_machine_id()).arm64.fwb);
	tap_note("rows: %u run, %u absent", matrix.run, matrix.absent);
	hv_print("1..%u\n", matrix.run);
	return matrix.failed ? 1 : 0;
}
