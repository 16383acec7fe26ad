/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's PL011 on the host's. */
#include "devices.h"
#include "gic/hw.h"
#include "guest/machine.h"
#include "heap.h"
#include "lib/print.h"
#include "pl011.h"

#include <mezzo/status.h>

/* The host's registers, as words (DDI 0183). */
enum {
	DR = 0x00 / 4,
	FR = 0x18 / 4,
	LCR_H = 0x2c / 4,
	CR = 0x30 / 4,
	IFLS = 0x34 / 4,
	IMSC = 0x38 / 4,
	ICR = 0x44 / 4,
};
#define FR_BUSY 0x08
#define FR_RXFE 0x10
#define FR_TXFF 0x20
#define LCR_H_8BIT_FIFO 0x70
#define CR_ON 0x301
#define IFLS_HALF 0x12
#define INT_RX 0x50 /* receive, receive timeout */
#define INT_TX 0x20

/* What one visit moves at most in each direction. */
#define BURST 64

struct hv_console {
	struct pl011 uart;
	struct vm *vm;
	struct hv_lock lock; /* of the host's registers and what follows */
	volatile uint32_t *host;
	uint32_t imsc;
};

static void unmask(struct hv_console *console, uint32_t set, uint32_t clear)
{
	uint32_t imsc = (console->imsc & ~clear) | set;

	if (imsc == console->imsc)
		return;
	console->imsc = imsc;
	console->host[IMSC] = imsc;
}

/*
 * What the host has no room for stays in the guest's FIFO, until the host's transmit interrupt; a
 * guest that writes faster than the line sees its FIFO full. EL2 never waits.
 */
static void transmit(struct hv_console *console)
{
	uint8_t c;

	for (unsigned int i = 0; i < BURST; i++) {
		if (console->host[FR] & FR_TXFF) {
			unmask(console, INT_TX, 0);
			return;
		}
		if (!pl011_take(&console->uart, &c)) {
			unmask(console, 0, INT_TX);
			return;
		}
		console->host[DR] = c;
	}
}

/* What the guest has no room for stays in the host's FIFO, with its interrupt masked. */
static void receive(struct hv_console *console)
{
	bool any = false;

	for (unsigned int i = 0; i < BURST && !(console->host[FR] & FR_RXFE); i++) {
		if (!pl011_has_room(&console->uart)) {
			unmask(console, 0, INT_RX);
			return;
		}
		pl011_give(&console->uart, console->host[DR] & 0xfff);
		any = true;
	}
	if (any)
		pl011_give_end(&console->uart);
	unmask(console, INT_RX, 0);
}

static void interrupt(void *ctx)
{
	struct hv_console *console = ctx;

	hv_lock_acquire(&console->lock);
	console->host[ICR] = INT_RX | INT_TX;
	receive(console);
	transmit(console);
	hv_lock_release(&console->lock);
}

static enum hv_mmio_result access(void *dev, struct hv_mmio *mmio)
{
	struct hv_console *console = dev;
	enum hv_mmio_result result = pl011_access(&console->uart, mmio);

	hv_lock_acquire(&console->lock);
	if (mmio->write)
		transmit(console);
	else if (!(console->imsc & INT_RX))
		receive(console);
	hv_lock_release(&console->lock);
	return result;
}

void hv_console_reset(struct vm *vm)
{
	struct hv_console *console = vm->console;

	hv_lock_acquire(&console->lock);
	transmit(console);
	pl011_reset(&console->uart);
	receive(console);
	hv_lock_release(&console->lock);
}

static void line(void *ctx, bool high)
{
	struct hv_console *console = ctx;

	hv_vgic_set_spi(console->vm, VGIC_INTID_UART, high);
}

static void host_init(volatile uint32_t *host)
{
	host[IMSC] = 0;
	while (host[FR] & FR_BUSY)
		;
	host[CR] = 0;
	host[LCR_H] = LCR_H_8BIT_FIFO;
	host[IFLS] = IFLS_HALF;
	host[ICR] = 0x7ff;
	host[CR] = CR_ON;
}

int hv_console_create(struct vm *vm, const struct hv_host *host)
{
	struct hv_console *console = hv_heap_alloc(sizeof(*console));
	const struct hv_mmio_device device = {
		.ipa = HV_GUEST_UART,
		.bytes = PL011_BYTES,
		.access = access,
		.dev = console,
	};
	int error;

	if (!console)
		return MEZZO_ERR_NOMEM;
	console->vm = vm;
	console->host = hv_uart_regs();
	if (!console->host)
		return MEZZO_ERR_NOENT;
	pl011_init(&console->uart, line, console);
	error = hv_mmio_add(&vm->bus, &device);
	if (error)
		return error;
	vm->console = console;
	host_init(console->host);
	if (!host->uart.intid)
		return MEZZO_OK;
	error = hv_gic_take_spi(host->uart.intid, interrupt, console);
	if (error)
		return error;
	unmask(console, INT_RX, 0);
	return MEZZO_OK;
}
