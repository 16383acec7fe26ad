/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects without state of their own: device BARs and host mappings. */
#include <stdatomic.h>

#include <mezzo/object.h>
#include <mezzo/status.h>

/* The promise is the state, for ever: there is nothing to keep. */
static int keep_begin(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		      struct mezzo_frame_state expected)
{
	(void)object;
	(void)offset_pages;
	(void)pages;
	(void)expected;
	return MEZZO_OK;
}

static void keep_end(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		     struct mezzo_frame_state state)
{
	(void)object;
	(void)offset_pages;
	(void)pages;
	(void)state;
}

static void keep_lines(struct mezzo_object *object, uint64_t offset_pages, uint64_t pages,
		       enum mezzo_lines lines)
{
	(void)object;
	(void)offset_pages;
	(void)pages;
	(void)lines;
}

/* Somebody must remember that a frame was zeroed; these objects do not. */
static bool promises_content(const struct mezzo_contract *contract)
{
	return contract->promise.data == MEZZO_CONTENT_INITIALISED &&
	       contract->promise.tags == MEZZO_CONTENT_INITIALISED;
}

/* --- device BAR --- */

static int bar_resolve(struct mezzo_object *object, uint64_t offset_pages, bool write,
		       struct mezzo_frame *frame)
{
	struct mezzo_bar *bar = (struct mezzo_bar *)object;

	(void)write;
	if (!atomic_load(&bar->enabled))
		return MEZZO_ERR_REVOKED;
	*frame = (struct mezzo_frame){
		.pa = {bar->base.addr + (offset_pages << MEZZO_PAGE_SHIFT)},
		.before_pages = offset_pages,
		.from_pages = object->pages - offset_pages,
		.state = object->contract.promise,
		.writable = object->contract.writable,
	};
	return MEZZO_OK;
}

static const struct mezzo_object_ops bar_ops = {
	.size = sizeof(bar_ops),
	.resolve = bar_resolve,
	.frames_begin = keep_begin,
	.frames_end = keep_end,
	.frames_lines = keep_lines,
};

int mezzo_bar_init(struct mezzo_bar *bar, const struct mezzo_platform *platform,
		   const struct mezzo_contract *contract, struct mezzo_pa base, uint64_t pages)
{
	if (pages == 0 || (base.addr & (MEZZO_PAGE_BYTES - 1)) ||
	    pages > (UINT64_MAX - base.addr) >> MEZZO_PAGE_SHIFT)
		return MEZZO_ERR_INVALID;
	if (!promises_content(contract))
		return MEZZO_ERR_REFUSED;
	*bar = (struct mezzo_bar){
		.object = {.ops = &bar_ops,
			   .platform = platform,
			   .contract = *contract,
			   .pages = pages},
		.base = base,
	};
	atomic_store(&bar->enabled, true);
	return MEZZO_OK;
}

void mezzo_bar_enable(struct mezzo_bar *bar, bool enabled)
{
	atomic_store(&bar->enabled, enabled);
}

/* --- host mapping --- */

static int hostmap_resolve(struct mezzo_object *object, uint64_t offset_pages, bool write,
			   struct mezzo_frame *frame)
{
	struct mezzo_hostmap *map = (struct mezzo_hostmap *)object;

	return map->lookup(map->arg, offset_pages, write, frame);
}

static const struct mezzo_object_ops hostmap_ops = {
	.size = sizeof(hostmap_ops),
	.resolve = hostmap_resolve,
	.frames_begin = keep_begin,
	.frames_end = keep_end,
	.frames_lines = keep_lines,
};

int mezzo_hostmap_init(struct mezzo_hostmap *map, const struct mezzo_platform *platform,
		       const struct mezzo_contract *contract, uint64_t pages,
		       mezzo_hostmap_fn *lookup, void *arg)
{
	if (pages == 0 || !lookup)
		return MEZZO_ERR_INVALID;
	if (!promises_content(contract))
		return MEZZO_ERR_REFUSED;
	*map = (struct mezzo_hostmap){
		.object = {.ops = &hostmap_ops,
			   .platform = platform,
			   .contract = *contract,
			   .pages = pages},
		.lookup = lookup,
		.arg = arg,
	};
	return MEZZO_OK;
}
