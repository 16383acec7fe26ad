/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: hv/gic/vgic.c hv/gic/vgic_mmio.c hv/gic/vgic_lr.c */
/*
 * Guests do anything to their interrupt controller, on several vCPUs, in registers and in the CPU
 * interface, while devices and the machine raise interrupts. Nothing leaves its bounds, list
 * registers stay legal, every vCPU comes to rest, and what the machine raised is deactivated
 * exactly once: never while the guest still has it, and always once it has not.
 */
#include <stdlib.h>
#include <string.h>

#include "hv_gic_cpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())
#define CPUS 3

static struct vgic vgic;
static struct gic_cpu cpu[CPUS];

/* Linked interrupts, and whether each is active in the machine, by vCPU for the private one. */
static const uint32_t linked[] = {VGIC_INTID_VTIMER, 36, 37};
static bool machine_active[CPUS][3];

/* All that a guest needs to get interrupts, so that few bytes lead to one. */
static void set_up(void)
{
	gic_cpu_write(&cpu[0], GIC_DIST, 4, 3);
	gic_cpu_write(&cpu[0], GIC_DIST + 0x084, 4, UINT32_MAX);
	gic_cpu_write(&cpu[0], GIC_DIST + 0x104, 4, UINT32_MAX);
	for (unsigned int v = 0; v < CPUS; v++) {
		uint64_t sgi = GIC_REDIST + v * VGIC_REDIST_BYTES + 0x10000;

		gic_cpu_write(&cpu[v], sgi + 0x080, 4, UINT32_MAX);
		gic_cpu_write(&cpu[v], sgi + 0x100, 4, UINT32_MAX);
		gic_cpu_write(&cpu[v], sgi + 0x41b, 1, 0x80);
	}
}

static void power_on(uint8_t how)
{
	struct vgic_config config = {
		.vcpus = CPUS,
		.mpidr = {0, 1, UINT64_C(0x100000002)},
		.dist_ipa = GIC_DIST,
		.redist_ipa = GIC_REDIST,
	};

	CHECK(!vgic_init(&vgic, &config));
	for (unsigned int i = 0; i < 3; i++)
		CHECK(!vgic_link(&vgic, linked[i], 50 + i));
	for (unsigned int v = 0; v < CPUS; v++) {
		gic_cpu_init(&cpu[v], &vgic, v, 2 + (how & 3));
		cpu[v].eoi_mode = how & 4;
		cpu[v].interface.traps_dir = how & 8;
		gic_cpu_write(&cpu[v], GIC_REDIST + v * VGIC_REDIST_BYTES + 0x14, 4, 0);
	}
	memset(machine_active, 0, sizeof(machine_active));
	if (how & 16)
		set_up();
}

/* Take note of what was deactivated since, in the machine's INTIDs. */
static void deactivations(unsigned int v)
{
	for (unsigned int i = 0; i < 3; i++) {
		bool *active = &machine_active[i ? 0 : v][i];

		if (!(cpu[v].deactivated[0] >> (50 + i) & 1))
			continue;
		CHECK(*active);
		*active = false;
	}
	CHECK(cpu[v].deactivations <= 3);
	cpu[v].deactivations = 0;
	cpu[v].deactivated[0] = 0;
}

static void settle(void)
{
	for (unsigned int v = 0; v < CPUS; v++)
		vgic_mark_dirty(&vgic, v);
	for (unsigned int i = 0; i < 3 * CPUS; i++) {
		CHECK(gic_cpu_settle(&cpu[i % CPUS]));
		CHECK(!cpu[i % CPUS].illegal);
		deactivations(i % CPUS);
	}
	for (unsigned int v = 0; v < CPUS; v++)
		CHECK(!vgic_dirty(&vgic, v));
	/* The model and the machine agree on what is active there; the private ones by vCPU. */
	for (unsigned int v = 0; v < CPUS; v++)
		CHECK(machine_active[v][0] == !!(vgic.vcpu[v].bank.phys & 1U << linked[0]));
	for (unsigned int i = 1; i < 3; i++)
		CHECK(machine_active[0][i] == !!(vgic.shared[1].phys & 1U << (linked[i] - 32)));
}

static void raise_machine(unsigned int v, unsigned int i)
{
	bool *active = &machine_active[i ? 0 : v][i];

	if (*active)
		return;
	*active = true;
	vgic_raise_phys(&vgic, v, linked[i]);
}

static void registers(struct gic_cpu *self, uint8_t how, uint64_t offset, uint64_t value)
{
	/* Where most of what matters is, or anywhere. */
	static const uint16_t base[8] = {0x080, 0x100, 0x200, 0x280, 0x300, 0x380, 0x400, 0xc00};
	unsigned int bytes = 1U << (how & 3);
	uint64_t ipa;

	if (how & 4) {
		ipa = GIC_DIST + base[offset & 7] + 4 * (offset >> 3 & 15);
		if (how & 8)
			ipa = GIC_REDIST + 0x10000 + base[offset & 7] + 4 * (offset >> 3 & 7) +
			      (offset >> 6) % CPUS * VGIC_REDIST_BYTES;
		bytes = 4;
	} else if (how & 8) {
		ipa = GIC_DIST + 0x6000 + 8 * (offset & 63);
		bytes = 8;
		value &= 3;
	} else {
		ipa = (how & 16 ? GIC_REDIST : GIC_DIST) + offset * 4 + (value & 7);
	}
	if (how & 32)
		gic_cpu_write(self, ipa, bytes, value);
	else
		gic_cpu_read(self, ipa, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	power_on(*data++);
	size--;
	for (; size >= 6; data += 6, size -= 6) {
		struct gic_cpu *self = &cpu[(data[0] >> 5) % CPUS];
		uint64_t offset = (uint64_t)data[2] | (uint64_t)data[3] << 8;
		uint64_t value = (uint64_t)data[4] * 0x01010101 ^ (uint64_t)data[5] << 12;
		uint32_t intid;

		switch (data[0] & 15) {
		case 0:
			vgic_set_line(&vgic, self->vcpu, data[2] & 0x7f, data[4] & 1);
			break;
		case 1:
			raise_machine(self->vcpu, data[2] % 3);
			break;
		case 2:
			vgic_sample_phys(&vgic, self->vcpu, linked[data[2] % 3], data[4] & 1);
			break;
		case 3:
			vgic_sgi1r(&vgic, self->vcpu, value << 20 | offset);
			break;
		case 4:
			vgic_sgi0r(&vgic, self->vcpu, value << 20 | offset);
			break;
		case 5:
			if (self->depth < sizeof(self->running)) {
				gic_cpu_ack(self);
			}
			break;
		case 6:
			gic_cpu_end(self, data[2] & 63);
			break;
		case 7:
			intid = (uint32_t)self->interface.lr[data[2] & 15];
			gic_cpu_end(self, intid);
			break;
		case 8:
			gic_cpu_dir(self, data[2] & 63);
			break;
		case 9:
			self->interface.vmcr = data[2] & 3;
			break;
		case 10:
			gic_cpu_write(self, GIC_DIST, 4, data[2] & 3);
			break;
		case 11:
			gic_cpu_write(self, GIC_REDIST + self->vcpu * VGIC_REDIST_BYTES + 0x14, 4,
				      data[2] & 2);
			break;
		case 12:
			settle();
			break;
		case 13:
			CHECK(gic_cpu_settle(self));
			break;
		default:
			registers(self, data[1], offset, value);
		}
		deactivations(self->vcpu);
	}
	settle();
	return 0;
}
