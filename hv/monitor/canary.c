/* SPDX-License-Identifier: BSD-2-Clause */
#include "canary.h"

#include "../boot/boot.h"
#include "../heap.h"
#include "../lib/print.h"
#include "../map.h"
#include "../platform.h"

#define CANARIES 24
#define FREE_BYTES_MAX (UINT64_C(64) << 20) /* of each range: enough to be hit, little to read */

struct canary {
	const char *what;
	struct hv_range at;
	const uint64_t *mapped; /* NULL: through a window */
	uint64_t hash;
};

static struct canary canaries[CANARIES];
static unsigned int count;

/* --- words --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t hash_words(uint64_t hash, const uint64_t *words, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		hash = mix(hash, words[i]);
	return hash;
}

/* What stands at a physical address depends on the address. */
static void fill_words(uint64_t *words, uint64_t bytes, uint64_t seed)
{
	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = mix(seed, i);
}

/* --- through a window ---------------------------------------------------------------------- */

static uint64_t walk(const struct hv_range *at, bool fill)
{
	uint64_t hash = 0;

	for (uint64_t done = 0; done < at->bytes; done += MEZZO_PAGE_BYTES) {
		struct mezzo_pa pa = {at->base + done};
		void *page = hv_platform.window_open(hv_platform.ctx, MEZZO_WINDOW_UNCACHED, pa,
						     MEZZO_PAGE_BYTES);

		if (fill)
			fill_words(page, MEZZO_PAGE_BYTES, pa.addr);
		hash = hash_words(hash, page, MEZZO_PAGE_BYTES);
		hv_platform.window_close(hv_platform.ctx, MEZZO_WINDOW_UNCACHED, page,
					 MEZZO_PAGE_BYTES);
	}
	return hash;
}

static uint64_t hash_of(const struct canary *canary)
{
	if (canary->mapped)
		return hash_words(0, canary->mapped, canary->at.bytes);
	return walk(&canary->at, false);
}

/* --- planting ------------------------------------------------------------------------------ */

static int add(const char *what, struct hv_range at, const void *mapped)
{
	struct canary *canary = &canaries[count];

	if (count == CANARIES)
		return MEZZO_ERR_LIMIT;
	*canary = (struct canary){what, at, mapped, 0};
	canary->hash = hash_of(canary);
	count++;
	return MEZZO_OK;
}

static struct hv_range whole_pages(struct hv_range range)
{
	const uint64_t mask = MEZZO_PAGE_BYTES - 1;
	uint64_t end = (range.base + range.bytes) & ~mask;

	range.base = (range.base + mask) & ~mask;
	range.bytes = end > range.base ? end - range.base : 0;
	return range;
}

static int add_module(struct hv_range at)
{
	hv_clean_pa(at.base, at.bytes);
	return add("module", whole_pages(at), NULL);
}

static int add_free(struct hv_range at)
{
	if (at.bytes > FREE_BYTES_MAX)
		at.bytes = FREE_BYTES_MAX;
	hv_clean_pa(at.base, at.bytes);
	(void)walk(&at, true);
	return add("free", at, NULL);
}

int hv_canary_plant(const struct hv_host *host)
{
	const struct hv_range image = {hv_image_pa(hv_image), (uint64_t)(hv_data - hv_image)};
	uint64_t *heap = hv_heap_alloc(MEZZO_PAGE_BYTES);
	struct hv_range range;
	int error = MEZZO_OK;

	if (!heap)
		return MEZZO_ERR_NOMEM;
	fill_words(heap, MEZZO_PAGE_BYTES, 1);
	range = (struct hv_range){(uint64_t)(uintptr_t)heap, MEZZO_PAGE_BYTES};
	error = add("image", image, hv_image);
	error = error ? error : add("heap", range, heap);
	range = (struct hv_range){host->fdt_at.base, host->fdt_at.bytes & ~UINT64_C(7)};
	error = error ? error : add("tree", range, host->fdt);
	for (unsigned int i = 0; i < host->modules && !error; i++)
		error = add_module(host->module[i].at);
	for (unsigned int i = 0; !error && hv_frames_free(i, &range); i++)
		if (range.bytes)
			error = add_free(range);
	return error;
}

bool hv_canary_report(void)
{
	bool same = true;

	for (unsigned int i = 0; i < count; i++) {
		const struct canary *canary = &canaries[i];
		uint64_t hash = hash_of(canary);

		hv_print("canary: %s 0x%lx 0x%lx before %016lx after %016lx %s\n", canary->what,
			 canary->at.base, canary->at.bytes, canary->hash, hash,
			 hash == canary->hash ? "same" : "changed");
		same &= hash == canary->hash;
	}
	return same;
}
