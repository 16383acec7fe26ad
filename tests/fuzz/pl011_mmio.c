/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/console/pl011.c */
/*
 * A guest and a host do anything to a PL011: no character is invented or reordered, the FIFOs stay
 * in their bounds, and the line is what the masked status says.
 */
#include <stdlib.h>

#include "hv/console/pl011.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())
#define MIS 0x40

static bool line;

static void on_irq(void *ctx, bool high)
{
	(void)ctx;
	CHECK(high != line);
	line = high;
}

static uint64_t access(struct pl011 *uart, uint64_t ipa, unsigned int log, bool write,
		       uint64_t value)
{
	struct hv_mmio mmio = {.ipa = ipa,
			       .bytes = (uint8_t)(1U << log),
			       .write = write,
			       .value = value};

	CHECK(pl011_access(uart, &mmio) == HV_MMIO_DONE);
	CHECK(log == 3 || mmio.value >> (8U << log) == 0 || write);
	return mmio.value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pl011 uart;
	uint8_t c;

	line = false;
	pl011_init(&uart, on_irq, NULL);
	for (; size >= 6; data += 6, size -= 6) {
		uint64_t offset = (uint64_t)(data[1] | data[2] << 8) & 0xfff;
		uint64_t value = (uint64_t)data[3] | (uint64_t)data[4] << 8 |
				 (uint64_t)data[5] << 16 | UINT64_C(0xa5a5a5a5) << 24;

		switch (data[0] & 7) {
		case 0:
			pl011_give(&uart, (uint16_t)value);
			break;
		case 1:
			pl011_give_end(&uart);
			break;
		case 2:
			if (pl011_has_room(&uart))
				pl011_give(&uart, (uint16_t)value);
			break;
		case 3:
			pl011_take(&uart, &c);
			break;
		case 4: /* mostly registers there are */
			access(&uart, offset & 0x7c, data[0] >> 3 & 3, false, value);
			break;
		case 5:
			access(&uart, offset & 0x7c, data[0] >> 3 & 3, true, value);
			break;
		default:
			access(&uart, value << 12 | offset, data[0] >> 3 & 3, data[0] & 1, value);
		}
		CHECK(uart.rx.count <= PL011_FIFO && uart.tx.count <= PL011_FIFO);
		CHECK(line == !!access(&uart, MIS, 2, false, 0));
	}
	return 0;
}
