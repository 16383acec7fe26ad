/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every TLB, cache, tag and barrier operation of the engine is needed: the model machine drops or
 * delays the operations of one call site after another, and some trace must go wrong. What can be
 * left out without harm is listed below, each with the proof.
 */
#include "call_site.h"
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 64
#define SITES 128
#define TRIES 32 /* traces that reach a site, before its mutant counts as a survivor */
#define STEPS 60

enum way {
	DROP,
	DELAY,
	DROP_ONE,
	WAYS
};
static const char *const way_names[WAYS] = {"drop", "delay", "drop one"};

#define EVERY_WAY (1u << DROP | 1u << DELAY | 1u << DROP_ONE)

/* --- what is known to be redundant ----------------------------------------------------------- */

static const char zero_is_stores[] =
	"zeroing is made of stores: a clean by address of the same line keeps program order with "
	"them, closing the window waits for them, and the entry is published by a store-release";
static const char eret_synchronises[] =
	"the engine runs nothing that depends on it, and entering a guest is itself a context "
	"synchronization event";
static const char clean_waits[] = "each frame's clean has already been waited for in frame_clean";
static const char fetch_invalidates[] =
	"every entry that becomes executable invalidates the I-cache before it is visible; nobody "
	"executes from the frame in between (coherence study: either of the two is enough)";

static const struct survivor {
	const char *function;
	enum mezzo_model_op op;
	unsigned int number; /* which of the function's sites of that kind, by line; from 0 */
	unsigned int ways;
	const char *proof;
} survivors[] = {
	{"frame_zero", MEZZO_MODEL_ZERO, 0, 1u << DELAY, zero_is_stores},
	{"frame_zero", MEZZO_MODEL_BARRIER_COMPLETE, 0, EVERY_WAY, zero_is_stores},
	{"frame_zero_tags", MEZZO_MODEL_ZERO_TAGS, 0, 1u << DELAY, zero_is_stores},
	{"frame_zero_tags", MEZZO_MODEL_BARRIER_COMPLETE, 0, EVERY_WAY, zero_is_stores},
	{"frame_prepare", MEZZO_MODEL_BARRIER_CONTEXT, 0, EVERY_WAY, eret_synchronises},
	{"settle", MEZZO_MODEL_BARRIER_CONTEXT, 0, EVERY_WAY, eret_synchronises},
	{"settle", MEZZO_MODEL_BARRIER_CONTEXT, 1, EVERY_WAY, eret_synchronises},
	{"settle", MEZZO_MODEL_BARRIER_COMPLETE, 0, EVERY_WAY, clean_waits},
	{"settle", MEZZO_MODEL_ICACHE, 0, EVERY_WAY, fetch_invalidates},
	{"settle", MEZZO_MODEL_BARRIER_COMPLETE, 1, EVERY_WAY, fetch_invalidates},
};

/* --- call sites --------------------------------------------------------------------------------- */

struct site {
	const void *address;
	enum mezzo_model_op op;
	uint64_t calls[SEEDS]; /* in the faithful trace of each seed */
	struct call_site_name name;
	unsigned int number;
};

static struct site sites[SITES];
static unsigned int site_count;

static struct site *site_of(const struct mezzo_model_site *seen)
{
	for (unsigned int i = 0; i < site_count; i++)
		if (sites[i].address == seen->address && sites[i].op == seen->op)
			return &sites[i];
	assert_in_range(site_count, 0, SITES - 1);
	sites[site_count] = (struct site){.address = seen->address, .op = seen->op};
	return &sites[site_count++];
}

static void number_site(struct site *site)
{
	for (unsigned int i = 0; i < site_count; i++)
		if (sites[i].op == site->op && sites[i].name.line < site->name.line &&
		    strcmp(sites[i].name.function, site->name.function) == 0)
			site->number++;
}

/* --- running ------------------------------------------------------------------------------------- */

static struct trace *run(uint64_t seed, const struct mezzo_model_mutation *mutation)
{
	struct trace_config config = {
		.seed = seed,
		.guest_steps = STEPS,
		.host_steps = STEPS,
	};

	if (mutation)
		config.mutation = *mutation;
	return trace_run(&config);
}

static int enumerate(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct trace *trace = run(seed + 1, NULL);
		const struct mezzo_model_site *seen;
		size_t count;

		if (mezzo_model_violation(trace->model) != MEZZO_MODEL_NO_VIOLATION) {
			mezzo_model_print(trace->model, "# ");
			trace_free(trace);
			return -1;
		}
		seen = mezzo_model_sites(trace->model, &count);
		for (size_t i = 0; i < count; i++)
			if (seen[i].op < MEZZO_MODEL_WINDOW_OPEN)
				site_of(&seen[i])->calls[seed] = seen[i].calls;
		trace_free(trace);
	}
	for (unsigned int i = 0; i < site_count; i++)
		call_site_name(sites[i].address, &sites[i].name);
	for (unsigned int i = 0; i < site_count; i++)
		number_site(&sites[i]);
	return 0;
}

static struct mezzo_model_mutation mutation_of(const struct site *site, enum way way,
					       unsigned int seed)
{
	struct mezzo_model_mutation mutation = {
		.kind = way == DELAY ? MEZZO_MODEL_DELAY : MEZZO_MODEL_DROP,
		.address = site->address,
		.op = site->op,
	};

	if (way == DROP_ONE)
		mutation.nth = 1 + seed % site->calls[seed];
	return mutation;
}

/* The rule that a trace breaks when the site is mutated so, or none. */
static enum mezzo_model_rule judge(const struct site *site, enum way way)
{
	enum mezzo_model_rule rule = MEZZO_MODEL_NO_VIOLATION;
	unsigned int tries = 0;

	for (unsigned int seed = 0; seed < SEEDS && tries < TRIES && !rule; seed++) {
		struct mezzo_model_mutation mutation;
		struct trace *trace;

		if (!site->calls[seed])
			continue;
		tries++;
		mutation = mutation_of(site, way, seed);
		trace = run(seed + 1, &mutation);
		rule = mezzo_model_violation(trace->model);
		if (rule == MEZZO_MODEL_TEST_ERROR)
			rule = MEZZO_MODEL_NO_VIOLATION;
		trace_free(trace);
	}
	return rule;
}

static const struct survivor *known(const struct site *site, enum way way)
{
	for (size_t i = 0; i < sizeof(survivors) / sizeof(survivors[0]); i++) {
		const struct survivor *s = &survivors[i];

		if (s->op == site->op && s->number == site->number && (s->ways & 1u << way) &&
		    strcmp(s->function, site->name.function) == 0)
			return s;
	}
	return NULL;
}

/* Every way of one site. Adds to the counts; says what survived, and what is not as the list says. */
struct tally {
	unsigned int mutants, found, wrong;
};

static void try_site(const struct site *site, struct tally *tally)
{
	const char *proof = NULL;
	char ways[64] = "";

	for (enum way way = 0; way < WAYS; way++) {
		enum mezzo_model_rule rule = judge(site, way);
		const struct survivor *expected = known(site, way);
		bool survived = rule == MEZZO_MODEL_NO_VIOLATION;

		tally->mutants++;
		tally->found += !survived;
		if (survived && expected) {
			proof = expected->proof;
			snprintf(ways + strlen(ways), sizeof(ways) - strlen(ways), "%s%s",
				 *ways ? ", " : "", way_names[way]);
		} else if (survived || expected) {
			tally->wrong++;
			printf("# WRONG: %s of %s in %s, line %u: %s\n", way_names[way],
			       mezzo_model_op_name(site->op), site->name.function, site->name.line,
			       survived ? "no trace goes wrong" : mezzo_model_rule_name(rule));
		}
	}
	if (proof)
		printf("# redundant: %s of %s in %s, line %u: %s\n", ways,
		       mezzo_model_op_name(site->op), site->name.function, site->name.line, proof);
}

static void every_operation_is_needed_or_known_to_be_redundant(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (unsigned int i = 0; i < site_count; i++)
		try_site(&sites[i], &tally);
	printf("# %u call sites, %u mutants, %u found, %u redundant\n", site_count, tally.mutants,
	       tally.found, tally.mutants - tally.found);
	assert_int_equal(tally.wrong, 0);
}

/* A list entry for a call site that is no more would hide the next one of that name. */
static void every_redundant_operation_still_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(survivors) / sizeof(survivors[0]); i++) {
		bool found = false;

		for (unsigned int j = 0; j < site_count; j++)
			found |= known(&sites[j], DELAY) == &survivors[i];
		if (!found)
			print_message("# gone: %s in %s\n", mezzo_model_op_name(survivors[i].op),
				      survivors[i].function);
		assert_true(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_is_needed_or_known_to_be_redundant),
		cmocka_unit_test(every_redundant_operation_still_exists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enumerate, NULL);
}
