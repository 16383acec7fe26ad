/* SPDX-License-Identifier: BSD-2-Clause */
#include "panic.h"

#include "arch/smc.h"
#include "arch/sysreg.h"
#include "cpu.h"
#include "print.h"

#include <stdatomic.h>

#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define SEMIHOSTING_STOPPED_APPLICATION_EXIT 0x20026

static struct {
	bool semihosting, psci;
} way;
/* Index of the CPU that panics, plus one. */
static _Atomic uint32_t panicking;

void hv_exit_init(bool semihosting, bool psci)
{
	way.semihosting = semihosting;
	way.psci = psci;
}

static void semihosting_exit(int status)
{
	uint64_t block[2] = {SEMIHOSTING_STOPPED_APPLICATION_EXIT, (uint64_t)status};
	register uint64_t operation __asm__("x0") = SEMIHOSTING_EXIT_EXTENDED;
	register uint64_t *parameter __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(parameter) : "memory");
}

_Noreturn void hv_exit(int status)
{
	if (way.semihosting)
		semihosting_exit(status);
	if (way.psci)
		hv_smc(status ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}

static void say(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			hv_uart_putc('\r');
		hv_uart_putc(*text);
	}
}

/* A CPU that panics while it panics exits; one that panics beside another lets it speak. */
static void enter_panic(void)
{
	uint32_t self = hv_cpu_current()->index + 1, other = 0;

	if (atomic_compare_exchange_strong(&panicking, &other, self))
		return;
	while (other != self)
		__asm__ volatile("wfe");
	hv_exit(1);
}

static void say_why(const char *format, va_list args)
{
	char line[256];

	hv_vformat(line, sizeof(line), format, args);
	say("\nmezzo: panic: ");
	say(line);
	say("\n");
}

_Noreturn void hv_panic(const char *format, ...)
{
	va_list args;

	enter_panic();
	va_start(args, format);
	say_why(format, args);
	va_end(args);
	hv_exit(1);
}

void hv_check(int error, const char *what)
{
	if (error)
		hv_panic("%s: %s", what, mezzo_status_name((enum mezzo_status)error));
}

static _Noreturn __attribute__((format(printf, 1, 2))) void finish_with(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_why(format, args);
	va_end(args);
	hv_exit(1);
}

/* An exception of EL2 itself: the vectors bring x0 to x30 and the stack pointer. */
_Noreturn void hv_exception(const uint64_t x[31], uint64_t sp, const char *kind);

_Noreturn void hv_exception(const uint64_t x[31], uint64_t sp, const char *kind)
{
	char line[128];

	enter_panic();
	for (unsigned int i = 0; i < 30; i += 3) {
		hv_format(line, sizeof(line), "\nx%-2u %016lx  x%-2u %016lx  x%-2u %016lx", i, x[i],
			  i + 1, x[i + 1], i + 2, x[i + 2]);
		say(line);
	}
	finish_with("%s at EL2, cpu %u: pc %lx lr %lx sp %lx esr %lx far %lx", kind,
		    hv_cpu_current()->index, hv_sysreg_read(elr_el2), x[30], sp,
		    hv_sysreg_read(esr_el2), hv_sysreg_read(far_el2));
}
