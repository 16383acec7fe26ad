/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory as a file has it: extents of another object's frames. Who resolves takes no lock: it looks
 * at the version before and after, and asks again where it has changed.
 */
#include <mezzo/extents.h>

#include "internal.h"

static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

/* An extent, as it was found. */
struct found {
	uint64_t first, pages, backing;
	bool leaving;
};

static struct found read_extent(const struct mezzo_extent *extent)
{
	return (struct found){
		.first = load(&extent->offset_pages),
		.pages = load(&extent->pages),
		.backing = load(&extent->backing_pages),
		.leaving = load(&extent->leaving),
	};
}

static void write_extent(struct mezzo_extent *extent, const struct found *as)
{
	store(&extent->offset_pages, as->first);
	store(&extent->pages, as->pages);
	store(&extent->backing_pages, as->backing);
	store(&extent->leaving, as->leaving);
}

/* The number of extents that begin at or before the page. */
static uint32_t count_up_to(const struct mezzo_extents *file, uint64_t offset)
{
	uint32_t low = 0, high = (uint32_t)load(&file->count);

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (load(&file->extent[middle].offset_pages) <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* OK; NOENT: a hole; AGAIN: it has changed meanwhile. */
static int find(const struct mezzo_extents *file, uint64_t offset, struct found *found)
{
	const uint64_t version = atomic_load_explicit(&file->version, memory_order_acquire);
	const uint32_t up_to = count_up_to(file, offset);

	*found = up_to ? read_extent(&file->extent[up_to - 1]) : (struct found){0};
	if (version & 1 || load(&file->version) != version)
		return MEZZO_ERR_AGAIN;
	return offset - found->first < found->pages ? MEZZO_OK : MEZZO_ERR_NOENT;
}

/* --- the object --- */

static int extents_resolve(struct mezzo_object *object, uint64_t offset, bool write,
			   struct mezzo_frame *frame)
{
	const struct mezzo_extents *file = (struct mezzo_extents *)object;
	struct mezzo_object *backing = file->backing;
	struct found found;
	uint64_t place;
	int status = find(file, offset, &found);

	if (status)
		return status == MEZZO_ERR_AGAIN ? status : MEZZO_ERR_REVOKED;
	if (found.leaving)
		return MEZZO_ERR_REVOKED;
	place = offset - found.first;
	status = backing->ops->resolve(backing, found.backing + place, write, frame);
	if (frame->before_pages > place)
		frame->before_pages = place;
	if (frame->from_pages > found.pages - place)
		frame->from_pages = found.pages - place;
	frame->writable = frame->writable && object->contract.writable;
	return status;
}

/* The backing page of one that is there, for as long as somebody works on it (see punch). */
static uint64_t backing_of(const struct mezzo_extents *file, uint64_t offset)
{
	struct found found;

	while (find(file, offset, &found) == MEZZO_ERR_AGAIN)
		file->object.platform->relax(file->object.platform->ctx);
	return found.backing + (offset - found.first);
}

static int extents_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			 struct mezzo_frame_state expected)
{
	const struct mezzo_extents *file = (struct mezzo_extents *)object;
	struct found found;

	if (find(file, offset, &found) || found.leaving ||
	    pages > found.pages - (offset - found.first))
		return MEZZO_ERR_AGAIN;
	return file->backing->ops->frames_begin(file->backing,
						found.backing + (offset - found.first), pages,
						expected);
}

static void extents_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			struct mezzo_frame_state state)
{
	const struct mezzo_extents *file = (struct mezzo_extents *)object;

	file->backing->ops->frames_end(file->backing, backing_of(file, offset), pages, state);
}

static void extents_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			  enum mezzo_lines lines)
{
	const struct mezzo_extents *file = (struct mezzo_extents *)object;

	file->backing->ops->frames_lines(file->backing, backing_of(file, offset), pages, lines);
}

static int extents_poison(struct mezzo_object *object, uint64_t offset, uint64_t pages)
{
	const struct mezzo_extents *file = (struct mezzo_extents *)object;
	struct found found;
	int status = find(file, offset, &found);

	if (status || !file->backing->ops->poison || pages > found.pages - (offset - found.first))
		return MEZZO_ERR_REFUSED;
	return file->backing->ops->poison(file->backing, found.backing + (offset - found.first),
					  pages);
}

static const struct mezzo_object_ops extents_ops = {
	.size = sizeof(extents_ops),
	.resolve = extents_resolve,
	.frames_begin = extents_begin,
	.frames_end = extents_end,
	.frames_lines = extents_lines,
	.poison = extents_poison,
};

/* Exclusive memory is mapped through its extents alone. False: it is mapped already. */
static bool lend(struct mezzo_object *backing)
{
	const struct mezzo_platform *platform = backing->platform;
	struct mezzo_object *root = object_root(backing);
	const uint64_t first = root_pages(backing, 0);
	bool free;

	if (backing->contract.aliases != MEZZO_ALIASES_NONE)
		return true;
	platform->lock(platform->ctx, &root->lock);
	free = !ranges_first(&root->slots, first, first + backing->pages);
	if (free)
		atomic_store(&backing->lent, true);
	platform->unlock(platform->ctx, &root->lock);
	return free;
}

int mezzo_extents_init(struct mezzo_extents *file, struct mezzo_object *backing, uint64_t pages,
		       struct mezzo_extent *extent, uint32_t max)
{
	if (!pages || pages > bytes_to_pages(UINT64_MAX) || !max)
		return MEZZO_ERR_INVALID;
	if (!lend(backing))
		return MEZZO_ERR_EXISTS;
	*file = (struct mezzo_extents){
		.object = {.ops = &extents_ops,
			   .platform = backing->platform,
			   .contract = backing->contract,
			   .pages = pages},
		.backing = backing,
		.extent = extent,
		.max = max,
	};
	return MEZZO_OK;
}

/* --- changes: readers ask again between the two --- */

static void begin_change(struct mezzo_extents *file)
{
	atomic_fetch_add(&file->version, 1);
}

static void end_change(struct mezzo_extents *file)
{
	atomic_fetch_add_explicit(&file->version, 1, memory_order_release);
}

/* Room for @count more extents at @at, or, negative, as many fewer. */
static void shift(struct mezzo_extents *file, uint32_t at, int count)
{
	const uint32_t had = (uint32_t)load(&file->count);
	const uint32_t moved = had - at;

	for (uint32_t i = 0; i < moved; i++) {
		const uint32_t from = count > 0 ? had - 1 - i : at + i;
		const struct found found = read_extent(&file->extent[from]);

		if (count > 0 || i >= (uint32_t)-count)
			write_extent(&file->extent[from + (uint32_t)count], &found);
	}
	store(&file->count, had + (uint32_t)count);
}

static bool overlaps(uint64_t a, uint64_t a_pages, uint64_t b, uint64_t b_pages)
{
	return a < b + b_pages && b < a + a_pages;
}

int mezzo_extents_add(struct mezzo_extents *file, uint64_t offset_pages, uint64_t pages,
		      uint64_t backing_pages)
{
	const struct found found = {.first = offset_pages,
				    .pages = pages,
				    .backing = backing_pages};
	const uint32_t count = (uint32_t)load(&file->count);
	const uint32_t at = count_up_to(file, offset_pages);

	if (!pages || offset_pages >= file->object.pages ||
	    pages > file->object.pages - offset_pages || backing_pages >= file->backing->pages ||
	    pages > file->backing->pages - backing_pages)
		return MEZZO_ERR_INVALID;
	for (uint32_t i = 0; i < count; i++) {
		const struct found other = read_extent(&file->extent[i]);

		if (overlaps(offset_pages, pages, other.first, other.pages) ||
		    overlaps(backing_pages, pages, other.backing, other.pages))
			return MEZZO_ERR_EXISTS;
	}
	if (count == file->max)
		return MEZZO_ERR_LIMIT;
	begin_change(file);
	shift(file, at, 1);
	write_extent(&file->extent[at], &found);
	end_change(file);
	return MEZZO_OK;
}

/* Cut the extent that covers the page into two, the second beginning there. */
static int cut(struct mezzo_extents *file, uint64_t offset)
{
	const uint32_t up_to = count_up_to(file, offset);
	struct found found, rest;

	if (!up_to)
		return MEZZO_OK;
	found = read_extent(&file->extent[up_to - 1]);
	if (offset == found.first || offset - found.first >= found.pages)
		return MEZZO_OK;
	if (load(&file->count) == file->max)
		return MEZZO_ERR_LIMIT;
	rest = found;
	rest.first = offset;
	rest.pages = found.pages - (offset - found.first);
	rest.backing = found.backing + (offset - found.first);
	found.pages = offset - found.first;
	begin_change(file);
	shift(file, up_to, 1);
	write_extent(&file->extent[up_to - 1], &found);
	write_extent(&file->extent[up_to], &rest);
	end_change(file);
	return MEZZO_OK;
}

/* The frames are nobody's: the next owner's first touch zeroes them. */
static void give_back(struct mezzo_extents *file, const struct found *found)
{
	const struct mezzo_frame_state nobodys = {
		.data = MEZZO_CONTENT_UNOWNED,
		.tags = MEZZO_CONTENT_UNOWNED,
		.lines = MEZZO_LINES_MAYBE,
	};

	file->backing->ops->frames_end(file->backing, found->backing, found->pages, nobodys);
}

int mezzo_extents_punch(struct mezzo_extents *file, uint64_t offset_pages, uint64_t pages)
{
	const uint64_t end = offset_pages + pages;
	uint32_t first;
	int status;

	if (!pages || offset_pages >= file->object.pages ||
	    pages > file->object.pages - offset_pages)
		return MEZZO_ERR_INVALID;
	if (file->object.contract.maintenance == MEZZO_MAINTENANCE_NONE)
		return MEZZO_ERR_REFUSED;
	status = cut(file, offset_pages);
	if (!status)
		status = cut(file, end);
	if (status)
		return status;
	/* Not resolved any more; but who is at work on the frames still finds them. */
	first = offset_pages ? count_up_to(file, offset_pages - 1) : 0;
	for (uint32_t i = first; i < load(&file->count); i++)
		if (load(&file->extent[i].offset_pages) < end)
			store(&file->extent[i].leaving, true);
	status = mezzo_object_revoke(&file->object, offset_pages, pages);
	if (status)
		return status;
	while (first < load(&file->count) && load(&file->extent[first].offset_pages) < end) {
		const struct found found = read_extent(&file->extent[first]);

		begin_change(file);
		shift(file, first, -1);
		end_change(file);
		give_back(file, &found);
	}
	return MEZZO_OK;
}
