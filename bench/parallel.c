/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two vCPUs fault in one space, in one object, at the same time; beside a control that shares
 * nothing: two spaces with an object each. What counts is how much a second thread brings, in both:
 * work per second of two threads over that of one.
 *
 * Time is each thread's CPU time, so that a busy machine disturbs less; `parallel_overlap` says for
 * how much of it both ran: only then they can be in each other's way.
 *
 * bench/parallel [FILE]: writes FILE, or build/bench/parallel.json.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#include "measure.h"

#define THREADS 2u
#define PAGES (UINT64_C(1) << 17) /* of each thread: 512 MiB in pages of 4 KiB */
#define IPA UINT64_C(0x40000000)
#define PA UINT64_C(0x100000000)
#define RUNS 9
#define ATTEMPTS 8
#define OVERLAP 0.9

struct guest {
	struct mezzo_hosted hosted;
	struct mezzo_platform platform;
	struct mezzo_space space;
	struct mezzo_slot slots[1];
	struct mezzo_index_node nodes[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpus[THREADS];
	struct mezzo_record_cell records[256];
	struct mezzo_pool pool;
	void *state;
};

struct worker {
	_Alignas(128) struct guest *guest;
	uint32_t vcpu;
	uint64_t first; /* page */
	_Atomic unsigned int *ready;
	unsigned int wait_for;
	double seconds, began, ended;
};

/* The hosted platform counts in lines that threads share; real barriers share nothing. */
static void barrier(void *ctx, enum mezzo_barrier which)
{
	(void)ctx;
	(void)which;
	atomic_signal_fence(memory_order_seq_cst);
}

static void open_guest(struct guest *g, bool recorded)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &g->platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.slots = g->slots,
		.index = g->nodes,
		.max_slots = 1,
		.vcpus = g->vcpus,
		.max_vcpus = THREADS,
		.records = recorded ? g->records : NULL,
		.max_records = recorded ? 256 : 0,
	};
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	const struct mezzo_slot_config slot = {.ipa = {IPA},
					       .pages = THREADS * PAGES,
					       .object = &g->pool.object};
	struct mezzo_refusal why;
	void *state = g->state;

	memset(g, 0, sizeof(*g));
	g->state = state;
	contract.max_order = MEZZO_ORDER_4K;
	contract.promise = (struct mezzo_frame_state){0};
	must(mezzo_hosted_init(&g->hosted, NULL) == MEZZO_OK, "platform");
	g->platform = g->hosted.platform;
	g->platform.barrier = barrier;
	must(mezzo_space_init(&g->space, &config) == MEZZO_OK, "space");
	must(mezzo_pool_init(&g->pool, &g->platform, &contract, (struct mezzo_pa){PA},
			     THREADS * PAGES, g->state) == MEZZO_OK &&
		     mezzo_slot_create(&g->space, &slot, &why) == MEZZO_OK,
	     "slot");
}

static void close_guest(struct guest *g)
{
	int status;

	for (uint32_t i = 0; i < THREADS; i++)
		g->space.table.ops->stock_drain(&g->space.table, &g->vcpus[i].stock);
	do
		status = mezzo_slot_delete(&g->space, 0, NULL);
	while (status == MEZZO_ERR_AGAIN);
	must(status == MEZZO_OK && mezzo_space_fini(&g->space) == MEZZO_OK, "fini");
}

static double wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	double start;

	atomic_fetch_add(w->ready, 1);
	while (atomic_load(w->ready) < w->wait_for)
		;
	w->began = wall();
	start = measure_now();
	for (uint64_t page = w->first; page < w->first + PAGES; page++) {
		const struct mezzo_fault_info info = {.ipa = {IPA + page * MEZZO_PAGE_BYTES},
						      .access = MEZZO_ACCESS_READ};
		struct mezzo_fault_result result;

		must(mezzo_space_fault(&w->guest->space, w->vcpu, &info, &result) == MEZZO_OK &&
			     result.outcome == MEZZO_GRANT && !result.retry,
		     "fault");
	}
	w->seconds = measure_now() - start;
	w->ended = wall();
	return NULL;
}

/* Of one run. */
struct run {
	double seconds, overlap;
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* @threads of them fault, each in its half: in one guest or in one each. */
static struct run fault(struct guest *guests, unsigned int threads, bool shared, bool recorded)
{
	struct worker worker[THREADS] = {0};
	pthread_t thread[THREADS];
	_Atomic unsigned int ready = 0;
	struct run run = {0};

	for (unsigned int i = 0; i < (shared ? 1 : threads); i++)
		open_guest(&guests[i], recorded);
	for (unsigned int i = 0; i < threads; i++) {
		worker[i] = (struct worker){.guest = &guests[shared ? 0 : i],
					    .vcpu = shared ? i : 0,
					    .first = shared ? i * PAGES : 0,
					    .ready = &ready,
					    .wait_for = threads};
		must(!pthread_create(&thread[i], NULL, work, &worker[i]), "thread");
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 0; i < threads; i++)
		run.seconds = larger(run.seconds, worker[i].seconds);
	run.overlap = (smaller(worker[0].ended, worker[threads - 1].ended) -
		       larger(worker[0].began, worker[threads - 1].began)) /
		      (larger(worker[0].ended, worker[threads - 1].ended) -
		       smaller(worker[0].began, worker[threads - 1].began));
	for (unsigned int i = 0; i < (shared ? 1 : threads); i++)
		close_guest(&guests[i]);
	return run;
}

/* Both at work for most of the time, as far as the machine lets us: the best of a few attempts. */
static struct run fault_together(struct guest *guests, bool shared, bool recorded)
{
	struct run best = {0};

	for (unsigned int i = 0; i < ATTEMPTS && best.overlap < OVERLAP; i++) {
		const struct run run = fault(guests, THREADS, shared, recorded);

		if (!i || run.overlap > best.overlap)
			best = run;
	}
	return best;
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(values[0]), measure_compare);
	return values[RUNS / 2];
}

/* Everything by turns, so that what disturbs the machine disturbs all. */
static void measure(struct guest *guests, bool recorded, const char *suffix,
		    struct measure_report *report)
{
	double one[RUNS], both[RUNS], apart[RUNS], overlap[RUNS];
	double scaling, control;
	char name[64];

	for (unsigned int i = 0; i < RUNS; i++) {
		struct run run;

		one[i] = fault(guests, 1, true, recorded).seconds;
		run = fault_together(guests, true, recorded);
		both[i] = run.seconds;
		overlap[i] = run.overlap;
		apart[i] = fault_together(guests, false, recorded).seconds;
	}
	scaling = THREADS * median(one) / median(both);
	control = THREADS * one[RUNS / 2] / median(apart);
	snprintf(name, sizeof(name), "parallel_fault_one_thread%s", suffix);
	measure_write(report, name, one[RUNS / 2] / PAGES * 1e9, "ns");
	snprintf(name, sizeof(name), "parallel_fault_scaling%s", suffix);
	measure_write(report, name, scaling, "times");
	snprintf(name, sizeof(name), "control_parallel_nothing_shared%s", suffix);
	measure_write(report, name, control, "times");
	snprintf(name, sizeof(name), "parallel_fault_of_control%s", suffix);
	measure_write(report, name, 100 * scaling / control, "%");
	snprintf(name, sizeof(name), "parallel_overlap%s", suffix);
	measure_write(report, name, 100 * median(overlap), "%");
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : "build/bench/parallel.json";
	struct measure_report report;
	struct guest *guests = aligned_alloc(128, (sizeof(*guests) * THREADS + 127) / 128 * 128);

	must(guests != NULL, "start");
	for (unsigned int i = 0; i < THREADS; i++) {
		guests[i].state = malloc(mezzo_pool_state_bytes(THREADS * PAGES));
		must(guests[i].state, "memory");
	}
	measure_open(&report, file);
	measure(guests, false, "", &report);
	measure(guests, true, "_recorded", &report);
	measure_close(&report, file);
	for (unsigned int i = 0; i < THREADS; i++)
		free(guests[i].state);
	free(guests);
	return 0;
}
