/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TYPES_H
#define MEZZO_TYPES_H
/*
 * Addresses, sizes and small helpers that everything else is written in.
 *
 * Address spaces are one-field structs, so that the compiler refuses to mix a guest's address with
 * the machine's. Ranges are half open: [start, start + pages). Sizes carry their unit in the name
 * (_pages, _bytes) or are an `order`: the base-2 logarithm of a number of 4 KiB pages.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A guest's physical address (Arm: IPA, x86: GPA). */
struct mezzo_ipa {
	uint64_t addr;
};

/* A physical address of the machine. */
struct mezzo_pa {
	uint64_t addr;
};

#define MEZZO_PAGE_SHIFT 12
#define MEZZO_PAGE_BYTES (UINT64_C(1) << MEZZO_PAGE_SHIFT)

/* The leaf sizes of a 4 KiB granule, as orders. What a table has: struct mezzo_table.orders. */
#define MEZZO_ORDER_4K 0
#define MEZZO_ORDER_2M 9
#define MEZZO_ORDER_1G 18
#define MEZZO_ORDER_MAX 30 /* 4 TiB: the largest of any table */

static inline uint64_t mezzo_order_bytes(unsigned int order)
{
	return MEZZO_PAGE_BYTES << order;
}

static inline uint64_t mezzo_order_pages(unsigned int order)
{
	return UINT64_C(1) << order;
}

/* Every function that can fail or owes something is marked: its result must be looked at. */
#define MEZZO_MUST_CHECK __attribute__((warn_unused_result))

#endif
