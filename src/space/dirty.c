/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dirty logs. A bit is cleared first, and then its page write-protected; a fault that makes the
 * page writable sets the bit while it holds the entry, for which the protecting waits. So the bit
 * is set, or the page is protected. The operations on bits are sequentially consistent, as are
 * those that take entries and look for them: none may slip before the other.
 *
 * Where the hardware notes writes it is the other way round: a fault makes the page writable and
 * noted, and sets no bit. Notes become bits under the space's lock, when they are collected and when
 * an entry goes. So what was noted is collected first, and then bits are cleared.
 */
#include "internal.h"

#define WORD_PAGES 64

/* --- which pages ------------------------------------------------------------------------------- */

int log_find(const struct mezzo_space *space, uint32_t id, struct mezzo_slot **slot,
	     struct mezzo_refusal *why)
{
	*slot = slot_by_id(space, id);
	if (!*slot) {
		(void)slot_refuse_unknown(id, why);
		return MEZZO_ERR_NOENT;
	}
	if (!slot_logs(&(*slot)->config))
		return refuse(why, MEZZO_ERR_NOENT, MEZZO_WHY_SLOT_NOT_LOGGING, MEZZO_FIELD_FLAGS,
			      (*slot)->config.flags,
			      (*slot)->config.flags | MEZZO_SLOT_FLAG_LOG_DIRTY);
	return MEZZO_OK;
}

static uint64_t below_word(uint64_t page)
{
	return page & ~(uint64_t)(WORD_PAGES - 1);
}

static int refuse_first(uint64_t first, uint64_t want, struct mezzo_refusal *why)
{
	return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_FIRST_PAGE, first,
		      below_word(want));
}

/* A range of the log: in whole words, but for the slot's last. */
static int check_range(const struct mezzo_slot *slot, uint64_t first, uint64_t pages,
		       struct mezzo_refusal *why)
{
	const uint64_t have = slot->config.pages, left = have - first;

	if (first > have)
		return refuse_first(first, have, why);
	if (pages > left || (pages < left && pages % WORD_PAGES))
		return refuse(why, MEZZO_ERR_INVALID, MEZZO_WHY_LOG_RANGE, MEZZO_FIELD_PAGES, pages,
			      pages > left ? left : below_word(pages));
	return MEZZO_OK;
}

/* The bits of the range in its word @word. */
static uint64_t bits_of(uint64_t pages, uint64_t word)
{
	const uint64_t left = pages - word * WORD_PAGES;

	return left < WORD_PAGES ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
}

void log_mark(const struct mezzo_slot *slot, uint64_t first, uint64_t pages)
{
	const uint64_t end = first + pages;

	while (first < end) {
		const uint64_t word = first / WORD_PAGES, stop = below_word(first) + WORD_PAGES;
		uint64_t bits = UINT64_MAX << first % WORD_PAGES;

		if (stop > end)
			bits &= UINT64_MAX >> (stop - end);
		atomic_fetch_or(&slot->config.bitmap[word], bits);
		first = stop;
	}
}

void log_mark_part(const struct mezzo_slot *slot, uint64_t ipa, uint64_t pages)
{
	const uint64_t start = slot->config.ipa.addr, end = ipa + pages_to_bytes(pages);
	const uint64_t first = ipa > start ? ipa : start;
	const uint64_t stop = end < slot_end(slot) ? end : slot_end(slot);

	if (first < stop)
		log_mark(slot, bytes_to_pages(first - start), bytes_to_pages(stop - first));
}

/* --- making clean ------------------------------------------------------------------------------ */

/* Walking over so many pages that are clean already costs less than another walk. */
#define SWEEP_GAP 16

static void noted(void *arg, struct mezzo_ipa ipa, uint64_t pages)
{
	const struct mezzo_slot *slot = arg;

	log_mark_part(slot, ipa.addr, pages);
}

static void sweep_run(struct sweep *sweep)
{
	struct mezzo_table *table = &sweep->space->table;
	const struct mezzo_slot *slot = sweep->slot;
	const struct mezzo_ipa ipa = {slot->config.ipa.addr + pages_to_bytes(sweep->first)};
	const uint64_t pages = sweep->end - sweep->first;

	if (hardware_logs(sweep->space))
		table->ops->collect(table, ipa, pages, MEZZO_COLLECT_CLEAN, noted, (void *)slot,
				    &sweep->flush);
	else
		table->ops->protect(table, ipa, pages, false, &sweep->flush);
}

void sweep_pages(struct sweep *sweep, const struct mezzo_slot *slot, uint64_t first, uint64_t pages)
{
	if (sweep->slot == slot && first >= sweep->first && first <= sweep->end + SWEEP_GAP) {
		if (first + pages > sweep->end)
			sweep->end = first + pages;
		return;
	}
	if (sweep->slot)
		sweep_run(sweep);
	sweep->slot = slot;
	sweep->first = first;
	sweep->end = first + pages;
}

uint64_t sweep_end(struct sweep *sweep)
{
	struct mezzo_space *space = sweep->space;
	uint64_t pages;

	if (!sweep->slot)
		return 0;
	sweep_run(sweep);
	pages = sweep->flush.pages;
	if (pages)
		space->table.ops->settle(&space->table, &sweep->flush, NULL, NULL);
	return pages;
}

/* --- bitmaps ----------------------------------------------------------------------------------- */

/* What the hardware noted so far, into the bitmap. */
static void collect_notes(struct mezzo_space *space, const struct mezzo_slot *slot, uint64_t first,
			  uint64_t pages)
{
	struct mezzo_table *table = &space->table;
	const struct mezzo_ipa ipa = {slot->config.ipa.addr + pages_to_bytes(first)};
	struct mezzo_flush flush = {0};

	table->ops->collect(table, ipa, pages, MEZZO_COLLECT_REARM, noted, (void *)slot, &flush);
	table->ops->settle(table, &flush, NULL, NULL);
}

static void copy_bits(const struct mezzo_slot *slot, uint64_t first, uint64_t pages, uint64_t *bits)
{
	_Atomic uint64_t *from = slot->config.bitmap + first / WORD_PAGES;

	for (uint64_t i = 0; i < MEZZO_DIRTY_WORDS(pages); i++)
		bits[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
}

static void sweep_word(struct sweep *sweep, const struct mezzo_slot *slot, uint64_t first,
		       uint64_t dirty)
{
	while (dirty) {
		const unsigned int start = (unsigned int)__builtin_ctzll(dirty);
		const uint64_t rest = ~(dirty >> start);
		const unsigned int count = rest ? (unsigned int)__builtin_ctzll(rest) : WORD_PAGES;

		sweep_pages(sweep, slot, first + start, count);
		if (start + count >= WORD_PAGES)
			break;
		dirty &= UINT64_MAX << (start + count);
	}
}

/* Clear the bits of one word that are wanted and set. Returns them. */
static uint64_t take_word(_Atomic uint64_t *word, uint64_t wanted)
{
	if (!(atomic_load_explicit(word, memory_order_relaxed) & wanted))
		return 0;
	return atomic_fetch_and(word, ~wanted) & wanted;
}

/* Pages of a log: those of @wanted, or all. What is cleared goes to @taken, unless NULL. */
struct clearing {
	const struct mezzo_slot *slot;
	uint64_t first, pages;
	const uint64_t *wanted;
	uint64_t *taken;
};

static uint64_t wanted_in(const struct clearing *c, uint64_t word)
{
	return (c->wanted ? c->wanted[word] : UINT64_MAX) & bits_of(c->pages, word);
}

/* Clear the bits of one word. Returns those that were set. */
static uint64_t clear_word(const struct clearing *c, uint64_t i)
{
	const uint64_t want = wanted_in(c, i);
	const uint64_t dirty =
		want ? take_word(&c->slot->config.bitmap[c->first / WORD_PAGES + i], want) : 0;

	if (c->taken)
		c->taken[i] = dirty;
	return dirty;
}

/* The hardware notes writes: its notes come first. */
static void clear_noted(struct mezzo_space *space, const struct clearing *c)
{
	struct sweep sweep = {.space = space};

	for (uint64_t i = 0; i < MEZZO_DIRTY_WORDS(c->pages); i++)
		sweep_word(&sweep, c->slot, c->first + i * WORD_PAGES, wanted_in(c, i));
	sweep_end(&sweep);
	for (uint64_t i = 0; i < MEZZO_DIRTY_WORDS(c->pages); i++)
		clear_word(c, i);
}

static void clear_pages(struct mezzo_space *space, const struct clearing *c)
{
	struct sweep sweep = {.space = space};

	if (hardware_logs(space)) {
		clear_noted(space, c);
		return;
	}
	for (uint64_t i = 0; i < MEZZO_DIRTY_WORDS(c->pages); i++)
		sweep_word(&sweep, c->slot, c->first + i * WORD_PAGES, clear_word(c, i));
	sweep_end(&sweep);
}

/* --- the calls --------------------------------------------------------------------------------- */

/* The slot, with the space's lock, if the range is one of its log; nothing is locked otherwise. */
static int lock_range(struct mezzo_space *space, uint32_t id, uint64_t first, uint64_t pages,
		      struct mezzo_slot **slot, struct mezzo_refusal *why)
{
	const struct mezzo_platform *platform = space->config.platform;
	int status;

	if (first % WORD_PAGES)
		return refuse_first(first, first, why);
	platform->lock(platform->ctx, &space->lock);
	status = log_find(space, id, slot, why);
	if (!status)
		status = check_range(*slot, first, pages, why);
	if (status)
		platform->unlock(platform->ctx, &space->lock);
	return status;
}

static void unlock(struct mezzo_space *space)
{
	const struct mezzo_platform *platform = space->config.platform;

	platform->unlock(platform->ctx, &space->lock);
}

int mezzo_dirty_get(struct mezzo_space *space, uint32_t id, uint64_t first_page, uint64_t pages,
		    uint64_t *bits, struct mezzo_refusal *why)
{
	struct mezzo_slot *slot;
	int status = lock_range(space, id, first_page, pages, &slot, why);

	if (status)
		return status;
	if (hardware_logs(space))
		collect_notes(space, slot, first_page, pages);
	copy_bits(slot, first_page, pages, bits);
	unlock(space);
	return MEZZO_OK;
}

int mezzo_dirty_clear(struct mezzo_space *space, uint32_t id, uint64_t first_page, uint64_t pages,
		      const uint64_t *bits, struct mezzo_refusal *why)
{
	struct mezzo_slot *slot;
	int status = lock_range(space, id, first_page, pages, &slot, why);

	if (status)
		return status;
	clear_pages(space, &(struct clearing){slot, first_page, pages, bits, NULL});
	unlock(space);
	return MEZZO_OK;
}

int mezzo_dirty_take(struct mezzo_space *space, uint32_t id, uint64_t first_page, uint64_t pages,
		     uint64_t *bits, struct mezzo_refusal *why)
{
	struct mezzo_slot *slot;
	int status = lock_range(space, id, first_page, pages, &slot, why);

	if (status)
		return status;
	clear_pages(space, &(struct clearing){slot, first_page, pages, NULL, bits});
	unlock(space);
	return MEZZO_OK;
}

int mezzo_dirty_mark(struct mezzo_space *space, struct mezzo_ipa ipa, uint64_t pages)
{
	const struct mezzo_platform *platform = space->config.platform;
	uint64_t end;

	if (!range_is_valid(space, ipa, pages))
		return MEZZO_ERR_INVALID;
	end = ipa.addr + pages_to_bytes(pages);
	platform->lock(platform->ctx, &space->lock);
	for (struct mezzo_slot *slot = slot_first(space, ipa.addr, end); slot;
	     slot = slot_next(space, slot, end))
		if (slot_logs(&slot->config))
			log_mark_part(slot, ipa.addr, pages);
	platform->unlock(platform->ctx, &space->lock);
	return MEZZO_OK;
}
