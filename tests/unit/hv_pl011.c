/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/console/pl011.c */
/* A guest's PL011, by the rules of DDI 0183. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv/console/pl011.h"

#define BASE UINT64_C(0x09000000)
enum {
	DR = 0x00,
	RSR = 0x04,
	FR = 0x18,
	IBRD = 0x24,
	FBRD = 0x28,
	LCR_H = 0x2c,
	CR = 0x30,
	IFLS = 0x34,
	IMSC = 0x38,
	RIS = 0x3c,
	MIS = 0x40,
	ICR = 0x44,
	DMACR = 0x48,
};
#define TXFE 0x80
#define RXFF 0x40
#define TXFF 0x20
#define RXFE 0x10
#define BUSY 0x08
#define RX 0x10
#define TX 0x20
#define RT 0x40

static struct pl011 uart;
static bool line;
static unsigned int changes;

static void on_irq(void *ctx, bool high)
{
	assert_ptr_equal(ctx, &line);
	assert_int_not_equal(high, line);
	line = high;
	changes++;
}

static uint64_t read_n(uint64_t offset, unsigned int bytes)
{
	struct hv_mmio mmio = {.ipa = BASE + offset, .bytes = (uint8_t)bytes, .value = UINT64_MAX};

	assert_int_equal(pl011_access(&uart, &mmio), HV_MMIO_DONE);
	return mmio.value;
}

static void write_n(uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct hv_mmio mmio = {.ipa = BASE + offset,
			       .bytes = (uint8_t)bytes,
			       .write = true,
			       .value = value};

	assert_int_equal(pl011_access(&uart, &mmio), HV_MMIO_DONE);
}

static uint64_t get(uint64_t offset)
{
	return read_n(offset, 4);
}

static void set(uint64_t offset, uint64_t value)
{
	write_n(offset, 4, value);
}

static int power_on(void **state)
{
	(void)state;
	line = false;
	changes = 0;
	pl011_init(&uart, on_irq, &line);
	set(LCR_H, 0x70);
	return 0;
}

static void check_reset_values(void)
{
	static const uint8_t id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	assert_int_equal(get(FR), TXFE | RXFE);
	assert_int_equal(get(CR), 0x301);
	assert_int_equal(get(IFLS), 0x12);
	assert_int_equal(get(LCR_H), 0);
	assert_int_equal(get(RIS) | get(IMSC) | get(MIS) | get(RSR) | get(DMACR), 0);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(get(0xfe0 + 4 * i), id[i]);
}

static void reset_values_are_the_manuals_but_for_enable(void **state)
{
	(void)state;
	pl011_init(&uart, on_irq, &line);
	check_reset_values();
}

static void registers_hold_their_width(void **state)
{
	static const struct {
		uint64_t offset, mask;
	} reg[] = {{0x20, 0xff}, {IBRD, 0xffff}, {FBRD, 0x3f},  {LCR_H, 0xff},
		   {CR, 0xff87}, {IFLS, 0x3f},   {IMSC, 0x7ff}, {DMACR, 7}};

	(void)state;
	for (unsigned int i = 0; i < sizeof(reg) / sizeof(reg[0]); i++) {
		set(reg[i].offset, UINT32_MAX);
		assert_int_equal(get(reg[i].offset), reg[i].mask);
		set(reg[i].offset, 0);
		assert_int_equal(get(reg[i].offset), 0);
	}
}

static void what_is_undefined_reads_zero(void **state)
{
	(void)state;
	for (uint64_t offset = 0x4c; offset < 0xfe0; offset += 4) {
		set(offset, UINT32_MAX);
		assert_int_equal(get(offset), 0);
	}
	set(FR, UINT32_MAX);
	set(RIS, UINT32_MAX);
	set(MIS, UINT32_MAX);
	assert_int_equal(get(FR), TXFE | RXFE);
	assert_int_equal(get(RIS), 0);
}

static void accesses_of_all_sizes_work(void **state)
{
	uint8_t c;

	(void)state;
	write_n(IBRD, 2, 0x1234);
	write_n(FBRD, 1, 0x15);
	assert_int_equal(read_n(IBRD, 8), UINT64_C(0x1500001234));
	assert_int_equal(read_n(IBRD, 2), 0x1234);
	assert_int_equal(read_n(IBRD, 1), 0x34);
	assert_int_equal(read_n(IBRD + 1, 1), 0x12);
	write_n(IBRD + 1, 1, 0xff);
	assert_int_equal(get(IBRD), 0x1234);
	write_n(IBRD, 8, UINT64_C(0x0000000200000001));
	assert_int_equal(get(IBRD), 1);
	assert_int_equal(get(FBRD), 2);
	write_n(DR, 1, 'x');
	assert_true(pl011_take(&uart, &c));
	assert_int_equal(c, 'x');
	/* at the very end, eight bytes wrap rather than leave the device */
	read_n(0xffc, 8);
}

static void what_is_sent_comes_out_in_order_and_none_is_invented(void **state)
{
	uint8_t c;

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(!!(get(FR) & TXFF), i >= 16);
		set(DR, 'a' + i);
		assert_int_equal(get(FR) & (TXFE | BUSY), BUSY);
	}
	for (unsigned int i = 0; i < 16; i++) {
		assert_true(pl011_take(&uart, &c));
		assert_int_equal(c, 'a' + i);
	}
	assert_false(pl011_take(&uart, &c));
	assert_int_equal(get(FR), TXFE | RXFE);
}

static void transmit_interrupt_follows_the_level(void **state)
{
	static const unsigned int level[5] = {2, 4, 8, 12, 14};
	uint8_t c;

	(void)state;
	set(IMSC, TX);
	assert_false(line); /* on a transition, not for being empty */
	for (unsigned int i = 0; i < 5; i++) {
		set(IFLS, i);
		for (unsigned int n = 0; n < 16; n++)
			set(DR, n);
		assert_false(line);
		for (unsigned int n = 16; n > level[i]; n--) {
			assert_false(line);
			pl011_take(&uart, &c);
		}
		assert_true(line);
		set(ICR, TX);
		assert_false(line);
		while (pl011_take(&uart, &c))
			;
		assert_true(line);
		/* cleared by writing beyond the level */
		for (unsigned int n = 0; n <= level[i]; n++) {
			assert_true(line);
			set(DR, n);
		}
		assert_false(line);
		while (pl011_take(&uart, &c))
			;
		set(ICR, TX);
	}
}

static void one_character_sent_is_an_interrupt_too(void **state)
{
	uint8_t c;

	(void)state;
	for (unsigned int fifo = 0; fifo < 2; fifo++) {
		set(LCR_H, fifo ? 0x70 : 0x60);
		set(IMSC, TX);
		set(DR, 'x');
		assert_false(line);
		assert_int_equal(!!(get(FR) & TXFF), !fifo);
		pl011_take(&uart, &c);
		assert_true(line);
		set(ICR, TX);
	}
}

static void receive_interrupt_follows_the_level(void **state)
{
	static const unsigned int level[5] = {2, 4, 8, 12, 14};

	(void)state;
	set(IMSC, RX);
	for (unsigned int i = 0; i < 5; i++) {
		set(IFLS, i << 3);
		for (unsigned int n = 0; n < level[i]; n++) {
			assert_false(line);
			pl011_give(&uart, (uint16_t)n);
		}
		assert_true(line);
		pl011_give(&uart, 99);
		assert_int_equal(get(DR), 0);
		assert_true(line);
		assert_int_equal(get(DR), 1);
		assert_false(line); /* below the level again */
		for (unsigned int n = 2; n < level[i]; n++)
			assert_int_equal(get(DR), n);
		assert_int_equal(get(DR), 99);
		assert_int_equal(get(FR) & RXFE, RXFE);
	}
}

static void the_receive_timeout_tells_of_the_last_few(void **state)
{
	(void)state;
	set(IMSC, RT);
	pl011_give_end(&uart);
	assert_false(line);
	pl011_give(&uart, 'a');
	pl011_give(&uart, 'b');
	assert_false(line);
	pl011_give_end(&uart);
	assert_true(line);
	assert_int_equal(get(DR), 'a');
	assert_true(line);
	assert_int_equal(get(DR), 'b');
	assert_false(line);
	pl011_give(&uart, 'c');
	pl011_give_end(&uart);
	set(ICR, RT);
	assert_false(line);
	assert_int_equal(get(DR), 'c');
}

static void a_full_fifo_loses_the_next_and_says_so(void **state)
{
	(void)state;
	set(IMSC, 0x400);
	for (unsigned int i = 0; i < 16; i++) {
		assert_true(pl011_has_room(&uart));
		pl011_give(&uart, (uint16_t)('a' + i));
	}
	assert_int_equal(get(FR) & RXFF, RXFF);
	assert_false(pl011_has_room(&uart));
	assert_false(line);
	pl011_give(&uart, 'z');
	assert_true(line);
	assert_int_equal(get(RSR), 8);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(get(DR), 'a' + i);
	assert_int_equal(get(DR), 0);
	pl011_give(&uart, 'y');
	pl011_give(&uart, 'x');
	assert_int_equal(get(DR), PL011_OVERRUN | 'y');
	assert_int_equal(get(DR), 'x');
	assert_int_equal(get(RSR), 8);
	set(RSR, 0);
	assert_int_equal(get(RSR), 0);
}

static void errors_travel_with_their_character(void **state)
{
	(void)state;
	pl011_give(&uart, 'a');
	pl011_give(&uart, PL011_BREAK);
	pl011_give(&uart, PL011_FRAMING | PL011_PARITY | 'c');
	assert_int_equal(get(RIS) & 0x380, 0x380);
	assert_int_equal(get(DR), 'a');
	assert_int_equal(get(RSR), 0);
	assert_int_equal(get(DR), PL011_BREAK);
	assert_int_equal(get(RSR), 4);
	assert_int_equal(get(DR), PL011_FRAMING | PL011_PARITY | 'c');
	assert_int_equal(get(RSR), 3);
}

static void a_receiver_that_is_off_hears_nothing(void **state)
{
	static const uint16_t off[] = {0x000, 0x001, 0x200, 0x300};

	(void)state;
	for (unsigned int n = 0; n < 16; n++)
		pl011_give(&uart, 'x');
	assert_false(pl011_has_room(&uart));
	set(CR, 0);
	assert_true(pl011_has_room(&uart));
	set(CR, 0x301);
	while (!(get(FR) & RXFE))
		get(DR);
	set(ICR, 0x7ff);
	for (unsigned int i = 0; i < 4; i++) {
		set(CR, off[i]);
		for (unsigned int n = 0; n < 40; n++) {
			assert_true(pl011_has_room(&uart));
			pl011_give(&uart, 'x');
		}
		assert_int_equal(get(FR) & RXFE, RXFE);
		assert_int_equal(get(RIS), 0);
	}
}

static void a_transmitter_that_is_off_keeps_what_it_has(void **state)
{
	uint8_t c;

	(void)state;
	set(CR, 0x200);
	set(DR, 'x');
	assert_false(pl011_take(&uart, &c));
	set(CR, 0x301);
	assert_true(pl011_take(&uart, &c));
	assert_int_equal(c, 'x');
}

static void loop_back_returns_what_is_sent(void **state)
{
	uint8_t c;

	(void)state;
	set(CR, 0x381);
	set(DR, 'q');
	assert_false(pl011_take(&uart, &c));
	assert_int_equal(get(DR), 'q');
	for (unsigned int i = 0; i < 40; i++)
		set(DR, i);
	assert_int_equal(get(FR) & (RXFF | TXFE), RXFF | TXFE);
}

static void without_fifos_one_character_fits(void **state)
{
	(void)state;
	set(LCR_H, 0x60);
	set(IMSC, RX);
	pl011_give(&uart, 'a');
	assert_true(line);
	assert_false(pl011_has_room(&uart));
	assert_int_equal(get(FR) & RXFF, RXFF);
	assert_int_equal(get(DR), 'a');
	assert_false(line);
	pl011_give(&uart, 'b');
	set(LCR_H, 0x70); /* the switch empties the receiver */
	assert_int_equal(get(FR) & RXFE, RXFE);
	assert_false(line);
}

static void reset_lowers_the_line_and_forgets(void **state)
{
	uint8_t c;

	(void)state;
	set(IMSC, RT);
	pl011_give(&uart, 'a');
	pl011_give_end(&uart);
	set(DR, 'b');
	assert_true(line);
	pl011_reset(&uart);
	assert_false(line);
	assert_false(pl011_take(&uart, &c));
	check_reset_values();
}

static void the_line_is_masked_status_and_changes_only_with_it(void **state)
{
	unsigned int before;

	(void)state;
	pl011_give(&uart, 'a');
	pl011_give_end(&uart);
	assert_int_equal(get(RIS), RT);
	assert_int_equal(get(MIS), 0);
	assert_false(line);
	set(IMSC, RT);
	assert_int_equal(get(MIS), RT);
	assert_true(line);
	before = changes;
	pl011_give(&uart, 'b');
	pl011_give_end(&uart);
	get(RIS);
	assert_int_equal(changes, before);
	set(IMSC, 0);
	assert_false(line);
	assert_int_equal(changes, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_the_manuals_but_for_enable, power_on),
		cmocka_unit_test_setup(registers_hold_their_width, power_on),
		cmocka_unit_test_setup(what_is_undefined_reads_zero, power_on),
		cmocka_unit_test_setup(accesses_of_all_sizes_work, power_on),
		cmocka_unit_test_setup(what_is_sent_comes_out_in_order_and_none_is_invented,
				       power_on),
		cmocka_unit_test_setup(transmit_interrupt_follows_the_level, power_on),
		cmocka_unit_test_setup(one_character_sent_is_an_interrupt_too, power_on),
		cmocka_unit_test_setup(receive_interrupt_follows_the_level, power_on),
		cmocka_unit_test_setup(the_receive_timeout_tells_of_the_last_few, power_on),
		cmocka_unit_test_setup(a_full_fifo_loses_the_next_and_says_so, power_on),
		cmocka_unit_test_setup(errors_travel_with_their_character, power_on),
		cmocka_unit_test_setup(a_receiver_that_is_off_hears_nothing, power_on),
		cmocka_unit_test_setup(a_transmitter_that_is_off_keeps_what_it_has, power_on),
		cmocka_unit_test_setup(loop_back_returns_what_is_sent, power_on),
		cmocka_unit_test_setup(without_fifos_one_character_fits, power_on),
		cmocka_unit_test_setup(reset_lowers_the_line_and_forgets, power_on),
		cmocka_unit_test_setup(the_line_is_masked_status_and_changes_only_with_it,
				       power_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_pl011", tests, NULL, NULL);
}
