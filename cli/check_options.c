/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of `mezzo check`. Values stand in the order of the tables that they name:
 * tests/unit/cli_check.c holds the two together.
 */
#include "check.h"

static const struct cli_value policies[] = {
	{"mezzo", "the shipped policy"},
	{"linux-legacy", "up to 6.8"},
	{"linux-6.17", NULL},
	{"proposal-2023-v3", "thread 000"},
	{"proposal-2024-v2", "thread 001"},
	{"proposal-2025-v3", "thread 004"},
	{"kvm-2008-wb", "x86, thread 003"},
	{"kvm-2008-mtrr", "x86, thread 003"},
	{"kvm-2009-mtrr", "x86, thread 003"},
	{"kvm-2015-mtrr", "x86, thread 003"},
	{"kvm-2024-pat", "x86"},
	{"kvm-2025-quirk", "x86"},
	{"kvm-npt", "x86"},
	{"hva-followed", "private pages, thread 002"},
	{"hva-ignored", "private pages, thread 002"},
	{NULL, NULL},
};

static const struct cli_value properties[] = {
	{"S1", "no-leak"},
	{"S1d", "no-leak-by-dma"},
	{"S2", "no-stale-exec"},
	{"S2b", "own-code"},
	{"S3", "no-tag-leak"},
	{"S3z", "tags-survive"},
	{"S4", "no-host-crash"},
	{"S5", "no-external-abort"},
	{"S6", "no-machine-check"},
	{"S7", "own-write-kept"},
	{"S7b", "set-way"},
	{"S7z", "data-survive"},
	{"S8", "shared-seen"},
	{"S8x", "copy-out"},
	{"S9o", "dma-out"},
	{"S9i", "dma-in"},
	{"S10", "dirty-log"},
	{"S10d", "dirty-log-dma"},
	{"S11", "reset-image"},
	{"S12", "no-reused-page"},
	{"S13", "accepted-stays"},
	{"S14", "no-silent-loss"},
	{"S15", "clean-before-visible"},
	{"S16", "one-source"},
	{"S17", "no-widening"},
	{"L1", "no-late-refusal"},
	{"L2", "no-needless-refusal"},
	{"L3", "progress"},
	{"L4", "intent-honoured"},
	{NULL, NULL},
};

static const struct cli_value parts[] = {
	{"arm64", NULL},     {"contracts", NULL}, {"moves", NULL},
	{"migration", NULL}, {"x86", NULL},       {"x86-contracts", NULL},
	{"private", NULL},   {"race", NULL},      {NULL, NULL},
};

static const struct cli_value duties[] = {
	{"clean-before", NULL},
	{"zero", NULL},
	{"zero-tags", NULL},
	{"icache-before", NULL},
	{"log-dirty", NULL},
	{"clean-after", NULL},
	{"icache-after", NULL},
	{"tlbi", NULL},
	{"iommu-revoke", NULL},
	{"iommu-last", NULL},
	{"clean-last", NULL},
	{"invalid-first", NULL},
	{"reset-take-back", NULL},
	{"reset-icache", NULL},
	{"trap-set-way", NULL},
	{"window-uncached", NULL},
	{"window-closed", NULL},
	{"keep-content", NULL},
	{"move-clean", NULL},
	{"no-sequence", "of the race"},
	{"sequence-late", "of the race"},
	{"raise-late", "of the race"},
	{"resolver-late", "of the race"},
	{"skip-busy", "of the race"},
	{"no-tlbi", "of the race"},
	{"tlbi-not-awaited", "of the race"},
	{"visible-first", "of the race"},
	{"clean-after-early", "of the race"},
	{"keep-busy", "of the race"},
	{"keep-owed", "of the race"},
	{NULL, NULL},
};

static const struct cli_value assumptions[] = {
	{"A1", NULL}, {"A2", NULL}, {"A3", NULL}, {"A4", NULL}, {"A5", NULL},
	{"A6", NULL}, {"E1", NULL}, {"G1", NULL}, {NULL, NULL},
};

static const struct cli_value scenarios[] = {
	{"write-combining", NULL},
	{"cached-device-memory", NULL},
	{"shared-with-virtio", NULL},
	{"bare-metal-freedom", NULL},
	{"crash-without-fwb", NULL},
	{"plain-bar-refused", NULL},
	{"exec-without-dic", NULL},
	{"stale-code", NULL},
	{"tags-without-storage", NULL},
	{"tags-not-cleared", NULL},
	{"uncached-export-of-ram", NULL},
	{"private-page", NULL},
	{"fault-against-revocation", NULL},
	{"fallback-to-device", NULL},
	{"nothing-to-clean-with", NULL},
	{"migrate-to-older", NULL},
	{"migrate-mixedmap", NULL},
	{"reset-keeps-mapping", NULL},
	{"reset-without-icache", NULL},
	{"device-that-does-not-snoop", NULL},
	{NULL, NULL},
};

const struct cli_option check_options[CHECK_OPTIONS + 1] = {
	[CHECK_POLICY] = {"policy", "NAME", policies, CLI_ONE, "Only this policy", "all of a part"},
	[CHECK_PROPERTY] = {"property", "ID", properties, CLI_ONE,
			    "Only this property: its statement, the facts that all refuted "
			    "configurations share, and the shortest trace",
			    "all, as a matrix"},
	[CHECK_PART] = {"part", "LIST", parts, CLI_LIST, "What is judged", "everything"},
	[CHECK_WITHOUT] = {"without", "LIST", duties, CLI_LIST,
			   "Leave these actions out of Mezzo's engine, and show what breaks",
			   "none is left out"},
	[CHECK_DOUBT] = {"doubt", "LIST", assumptions, CLI_LIST,
			 "Explore what happens where these assumptions do not hold; --list states "
			 "them",
			 "all hold"},
	[CHECK_SYNTHESISE] =
		{"synthesise", NULL, NULL, CLI_FLAG,
		 "Try every possible grant: where is refusing needless, where is nothing "
		 "safe",
		 NULL},
	[CHECK_SCENARIO] = {"scenario", "NAME", scenarios, CLI_ONE,
			    "One argument of the threads, and what every policy makes of it",
			    "none"},
	[CHECK_LIST] = {"list", NULL, NULL, CLI_FLAG,
			"List policies, properties, assumptions, actions and scenarios", NULL},
	[CHECK_SVG] = {"svg", "FILE", NULL, CLI_TEXT,
		       "Draw the trace that is told into this file; with --scenario or --property",
		       "no picture"},
	[CHECK_MEMORY] = {"memory", "MIB", NULL, CLI_TEXT, "Memory that the search may use", "256"},
	[CHECK_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};
