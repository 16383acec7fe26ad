/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LIB_PRINT_H
#define HV_LIB_PRINT_H
/*
 * The hypervisor's own voice on the host console.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/**
 * hv_print() - printf onto the console
 *
 * Knows %s %c %d %i %u %x %X %p %%, the lengths l, ll and z, field width, '0' and '-'; prints the
 * letter of anything else. What one call prints stays together; more than 255 characters are cut.
 * Before the console is found nothing is printed. Any CPU, MMU on.
 */
__attribute__((format(printf, 1, 2))) void hv_print(const char *format, ...);

/* The same into a buffer; returns the length it would have had, as snprintf does. */
__attribute__((format(printf, 3, 4))) size_t hv_format(char *buffer, size_t bytes,
						       const char *format, ...);
size_t hv_vformat(char *buffer, size_t bytes, const char *format, va_list args);

/* The host's UART, a PL011, from now on. */
void hv_uart_init(volatile uint32_t *regs);
/* Its registers as mapped at EL2, or NULL: the guest's console reads and writes them. */
volatile uint32_t *hv_uart_regs(void);
/* One byte, waiting for room; no lock, any CPU. */
void hv_uart_putc(char c);

#endif
