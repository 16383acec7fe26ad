/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TABLE_ORACLE_H
#define TEST_TABLE_ORACLE_H
/*
 * What a table should say, as a flat array of pages of its granule; and a TLB that forgets nothing
 * unless it is told to. What may be cached of a page is remembered with the leaf it came from: by
 * itself, and as part of a group. An invalidation with the wrong level hint does not remove it.
 */
#include "table_rig.h"

#define ORACLE_BYTES (UINT64_C(2) << 30)
#define ORACLE_FORGOTTEN 64
#define ORDER_NONE 0xff

struct oracle_page {
	uint64_t pa;            /* of the page */
	struct mezzo_attr attr; /* of the leaf: what was noted in any part of it */
	uint8_t state, order;   /* of the leaf */
	/* What a TLB may hold of it: the order of the leaf it came from, and may it write? */
	uint8_t cached;
	bool single, group; /* as one entry, as a group */
	bool writable, combined;
};

struct oracle {
	struct rig rig; /* first: a platform's operation is given either */
	const struct rig_geometry *geometry;
	uint64_t seed;
	uint64_t base;      /* IPA of the first page */
	unsigned int shift; /* of a page, in bytes */
	uint64_t pages;
	struct oracle_page *page;
	/* Ranges that TLB invalidations reached in this step. */
	struct {
		uint64_t first, end;
	} forgotten[ORACLE_FORGOTTEN];
	unsigned int forgotten_count;
};

/* @page: room for ORACLE_BYTES of 4 KiB pages. The table lies at a random place of its space. */
void oracle_open(struct oracle *o, const struct rig_geometry *geometry,
		 const struct rig_options *options);
void oracle_close(struct oracle *o);

uint64_t oracle_random(struct oracle *o);
uint64_t oracle_below(struct oracle *o, uint64_t limit);

struct mezzo_ipa oracle_ipa(const struct oracle *o, uint64_t page);
uint64_t oracle_number(const struct oracle *o, struct mezzo_ipa ipa);
/* Pages of the array that a leaf of @order covers, and the first of the one around @page. */
uint64_t oracle_span(const struct oracle *o, unsigned int order);
uint64_t oracle_first(const struct oracle *o, uint64_t page, unsigned int order);
/* In 4 KiB pages, as operations want it. */
uint64_t oracle_pages(const struct oracle *o, uint64_t count);
/* Does a leaf reach over the edge before @page? */
bool oracle_crosses(const struct oracle *o, uint64_t page);

/* A TLB may hold again whatever is mapped and was forgotten in this step. */
void oracle_refill(struct oracle *o);
/* It may hold the leaf that is there now. */
void oracle_cache(struct oracle_page *page, const struct oracle *o);
/* No TLB holds anything of it: the break is complete. */
void oracle_expect_forgotten(const struct oracle *o, uint64_t first, uint64_t count);

/* Every page of the range, and those beside it, is what lookup says. */
void oracle_expect(struct oracle *o, uint64_t first, uint64_t count);

/* What split and collapse do to the orders of leaves. */
void oracle_split(struct oracle *o, uint64_t page, unsigned int order);
/* May a leaf of @order be there? It is made then. */
bool oracle_collapse(struct oracle *o, uint64_t page, unsigned int order);

#endif
