/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_WALK_OPS_H
#define MEZZO_TABLE_WALK_OPS_H
/* All of the walker's template, for a format that is included before it. */
#include "table/walk_collapse.h"
#include "table/walk_enter.h"
#include "table/walk_fini.h"
#include "table/walk_inspect.h"
#include "table/walk_narrow.h"
#include "table/walk_settle.h"
#include "table/walk_split.h"
#include "table/walk_unmap.h"

/* Every operation but init, which is the format's: it knows the tree's shape. */
#define WALK_OPS                                                                                   \
	.fini = fini, .lookup = lookup, .stock_fill = mezzo_table_stock_fill,                      \
	.stock_drain = mezzo_table_stock_drain, .claim = claim, .encode = encode, .enter = enter,  \
	.publish = publish, .abandon = abandon, .map = map, .hold = hold, .unmap = unmap,          \
	.hold_page = hold_page, .open_page = open_page, .settle = settle, .protect = protect,      \
	.collect = collect, .age = age, .split = split, .collapse = collapse,                      \
	.reclaim = mezzo_table_reclaim, .inspect = inspect

#endif
