/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/gic/vgic.c hv/gic/vgic_mmio.c hv/gic/vgic_lr.c hv/console/pl011.c */
/*
 * Four vCPUs at once: each takes and ends interrupts, sends SGIs, writes registers of its own and
 * of others, and a UART between them drives its line. No data race, and no interrupt is lost: every
 * vCPU that was sent an SGI gets one after it.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "hv/console/pl011.h"
#include "hv_gic_cpu.h"

#define CPUS 4
#define ROUNDS 20000
#define SECONDS 3

static struct vgic vgic;
static struct pl011 uart;
static struct gic_cpu cpu[CPUS];
static _Atomic unsigned int taken[CPUS];
static pthread_barrier_t all;

static void line(void *ctx, bool high)
{
	(void)ctx;
	vgic_set_line(&vgic, 0, VGIC_INTID_UART, high);
}

static void uart_access(uint64_t offset, bool write, uint64_t value)
{
	struct hv_mmio mmio = {.ipa = 0x9000000 + offset,
			       .bytes = 4,
			       .write = write,
			       .value = value};

	pl011_access(&uart, &mmio);
}

/* The others may always have something new. */
static void settle(struct gic_cpu *self)
{
	while (!gic_cpu_settle(self))
		;
}

static void handle(struct gic_cpu *self)
{
	uint32_t intid;

	settle(self);
	while ((intid = gic_cpu_ack(self)) != GIC_SPURIOUS) {
		if (intid == 1)
			atomic_fetch_add(&taken[self->vcpu], 1);
		if (intid == VGIC_INTID_UART)
			uart_access(0x44, true, 0x7ff);
		gic_cpu_end(self, intid);
		settle(self);
	}
}

/* Something to a register that is everybody's. */
static void disturb(struct gic_cpu *self, unsigned int i)
{
	switch (i % 6) {
	case 0:
		gic_cpu_write(self, GIC_DIST + 0x6000 + 8 * VGIC_INTID_UART, 8, i / 6 % CPUS);
		break;
	case 1:
		gic_cpu_read(self, GIC_DIST + 0x304, 4);
		break;
	case 2:
		gic_cpu_write(self, GIC_DIST + 0x284, 4, UINT32_MAX);
		break;
	case 3:
		gic_cpu_write(self, GIC_REDIST + i % CPUS * VGIC_REDIST_BYTES + 0x10400, 4, i);
		break;
	case 4:
		uart_access(0, true, 'x');
		break;
	default:
		vgic_raise_phys(&vgic, self->vcpu, VGIC_INTID_VTIMER);
	}
}

static void *run(void *arg)
{
	struct gic_cpu *self = arg;
	time_t end;
	uint8_t c;

	pthread_barrier_wait(&all);
	end = time(NULL) + SECONDS;
	for (unsigned int i = 0; i < ROUNDS && time(NULL) < end; i++) {
		vgic_sgi1r(&vgic, self->vcpu, UINT64_C(1) << 24 | 1U << (self->vcpu + 1) % CPUS);
		disturb(self, i);
		pl011_take(&uart, &c);
		pl011_give(&uart, (uint16_t)(i & 0xff));
		pl011_give_end(&uart);
		handle(self);
	}
	return NULL;
}

static void nothing_races_and_nothing_is_lost(void **state)
{
	struct vgic_config config = {.vcpus = CPUS,
				     .mpidr = {0, 1, 2, 3},
				     .dist_ipa = GIC_DIST,
				     .redist_ipa = GIC_REDIST};
	pthread_t thread[CPUS];

	(void)state;
	assert_int_equal(vgic_init(&vgic, &config), 0);
	assert_int_equal(vgic_link(&vgic, VGIC_INTID_VTIMER, 27), 0);
	pl011_init(&uart, line, NULL);
	uart_access(0x38, true, 0x7f0);
	for (unsigned int v = 0; v < CPUS; v++) {
		gic_cpu_init(&cpu[v], &vgic, v, 4);
		gic_cpu_write(&cpu[v], GIC_REDIST + v * VGIC_REDIST_BYTES + 0x14, 4, 0);
		gic_cpu_write(&cpu[v], GIC_REDIST + v * VGIC_REDIST_BYTES + 0x10100, 4, UINT32_MAX);
	}
	gic_cpu_write(&cpu[0], GIC_DIST, 4, 3);
	gic_cpu_write(&cpu[0], GIC_DIST + 0x104, 4, UINT32_MAX);
	pthread_barrier_init(&all, NULL, CPUS);
	for (unsigned int v = 0; v < CPUS; v++)
		assert_int_equal(pthread_create(&thread[v], NULL, run, &cpu[v]), 0);
	for (unsigned int v = 0; v < CPUS; v++)
		pthread_join(thread[v], NULL);
	pthread_barrier_destroy(&all);
	/* At rest each gets one more, however many merged before. */
	for (unsigned int v = 0; v < CPUS; v++)
		handle(&cpu[v]);
	for (unsigned int v = 0; v < CPUS; v++) {
		unsigned int before = atomic_load(&taken[v]);

		assert_in_range(before, 1, ROUNDS);
		vgic_sgi1r(&vgic, v, UINT64_C(1) << 24 | 1U << v);
		handle(&cpu[v]);
		assert_int_equal(taken[v], before + 1);
		assert_int_equal(cpu[v].illegal, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_races_and_nothing_is_lost),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hv_vgic_race", tests, NULL, NULL);
}
