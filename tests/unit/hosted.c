/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform of a process does what platform.h says, as far as a process can. */
#include <mezzo/platform_hosted.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRAMES_PA UINT64_C(0x80000000)
#define FRAMES_BYTES (4 * MEZZO_PAGE_BYTES)

static void tables_are_zeroed_and_aligned_to_themselves(void **state)
{
	struct mezzo_hosted hosted;
	const struct mezzo_platform *p = &hosted.platform;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	for (size_t bytes = 4096; bytes <= 65536; bytes *= 2) {
		unsigned char *table = p->table_alloc(p->ctx, bytes);

		assert_non_null(table);
		assert_int_equal((uintptr_t)table % bytes, 0);
		for (size_t i = 0; i < bytes; i++)
			assert_int_equal(table[i], 0);
		memset(table, 0xff, bytes);
		p->table_free(p->ctx, table, bytes);
	}
	assert_int_equal(hosted.counts.table_allocs, 5);
	assert_int_equal(hosted.counts.table_frees, 5);
	assert_int_equal(hosted.counts.table_bytes, 0);
}

static void allocations_fail_when_their_number_is_used_up(void **state)
{
	struct mezzo_hosted hosted;
	const struct mezzo_platform *p = &hosted.platform;
	void *table;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	hosted.allocs_left = 1;
	table = p->table_alloc(p->ctx, 4096);
	assert_non_null(table);
	assert_null(p->table_alloc(p->ctx, 4096));
	assert_null(p->table_alloc(p->ctx, 4096));
	assert_int_equal(hosted.counts.table_failures, 2);
	p->table_free(p->ctx, table, 4096);
}

static void zeroing_reaches_backed_frames_and_their_tags_only(void **state)
{
	unsigned char *frames = malloc(FRAMES_BYTES);
	uint8_t *tags = malloc(FRAMES_BYTES / 16);
	struct mezzo_hosted_config config = {
		.size = sizeof(config),
		.frames = frames,
		.tags = tags,
		.frames_pa = {FRAMES_PA},
		.frames_bytes = FRAMES_BYTES,
	};
	struct mezzo_pa second = {FRAMES_PA + 4096};
	struct mezzo_pa outside = {FRAMES_PA + FRAMES_BYTES};
	struct mezzo_hosted hosted;
	const struct mezzo_platform *p = &hosted.platform;
	void *va;

	(void)state;
	memset(frames, 0xaa, FRAMES_BYTES);
	memset(tags, 0xb, FRAMES_BYTES / 16);
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_OK);

	va = p->window_open(p->ctx, MEZZO_WINDOW_TAGGED, second, 4096);
	assert_int_equal(hosted.counts.windows_open, 1);
	p->zero(p->ctx, va, 4096);
	assert_int_equal(tags[256], 0xb);
	p->zero_tags(p->ctx, va, 4096);
	p->window_close(p->ctx, MEZZO_WINDOW_TAGGED, va, 4096);
	for (size_t i = 0; i < FRAMES_BYTES; i++)
		assert_int_equal(frames[i], i / 4096 == 1 ? 0 : 0xaa);
	for (size_t i = 0; i < FRAMES_BYTES / 16; i++)
		assert_int_equal(tags[i], i / 256 == 1 ? 0 : 0xb);

	va = p->window_open(p->ctx, MEZZO_WINDOW_UNCACHED, outside, 4096);
	p->zero(p->ctx, va, 4096);
	p->cache_clean_invalidate(p->ctx, va, 4096);
	p->window_close(p->ctx, MEZZO_WINDOW_UNCACHED, va, 4096);
	assert_int_equal(hosted.counts.zero_bytes, 8192);
	assert_int_equal(hosted.counts.clean_invalidate_bytes, 4096);
	assert_int_equal(hosted.counts.windows_open, 0);
	free(frames);
	free(tags);
}

static void a_bad_configuration_is_refused(void **state)
{
	struct mezzo_hosted_config config = {.size = sizeof(config)};
	struct mezzo_hosted hosted;
	char byte;

	(void)state;
	config.size--;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_ERR_INVALID);
	config.size++;
	config.frames_bytes = 4096;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_ERR_INVALID);
	config.frames = &byte;
	config.frames_pa.addr = 1;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_ERR_INVALID);
	config.frames_pa.addr = UINT64_C(0) - 4096;
	config.frames_bytes = 8192;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_ERR_INVALID);
	config.frames_pa.addr = 0;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_OK);
}

static void what_a_machine_lacks_is_null(void **state)
{
	struct mezzo_hosted_config config = {
		.size = sizeof(config),
		.no_range = true,
		.no_direct = true,
	};
	struct mezzo_hosted hosted;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, &config), MEZZO_OK);
	assert_null(hosted.platform.tlb_invalidate_range);
	assert_null(hosted.platform.direct);
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	assert_non_null(hosted.platform.tlb_invalidate_range);
	assert_non_null(hosted.platform.direct);
}

struct contest {
	struct mezzo_hosted hosted;
	struct mezzo_lock lock;
	unsigned long shared;
};

#define TURNS 20000

static void *contend(void *arg)
{
	struct contest *contest = arg;
	const struct mezzo_platform *p = &contest->hosted.platform;

	for (int i = 0; i < TURNS; i++) {
		p->lock(p->ctx, &contest->lock);
		contest->shared++;
		p->unlock(p->ctx, &contest->lock);
	}
	return NULL;
}

static void a_lock_excludes_other_threads(void **state)
{
	struct contest contest = {.shared = 0};
	pthread_t thread[3];

	(void)state;
	assert_int_equal(mezzo_hosted_init(&contest.hosted, NULL), MEZZO_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, contend, &contest), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(contest.shared, 3 * TURNS);
}

static void counts_are_reset_but_what_is_in_use(void **state)
{
	struct mezzo_hosted hosted;
	const struct mezzo_platform *p = &hosted.platform;
	struct mezzo_ipa ipa = {0x1000};
	void *table;

	(void)state;
	assert_int_equal(mezzo_hosted_init(&hosted, NULL), MEZZO_OK);
	table = p->table_alloc(p->ctx, 4096);
	p->tlb_invalidate_entry(p->ctx, 1, ipa, 3);
	p->tlb_invalidate_range(p->ctx, 1, ipa, 7, 3);
	p->tlb_invalidate_combined(p->ctx, 1);
	p->tlb_invalidate_space(p->ctx, 1);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->icache_invalidate(p->ctx);
	assert_int_equal(hosted.counts.tlb_entries, 1);
	assert_int_equal(hosted.counts.tlb_ranges, 1);
	assert_int_equal(hosted.counts.tlb_range_pages, 7);
	assert_int_equal(hosted.counts.tlb_combined, 1);
	assert_int_equal(hosted.counts.tlb_spaces, 1);
	assert_int_equal(hosted.counts.barriers[MEZZO_BARRIER_COMPLETE], 1);
	assert_int_equal(hosted.counts.barriers[MEZZO_BARRIER_TABLES], 0);
	assert_int_equal(hosted.counts.icache_invalidates, 1);
	mezzo_hosted_reset_counts(&hosted);
	assert_int_equal(hosted.counts.tlb_entries, 0);
	assert_int_equal(hosted.counts.table_allocs, 0);
	assert_int_equal(hosted.counts.table_bytes, 4096);
	p->table_free(p->ctx, table, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_zeroed_and_aligned_to_themselves),
		cmocka_unit_test(allocations_fail_when_their_number_is_used_up),
		cmocka_unit_test(zeroing_reaches_backed_frames_and_their_tags_only),
		cmocka_unit_test(a_bad_configuration_is_refused),
		cmocka_unit_test(what_a_machine_lacks_is_null),
		cmocka_unit_test(a_lock_excludes_other_threads),
		cmocka_unit_test(counts_are_reset_but_what_is_in_use),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
