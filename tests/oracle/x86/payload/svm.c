/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes under SVM and NPT. Source: AMD APM vol. 2, chapter 15; appendix B for the VMCB. */
#include "payload.h"

#define MSR_EFER 0xc0000080
#define MSR_PAT 0x277
#define MSR_HSAVE 0xc0010117
#define EXIT_VMMCALL 0x81
#define EFER_SVME (1u << 12)

#define CR4_LA57 (1u << 12)
#define CPUID_LA57 (1u << 16)

static uint8_t vmcb[4096] __attribute__((aligned(4096)));
static uint8_t host_save[4096] __attribute__((aligned(4096)));

static void set8(unsigned int offset, uint8_t value)
{
	vmcb[offset] = value;
}

static void set32(unsigned int offset, uint32_t value)
{
	*(uint32_t *)(void *)(vmcb + offset) = value;
}

static void set64(unsigned int offset, uint64_t value)
{
	*(uint64_t *)(void *)(vmcb + offset) = value;
}

static uint64_t get64(unsigned int offset)
{
	return *(const uint64_t *)(const void *)(vmcb + offset);
}

static void set_segment(unsigned int offset, uint16_t selector, uint16_t attributes, uint32_t limit)
{
	set32(offset, selector | (uint32_t)attributes << 16);
	set32(offset + 4, limit);
	set64(offset + 8, 0);
}

bool svm_start(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_HSAVE, (uint64_t)(uintptr_t)host_save);
	print("svm ");
	print_field("revision", cpuid(0x8000000a).a & 0xff);
	print_field("features", cpuid(0x8000000a).d);
	print("\n");

	set32(0x008, 0xffffffff); /* every exception of the guest is an exit */
	set32(0x00c, 1u << 24);   /* HLT */
	set32(0x010, 3);          /* VMRUN, VMMCALL */
	set32(0x058, 1);          /* ASID */
	set8(0x05c, 1);           /* flush all at each VMRUN */
	set64(0x090, 1);          /* nested paging */
	for (unsigned int offset = 0x400; offset < 0x460; offset += 16)
		set_segment(offset, 0x10, 0xc93, 0xffffffff);
	set_segment(0x410, 0x08, 0xa9b, 0xffffffff);
	set_segment(0x490, 0x18, 0x08b, 0x67);
	set64(0x4d0, rdmsr(MSR_EFER));
	set64(0x548, read_cr4() & ~(uint64_t)CR4_LA57); /* four levels, whatever the host has */
	set64(0x550, ENV_GPA + ENV_PML4);
	set64(0x558, read_cr0());
	set64(0x560, 0x400);
	set64(0x568, 0xffff0ff0);
	set64(0x570, 2);
	set64(0x668, rdmsr(MSR_PAT));
	return true;
}

/* Returns what the guest left in R8. */
static uint64_t run(uint64_t rdi)
{
	register uint64_t r8 __asm__("r8") = 0;
	uint64_t rax = (uint64_t)(uintptr_t)vmcb;

	__asm__ volatile("pushq %%rbp\n\t"
			 "pushq %%rbx\n\t"
			 "vmrun %%rax\n\t"
			 "popq %%rbx\n\t"
			 "popq %%rbp\n\t"
			 : "+a"(rax), "+D"(rdi), "+r"(r8)
			 :
			 : "rcx", "rdx", "rsi", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			   "memory", "cc");
	/* VMRUN leaves the global interrupt flag clear. */
	__asm__ volatile("stgi");
	return r8;
}

/* Nested tables have as many levels as the host's own. */
static void host_levels(unsigned int levels)
{
	static uint64_t top[512] __attribute__((aligned(4096)));
	const uint32_t cr4 = (uint32_t)read_cr4();

	if (!(cr4 & CR4_LA57) == (levels == 4))
		return;
	if (levels == 5) {
		top[0] = read_cr3() | 3;
		set_paging((uint32_t)(uintptr_t)top, cr4 | CR4_LA57);
	} else {
		set_paging((uint32_t)top[0] & ~0xfffu, cr4 & ~CR4_LA57);
	}
}

bool svm_can(const struct probe *probe)
{
	return probe->levels == 4 || (cpuid(0).a >= 7 && cpuid(7).c & CPUID_LA57);
}

bool svm_probe(const struct probe *probe, uint64_t address, struct probe_exit *exit)
{
	host_levels(probe->levels);
	set64(0x0b0, probe->root);
	set64(0x0c0, 0); /* nothing of the VMCB is clean */
	set64(0x578, guest_entry(probe->access));
	set64(0x5d8, ENV_GPA + ENV_STACK + 4096);
	set64(0x5f8, 0);
	exit->found = run(address);
	exit->reason = get64(0x070);
	if (exit->reason != EXIT_VMMCALL) {
		exit->info = get64(0x078);
		exit->gpa = get64(0x080);
	}
	return exit->reason != ~UINT64_C(0);
}
