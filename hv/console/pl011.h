/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_CONSOLE_PL011_H
#define HV_CONSOLE_PL011_H
/*
 * A PrimeCell UART (PL011, DDI 0183) for a guest: the pure model. hv/console/console.c joins it to
 * the host's UART.
 *
 * It has the 16-entry FIFOs of revisions before r1p5, and their interrupts. It has no clock: what
 * is in the transmit FIFO leaves when the host takes it, whatever the baud rate; the receive
 * timeout follows whenever the host says that nothing more has come. Registers that concern baud
 * rate, modem lines and DMA hold what is written and do nothing. After reset the UART is enabled
 * (UARTCR = 0x301), as firmware would have left it for a kernel's early console.
 *
 * Accesses of 1, 2 and 4 bytes; 8 bytes are two of 4. A read that starts inside a register sees its
 * upper bytes; a write that does is ignored. Undefined offsets read as zero, writes are ignored.
 *
 * Locking: each function takes the model's lock; `irq` is called with it held.
 */
#include "../lock.h"
#include "../mmio.h"

#define PL011_BYTES UINT64_C(0x1000)
#define PL011_FIFO 16

/* What a received character may carry beside its eight bits: UARTDR[11:8]. */
#define PL011_FRAMING 0x100
#define PL011_PARITY 0x200
#define PL011_BREAK 0x400
#define PL011_OVERRUN 0x800

struct pl011_fifo {
	uint16_t data[PL011_FIFO];
	uint8_t head; /* the oldest */
	uint8_t count;
};

struct pl011 {
	struct hv_lock lock;
	/* The interrupt line changed to @high. Called with the lock held, on any CPU. */
	void (*irq)(void *ctx, bool high);
	void *ctx;
	struct pl011_fifo tx, rx;
	bool line;
	bool overrun; /* the next character received carries PL011_OVERRUN */
	uint16_t ris, imsc;
	uint16_t cr, lcr_h, ibrd, fbrd, ilpr, ifls, dmacr, rsr;
};

/* Make one, in the state after reset, its line low. Nobody else may use @uart meanwhile. */
void pl011_init(struct pl011 *uart, void (*irq)(void *ctx, bool high), void *ctx);

/* The state after reset. What was not sent yet is lost. */
void pl011_reset(struct pl011 *uart);

/* An access of the guest; @dev is the struct pl011. Only the low 12 bits of the IPA count. */
enum hv_mmio_result pl011_access(void *dev, struct hv_mmio *mmio);

/* The oldest character that the guest sent, into @c; false if there is none. */
bool pl011_take(struct pl011 *uart, uint8_t *c);

/*
 * Would pl011_give() find room? True also while the guest has its receiver off: what comes then is
 * lost, as on a wire.
 */
bool pl011_has_room(struct pl011 *uart);

/*
 * A character arrives for the guest, with the flags above. When the FIFO is full it is lost and the
 * next one carries PL011_OVERRUN.
 */
void pl011_give(struct pl011 *uart, uint16_t data);

/* Nothing more has arrived for now: raises the receive timeout if characters wait. */
void pl011_give_end(struct pl011 *uart);

#endif
