/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any sequence of calls on a space, with any arguments: it never crashes, what a leaf lets the
 * guest reach is what its object allows, and teardown finds everything. Beside it go flat arrays: what
 * each page of a file, of private memory and of private registers is, what devices have. No guest and
 * no device has anything else, and no write that is logged goes unnoticed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#define SLOTS 4
#define POOL_PAGES 1500
#define IDS 6
#define PAGES 600 /* of each object that an array goes beside */
#define EXTENTS 8
#define LOG_PAGES 2048 /* the largest slot that logs */
#define RING 16
#define ENTRIES 1024 /* of the IOMMU */
#define PRIVATE_PA UINT64_C(0x180000000)
#define FILE_PA UINT64_C(0x200000000)
#define MMIO_PA UINT64_C(0x300000000)

struct input {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	for (; bytes && in->left; bytes--, in->left--)
		value = value << 8 | *in->data++;
	return value;
}

#define check(good)                                                                                \
	do {                                                                                       \
		if (!(good)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #good);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct fuzz {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[SLOTS];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(SLOTS)];
	struct mezzo_vcpu vcpus[2];
	struct mezzo_record_cell records[4];
	struct mezzo_pool pool, backing;
	struct mezzo_bar bar;
	struct mezzo_private private;
	struct mezzo_extents file;
	struct mezzo_extent extent[EXTENTS];
	struct mezzo_private_mmio mmio;
	_Atomic uint8_t mmio_state[PAGES];
	_Atomic uint64_t bitmap[IDS][MEZZO_DIRTY_WORDS(LOG_PAGES)];
	struct mezzo_dirty_entry ring[2 * RING];
	uint32_t cursor[2];
	bool rings;
	bool waits; /* a deletion or a move is under way: faults in its slot wait */
	/* What is so, page by page. */
	int32_t filled[PAGES]; /* the backing page; -1: a hole */
	bool shared[PAGES], accepted[PAGES];
	struct {
		uint64_t ipa, pa;
	} entry[ENTRIES];
	unsigned int entries, slow; /* so often devices are not done yet */
};

static struct mezzo_object *any_object(struct fuzz *f, struct input *in)
{
	struct mezzo_object *const objects[] = {
		&f->pool.object, &f->bar.object,  &f->private.pool.object, &f->private.shared,
		&f->file.object, &f->mmio.object, &f->backing.object,      &f->pool.object,
	};

	return objects[take(in, 1) % 8];
}

/* --- the IOMMU --------------------------------------------------------------------------------- */

static int iommu_map(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, struct mezzo_pa pa,
		     uint64_t pages, unsigned int flags)
{
	struct fuzz *f = ctx; /* the platform is its first member, at the same address */

	(void)vmid, (void)flags;
	for (uint64_t i = 0; i < pages; i++) {
		unsigned int at = 0;

		while (at < f->entries && f->entry[at].ipa != ipa.addr + (i << 12))
			at++;
		if (at == ENTRIES)
			return MEZZO_ERR_NOMEM;
		check(at == f->entries || f->entry[at].pa == pa.addr + (i << 12));
		f->entry[at].ipa = ipa.addr + (i << 12);
		f->entry[at].pa = pa.addr + (i << 12);
		f->entries += at == f->entries;
	}
	return MEZZO_OK;
}

static void iommu_unmap(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages)
{
	struct fuzz *f = ctx;

	(void)vmid;
	for (unsigned int at = 0; at < f->entries;)
		if ((f->entry[at].ipa - ipa.addr) >> 12 < pages)
			f->entry[at] = f->entry[--f->entries];
		else
			at++;
}

static bool iommu_complete(void *ctx, uint16_t vmid)
{
	struct fuzz *f = ctx;

	(void)vmid;
	f->slow -= f->slow > 0;
	return !f->slow;
}

/* What the page of an object is, as the arrays have it; 0: nothing. */
static uint64_t frame_of(const struct fuzz *f, const struct mezzo_object *object, uint64_t page)
{
	if (object == &f->private.pool.object || object == &f->private.shared)
		return PRIVATE_PA + (page << 12);
	if (object == &f->file.object)
		return f->filled[page] < 0 ? 0 : FILE_PA + ((uint64_t)f->filled[page] << 12);
	if (object == &f->mmio.object)
		return f->accepted[page] ? MMIO_PA + (page << 12) : 0;
	return 1; /* nothing is kept of it */
}

/* What a guest has, if it has anything. */
static void check_page(struct fuzz *f, uint64_t ipa)
{
	struct mezzo_mapping is;
	uint64_t frame;

	mezzo_space_query(&f->space, 1, (struct mezzo_ipa){ipa}, &is);
	if (!is.slot || is.leaf.state != MEZZO_ENTRY_LEAF)
		return;
	frame = frame_of(f, is.object, is.offset_pages);
	check(frame);
	check(frame == 1 ||
	      is.leaf.pa.addr + (ipa & (mezzo_order_bytes(is.leaf.order) - 1) & ~UINT64_C(4095)) ==
		      frame);
	if (is.object == &f->private.shared)
		check(f->shared[is.offset_pages]);
}

/* Devices have nothing but what a slot's object gives. */
static void check_devices(struct fuzz *f)
{
	struct mezzo_mapping is;
	uint64_t frame;

	for (unsigned int at = 0; at < f->entries && !f->waits; at++) {
		mezzo_space_query(&f->space, 1, (struct mezzo_ipa){f->entry[at].ipa}, &is);
		check(is.slot);
		frame = frame_of(f, is.object, is.offset_pages);
		check(frame == 1 || frame == f->entry[at].pa);
	}
}

static void check_slots(struct fuzz *f, const struct mezzo_object *object)
{
	struct mezzo_slot_config slot;

	for (uint32_t id = 0; id < IDS; id++)
		if (mezzo_slot_get(&f->space, id, &slot) == MEZZO_OK &&
		    (slot.object == object || slot.shared == object))
			for (uint64_t page = 0; page < slot.pages; page++)
				check_page(f, slot.ipa.addr + (page << 12));
	check_devices(f);
}

static struct mezzo_contract any_contract(struct input *in)
{
	struct mezzo_contract c = {
		.aliases = take(in, 1) % MEZZO_ALIASES_VALUES,
		.allow = 1 + take(in, 1) % MEZZO_CLASS_ALL,
		.maintenance = take(in, 1) % MEZZO_MAINTENANCE_VALUES,
		.dma = take(in, 1) % MEZZO_DMA_VALUES,
		.max_order = 9 * (take(in, 1) % 3),
	};
	uint64_t bits = take(in, 1);

	c.tag_storage = bits & 1;
	c.writable = bits & 2;
	c.is_private = bits & 4;
	c.mmio = bits & 8;
	c.promise.data = bits >> 4 & 1;
	c.promise.tags = bits >> 5 & 1;
	c.promise.lines = bits >> 6 & 1;
	return c;
}

/* Near something interesting, or anywhere at all. */
static uint64_t any_address(struct input *in)
{
	uint64_t how = take(in, 1);

	if (how & 0x80)
		return take(in, 8);
	return (UINT64_C(1) << (how % 41)) + (take(in, 2) << 12) - (take(in, 1) << 12);
}

static struct mezzo_slot_config any_slot(struct fuzz *f, struct input *in)
{
	struct mezzo_slot_config c = {
		.id = (uint32_t)take(in, 1) % IDS,
		.flags = (uint32_t)take(in, 1) & 0x87,
		.ipa = {any_address(in)},
		.pages = take(in, 1) & 1 ? take(in, 8) : take(in, 2),
		.object = any_object(f, in),
		.offset_pages = take(in, 1) & 0x80 ? take(in, 8) : take(in, 1),
	};

	if (c.pages <= LOG_PAGES)
		c.bitmap = f->bitmap[c.id];
	if (c.object == &f->private.pool.object && take(in, 1) & 1)
		c.shared = &f->private.shared;
	return c;
}

static bool is_there(struct fuzz *f, uint32_t id)
{
	struct mezzo_slot_config slot;

	return mezzo_slot_get(&f->space, id, &slot) == MEZZO_OK;
}

static void create(struct fuzz *f, struct input *in)
{
	const struct mezzo_slot_config config = any_slot(f, in);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	int status;

	if (!is_there(f, config.id))
		memset((void *)f->bitmap[config.id], 0, sizeof(f->bitmap[config.id]));
	status = mezzo_slot_create(&f->space, &config, &why);

	/* Every refusal has a reason, and only refusals do. */
	check((status == MEZZO_OK || status == MEZZO_ERR_AGAIN) == (why.reason == MEZZO_REASONS));
}

static void delete_slot(struct fuzz *f, struct input *in)
{
	const uint64_t how = take(in, 1);
	int status;

	do
		status = mezzo_slot_delete(&f->space, (uint32_t)how % IDS, NULL);
	while (status == MEZZO_ERR_AGAIN && how & 0x40);
	f->waits |= status == MEZZO_ERR_AGAIN;
}

/* Like a slot that is there, where the input leads to one; one of its fields may differ. */
static void change(struct fuzz *f, struct input *in)
{
	struct mezzo_slot_config to = any_slot(f, in), now;
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	struct mezzo_mapping is;
	uint64_t how = take(in, 1);
	int status;

	mezzo_space_query(&f->space, 1, to.ipa, &is);
	if (is.slot && how & 1) {
		for (unsigned int i = 0; i < SLOTS; i++)
			if (f->slots[i].config.id == is.slot_id)
				to = f->slots[i].config;
		to.flags ^= how >> 1 & 3;
		to.ipa.addr += (how >> 3 & 3) << MEZZO_PAGE_SHIFT;
	}
	/* Memory for a log is zeroed before it. */
	if (mezzo_slot_get(&f->space, to.id, &now) || !(now.flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		memset((void *)f->bitmap[to.id % IDS], 0, sizeof(f->bitmap[0]));
	do
		status = mezzo_slot_change(&f->space, &to, &why);
	while (status == MEZZO_ERR_AGAIN && how & 0x40);
	check((status == MEZZO_OK || status == MEZZO_ERR_AGAIN) == (why.reason == MEZZO_REASONS));
	f->waits |= status == MEZZO_ERR_AGAIN;
}

/* A write that is granted in a slot that logs is in the bitmap, or in a ring. */
static bool is_noticed(struct fuzz *f, const struct mezzo_mapping *is, uint64_t ipa)
{
	const struct mezzo_slot_config *slot = NULL;
	uint64_t page;

	for (unsigned int i = 0; i < SLOTS + 1; i++) {
		const struct mezzo_slot *at = i < SLOTS ? &f->slots[i] : &f->space.spare;

		if (at->config.id == is->slot_id && at->config.flags == is->slot_flags &&
		    (ipa - at->config.ipa.addr) >> 12 < at->config.pages)
			slot = &at->config;
	}
	check(slot);
	page = (ipa - slot->ipa.addr) >> 12;
	for (unsigned int i = 0; i < 2 * RING; i++)
		if (f->ring[i].flags && f->ring[i].slot == slot->id && f->ring[i].page == page)
			return true;
	return slot->bitmap[page / 64] >> page % 64 & 1;
}

static void fault(struct fuzz *f, struct input *in)
{
	struct mezzo_fault_info info = {
		.ipa = {any_address(in)},
		.access = take(in, 1) % MEZZO_ACCESS_KINDS,
		.kind = take(in, 1) % MEZZO_FAULT_KINDS,
		.view = take(in, 1) % MEZZO_VIEWS,
	};
	struct mezzo_fault_result result;
	struct mezzo_mapping mapping;

	if (mezzo_space_fault(&f->space, 0, &info, &result) != MEZZO_OK)
		return;
	/* One caller, no races: nothing to retry, but for a permission fault on nothing. */
	check(!result.retry || info.kind == MEZZO_FAULT_PERMISSION || f->waits);
	/* What the slot check accepted is not refused later. */
	check(result.outcome != MEZZO_REFUSE);
	mezzo_space_query(&f->space, 1, info.ipa, &mapping);
	if (mapping.leaf.state == MEZZO_ENTRY_LEAF) {
		const struct mezzo_contract *c = &mapping.object->contract;

		check(!(mapping.effective & ~(unsigned int)c->allow) ||
		      c->aliases == MEZZO_ALIASES_CACHED);
		check_page(f, info.ipa.addr & ~UINT64_C(4095));
		check(!mapping.leaf.attr.write || c->writable);
		if (mapping.leaf.attr.write && mapping.slot_flags & MEZZO_SLOT_FLAG_LOG_DIRTY &&
		    result.outcome == MEZZO_GRANT && info.access == MEZZO_ACCESS_WRITE)
			check(is_noticed(f, &mapping, info.ipa.addr));
		check(mapping.leaf.order <= c->max_order);
		check(result.reason != MEZZO_WHY_WRITE_LOGGED ||
		      (mapping.slot_flags & MEZZO_SLOT_FLAG_LOG_DIRTY &&
		       mapping.leaf.order == MEZZO_ORDER_4K));
	}
}

/* --- memory that changes hands ---------------------------------------------------------------- */

static void convert(struct fuzz *f, struct input *in)
{
	struct mezzo_conversion c = {
		.offset_pages = take(in, 2) % (PAGES + 1),
		.pages = take(in, 2) % (PAGES + 1),
	};
	const uint64_t bits = take(in, 1);
	const bool valid = c.pages && c.pages + c.offset_pages <= PAGES;
	int status;

	c.to_shared = bits & 1;
	c.keep = bits & 2;
	do
		status = mezzo_private_convert(&f->private, &c);
	while (status == MEZZO_ERR_AGAIN);
	check(status == (valid ? MEZZO_OK : MEZZO_ERR_INVALID));
	for (uint64_t i = 0; valid && i < c.pages; i++)
		f->shared[c.offset_pages + i] = c.to_shared;
	for (uint64_t i = 0; i < PAGES; i++)
		check(mezzo_private_is_shared(&f->private, i) == f->shared[i]);
	check_slots(f, &f->private.shared);
}

static bool is_free(const struct fuzz *f, uint64_t first, uint64_t pages, uint64_t from)
{
	for (uint64_t i = 0; i < PAGES; i++)
		if (f->filled[i] >= 0 &&
		    (i - first < pages || (uint64_t)f->filled[i] - from < pages))
			return false;
	return true;
}

static void fill(struct fuzz *f, struct input *in)
{
	const uint64_t first = take(in, 2) % (PAGES + 1), pages = take(in, 2) % (PAGES + 1);
	const uint64_t from = take(in, 2) % (PAGES + 1);
	const int status = mezzo_extents_add(&f->file, first, pages, from);

	if (!pages || first + pages > PAGES || from + pages > PAGES)
		check(status == MEZZO_ERR_INVALID);
	else if (!is_free(f, first, pages, from))
		check(status == MEZZO_ERR_EXISTS);
	else
		check(status == MEZZO_OK || status == MEZZO_ERR_LIMIT);
	for (uint64_t i = 0; !status && i < pages; i++)
		f->filled[first + i] = (int32_t)(from + i);
}

static void punch(struct fuzz *f, struct input *in)
{
	const uint64_t first = take(in, 2) % (PAGES + 1), pages = take(in, 2) % (PAGES + 1);
	int status;

	do
		status = mezzo_extents_punch(&f->file, first, pages);
	while (status == MEZZO_ERR_AGAIN);
	check((status == MEZZO_ERR_INVALID) == (!pages || first + pages > PAGES));
	for (uint64_t i = 0; !status && i < pages; i++)
		f->filled[first + i] = -1;
	check_slots(f, &f->file.object);
}

static void accept(struct fuzz *f, struct input *in)
{
	const uint64_t first = take(in, 2) % (PAGES + 1), pages = take(in, 2) % (PAGES + 1);
	const bool back = take(in, 1) & 1;
	int status;

	do
		status = back ? mezzo_private_mmio_revoke(&f->mmio, first, pages)
			      : mezzo_private_mmio_accept(&f->mmio, first, pages);
	while (status == MEZZO_ERR_AGAIN);
	check(status == (pages && first + pages <= PAGES ? MEZZO_OK : MEZZO_ERR_INVALID));
	for (uint64_t i = 0; !status && i < pages; i++)
		f->accepted[first + i] = !back;
	check_slots(f, &f->mmio.object);
}

static void dma(struct fuzz *f, struct input *in)
{
	const struct mezzo_ipa ipa = {any_address(in)};
	const uint64_t pages = take(in, 2), bits = take(in, 1);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	uint64_t done = 0, before;
	int status = MEZZO_OK;

	f->slow = (unsigned int)(bits >> 2) * 8;
	if (bits & 1) {
		(void)!mezzo_space_dma_unmap(&f->space, ipa, pages);
		return;
	}
	do {
		before = done;
		status = mezzo_space_dma_map(&f->space, ipa, pages, bits & 2, &done, &why);
	} while (status == MEZZO_ERR_AGAIN && done > before);
	check((why.reason == MEZZO_REASONS) ==
	      (status == MEZZO_OK || status == MEZZO_ERR_AGAIN || status == MEZZO_ERR_NOMEM));
	check_devices(f);
}

/* --- logs -------------------------------------------------------------------------------------- */

/* What is clean cannot be written. */
static void check_clean(struct fuzz *f, uint32_t id)
{
	struct mezzo_slot_config slot;
	struct mezzo_mapping is;

	if (mezzo_slot_get(&f->space, id, &slot) || f->waits ||
	    !(slot.flags & MEZZO_SLOT_FLAG_LOG_DIRTY))
		return;
	for (uint64_t page = 0; page < slot.pages; page++) {
		const struct mezzo_ipa ipa = {slot.ipa.addr + (page << 12)};

		mezzo_space_query(&f->space, 1, ipa, &is);
		if (is.leaf.state == MEZZO_ENTRY_LEAF && is.leaf.attr.write)
			check(is_noticed(f, &is, ipa.addr));
	}
}

static void empty_rings(struct fuzz *f)
{
	uint32_t slot, count;
	uint64_t page;

	for (uint32_t vcpu = 0; vcpu < 2; vcpu++)
		while (mezzo_dirty_next(&f->space, vcpu, &f->cursor[vcpu], &slot, &page))
			check(slot < IDS);
	while (mezzo_dirty_reset(&f->space, &count) == MEZZO_ERR_AGAIN)
		;
}

static void look_into_log(struct fuzz *f, struct input *in)
{
	const uint32_t id = (uint32_t)take(in, 1) % IDS;
	const uint64_t first = take(in, 1) * 64 % LOG_PAGES, how = take(in, 1);
	uint64_t bits[MEZZO_DIRTY_WORDS(LOG_PAGES)] = {take(in, 8), take(in, 8), UINT64_MAX};
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	struct mezzo_slot_config slot;
	uint64_t pages;
	int status;

	if (mezzo_slot_get(&f->space, id, &slot) || slot.pages > LOG_PAGES)
		return;
	pages = how & 8 ? take(in, 1) * 64 : slot.pages - first;
	if (pages > LOG_PAGES)
		pages = LOG_PAGES;
	if (how % 3 == 0)
		status = mezzo_dirty_get(&f->space, id, first, pages, bits, &why);
	else if (how % 3 == 1)
		status = mezzo_dirty_take(&f->space, id, first, pages, bits, &why);
	else
		status = mezzo_dirty_clear(&f->space, id, first, pages, bits, &why);
	check((status == MEZZO_OK) == (why.reason == MEZZO_REASONS));
	if (f->rings && how & 16)
		empty_rings(f);
	if (!status)
		check_clean(f, id);
}

static void reshape(struct fuzz *f, struct input *in)
{
	const uint32_t id = (uint32_t)take(in, 1) % IDS;
	const struct mezzo_ipa ipa = {any_address(in)};
	struct mezzo_fault_result result;
	struct mezzo_refusal why;
	uint64_t done;
	bool accessed;

	switch (take(in, 1) % 5) {
	case 0:
		while (mezzo_slot_split(&f->space, id, &why) == MEZZO_ERR_AGAIN)
			;
		break;
	case 1:
		while (mezzo_slot_collapse(&f->space, id, &why) == MEZZO_ERR_AGAIN)
			;
		break;
	case 2:
		(void)!mezzo_dirty_mark(&f->space, ipa, take(in, 2));
		break;
	case 3:
		(void)!mezzo_space_age(&f->space, ipa, take(in, 2), &accessed);
		break;
	default:
		(void)!mezzo_space_prefault(&f->space, 0, ipa, take(in, 2), &done, &result);
	}
	check_clean(f, id);
}

/* Devices may be slow: then all is as it was. */
static void revoke(struct fuzz *f, struct input *in)
{
	struct mezzo_object *object = any_object(f, in);
	const uint64_t first = take(in, 2);
	const uint64_t pages = take(in, 1) & 0x80 ? take(in, 8) : take(in, 2);
	const int status = mezzo_object_revoke(object, first, pages);

	check(status == MEZZO_OK || (status == MEZZO_ERR_AGAIN && f->space.devices));
}

static void step(struct fuzz *f, struct input *in)
{
	struct mezzo_fault_info info = {.ipa = {any_address(in)}};
	struct mezzo_facts facts;
	struct mezzo_decision decision;

	switch (take(in, 1) % 18) {
	case 0:
		create(f, in);
		break;
	case 1:
		delete_slot(f, in);
		break;
	case 2:
		revoke(f, in);
		break;
	case 3:
		(void)!mezzo_space_unmap(&f->space, info.ipa, take(in, 3));
		break;
	case 4:
		(void)!mezzo_space_explain(&f->space, 1, &info, &facts, &decision);
		break;
	case 5:
		mezzo_bar_enable(&f->bar, take(in, 1) & 1);
		break;
	case 6:
		change(f, in);
		break;
	case 7:
		convert(f, in);
		break;
	case 8:
		fill(f, in);
		break;
	case 9:
		punch(f, in);
		break;
	case 10:
		accept(f, in);
		break;
	case 11:
		dma(f, in);
		break;
	case 12:
		look_into_log(f, in);
		break;
	case 13:
		reshape(f, in);
		break;
	default:
		fault(f, in);
		break;
	}
}

static void declare(struct fuzz *f, struct input *in, void *states)
{
	struct mezzo_contract own =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	const uint64_t bits = take(in, 1);
	struct mezzo_contract frames = bits & 1 ? own : shared, mmio = own;
	struct mezzo_refusal why;

	own.is_private = true;
	own.tag_storage = shared.tag_storage = frames.tag_storage = bits & 2;
	own.dma = shared.dma = frames.dma = (uint8_t)((bits >> 2) % MEZZO_DMA_VALUES);
	mmio.is_private = mmio.mmio = true;
	mmio.allow = MEZZO_CLASS_DEVICE;
	mmio.promise = (struct mezzo_frame_state){0};
	check(mezzo_private_init(&f->private, &f->hosted.platform, &own, &shared,
				 (struct mezzo_pa){PRIVATE_PA}, PAGES, states, NULL, NULL,
				 &why) == MEZZO_OK);
	check(mezzo_pool_init(&f->backing, &f->hosted.platform, &frames, (struct mezzo_pa){FILE_PA},
			      PAGES, (char *)states + mezzo_pool_state_bytes(PAGES)) == MEZZO_OK);
	check(mezzo_extents_init(&f->file, &f->backing.object, PAGES, f->extent, EXTENTS) ==
	      MEZZO_OK);
	check(mezzo_private_mmio_init(&f->mmio, &f->hosted.platform, &mmio,
				      (struct mezzo_pa){MMIO_PA}, PAGES, f->mmio_state,
				      &why) == MEZZO_OK);
	for (unsigned int i = 0; i < PAGES; i++)
		f->filled[i] = -1;
	f->rings = bits & 64;
	if (f->rings)
		check(mezzo_dirty_rings(&f->space, f->ring, RING, &why) == MEZZO_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct fuzz *f = calloc(1, sizeof(*f));
	void *state = malloc(mezzo_pool_state_bytes(POOL_PAGES));
	void *states = malloc(2 * mezzo_pool_state_bytes(PAGES));
	uint64_t bits = take(&in, 1);
	struct mezzo_arm64_machine machine = {.fwb = (bits & 3) == 3,
					      .idc = bits & 2,
					      .dic = bits & 4,
					      .mte = bits & 8};
	struct mezzo_contract pool = any_contract(&in), bar = any_contract(&in);
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &f->hosted.platform,
		.machine = {.arm64 = machine},
		.guest_mte = machine.mte && bits & 16,
		.ipa_bits = 32 + take(&in, 1) % 17,
		.pa_bits = 48,
		.slots = f->slots,
		.index = f->index,
		.max_slots = SLOTS,
		.vcpus = f->vcpus,
		.max_vcpus = 2,
		.records = f->records,
		.max_records = 4,
	};

	bar.promise.data = bar.promise.tags = MEZZO_CONTENT_INITIALISED;
	check(mezzo_hosted_init(&f->hosted, NULL) == MEZZO_OK);
	f->hosted.platform.dma_map = iommu_map;
	f->hosted.platform.dma_unmap = iommu_unmap;
	f->hosted.platform.dma_complete = iommu_complete;
	check(mezzo_pool_init(&f->pool, &f->hosted.platform, &pool,
			      (struct mezzo_pa){take(&in, 2) << 12}, POOL_PAGES,
			      state) == MEZZO_OK);
	check(mezzo_bar_init(&f->bar, &f->hosted.platform, &bar,
			     (struct mezzo_pa){UINT64_C(1) << 40}, UINT64_C(1) << 20) == MEZZO_OK);
	check(mezzo_space_init(&f->space, &config) == MEZZO_OK);
	declare(f, &in, states);
	if (bits & 32)
		f->hosted.allocs_left = take(&in, 1);
	while (in.left)
		step(f, &in);
	while (mezzo_private_mmio_revoke(&f->mmio, 0, PAGES) == MEZZO_ERR_AGAIN)
		;
	for (uint32_t id = 0; id < IDS; id++)
		while (mezzo_slot_delete(&f->space, id, NULL) == MEZZO_ERR_AGAIN)
			;
	check(mezzo_space_fini(&f->space) == MEZZO_OK);
	check(f->entries == 0);
	check(f->hosted.counts.table_bytes == 0 && f->hosted.counts.windows_open == 0);
	free(state);
	free(states);
	free(f);
	return 0;
}
