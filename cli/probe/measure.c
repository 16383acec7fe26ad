/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast plain accesses are, in a child whose result comes through a pipe. */
#include "probe/probe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOADS 4096
#define RUNS 5
#define STORE_BYTES_MAX (1u << 20)
#define LINE_BYTES 256 /* no CPU's line is longer */
#define SECONDS_MAX 20

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Out of every cache, and done before the next load. */
static void flush(volatile uint8_t *p)
{
#if defined(__aarch64__)
	__asm__ volatile("dc civac, %0\ndsb ish" ::"r"(p) : "memory");
#elif defined(__x86_64__)
	__asm__ volatile("clflush (%0)\nmfence" ::"r"(p) : "memory");
#else
	(void)p;
#endif
}

/*
 * Nanoseconds of one load that waits for the one before; with @flushed, after that address was
 * flushed, which may be another one. The least of several runs.
 */
static double load_ns(volatile uint8_t *p, volatile uint8_t *flushed)
{
	uint64_t value = 0, zero = 0;
	double best = 0;

	__asm__("" : "+r"(zero)); /* which the compiler then does not know */
	for (unsigned int run = 0; run < RUNS; run++) {
		double start = now(), ns;

		for (unsigned int i = 0; i < LOADS; i++) {
			if (flushed)
				flush(flushed);
			value = *(volatile uint64_t *)(p + (value & zero));
		}
		ns = (now() - start) * 1e9 / LOADS;
		best = run && best < ns ? best : ns;
	}
	return best;
}

static double store_mib_s(volatile uint8_t *p, size_t bytes)
{
	double start = now(), seconds;
	unsigned int rounds = 0;

	do {
		for (size_t i = 0; i + 8 <= bytes; i += 8)
			*(volatile uint64_t *)(p + i) = i;
		__sync_synchronize();
		rounds++;
		seconds = now() - start;
	} while (seconds < 0.02 && rounds < 64);
	return (double)bytes * rounds / (1 << 20) / seconds;
}

/* A load from memory takes longer than one from a cache, by more than the noise. */
static bool slower(double flushed, double other)
{
	return flushed > other + 15 && flushed > 1.25 * other;
}

static struct probe_times measure(const struct probe *probe)
{
	size_t bytes = probe->end - probe->first;
	volatile uint8_t *p = probe->memory + probe->first;
	uint8_t *cached = mmap(NULL, STORE_BYTES_MAX, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct probe_times t = {.known = true};

	if (cached == MAP_FAILED)
		return (struct probe_times){0};
	memset(cached, 1, STORE_BYTES_MAX);
	bytes = bytes > STORE_BYTES_MAX ? STORE_BYTES_MAX : bytes;
	t.cached_load_ns = load_ns(cached, NULL);
	t.caches_show = slower(load_ns(cached, cached), load_ns(cached, cached + LINE_BYTES));
	t.load_ns = load_ns(p, NULL);
	if (probe->write) {
		store_mib_s(cached, bytes);
		t.cached_store_mib_s = store_mib_s(cached, bytes);
		t.store_mib_s = store_mib_s(p, bytes);
	}
	munmap(cached, STORE_BYTES_MAX);
	return t;
}

void probe_measure(struct probe *probe)
{
	struct probe_times times = {0};
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS_MAX);
		times = measure(probe);
		_exit(write(ends[1], &times, sizeof(times)) == sizeof(times) ? 0 : 1);
	}
	close(ends[1]);
	if (pid > 0 && read(ends[0], &times, sizeof(times)) == sizeof(times))
		probe->times = times;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
}
