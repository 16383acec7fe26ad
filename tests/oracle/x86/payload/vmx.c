/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes under VMX and EPT. Source: Intel SDM vol. 3, VMX chapters; appendix B for the fields. */
#include "payload.h"

#define MSR_FEATURE_CONTROL 0x3a
#define MSR_PAT 0x277
#define MSR_BASIC 0x480
#define MSR_CR0_FIXED0 0x486
#define MSR_CR4_FIXED0 0x488
#define MSR_SECONDARY 0x48b
#define MSR_EPT_VPID_CAP 0x48c
#define MSR_EFER 0xc0000080

#define CAP_FIVE_LEVELS (UINT64_C(1) << 7)
#define CAP_INVEPT_ALL (UINT64_C(1) << 26)
#define CAP_AD (UINT64_C(1) << 21)

#define PRIMARY_HLT (1u << 7)
#define PRIMARY_SECONDARY (1u << 31)
#define SECONDARY_EPT (1u << 1)
#define SECONDARY_MODE_BASED (1u << 22)
#define EXIT_LONG (1u << 9)
#define EXIT_SAVE_EFER (1u << 20)
#define EXIT_LOAD_EFER (1u << 21)
#define ENTRY_LONG (1u << 9)
#define ENTRY_LOAD_EFER (1u << 15)

#define EXIT_EXCEPTION 0
#define EXIT_VIOLATION 48
#define EXIT_MISCONFIGURATION 49

#define EPTP_WB 6u
#define EPTP_AD (1u << 6)

#define UNUSABLE 0x10000u

extern char task_state[], gdt[];

static uint8_t vmxon_region[4096] __attribute__((aligned(4096)));
static uint8_t vmcs_region[4096] __attribute__((aligned(4096)));
static bool has_ad;

static bool region_op(const char *which, void *region)
{
	uint64_t address = (uint64_t)(uintptr_t)region;
	bool ok;

	if (which[0] == 'o')
		__asm__ volatile("vmxon %1; seta %0" : "=q"(ok) : "m"(address) : "memory", "cc");
	else if (which[0] == 'c')
		__asm__ volatile("vmclear %1; seta %0" : "=q"(ok) : "m"(address) : "memory", "cc");
	else
		__asm__ volatile("vmptrld %1; seta %0" : "=q"(ok) : "m"(address) : "memory", "cc");
	return ok;
}

static void vmwrite(uint64_t field, uint64_t value)
{
	bool ok;

	__asm__ volatile("vmwrite %1, %2; seta %0" : "=q"(ok) : "rm"(value), "r"(field) : "cc");
	if (!ok) {
		print_field("field", field);
		give_up("vmwrite");
	}
}

static uint64_t vmread(uint64_t field)
{
	uint64_t value;

	__asm__ volatile("vmread %1, %0" : "=rm"(value) : "r"(field) : "cc");
	return value;
}

/* @want, with the bits that have to be one and without those that have to be zero. */
static uint32_t controls(uint32_t msr, uint32_t want)
{
	uint64_t allowed = rdmsr(msr);

	if (want & ~(uint32_t)(allowed >> 32))
		give_up("a control is missing");
	return want | (uint32_t)allowed;
}

static void write_controls(void)
{
	/* The "true" capabilities where there are some: 0x48d, 0x48e, 0x48f, 0x490. */
	uint32_t first = rdmsr(MSR_BASIC) >> 55 & 1 ? 0x48d : 0x481;

	vmwrite(0x4000, controls(first, 0));
	vmwrite(0x4002, controls(first + 1, PRIMARY_HLT | PRIMARY_SECONDARY));
	vmwrite(0x400c, controls(first + 2, EXIT_LONG | EXIT_SAVE_EFER | EXIT_LOAD_EFER));
	vmwrite(0x4012, controls(first + 3, ENTRY_LONG | ENTRY_LOAD_EFER));
	vmwrite(0x4004, 0xffffffff); /* every exception of the guest is an exit */
	for (uint64_t field = 0x4006; field <= 0x4016; field += 2)
		if (field != 0x400c && field != 0x4012)
			vmwrite(field, 0);
	vmwrite(0x6000, 0);
	vmwrite(0x6002, 0);
	vmwrite(0x2800, ~UINT64_C(0));
}

static void write_host(void)
{
	vmwrite(0x6c00, read_cr0());
	vmwrite(0x6c02, read_cr3());
	vmwrite(0x6c04, read_cr4());
	vmwrite(0x2c02, rdmsr(MSR_EFER));
	vmwrite(0x0c02, 0x08);
	vmwrite(0x0c04, 0x10);
	vmwrite(0x0c0c, 0x18);
	for (uint64_t field = 0x0c00; field <= 0x0c0a; field += 2)
		if (field != 0x0c02 && field != 0x0c04)
			vmwrite(field, 0);
	for (uint64_t field = 0x6c06; field <= 0x6c12; field += 2)
		vmwrite(field, 0);
	vmwrite(0x4c00, 0);
	vmwrite(0x6c0a, (uint64_t)(uintptr_t)task_state);
	vmwrite(0x6c0c, (uint64_t)(uintptr_t)gdt);
	{
		struct {
			uint16_t limit;
			uint64_t base;
		} __attribute__((packed)) idtr;

		__asm__ volatile("sidt %0" : "=m"(idtr));
		vmwrite(0x6c0e, idtr.base);
	}
}

static void write_segment(unsigned int index, uint64_t selector, uint64_t limit, uint64_t rights)
{
	vmwrite(0x0800 + 2 * index, selector);
	vmwrite(0x4800 + 2 * index, limit);
	vmwrite(0x4814 + 2 * index, rights);
	vmwrite(0x6806 + 2 * index, 0);
}

static void write_guest(void)
{
	static const uint16_t zero[] = {0x4824, 0x4826, 0x482a, 0x6816, 0x6818,
					0x6822, 0x6824, 0x6826, 0x2802};

	vmwrite(0x6800, read_cr0());
	vmwrite(0x6802, ENV_GPA + ENV_PML4);
	vmwrite(0x6804, read_cr4());
	vmwrite(0x6004, read_cr0());
	vmwrite(0x6006, read_cr4());
	vmwrite(0x2806, rdmsr(MSR_EFER));
	write_segment(1, 0x08, 0xffffffff, 0xa09b);
	for (unsigned int i = 0; i < 6; i++)
		if (i != 1)
			write_segment(i, 0x10, 0xffffffff, 0xc093);
	write_segment(6, 0, 0, UNUSABLE);
	write_segment(7, 0x18, 0x67, 0x8b);
	vmwrite(0x4810, 0);
	vmwrite(0x4812, 0);
	vmwrite(0x681a, 0x400);
	vmwrite(0x6820, 2);
	for (unsigned int i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		vmwrite(zero[i], 0);
}

bool vmx_start(void)
{
	uint64_t control = rdmsr(MSR_FEATURE_CONTROL);
	uint32_t revision = (uint32_t)rdmsr(MSR_BASIC) & 0x7fffffff;
	uint64_t cap;

	if (!(control & 1))
		wrmsr(MSR_FEATURE_CONTROL, control | 5);
	write_cr0(read_cr0() | rdmsr(MSR_CR0_FIXED0));
	write_cr4(read_cr4() | rdmsr(MSR_CR4_FIXED0));
	*(uint32_t *)(void *)vmxon_region = revision;
	*(uint32_t *)(void *)vmcs_region = revision;
	if (!region_op("on", vmxon_region) || !region_op("clear", vmcs_region) ||
	    !region_op("load", vmcs_region))
		return false;
	cap = rdmsr(MSR_EPT_VPID_CAP);
	has_ad = cap & CAP_AD;
	print("vmx ");
	print_field("basic", rdmsr(MSR_BASIC));
	print_field("ept", cap);
	print_field("secondary", rdmsr(MSR_SECONDARY) >> 32);
	print("\n");
	write_controls();
	write_host();
	write_guest();
	return true;
}

static void invept_all(void)
{
	const struct {
		uint64_t eptp, zero;
	} all = {0, 0};
	uint64_t type = 2;

	if (rdmsr(MSR_EPT_VPID_CAP) & CAP_INVEPT_ALL)
		__asm__ volatile("invept %0, %1" ::"m"(all), "r"(type) : "memory", "cc");
}

/* VMLAUNCH with RDI as given; true after an exit. What the guest left in R8 is found. */
static bool launch(uint64_t rdi, uint64_t *found)
{
	register uint64_t r8 __asm__("r8") = 0;
	bool exited;

	__asm__ volatile("pushq %%rbp\n\t"
			 "pushq %%rbx\n\t"
			 "movq $0x6c14, %%rax\n\t"
			 "vmwrite %%rsp, %%rax\n\t"
			 "movq $0x6c16, %%rax\n\t"
			 "leaq 1f(%%rip), %%rbx\n\t"
			 "vmwrite %%rbx, %%rax\n\t"
			 "vmlaunch\n\t"
			 "movb $0, %%al\n\t"
			 "jmp 2f\n"
			 "1:\tmovb $1, %%al\n"
			 "2:\tpopq %%rbx\n\t"
			 "popq %%rbp\n\t"
			 : "=a"(exited), "+D"(rdi), "+r"(r8)
			 :
			 : "rcx", "rdx", "rsi", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			   "memory", "cc");
	*found = r8;
	return exited;
}

bool vmx_can(const struct probe *probe)
{
	if (probe->levels == 5 && !(rdmsr(MSR_EPT_VPID_CAP) & CAP_FIVE_LEVELS))
		return false;
	return !(probe->options & PROBE_MODE_BASED) ||
	       rdmsr(MSR_SECONDARY) >> 32 & SECONDARY_MODE_BASED;
}

bool vmx_probe(const struct probe *probe, uint64_t address, struct probe_exit *exit)
{
	if (!region_op("clear", vmcs_region) || !region_op("load", vmcs_region))
		give_up("vmclear");
	vmwrite(0x201a, probe->root | (uint64_t)(probe->levels - 1) << 3 | EPTP_WB |
				(has_ad ? EPTP_AD : 0));
	vmwrite(0x401e, controls(MSR_SECONDARY, SECONDARY_EPT | (probe->options & PROBE_MODE_BASED
									 ? SECONDARY_MODE_BASED
									 : 0)));
	vmwrite(0x681e, guest_entry(probe->access));
	vmwrite(0x681c, ENV_GPA + ENV_STACK + 4096);
	invept_all();
	if (!launch(address, &exit->found)) {
		exit->reason = vmread(0x4400);
		return false;
	}
	exit->reason = vmread(0x4402);
	if (exit->reason == EXIT_VIOLATION || exit->reason == EXIT_MISCONFIGURATION)
		exit->gpa = vmread(0x2400);
	if (exit->reason == EXIT_VIOLATION)
		exit->info = vmread(0x6400);
	/* An exception of the guest: which, instead of the qualification. */
	if (exit->reason == EXIT_EXCEPTION)
		exit->info = vmread(0x4404);
	return true;
}
