/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_H
#define GUEST_H
/*
 * What bare-metal test guests share: start, console, PSCI, and faults that are expected. They run
 * at EL1 and print TAP on the PL011.
 */
#define GUEST_STACK_BYTES 0x4000
#define GUEST_CPUS_MAX 8

#ifndef __ASSEMBLER__
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_UART UINT64_C(0x09000000)
#define GUEST_RAM UINT64_C(0x40000000)

/* The guest's own: the first CPU, MMU off; power-off follows. */
void guest_main(uint64_t fdt);
/* What another CPU does, after guest_cpu_on(). */
void guest_cpu_main(uint64_t cpu);

/* --- console: one CPU at a time --- */

/* %s %u %x %lx %lu and nothing else. */
__attribute__((format(printf, 1, 2))) void guest_print(const char *format, ...);
/* One TAP line. */
__attribute__((format(printf, 2, 3))) void guest_ok(bool ok, const char *format, ...);
/* The plan: as many as there were. */
void guest_done(void);

/* --- PSCI --- */

int64_t guest_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t guest_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
_Noreturn void guest_power_off(void);
/* CPU_ON of the CPU with affinity @cpu: it goes to guest_cpu_main(@cpu). */
int64_t guest_cpu_on(uint64_t cpu);

/* --- faults --- */

/* What an access got: nothing (esr 0), or this. */
struct guest_fault {
	uint64_t esr, far;
	unsigned int kind; /* of vector: 0 to 15 */
};

/*
 * Expect a fault in what follows on this CPU; a faulting load, store or instruction is stepped
 * over, a faulting fetch returns to the caller of the address. Other exceptions end the guest.
 */
void guest_expect(void);
struct guest_fault guest_caught(void);

/* Single accesses of 32 and 64 bits that may fault. */
struct guest_fault guest_try_read(uint64_t address, uint32_t *value);
struct guest_fault guest_try_write(uint64_t address, uint32_t value);
struct guest_fault guest_try_call(uint64_t address);

#define guest_esr_class(esr) ((unsigned int)((esr) >> 26 & 0x3f))
#define guest_esr_code(esr) ((unsigned int)((esr) & 0x3f))

#define guest_mrs(reg)                                                                             \
	__extension__({                                                                            \
		uint64_t value_;                                                                   \
		__asm__ volatile("mrs %0, " #reg : "=r"(value_));                                  \
		value_;                                                                            \
	})
#define guest_msr(reg, value) __asm__ volatile("msr " #reg ", %x0" ::"rZ"((uint64_t)(value)))

/*
 * In assembler, because a compiler may choose a form (with write-back, or of two registers) whose
 * syndrome does not say what was accessed, and which no hypervisor can emulate.
 */
static inline uint32_t guest_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void guest_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}
#endif

#endif
