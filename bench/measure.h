/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H
/*
 * Medians of several runs, in CPU time of the thread, so that a busy machine disturbs less; every
 * figure stands beside a control loop of the same run. Writes a table for people to standard
 * output and a list of {name, value, unit} to a file.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEASURE_RUNS 7

struct measure_report {
	FILE *json;
	const char *separator;
};

static inline void must(bool fine, const char *what)
{
	if (!fine) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(1);
	}
}

static inline void measure_open(struct measure_report *report, const char *path)
{
	*report = (struct measure_report){.json = fopen(path, "w"), .separator = ""};
	must(report->json, path);
	fputc('[', report->json);
}

static inline void measure_close(struct measure_report *report, const char *path)
{
	fputs("\n]\n", report->json);
	must(fclose(report->json) == 0, path);
}

static inline double measure_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline int measure_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @run returns the seconds that @count operations took; the result is seconds per operation. */
static inline double measure_median(double (*run)(void *arg), void *arg, uint64_t count)
{
	double seconds[MEASURE_RUNS];

	for (unsigned int i = 0; i < MEASURE_RUNS; i++)
		seconds[i] = run(arg);
	qsort(seconds, MEASURE_RUNS, sizeof(seconds[0]), measure_compare);
	return seconds[MEASURE_RUNS / 2] / (double)count;
}

static inline void measure_write(struct measure_report *report, const char *name, double value,
				 const char *unit)
{
	printf("  %-32s %12.2f %s\n", name, value, unit);
	fprintf(report->json, "%s\n  {\"name\": \"%s\", \"value\": %.4g, \"unit\": \"%s\"}",
		report->separator, name, value, unit);
	report->separator = ",";
}

#endif
