/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/probe/conclude.c cli/probe/access.c cli/probe/measure.c */
/* What a probe concludes, of outcomes and times that no machine at hand has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/probe/probe.h"

static struct probe probed(double load, double store, bool caches)
{
	struct probe p = {
		.times =
			{
				.known = true,
				.load_ns = load,
				.cached_load_ns = 2,
				.store_mib_s = store,
				.cached_store_mib_s = 8000,
				.caches_show = caches,
			},
	};

	for (unsigned int i = 0; i < PROBE_ACCESSES; i++)
		p.outcome[i] = PROBE_WORKS;
	return p;
}

static void assert_concludes(struct probe p, bool arm64, enum probe_type type, const char *how)
{
	probe_conclude(&p, arm64);
	assert_int_equal(p.type, type);
	assert_string_equal(p.confidence, how);
	assert_non_null(p.why);
}

static void an_alignment_fault_means_device_on_arm64(void **state)
{
	struct probe p = probed(2, 8000, true);

	(void)state;
	p.outcome[PROBE_LOAD_UNALIGNED] = PROBE_SIGBUS;
	assert_concludes(p, true, PROBE_DEVICE, "certain");
	/* Elsewhere it means nothing of the kind. */
	assert_concludes(p, false, PROBE_CACHED, "likely");
}

static void loads_tell_cached_and_stores_tell_combining(void **state)
{
	(void)state;
	assert_concludes(probed(2, 8000, true), true, PROBE_CACHED, "likely");
	assert_concludes(probed(300, 4000, true), true, PROBE_COMBINING, "likely");
	assert_concludes(probed(300, 50, true), true, PROBE_COMBINING, "likely");
	assert_concludes(probed(2, 8000, true), false, PROBE_CACHED, "likely");
	assert_concludes(probed(300, 4000, true), false, PROBE_COMBINING, "likely");
	assert_concludes(probed(300, 50, true), false, PROBE_DEVICE, "likely");
	assert_concludes(probed(300, 0, true), false, PROBE_UNKNOWN, "none");
}

static void times_of_a_machine_without_caches_mean_nothing(void **state)
{
	(void)state;
	assert_concludes(probed(2, 8000, false), true, PROBE_NOT_DEVICE, "certain");
	assert_concludes(probed(2, 8000, false), false, PROBE_UNKNOWN, "none");
}

static void a_load_that_dies_tells_nothing(void **state)
{
	struct probe p = probed(2, 8000, true);

	(void)state;
	p.outcome[PROBE_LOAD] = PROBE_SIGBUS;
	assert_concludes(p, true, PROBE_UNKNOWN, "none");
}

/* A child that dies is told from one that does not, and the parent lives. */
static void children_die_for_the_parent(void **state)
{
	struct probe p = {.write = true, .bytes = 4096, .end = 4096};

	(void)state;
	p.memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	probe_accesses(&p);
	assert_int_equal(p.outcome[PROBE_LOAD], PROBE_WORKS);
	assert_int_equal(p.outcome[PROBE_STORE], PROBE_SIGSEGV);
	p.write = false;
	probe_accesses(&p);
	assert_int_equal(p.outcome[PROBE_STORE], PROBE_NOT_TRIED);
	munmap((void *)(uintptr_t)p.memory, 4096);
	probe_accesses(&p);
	assert_int_equal(p.outcome[PROBE_LOAD], PROBE_SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alignment_fault_means_device_on_arm64),
		cmocka_unit_test(loads_tell_cached_and_stores_tell_combining),
		cmocka_unit_test(times_of_a_machine_without_caches_mean_nothing),
		cmocka_unit_test(a_load_that_dies_tells_nothing),
		cmocka_unit_test(children_die_for_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
