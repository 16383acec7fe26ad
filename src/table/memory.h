/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_MEMORY_H
#define MEZZO_TABLE_MEMORY_H
/* Memory of tables, the same for every format: stocks, and tables that wait to be freed. */
#include <mezzo/arch.h>

/* As in struct mezzo_table_ops. */
int mezzo_table_stock_fill(struct mezzo_table *table, struct mezzo_stock *stock);
void mezzo_table_stock_drain(struct mezzo_table *table, struct mezzo_stock *stock);
void mezzo_table_reclaim(struct mezzo_table *table);

/*
 * Put a table that nothing leads to any more, in memory or in a TLB, on the retired list. Walkers
 * that are still inside find nothing that they could claim.
 */
void mezzo_table_retire(struct mezzo_table *table, void *entries);

/* Free a table that was in the tree. */
void mezzo_table_free(struct mezzo_table *table, void *entries);

#endif
