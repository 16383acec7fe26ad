/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/gic/vgic.c hv/gic/vgic_mmio.c hv/gic/vgic_lr.c */
/*
 * The guest's interrupt controller against a plain one: a GIC as the specification describes it,
 * that has no list registers and delivers by looking at everything. Both are driven by the same
 * random events; after each, what a vCPU would be told next, what the registers show and what is
 * active in the machine must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv_gic_cpu.h"

#define CPUS 2
#define DEPTH 32

struct plain_irq {
	bool enabled, group1, edge, line, latch, active, machine;
	uint8_t priority;
	unsigned int route; /* vCPU; CPUS: nobody */
	unsigned int taker; /* of an active SPI */
};

struct plain {
	struct plain_irq own[CPUS][32];
	struct plain_irq spi[32];
	uint32_t ctlr;
	uint32_t groups[CPUS]; /* enabled in the CPU interface */
	uint32_t running[CPUS][DEPTH];
	uint8_t running_priority[CPUS][DEPTH];
	unsigned int depth[CPUS];
};

struct pair {
	struct plain plain;
	struct vgic vgic;
	struct gic_cpu cpu[CPUS];
	uint64_t seed;
	bool few; /* interrupts, so that all fit; else no writes of active state */
};

static uint32_t draw(struct pair *p, uint32_t below)
{
	p->seed = p->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(p->seed >> 33) % below;
}

static struct plain_irq *plain_irq(struct plain *g, unsigned int v, uint32_t intid)
{
	return intid < 32 ? &g->own[v][intid] : &g->spi[intid - 32];
}

static bool plain_pending(const struct plain_irq *irq)
{
	return irq->latch || (irq->line && !irq->edge);
}

/* May @v be told of @intid now, its priority apart? */
static bool plain_candidate(struct plain *g, unsigned int v, uint32_t intid)
{
	struct plain_irq *irq = plain_irq(g, v, intid);

	return plain_pending(irq) && !irq->active && irq->enabled && g->ctlr >> irq->group1 & 1 &&
	       g->groups[v] >> irq->group1 & 1 && (intid < 32 || irq->route == v);
}

/* Of several of one priority any may come first; @intid is preferred. */
static uint32_t plain_highest(struct plain *g, unsigned int v, uint32_t intid)
{
	uint32_t best = GIC_SPURIOUS;
	uint8_t priority = g->depth[v] ? g->running_priority[v][g->depth[v] - 1] : 0xff;

	for (uint32_t i = 0; i < VGIC_INTIDS; i++) {
		if (!plain_candidate(g, v, i) || plain_irq(g, v, i)->priority >= priority)
			continue;
		best = i;
		priority = plain_irq(g, v, i)->priority;
	}
	if (best != GIC_SPURIOUS && intid < VGIC_INTIDS && plain_candidate(g, v, intid) &&
	    plain_irq(g, v, intid)->priority == priority)
		return intid;
	return best;
}

/* The machine's interrupt stays active while the guest has it. */
static void plain_rest(struct plain_irq *irq)
{
	if (!irq->latch && !irq->active)
		irq->machine = false;
}

static void plain_ack(struct plain *g, unsigned int v, uint32_t intid)
{
	struct plain_irq *irq = plain_irq(g, v, intid);

	irq->active = true;
	irq->latch = false;
	irq->taker = v;
	g->running[v][g->depth[v]] = intid;
	g->running_priority[v][g->depth[v]++] = irq->priority;
}

static uint32_t plain_end(struct plain *g, unsigned int v)
{
	uint32_t intid = g->running[v][--g->depth[v]];

	plain_irq(g, v, intid)->active = false;
	plain_rest(plain_irq(g, v, intid));
	return intid;
}

/* The interrupts that are played with: all, or a dozen of every kind. */
static uint32_t draw_intid(struct pair *p)
{
	static const uint8_t few[12] = {0, 1, 15, 16, 27, 30, 32, 33, 35, 36, 40, 63};

	return p->few ? few[draw(p, 12)] : draw(p, VGIC_INTIDS);
}

static uint64_t bank_ipa(unsigned int v, uint32_t intid, uint64_t offset)
{
	if (intid < 32)
		return GIC_REDIST + v * VGIC_REDIST_BYTES + 0x10000 + offset;
	return GIC_DIST + offset + 4;
}

static void write_bit(struct pair *p, unsigned int v, uint32_t intid, uint64_t offset)
{
	unsigned int writer = draw(p, CPUS);

	gic_cpu_write(&p->cpu[writer], bank_ipa(v, intid, offset), 4, UINT64_C(1) << (intid & 31));
}

static void change_bit(struct pair *p, unsigned int v, uint32_t intid)
{
	struct plain_irq *irq = plain_irq(&p->plain, v, intid);
	uint32_t word = 0;

	switch (draw(p, p->few ? 7 : 5)) {
	case 0:
		irq->enabled = true;
		write_bit(p, v, intid, 0x100);
		break;
	case 1:
		irq->enabled = false;
		write_bit(p, v, intid, 0x180);
		break;
	case 2:
		irq->latch = true;
		write_bit(p, v, intid, 0x200);
		break;
	case 3:
		irq->latch = false;
		plain_rest(irq);
		write_bit(p, v, intid, 0x280);
		break;
	case 4:
		irq->group1 = !irq->group1;
		for (uint32_t i = 0; i < 32; i++)
			word |= (uint32_t)plain_irq(&p->plain, v, (intid & ~31U) + i)->group1 << i;
		gic_cpu_write(&p->cpu[v], bank_ipa(v, intid, 0x080), 4, word);
		break;
	case 5:
		if (!irq->active)
			irq->taker = irq->route < CPUS ? irq->route : v;
		irq->active = true;
		write_bit(p, v, intid, 0x300);
		break;
	default:
		irq->active = false;
		plain_rest(irq);
		write_bit(p, v, intid, 0x380);
	}
}

static void change_config(struct pair *p, unsigned int v, uint32_t intid)
{
	struct plain_irq *irq = plain_irq(&p->plain, v, intid);
	uint64_t base = intid < 32 ? GIC_REDIST + v * VGIC_REDIST_BYTES + 0x10000 : GIC_DIST;
	uint32_t word = 0;

	switch (draw(p, 3)) {
	case 0:
		irq->priority = (uint8_t)(draw(p, 6) << 5);
		gic_cpu_write(&p->cpu[v], base + 0x400 + intid, 1, irq->priority | 7);
		break;
	case 1:
		if (intid < 16)
			break;
		irq->edge = !irq->edge;
		for (uint32_t i = 0; i < 16; i++)
			word |= (uint32_t)plain_irq(&p->plain, v, (intid & ~15U) + i)->edge
				<< (2 * i + 1);
		gic_cpu_write(&p->cpu[v], base + 0xc00 + intid / 16 * 4, 4, word);
		break;
	default:
		if (intid < 32)
			break;
		irq->route = draw(p, CPUS + 1);
		gic_cpu_write(&p->cpu[v], GIC_DIST + 0x6000 + 8 * intid, 8, irq->route);
	}
}

static void raise_line(struct pair *p, unsigned int v, uint32_t intid)
{
	struct plain_irq *irq = plain_irq(&p->plain, v, intid);
	bool high = draw(p, 2);

	if (intid < 16)
		return;
	if (p->vgic.pintid[intid]) {
		if (irq->machine)
			return;
		irq->machine = irq->latch = true;
		vgic_raise_phys(&p->vgic, v, intid);
		return;
	}
	if (high && !irq->line && irq->edge)
		irq->latch = true;
	irq->line = high;
	vgic_set_line(&p->vgic, v, intid, high);
}

static void send_sgi(struct pair *p, unsigned int v)
{
	uint32_t intid = draw(p, 16), targets = draw(p, 4);
	bool group1 = draw(p, 2);
	uint64_t value = (uint64_t)intid << 24 | targets;

	for (unsigned int t = 0; t < CPUS; t++)
		if (targets >> t & 1 && (group1 || !p->plain.own[t][intid].group1))
			p->plain.own[t][intid].latch = true;
	if (group1)
		vgic_sgi1r(&p->vgic, v, value);
	else
		vgic_sgi0r(&p->vgic, v, value);
}

static void step(struct pair *p)
{
	unsigned int v = draw(p, CPUS);
	uint32_t intid = draw_intid(p);
	uint32_t next;

	switch (draw(p, 14)) {
	case 0:
	case 1:
	case 2:
		change_bit(p, v, intid);
		break;
	case 3:
		change_config(p, v, intid);
		break;
	case 4:
	case 5:
	case 6:
		raise_line(p, v, intid);
		break;
	case 7:
		send_sgi(p, v);
		break;
	case 8:
	case 9:
	case 10:
		next = gic_cpu_highest(&p->cpu[v]);
		if (next == GIC_SPURIOUS || p->plain.depth[v] == DEPTH)
			break;
		assert_int_equal(gic_cpu_ack(&p->cpu[v]), next);
		plain_ack(&p->plain, v, next);
		break;
	case 11:
	case 12:
		if (p->plain.depth[v])
			gic_cpu_end(&p->cpu[v], plain_end(&p->plain, v));
		break;
	default:
		p->plain.groups[v] = draw(p, 8) ? 3 : draw(p, 4);
		p->cpu[v].interface.vmcr = p->plain.groups[v];
		if (!draw(p, 8)) {
			p->plain.ctlr = draw(p, 4);
			gic_cpu_write(&p->cpu[v], GIC_DIST, 4, p->plain.ctlr);
		}
	}
}

static void settle(struct pair *p)
{
	/* Once more than it takes for what one vCPU gives up to reach the other. */
	for (unsigned int i = 0; i < 3 * CPUS; i++) {
		assert_true(gic_cpu_settle(&p->cpu[i % CPUS]));
		assert_int_equal(p->cpu[i % CPUS].illegal, 0);
	}
	/* An SPI is in one vCPU's hands at a time. */
	assert_int_equal(p->vgic.vcpu[0].owned[1] & p->vgic.vcpu[1].owned[1], 0);
}

static void compare_bank(struct pair *p, unsigned int v, uint32_t first)
{
	uint32_t pending = 0, active = 0, machine = 0, linked = 0;
	const struct vgic_bank *b = first ? &p->vgic.shared[1] : &p->vgic.vcpu[v].bank;

	for (uint32_t i = 0; i < 32; i++) {
		struct plain_irq *irq = plain_irq(&p->plain, v, first + i);

		pending |= (uint32_t)plain_pending(irq) << i;
		active |= (uint32_t)irq->active << i;
		machine |= (uint32_t)irq->machine << i;
		linked |= (uint32_t)!!p->vgic.pintid[first + i] << i;
	}
	for (unsigned int reader = 0; reader < CPUS; reader++) {
		/* Asked twice: the first brings what the other one did unseen. */
		gic_cpu_read(&p->cpu[reader], bank_ipa(v, first, 0x200), 4);
		settle(p);
		assert_int_equal(gic_cpu_read(&p->cpu[reader], bank_ipa(v, first, 0x200), 4),
				 pending);
		assert_int_equal(gic_cpu_read(&p->cpu[reader], bank_ipa(v, first, 0x380), 4),
				 active);
	}
	assert_int_equal(b->phys & linked, machine);
}

static void compare(struct pair *p, bool deeply)
{
	settle(p);
	for (unsigned int v = 0; v < CPUS; v++) {
		uint32_t next = gic_cpu_highest(&p->cpu[v]);

		assert_int_equal(next, plain_highest(&p->plain, v, next));
	}
	for (unsigned int v = 0; deeply && v < CPUS; v++) {
		compare_bank(p, v, 0);
		compare_bank(p, v, 32);
	}
}

static void power_on(struct pair *p, uint64_t seed, unsigned int lrs, bool few)
{
	struct vgic_config config = {.vcpus = CPUS,
				     .mpidr = {0, 1},
				     .dist_ipa = GIC_DIST,
				     .redist_ipa = GIC_REDIST};

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->few = few;
	p->plain.ctlr = 3;
	assert_int_equal(vgic_init(&p->vgic, &config), 0);
	assert_int_equal(vgic_link(&p->vgic, 27, 27), 0);
	assert_int_equal(vgic_link(&p->vgic, 35, 100), 0);
	assert_int_equal(vgic_link(&p->vgic, 36, 101), 0);
	for (unsigned int v = 0; v < CPUS; v++) {
		gic_cpu_init(&p->cpu[v], &p->vgic, v, lrs);
		gic_cpu_write(&p->cpu[v], GIC_REDIST + v * VGIC_REDIST_BYTES + 0x14, 4, 0);
		gic_cpu_write(&p->cpu[v], bank_ipa(v, 0, 0x100), 4, UINT32_MAX);
		p->plain.groups[v] = 3;
		for (unsigned int i = 0; i < 32; i++)
			p->plain.own[v][i] = (struct plain_irq){.enabled = true, .edge = i < 16};
	}
	gic_cpu_write(&p->cpu[0], GIC_DIST, 4, 3);
	gic_cpu_write(&p->cpu[0], GIC_DIST + 0x104, 4, UINT32_MAX);
	for (unsigned int i = 0; i < 32; i++)
		p->plain.spi[i].enabled = true;
}

static void play(uint64_t seed, unsigned int lrs, bool few)
{
	struct pair pair;

	power_on(&pair, seed, lrs, few);
	for (unsigned int i = 0; i < 400; i++) {
		step(&pair);
		/* Sometimes several things happen before anybody leaves the guest. */
		compare(&pair, !draw(&pair, 4));
	}
}

static void all_kinds_agree_when_all_fit(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++)
		play(seed, 16, true);
}

static void all_interrupts_agree_with_few_list_registers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		play(seed, 2 + seed % 4, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_agree_when_all_fit),
		cmocka_unit_test(all_interrupts_agree_with_few_list_registers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_vgic_reference", tests, NULL, NULL);
}
