/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LIB_PRINT_H
#define HV_LIB_PRINT_H
/*
 * The hypervisor's own voice on the host console. Lines of several CPUs do not mix; a line that is
 * longer than the buffer is cut. Before the console is found what is printed is dropped.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * printf with %s %c %d %i %u %x %X %p %%, the lengths l, ll and z, field width, '0' and '-'.
 * Nothing else: what is not known is printed as it stands.
 */
__attribute__((format(printf, 1, 2))) void hv_print(const char *format, ...);
/* Into a buffer; returns the length it would have had, as snprintf does. */
__attribute__((format(printf, 3, 4))) size_t hv_format(char *buffer, size_t bytes,
						       const char *format, ...);
size_t hv_vformat(char *buffer, size_t bytes, const char *format, va_list args);

/* Print, with registers where an exception brought us here, and end the machine with status 1. */
__attribute__((format(printf, 1, 2))) _Noreturn void hv_panic(const char *format, ...);

/* One byte to the host's UART, waiting for room: no lock, any CPU. */
void hv_uart_putc(char c);
/* The UART's registers as mapped at EL2, or NULL: hv/console reads from them. */
volatile uint32_t *hv_uart_regs(void);
void hv_uart_init(volatile uint32_t *regs);

/* End the machine: semihosting if the boot arguments say so, else PSCI SYSTEM_OFF. */
_Noreturn void hv_exit(int status);

#endif
