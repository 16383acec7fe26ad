/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that knows the machine by its manuals: interrupt controller, timers, UART, PSCI. It says
 * nothing that depends on a hypervisor, so it passes on the machine itself as well: that is how it
 * is judged. Interrupts stay masked; they are taken by reading the acknowledge registers.
 */
#include "guest.h"

#define GICD UINT64_C(0x08000000)
#define GICR(cpu) (UINT64_C(0x080a0000) + (uint64_t)(cpu) * 0x20000)
#define SGI_FRAME(cpu) (GICR(cpu) + 0x10000)
#define IGROUPR 0x080
#define ISENABLER 0x100
#define ICENABLER 0x180
#define ISPENDR 0x200
#define ICPENDR 0x280
#define ISACTIVER 0x300
#define ICACTIVER 0x380
#define IPRIORITYR 0x400
#define ICFGR 0xc00
#define IROUTER 0x6000

#define SPURIOUS 1023
#define VTIMER 27
#define PTIMER 30
#define UART 33
#define SPI 40 /* and on: nothing is attached to these */

#define UART_REG(n) (GUEST_UART + (n))
#define UART_INT 0x10 /* receive */

#define PSCI_VERSION UINT64_C(0x84000000)
#define PSCI_CPU_SUSPEND UINT64_C(0xc4000001)
#define PSCI_CPU_OFF UINT64_C(0x84000002)
#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define PSCI_AFFINITY_INFO UINT64_C(0xc4000004)
#define PSCI_FEATURES UINT64_C(0x8400000a)

void devices_wfi(void);

static unsigned int cpus;
/* What the second CPU is to do, what it does, and what came of it. */
enum order {
	IDLE,
	PING,
	HOLD,
	END,
};
static volatile uint32_t order, doing, pings, held;

/* --- small things ------------------------------------------------------------------------- */

static void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static uint64_t now(void)
{
	isb();
	return guest_mrs(cntvct_el0);
}

/* Long enough for whatever happens by itself; a busy host stretches it, nothing shortens it. */
static bool waited(uint64_t since)
{
	return now() - since > 20 * guest_mrs(cntfrq_el0);
}

#define wait_for(condition)                                                                        \
	__extension__({                                                                            \
		uint64_t since_ = now();                                                           \
		bool holds_ = (condition);                                                         \
		while (!holds_ && !waited(since_))                                                 \
			holds_ = (condition);                                                      \
		holds_;                                                                            \
	})

static uint32_t highest(void)
{
	isb();
	return (uint32_t)guest_mrs(s3_0_c12_c12_2); /* ICC_HPPIR1_EL1 */
}

static uint32_t ack(void)
{
	uint32_t intid = (uint32_t)guest_mrs(s3_0_c12_c12_0); /* ICC_IAR1_EL1 */

	__asm__ volatile("dsb sy" ::: "memory");
	return intid;
}

static void end(uint32_t intid)
{
	guest_msr(s3_0_c12_c12_1, intid); /* ICC_EOIR1_EL1 */
	isb();
}

/* What comes next, given time to come. */
static uint32_t next(void)
{
	uint64_t since = now();
	uint32_t intid = ack();

	while (intid == SPURIOUS && !waited(since))
		intid = ack();
	return intid;
}

/* Nothing comes, for a while. */
static bool quiet(void)
{
	for (unsigned int i = 0; i < 200; i++)
		if (ack() != SPURIOUS)
			return false;
	return true;
}

static uint32_t bit(uint32_t intid)
{
	return UINT32_C(1) << (intid & 31);
}

/* A register of bits, by the interrupt that is meant. */
static uint64_t bits(uint64_t offset, uint32_t intid)
{
	return intid < 32 ? SGI_FRAME(0) + offset : GICD + offset + intid / 32 * 4;
}

static bool is_set(uint64_t offset, uint32_t intid)
{
	return guest_read32(bits(offset, intid)) & bit(intid);
}

static void set(uint64_t offset, uint32_t intid)
{
	guest_write32(bits(offset, intid), bit(intid));
}

static void set_priority(uint32_t intid, uint8_t priority)
{
	uint64_t address = (intid < 32 ? SGI_FRAME(0) : GICD) + IPRIORITYR + intid;

	__asm__ volatile("strb %w0, [%1]" ::"rZ"(priority), "r"(address) : "memory");
}

static void set_route(uint32_t intid, uint64_t affinity)
{
	uint64_t address = GICD + IROUTER + UINT64_C(8) * intid;

	__asm__ volatile("str %x0, [%1]" ::"rZ"(affinity), "r"(address) : "memory");
}

static void send(uint32_t intid, uint32_t targets)
{
	__asm__ volatile("dsb ish" ::: "memory");
	guest_msr(s3_0_c12_c11_5, (uint64_t)intid << 24 | targets); /* ICC_SGI1R_EL1 */
	isb();
}

/* --- bringing it up ----------------------------------------------------------------------- */

static void set_up_cpu(unsigned int cpu)
{
	guest_write32(GICR(cpu) + 0x14, 0);
	while (guest_read32(GICR(cpu) + 0x14) & 4)
		;
	guest_write32(SGI_FRAME(cpu) + IGROUPR, UINT32_MAX);
	guest_write32(SGI_FRAME(cpu) + ICENABLER, UINT32_MAX);
	guest_write32(SGI_FRAME(cpu) + ICPENDR, UINT32_MAX);
	guest_write32(SGI_FRAME(cpu) + ICACTIVER, UINT32_MAX);
	for (unsigned int i = 0; i < 32; i += 4)
		guest_write32(SGI_FRAME(cpu) + IPRIORITYR + i, 0xa0a0a0a0);
	guest_write32(SGI_FRAME(cpu) + ISENABLER, 0xffff | bit(VTIMER) | bit(PTIMER));
	guest_msr(s3_0_c12_c12_5, 7); /* ICC_SRE_EL1 */
	isb();
	guest_msr(s3_0_c4_c6_0, 0xf8); /* ICC_PMR_EL1 */
	guest_msr(s3_0_c12_c12_4, 0);  /* ICC_CTLR_EL1 */
	guest_msr(s3_0_c12_c12_7, 1);  /* ICC_IGRPEN1_EL1 */
	isb();
}

static void set_up(void)
{
	guest_write32(GICD, 0);
	guest_write32(GICD, 0x10);
	guest_write32(GICD + IGROUPR + 4, UINT32_MAX);
	guest_write32(GICD + ICENABLER + 4, UINT32_MAX);
	guest_write32(GICD + ICPENDR + 4, UINT32_MAX);
	guest_write32(GICD + ICFGR + 8, 0);
	guest_write32(GICD + ICFGR + 12, 0);
	for (unsigned int i = 32; i < 64; i++) {
		set_priority(i, 0xa0);
		set_route(i, 0);
	}
	guest_write32(GICD, 0x13);
	set_up_cpu(0);
}

/* --- registers ---------------------------------------------------------------------------- */

static void identity(void)
{
	uint64_t typer = guest_read32(GICR(0) + 8) | (uint64_t)guest_read32(GICR(0) + 12) << 32;

	guest_ok((guest_read32(GICD) & 0x53) == 0x53, "distributor: ARE and DS, both groups on");
	guest_ok((guest_read32(GICD + 0xffe8) >> 4 & 0xf) == 3, "distributor: GICv3");
	guest_ok((guest_read32(GICR(0) + 0xffe8) >> 4 & 0xf) == 3, "redistributor: GICv3");
	guest_ok((guest_read32(GICD + 4) & 0x1f) >= 1, "distributor: 32 SPIs or more");
	guest_ok(typer >> 32 == 0 && (typer >> 8 & 0xffff) == 0, "redistributor 0: of CPU 0.0.0.0");
	guest_ok((guest_mrs(s3_0_c12_c12_5) & 1) == 1, "system registers are on");
	guest_ok((guest_mrs(mpidr_el1) & 0xff00ffffff) == 0, "CPU 0 is 0.0.0.0");
}

static void storage(void)
{
	uint64_t r = GICD + IROUTER + UINT64_C(8) * SPI;
	uint64_t route;

	set_priority(SPI, 0x58);
	guest_ok((guest_read32(GICD + IPRIORITYR + SPI) & 0xff) == 0x58, "a priority is a byte");
	set_priority(SPI, 0xa0);
	guest_write32(GICD + ICFGR + 8, 0x80000000);
	guest_ok(guest_read32(GICD + ICFGR + 8) == 0x80000000, "a configuration is kept");
	guest_write32(GICD + ICFGR + 8, 0);
	guest_write32(r, 0x010203);
	__asm__ volatile("ldr %0, [%1]" : "=r"(route) : "r"(r) : "memory");
	guest_ok(route == 0x010203, "half a route can be written");
	set_route(SPI, 0);
	guest_ok(guest_read32(SGI_FRAME(0) + ICFGR) == 0xaaaaaaaa, "SGIs are edge-triggered");
	guest_ok(guest_read32(GICD + ISENABLER) == 0, "the distributor hides private interrupts");
}

/* --- timers ------------------------------------------------------------------------------- */

static void timer_on(uint32_t intid, uint64_t ticks)
{
	if (intid == VTIMER) {
		guest_msr(cntv_tval_el0, ticks);
		guest_msr(cntv_ctl_el0, 1);
	} else {
		guest_msr(cntp_tval_el0, ticks);
		guest_msr(cntp_ctl_el0, 1);
	}
	isb();
}

static void timer_off(uint32_t intid)
{
	if (intid == VTIMER)
		guest_msr(cntv_ctl_el0, 0);
	else
		guest_msr(cntp_ctl_el0, 0);
	isb();
}

static void timer(uint32_t intid, const char *name)
{
	uint64_t tick = guest_mrs(cntfrq_el0) / 1000;
	bool fired = true, active = true, level = true, over = true;

	for (unsigned int i = 0; i < 20; i++) {
		timer_on(intid, tick);
		fired &= next() == intid;
		active &= is_set(ISACTIVER, intid);
		level &= is_set(ISPENDR, intid);
		timer_off(intid);
		end(intid);
		over &= quiet() && !is_set(ISACTIVER, intid) && !is_set(ISPENDR, intid);
	}
	guest_ok(fired, "%s timer: fires, time after time", name);
	guest_ok(active, "%s timer: active in its handler", name);
	guest_ok(level, "%s timer: pending while its line is high", name);
	guest_ok(over, "%s timer: over when it is off and ended", name);

	timer_on(intid, 0);
	fired = next() == intid;
	end(intid);
	fired &= next() == intid;
	timer_off(intid);
	end(intid);
	guest_ok(fired, "%s timer: a level that is ended comes again", name);

	timer_on(intid, 0);
	wait_for(highest() == intid);
	timer_off(intid);
	guest_ok(!is_set(ISPENDR, intid) && quiet(), "%s timer: off before it is taken is gone",
		 name);

	set(ICENABLER, intid);
	timer_on(intid, 0);
	guest_ok(quiet() && wait_for(is_set(ISPENDR, intid)), "%s timer: disabled it waits", name);
	set(ISENABLER, intid);
	fired = next() == intid;
	timer_off(intid);
	end(intid);
	guest_ok(fired && quiet(), "%s timer: enabled it comes", name);

	timer_on(intid, tick);
	while (highest() != intid)
		devices_wfi();
	timer_off(intid);
	guest_ok(!is_set(ISPENDR, intid), "%s timer: wakes from WFI", name);
}

/* --- delivery ----------------------------------------------------------------------------- */

static void sgis(void)
{
	send(5, 1);
	guest_ok(next() == 5 && is_set(ISACTIVER, 5) && !is_set(ISPENDR, 5), "an SGI to oneself");
	send(5, 1);
	guest_ok(quiet() && is_set(ISPENDR, 5), "the same again waits for the end of the first");
	end(5);
	guest_ok(next() == 5, "... and comes then");
	end(5);
	send(5, 1);
	send(5, 1);
	guest_ok(next() == 5 && (end(5), quiet()), "two before the first is taken are one");
	guest_msr(s3_0_c12_c11_5, UINT64_C(1) << 40 | 6 << 24);
	guest_ok(quiet(), "all but oneself is not oneself");
}

static void priorities(void)
{
	uint32_t first, second;

	set_priority(1, 0x80);
	set_priority(2, 0x40);
	guest_msr(s3_0_c4_c6_0, 0x60);
	isb();
	send(1, 1);
	guest_ok(quiet(), "a masked priority waits");
	send(2, 1);
	first = next();
	guest_ok(first == 2, "a higher one does not");
	guest_msr(s3_0_c4_c6_0, 0xf8);
	guest_ok(quiet(), "a running one holds lower ones back");
	end(2);
	second = next();
	guest_ok(second == 1, "until its end");
	send(2, 1);
	guest_ok(next() == 2, "a higher one comes in between");
	end(2);
	end(1);
	set_priority(1, 0xa0);
	set_priority(2, 0xa0);
}

static void many(void)
{
	bool in_order = true, nested = true;

	for (uint32_t i = 0; i < 20; i++) {
		set_priority(SPI + i, (uint8_t)(0x20 + 8 * (i * 7 % 20)));
		set(ISENABLER, SPI + i);
		set(ISPENDR, SPI + i);
	}
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t intid = next();

		in_order &= intid - SPI < 20 && (intid - SPI) * 7 % 20 == i;
		end(intid);
	}
	guest_ok(in_order && quiet(), "more than fit are all delivered, by priority");
	/* Each preempts the one before. */
	for (uint32_t i = 0; i < 20; i++) {
		set_priority(SPI + i, (uint8_t)(0xf0 - 8 * i));
		set(ISPENDR, SPI + i);
		nested &= next() == SPI + i;
	}
	for (uint32_t i = 20; i--;) {
		nested &= is_set(ISACTIVER, SPI + i);
		end(SPI + i);
		nested &= !is_set(ISACTIVER, SPI + i);
	}
	guest_ok(nested && quiet(), "handlers nest deeper than list registers");
	for (uint32_t i = 0; i < 20; i++) {
		set(ICENABLER, SPI + i);
		set_priority(SPI + i, 0xa0);
	}
}

static void separate_deactivation(void)
{
	bool kept = true;

	guest_msr(s3_0_c12_c12_4, 2); /* EOImode */
	isb();
	for (uint32_t i = 0; i < 8; i++)
		set(ISENABLER, SPI + i);
	for (uint32_t i = 0; i < 8; i++) {
		set(ISPENDR, SPI + i);
		kept &= next() == SPI + i;
		end(SPI + i);
		kept &= is_set(ISACTIVER, SPI + i);
	}
	guest_ok(kept && quiet(), "EOImode 1: the end leaves it active");
	set(ISPENDR, SPI);
	guest_ok(quiet() && is_set(ISPENDR, SPI), "EOImode 1: and keeps it from coming again");
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t intid = SPI + i * 3 % 8;

		guest_msr(s3_0_c12_c11_1, intid); /* ICC_DIR_EL1 */
		isb();
		kept &= !is_set(ISACTIVER, intid);
	}
	guest_ok(kept, "EOImode 1: deactivated in any order");
	guest_ok(next() == SPI, "EOImode 1: what waited comes");
	end(SPI);
	guest_msr(s3_0_c12_c11_1, SPI);
	guest_msr(s3_0_c12_c12_4, 0);
	isb();
	guest_write32(GICD + ICENABLER + 4, UINT32_MAX);
}

static void written_state(void)
{
	set(ISENABLER, SPI);
	set(ISACTIVER, SPI);
	set(ISPENDR, SPI);
	guest_ok(quiet(), "active by a write, it does not come");
	set(ICACTIVER, SPI);
	guest_ok(next() == SPI, "inactive by a write, it does");
	set(ICACTIVER, SPI);
	guest_ok(!is_set(ISACTIVER, SPI), "its handler is ended by a write");
	end(SPI);
	set(ISPENDR, SPI);
	wait_for(highest() == SPI);
	set(ICPENDR, SPI);
	guest_ok(quiet(), "cleared before it is taken, it is gone");
	set_route(SPI, 0x77);
	set(ISPENDR, SPI);
	guest_ok(quiet(), "routed to nobody, it waits");
	set_route(SPI, 0);
	guest_ok(next() == SPI, "routed here, it comes");
	end(SPI);
	set(ICENABLER, SPI);
}

static void group_0(void)
{
	uint32_t intid;

	guest_write32(SGI_FRAME(0) + IGROUPR, ~bit(7));
	guest_msr(s3_0_c12_c11_7, UINT64_C(7) << 24 | 1); /* ICC_SGI0R_EL1 */
	guest_ok(quiet(), "group 0 off: nothing");
	guest_msr(s3_0_c12_c12_6, 1); /* ICC_IGRPEN0_EL1 */
	isb();
	wait_for((isb(), guest_mrs(s3_0_c12_c8_2)) == 7);
	intid = (uint32_t)guest_mrs(s3_0_c12_c8_0);
	guest_ok(intid == 7, "group 0 on: it comes, by its own register");
	guest_msr(s3_0_c12_c8_1, intid);
	guest_msr(s3_0_c12_c12_6, 0);
	isb();
	guest_write32(SGI_FRAME(0) + IGROUPR, UINT32_MAX);
}

/* --- UART --------------------------------------------------------------------------------- */

static void uart(void)
{
	bool came, dropped;

	set(ISENABLER, UART);
	while (guest_read32(UART_REG(0x18)) & 8) /* busy */
		;
	guest_write32(UART_REG(0x44), 0x7ff);
	guest_write32(UART_REG(0x38), UART_INT);
	guest_write32(UART_REG(0x2c), 0x60); /* no FIFO: one character is an interrupt */
	guest_write32(UART_REG(0x30), 0x381);
	guest_write32(UART_REG(0x00), '\n'); /* some machines print it, too */
	came = next() == UART && guest_read32(UART_REG(0x40)) == UART_INT;
	end(UART);
	came &= next() == UART; /* a level */
	dropped = (guest_read32(UART_REG(0)) & 0xff) == '\n' && !guest_read32(UART_REG(0x40)) &&
		  !is_set(ISPENDR, UART);
	end(UART);
	dropped &= quiet();
	guest_write32(UART_REG(0x38), 0);
	guest_write32(UART_REG(0x30), 0x301);
	guest_write32(UART_REG(0x2c), 0x70);
	set(ICENABLER, UART);
	guest_ok(came, "UART: a character in loop-back is an interrupt");
	guest_ok(dropped, "UART: which reading it ends");
	guest_ok(guest_read32(UART_REG(0xfe0)) == 0x11 && guest_read32(UART_REG(0xff0)) == 0x0d,
		 "UART: is a PL011");
}

/* --- PSCI and the second CPU -------------------------------------------------------------- */

static void psci(void)
{
	guest_ok(guest_hvc(PSCI_VERSION, 0, 0, 0) >= 0x10001, "PSCI: version 1.1 or later");
	guest_ok(guest_hvc(PSCI_FEATURES, PSCI_CPU_ON, 0, 0) == 0, "PSCI: CPU_ON is offered");
	guest_ok(guest_hvc(PSCI_FEATURES, 0x8400003f, 0, 0) == -1, "PSCI: nonsense is not");
	guest_ok(guest_hvc(PSCI_AFFINITY_INFO, 0, 0, 0) == 0, "PSCI: this CPU is on");
	guest_ok(guest_hvc(PSCI_CPU_ON, 0, GUEST_RAM, 0) == -4, "PSCI: and cannot be started");
	guest_ok(guest_hvc(PSCI_CPU_ON, 0x12345, GUEST_RAM, 0) == -2, "PSCI: nor can who is not");
	timer_on(VTIMER, guest_mrs(cntfrq_el0) / 1000);
	guest_ok(guest_hvc(PSCI_CPU_SUSPEND, 0, 0, 0) == 0, "PSCI: suspend ends with the timer");
	guest_ok(next() == VTIMER, "PSCI: which is pending then");
	timer_off(VTIMER);
	end(VTIMER);
}

/* The second CPU: answer each SGI 3 by SGI 4; hold an SPI; go. */
void guest_cpu_main(uint64_t cpu)
{
	uint32_t intid;

	set_up_cpu((unsigned int)cpu);
	for (;;) {
		doing = order;
		switch (doing) {
		case PING:
			intid = ack();
			if (intid == SPURIOUS)
				break;
			pings++;
			end(intid);
			send(4, 1);
			break;
		case HOLD:
			if (!held && highest() == SPI)
				held = ack();
			break;
		case END:
			if (held)
				end(held);
			held = 0;
			guest_hvc(PSCI_CPU_OFF, 0, 0, 0);
			break;
		default:
			break;
		}
	}
}

/* It has its interrupts set up, and does nothing else any more, when it does as told. */
static void tell(enum order what)
{
	order = what;
	wait_for(doing == what);
}

static void second_cpu(void)
{
	bool answered = true;

	guest_ok(guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1, "CPU 1 is off");
	guest_ok(guest_cpu_on(1) == 0, "CPU 1 starts");
	guest_ok(wait_for(guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 0), "CPU 1 is on");
	guest_ok(guest_cpu_on(1) == -4, "CPU 1 starts once");
	tell(PING);
	for (unsigned int i = 0; i < 500; i++) {
		send(3, 2);
		answered &= next() == 4;
		end(4);
	}

	guest_ok(answered && pings == 500, "500 SGIs there and back");

	tell(HOLD);
	set(ISENABLER, SPI);
	set_route(SPI, 1);
	set(ISPENDR, SPI);
	guest_ok(wait_for(held == SPI), "an SPI goes where it is routed");
	guest_ok(wait_for(is_set(ISACTIVER, SPI)), "and is seen active from here");
	tell(END);
	guest_ok(wait_for(!is_set(ISACTIVER, SPI)), "and seen ended");
	set_route(SPI, 0);
	set(ICENABLER, SPI);
	guest_ok(wait_for(guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1), "CPU 1 goes off");
	order = IDLE;
	pings = 0;
	guest_ok(guest_cpu_on(1) == 0, "CPU 1 starts again");
	tell(PING);
	send(3, 2);
	guest_ok(next() == 4 && pings == 1, "and answers");
	end(4);
	tell(END);
	wait_for(guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1);
}

void guest_main(uint64_t fdt)
{
	(void)fdt;
	guest_print("devices\n");
	cpus = guest_hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1 ? 2 : 1;
	set_up();
	identity();
	storage();
	timer(VTIMER, "virtual");
	timer(PTIMER, "physical");
	sgis();
	priorities();
	many();
	separate_deactivation();
	written_state();
	group_0();
	uart();
	psci();
	if (cpus == 2)
		second_cpu();
	guest_done();
}
