/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SEARCH_BUDGET_H
#define CHECK_SEARCH_BUDGET_H
/* Memory that is counted. */
#include "search.h"

/* Resize @memory from @from to @to bytes; NULL and nothing changed when that is too much. */
void *check_budget_resize(struct check_budget *budget, void *memory, size_t from, size_t to);
void check_budget_release(struct check_budget *budget, void *memory, size_t bytes);

#endif
