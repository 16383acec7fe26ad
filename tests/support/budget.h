/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BUDGET_H
#define TESTS_BUDGET_H
/* How long a random test runs and where it begins: from the environment, or as it says itself. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Seconds, since some moment. */
static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
