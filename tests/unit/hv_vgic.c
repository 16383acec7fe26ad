/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/gic/vgic.c hv/gic/vgic_mmio.c hv/gic/vgic_lr.c */
/* A guest's interrupt controller: registers and delivery, by the rules of IHI 0069. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mezzo/status.h>

#include "hv_gic_cpu.h"

#define RD(v) (GIC_REDIST + (v) * VGIC_REDIST_BYTES)
#define SGI(v) (RD(v) + 0x10000)
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
#define WAKER 0x14

#define SPI(n) (32 + (n))
#define EDGE SPI(7)
#define DEVICE SPI(3) /* of the machine, linked */

struct machine {
	struct vgic vgic;
	struct gic_cpu cpu[VGIC_VCPUS_MAX];
	unsigned int cpus;
};

static void power_on(struct machine *m, unsigned int cpus, unsigned int lrs)
{
	struct vgic_config config = {.vcpus = cpus, .dist_ipa = GIC_DIST, .redist_ipa = GIC_REDIST};

	for (unsigned int v = 0; v < cpus; v++)
		config.mpidr[v] = 0x80000000 | v;
	assert_int_equal(vgic_init(&m->vgic, &config), MEZZO_OK);
	assert_int_equal(vgic_link(&m->vgic, VGIC_INTID_VTIMER, 27), MEZZO_OK);
	assert_int_equal(vgic_link(&m->vgic, DEVICE, 100), MEZZO_OK);
	m->cpus = cpus;
	for (unsigned int v = 0; v < cpus; v++)
		gic_cpu_init(&m->cpu[v], &m->vgic, v, lrs);
}

/* Every interrupt in group 1, enabled, priority 0xa0, as an operating system sets them up. */
static void boot(struct machine *m, unsigned int cpus, unsigned int lrs)
{
	struct gic_cpu *cpu = &m->cpu[0];

	power_on(m, cpus, lrs);
	gic_cpu_write(cpu, GIC_DIST, 4, 3);
	gic_cpu_write(cpu, GIC_DIST + IGROUPR + 4, 4, UINT32_MAX);
	gic_cpu_write(cpu, GIC_DIST + ISENABLER + 4, 4, UINT32_MAX);
	gic_cpu_write(cpu, GIC_DIST + ICFGR + 8, 4, UINT64_C(2) << (2 * (EDGE - 32)));
	for (unsigned int i = 32; i < VGIC_INTIDS; i++)
		gic_cpu_write(cpu, GIC_DIST + IPRIORITYR + i, 1, 0xa0);
	for (unsigned int v = 0; v < cpus; v++) {
		gic_cpu_write(cpu, RD(v) + WAKER, 4, 0);
		gic_cpu_write(cpu, SGI(v) + IGROUPR, 4, UINT32_MAX);
		gic_cpu_write(cpu, SGI(v) + ISENABLER, 4, UINT32_MAX);
		for (unsigned int i = 0; i < 32; i++)
			gic_cpu_write(cpu, SGI(v) + IPRIORITYR + i, 1, 0xa0);
	}
	for (unsigned int v = 0; v < cpus; v++)
		assert_true(gic_cpu_settle(&m->cpu[v]));
}

static void settle(struct machine *m)
{
	for (unsigned int v = 0; v < 2 * m->cpus; v++)
		assert_true(gic_cpu_settle(&m->cpu[v % m->cpus]));
	for (unsigned int v = 0; v < m->cpus; v++)
		assert_int_equal(m->cpu[v].illegal, 0);
	/* Who has just looked need not be kicked. */
	assert_int_equal(vgic_take_kicks(&m->vgic), 0);
}

static uint32_t take(struct machine *m, unsigned int v)
{
	settle(m);
	return gic_cpu_ack(&m->cpu[v]);
}

static void end(struct machine *m, unsigned int v, uint32_t intid)
{
	gic_cpu_end(&m->cpu[v], intid);
	settle(m);
}

static uint64_t dist(struct machine *m, uint64_t offset)
{
	return gic_cpu_read(&m->cpu[0], GIC_DIST + offset, 4);
}

static void dist_write(struct machine *m, uint64_t offset, uint64_t value)
{
	gic_cpu_write(&m->cpu[0], GIC_DIST + offset, 4, value);
}

/* ------------------------------------------------------------------------------ registers */

static void a_bad_configuration_is_refused(void **state)
{
	struct vgic vgic;
	struct vgic_config config = {.vcpus = 0};

	(void)state;
	assert_int_equal(vgic_init(&vgic, &config), MEZZO_ERR_INVALID);
	config.vcpus = VGIC_VCPUS_MAX + 1;
	assert_int_equal(vgic_init(&vgic, &config), MEZZO_ERR_INVALID);
	config.vcpus = 2;
	assert_int_equal(vgic_init(&vgic, &config), MEZZO_ERR_INVALID); /* equal affinities */
	config.mpidr[1] = UINT64_C(1) << 32;
	assert_int_equal(vgic_init(&vgic, &config), MEZZO_OK);
	assert_int_equal(vgic_link(&vgic, 15, 27), MEZZO_ERR_INVALID);
	assert_int_equal(vgic_link(&vgic, VGIC_INTIDS, 27), MEZZO_ERR_INVALID);
	assert_int_equal(vgic_link(&vgic, 27, 15), MEZZO_ERR_INVALID);
	assert_int_equal(vgic_link(&vgic, 27, 1020), MEZZO_ERR_INVALID);
}

static void distributor_is_a_gicv3_without_security(void **state)
{
	struct machine m;

	(void)state;
	power_on(&m, 1, 4);
	assert_int_equal(dist(&m, 0), 0x50); /* ARE, DS */
	dist_write(&m, 0, UINT32_MAX);
	assert_int_equal(dist(&m, 0), 0x53);
	dist_write(&m, 0, 0);
	assert_int_equal(dist(&m, 0), 0x50);
	assert_int_equal(dist(&m, 4) & 0x1f, VGIC_INTIDS / 32 - 1);
	assert_int_equal(dist(&m, 4) & 1 << 10, 0); /* SecurityExtn */
	assert_int_equal(dist(&m, 4) & 1 << 16, 0); /* MBIS */
	assert_int_equal(dist(&m, 4) & 1 << 17, 0); /* LPIS */
	assert_int_equal(dist(&m, 4) >> 19 & 0x1f, 9);
	assert_int_not_equal(dist(&m, 8), 0);
	assert_int_equal(dist(&m, 0xffe8) >> 4 & 0xf, 3);
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(0) + 0xffe8, 4) >> 4 & 0xf, 3);
}

static void read_only_registers_keep_their_value(void **state)
{
	static const uint64_t offset[] = {4, 8, 0xffe8};
	struct machine m;

	(void)state;
	power_on(&m, 1, 4);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t before = dist(&m, offset[i]);

		dist_write(&m, offset[i], ~before);
		assert_int_equal(dist(&m, offset[i]), before);
	}
}

static void what_is_undefined_reads_zero_and_ignores_writes(void **state)
{
	static const struct {
		uint64_t ipa;
		unsigned int bytes;
	} bad[] = {
		{GIC_DIST + 0, 8},
		{GIC_DIST + 0, 1},
		{GIC_DIST + 4, 2},
		{GIC_DIST + 0xc, 4},     /* GICD_TYPER2 */
		{GIC_DIST + 0x10, 4},    /* GICD_STATUSR */
		{GIC_DIST + 0x40, 4},    /* GICD_SETSPI_NSR */
		{GIC_DIST + IGROUPR, 4}, /* private interrupts */
		{GIC_DIST + ISENABLER, 4},
		{GIC_DIST + IPRIORITYR, 4},
		{GIC_DIST + IPRIORITYR + 31, 1},
		{GIC_DIST + ICFGR, 4},
		{GIC_DIST + ICFGR + 4, 4},
		{GIC_DIST + ISENABLER + 4, 8},
		{GIC_DIST + ISENABLER + 4, 2},
		{GIC_DIST + ISENABLER + 4, 1},
		{GIC_DIST + ISENABLER + 4 * VGIC_BANKS, 4},
		{GIC_DIST + IPRIORITYR + VGIC_INTIDS, 4},
		{GIC_DIST + IPRIORITYR + 32, 2},
		{GIC_DIST + IPRIORITYR + 32, 8},
		{GIC_DIST + ICFGR + VGIC_INTIDS / 4, 4},
		{GIC_DIST + 0x820, 4}, /* GICD_ITARGETSR */
		{GIC_DIST + 0xd04, 4}, /* GICD_IGRPMODR */
		{GIC_DIST + 0xf00, 4}, /* GICD_SGIR */
		{GIC_DIST + IROUTER + 8 * 31, 8},
		{GIC_DIST + IROUTER + 8 * 32, 2},
		{GIC_DIST + IROUTER + 8 * VGIC_INTIDS, 8},
		{GIC_DIST + ISENABLER + 6, 4}, /* unaligned */
		{GIC_REDIST + 8, 1},
		{GIC_REDIST + 0x14, 8},
		{GIC_REDIST + 0x70, 8}, /* GICR_PROPBASER */
		{GIC_REDIST + ISENABLER, 4},
		{GIC_REDIST + 0x10000 + ISENABLER + 4, 4},
		{GIC_REDIST + 0x10000 + ICFGR + 8, 4},
		{GIC_REDIST + 0x10000 + IPRIORITYR + 32, 4},
		{GIC_REDIST + 0x10000 + 0x14, 4},
		{GIC_REDIST + 0x10000 + IROUTER + 8 * 32, 8},
	};
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vgic before = m.vgic;

		assert_int_equal(gic_cpu_read(&m.cpu[0], bad[i].ipa, bad[i].bytes), 0);
		gic_cpu_write(&m.cpu[0], bad[i].ipa, bad[i].bytes, UINT64_MAX);
		before.lock = m.vgic.lock;
		assert_memory_equal(&before, &m.vgic, sizeof(before));
	}
}

static void redistributors_end_with_the_last_vcpu(void **state)
{
	struct hv_mmio mmio = {.ipa = RD(2), .bytes = 4};
	struct machine m;

	(void)state;
	power_on(&m, 2, 4);
	assert_int_equal(vgic_redist_access(&m.vgic, &mmio), HV_MMIO_FAULT);
	assert_int_equal(gic_cpu_read(&m.cpu[1], RD(0) + 8, 8), 0);
	assert_int_equal(gic_cpu_read(&m.cpu[1], RD(1) + 8, 8), UINT64_C(0x100000110));
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(1) + 8, 4), 0x110);
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(1) + 12, 4), 1);
}

static void set_and_clear_registers_show_the_same_bits(void **state)
{
	static const uint64_t pair[][2] = {{ISENABLER, ICENABLER},
					   {ISPENDR, ICPENDR},
					   {ISACTIVER, ICACTIVER}};
	struct machine m;

	(void)state;
	power_on(&m, 2, 4);
	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int private = 0; private < 2; private ++) {
			uint64_t base = private ? SGI(1) : GIC_DIST + 4;
			struct gic_cpu *cpu = &m.cpu[0];

			gic_cpu_write(cpu, base + pair[i][0], 4, 0x80f00001);
			gic_cpu_write(cpu, base + pair[i][0], 4, 0);
			assert_int_equal(gic_cpu_read(cpu, base + pair[i][0], 4), 0x80f00001);
			gic_cpu_write(cpu, base + pair[i][1], 4, 0x80300000);
			settle(&m);
			assert_int_equal(gic_cpu_read(cpu, base + pair[i][0], 4), 0x00c00001);
			assert_int_equal(gic_cpu_read(cpu, base + pair[i][1], 4), 0x00c00001);
			/* ... and only there */
			assert_int_equal(gic_cpu_read(cpu, SGI(0) + pair[i][0], 4), 0);
			gic_cpu_write(cpu, base + pair[i][1], 4, UINT32_MAX);
			settle(&m);
			assert_int_equal(gic_cpu_read(cpu, base + pair[i][0], 4), 0);
		}
	}
}

static void priorities_have_five_bits_and_take_bytes_and_words(void **state)
{
	struct machine m;

	(void)state;
	power_on(&m, 1, 4);
	gic_cpu_write(&m.cpu[0], GIC_DIST + IPRIORITYR + 36, 4, 0xff07a1b9);
	assert_int_equal(dist(&m, IPRIORITYR + 36), 0xf800a0b8);
	gic_cpu_write(&m.cpu[0], GIC_DIST + IPRIORITYR + 37, 1, 0x58);
	assert_int_equal(dist(&m, IPRIORITYR + 36), 0xf80058b8);
	assert_int_equal(gic_cpu_read(&m.cpu[0], GIC_DIST + IPRIORITYR + 39, 1), 0xf8);
	gic_cpu_write(&m.cpu[0], SGI(0) + IPRIORITYR + 28, 4, 0x10203040);
	assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(0) + IPRIORITYR + 31, 1), 0x10);
	assert_int_equal(dist(&m, IPRIORITYR + 28), 0);
}

static void sgis_are_always_edge_triggered(void **state)
{
	struct machine m;

	(void)state;
	power_on(&m, 1, 4);
	assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(0) + ICFGR, 4), 0xaaaaaaaa);
	gic_cpu_write(&m.cpu[0], SGI(0) + ICFGR, 4, 0);
	assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(0) + ICFGR, 4), 0xaaaaaaaa);
	gic_cpu_write(&m.cpu[0], SGI(0) + ICFGR + 4, 4, 0xffffffff);
	assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(0) + ICFGR + 4, 4), 0xaaaaaaaa);
	dist_write(&m, ICFGR + 12, 0x80000002);
	assert_int_equal(dist(&m, ICFGR + 12), 0x80000002);
	assert_int_equal(dist(&m, ICFGR + 8), 0);
}

static void routes_hold_an_affinity_and_no_routing_mode(void **state)
{
	uint64_t r = GIC_DIST + IROUTER + 8 * 40;
	struct machine m;

	(void)state;
	power_on(&m, 1, 4);
	gic_cpu_write(&m.cpu[0], r, 8, UINT64_MAX);
	assert_int_equal(gic_cpu_read(&m.cpu[0], r, 8), UINT64_C(0xff00ffffff));
	gic_cpu_write(&m.cpu[0], r, 4, 0x00010203);
	assert_int_equal(gic_cpu_read(&m.cpu[0], r, 8), UINT64_C(0xff00010203));
	gic_cpu_write(&m.cpu[0], r + 4, 4, 0x7);
	assert_int_equal(gic_cpu_read(&m.cpu[0], r + 4, 4), 7);
	assert_int_equal(gic_cpu_read(&m.cpu[0], r, 4), 0x10203);
}

/* ------------------------------------------------------------------------------- delivery */

static void nothing_is_forwarded_that_is_not_enabled_everywhere(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int missing = 0; missing < 4; missing++) {
		boot(&m, 1, 4);
		if (missing == 0)
			dist_write(&m, 0, 1);
		if (missing == 1)
			dist_write(&m, ICENABLER + 4, 1U << (EDGE - 32));
		if (missing == 2)
			gic_cpu_write(&m.cpu[0], RD(0) + WAKER, 4, 2);
		if (missing == 3)
			m.cpu[0].interface.vmcr = 1;
		vgic_set_line(&m.vgic, 0, EDGE, true);
		assert_int_equal(take(&m, 0), GIC_SPURIOUS);
		assert_int_equal(dist(&m, ISPENDR + 4), 1U << (EDGE - 32));
		dist_write(&m, 0, 3);
		dist_write(&m, ISENABLER + 4, 1U << (EDGE - 32));
		gic_cpu_write(&m.cpu[0], RD(0) + WAKER, 4, 0);
		m.cpu[0].interface.vmcr = 3;
		assert_int_equal(take(&m, 0), EDGE);
	}
}

static void a_redistributor_that_wakes_delivers(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	gic_cpu_write(&m.cpu[0], RD(0) + WAKER, 4, 2);
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(0) + WAKER, 4), 6);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	gic_cpu_write(&m.cpu[0], RD(0) + WAKER, 4, 0);
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(0) + WAKER, 4), 0);
	assert_int_equal(take(&m, 0), EDGE);
}

static void a_redistributor_that_sleeps_asks_for_its_cpu(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_raise_phys(&m.vgic, 1, VGIC_INTID_VTIMER);
	assert_false(vgic_wake_request(&m.vgic, 1)); /* awake: it tells the CPU itself */
	gic_cpu_write(&m.cpu[0], RD(1) + WAKER, 4, 2);
	assert_true(vgic_wake_request(&m.vgic, 1));
	assert_false(vgic_wake_request(&m.vgic, 0));
	gic_cpu_write(&m.cpu[0], SGI(1) + ICENABLER, 4, 1U << VGIC_INTID_VTIMER);
	assert_false(vgic_wake_request(&m.vgic, 1));

	/* An SPI asks for the CPU that it is sent to. */
	gic_cpu_write(&m.cpu[0], RD(0) + WAKER, 4, 2);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_true(vgic_wake_request(&m.vgic, 0));
	assert_false(vgic_wake_request(&m.vgic, 1));
}

static void an_edge_is_delivered_once(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(take(&m, 0), EDGE);
	end(&m, 0, EDGE);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	vgic_set_line(&m.vgic, 0, EDGE, false);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
}

static void an_edge_during_its_own_handler_is_delivered_after_it(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int settled = 0; settled < 2; settled++) {
		boot(&m, 1, 4);
		vgic_set_line(&m.vgic, 0, EDGE, true);
		assert_int_equal(take(&m, 0), EDGE);
		if (settled)
			settle(&m);
		vgic_set_line(&m.vgic, 0, EDGE, false);
		vgic_set_line(&m.vgic, 0, EDGE, true);
		assert_int_equal(take(&m, 0), GIC_SPURIOUS);
		end(&m, 0, EDGE);
		assert_int_equal(take(&m, 0), EDGE);
		end(&m, 0, EDGE);
		assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	}
}

static void a_level_is_delivered_until_it_drops(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(take(&m, 0), VGIC_INTID_UART);
		assert_int_equal(dist(&m, ISACTIVER + 4), 2);
		assert_int_equal(dist(&m, ISPENDR + 4), 2);
		end(&m, 0, VGIC_INTID_UART);
	}
	assert_int_equal(take(&m, 0), VGIC_INTID_UART);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, false);
	assert_int_equal(dist(&m, ISPENDR + 4), 0);
	end(&m, 0, VGIC_INTID_UART);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	assert_int_equal(dist(&m, ISACTIVER + 4), 0);
}

static void a_level_that_drops_before_it_is_taken_is_gone(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[0]), VGIC_INTID_UART);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, false);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	/* ... but one that was also set by a write stays */
	dist_write(&m, ISPENDR + 4, 2);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	settle(&m);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, false);
	assert_int_equal(take(&m, 0), VGIC_INTID_UART);
	end(&m, 0, VGIC_INTID_UART);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
}

static void a_level_cannot_be_cleared_by_a_write(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	settle(&m);
	dist_write(&m, ICPENDR + 4, 2);
	assert_int_equal(take(&m, 0), VGIC_INTID_UART);
}

static void what_is_written_while_listed_takes_effect(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	settle(&m);
	/* disabled: it leaves the list register, and stays pending */
	dist_write(&m, ICENABLER + 4, 1U << (EDGE - 32));
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[0]), GIC_SPURIOUS);
	assert_int_equal(dist(&m, ISPENDR + 4), 1U << (EDGE - 32));
	dist_write(&m, ISENABLER + 4, 1U << (EDGE - 32));
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[0]), EDGE);
	/* routed to the other vCPU */
	gic_cpu_write(&m.cpu[0], GIC_DIST + IROUTER + 8 * EDGE, 8, 1);
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[0]), GIC_SPURIOUS);
	assert_int_equal(gic_cpu_highest(&m.cpu[1]), EDGE);
	/* cleared by somebody who does not hold it */
	dist_write(&m, ICPENDR + 4, 1U << (EDGE - 32));
	assert_int_equal(dist(&m, ISPENDR + 4), 0);
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[1]), GIC_SPURIOUS);
	assert_int_equal(dist(&m, ISPENDR + 4), 0);
}

static void an_active_spi_stays_where_it_was_taken(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	assert_int_equal(take(&m, 0), VGIC_INTID_UART);
	gic_cpu_write(&m.cpu[0], GIC_DIST + IROUTER + 8 * VGIC_INTID_UART, 8, 1);
	assert_int_equal(take(&m, 1), GIC_SPURIOUS);
	end(&m, 0, VGIC_INTID_UART);
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	assert_int_equal(take(&m, 1), VGIC_INTID_UART);
}

static void an_spi_that_waits_for_its_end_moves_on_then(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int how = 0; how < 4; how++) {
		uint32_t intid = how & 1 ? EDGE : VGIC_INTID_UART;

		boot(&m, 2, 4);
		vgic_set_line(&m.vgic, 0, intid, true);
		assert_int_equal(take(&m, 0), intid);
		gic_cpu_write(&m.cpu[0], GIC_DIST + IROUTER + 8 * intid, 8, 1);
		vgic_set_line(&m.vgic, 0, intid, false);
		vgic_set_line(&m.vgic, 0, intid, true);
		settle(&m);
		gic_cpu_end(&m.cpu[0], intid);
		if (how & 2) { /* the end is seen by the way, and the other is faster */
			dist(&m, ISPENDR + 4);
			assert_true(gic_cpu_settle(&m.cpu[1]));
		}
		assert_int_equal(take(&m, 1), intid);
		assert_int_equal(m.vgic.vcpu[0].owned[1], 0);
	}
}

static void who_polls_another_vcpus_interrupt_sees_the_truth(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 3, 4);
	gic_cpu_write(&m.cpu[0], GIC_DIST + IROUTER + 8 * EDGE, 8, 1);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(take(&m, 1), EDGE);
	dist(&m, ISACTIVER + 4);
	assert_int_equal(vgic_take_kicks(&m.vgic), 2);
	settle(&m);
	assert_int_equal(dist(&m, ISACTIVER + 4), 1U << (EDGE - 32));
	settle(&m);
	gic_cpu_end(&m.cpu[1], EDGE);
	dist(&m, ISACTIVER + 4);
	settle(&m);
	assert_int_equal(dist(&m, ISACTIVER + 4), 0);
}

static void active_state_can_be_written_from_anywhere(void **state)
{
	uint32_t bit = 1U << (EDGE - 32);
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	gic_cpu_write(&m.cpu[0], GIC_DIST + IROUTER + 8 * EDGE, 8, 1);
	dist_write(&m, ISACTIVER + 4, bit);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(take(&m, 1), GIC_SPURIOUS);
	dist_write(&m, ICACTIVER + 4, bit);
	assert_int_equal(take(&m, 1), EDGE);
	settle(&m);
	dist_write(&m, ICACTIVER + 4, bit);
	assert_int_equal(dist(&m, ISACTIVER + 4), 0);
	settle(&m);
	assert_int_equal(dist(&m, ISACTIVER + 4), 0);
	vgic_set_line(&m.vgic, 0, EDGE, false);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	m.cpu[1].depth = 0; /* the priority has been dropped */
	assert_int_equal(take(&m, 1), EDGE);
}

static void group_0_and_1_are_told_apart(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	dist_write(&m, IGROUPR + 4, ~(1U << (EDGE - 32)));
	vgic_set_line(&m.vgic, 0, EDGE, true);
	settle(&m);
	assert_int_equal(m.cpu[0].interface.lr[0] >> 60 & 1, 0);
	dist_write(&m, IGROUPR + 4, UINT32_MAX);
	settle(&m);
	assert_int_equal(m.cpu[0].interface.lr[0] >> 60 & 1, 1);
}

/* ----------------------------------------------------------------------------------- SGIs */

static void sgis_reach_exactly_those_named(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 4, 4);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(5) << 24 | 0xffe); /* 1, 2, 3 and some there are not */
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	for (unsigned int v = 1; v < 4; v++)
		assert_int_equal(take(&m, v), 5);
	vgic_sgi1r(&m.vgic, 2, UINT64_C(1) << 40 | UINT64_C(4) << 24);
	assert_int_equal(take(&m, 0), 4);
	for (unsigned int v = 1; v < 4; v++) {
		m.cpu[v].depth = 0;
		assert_int_equal(take(&m, v), v == 2 ? GIC_SPURIOUS : 4);
	}
	/* Other clusters, and the upper sixteen of a range, are nobody here. */
	vgic_sgi1r(&m.vgic, 0, UINT64_C(6) << 24 | UINT64_C(1) << 16 | 0xf);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(6) << 24 | UINT64_C(1) << 32 | 0xf);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(6) << 24 | UINT64_C(1) << 48 | 0xf);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(6) << 24 | UINT64_C(1) << 44 | 0xf);
	for (unsigned int v = 0; v < 4; v++) {
		m.cpu[v].depth = 0;
		assert_int_equal(take(&m, v), GIC_SPURIOUS);
	}
}

static void group_0_sgis_spare_those_who_use_group_1(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_sgi0r(&m.vgic, 0, UINT64_C(3) << 24 | 2);
	assert_int_equal(take(&m, 1), GIC_SPURIOUS);
	gic_cpu_write(&m.cpu[1], SGI(1) + IGROUPR, 4, ~8U);
	vgic_sgi0r(&m.vgic, 0, UINT64_C(3) << 24 | 2);
	assert_int_equal(take(&m, 1), 3);
}

static void equal_sgis_merge_until_taken(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	for (unsigned int i = 0; i < 3; i++) {
		vgic_sgi1r(&m.vgic, 0, 2);
		settle(&m);
	}
	assert_int_equal(take(&m, 1), 0);
	vgic_sgi1r(&m.vgic, 0, 2);
	end(&m, 1, 0);
	assert_int_equal(take(&m, 1), 0);
	end(&m, 1, 0);
	assert_int_equal(take(&m, 1), GIC_SPURIOUS);
}

static void a_vcpu_that_becomes_dirty_is_kicked_once(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 3, 4);
	vgic_take_kicks(&m.vgic);
	vgic_sgi1r(&m.vgic, 0, 2);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(1) << 24 | 2);
	assert_int_equal(vgic_take_kicks(&m.vgic), 2);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(2) << 24 | 2);
	assert_int_equal(vgic_take_kicks(&m.vgic), 0);
	settle(&m);
	vgic_sgi1r(&m.vgic, 0, UINT64_C(3) << 24 | 2);
	assert_int_equal(vgic_take_kicks(&m.vgic), 2);
	/* Nobody is disturbed by what he cannot see. */
	settle(&m);
	dist_write(&m, ICENABLER + 4, UINT32_MAX);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(vgic_take_kicks(&m.vgic), 0);
}

/* ------------------------------------------------------- more interrupts than list registers */

static void all_pending_are_delivered_by_priority(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int lrs = 2; lrs <= 16; lrs += 7) {
		uint32_t last = 0;

		boot(&m, 1, lrs);
		for (unsigned int i = 0; i < 32; i++)
			gic_cpu_write(&m.cpu[0], GIC_DIST + IPRIORITYR + 32 + i, 1,
				      (i * 7 % 32) << 3);
		for (unsigned int i = 0; i < 32; i++)
			vgic_set_line(&m.vgic, 0, 32 + i, true);
		for (unsigned int i = 0; i < 32; i++) {
			uint32_t intid = take(&m, 0);

			assert_in_range(intid, 32, 63);
			vgic_set_line(&m.vgic, 0, intid, false);
			gic_cpu_end(&m.cpu[0], intid);
			assert_true(((intid - 32) * 7 % 32) << 3 >= last);
			last = ((intid - 32) * 7 % 32) << 3;
		}
		assert_int_equal(take(&m, 0), GIC_SPURIOUS);
	}
}

static void the_running_handler_ends_without_an_exit(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 2);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	assert_int_equal(take(&m, 0), EDGE);
	gic_cpu_write(&m.cpu[0], GIC_DIST + ISPENDR + 4, 4, 0xf00000);
	settle(&m);
	gic_cpu_end(&m.cpu[0], EDGE);
	assert_false(gic_cpu_maintenance(&m.cpu[0]));
}

static void nested_handlers_deeper_than_list_registers_all_end(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int eoi_mode = 0; eoi_mode < 2; eoi_mode++) {
		boot(&m, 1, 2);
		m.cpu[0].eoi_mode = eoi_mode;
		m.cpu[0].interface.traps_dir = eoi_mode;
		vgic_mark_dirty(&m.vgic, 0);
		for (unsigned int i = 0; i < 20; i++) {
			gic_cpu_write(&m.cpu[0], GIC_DIST + IPRIORITYR + 32 + i, 1, 0xf8 - 8 * i);
			vgic_set_line(&m.vgic, 0, 32 + i, true);
			assert_int_equal(take(&m, 0), 32 + i);
			vgic_set_line(&m.vgic, 0, 32 + i, false);
		}
		settle(&m);
		assert_int_equal(dist(&m, ISACTIVER + 4), 0xfffff);
		for (unsigned int i = 20; i--;)
			gic_cpu_end(&m.cpu[0], 32 + i);
		settle(&m);
		assert_int_equal(dist(&m, ISACTIVER + 4), eoi_mode ? 0xfffff : 0);
		for (unsigned int i = 0; eoi_mode && i < 20; i++) {
			gic_cpu_dir(&m.cpu[0], 32 + i * 3 % 20); /* in any order */
			settle(&m);
			assert_int_equal(dist(&m, ISACTIVER + 4) >> (i * 3 % 20) & 1, 0);
		}
		assert_int_equal(dist(&m, ISACTIVER + 4), 0);
	}
}

static void a_group_that_is_off_does_not_keep_the_other_waiting(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 2);
	m.cpu[0].interface.vmcr = 2;
	dist_write(&m, IGROUPR + 4, 0xffff0000);
	for (unsigned int i = 0; i < 16; i++) {
		gic_cpu_write(&m.cpu[0], GIC_DIST + IPRIORITYR + 32 + i, 1, 0);
		vgic_set_line(&m.vgic, 0, 32 + i, true);
	}
	vgic_set_line(&m.vgic, 0, 60, true);
	assert_int_equal(take(&m, 0), 60);
	m.cpu[0].interface.vmcr = 3;
	assert_int_equal(take(&m, 0), 32);
}

/* ---------------------------------------------------------------- interrupts of the machine */

static void the_timer_is_linked_and_deactivated_by_the_guest(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_raise_phys(&m.vgic, 0, VGIC_INTID_VTIMER);
	settle(&m);
	assert_int_equal(m.cpu[0].interface.lr[0] >> 61, 3); /* pending, HW */
	assert_int_equal(m.cpu[0].interface.lr[0] >> 32 & 0x1fff, 27);
	assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
	assert_int_equal(m.cpu[0].deactivations, 0);
	m.cpu[0].syncs = 0;
	end(&m, 0, VGIC_INTID_VTIMER);
	assert_int_equal(m.cpu[0].deactivations, 1);
	assert_int_equal(m.cpu[0].syncs, 0); /* without an exit */
	assert_int_equal(take(&m, 0), GIC_SPURIOUS);
}

/* Once more, before anybody has looked at the list register in which the guest ended it. */
static void the_timer_fires_again_and_again(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int looked = 0; looked < 2; looked++) {
		boot(&m, 1, 4);
		for (unsigned int i = 0; i < 4; i++) {
			vgic_raise_phys(&m.vgic, 0, VGIC_INTID_VTIMER);
			assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
			assert_int_equal(m.cpu[0].interface.lr[0] >> 61, 5); /* active, HW */
			gic_cpu_end(&m.cpu[0], VGIC_INTID_VTIMER);
			assert_int_equal(m.cpu[0].deactivations, i + 1);
			if (looked)
				dist(&m, ISPENDR + 4);
			assert_int_equal(m.vgic.vcpu[0].lrs_spent, looked);
		}
	}
}

static void a_write_of_pending_is_not_linked(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	gic_cpu_write(&m.cpu[0], SGI(0) + ISPENDR, 4, 1U << 27);
	assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
	end(&m, 0, VGIC_INTID_VTIMER);
	assert_int_equal(m.cpu[0].deactivations, 0);
}

static void the_machine_fires_during_a_handler_of_a_write(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	gic_cpu_write(&m.cpu[0], SGI(0) + ISPENDR, 4, 1U << 27);
	assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
	vgic_raise_phys(&m.vgic, 0, VGIC_INTID_VTIMER);
	settle(&m);
	assert_int_equal(m.cpu[0].deactivations, 0);
	end(&m, 0, VGIC_INTID_VTIMER);
	assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
	end(&m, 0, VGIC_INTID_VTIMER);
	assert_int_equal(m.cpu[0].deactivations, 1);
}

static void what_is_cleared_or_retracted_is_released(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int how = 0; how < 5; how++) {
		boot(&m, 1, 4);
		if (how >= 3) /* not even enabled */
			gic_cpu_write(&m.cpu[0], SGI(0) + ICENABLER, 4, 1U << 27);
		vgic_raise_phys(&m.vgic, 0, VGIC_INTID_VTIMER);
		settle(&m);
		if (how == 0 || how == 4)
			vgic_sample_phys(&m.vgic, 0, VGIC_INTID_VTIMER, false);
		if (how == 1 || how == 3)
			gic_cpu_write(&m.cpu[0], SGI(0) + ICPENDR, 4, 1U << 27);
		if (how == 2) {
			assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
			gic_cpu_write(&m.cpu[0], SGI(0) + ICACTIVER, 4, 1U << 27);
		}
		settle(&m);
		assert_int_equal(m.cpu[0].deactivations, 1);
		assert_int_equal(gic_cpu_highest(&m.cpu[0]), GIC_SPURIOUS);
		assert_int_equal(m.vgic.vcpu[0].bank.phys, 0);
	}
}

static void a_level_of_the_machine_shows_as_pending(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_raise_phys(&m.vgic, 1, VGIC_INTID_VTIMER);
	assert_int_equal(take(&m, 1), VGIC_INTID_VTIMER);
	vgic_sample_phys(&m.vgic, 1, VGIC_INTID_VTIMER, true);
	assert_int_equal(gic_cpu_read(&m.cpu[1], SGI(1) + ISPENDR, 4), 1U << 27);
	assert_int_equal(gic_cpu_read(&m.cpu[1], SGI(0) + ISPENDR, 4), 0);
	settle(&m);
	assert_int_equal(m.cpu[1].interface.lr[0] >> 61, 5); /* still linked */
	end(&m, 1, VGIC_INTID_VTIMER);
	vgic_mark_dirty(&m.vgic, 1);
	settle(&m);
	/* Another vCPU that looks has this one look, for it alone knows its timer. */
	gic_cpu_read(&m.cpu[0], SGI(1) + ISPENDR, 4);
	assert_int_equal(vgic_take_kicks(&m.vgic), 2);
	vgic_sample_phys(&m.vgic, 1, VGIC_INTID_VTIMER, false);
	settle(&m);
	assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(1) + ISPENDR, 4), 0);
}

static void what_the_guest_has_taken_is_not_retracted(void **state)
{
	struct machine m;

	(void)state;
	boot(&m, 1, 4);
	vgic_raise_phys(&m.vgic, 0, VGIC_INTID_VTIMER);
	assert_int_equal(take(&m, 0), VGIC_INTID_VTIMER);
	vgic_sample_phys(&m.vgic, 0, VGIC_INTID_VTIMER, false);
	settle(&m);
	assert_int_equal(m.cpu[0].deactivations, 0);
	end(&m, 0, VGIC_INTID_VTIMER);
	assert_int_equal(m.cpu[0].deactivations, 1);
}

static void a_stopped_vcpu_leaves_nothing_active_in_the_machine(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned int taken = 0; taken < 2; taken++) {
		boot(&m, 2, 4);
		vgic_raise_phys(&m.vgic, 1, VGIC_INTID_VTIMER);
		vgic_sgi1r(&m.vgic, 0, 2);
		gic_cpu_write(&m.cpu[0], SGI(1) + IPRIORITYR + 27, 1, 0);
		settle(&m);
		if (taken)
			assert_int_equal(gic_cpu_ack(&m.cpu[1]), VGIC_INTID_VTIMER);
		vgic_stop(&m.vgic, 1, &m.cpu[1].interface);
		assert_int_equal(m.cpu[1].interface.release[0], 1U << 27);
		for (unsigned int n = 0; n < 4; n++)
			assert_int_equal(m.cpu[1].interface.lr[n], 0);
		/* The redistributor is still there: the SGI waits. */
		assert_int_equal(gic_cpu_read(&m.cpu[0], SGI(1) + ISPENDR, 4), 1);
		m.cpu[1].depth = 0;
		vgic_mark_dirty(&m.vgic, 1);
		assert_int_equal(take(&m, 1), 0);
	}
}

static void reset_forgets_all_but_links_and_levels(void **state)
{
	uint32_t release[VGIC_BANKS];
	struct machine m;

	(void)state;
	boot(&m, 2, 4);
	vgic_raise_phys(&m.vgic, 0, DEVICE);
	vgic_set_line(&m.vgic, 0, VGIC_INTID_UART, true);
	vgic_set_line(&m.vgic, 0, EDGE, true);
	vgic_set_line(&m.vgic, 0, EDGE, false);
	settle(&m);
	for (unsigned int v = 0; v < 2; v++)
		vgic_stop(&m.vgic, v, &m.cpu[v].interface);
	vgic_reset(&m.vgic, release);
	assert_int_equal(release[1], 1U << (DEVICE - 32));
	assert_int_equal(dist(&m, 0), 0x50);
	assert_int_equal(dist(&m, ISENABLER + 4), 0);
	assert_int_equal(dist(&m, ISPENDR + 4), 2);
	assert_int_equal(gic_cpu_read(&m.cpu[0], RD(1) + WAKER, 4), 6);
	settle(&m);
	assert_int_equal(gic_cpu_highest(&m.cpu[0]), GIC_SPURIOUS);
	assert_int_equal(m.vgic.pintid[DEVICE], 100);
}

static void lines_of_interrupts_that_are_not_do_nothing(void **state)
{
	struct machine m;
	struct vgic before;

	(void)state;
	boot(&m, 1, 4);
	before = m.vgic;
	vgic_set_line(&m.vgic, 0, 3, true);
	vgic_set_line(&m.vgic, 0, VGIC_INTIDS, true);
	vgic_raise_phys(&m.vgic, 0, UINT32_MAX);
	vgic_sample_phys(&m.vgic, 0, VGIC_INTIDS, false);
	vgic_dir(&m.vgic, 0, UINT64_MAX);
	assert_memory_equal(&before, &m.vgic, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_configuration_is_refused),
		cmocka_unit_test(distributor_is_a_gicv3_without_security),
		cmocka_unit_test(read_only_registers_keep_their_value),
		cmocka_unit_test(what_is_undefined_reads_zero_and_ignores_writes),
		cmocka_unit_test(redistributors_end_with_the_last_vcpu),
		cmocka_unit_test(set_and_clear_registers_show_the_same_bits),
		cmocka_unit_test(priorities_have_five_bits_and_take_bytes_and_words),
		cmocka_unit_test(sgis_are_always_edge_triggered),
		cmocka_unit_test(routes_hold_an_affinity_and_no_routing_mode),
		cmocka_unit_test(nothing_is_forwarded_that_is_not_enabled_everywhere),
		cmocka_unit_test(a_redistributor_that_wakes_delivers),
		cmocka_unit_test(a_redistributor_that_sleeps_asks_for_its_cpu),
		cmocka_unit_test(an_edge_is_delivered_once),
		cmocka_unit_test(an_edge_during_its_own_handler_is_delivered_after_it),
		cmocka_unit_test(a_level_is_delivered_until_it_drops),
		cmocka_unit_test(a_level_that_drops_before_it_is_taken_is_gone),
		cmocka_unit_test(a_level_cannot_be_cleared_by_a_write),
		cmocka_unit_test(what_is_written_while_listed_takes_effect),
		cmocka_unit_test(an_active_spi_stays_where_it_was_taken),
		cmocka_unit_test(an_spi_that_waits_for_its_end_moves_on_then),
		cmocka_unit_test(who_polls_another_vcpus_interrupt_sees_the_truth),
		cmocka_unit_test(active_state_can_be_written_from_anywhere),
		cmocka_unit_test(group_0_and_1_are_told_apart),
		cmocka_unit_test(sgis_reach_exactly_those_named),
		cmocka_unit_test(group_0_sgis_spare_those_who_use_group_1),
		cmocka_unit_test(equal_sgis_merge_until_taken),
		cmocka_unit_test(a_vcpu_that_becomes_dirty_is_kicked_once),
		cmocka_unit_test(all_pending_are_delivered_by_priority),
		cmocka_unit_test(the_running_handler_ends_without_an_exit),
		cmocka_unit_test(nested_handlers_deeper_than_list_registers_all_end),
		cmocka_unit_test(a_group_that_is_off_does_not_keep_the_other_waiting),
		cmocka_unit_test(the_timer_is_linked_and_deactivated_by_the_guest),
		cmocka_unit_test(the_timer_fires_again_and_again),
		cmocka_unit_test(a_write_of_pending_is_not_linked),
		cmocka_unit_test(the_machine_fires_during_a_handler_of_a_write),
		cmocka_unit_test(what_is_cleared_or_retracted_is_released),
		cmocka_unit_test(a_level_of_the_machine_shows_as_pending),
		cmocka_unit_test(what_the_guest_has_taken_is_not_retracted),
		cmocka_unit_test(a_stopped_vcpu_leaves_nothing_active_in_the_machine),
		cmocka_unit_test(reset_forgets_all_but_links_and_levels),
		cmocka_unit_test(lines_of_interrupts_that_are_not_do_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_vgic", tests, NULL, NULL);
}
