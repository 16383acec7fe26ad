/* SPDX-License-Identifier: BSD-2-Clause */
#include "print.h"

#include "lock.h"

#include <stdbool.h>

#define PL011_DR 0
#define PL011_FR (0x18 / 4)
#define PL011_FR_TXFF 0x20
#define PL011_CR (0x30 / 4)
#define PL011_CR_ENABLE 0x301 /* UARTEN, TXE, RXE */

static volatile uint32_t *uart;
static struct hv_lock lock;

void hv_uart_init(volatile uint32_t *regs)
{
	regs[PL011_CR] = PL011_CR_ENABLE;
	uart = regs;
}

volatile uint32_t *hv_uart_regs(void)
{
	return uart;
}

void hv_uart_putc(char c)
{
	if (!uart)
		return;
	while (uart[PL011_FR] & PL011_FR_TXFF)
		;
	uart[PL011_DR] = (unsigned char)c;
}

void hv_print(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	hv_vformat(line, sizeof(line), format, args);
	va_end(args);
	hv_lock_acquire(&lock);
	for (const char *p = line; *p; p++) {
		if (*p == '\n')
			hv_uart_putc('\r');
		hv_uart_putc(*p);
	}
	hv_lock_release(&lock);
}
