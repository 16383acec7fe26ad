/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#define UART_DR GUEST_UART
#define UART_FR (GUEST_UART + 0x18)
#define UART_FR_TXFF 0x20

#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)

#define EC_UNKNOWN 0x00
#define EC_FETCH_SAME 0x21
#define EC_DATA_SAME 0x25

/* As lib/start.S lays it out. */
struct frame {
	uint64_t x[31];
	uint64_t elr, spsr;
};

void guest_exception(unsigned int kind, struct frame *frame);
extern char guest_other_cpu[];

static struct {
	volatile bool expected;
	volatile struct guest_fault fault;
} cpus[GUEST_CPUS_MAX];
static unsigned int tests;

static unsigned int this_cpu(void)
{
	return (unsigned int)(guest_mrs(mpidr_el1) & 0xff) % GUEST_CPUS_MAX;
}

/* --- console ------------------------------------------------------------------------------ */

static void put(char c)
{
	while (guest_read32(UART_FR) & UART_FR_TXFF)
		;
	guest_write32(UART_DR, (unsigned char)c);
}

static void put_number(uint64_t value, unsigned int base)
{
	char text[20];
	unsigned int n = 0;

	do {
		text[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(text[--n]);
}

static void vprint(const char *p, va_list args)
{
	for (; *p; p++) {
		bool wide = p[0] == '%' && p[1] == 'l';
		uint64_t value;

		if (*p != '%') {
			put(*p);
			continue;
		}
		p += wide ? 2 : 1;
		if (*p == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
			continue;
		}
		value = wide ? va_arg(args, uint64_t) : va_arg(args, unsigned int);
		put_number(value, *p == 'x' ? 16 : 10);
	}
}

void guest_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, args);
	va_end(args);
}

void guest_ok(bool ok, const char *format, ...)
{
	va_list args;

	guest_print("%s %u - ", ok ? "ok" : "not ok", ++tests);
	va_start(args, format);
	vprint(format, args);
	va_end(args);
	put('\n');
}

void guest_done(void)
{
	guest_print("1..%u\n", tests);
}

/* --- PSCI --------------------------------------------------------------------------------- */

#define CALL(name, instruction)                                                                    \
	int64_t name(uint64_t function, uint64_t a, uint64_t b, uint64_t c)                        \
	{                                                                                          \
		register uint64_t x0 __asm__("x0") = function;                                     \
		register uint64_t x1 __asm__("x1") = a;                                            \
		register uint64_t x2 __asm__("x2") = b;                                            \
		register uint64_t x3 __asm__("x3") = c;                                            \
                                                                                                   \
		__asm__ volatile(instruction " #0"                                                 \
				 : "+r"(x0)                                                        \
				 : "r"(x1), "r"(x2), "r"(x3)                                       \
				 : "memory");                                                      \
		return (int64_t)x0;                                                                \
	}

CALL(guest_hvc, "hvc")
CALL(guest_smc, "smc")

_Noreturn void guest_power_off(void)
{
	guest_hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		;
}

int64_t guest_cpu_on(uint64_t cpu)
{
	return guest_hvc(PSCI_CPU_ON, cpu, (uint64_t)(uintptr_t)guest_other_cpu, cpu);
}

/* --- faults ------------------------------------------------------------------------------- */

void guest_exception(unsigned int kind, struct frame *frame)
{
	unsigned int cpu = this_cpu();
	struct guest_fault fault = {guest_mrs(esr_el1), guest_mrs(far_el1), kind};

	if (!cpus[cpu].expected || kind % 4 != 0) {
		guest_print("Bail out! exception %u, esr %lx far %lx elr %lx\n", kind, fault.esr,
			    fault.far, frame->elr);
		guest_power_off();
	}
	cpus[cpu].fault = fault;
	if (guest_esr_class(fault.esr) == EC_FETCH_SAME)
		frame->elr = frame->x[30];
	else
		frame->elr += 4;
}

void guest_expect(void)
{
	cpus[this_cpu()].fault = (struct guest_fault){0};
	cpus[this_cpu()].expected = true;
}

struct guest_fault guest_caught(void)
{
	cpus[this_cpu()].expected = false;
	return cpus[this_cpu()].fault;
}

struct guest_fault guest_try_read(uint64_t address, uint32_t *value)
{
	guest_expect();
	*value = guest_read32(address);
	return guest_caught();
}

struct guest_fault guest_try_write(uint64_t address, uint32_t value)
{
	guest_expect();
	guest_write32(address, value);
	return guest_caught();
}

struct guest_fault guest_try_call(uint64_t address)
{
	guest_expect();
	((void (*)(void))(uintptr_t)address)();
	return guest_caught();
}
