/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Converting 1 GiB of private memory that a guest has mapped, one thread, beside a loop that zeroes as
 * much memory. The platform is the hosted one without memory behind the frames: what is measured is
 * the engine, not the zeroing that it asks for, which the control stands for.
 *
 * bench/convert [FILE]: writes FILE, or build/bench/convert.json.
 */
#include <stdbool.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#include "measure.h"

#define PAGES (UINT64_C(1) << 18)
#define BLOCK_PAGES 512u
#define IPA UINT64_C(0x40000000)
#define BUFFER_BYTES (UINT64_C(64) << 20)

struct bench {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[2];
	struct mezzo_index_node nodes[MEZZO_INDEX_NODES(2)];
	struct mezzo_vcpu vcpu;
	struct mezzo_private private;
	void *state;
	unsigned char *buffer;
};

static void convert(struct bench *b, uint64_t offset, uint64_t pages, bool to_shared, bool keep)
{
	struct mezzo_conversion c = {.offset_pages = offset,
				     .pages = pages,
				     .to_shared = to_shared,
				     .keep = keep};
	int status;

	do
		status = mezzo_private_convert(&b->private, &c);
	while (status == MEZZO_ERR_AGAIN);
	must(status == MEZZO_OK, "convert");
}

static void open_space(struct bench *b)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &b->hosted.platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.slots = b->slots,
		.index = b->nodes,
		.max_slots = 2,
		.vcpus = &b->vcpu,
		.max_vcpus = 1,
	};
	struct mezzo_contract own =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	const struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	const struct mezzo_slot_config slot = {
		.ipa = {IPA},
		.pages = PAGES,
		.object = &b->private.pool.object,
		.shared = &b->private.shared,
	};
	struct mezzo_refusal why;

	own.is_private = true;
	must(mezzo_hosted_init(&b->hosted, NULL) == MEZZO_OK, "platform");
	must(mezzo_space_init(&b->space, &config) == MEZZO_OK, "space");
	must(mezzo_private_init(&b->private, &b->hosted.platform, &own, &shared,
				(struct mezzo_pa){UINT64_C(4) << 30}, PAGES, b->state, NULL, NULL,
				&why) == MEZZO_OK,
	     "private memory");
	must(mezzo_slot_create(&b->space, &slot, &why) == MEZZO_OK, "slot");
}

static void close_space(struct bench *b)
{
	int status;

	do
		status = mezzo_slot_delete(&b->space, 0, NULL);
	while (status == MEZZO_ERR_AGAIN);
	must(status == MEZZO_OK && mezzo_space_fini(&b->space) == MEZZO_OK, "fini");
}

/* The guest has all of it, in blocks of 2 MiB. */
static void touch_all(struct bench *b)
{
	for (uint64_t page = 0; page < PAGES; page += BLOCK_PAGES) {
		const struct mezzo_fault_info info = {
			.ipa = {IPA + page * MEZZO_PAGE_BYTES},
			.access = MEZZO_ACCESS_WRITE,
		};
		struct mezzo_fault_result result;

		must(mezzo_space_fault(&b->space, 0, &info, &result) == MEZZO_OK &&
			     result.order == MEZZO_ORDER_2M,
		     "fault");
	}
}

/* There and, with @back, what is measured is the way back. */
static double convert_all(struct bench *b, bool back, bool keep)
{
	double start, end;

	open_space(b);
	touch_all(b);
	if (back) {
		convert(b, 0, PAGES, true, true);
		touch_all(b);
	}
	start = measure_now();
	convert(b, 0, PAGES, !back, keep);
	end = measure_now();
	close_space(b);
	return end - start;
}

static double to_shared_kept(void *arg)
{
	return convert_all(arg, false, true);
}

static double to_shared_zeroed(void *arg)
{
	return convert_all(arg, false, false);
}

static double to_private_zeroed(void *arg)
{
	return convert_all(arg, true, false);
}

/* Every other page, one call each: what a guest does that shares single buffers. */
static double every_other_page(void *arg)
{
	struct bench *b = arg;
	double start, end;

	open_space(b);
	touch_all(b);
	start = measure_now();
	for (uint64_t page = 0; page < PAGES; page += 2)
		convert(b, page, 1, true, true);
	end = measure_now();
	close_space(b);
	return end - start;
}

static double control_zero(void *arg)
{
	struct bench *b = arg;
	double start = measure_now();

	for (uint64_t done = 0; done < PAGES * MEZZO_PAGE_BYTES; done += BUFFER_BYTES) {
		memset(b->buffer, 0, BUFFER_BYTES);
		__asm__ volatile("" ::"r"(b->buffer) : "memory");
	}
	return measure_now() - start;
}

static void report(struct bench *b, struct measure_report *to)
{
	measure_write(to, "convert_1gib_to_shared_kept", measure_median(to_shared_kept, b, 1) * 1e3,
		      "ms");
	measure_write(to, "convert_1gib_to_shared_zeroed",
		      measure_median(to_shared_zeroed, b, 1) * 1e3, "ms");
	measure_write(to, "convert_1gib_to_private_zeroed",
		      measure_median(to_private_zeroed, b, 1) * 1e3, "ms");
	measure_write(to, "convert_4k_every_other_page",
		      measure_median(every_other_page, b, PAGES / 2) * 1e9, "ns");
	measure_write(to, "control_zero_1gib", measure_median(control_zero, b, 1) * 1e3, "ms");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "build/bench/convert.json";
	struct bench *b = calloc(1, sizeof(*b));
	struct measure_report to;

	must(b, "start");
	b->state = malloc(mezzo_pool_state_bytes(PAGES));
	b->buffer = malloc(BUFFER_BYTES);
	must(b->state && b->buffer, "memory");
	measure_open(&to, name);
	report(b, &to);
	measure_close(&to, name);
	free(b->state);
	free(b->buffer);
	free(b);
	return 0;
}
