/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ORACLE_X86_PAYLOAD_H
#define ORACLE_X86_PAYLOAD_H
/* What the files of the payload share: it runs on the bare emulated machine, with paging on. */
#include "../layout.h"

#include <stdbool.h>
#include <stddef.h>

/* What an exit says. */
struct probe_exit {
	uint64_t reason, info, gpa;
	uint64_t found; /* in the slot */
};

/* --- io.c --- */
void print(const char *text);
void print_hex(uint64_t value);
/* "name=hex " */
void print_field(const char *name, uint64_t value);
/* Read sectors of the disk. */
void disk_read(uint32_t lba, uint32_t count, void *to);
/* End the run: QEMU exits, Bochs too. */
_Noreturn void finish(void);
_Noreturn void give_up(const char *why);

/* --- the guest's own memory (guest.c) --- */
/* The addresses in ENV_PA, and the address at which the guest is entered. */
void guest_prepare(bool amd);
/* Point the window at a probe's page. Returns the linear address to be touched. */
uint64_t guest_window(const struct probe *probe);
uint64_t guest_entry(uint32_t access);
static inline void *guest_page(uint32_t offset)
{
	return (void *)(uintptr_t)(ENV_PA + offset);
}

/* --- vmx.c, svm.c --- */
bool vmx_start(void);
/* Has the processor what the probe asks for? */
bool vmx_can(const struct probe *probe);
bool vmx_probe(const struct probe *probe, uint64_t address, struct probe_exit *exit);
bool svm_start(void);
bool svm_can(const struct probe *probe);
bool svm_probe(const struct probe *probe, uint64_t address, struct probe_exit *exit);

/* --- start.S --- */
/* The host's own root and CR4, which may have more or fewer levels than before. */
void set_paging(uint32_t cr3, uint32_t cr4);

/* --- types.c --- */
void types_touch(void);

/* --- instructions --- */
static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

#define READ_CR(n)                                                                                 \
	static inline uint64_t read_cr##n(void)                                                    \
	{                                                                                          \
		uint64_t value;                                                                    \
                                                                                                   \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(value));                              \
		return value;                                                                      \
	}                                                                                          \
	static inline void write_cr##n(uint64_t value)                                             \
	{                                                                                          \
		__asm__ volatile("mov %0, %%cr" #n ::"r"(value) : "memory");                       \
	}
READ_CR(0)
READ_CR(3)
READ_CR(4)

#endif
