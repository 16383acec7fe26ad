/* SPDX-License-Identifier: BSD-2-Clause */
#include "budget.h"

#include <stdlib.h>

static bool take(struct check_budget *budget, size_t bytes)
{
	size_t used = atomic_load(&budget->used_bytes), peak;

	do {
		if (bytes > budget->limit_bytes || used > budget->limit_bytes - bytes)
			return false;
	} while (!atomic_compare_exchange_weak(&budget->used_bytes, &used, used + bytes));
	peak = atomic_load(&budget->peak_bytes);
	while (peak < used + bytes &&
	       !atomic_compare_exchange_weak(&budget->peak_bytes, &peak, used + bytes))
		;
	return true;
}

void *check_budget_resize(struct check_budget *budget, void *memory, size_t from, size_t to)
{
	void *moved;

	if (to > from && !take(budget, to - from))
		return NULL;
	moved = realloc(memory, to);
	if (!moved && to > from)
		atomic_fetch_sub(&budget->used_bytes, to - from);
	if (moved && to < from)
		atomic_fetch_sub(&budget->used_bytes, from - to);
	return moved;
}

void check_budget_release(struct check_budget *budget, void *memory, size_t bytes)
{
	if (!memory)
		return;
	free(memory);
	atomic_fetch_sub(&budget->used_bytes, bytes);
}
