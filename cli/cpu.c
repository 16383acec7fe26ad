/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU features, and QEMU's arm64 models. The models' features were read from their ID registers under
 * QEMU 10.0.2 (-machine virt,virtualization=on). MTE is not among them: without -machine mte=on a
 * model that has it implements the instructions only, with no tag storage; say `max,mte`.
 * IDC is what CTR_EL0 and CLIDR_EL1 say together: LoUU and LoUIS of 0 mean it where CTR_EL0.IDC is 0
 * (Arm ARM, CTR_EL0.IDC), as on cortex-a76, neoverse-n1 and a64fx. Linux tells its processes 1 there.
 */
#include "cpu.h"

#include <string.h>

enum feature {
	FWB,
	IDC,
	DIC,
	MTE,
	MTE_PERM,
	XNX,
	BBM,
	TLBIRANGE,
	FEATURES
};
#define BIT(n) (UINT64_C(1) << (n))
#define DECIDING (BIT(XNX) - 1)
#define FIRST_NO FEATURES
#define NONE (2 * FEATURES)
#define FIRST_MODEL (NONE + 1)

const struct cli_value cpu_values[] = {
	[FWB] = {"fwb", "stage 2 can force write-back"},
	[IDC] = {"idc", "fetches need no D-cache clean"},
	[DIC] = {"dic", "fetches need no I-cache invalidation"},
	[MTE] = {"mte", "allocation tags, with storage"},
	[MTE_PERM] = {"mte_perm", "stage 2 can deny tag access"},
	[XNX] = {"xnx", "execute-never per exception level; decides nothing"},
	[BBM] = {"bbm", "block sizes may change in place; decides nothing"},
	[TLBIRANGE] = {"tlbirange", "TLB invalidation by range; decides nothing"},
	[FIRST_NO + FWB] = {"no-fwb", NULL},
	[FIRST_NO + IDC] = {"no-idc", NULL},
	[FIRST_NO + DIC] = {"no-dic", NULL},
	[FIRST_NO + MTE] = {"no-mte", NULL},
	[FIRST_NO + MTE_PERM] = {"no-mte_perm", NULL},
	[FIRST_NO + XNX] = {"no-xnx", NULL},
	[FIRST_NO + BBM] = {"no-bbm", NULL},
	[FIRST_NO + TLBIRANGE] = {"no-tlbirange", NULL},
	[NONE] = {"none", "none of them"},
	{"cortex-a53", NULL},
	{"cortex-a57", NULL},
	{"cortex-a72", NULL},
	{"cortex-a76", NULL},
	{"cortex-a710", NULL},
	{"neoverse-n1", NULL},
	{"neoverse-n2", NULL},
	{"neoverse-v1", NULL},
	{"a64fx", NULL},
	{"max", NULL},
	{"self-snoop", "x86: accesses look into the CPU's own caches"},
	{"no-self-snoop", NULL},
	{NULL, NULL},
};

static const uint16_t model_features[] = {
	0,                                                                     /* cortex-a53 */
	0,                                                                     /* cortex-a57 */
	0,                                                                     /* cortex-a72 */
	BIT(IDC) | BIT(XNX),                                                   /* cortex-a76 */
	BIT(FWB) | BIT(IDC) | BIT(XNX) | BIT(BBM) | BIT(TLBIRANGE),            /* cortex-a710 */
	BIT(IDC) | BIT(XNX),                                                   /* neoverse-n1 */
	BIT(FWB) | BIT(IDC) | BIT(DIC) | BIT(XNX) | BIT(BBM) | BIT(TLBIRANGE), /* neoverse-n2 */
	BIT(FWB) | BIT(IDC) | BIT(DIC) | BIT(XNX) | BIT(BBM),                  /* neoverse-v1 */
	BIT(IDC) | BIT(XNX),                                                   /* a64fx */
	BIT(FWB) | BIT(IDC) | BIT(DIC) | BIT(XNX) | BIT(BBM) | BIT(TLBIRANGE), /* max */
};
#define MODELS (sizeof(model_features) / sizeof(model_features[0]))
#define SELF_SNOOP (FIRST_MODEL + MODELS)
#define NO_SELF_SNOOP (SELF_SNOOP + 1)
_Static_assert(sizeof(cpu_values) / sizeof(cpu_values[0]) == NO_SELF_SNOOP + 2,
	       "a row of features per model");
_Static_assert(NO_SELF_SNOOP < CLI_VALUES_MAX, "a list is a set of 64 values");

static uint64_t features(uint64_t set)
{
	uint64_t have = set & (BIT(FEATURES) - 1), taken = set >> FIRST_NO & (BIT(FEATURES) - 1);

	for (unsigned int model = 0; model < MODELS; model++)
		if (set & BIT(FIRST_MODEL + model))
			have |= model_features[model];
	have &= ~taken;
	if (have & BIT(FWB))
		have |= BIT(IDC);
	if (have & BIT(MTE_PERM))
		have |= BIT(MTE);
	return have & ~taken;
}

struct mezzo_arm64_machine cpu_machine(uint64_t set)
{
	uint64_t have = features(set);

	return (struct mezzo_arm64_machine){
		.fwb = have & BIT(FWB),
		.idc = have & BIT(IDC),
		.dic = have & BIT(DIC),
		.mte = have & BIT(MTE),
		.mte_perm = have & BIT(MTE_PERM),
		.xnx = have & BIT(XNX),
	};
}

bool cpu_self_snoop(uint64_t set)
{
	return (set & BIT(SELF_SNOOP)) && !(set & BIT(NO_SELF_SNOOP));
}

const char *cpu_stranger(uint64_t set, bool x86)
{
	const uint64_t own =
		x86 ? BIT(SELF_SNOOP) | BIT(NO_SELF_SNOOP) | BIT(NONE) : BIT(SELF_SNOOP) - 1;

	return set & ~own ? cpu_values[__builtin_ctzll(set & ~own)].name : NULL;
}

const char *cpu_describe(uint64_t set, char *text, size_t size)
{
	uint64_t have = features(set) & DECIDING;
	size_t length = 0;
	const char *joint = "";

	text[0] = '\0';
	for (unsigned int model = 0; model < MODELS; model++)
		if (set & BIT(FIRST_MODEL + model))
			length += (size_t)snprintf(text + length, size - length,
						   "%s: ", cpu_values[FIRST_MODEL + model].name);
	for (unsigned int i = 0; i < FEATURES; i++) {
		if (!(have & BIT(i)))
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s", joint,
					   cpu_values[i].name);
		joint = ", ";
	}
	if (!have)
		snprintf(text + length, size - length, "none of fwb, idc, dic, mte");
	return text;
}

unsigned int cpu_value(const char *name)
{
	unsigned int i = 0;

	while (cpu_values[i].name && strcmp(cpu_values[i].name, name) != 0)
		i++;
	return i;
}
