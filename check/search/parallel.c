/* SPDX-License-Identifier: BSD-2-Clause */
#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

struct crew {
	check_work_fn *work;
	void *arg;
	uint32_t items;
	_Atomic uint32_t next, done;
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	unsigned int idle; /* threads that have ended; under lock */
};

struct member {
	struct crew *crew;
	unsigned int worker;
	pthread_t thread;
};

static void toil(struct crew *crew, unsigned int worker)
{
	for (;;) {
		uint32_t item = atomic_fetch_add(&crew->next, 1);

		if (item >= crew->items)
			return;
		crew->work(crew->arg, worker, item);
		atomic_fetch_add(&crew->done, 1);
	}
}

static void *thread(void *arg)
{
	struct member *member = arg;
	struct crew *crew = member->crew;

	toil(crew, member->worker);
	pthread_mutex_lock(&crew->lock);
	crew->idle++;
	pthread_cond_signal(&crew->all_done);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static void wait_for(struct crew *crew, unsigned int threads, check_progress_fn *progress,
		     void *progress_arg)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->idle < threads) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&crew->all_done, &crew->lock, &until);
		if (progress)
			progress(progress_arg, atomic_load(&crew->done), crew->items);
	}
	pthread_mutex_unlock(&crew->lock);
}

void check_parallel(unsigned int workers, uint32_t items, check_work_fn *work, void *arg,
		    check_progress_fn *progress, void *progress_arg)
{
	struct member member[CHECK_WORKERS_MAX];
	struct crew crew = {.work = work, .arg = arg, .items = items};
	unsigned int threads = 0;

	if (workers > CHECK_WORKERS_MAX)
		workers = CHECK_WORKERS_MAX;
	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.all_done, NULL);
	while (threads < workers) {
		member[threads] = (struct member){.crew = &crew, .worker = threads};
		if (pthread_create(&member[threads].thread, NULL, thread, &member[threads]) != 0)
			break;
		threads++;
	}
	if (threads == 0)
		toil(&crew, 0);
	wait_for(&crew, threads, progress, progress_arg);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(member[i].thread, NULL);
	pthread_cond_destroy(&crew.all_done);
	pthread_mutex_destroy(&crew.lock);
}
