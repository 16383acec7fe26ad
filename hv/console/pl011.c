/* SPDX-License-Identifier: BSD-2-Clause */
#include "pl011.h"

/* Register offsets (DDI 0183, table 3-1). */
enum {
	UARTDR = 0x000,
	UARTRSR = 0x004,
	UARTFR = 0x018,
	UARTILPR = 0x020,
	UARTIBRD = 0x024,
	UARTFBRD = 0x028,
	UARTLCR_H = 0x02c,
	UARTCR = 0x030,
	UARTIFLS = 0x034,
	UARTIMSC = 0x038,
	UARTRIS = 0x03c,
	UARTMIS = 0x040,
	UARTICR = 0x044,
	UARTDMACR = 0x048,
	UARTPERIPHID0 = 0xfe0,
};

#define FR_BUSY 0x08
#define FR_RXFE 0x10
#define FR_TXFF 0x20
#define FR_RXFF 0x40
#define FR_TXFE 0x80

#define LCR_H_FEN 0x10

#define CR_UARTEN 0x001
#define CR_LBE 0x080
#define CR_TXE 0x100
#define CR_RXE 0x200
#define CR_RESET (CR_UARTEN | CR_TXE | CR_RXE)

#define INT_RX 0x010
#define INT_TX 0x020
#define INT_RT 0x040
#define INT_OVERRUN 0x400
#define INT_ALL 0x7ff

#define IFLS_RESET 0x12 /* half full, half empty */

/* UARTPeriphID0-3 (part 0x011, r1p4) and UARTPCellID0-3. */
static const uint8_t ids[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

/* With the FIFOs disabled each is one holding register. */
static unsigned int depth(const struct pl011 *uart)
{
	return uart->lcr_h & LCR_H_FEN ? PL011_FIFO : 1;
}

/* The FIFO level of UARTIFLS: an eighth, a quarter, half, ... of the FIFO. Reserved: half. */
static unsigned int trigger(const struct pl011 *uart, unsigned int shift)
{
	static const uint8_t level[8] = {2, 4, 8, 12, 14, 8, 8, 8};

	return uart->lcr_h & LCR_H_FEN ? level[uart->ifls >> shift & 7] : 1;
}

static void push(struct pl011_fifo *fifo, uint16_t data)
{
	fifo->data[(fifo->head + fifo->count++) % PL011_FIFO] = data;
}

static uint16_t pop(struct pl011_fifo *fifo)
{
	uint16_t data = fifo->data[fifo->head];

	fifo->head = (uint8_t)((fifo->head + 1U) % PL011_FIFO);
	fifo->count--;
	return data;
}

static void update(struct pl011 *uart)
{
	bool line = uart->ris & uart->imsc;

	if (line == uart->line)
		return;
	uart->line = line;
	uart->irq(uart->ctx, line);
}

static bool receives(const struct pl011 *uart)
{
	return (uart->cr & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE);
}

static bool sends(const struct pl011 *uart)
{
	return (uart->cr & (CR_UARTEN | CR_TXE)) == (CR_UARTEN | CR_TXE);
}

static void receive(struct pl011 *uart, uint16_t data)
{
	if (!receives(uart))
		return;
	if (uart->rx.count >= depth(uart)) {
		uart->overrun = true;
		uart->rsr |= PL011_OVERRUN >> 8;
		uart->ris |= INT_OVERRUN;
		return;
	}
	/* Framing, parity and break raise interrupts 7 to 9 in this order. */
	uart->ris |= (uint16_t)((data >> 8 & 7) << 7);
	if (uart->overrun)
		data |= PL011_OVERRUN;
	uart->overrun = false;
	push(&uart->rx, data);
	if (uart->rx.count >= trigger(uart, 3))
		uart->ris |= INT_RX;
}

/* A character has left the transmit FIFO. */
static void sent(struct pl011 *uart)
{
	if (uart->tx.count <= (uart->lcr_h & LCR_H_FEN ? trigger(uart, 0) : 0))
		uart->ris |= INT_TX;
}

static void loop_back(struct pl011 *uart)
{
	while (uart->cr & CR_LBE && sends(uart) && uart->tx.count) {
		receive(uart, pop(&uart->tx) & 0xff);
		sent(uart);
	}
	if (uart->cr & CR_LBE && uart->rx.count)
		uart->ris |= INT_RT;
}

static void write_data(struct pl011 *uart, uint32_t value)
{
	if (uart->tx.count < depth(uart))
		push(&uart->tx, value & 0xff);
	if (uart->tx.count > (uart->lcr_h & LCR_H_FEN ? trigger(uart, 0) : 0))
		uart->ris &= (uint16_t)~INT_TX;
	loop_back(uart);
}

static uint32_t read_data(struct pl011 *uart)
{
	uint16_t data;

	if (!uart->rx.count)
		return 0;
	data = pop(&uart->rx);
	/* An overrun is remembered until UARTECR is written. */
	uart->rsr = (uart->rsr & PL011_OVERRUN >> 8) | data >> 8;
	if (uart->rx.count < trigger(uart, 3))
		uart->ris &= (uint16_t)~INT_RX;
	if (!uart->rx.count)
		uart->ris &= (uint16_t)~INT_RT;
	return data;
}

static uint32_t flags(const struct pl011 *uart)
{
	return (uart->tx.count ? FR_BUSY : FR_TXFE) |
	       (uart->tx.count >= depth(uart) ? FR_TXFF : 0) | (uart->rx.count ? 0 : FR_RXFE) |
	       (uart->rx.count >= depth(uart) ? FR_RXFF : 0);
}

static void write_line_control(struct pl011 *uart, uint32_t value)
{
	/* The receive FIFO is lost when its depth changes; what is to be sent is not. */
	if ((value ^ uart->lcr_h) & LCR_H_FEN) {
		uart->rx.count = 0;
		uart->ris &= (uint16_t)~(INT_RX | INT_RT);
	}
	uart->lcr_h = value & 0xff;
}

static uint32_t read_register(struct pl011 *uart, uint32_t offset)
{
	switch (offset) {
	case UARTDR:
		return read_data(uart);
	case UARTRSR:
		return uart->rsr;
	case UARTFR:
		return flags(uart);
	case UARTILPR:
		return uart->ilpr;
	case UARTIBRD:
		return uart->ibrd;
	case UARTFBRD:
		return uart->fbrd;
	case UARTLCR_H:
		return uart->lcr_h;
	case UARTCR:
		return uart->cr;
	case UARTIFLS:
		return uart->ifls;
	case UARTIMSC:
		return uart->imsc;
	case UARTRIS:
		return uart->ris;
	case UARTMIS:
		return uart->ris & uart->imsc;
	case UARTDMACR:
		return uart->dmacr;
	default:
		return offset >= UARTPERIPHID0 ? ids[(offset - UARTPERIPHID0) / 4] : 0;
	}
}

static void write_register(struct pl011 *uart, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case UARTDR:
		write_data(uart, value);
		break;
	case UARTRSR:
		uart->rsr = 0;
		break;
	case UARTILPR:
		uart->ilpr = value & 0xff;
		break;
	case UARTIBRD:
		uart->ibrd = value & 0xffff;
		break;
	case UARTFBRD:
		uart->fbrd = value & 0x3f;
		break;
	case UARTLCR_H:
		write_line_control(uart, value);
		break;
	case UARTCR:
		uart->cr = value & 0xff87;
		loop_back(uart);
		break;
	case UARTIFLS:
		uart->ifls = value & 0x3f;
		break;
	case UARTIMSC:
		uart->imsc = value & INT_ALL;
		break;
	case UARTICR:
		uart->ris &= (uint16_t)~value;
		break;
	case UARTDMACR:
		uart->dmacr = value & 7;
		break;
	default:
		break;
	}
}

/* One access inside a register: its upper bytes can be read; no register begins there. */
static uint64_t access_register(struct pl011 *uart, uint32_t offset, bool write, uint64_t value)
{
	if (!write)
		return read_register(uart, offset & ~3U) >> (8 * (offset & 3));
	write_register(uart, offset, (uint32_t)value);
	return 0;
}

enum hv_mmio_result pl011_access(void *dev, struct hv_mmio *mmio)
{
	struct pl011 *uart = dev;
	uint32_t offset = mmio->ipa & (PL011_BYTES - 1);
	uint64_t mask = mmio->bytes == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * mmio->bytes)) - 1;
	uint64_t in = mmio->value & mask, out;

	hv_lock_acquire(&uart->lock);
	out = access_register(uart, offset, mmio->write, in);
	if (mmio->bytes == 8)
		out |= access_register(uart, (offset + 4) & (PL011_BYTES - 1), mmio->write,
				       in >> 32)
		       << 32;
	update(uart);
	hv_lock_release(&uart->lock);
	if (!mmio->write)
		mmio->value = out & mask;
	return HV_MMIO_DONE;
}

void pl011_init(struct pl011 *uart, void (*irq)(void *ctx, bool high), void *ctx)
{
	*uart = (struct pl011){.irq = irq, .ctx = ctx};
	pl011_reset(uart);
}

void pl011_reset(struct pl011 *uart)
{
	hv_lock_acquire(&uart->lock);
	uart->tx.count = uart->rx.count = 0;
	uart->overrun = false;
	uart->ris = uart->imsc = uart->rsr = 0;
	uart->lcr_h = uart->ibrd = uart->fbrd = uart->ilpr = uart->dmacr = 0;
	uart->cr = CR_RESET;
	uart->ifls = IFLS_RESET;
	update(uart);
	hv_lock_release(&uart->lock);
}

bool pl011_take(struct pl011 *uart, uint8_t *c)
{
	bool any;

	hv_lock_acquire(&uart->lock);
	any = sends(uart) && uart->tx.count;
	if (any) {
		*c = (uint8_t)pop(&uart->tx);
		sent(uart);
		update(uart);
	}
	hv_lock_release(&uart->lock);
	return any;
}

bool pl011_has_room(struct pl011 *uart)
{
	bool room;

	hv_lock_acquire(&uart->lock);
	room = !receives(uart) || uart->rx.count < depth(uart);
	hv_lock_release(&uart->lock);
	return room;
}

void pl011_give(struct pl011 *uart, uint16_t data)
{
	hv_lock_acquire(&uart->lock);
	receive(uart, data & 0x7ff);
	update(uart);
	hv_lock_release(&uart->lock);
}

void pl011_give_end(struct pl011 *uart)
{
	hv_lock_acquire(&uart->lock);
	if (uart->rx.count)
		uart->ris |= INT_RT;
	update(uart);
	hv_lock_release(&uart->lock);
}
