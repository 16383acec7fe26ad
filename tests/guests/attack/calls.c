/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: those that are offered with any argument, and any other. */
#include "attack.h"

#define NOT_SUPPORTED (-1)
#define INVALID_PARAMETERS (-2)
#define INVALID_PARAMETER (-3) /* of SMCCC */
#define INVALID_ADDRESS (-9)
#define ALREADY_ON (-4)

#define CPU_SUSPEND UINT64_C(0xc4000001)
#define CPU_ON UINT64_C(0xc4000003)
#define UNMAP UINT64_C(0xc6000000)

/* Those that would end the test: CPU_OFF, SYSTEM_OFF, SYSTEM_RESET; CPU_SUSPEND has its own. */
static bool ends(uint64_t function)
{
	uint32_t id = (uint32_t)function & ~0x40000000u;

	return id == 0x84000001 || id == 0x84000002 || id == 0x84000008 || id == 0x84000009;
}

static uint64_t any_function(uint64_t *state)
{
	static const uint64_t base[] = {0x84000000, 0xc4000000, 0xc6000000, 0x86000000,
					0x80000000, 0xbf00ff00, 0,          0x32000000};
	uint64_t chance = attack_random(state);

	return chance & 7 ? base[chance >> 8 & 7] + (chance >> 16 & 31) +
				    ((chance & 0x70) ? 0 : chance & ~UINT64_C(0xffffffff))
			  : attack_random(state);
}

static void any_calls(void)
{
	uint64_t state = 5;

	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t function = any_function(&state);
		uint64_t a = attack_address(&state), b = attack_random(&state);

		if (ends(function) || (uint32_t)function == (uint32_t)CPU_ON ||
		    (uint32_t)function == 0x84000003)
			continue;
		if (function & 1)
			(void)guest_hvc(function, a, b >> (b & 63), b);
		else
			(void)guest_smc(function, a, b >> (b & 63), b);
	}
	guest_ok(attack_pattern_holds(), "memory holds after any calls");
}

static void cpu_on(void)
{
	static const uint64_t nowhere[] = {0,
					   GUEST_UART,
					   GUEST_RAM - 4,
					   GUEST_RAM + 32 * MiB,
					   GUEST_PCI_HIGH,
					   UINT64_C(0xc00000000000),
					   UINT64_MAX - 3,
					   GUEST_RAM + 2};
	bool refused = true;

	for (unsigned int i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		refused &= guest_hvc(CPU_ON, 1, nowhere[i], 0) < 0;
	guest_ok(refused, "no CPU starts where it could not run");
	guest_ok(guest_hvc(CPU_ON, 7, GUEST_RAM, 0) == INVALID_PARAMETERS &&
			 guest_hvc(CPU_ON, UINT64_MAX, GUEST_RAM, 0) == INVALID_PARAMETERS,
		 "nor one that is not there");
	guest_ok(guest_hvc(CPU_ON, 0, GUEST_RAM, 0) == ALREADY_ON, "nor this one");
}

static void unmap(void)
{
	const uint64_t end = UINT64_C(1) << IPA_BITS;
	const uint64_t pages = end / PAGE;

	guest_ok(guest_hvc(UNMAP, GUEST_RAM + 1, 1, 0) == INVALID_PARAMETER &&
			 guest_hvc(UNMAP, GUEST_RAM, 0, 0) == INVALID_PARAMETER &&
			 guest_hvc(UNMAP, end, 1, 0) == INVALID_PARAMETER &&
			 guest_hvc(UNMAP, end - PAGE, 2, 0) == INVALID_PARAMETER &&
			 guest_hvc(UNMAP, GUEST_RAM, UINT64_MAX, 0) == INVALID_PARAMETER &&
			 guest_hvc(UNMAP, UINT64_MAX & ~(PAGE - 1), 1, 0) == INVALID_PARAMETER,
		 "unmap takes ranges of the address space only");
	guest_ok(guest_hvc(UNMAP, 0, pages, 0) == 512 &&
			 guest_hvc(UNMAP, GUEST_RAM + 3 * PAGE, pages / 2, 0) == 509 &&
			 guest_smc(UNMAP, end - PAGE, 1, 0) == 1,
		 "and goes no further than a block");
	/* The code that runs, the stack, the tables: all of it, again and again. */
	for (unsigned int i = 0; i < 40; i++)
		for (uint64_t at = GUEST_RAM; at < GUEST_RAM + 32 * MiB; at += 2 * MiB)
			(void)guest_hvc(UNMAP, at, 512, 0);
	guest_ok(attack_pattern_holds(), "what was unmapped comes back");
}

#define GICD_CTLR UINT64_C(0x08000000)
#define GICR_PPI(n) (UINT64_C(0x080b0000) + (n))
#define GICR_IGROUPR0 0x080
#define GICR_ISENABLER0 0x100
#define VTIMER 27
#define CNT_CTL_ISTATUS 4

/* The timer's interrupt has come, or may come at any time. */
static void start_timer(bool wait)
{
	guest_msr(cntv_tval_el0, 100000);
	guest_msr(cntv_ctl_el0, 1);
	while (wait)
		wait = !(guest_mrs(cntv_ctl_el0) & CNT_CTL_ISTATUS);
}

/*
 * Returns when the timer's interrupt is pending, though the CPU masks it, and though the
 * redistributor sleeps, as after a reset: that is how a CPU that is off is woken.
 */
static void suspend(void)
{
	guest_write32(GICD_CTLR, 2);
	guest_write32(GICR_PPI(GICR_IGROUPR0), UINT32_MAX);
	guest_write32(GICR_PPI(GICR_ISENABLER0), 1u << VTIMER);
	guest_msr(s3_0_c4_c6_0, 0xff); /* ICC_PMR */
	guest_msr(s3_0_c12_c12_7, 1);  /* ICC_IGRPEN1 */
	__asm__ volatile("isb" ::: "memory");
	start_timer(false);
	guest_ok(guest_hvc(CPU_SUSPEND, 0, GUEST_RAM, 0) == 0, "suspend returns");
	start_timer(true);
	guest_ok(guest_hvc(CPU_SUSPEND, 0, GUEST_RAM, 0) == 0, "or need not wait");
	guest_ok(guest_hvc(CPU_SUSPEND, UINT64_MAX, 0, 0) == INVALID_PARAMETERS, "or refuses");
	guest_msr(cntv_ctl_el0, 0);
	guest_msr(s3_0_c12_c12_7, 0);
}

void attack_calls(void)
{
	suspend();
	cpu_on();
	unmap();
	any_calls();
}
