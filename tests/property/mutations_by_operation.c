/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every TLB, cache, tag and barrier operation is needed by each thing that the engine does with it:
 * the model machine drops or delays the calls of one site while one operation is under way, and what
 * must hold after that operation does not. What survives is listed, with the
 * proof that it is redundant, or with the words "not a proof" and why it is not seen.
 */
#include "call_site.h"
#include "undertaking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PAIRS 512
#define ROUNDS                                                                                     \
	10 /* seeds of each machine, before a mutant counts as a survivor; 1 if it is listed */

enum way {
	DROP,
	DELAY,
	WAYS
};
static const char *const way_names[WAYS] = {"drop", "delay"};

#define EITHER (1u << DROP | 1u << DELAY)

/* --- what is known to be redundant ----------------------------------------------------------- */

static const char zero_is_stores[] =
	"zeroing is made of stores: a clean by address of the same line keeps program order with "
	"them, closing the window waits for them, and the view changes by a store-release";
static const char eret_synchronises[] =
	"the engine runs nothing that depends on it, and entering a guest is itself a context "
	"synchronization event";
static const char waited_for[] =
	"each frame's clean has already been waited for in frame_clean, and the invalidations in "
	"mezzo_flush_tlb";
static const char fetch_invalidates[] =
	"every entry that becomes executable invalidates the I-cache before it is visible; nobody "
	"executes from the frame in between (coherence study: either of the two is enough)";
static const char settle_waits[] =
	"settle's own barrier waits for it, before anybody else gets the frame";
static const char close_is_next[] =
	"the next operation but one is still before the entry is visible: the delay goes past the "
	"closing of an uncached window, which makes no lines, alone";
static const char cached_by_all[] =
	"the shared view is cached by the host and the guest: what a line holds is what both find";
static const char shared_waits[] =
	"what a guest writes in between stays in lines, which the shared view finds; settle's own "
	"barrier waits for the invalidations before the view changes";
static const char nothing_is_cleaned[] =
	"no line of these frames is cleaned, so no write can come after it; settle's own barrier "
	"waits for the invalidations before the entry is free";
static const char refilled_with_zeroes[] =
	"delayed, the closing comes right after the next clean was issued and before its barrier: a "
	"line that was filled through the window in between holds the zeroes and is invalidated";
static const char not_judged[] =
	"not a proof: memory that devices write is incoherent to the model, which judges no write "
	"that is lost there; exclusive return finds it at the same site";

static const char found_elsewhere[] =
	"not a proof: ten seeds of each machine do not find the delay; they find the drop, and the "
	"delay in exclusive return";

#define TO_SHARED ";private to shared, kept;private to shared, zeroed;"
#define TO_SHARED_TOO TO_SHARED "private to shared, untouched;"
#define TAKEN ";exclusive return;revocation;extents punch;MTE off;MTE on;DMA revocation;"

static const struct survivor {
	const char *operations; /* names, each between semicolons; NULL: all that reach the site */
	const char *function;
	enum mezzo_model_op op;
	unsigned int number; /* which of the function's sites of that kind that occur, by line */
	unsigned int ways;
	const char *proof;
} survivors[] = {
	{NULL, "frame_zero", MEZZO_MODEL_ZERO, 0, 1u << DELAY, zero_is_stores},
	{NULL, "frame_zero", MEZZO_MODEL_BARRIER_COMPLETE, 0, EITHER, zero_is_stores},
	{NULL, "frame_zero_tags", MEZZO_MODEL_ZERO_TAGS, 0, 1u << DELAY, zero_is_stores},
	{NULL, "frame_zero_tags", MEZZO_MODEL_BARRIER_COMPLETE, 0, EITHER, zero_is_stores},
	{NULL, "frame_prepare", MEZZO_MODEL_BARRIER_CONTEXT, 0, EITHER, eret_synchronises},
	{NULL, "settle", MEZZO_MODEL_BARRIER_CONTEXT, 0, EITHER, eret_synchronises},
	{NULL, "settle", MEZZO_MODEL_BARRIER_CONTEXT, 1, EITHER, eret_synchronises},
	{NULL, "settle", MEZZO_MODEL_BARRIER_COMPLETE, 0, EITHER, waited_for},
	{NULL, "settle", MEZZO_MODEL_ICACHE, 0, EITHER, fetch_invalidates},
	{NULL, "settle", MEZZO_MODEL_BARRIER_COMPLETE, 1, EITHER, fetch_invalidates},
	{TAKEN, "frame_clean", MEZZO_MODEL_BARRIER_COMPLETE, 0, EITHER, settle_waits},
	{TAKEN, "frame_clean", MEZZO_MODEL_CLEAN_INVALIDATE, 0, 1u << DELAY, settle_waits},
	{TO_SHARED_TOO, "frame_clean", MEZZO_MODEL_BARRIER_COMPLETE, 0, EITHER, cached_by_all},
	{TO_SHARED_TOO, "frame_clean", MEZZO_MODEL_CLEAN_INVALIDATE, 0, EITHER, cached_by_all},
	{";exclusive grant;shared to private, kept;shared to private, zeroed;", "frame_clean",
	 MEZZO_MODEL_BARRIER_COMPLETE, 0, 1u << DELAY, close_is_next},
	{TO_SHARED, "mezzo_flush_tlb", MEZZO_MODEL_BARRIER_COMPLETE, 1, EITHER, shared_waits},
	{TO_SHARED, "mezzo_flush_tlb", MEZZO_MODEL_TLB_SPACE, 0, 1u << DELAY, shared_waits},
	{TO_SHARED, "mezzo_flush_tlb", MEZZO_MODEL_TLB_COMBINED, 0, 1u << DELAY, shared_waits},
	{";private MMIO revoke;poison;", "mezzo_flush_tlb", MEZZO_MODEL_BARRIER_COMPLETE, 1, EITHER,
	 nothing_is_cleaned},
	{";private MMIO revoke;", "mezzo_flush_tlb", MEZZO_MODEL_TLB_SPACE, 0, 1u << DELAY,
	 nothing_is_cleaned},
	{";private MMIO revoke;poison;", "mezzo_flush_tlb", MEZZO_MODEL_TLB_COMBINED, 0,
	 1u << DELAY, nothing_is_cleaned},
	{";extents punch;", "mezzo_flush_tlb", MEZZO_MODEL_BARRIER_COMPLETE, 1, 1u << DELAY,
	 found_elsewhere},
	{";DMA revocation;", "mezzo_flush_tlb", MEZZO_MODEL_BARRIER_COMPLETE, 1, EITHER,
	 not_judged},
	{";DMA revocation;", "mezzo_flush_tlb", MEZZO_MODEL_TLB_SPACE, 0, 1u << DELAY, not_judged},
	{";DMA revocation;", "mezzo_flush_tlb", MEZZO_MODEL_TLB_COMBINED, 0, 1u << DELAY,
	 not_judged},
	{";exclusive grant;", "unreach", MEZZO_MODEL_WINDOW_CLOSE, 0, 1u << DELAY,
	 refilled_with_zeroes},
};

/* --- (operation, call site) --------------------------------------------------------------------- */

struct pair {
	const struct undertaking_kind *kind;
	const void *address;
	enum mezzo_model_op op;
	bool occurs[UNDERTAKING_MACHINES];
	struct call_site_name name;
	unsigned int number;
};

static struct pair pairs[PAIRS];
static unsigned int pair_count;

static struct pair *pair_of(const struct undertaking_kind *kind,
			    const struct mezzo_model_site *site)
{
	for (unsigned int i = 0; i < pair_count; i++)
		if (pairs[i].kind == kind && pairs[i].address == site->address &&
		    pairs[i].op == site->op)
			return &pairs[i];
	assert_in_range(pair_count, 0, PAIRS - 1);
	pairs[pair_count] = (struct pair){.kind = kind, .address = site->address, .op = site->op};
	return &pairs[pair_count++];
}

static void note_calls(const struct undertaking_kind *kind, const struct undertaking *u)
{
	size_t sites;
	const struct mezzo_model_site *site = mezzo_model_sites(u->model, &sites);

	assert_in_range(sites, 1, UNDERTAKING_SITES);
	for (size_t i = 0; i < sites; i++) {
		if (site[i].op >= MEZZO_MODEL_WINDOW_OPEN || u->after[i] == u->before[i])
			continue;
		pair_of(kind, &site[i])->occurs[u->machine] = true;
	}
}

/* Among all the sites of a function and kind that any operation reaches. */
static void number_pair(struct pair *pair)
{
	const void *seen[PAIRS];

	for (unsigned int i = 0; i < pair_count; i++) {
		bool fresh = pairs[i].op == pair->op && pairs[i].name.line < pair->name.line &&
			     strcmp(pairs[i].name.function, pair->name.function) == 0;

		for (unsigned int j = 0; fresh && j < pair->number; j++)
			fresh = seen[j] != pairs[i].address;
		if (fresh)
			seen[pair->number++] = pairs[i].address;
	}
}

static void name_pair(unsigned int number)
{
	for (unsigned int i = 0; i < number; i++)
		if (pairs[i].address == pairs[number].address) {
			pairs[number].name = pairs[i].name;
			return;
		}
	call_site_name(pairs[number].address, &pairs[number].name);
}

static int enumerate(void **state)
{
	bool good = true;

	(void)state;
	for (unsigned int k = 0; k < undertaking_count; k++)
		for (unsigned int m = 0; m < UNDERTAKING_MACHINES; m++) {
			struct undertaking *u = undertaking_run(&undertakings[k], m, NULL);

			if (!u)
				continue;
			if (mezzo_model_violation(u->model) != MEZZO_MODEL_NO_VIOLATION) {
				printf("# %s, machine %u:\n", undertakings[k].name, m);
				mezzo_model_print(u->model, "# ");
				good = false;
				m = UNDERTAKING_MACHINES;
			} else {
				note_calls(&undertakings[k], u);
			}
			undertaking_free(u);
		}
	for (unsigned int i = 0; i < pair_count; i++)
		name_pair(i);
	for (unsigned int i = 0; i < pair_count; i++)
		number_pair(&pairs[i]);
	return good ? 0 : -1;
}

/* --- mutants ------------------------------------------------------------------------------------- */

static bool goes_wrong(const struct pair *pair, enum way way, unsigned int machine)
{
	const struct mezzo_model_mutation mutation = {
		.kind = way == DELAY ? MEZZO_MODEL_DELAY : MEZZO_MODEL_DROP,
		.address = pair->address,
		.op = pair->op,
	};
	struct undertaking *u = undertaking_run(pair->kind, machine, &mutation);
	enum mezzo_model_rule rule = mezzo_model_violation(u->model);

	undertaking_free(u);
	return rule != MEZZO_MODEL_NO_VIOLATION && rule != MEZZO_MODEL_TEST_ERROR;
}

/* On some machine it is missed. */
static bool is_found(const struct pair *pair, enum way way, unsigned int rounds)
{
	for (unsigned int m = 0; m < rounds * UNDERTAKING_MACHINES; m++)
		if (pair->occurs[m % UNDERTAKING_MACHINES] && goes_wrong(pair, way, m))
			return true;
	return false;
}

/* The copies of an inlined line are one site. */
static bool is_same_line(const struct pair *a, const struct pair *b)
{
	return a->kind == b->kind && a->op == b->op && a->name.line == b->name.line &&
	       strcmp(a->name.function, b->name.function) == 0;
}

static bool is_first_copy(const struct pair *pair)
{
	for (const struct pair *other = pairs; other < pair; other++)
		if (is_same_line(other, pair))
			return false;
	return true;
}

static bool is_some_copy_found(const struct pair *pair, enum way way, unsigned int rounds)
{
	for (unsigned int i = 0; i < pair_count; i++)
		if (is_same_line(&pairs[i], pair) && is_found(&pairs[i], way, rounds))
			return true;
	return false;
}

static bool matches(const struct survivor *s, const struct pair *pair, enum way way)
{
	char name[64];

	snprintf(name, sizeof(name), ";%s;", pair->kind->name);
	return s->op == pair->op && s->number == pair->number && (s->ways & 1u << way) &&
	       strcmp(s->function, pair->name.function) == 0 &&
	       (!s->operations || strstr(s->operations, name));
}

static const struct survivor *known(const struct pair *pair, enum way way)
{
	for (size_t i = 0; i < sizeof(survivors) / sizeof(survivors[0]); i++)
		if (matches(&survivors[i], pair, way))
			return &survivors[i];
	return NULL;
}

struct tally {
	unsigned int mutants, found, wrong;
};

static void try_pair(const struct pair *pair, struct tally *tally)
{
	for (enum way way = 0; way < WAYS; way++) {
		const struct survivor *expected = known(pair, way);
		const bool found = is_some_copy_found(pair, way, expected ? 1 : ROUNDS);

		tally->mutants++;
		tally->found += found;
		if (found && !expected)
			continue;
		tally->wrong += found || !expected;
		printf("# %s: %s, %s of %s in %s, line %u (site %u): %s\n",
		       found || !expected ? "WRONG" : "survives", pair->kind->name, way_names[way],
		       mezzo_model_op_name(pair->op), pair->name.function, pair->name.line,
		       pair->number,
		       !expected ? "nothing goes wrong"
		       : found   ? "listed, and needed"
				 : expected->proof);
	}
}

static void every_operation_needs_its_maintenance(void **state)
{
	struct tally tally = {0};
	unsigned int sites = 0;

	(void)state;
	for (unsigned int i = 0; i < pair_count; i++)
		if (is_first_copy(&pairs[i])) {
			sites++;
			try_pair(&pairs[i], &tally);
		}
	printf("# %u operations, %u pairs of operation and call site, %u mutants, %u found, "
	       "%u survive\n",
	       undertaking_count, sites, tally.mutants, tally.found, tally.mutants - tally.found);
	assert_int_equal(tally.wrong, 0);
}

static void every_redundant_pair_still_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(survivors) / sizeof(survivors[0]); i++) {
		bool found = false;

		for (unsigned int j = 0; j < pair_count; j++)
			for (enum way way = 0; way < WAYS; way++)
				found |= matches(&survivors[i], &pairs[j], way);
		if (!found)
			print_message("# gone: %s in %s\n", mezzo_model_op_name(survivors[i].op),
				      survivors[i].function);
		assert_true(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_needs_its_maintenance),
		cmocka_unit_test(every_redundant_pair_still_exists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enumerate, NULL);
}
