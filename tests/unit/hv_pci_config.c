/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/pci/config.c hv/pci/slots.c */
/* What a guest can do to the configuration space of a passed-through function, and what to slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mezzo/status.h>

#include "hv/pci/config.h"
#include "hv/pci/slots.h"

#define LOW UINT64_C(0x10000000)
#define LOW_BYTES UINT64_C(0x2eff0000)
#define HIGH UINT64_C(0x8000000000)
#define HIGH_BYTES UINT64_C(0x8000000000)

#define DEV(n) ((uint64_t)(n) << 15)
#define MiB (UINT64_C(1) << 20)

struct machine {
	struct hv_pci_function function[2];
	struct hv_pci_bus bus;
	struct hv_pci_slots slots;
	struct hv_pci_slot_ops ops;
	/* the slots as an engine would hold them */
	bool live[HV_PCI_DEVICES][HV_PCI_BARS];
	uint64_t ipa[HV_PCI_DEVICES][HV_PCI_BARS];
	unsigned int again; /* so many calls say AGAIN */
	unsigned int creates, removes;
};

static uint8_t raw[HV_PCI_CONFIG_BYTES];

/* A function with everything a guest must not see. */
static void fill_raw(void)
{
	memset(raw, 0xff, sizeof(raw));
	memcpy(raw, "\xf4\x1a\x10\x11\x07\x04\x10\x00\x01\x00\x00\x05\x10\x20\x80\x00", 16);
	memcpy(raw + 0x2c, "\xf4\x1a\x00\x11", 4);
	raw[0x34] = 0x40;
	memcpy(raw + 0x40, "\x01\x50", 2);     /* power management */
	memcpy(raw + 0x50, "\x09\x60\x10", 3); /* vendor */
	memcpy(raw + 0x60, "\x11\x70", 2);     /* MSI-X */
	memcpy(raw + 0x70, "\x09\x80\x08", 3); /* vendor */
	memcpy(raw + 0x80, "\x10\x00", 2);     /* PCI Express */
}

static bool overlaps(struct machine *m, unsigned int device, unsigned int bar, uint64_t ipa)
{
	uint64_t bytes = m->bus.device[device]->bar[bar].bytes;

	for (unsigned int d = 0; d < HV_PCI_DEVICES; d++)
		for (unsigned int b = 0; b < HV_PCI_BARS; b++)
			if (m->live[d][b] && m->ipa[d][b] < ipa + bytes &&
			    ipa < m->ipa[d][b] + m->bus.device[d]->bar[b].bytes)
				return true;
	return false;
}

static int create(void *ctx, unsigned int device, unsigned int bar, uint64_t ipa)
{
	struct machine *m = ctx;

	m->creates++;
	if (m->again) {
		m->again--;
		return MEZZO_ERR_AGAIN;
	}
	if (overlaps(m, device, bar, ipa))
		return MEZZO_ERR_EXISTS;
	assert_false(m->live[device][bar]);
	m->live[device][bar] = true;
	m->ipa[device][bar] = ipa;
	return MEZZO_OK;
}

static int discard(void *ctx, unsigned int device, unsigned int bar)
{
	struct machine *m = ctx;

	m->removes++;
	if (m->again) {
		m->again--;
		return MEZZO_ERR_AGAIN;
	}
	assert_true(m->live[device][bar]);
	m->live[device][bar] = false;
	return MEZZO_OK;
}

/* Device 1: BAR 0 of 256 bytes, trapped, and BAR 2 of 4 MiB, 64 bits. Device 2: BAR 1 of 1 MiB. */
static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	fill_raw();
	for (unsigned int i = 0; i < 2; i++) {
		hv_pci_function_init(&m->function[i], raw);
		m->bus.device[i + 1] = &m->function[i];
	}
	assert_int_equal(hv_pci_bar_declare(&m->function[0], 0, HV_PCI_BAR_TRAPPED, 256, false,
					    false),
			 MEZZO_OK);
	assert_int_equal(hv_pci_bar_declare(&m->function[0], 2, HV_PCI_BAR_MAPPED, 4 * MiB, true,
					    true),
			 MEZZO_OK);
	assert_int_equal(hv_pci_bar_declare(&m->function[1], 1, HV_PCI_BAR_MAPPED, MiB, false,
					    false),
			 MEZZO_OK);
	m->bus.window[0] = (struct hv_pci_window){LOW, LOW_BYTES};
	m->bus.window[1] = (struct hv_pci_window){HIGH, HIGH_BYTES};
	m->ops = (struct hv_pci_slot_ops){create, discard, m};
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static uint32_t get(struct machine *m, unsigned int device, unsigned int reg)
{
	return (uint32_t)hv_pci_config_read(&m->bus, DEV(device) + reg, 4);
}

static bool set(struct machine *m, unsigned int device, unsigned int reg, uint32_t value)
{
	return hv_pci_config_write(&m->bus, DEV(device) + reg, 4, value);
}

static void identity_is_real(void **state)
{
	struct machine *m = *state;

	assert_int_equal(get(m, 1, HV_PCI_ID), 0x11101af4);
	assert_int_equal(get(m, 1, HV_PCI_CLASS), 0x05000001);
	assert_int_equal(get(m, 1, HV_PCI_SUBSYSTEM), 0x11001af4);
}

static void what_could_reach_the_host_is_hidden(void **state)
{
	struct machine *m = *state;
	uint32_t command;

	set(m, 1, HV_PCI_COMMAND, UINT32_MAX);
	command = get(m, 1, HV_PCI_COMMAND);
	assert_int_equal(command, HV_PCI_COMMAND_MEMORY | HV_PCI_STATUS_CAPABILITIES);
	set(m, 1, HV_PCI_INTERRUPT, UINT32_MAX);
	assert_int_equal(get(m, 1, HV_PCI_INTERRUPT), 0xff); /* line is scratch; no pin */
	set(m, 1, 0x30, UINT32_MAX);
	assert_int_equal(get(m, 1, 0x30), 0);                /* expansion ROM */
	assert_int_equal(get(m, 1, HV_PCI_HEADER) >> 16, 0); /* one function, no BIST */
	assert_int_equal(get(m, 1, 0x28), 0);
}

static void only_vendor_capabilities_are_linked(void **state)
{
	struct machine *m = *state;

	assert_int_equal(get(m, 1, HV_PCI_CAPABILITIES), 0x50);
	assert_int_equal(get(m, 1, 0x50) & 0xffffff, 0x107009);
	assert_int_equal(get(m, 1, 0x70) & 0xffffff, 0x080009);
	assert_int_equal(get(m, 1, 0x40), 0);
	assert_int_equal(get(m, 1, 0x60), 0);
	assert_int_equal(get(m, 1, 0x80), 0);
	assert_int_equal(get(m, 1, 0x100), UINT32_MAX); /* no extended space */
}

static void broken_capability_lists_end(void **state)
{
	struct hv_pci_function function;

	(void)state;
	fill_raw();
	raw[0x71] = 0x50; /* a loop */
	hv_pci_function_init(&function, raw);
	assert_int_equal(function.image[0x34], 0x50);
	assert_int_equal(function.image[0x51], 0x70);
	assert_int_equal(function.image[0x71], 0);

	fill_raw();
	raw[0x52] = 0xc0; /* longer than the space */
	hv_pci_function_init(&function, raw);
	assert_int_equal(function.image[0x34], 0);
	assert_int_equal(function.image[HV_PCI_COMMAND + 2], 0);

	fill_raw();
	raw[0x52] = 0x21; /* covers the next ones */
	hv_pci_function_init(&function, raw);
	assert_int_equal(function.image[0x51], 0);
}

static void a_bar_tells_its_size(void **state)
{
	struct machine *m = *state;

	set(m, 1, 0x10, UINT32_MAX);
	assert_int_equal(get(m, 1, 0x10), 0xffffff00);
	set(m, 1, 0x18, UINT32_MAX);
	set(m, 1, 0x1c, UINT32_MAX);
	assert_int_equal(get(m, 1, 0x18), 0xffc0000c); /* 64 bits, prefetchable, 4 MiB */
	assert_int_equal(get(m, 1, 0x1c), UINT32_MAX);
	set(m, 2, 0x14, UINT32_MAX);
	assert_int_equal(get(m, 2, 0x14), 0xfff00000);
	/* those that are not there */
	set(m, 1, 0x14, UINT32_MAX);
	set(m, 1, 0x24, UINT32_MAX);
	assert_int_equal(get(m, 1, 0x14), 0);
	assert_int_equal(get(m, 1, 0x24), 0);
}

static void impossible_bars_are_refused(void **state)
{
	struct machine *m = *state;
	struct hv_pci_function *f = &m->function[0];
	const struct {
		unsigned int number;
		enum hv_pci_bar_kind kind;
		uint64_t bytes;
		bool wide;
	} bad[] = {
		{1, HV_PCI_BAR_MAPPED, 256, false},
		{1, HV_PCI_BAR_TRAPPED, 8, false},
		{1, HV_PCI_BAR_MAPPED, 3 * MiB, false},
		{1, HV_PCI_BAR_MAPPED, 0, false},
		{1, HV_PCI_BAR_MAPPED, UINT64_C(1) << 32, false},
		{1, HV_PCI_BAR_MAPPED, MiB, true},  /* its upper half is BAR 2 */
		{3, HV_PCI_BAR_MAPPED, MiB, false}, /* an upper half already */
		{5, HV_PCI_BAR_MAPPED, MiB, true},
		{6, HV_PCI_BAR_MAPPED, MiB, false},
		{1, HV_PCI_BAR_UPPER, MiB, false},
		{1, HV_PCI_BAR_NONE, MiB, false},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(hv_pci_bar_declare(f, bad[i].number, bad[i].kind, bad[i].bytes,
						    bad[i].wide, false),
				 MEZZO_ERR_INVALID);
	assert_int_equal(hv_pci_bar_declare(f, 4, HV_PCI_BAR_MAPPED, UINT64_C(1) << 40, true,
					    false),
			 MEZZO_OK);
}

static void absent_functions_read_ones(void **state)
{
	struct machine *m = *state;

	assert_int_equal(get(m, 0, 0), UINT32_MAX);
	assert_int_equal(get(m, 3, 0), UINT32_MAX);
	assert_int_equal(hv_pci_config_read(&m->bus, DEV(1) + 0x1000, 2), 0xffff); /* function 1 */
	assert_int_equal(hv_pci_config_read(&m->bus, HV_PCI_BUS_BYTES, 1), 0xff);
	assert_true(hv_pci_config_read(&m->bus, UINT64_MAX - 3, 8) == UINT64_MAX);
	assert_false(set(m, 3, HV_PCI_COMMAND, 2));
	assert_false(hv_pci_config_write(&m->bus, HV_PCI_BUS_BYTES - 2, 8, 0));
}

static void any_size_and_offset_reads_the_same_bytes(void **state)
{
	struct machine *m = *state;
	uint8_t want[0x108];

	set(m, 1, HV_PCI_COMMAND, 2);
	set(m, 1, 0x18, 0x12400000);
	for (unsigned int i = 0; i < sizeof(want); i++)
		want[i] = (uint8_t)(get(m, 1, i & ~3u) >> 8 * (i & 3));
	for (unsigned int bytes = 1; bytes <= 8; bytes *= 2) {
		for (unsigned int at = 0; at + bytes <= sizeof(want); at++) {
			uint64_t value = hv_pci_config_read(&m->bus, DEV(1) + at, bytes);

			assert_memory_equal(&value, want + at, bytes);
		}
	}
}

static void bytes_of_a_bar_can_be_written_alone(void **state)
{
	struct machine *m = *state;

	hv_pci_config_write(&m->bus, DEV(2) + 0x17, 1, 0x12);
	hv_pci_config_write(&m->bus, DEV(2) + 0x16, 1, 0x35);
	assert_int_equal(get(m, 2, 0x14), 0x12300000);
	/* eight bytes set both halves of a 64-bit BAR */
	hv_pci_config_write(&m->bus, DEV(1) + 0x18, 8, 0x81234567ff);
	assert_int_equal(get(m, 1, 0x18), 0x2340000c);
	assert_int_equal(get(m, 1, 0x1c), 0x81);
	/* unaligned: the last bytes of one register and the first of the next */
	hv_pci_config_write(&m->bus, DEV(1) + 0x1a, 4, 0x00900040);
	assert_int_equal(get(m, 1, 0x18), 0x0040000c);
	assert_int_equal(get(m, 1, 0x1c), 0x90);
}

static void a_bar_decodes_inside_a_window_only(void **state)
{
	struct machine *m = *state;
	const struct {
		uint64_t address;
		bool decodes;
	} at[] = {
		{0, false},
		{LOW - 4 * MiB, false},
		{LOW, true},
		{0x3e800000, true},
		{0x3ec00000, false}, /* its end lies beyond the window's */
		{0x40000000, false},
		{0x4010000000, false},
		{HIGH - 4 * MiB, false},
		{HIGH, true},
		{HIGH + HIGH_BYTES - 4 * MiB, true},
		{HIGH + HIGH_BYTES, false},
		{UINT64_MAX, false}, /* as written while sizing */
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		uint64_t ipa = 1;

		set(m, 1, HV_PCI_COMMAND, 0);
		set(m, 1, 0x18, (uint32_t)at[i].address);
		set(m, 1, 0x1c, (uint32_t)(at[i].address >> 32));
		assert_false(hv_pci_bar_decodes(&m->bus, &m->function[0], 2, &ipa));
		set(m, 1, HV_PCI_COMMAND, 2);
		assert_int_equal(hv_pci_bar_decodes(&m->bus, &m->function[0], 2, &ipa),
				 at[i].decodes);
		if (at[i].decodes)
			assert_true(ipa == at[i].address);
	}
}

static void trapped_bars_answer_whole_accesses(void **state)
{
	struct machine *m = *state;
	unsigned int device, bar;
	uint64_t offset;

	set(m, 1, 0x10, 0x10000100);
	assert_null(hv_pci_trapped(&m->bus, 0x10000100, 4, &device, &bar, &offset));
	set(m, 1, HV_PCI_COMMAND, 2);
	assert_ptr_equal(hv_pci_trapped(&m->bus, 0x100001fc, 4, &device, &bar, &offset),
			 &m->function[0]);
	assert_int_equal(device, 1);
	assert_int_equal(bar, 0);
	assert_int_equal(offset, 0xfc);
	assert_null(hv_pci_trapped(&m->bus, 0x100001fd, 4, &device, &bar, &offset));
	assert_null(hv_pci_trapped(&m->bus, 0x100000ff, 1, &device, &bar, &offset));
	assert_null(hv_pci_trapped(&m->bus, 0x10000200, 1, &device, &bar, &offset));
}

/* --- slots --------------------------------------------------------------------------------- */

static void follow(struct machine *m)
{
	while (!hv_pci_slots_follow(&m->slots, &m->bus, &m->ops))
		;
}

static void slots_follow_address_and_enable(void **state)
{
	struct machine *m = *state;

	assert_true(set(m, 2, 0x14, 0x10000000));
	follow(m);
	assert_false(m->live[2][1]);
	assert_true(set(m, 2, HV_PCI_COMMAND, 2));
	follow(m);
	assert_true(m->live[2][1]);
	assert_true(m->ipa[2][1] == 0x10000000);
	assert_true(set(m, 2, 0x14, 0x10100000));
	follow(m);
	assert_true(m->ipa[2][1] == 0x10100000);
	assert_true(set(m, 2, HV_PCI_COMMAND, 0));
	follow(m);
	assert_false(m->live[2][1]);
	/* nothing changed: nothing done */
	m->creates = m->removes = 0;
	assert_false(set(m, 2, HV_PCI_COMMAND, 0));
	follow(m);
	assert_int_equal(m->creates + m->removes, 0);
}

static void overlapping_bars_leave_the_later_one_out(void **state)
{
	struct machine *m = *state;

	set(m, 1, 0x18, 0x10000000);
	set(m, 1, HV_PCI_COMMAND, 2);
	follow(m);
	set(m, 2, 0x14, 0x10100000);
	set(m, 2, HV_PCI_COMMAND, 2);
	follow(m);
	assert_true(m->live[1][2]);
	assert_false(m->live[2][1]);
	assert_int_equal(m->slots.slot[2][1].status, MEZZO_ERR_EXISTS);
	/* and lets it in when the first one goes */
	set(m, 1, HV_PCI_COMMAND, 0);
	follow(m);
	assert_true(m->live[2][1]);
	assert_int_equal(m->slots.slot[2][1].status, MEZZO_OK);
}

static void bars_can_change_places(void **state)
{
	struct machine *m = *state;

	set(m, 1, 0x18, 0x10000000);
	set(m, 2, 0x14, 0x20000000);
	set(m, 1, HV_PCI_COMMAND, 2);
	set(m, 2, HV_PCI_COMMAND, 2);
	follow(m);
	/* both writes before the slots follow, as two vCPUs may do it */
	set(m, 1, 0x18, 0x20000000);
	set(m, 2, 0x14, 0x10000000);
	follow(m);
	assert_true(m->ipa[1][2] == 0x20000000 && m->live[1][2]);
	assert_true(m->ipa[2][1] == 0x10000000 && m->live[2][1]);
}

static void unfinished_deletions_are_resumed(void **state)
{
	struct machine *m = *state;

	set(m, 2, 0x14, 0x10000000);
	set(m, 2, HV_PCI_COMMAND, 2);
	follow(m);
	m->again = 3;
	set(m, 2, 0x14, 0x10100000);
	assert_false(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	assert_false(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	/* the guest changes its mind; the deletion is finished all the same */
	set(m, 2, 0x14, 0x10000000);
	assert_false(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	assert_int_equal(m->removes, 3);
	assert_true(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	assert_int_equal(m->removes, 4);
	assert_true(m->live[2][1]);
	assert_true(m->ipa[2][1] == 0x10000000);
	/* a creation that has to wait comes at the next call */
	set(m, 2, HV_PCI_COMMAND, 0);
	follow(m);
	m->again = 1;
	set(m, 2, HV_PCI_COMMAND, 2);
	assert_false(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	assert_true(hv_pci_slots_follow(&m->slots, &m->bus, &m->ops));
	assert_true(m->live[2][1]);
}

static int refusing(void *ctx, unsigned int device, unsigned int bar, uint64_t ipa)
{
	struct machine *m = ctx;

	(void)device, (void)bar, (void)ipa;
	m->creates++;
	return MEZZO_ERR_REFUSED;
}

static void what_the_policy_refuses_is_asked_once(void **state)
{
	struct machine *m = *state;

	m->ops.create = refusing;
	set(m, 2, 0x14, 0x10000000);
	set(m, 2, HV_PCI_COMMAND, 2);
	follow(m);
	assert_int_equal(m->creates, 1);
	assert_int_equal(m->slots.slot[2][1].status, MEZZO_ERR_REFUSED);
	for (uint32_t at = 0x10100000; at < 0x10800000; at += 0x100000) {
		set(m, 2, 0x14, at);
		follow(m);
	}
	assert_int_equal(m->creates, 1);
	assert_int_equal(m->slots.slot[2][1].status, MEZZO_ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(identity_is_real),
		T(what_could_reach_the_host_is_hidden),
		T(only_vendor_capabilities_are_linked),
		T(broken_capability_lists_end),
		T(a_bar_tells_its_size),
		T(impossible_bars_are_refused),
		T(absent_functions_read_ones),
		T(any_size_and_offset_reads_the_same_bytes),
		T(bytes_of_a_bar_can_be_written_alone),
		T(a_bar_decodes_inside_a_window_only),
		T(trapped_bars_answer_whole_accesses),
		T(slots_follow_address_and_enable),
		T(overlapping_bars_leave_the_later_one_out),
		T(bars_can_change_places),
		T(unfinished_deletions_are_resumed),
		T(what_the_policy_refuses_is_asked_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
