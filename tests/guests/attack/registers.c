/* SPDX-License-Identifier: BSD-2-Clause */
/* Every system register and instruction there could be, read and written. */
#include "attack.h"

#define BATCH 256
#define RET 0xd65f03c0u

#define MRS(op0, op1, crn, crm, op2)                                                               \
	(0xd5300000u | ((op0) - 2) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define MSR(op0, op1, crn, crm, op2) (MRS(op0, op1, crn, crm, op2) & ~(1u << 21))
#define SYS(op1, crn, crm, op2) (0xd5080000u | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

static _Alignas(4096) uint32_t code[BATCH + 1];
static unsigned int length;

/* Run what is there with @x0 in x0; what faults is stepped over. */
static void run(uint64_t x0)
{
	register uint64_t argument __asm__("x0") = x0;

	code[length] = RET;
	for (unsigned int i = 0; i <= length; i += 4)
		__asm__ volatile("dc cvau, %0" ::"r"(&code[i]) : "memory");
	__asm__ volatile("dsb ish; ic iallu; dsb ish; isb" ::: "memory");
	guest_expect();
	__asm__ volatile("blr %1"
			 : "+r"(argument)
			 : "r"(code)
			 : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "x30", "memory", "cc");
	(void)guest_caught();
	length = 0;
}

static void add(uint32_t instruction, uint64_t x0)
{
	code[length++] = instruction;
	if (length == BATCH)
		run(x0);
}

/*
 * What the test itself stands on: SCTLR and its like, the tables, its stack and return addresses,
 * vectors, PSTATE, and single-stepping.
 */
static bool is_needed(unsigned int op0, unsigned int op1, unsigned int crn, unsigned int crm)
{
	if (op0 == 2)
		return op1 == 0 && crn == 0;
	if (op1 == 3)
		return crn == 4;
	return op1 == 0 && (crn == 1 || crn == 2 || crn == 4 || crn == 10 || (crn == 12 && !crm));
}

static void registers(bool write, uint64_t value)
{
	for (unsigned int i = 0; i < 2 * 8 * 16 * 16 * 8; i++) {
		unsigned int op0 = 2 + (i >> 14), op1 = i >> 11 & 7, crn = i >> 7 & 15;
		unsigned int crm = i >> 3 & 15, op2 = i & 7;

		if (!write)
			add(MRS(op0, op1, crn, crm, op2), value);
		else if (!is_needed(op0, op1, crn, crm))
			add(MSR(op0, op1, crn, crm, op2), value);
	}
	run(value);
}

/* TLB, cache and address translation operations, on an address that may be zeroed. */
static void instructions(uint64_t address)
{
	for (unsigned int i = 0; i < 8 * 16 * 16 * 8; i++)
		add(SYS(i >> 11 & 7, i >> 7 & 15, i >> 3 & 15, i & 7), address);
	run(address);
}

static void timers_off(void)
{
	guest_msr(cntv_ctl_el0, 0);
	guest_msr(cntp_ctl_el0, 0);
	__asm__ volatile("isb" ::: "memory");
}

void attack_registers(void)
{
	uint64_t midr = guest_mrs(midr_el1), mpidr = guest_mrs(mpidr_el1);
	uint64_t state = 3;

	registers(false, 0);
	registers(true, 0);
	registers(true, UINT64_MAX);
	registers(true, attack_random(&state));
	timers_off();
	instructions(SCRATCH);
	guest_ok(guest_mrs(midr_el1) == midr && guest_mrs(mpidr_el1) == mpidr,
		 "the CPU is itself after every register was written");
	guest_ok(attack_pattern_holds(), "memory holds after every instruction of its kind");
}
