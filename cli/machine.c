/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "audit/compat.h"
#include "reader.h"

#include <string.h>

const char *const machine_assumed_name[ASSUMED_COUNT] = {
	[ASSUMED_IPA_BITS] = "ipa_bits",
	[ASSUMED_PAGE_BYTES] = "page_bytes",
	[ASSUMED_BLOCK_BYTES] = "block_bytes",
	[ASSUMED_DIRECT] = "direct",
	[ASSUMED_CPU] = "cpu",
};

uint64_t machine_orders(unsigned int page_shift)
{
	switch (page_shift) {
	case 12:
		return 1u << MEZZO_ORDER_4K | 1u << MEZZO_ORDER_2M | 1u << MEZZO_ORDER_1G;
	case 14:
		return 1u << 2 | 1u << 13;
	default:
		return 1u << 4 | 1u << 17;
	}
}

void machine_x86(enum mezzo_x86_engine engine, struct machine_there *there)
{
	const bool ept = engine == MEZZO_X86_EPT;

	*there = (struct machine_there){
		.arch = ept ? &mezzo_arch_x86_ept : &mezzo_arch_x86_npt,
		.facts =
			{
				.size = sizeof(there->facts),
				.machine.x86.engine = (uint8_t)engine,
				.page_shift = MEZZO_PAGE_SHIFT,
				.orders = 1u << MEZZO_ORDER_4K | 1u << MEZZO_ORDER_2M,
				.direct = true,
			},
		.assumed =
			{
				[ASSUMED_BLOCK_BYTES] =
					"leaves of 4 KiB and 2 MiB, which every processor has",
				[ASSUMED_DIRECT] = "a host that maps its memory",
			},
	};
}

static void take_pages(struct reader *r, const json_t *root, struct machine_there *there)
{
	const uint64_t usual = MEZZO_PAGE_BYTES;
	const uint64_t bytes = reader_number(r, root, "page_bytes", 65536, &usual);

	if (bytes != 4096 && bytes != 16384 && bytes != 65536)
		reader_blame(r, "page_bytes", "is none of 4096, 16384, 65536");
	if (!json_object_get(root, "page_bytes"))
		there->assumed[ASSUMED_PAGE_BYTES] = "pages of 4 KiB, which every machine has";
	there->facts.page_shift = (uint8_t)(bytes == 65536 ? 16 : bytes == 16384 ? 14 : 12);
	there->facts.orders =
		reader_orders(r, root, "block_bytes", machine_orders(there->facts.page_shift)) |
		UINT64_C(1) << (there->facts.page_shift - MEZZO_PAGE_SHIFT);
}

static const char *engine(unsigned int value)
{
	return value == MEZZO_X86_EPT ? "ept" : "npt";
}

static const struct words engine_words = {engine, MEZZO_X86_ENGINES};

static void take_x86(struct reader *r, json_t *root, struct machine_there *there)
{
	static const char *const known[] = {"format",      "engine", "self_snoop", "ipa_bits",
					    "block_bytes", "direct", NULL};

	reader_keys(r, root, known);
	machine_x86((enum mezzo_x86_engine)reader_word(r, root, "engine", &engine_words, 0), there);
	there->facts.machine.x86.self_snoop = reader_bool(r, root, "self_snoop", false);
	there->facts.ipa_bits = (uint8_t)reader_number(r, root, "ipa_bits", 52, NULL);
	there->facts.orders =
		reader_orders(r, root, "block_bytes", there->facts.orders) | 1u << MEZZO_ORDER_4K;
	there->facts.direct = reader_bool(r, root, "direct", true);
	if (json_object_get(root, "block_bytes"))
		there->assumed[ASSUMED_BLOCK_BYTES] = NULL;
	if (json_object_get(root, "direct"))
		there->assumed[ASSUMED_DIRECT] = NULL;
}

static void take_arm64(struct reader *r, json_t *root, struct machine_there *there)
{
	static const char *const known[] = {"format",     "fwb",         "idc",    "dic",
					    "mte",        "mte_perm",    "xnx",    "ipa_bits",
					    "page_bytes", "block_bytes", "direct", NULL};
	struct mezzo_arm64_machine *cpu = &there->facts.machine.arm64;

	reader_keys(r, root, known);
	*cpu = (struct mezzo_arm64_machine){
		.fwb = reader_bool(r, root, "fwb", false),
		.idc = reader_bool(r, root, "idc", false),
		.dic = reader_bool(r, root, "dic", false),
		.mte = reader_bool(r, root, "mte", false),
		.mte_perm = reader_bool(r, root, "mte_perm", false),
		.xnx = reader_bool(r, root, "xnx", false),
	};
	if ((cpu->fwb && !cpu->idc) || (cpu->mte_perm && !cpu->mte))
		reader_blame(r, cpu->fwb && !cpu->idc ? "fwb" : "mte_perm",
			     cpu->fwb && !cpu->idc ? "implies idc" : "implies mte");
	there->facts.ipa_bits = (uint8_t)reader_number(r, root, "ipa_bits", 52, NULL);
	there->facts.direct = reader_bool(r, root, "direct", true);
	if (!json_object_get(root, "direct"))
		there->assumed[ASSUMED_DIRECT] = "a host that maps its memory";
	take_pages(r, root, there);
}

/* What is unknown is taken not to be there. */
static bool known_yes(struct arena *arena, struct host *host, enum fact_id id,
		      struct machine_there *there)
{
	if (host->fact[id].known)
		return host->fact[id].number;
	there->assumed[ASSUMED_CPU] =
		arena_printf(arena, "%s%s%s is unknown, and taken not to be there",
			     there->assumed[ASSUMED_CPU] ? there->assumed[ASSUMED_CPU] : "",
			     there->assumed[ASSUMED_CPU] ? "; " : "", fact_texts[id].name);
	return false;
}

static const char *from_x86_host(struct arena *arena, struct host *host,
				 struct machine_there *there)
{
	const struct fact *tdp = &host->fact[FACT_TDP], *bits = &host->fact[FACT_PHYSICAL_BITS];

	if (!tdp->known || !strcmp(tdp->text, "none"))
		return tdp->known ? "its KVM uses neither EPT nor NPT"
				  : "whether it has EPT or NPT is unknown";
	machine_x86(strcmp(tdp->text, "npt") ? MEZZO_X86_EPT : MEZZO_X86_NPT, there);
	there->assumed[ASSUMED_DIRECT] = NULL;
	there->facts.machine.x86.self_snoop = known_yes(arena, host, FACT_SELF_SNOOP, there);
	/* With four levels of tables, which every one has. */
	there->facts.ipa_bits = 48;
	if (!bits->known)
		there->assumed[ASSUMED_IPA_BITS] = "unknown: what four levels of tables reach";
	else if (bits->number < 48)
		there->facts.ipa_bits = (uint8_t)bits->number;
	return NULL;
}

static const char *from_host(struct arena *arena, struct host *host, struct machine_there *there)
{
	struct mezzo_arm64_machine *cpu = &there->facts.machine.arm64;
	const struct fact *ipa = &host->fact[FACT_IPA_BITS];
	const struct fact *page = &host->fact[FACT_PAGE_BYTES];

	if (host_is(host, "x86"))
		return from_x86_host(arena, host, there);
	if (!host_is(host, "arm64"))
		return "it is neither an arm64 nor an x86 host";
	cpu->idc = known_yes(arena, host, FACT_IDC, there);
	cpu->fwb = known_yes(arena, host, FACT_FWB, there) && cpu->idc;
	cpu->dic = known_yes(arena, host, FACT_DIC, there);
	cpu->mte = known_yes(arena, host, FACT_MTE, there);
	there->facts.direct = true;
	there->facts.ipa_bits = 40;
	if (ipa->known && ipa->number >= 32 && ipa->number <= 52)
		there->facts.ipa_bits = (uint8_t)ipa->number;
	else
		there->assumed[ASSUMED_IPA_BITS] = "unknown: what every KVM offers";
	there->facts.page_shift = 12;
	if (page->known && (page->number == 16384 || page->number == 65536))
		there->facts.page_shift = page->number == 16384 ? 14 : 16;
	else if (!page->known)
		there->assumed[ASSUMED_PAGE_BYTES] = "unknown: pages of 4 KiB";
	there->facts.orders = machine_orders(there->facts.page_shift);
	return NULL;
}

static bool is_machine(const char *text, size_t length)
{
	json_t *root = json_loadb(text, length, 0, NULL);
	const bool is = json_object_get(root, "format") != NULL;

	json_decref(root);
	return is;
}

const char *machine_read(struct arena *arena, const char *path, struct machine_there *there)
{
	struct reader r = {.arena = arena, .where = ""};
	struct host *host = arena_alloc(arena, sizeof(*host));
	size_t length;
	const char *text = strcmp(path, "live") ? root_file(arena, path, &length) : NULL;
	const char *why;
	json_t *root;

	*there = (struct machine_there){
		.arch = &mezzo_arch_arm64,
		.facts.size = sizeof(there->facts),
	};
	if (text && is_machine(text, length)) {
		root = reader_open(&r, text, length, "mezzo-machine");
		if (root && json_object_get(root, "engine"))
			take_x86(&r, root, there);
		else if (root)
			take_arm64(&r, root, there);
		json_decref(root);
		return r.why;
	}
	why = compat_open(path, host);
	if (!why)
		why = from_host(arena, host, there);
	/* It outlives the host that it is of. */
	if (why)
		why = arena_copy(arena, why, strlen(why));
	host_free(host);
	return why;
}
