/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/lib/format.c hv/mmio.c */
/* The hypervisor's own small things: formatting, and finding the device of an access. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hv/lib/print.h"
#include "hv/mmio.h"
#include "mezzo/status.h"

#define AS_PRINTF(...)                                                                             \
	do {                                                                                       \
		char want[64], got[64];                                                            \
		int n = snprintf(want, sizeof(want), __VA_ARGS__);                                 \
                                                                                                   \
		assert_int_equal(hv_format(got, sizeof(got), __VA_ARGS__), n);                     \
		assert_string_equal(got, want);                                                    \
	} while (0)

static void formats_as_printf_does(void **state)
{
	(void)state;
	AS_PRINTF("plain %%");
	AS_PRINTF("%s|%c|%d|%i", "text", 'x', -5, 7);
	AS_PRINTF("%u %x %X", 4000000000u, 0xdeadbeefu, 0xdeadbeefu);
	AS_PRINTF("%lu %lx %ld", 18446744073709551615ul, 0x123456789abcdeful,
		  -9223372036854775807l);
	AS_PRINTF("%llx %zu", 0x123456789abcdefull, (size_t)77);
	AS_PRINTF("%5d|%-5d|%05d|%5s|%-5s|%08x", 42, 42, 42, "ab", "ab", 0xabcu);
	AS_PRINTF("%d", 0);
}

static void a_small_buffer_is_cut_and_ended(void **state)
{
	char buffer[5] = "####";

	(void)state;
	assert_int_equal(hv_format(buffer, 4, "%s", "abcdef"), 6);
	assert_string_equal(buffer, "abc");
	assert_int_equal(hv_format(NULL, 0, "%u", 1234u), 4);
}

static enum hv_mmio_result access_one(void *dev, struct hv_mmio *mmio)
{
	uint64_t *seen = dev;

	*seen = mmio->ipa;
	mmio->value = 0x55;
	return HV_MMIO_DONE;
}

static void devices_do_not_overlap(void **state)
{
	struct hv_mmio_bus bus = {0};
	struct hv_mmio_device d = {0x1000, 0x1000, access_one, NULL};

	(void)state;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_OK);
	d.ipa = 0x1fff;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_EXISTS);
	d.ipa = 0x1;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_EXISTS);
	d.ipa = 0;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_OK);
	d.ipa = UINT64_MAX - 0xffe;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_INVALID);
	d = (struct hv_mmio_device){0x5000, 0, access_one, NULL};
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_INVALID);
	d = (struct hv_mmio_device){0x5000, 1, NULL, NULL};
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_INVALID);
	for (uint64_t i = 2; i < HV_MMIO_DEVICES_MAX; i++) {
		d = (struct hv_mmio_device){i << 16, 0x1000, access_one, NULL};
		assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_OK);
	}
	d.ipa = 0x900000;
	assert_int_equal(hv_mmio_add(&bus, &d), MEZZO_ERR_LIMIT);
}

static enum hv_mmio_result at(struct hv_mmio_bus *bus, uint64_t ipa, uint8_t bytes)
{
	struct hv_mmio mmio = {.ipa = ipa, .bytes = bytes};

	return hv_mmio_access(bus, &mmio);
}

static void an_access_lies_wholly_in_one_device_or_faults(void **state)
{
	struct hv_mmio_bus bus = {0};
	uint64_t low = 0, high = 0;
	struct hv_mmio_device a = {0x1000, 0x1000, access_one, &low};
	struct hv_mmio_device b = {0x2000, 0x4, access_one, &high};

	(void)state;
	assert_int_equal(hv_mmio_add(&bus, &a), MEZZO_OK);
	assert_int_equal(hv_mmio_add(&bus, &b), MEZZO_OK);
	assert_int_equal(at(&bus, 0x1ff8, 8), HV_MMIO_DONE);
	assert_int_equal(low, 0x1ff8);
	assert_int_equal(at(&bus, 0x2000, 4), HV_MMIO_DONE);
	assert_int_equal(high, 0x2000);
	assert_int_equal(at(&bus, 0x2000, 8), HV_MMIO_FAULT);
	assert_int_equal(at(&bus, 0x1ffc, 8), HV_MMIO_FAULT);
	assert_int_equal(at(&bus, 0xfff, 1), HV_MMIO_FAULT);
	assert_int_equal(at(&bus, UINT64_MAX, 8), HV_MMIO_FAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_as_printf_does),
		cmocka_unit_test(a_small_buffer_is_cut_and_ended),
		cmocka_unit_test(devices_do_not_overlap),
		cmocka_unit_test(an_access_lies_wholly_in_one_device_or_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_lib", tests, NULL, NULL);
}
