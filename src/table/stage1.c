/* SPDX-License-Identifier: BSD-2-Clause */
#include "table/stage1.h"

#define LEVELS 4u
#define INDEX_BITS 9u
#define INDEX_COUNT (1u << INDEX_BITS)

#define DESC_VALID UINT64_C(0x1)
#define DESC_TABLE UINT64_C(0x2) /* levels 0 to 2: a table; level 3: a page */
#define DESC_ADDR UINT64_C(0x0000fffffffff000)

#define LEAF_ATTR_SHIFT 2
#define LEAF_ATTR_MASK UINT64_C(0x7)
#define LEAF_AP_RES1 (UINT64_C(1) << 6)
#define LEAF_READ_ONLY (UINT64_C(1) << 7)
#define LEAF_INNER (UINT64_C(3) << 8) /* Device and NC are outer shareable whatever it says */
#define LEAF_ACCESSED (UINT64_C(1) << 10)
#define LEAF_XN (UINT64_C(1) << 54)

#define TCR_RES1 ((UINT64_C(1) << 31) | (UINT64_C(1) << 23))
#define TCR_T0SZ ((uint64_t)(64 - MEZZO_STAGE1_VA_BITS))
#define TCR_WALK_WB ((UINT64_C(1) << 8) | (UINT64_C(1) << 10)) /* IRGN0, ORGN0 */
#define TCR_SH0_INNER (UINT64_C(3) << 12)
#define TCR_PS_SHIFT 16

/* Where a leaf goes. */
struct place {
	struct mezzo_stage1_entry *entry;
	unsigned int level;
};

static unsigned int level_shift(unsigned int level)
{
	return MEZZO_PAGE_SHIFT + INDEX_BITS * (LEVELS - 1 - level);
}

static uint64_t level_bytes(unsigned int level)
{
	return UINT64_C(1) << level_shift(level);
}

static bool is_table(struct mezzo_stage1_entry entry, unsigned int level)
{
	const uint64_t bits = DESC_VALID | DESC_TABLE;

	return level < LEVELS - 1 && (entry.bits & bits) == bits;
}

static struct mezzo_stage1_entry read_entry(const struct mezzo_stage1_entry *entry)
{
	struct mezzo_stage1_entry value = {__atomic_load_n(&entry->bits, __ATOMIC_RELAXED)};

	return value;
}

static struct mezzo_stage1_entry *entry_at(void *table, uint64_t va, unsigned int level)
{
	struct mezzo_stage1_entry *entries = table;

	return &entries[(va >> level_shift(level)) & (INDEX_COUNT - 1)];
}

static void *next_table(const struct mezzo_stage1 *map, struct mezzo_stage1_entry entry)
{
	return (void *)(uintptr_t)((entry.bits & DESC_ADDR) + map->table_offset);
}

static int build_table(struct mezzo_stage1 *map, struct mezzo_stage1_entry *entry)
{
	struct mezzo_stage1_entry value;
	void *table = map->alloc(map->ctx);

	if (!table)
		return MEZZO_ERR_NOMEM;
	value.bits = ((uint64_t)(uintptr_t)table - map->table_offset) | DESC_VALID | DESC_TABLE;
	mezzo_stage1_write(entry, value);
	return MEZZO_OK;
}

static bool range_valid(uint64_t start, uint64_t bytes)
{
	const uint64_t limit = UINT64_C(1) << MEZZO_STAGE1_VA_BITS;

	return bytes && !((start | bytes) & (MEZZO_PAGE_BYTES - 1)) && start < limit &&
	       bytes <= limit - start;
}

static bool attr_valid(struct mezzo_stage1_attr attr)
{
	if (attr.type >= MEZZO_STAGE1_TYPES)
		return false;
	return !attr.executable || (attr.type == MEZZO_STAGE1_NORMAL_WB && !attr.writable);
}

static bool leaf_fits(unsigned int level, uint64_t va, uint64_t pa, uint64_t bytes)
{
	const uint64_t size = level_bytes(level);

	return level > 0 && !((va | pa) & (size - 1)) && bytes >= size;
}

/* The empty entry for the largest leaf that can start at @va; builds what is missing above it. */
static int find_place(struct mezzo_stage1 *map, uint64_t va, uint64_t pa, uint64_t bytes,
		      struct place *place)
{
	void *table = map->root;

	for (unsigned int level = 0;; level++) {
		struct mezzo_stage1_entry *entry = entry_at(table, va, level);
		struct mezzo_stage1_entry value = read_entry(entry);

		if (!is_table(value, level)) {
			if (value.bits)
				return MEZZO_ERR_EXISTS;
			if (leaf_fits(level, va, pa, bytes)) {
				*place = (struct place){entry, level};
				return MEZZO_OK;
			}
			if (build_table(map, entry))
				return MEZZO_ERR_NOMEM;
			value = read_entry(entry);
		}
		table = next_table(map, value);
	}
}

int mezzo_stage1_map(struct mezzo_stage1 *map, uint64_t va, struct mezzo_pa pa, uint64_t bytes,
		     struct mezzo_stage1_attr attr)
{
	const uint64_t offset = pa.addr - va;
	const uint64_t end = va + bytes;
	struct place place;
	int status;

	if (!range_valid(va, bytes) || !range_valid(pa.addr, bytes) || !attr_valid(attr))
		return MEZZO_ERR_INVALID;
	for (uint64_t at = va; at < end; at += level_bytes(place.level)) {
		status = find_place(map, at, at + offset, end - at, &place);
		if (status)
			return status;
	}
	/* Nothing below can fail: every table stands and every leaf's place is empty. */
	for (uint64_t at = va; at < end; at += level_bytes(place.level)) {
		status = find_place(map, at, at + offset, end - at, &place);
		if (status)
			return status;
		pa.addr = at + offset;
		mezzo_stage1_write(place.entry, mezzo_stage1_encode(pa, place.level, attr));
	}
	return MEZZO_OK;
}

/* The entry that ends the walk for @va: a leaf or an empty one. */
static struct place find_end(const struct mezzo_stage1 *map, uint64_t va)
{
	void *table = map->root;

	for (unsigned int level = 0;; level++) {
		struct mezzo_stage1_entry *entry = entry_at(table, va, level);
		struct mezzo_stage1_entry value = read_entry(entry);

		if (!is_table(value, level))
			return (struct place){entry, level};
		table = next_table(map, value);
	}
}

/* Does a leaf cover both @va and the byte before it? */
static bool leaf_crosses(const struct mezzo_stage1 *map, uint64_t va)
{
	struct place place;

	if (va >> MEZZO_STAGE1_VA_BITS)
		return false;
	place = find_end(map, va);
	return read_entry(place.entry).bits && (va & (level_bytes(place.level) - 1));
}

int mezzo_stage1_unmap(struct mezzo_stage1 *map, uint64_t va, uint64_t bytes)
{
	const uint64_t end = va + bytes;

	if (!range_valid(va, bytes))
		return MEZZO_ERR_INVALID;
	if (leaf_crosses(map, va) || leaf_crosses(map, end))
		return MEZZO_ERR_LIVE;
	while (va < end) {
		const struct mezzo_stage1_entry none = {0};
		struct place place = find_end(map, va);

		if (read_entry(place.entry).bits)
			mezzo_stage1_write(place.entry, none);
		va = (va | (level_bytes(place.level) - 1)) + 1;
	}
	return MEZZO_OK;
}

int mezzo_stage1_lookup(const struct mezzo_stage1 *map, uint64_t va, struct mezzo_stage1_leaf *leaf)
{
	struct place place;
	uint64_t bits;

	if (va >> MEZZO_STAGE1_VA_BITS)
		return MEZZO_ERR_INVALID;
	place = find_end(map, va);
	bits = read_entry(place.entry).bits;
	if (!(bits & DESC_VALID))
		return MEZZO_ERR_NOENT;
	leaf->pa.addr = (bits & DESC_ADDR) | (va & (level_bytes(place.level) - 1));
	leaf->level = (uint8_t)place.level;
	leaf->attr.type = (uint8_t)((bits >> LEAF_ATTR_SHIFT) & LEAF_ATTR_MASK);
	leaf->attr.writable = !(bits & LEAF_READ_ONLY);
	leaf->attr.executable = !(bits & LEAF_XN);
	return MEZZO_OK;
}

int mezzo_stage1_leaf_entry(struct mezzo_stage1 *map, uint64_t va, unsigned int level,
			    struct mezzo_stage1_entry **entry)
{
	void *table = map->root;

	if (level < 2 || level >= LEVELS || (va & (level_bytes(level) - 1)) ||
	    va >> MEZZO_STAGE1_VA_BITS)
		return MEZZO_ERR_INVALID;
	for (unsigned int at = 0; at < level; at++) {
		struct mezzo_stage1_entry *above = entry_at(table, va, at);

		if (!read_entry(above).bits && build_table(map, above))
			return MEZZO_ERR_NOMEM;
		if (!is_table(read_entry(above), at))
			return MEZZO_ERR_EXISTS;
		table = next_table(map, read_entry(above));
	}
	*entry = entry_at(table, va, level);
	return is_table(read_entry(*entry), level) ? MEZZO_ERR_EXISTS : MEZZO_OK;
}

struct mezzo_stage1_entry mezzo_stage1_encode(struct mezzo_pa pa, unsigned int level,
					      struct mezzo_stage1_attr attr)
{
	struct mezzo_stage1_entry entry;

	entry.bits = (pa.addr & DESC_ADDR) | DESC_VALID | LEAF_AP_RES1 | LEAF_INNER |
		     LEAF_ACCESSED | (uint64_t)attr.type << LEAF_ATTR_SHIFT;
	if (level == LEVELS - 1)
		entry.bits |= DESC_TABLE;
	if (!attr.writable)
		entry.bits |= LEAF_READ_ONLY;
	if (!attr.executable)
		entry.bits |= LEAF_XN;
	return entry;
}

uint64_t mezzo_stage1_tcr(unsigned int pa_bits)
{
	static const uint8_t size[] = {32, 36, 40, 42, 44, 48};
	uint64_t ps = 0;

	while (ps + 1 < sizeof(size) && size[ps] < pa_bits)
		ps++;
	return TCR_RES1 | TCR_T0SZ | TCR_WALK_WB | TCR_SH0_INNER | ps << TCR_PS_SHIFT;
}
