/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random slot operations beside a list that knows nothing of trees: the same answers, the same
 * slots at every page, and what a refusal proposes is not refused by the same rule.
 *
 * SLOT_SEED: where to begin; the seed of a failure is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>
#include <space/internal.h>

#include "../support/index_check.h"

#define IPA_BITS 32
#define LIMIT (UINT64_C(1) << IPA_BITS)
#define PAGE MEZZO_PAGE_BYTES
#define WIDE 64 /* slots lie in the last so many pages of the space */
#define START (LIMIT - WIDE * PAGE)
#define SLOTS 8
#define IDS 11
#define OBJECTS 3
#define OBJECT_PAGES 40
#define STEPS 400
#define SEEDS 60

struct listed {
	bool used;
	struct mezzo_slot_config config;
	uint64_t dirty; /* what its log holds; no slot has more than 64 pages */
};

struct bout {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[SLOTS];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(SLOTS)];
	struct mezzo_vcpu vcpus[3];
	struct mezzo_bar object[OBJECTS];
	struct listed list[IDS]; /* by id */
	_Atomic uint64_t bitmap[IDS][2];
	unsigned int seed;
	unsigned int accepted, refused;
	unsigned int written; /* bits that were set in logs */
};

/* Of the bout under way, printed when a test fails. */
static unsigned int last_seed;

static unsigned int below(struct bout *b, unsigned int limit)
{
	return (unsigned int)rand_r(&b->seed) / 7 % limit;
}

static bool chance(struct bout *b, unsigned int one_in)
{
	return below(b, one_in) == 0;
}

/* --- what the list says ------------------------------------------------------------------------ */

struct verdict {
	int status;
	enum mezzo_reason reason;
	uint32_t slot;
};

static uint64_t pages_of(uint64_t bytes)
{
	return bytes / PAGE;
}

static struct verdict arguments(const struct mezzo_slot_config *c)
{
	if (c->flags > 7 || (c->flags & 6) == MEZZO_SLOT_FLAG_STARTS_DIRTY)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_FLAGS, 0};
	if (c->flags & MEZZO_SLOT_FLAG_LOG_DIRTY && !c->bitmap)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_LOG_NO_BITMAP, 0};
	if (!c->pages)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_EMPTY, 0};
	if (c->ipa.addr % PAGE)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_MISALIGNED, 0};
	if (c->pages >= (UINT64_C(1) << 52) - pages_of(c->ipa.addr))
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_WRAPS, 0};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
	return a < b + b_length && b < a + a_length;
}

/* The slot with the lowest address that is in the way. */
static struct verdict overlaps(const struct bout *b, const struct mezzo_slot_config *c,
			       uint32_t self)
{
	const struct mezzo_slot_config *lowest = NULL;

	for (uint32_t id = 0; id < IDS; id++) {
		const struct mezzo_slot_config *o = &b->list[id].config;

		if (b->list[id].used && id != self &&
		    overlap(pages_of(o->ipa.addr), o->pages, pages_of(c->ipa.addr), c->pages) &&
		    (!lowest || o->ipa.addr < lowest->ipa.addr))
			lowest = o;
	}
	if (lowest)
		return (struct verdict){MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_OVERLAPS, lowest->id};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static struct verdict ends(const struct mezzo_slot_config *c)
{
	if (pages_of(c->ipa.addr) + c->pages > pages_of(LIMIT))
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_IPA, 0};
	if (c->offset_pages + c->pages > OBJECT_PAGES)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_BEYOND_OBJECT, 0};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static struct verdict twice(const struct bout *b, const struct mezzo_slot_config *c)
{
	const struct mezzo_slot_config *lowest = NULL;

	for (uint32_t id = 0; id < IDS; id++) {
		const struct mezzo_slot_config *o = &b->list[id].config;

		if (b->list[id].used && o->object == c->object &&
		    overlap(o->offset_pages, o->pages, c->offset_pages, c->pages) &&
		    (!lowest || o->offset_pages < lowest->offset_pages))
			lowest = o;
	}
	if (lowest && c->object->contract.aliases == MEZZO_ALIASES_NONE)
		return (struct verdict){MEZZO_ERR_REFUSED, MEZZO_WHY_EXCLUSIVE_MAPPED_TWICE,
					lowest->id};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static struct verdict policy(const struct mezzo_slot_config *c)
{
	if (c->object->contract.dma != MEZZO_DMA_NONE && c->flags & MEZZO_SLOT_FLAG_LOG_DIRTY)
		return (struct verdict){MEZZO_ERR_REFUSED, MEZZO_WHY_DIRTY_LOG_BESIDE_DMA, 0};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static struct verdict creation(const struct bout *b, const struct mezzo_slot_config *c)
{
	struct verdict v = arguments(c);
	unsigned int used = 0;

	for (uint32_t id = 0; id < IDS; id++)
		used += b->list[id].used;
	if (!v.status && b->list[c->id].used)
		v = (struct verdict){MEZZO_ERR_EXISTS, MEZZO_WHY_SLOT_ID_IN_USE, 0};
	if (!v.status)
		v = overlaps(b, c, IDS);
	if (!v.status)
		v = ends(c);
	if (!v.status && used == SLOTS)
		v = (struct verdict){MEZZO_ERR_LIMIT, MEZZO_WHY_SLOT_LIMIT, 0};
	if (!v.status)
		v = twice(b, c);
	return v.status ? v : policy(c);
}

/* Of a log that goes on, where it is and how it began. */
static bool log_differs(const struct mezzo_slot_config *is, const struct mezzo_slot_config *to)
{
	return is->flags & to->flags & MEZZO_SLOT_FLAG_LOG_DIRTY &&
	       (((is->flags ^ to->flags) & MEZZO_SLOT_FLAG_STARTS_DIRTY) ||
		is->bitmap != to->bitmap);
}

static struct verdict alteration(const struct bout *b, const struct mezzo_slot_config *c)
{
	const struct mezzo_slot_config *is = &b->list[c->id].config;
	struct verdict v = arguments(c);

	if (!v.status && !b->list[c->id].used)
		v = (struct verdict){MEZZO_ERR_NOENT, MEZZO_WHY_SLOT_ID_UNKNOWN, 0};
	if (!v.status && (c->pages != is->pages || c->object != is->object ||
			  c->offset_pages != is->offset_pages || ((c->flags ^ is->flags) & 1) ||
			  log_differs(is, c)))
		v = (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_SLOT_FIXED, 0};
	if (!v.status)
		v = overlaps(b, c, c->id);
	if (!v.status)
		v = ends(c);
	return v.status ? v : policy(c);
}

/* --- arguments --------------------------------------------------------------------------------- */

static struct mezzo_slot_config any_config(struct bout *b)
{
	struct mezzo_slot_config c = {
		.id = below(b, IDS),
		.flags = chance(b, 20) ? below(b, 16) : below(b, 4),
		.ipa = {START + (uint64_t)below(b, WIDE) * PAGE},
		.pages = 1 + below(b, 1 + below(b, 1 + below(b, 16))),
		.object = &b->object[below(b, OBJECTS)].object,
		.offset_pages = below(b, OBJECT_PAGES),
	};

	if (!chance(b, 20))
		c.bitmap = b->bitmap[c.id];
	if (c.flags & MEZZO_SLOT_FLAG_LOG_DIRTY && chance(b, 3))
		c.flags |= MEZZO_SLOT_FLAG_STARTS_DIRTY;
	if (chance(b, 20))
		c.pages = below(b, 2) ? 0 : UINT64_MAX >> below(b, 16);
	if (chance(b, 20))
		c.ipa.addr += below(b, 4) * 0x800;
	if (chance(b, 20))
		c.ipa.addr = below(b, 2) ? LIMIT : UINT64_MAX << (12 + below(b, 4));
	if (chance(b, 20))
		c.offset_pages = below(b, 2) ? OBJECT_PAGES : UINT64_MAX >> 20;
	return c;
}

/* Something near what is there. */
static struct mezzo_slot_config near_config(struct bout *b)
{
	struct mezzo_slot_config c = any_config(b), is = b->list[c.id].config;

	if (!b->list[c.id].used)
		return c;
	switch (below(b, 8)) {
	case 0:
		is.pages += 1 + below(b, 3);
		break;
	case 1:
		is.offset_pages ^= 1;
		break;
	case 2:
		is.object = c.object;
		break;
	case 3:
		is.flags = below(b, 8);
		break;
	case 4:
		is.flags ^= MEZZO_SLOT_FLAG_LOG_DIRTY;
		is.flags &= ~MEZZO_SLOT_FLAG_STARTS_DIRTY;
		break;
	case 5:
		is.bitmap = &b->bitmap[c.id][below(b, 2)];
		break;
	default:
		is.ipa = c.ipa;
		break;
	}
	return is;
}

/* --- operations -------------------------------------------------------------------------------- */

/* What the refusal proposes, tried on the list: the rule that refused has nothing to say any more. */
static void check_proposal(const struct bout *b, struct mezzo_slot_config c, bool change,
			   const struct mezzo_refusal *why)
{
	struct verdict v;

	if (why->want == why->got)
		return;
	switch (why->field) {
	case MEZZO_FIELD_SLOT_ID:
		if (why->reason == MEZZO_WHY_SLOT_LIMIT || why->want >= IDS)
			return;
		c.id = (uint32_t)why->want;
		break;
	case MEZZO_FIELD_IPA:
		c.ipa.addr = why->want;
		break;
	case MEZZO_FIELD_PAGES:
		c.pages = why->want;
		break;
	case MEZZO_FIELD_OFFSET:
		c.offset_pages = why->want;
		break;
	case MEZZO_FIELD_FLAGS:
		c.flags = (uint32_t)why->want;
		break;
	case MEZZO_FIELD_OBJECT:
		c.object = (struct mezzo_object *)(uintptr_t)why->want;
		break;
	default:
		return; /* a fact: the policy's tests try those */
	}
	v = change ? alteration(b, &c) : creation(b, &c);
	/* Where two fields are wrong, or more pages are wanted than there are, one is not enough. */
	if (v.reason == why->reason && why->reason != MEZZO_WHY_SLOT_FIXED &&
	    c.pages <= OBJECT_PAGES)
		fail_msg("seed %u: %s: proposes %s %#llx for %#llx, which it refuses too",
			 last_seed, mezzo_reason(why->reason)->name, mezzo_field_name(why->field),
			 (unsigned long long)why->want, (unsigned long long)why->got);
}

static void compare(struct bout *b, const char *what, struct verdict want, int status,
		    const struct mezzo_refusal *why)
{
	if (status == want.status &&
	    (!status || (why->reason == want.reason && why->slot == want.slot))) {
		*(status ? &b->refused : &b->accepted) += 1;
		return;
	}
	fail_msg("seed %u: %s: %s %s (slot %u), the list says %s %s (slot %u)", last_seed, what,
		 mezzo_status_name((enum mezzo_status)status), mezzo_reason(why->reason)->name,
		 why->slot, mezzo_status_name((enum mezzo_status)want.status),
		 mezzo_reason(want.reason)->name, want.slot);
}

static void enter(struct bout *b)
{
	atomic_store(&b->vcpus[2].epoch, atomic_load(&b->space.epoch));
}

static void leave(struct bout *b)
{
	atomic_store(&b->vcpus[2].epoch, 0);
}

static uint64_t all_pages(const struct mezzo_slot_config *c)
{
	return UINT64_MAX >> (64 - c->pages);
}

/* The slot is as @c says. */
static void begin(struct bout *b, const struct mezzo_slot_config *c, bool logged)
{
	struct listed *l = &b->list[c->id];

	if (!logged)
		l->dirty = c->flags & MEZZO_SLOT_FLAG_STARTS_DIRTY ? all_pages(c) : 0;
	l->used = true;
	l->config = *c;
}

/* As its owner hands it in. */
static void wipe(const struct mezzo_slot_config *c, bool logs)
{
	if (c->bitmap && !logs)
		atomic_store(c->bitmap, 0);
}

static void create(struct bout *b)
{
	struct mezzo_slot_config c = any_config(b);
	struct verdict want = creation(b, &c);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	int status;

	wipe(&c, b->list[c.id].used);
	status = mezzo_slot_create(&b->space, &c, &why);
	if (status == MEZZO_ERR_AGAIN) {
		assert_int_not_equal(atomic_load(&b->vcpus[2].epoch), 0);
		assert_int_equal(why.reason, MEZZO_REASONS);
		return;
	}
	compare(b, "create", want, status, &why);
	if (status)
		check_proposal(b, c, false, &why);
	else
		begin(b, &c, false);
}

static void remove_slot(struct bout *b)
{
	uint32_t id = below(b, IDS);
	int status = mezzo_slot_delete(&b->space, id, NULL);

	if (status == MEZZO_ERR_AGAIN) {
		leave(b);
		status = mezzo_slot_delete(&b->space, id, NULL);
	}
	assert_int_equal(status, b->list[id].used ? MEZZO_OK : MEZZO_ERR_NOENT);
	b->list[id].used = false;
}

static void change(struct bout *b)
{
	struct mezzo_slot_config c = near_config(b);
	struct verdict want = alteration(b, &c);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	struct listed *is = &b->list[c.id];
	const bool logged = is->used && is->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY;
	int status;

	wipe(&c, logged);
	status = mezzo_slot_change(&b->space, &c, &why);
	if (status == MEZZO_ERR_AGAIN) {
		leave(b);
		status = mezzo_slot_change(&b->space, &c, &why);
	}
	compare(b, "change", want, status, &why);
	if (status)
		check_proposal(b, c, true, &why);
	else
		begin(b, &c, logged);
}

static const struct listed *listed_at(const struct bout *b, uint64_t ipa)
{
	for (uint32_t id = 0; id < IDS; id++)
		if (b->list[id].used && overlap(pages_of(b->list[id].config.ipa.addr),
						b->list[id].config.pages, pages_of(ipa), 1))
			return &b->list[id];
	return NULL;
}

/* Somebody has written. */
static void wrote(struct bout *b, uint64_t ipa)
{
	for (uint32_t id = 0; id < IDS; id++) {
		struct listed *l = &b->list[id];
		const uint64_t page = pages_of(ipa - l->config.ipa.addr);

		if (l->used && page < l->config.pages &&
		    l->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY) {
			b->written += !(l->dirty >> page & 1);
			l->dirty |= UINT64_C(1) << page;
		}
	}
}

static void fault(struct bout *b)
{
	const struct mezzo_fault_info info = {
		.ipa = {START + (uint64_t)below(b, WIDE) * PAGE + below(b, 4096)},
		.access = below(b, 2) ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
		.kind = (uint8_t)below(b, 2),
	};
	const struct listed *at = listed_at(b, info.ipa.addr);
	struct mezzo_fault_result result;

	assert_int_equal(mezzo_space_fault(&b->space, 0, &info, &result), MEZZO_OK);
	if (!at) {
		assert_int_equal(result.reason, MEZZO_WHY_DEVICE_ACCESS);
		return;
	}
	assert_int_equal(result.slot, at->config.id);
	/* Nothing to widen; and a slot that is not ready is never seen here. */
	if (result.retry) {
		assert_int_equal(info.kind, MEZZO_FAULT_PERMISSION);
		return;
	}
	if (at->config.flags & MEZZO_SLOT_FLAG_READ_ONLY && info.access == MEZZO_ACCESS_WRITE) {
		assert_int_equal(result.reason, MEZZO_WHY_WRITE_READ_ONLY_SLOT);
		return;
	}
	assert_int_equal(result.outcome, MEZZO_GRANT);
	if (info.access == MEZZO_ACCESS_WRITE)
		wrote(b, info.ipa.addr);
}

/* --- logs -------------------------------------------------------------------------------------- */

/* What a call on the log of a slot should say. */
static struct verdict reading(const struct bout *b, uint32_t id, uint64_t first, uint64_t pages)
{
	const struct listed *l = &b->list[id];
	const uint64_t have = l->config.pages;

	if (first % 64)
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_LOG_RANGE, 0};
	if (!l->used)
		return (struct verdict){MEZZO_ERR_NOENT, MEZZO_WHY_SLOT_ID_UNKNOWN, 0};
	if (!(l->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		return (struct verdict){MEZZO_ERR_NOENT, MEZZO_WHY_SLOT_NOT_LOGGING, 0};
	if (first > have || pages > have - first || (pages < have - first && pages % 64))
		return (struct verdict){MEZZO_ERR_INVALID, MEZZO_WHY_LOG_RANGE, 0};
	return (struct verdict){MEZZO_OK, MEZZO_REASONS, 0};
}

static void read_log(struct bout *b)
{
	const uint32_t id = below(b, IDS), how = below(b, 3);
	struct listed *l = &b->list[id];
	uint64_t first = chance(b, 8) ? below(b, 200) : 0;
	uint64_t pages = chance(b, 8) ? below(b, 200) : l->config.pages;
	const uint64_t some = (uint64_t)below(b, 1 << 16) << 16 | below(b, 1 << 16);
	uint64_t bits[4] = {some, some, some, some};
	struct verdict want = reading(b, id, first, pages);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	int status;

	if (how == 0)
		status = mezzo_dirty_get(&b->space, id, first, pages, bits, &why);
	else if (how == 1)
		status = mezzo_dirty_take(&b->space, id, first, pages, bits, &why);
	else
		status = mezzo_dirty_clear(&b->space, id, first, pages, bits, &why);
	compare(b, "log", want, status, &why);
	if (status || !pages)
		return;
	if (how < 2)
		assert_int_equal(bits[0], l->dirty);
	if (how)
		l->dirty &= how == 1 ? 0 : ~some;
}

static void mark(struct bout *b)
{
	const uint64_t from = START / PAGE + below(b, WIDE), pages = below(b, WIDE);
	const bool fine = from + pages <= pages_of(LIMIT);
	int status = mezzo_dirty_mark(&b->space, (struct mezzo_ipa){from * PAGE}, pages);

	assert_int_equal(status, fine ? MEZZO_OK : MEZZO_ERR_INVALID);
	for (uint64_t page = from; fine && page < from + pages; page++)
		wrote(b, page * PAGE);
}

/* --- looking on -------------------------------------------------------------------------------- */

static void check_page(struct bout *b, uint64_t ipa)
{
	const struct listed *at = listed_at(b, ipa);
	struct mezzo_mapping seen;
	uint64_t page;

	mezzo_space_query(&b->space, 1, (struct mezzo_ipa){ipa}, &seen);
	assert_int_equal(seen.slot, at != NULL);
	if (!at) {
		assert_int_equal(seen.leaf.state, MEZZO_ENTRY_NONE);
		return;
	}
	page = pages_of(ipa - at->config.ipa.addr);
	assert_int_equal(seen.slot_id, at->config.id);
	assert_int_equal(seen.slot_flags, at->config.flags);
	assert_ptr_equal(seen.object, at->config.object);
	assert_int_equal(seen.offset_pages, at->config.offset_pages + page);
	if (seen.leaf.state != MEZZO_ENTRY_LEAF || !seen.leaf.attr.write)
		return;
	/* What can be written may be: not in a read-only slot, not where it would go unnoticed. */
	assert_false(at->config.flags & MEZZO_SLOT_FLAG_READ_ONLY);
	assert_true(!(at->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY) || at->dirty >> page & 1);
}

static unsigned int count_index(const struct mezzo_space *space)
{
	return index_check(&space->index[space->live]);
}

static unsigned int count_below(const struct mezzo_range *node)
{
	return node ? 1 + count_below(node->child[0]) + count_below(node->child[1]) : 0;
}

/* By id, and in order of address. */
static void check_questions(struct bout *b)
{
	struct mezzo_slot_config got;
	struct mezzo_ipa ipa = {0};
	unsigned int used = 0;

	for (uint32_t id = 0; id < IDS; id++) {
		const struct listed *l = &b->list[id];

		assert_int_equal(mezzo_slot_get(&b->space, id, &got),
				 l->used ? MEZZO_OK : MEZZO_ERR_NOENT);
		if (l->used)
			assert_memory_equal(&got, &l->config, sizeof(got));
		if (l->used && l->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY)
			assert_int_equal(*l->config.bitmap, l->dirty);
		used += l->used;
	}
	for (; mezzo_slot_next(&b->space, ipa, &got) == MEZZO_OK; used--) {
		assert_true(got.ipa.addr >= ipa.addr);
		assert_memory_equal(&got, &b->list[got.id].config, sizeof(got));
		ipa.addr = got.ipa.addr + got.pages * PAGE;
	}
	assert_int_equal(used, 0);
}

static void check(struct bout *b)
{
	unsigned int used = 0, in_objects = 0;

	for (uint64_t ipa = START; ipa < LIMIT; ipa += PAGE)
		check_page(b, ipa);
	for (uint32_t id = 0; id < IDS; id++)
		used += b->list[id].used;
	for (unsigned int i = 0; i < OBJECTS; i++)
		in_objects += count_below(b->object[i].object.slots.root);
	assert_int_equal(b->space.count, used);
	assert_int_equal(in_objects, used);
	assert_int_equal(count_index(&b->space), used);
	check_questions(b);
}

static void step(struct bout *b)
{
	switch (below(b, 15)) {
	case 0:
	case 1:
	case 2:
		create(b);
		break;
	case 3:
		remove_slot(b);
		break;
	case 4:
	case 5:
		change(b);
		break;
	case 6:
		assert_int_equal(mezzo_object_revoke(&b->object[below(b, OBJECTS)].object,
						     below(b, OBJECT_PAGES), below(b, 20)),
				 MEZZO_OK);
		break;
	case 7:
		enter(b);
		break;
	case 8:
		leave(b);
		break;
	case 9:
	case 10:
		read_log(b);
		break;
	case 11:
		mark(b);
		break;
	default:
		fault(b);
		break;
	}
}

static void open_bout(struct bout *b, unsigned int seed)
{
	struct mezzo_contract contract[OBJECTS] = {
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE),
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW),
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW),
	};
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &b->hosted.platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = IPA_BITS,
		.pa_bits = 40,
		.slots = b->slots,
		.index = b->index,
		.max_slots = SLOTS,
		.vcpus = b->vcpus,
		.max_vcpus = 3,
	};

	b->seed = seed;
	contract[2].dma = MEZZO_DMA_SNOOPED;
	assert_int_equal(mezzo_hosted_init(&b->hosted, NULL), MEZZO_OK);
	for (unsigned int i = 0; i < OBJECTS; i++) {
		contract[i].promise.data = contract[i].promise.tags = MEZZO_CONTENT_INITIALISED;
		contract[i].max_order = MEZZO_ORDER_4K;
		assert_int_equal(mezzo_bar_init(&b->object[i], &b->hosted.platform, &contract[i],
						(struct mezzo_pa){(i + 1) * 0x40000000u},
						OBJECT_PAGES),
				 MEZZO_OK);
	}
	assert_int_equal(mezzo_space_init(&b->space, &config), MEZZO_OK);
}

static void close_bout(struct bout *b)
{
	leave(b);
	for (uint32_t id = 0; id < IDS; id++)
		if (b->list[id].used)
			assert_int_equal(mezzo_slot_delete(&b->space, id, NULL), MEZZO_OK);
	assert_int_equal(mezzo_space_fini(&b->space), MEZZO_OK);
	assert_int_equal(b->hosted.counts.table_bytes, 0);
}

static void slots_agree_with_a_list(void **state)
{
	const char *text = getenv("SLOT_SEED");
	const unsigned int first = text ? (unsigned int)strtoul(text, NULL, 0) : 1;
	unsigned int accepted = 0, refused = 0, written = 0;

	(void)state;
	for (unsigned int seed = first; seed < first + SEEDS; seed++) {
		struct bout *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);

		assert_non_null(b);
		memset(b, 0, sizeof(*b));
		last_seed = seed;
		open_bout(b, seed);
		for (unsigned int i = 0; i < STEPS; i++) {
			step(b);
			check(b);
		}
		accepted += b->accepted;
		refused += b->refused;
		written += b->written;
		close_bout(b);
		free(b);
	}
	printf("# %u accepted, %u refused, %u pages logged\n", accepted, refused, written);
	assert_true(accepted > SEEDS * STEPS / 20 && refused > SEEDS * STEPS / 10);
	assert_true(written > SEEDS * STEPS / 50);
}

/* --- many -------------------------------------------------------------------------------------- */

#define MANY 20000u

static uint64_t many_ipa(uint32_t id)
{
	return (uint64_t)(id * 7919u % MANY) * 3 * PAGE;
}

static void thousands_of_slots_are_found_and_go(void **state)
{
	struct mezzo_hosted hosted;
	struct mezzo_space *space = malloc(sizeof(*space));
	struct mezzo_slot *slots = calloc(MANY, sizeof(*slots));
	struct mezzo_index_node *nodes =
		aligned_alloc(64, MEZZO_INDEX_NODES(MANY) * sizeof(*nodes));
	struct mezzo_vcpu *vcpu = aligned_alloc(64, sizeof(*vcpu));
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_refusal why;
	struct mezzo_bar bar;

	(void)state;
	memset(vcpu, 0, sizeof(*vcpu));
	contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	assert_int_equal(mezzo_bar_init(&bar, &hosted.platform, &contract, (struct mezzo_pa){0},
					2 * MANY),
			 MEZZO_OK);
	assert_int_equal(mezzo_space_init(space,
					  &(struct mezzo_space_config){
						  .size = sizeof(struct mezzo_space_config),
						  .arch = &mezzo_arch_arm64,
						  .platform = &hosted.platform,
						  .ipa_bits = 40,
						  .pa_bits = 40,
						  .slots = slots,
						  .index = nodes,
						  .max_slots = MANY,
						  .vcpus = vcpu,
						  .max_vcpus = 1,
					  }),
			 MEZZO_OK);
	for (uint32_t id = 0; id < MANY; id++) {
		const struct mezzo_slot_config c = {.id = id * 0x10001u,
						    .ipa = {many_ipa(id)},
						    .pages = 2,
						    .object = &bar.object,
						    .offset_pages = 2 * (uint64_t)id};

		assert_int_equal(mezzo_slot_create(space, &c, &why), MEZZO_OK);
	}
	assert_int_equal(count_index(space), MANY);
	/* Between the logarithms to bases 16 and 8; an AVL tree's 1.44 times that to base 2. */
	assert_in_range(space->index[space->live].levels, 4, 5);
	assert_in_range(bar.object.slots.root->height, 15, 20);
	for (uint32_t id = 0; id < MANY; id++) {
		struct mezzo_slot *slot = slot_find(space, many_ipa(id) + 2 * PAGE - 1);

		assert_non_null(slot);
		assert_int_equal(slot->config.id, id * 0x10001u);
		assert_null(slot_find(space, many_ipa(id) + 2 * PAGE));
		assert_ptr_equal(slot_by_id(space, id * 0x10001u), slot);
	}
	for (uint32_t id = 0; id < MANY; id++) {
		assert_int_equal(mezzo_slot_delete(space, (MANY - 1 - id) * 0x10001u, NULL),
				 MEZZO_OK);
		if (id % 500 == 0)
			assert_int_equal(count_index(space), MANY - 1 - id);
	}
	assert_int_equal(space->index[space->live].levels, 1);
	assert_int_equal(mezzo_space_fini(space), MEZZO_OK);
	free(space);
	free(slots);
	free(nodes);
	free(vcpu);
}

static int say_seed(void **state)
{
	(void)state;
	printf("# the last bout had SLOT_SEED=%u\n", last_seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(slots_agree_with_a_list, say_seed),
		cmocka_unit_test(thousands_of_slots_are_found_and_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
