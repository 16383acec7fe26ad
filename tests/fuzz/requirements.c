/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/requirements.c cli/reader.c cli/audit/arena.c */
/*
 * Any text where a space's requirements are expected: refused with a reason that says what is wrong;
 * or read, and then written and read again as the same, and every machine has an answer for it with
 * a reason for each no.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/requirements.h"

#define check(good)                                                                                \
	do {                                                                                       \
		if (!(good)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #good);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define SLOTS_ASKED 8 /* a refusal looks for what would do: milliseconds each */

struct text {
	char *at;
	size_t length, room;
};

static void put(void *arg, const char *piece)
{
	struct text *text = arg;
	const size_t length = strlen(piece);

	if (text->length + length > text->room) {
		text->room = 2 * (text->length + length);
		text->at = realloc(text->at, text->room);
		check(text->at);
	}
	memcpy(text->at + text->length, piece, length);
	text->length += length;
}

static bool same_slot(const struct mezzo_slot_needs *a, const struct mezzo_slot_needs *b)
{
	const struct mezzo_contract *c = &a->contract, *d = &b->contract;

	return a->id == b->id && a->flags == b->flags && a->ipa.addr == b->ipa.addr &&
	       a->pages == b->pages && a->effective == b->effective &&
	       a->min_order == b->min_order && c->aliases == d->aliases && c->allow == d->allow &&
	       c->maintenance == d->maintenance && c->dma == d->dma &&
	       c->max_order == d->max_order && c->tag_storage == d->tag_storage &&
	       c->writable == d->writable && c->is_private == d->is_private && c->mmio == d->mmio &&
	       c->promise.data == d->promise.data && c->promise.tags == d->promise.tags &&
	       c->promise.lines == d->promise.lines;
}

static void check_round(struct arena *arena, const struct mezzo_requirements *needs)
{
	struct mezzo_requirements again;
	struct text text = {0};

	mezzo_requirements_write(needs, put, &text);
	check(!requirements_parse(arena, text.at, text.length, &again));
	check(needs->ipa_bits == again.ipa_bits && needs->mte == again.mte &&
	      needs->told_idc == again.told_idc && needs->told_dic == again.told_dic &&
	      needs->count == again.count);
	for (uint32_t i = 0; i < needs->count; i++)
		check(same_slot(&needs->slots[i], &again.slots[i]));
	free(text.at);
}

static void count(void *arg, const struct mezzo_slot_needs *slot, const struct mezzo_refusal *why)
{
	unsigned int *reasons = arg;

	(void)slot;
	check(why->reason < MEZZO_REASONS && mezzo_reason((enum mezzo_reason)why->reason)->name);
	(*reasons)++;
}

static void check_answers(const struct mezzo_requirements *needs, unsigned int bits)
{
	const struct mezzo_machine_facts facts = {
		.size = sizeof(facts),
		.machine.arm64 = {.fwb = (bits & 3) == 3,
				  .idc = bits & 2,
				  .dic = bits & 4,
				  .mte = bits & 8},
		.ipa_bits = bits & 16 ? 40 : 52,
		.page_shift = 12,
		.orders = 1 | 1 << 9 | 1 << 18,
		.direct = bits & 32,
	};
	unsigned int reasons = 0;

	check(mezzo_space_admissible(&mezzo_arch_arm64, needs, &facts, count, &reasons) ==
	      !reasons);
	check(mezzo_space_admissible(&mezzo_arch_arm64, needs, &facts, NULL, NULL) == !reasons);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct mezzo_requirements needs;
	const char *why;

	if (!size)
		return 0;
	/* The first byte is the machine's. */
	why = requirements_parse(&arena, (const char *)data + 1, size - 1, &needs);
	if (why) {
		check(why[0]);
	} else {
		check_round(&arena, &needs);
		if (needs.count <= SLOTS_ASKED)
			check_answers(&needs, data[0]);
	}
	arena_free(&arena);
	return 0;
}
