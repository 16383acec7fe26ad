/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SEARCH_PARALLEL_H
#define CHECK_SEARCH_PARALLEL_H
/* Independent pieces of work, shared out to threads. */
#include <stdint.h>

/* Work item @item of [0, items) on thread @worker. */
typedef void check_work_fn(void *arg, unsigned int worker, uint32_t item);
/* Called about ten times a second by the thread that waits. */
typedef void check_progress_fn(void *arg, uint32_t done, uint32_t items);

#define CHECK_WORKERS_MAX 16

/**
 * check_parallel() - do every item, on up to @workers threads
 * @progress: NULL: silent
 *
 * Which thread does which item is chance; results that are written per item are not. Falls back to
 * the calling thread when no other can be made.
 */
void check_parallel(unsigned int workers, uint32_t items, check_work_fn *work, void *arg,
		    check_progress_fn *progress, void *progress_arg);

#endif
