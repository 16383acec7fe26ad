/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_gic_cpu.h"

#include <string.h>

#define LR_STATE(lr) ((lr) >> 62)
#define LR_HW(lr) ((lr) >> 61 & 1)
#define LR_GROUP(lr) ((lr) >> 60 & 1)
#define LR_PRIORITY(lr) ((uint8_t)((lr) >> 48))
#define LR_PINTID(lr) ((uint32_t)((lr) >> 32) & 0x1fff)
#define LR_EOI(lr) (!LR_HW(lr) && (lr) >> 41 & 1)
#define PENDING UINT64_C(1)
#define ACTIVE UINT64_C(2)

void gic_cpu_init(struct gic_cpu *cpu, struct vgic *vgic, unsigned int vcpu, unsigned int lrs)
{
	memset(cpu, 0, sizeof(*cpu));
	cpu->vgic = vgic;
	cpu->vcpu = vcpu;
	cpu->interface.lrs = lrs;
	cpu->interface.vmcr = 3;
}

static void set_state(uint64_t *lr, uint64_t state)
{
	*lr = (*lr & ~(UINT64_C(3) << 62)) | state << 62;
}

static bool group_enabled(const struct gic_cpu *cpu, uint64_t lr)
{
	return cpu->interface.vmcr >> LR_GROUP(lr) & 1;
}

static int highest(const struct gic_cpu *cpu)
{
	int best = -1;

	for (unsigned int n = 0; n < cpu->interface.lrs; n++) {
		uint64_t lr = cpu->interface.lr[n];

		if (LR_STATE(lr) != PENDING || !group_enabled(cpu, lr))
			continue;
		if (best < 0 || LR_PRIORITY(lr) < LR_PRIORITY(cpu->interface.lr[best]))
			best = (int)n;
	}
	if (best >= 0 && cpu->depth &&
	    LR_PRIORITY(cpu->interface.lr[best]) >= cpu->running[cpu->depth - 1])
		return -1;
	return best;
}

uint32_t gic_cpu_highest(const struct gic_cpu *cpu)
{
	int n = highest(cpu);

	return n < 0 ? GIC_SPURIOUS : (uint32_t)cpu->interface.lr[n];
}

uint32_t gic_cpu_ack(struct gic_cpu *cpu)
{
	int n = highest(cpu);
	uint64_t *lr;

	if (n < 0)
		return GIC_SPURIOUS;
	lr = &cpu->interface.lr[n];
	set_state(lr, ACTIVE);
	cpu->running[cpu->depth++] = LR_PRIORITY(*lr);
	return (uint32_t)*lr;
}

static void machine_deactivate(struct gic_cpu *cpu, uint32_t pintid)
{
	cpu->deactivated[pintid / 64 % 4] |= UINT64_C(1) << (pintid % 64);
	cpu->deactivations++;
}

static void deactivate(struct gic_cpu *cpu, uint32_t intid)
{
	for (unsigned int n = 0; n < cpu->interface.lrs; n++) {
		uint64_t *lr = &cpu->interface.lr[n];

		if ((uint32_t)*lr != intid || !(LR_STATE(*lr) & ACTIVE))
			continue;
		set_state(lr, LR_STATE(*lr) & ~ACTIVE);
		if (LR_HW(*lr))
			machine_deactivate(cpu, LR_PINTID(*lr));
		return;
	}
	/* No register: EOIcount */
	if ((cpu->interface.hcr >> 27 & 0x1f) < 0x1f)
		cpu->interface.hcr += UINT64_C(1) << 27;
}

void gic_cpu_end(struct gic_cpu *cpu, uint32_t intid)
{
	if (cpu->depth)
		cpu->depth--;
	if (!cpu->eoi_mode)
		deactivate(cpu, intid);
}

void gic_cpu_dir(struct gic_cpu *cpu, uint32_t intid)
{
	if (!cpu->interface.traps_dir) {
		deactivate(cpu, intid);
		return;
	}
	vgic_fold(cpu->vgic, cpu->vcpu, &cpu->interface);
	vgic_dir(cpu->vgic, cpu->vcpu, intid);
}

bool gic_cpu_maintenance(const struct gic_cpu *cpu)
{
	uint64_t hcr = cpu->interface.hcr;
	unsigned int pending = 0, valid = 0, eoi = 0;

	for (unsigned int n = 0; n < cpu->interface.lrs; n++) {
		uint64_t lr = cpu->interface.lr[n];

		pending += LR_STATE(lr) == PENDING;
		valid += LR_STATE(lr) != 0;
		eoi += !LR_STATE(lr) && LR_EOI(lr);
	}
	return eoi || (hcr & 1 << 1 && valid <= 1) || (hcr & 1 << 2 && hcr >> 27 & 0x1f) ||
	       (hcr & 1 << 3 && !pending) || (hcr & 1 << 4 && cpu->interface.vmcr & 1) ||
	       (hcr & 1 << 5 && !(cpu->interface.vmcr & 1)) ||
	       (hcr & 1 << 6 && cpu->interface.vmcr & 2) ||
	       (hcr & 1 << 7 && !(cpu->interface.vmcr & 2));
}

/* The specification's rules for the contents of list registers. */
static void judge(struct gic_cpu *cpu)
{
	for (unsigned int n = 0; n < cpu->interface.lrs; n++) {
		uint64_t lr = cpu->interface.lr[n];

		if (!LR_STATE(lr))
			continue;
		/* A linked interrupt is not pending and active at once. */
		cpu->illegal += LR_HW(lr) && LR_STATE(lr) == (PENDING | ACTIVE);
		/* The same INTID is not in two registers. */
		for (unsigned int m = 0; m < n; m++)
			cpu->illegal += LR_STATE(cpu->interface.lr[m]) &&
					(uint32_t)cpu->interface.lr[m] == (uint32_t)lr;
		/* A linked one names an interrupt of the machine. */
		cpu->illegal += LR_HW(lr) && !LR_PINTID(lr);
		/* Reserved bits. */
		cpu->illegal += (lr & UINT64_C(0x0700e00000000000)) != 0;
	}
}

bool gic_cpu_settle(struct gic_cpu *cpu)
{
	for (unsigned int i = 0; i < 4; i++) {
		if (!vgic_dirty(cpu->vgic, cpu->vcpu) && !gic_cpu_maintenance(cpu))
			return true;
		vgic_sync(cpu->vgic, cpu->vcpu, &cpu->interface);
		cpu->syncs++;
		judge(cpu);
		for (uint32_t intid = 0; intid < VGIC_INTIDS; intid++)
			if (cpu->interface.release[intid / 32] >> (intid % 32) & 1)
				machine_deactivate(cpu, cpu->vgic->pintid[intid]);
	}
	return false;
}

static void access(struct gic_cpu *cpu, struct hv_mmio *mmio)
{
	vgic_fold(cpu->vgic, cpu->vcpu, &cpu->interface);
	if (mmio->ipa >= GIC_REDIST)
		vgic_redist_access(cpu->vgic, mmio);
	else
		vgic_dist_access(cpu->vgic, mmio);
}

uint64_t gic_cpu_read(struct gic_cpu *cpu, uint64_t ipa, unsigned int bytes)
{
	struct hv_mmio mmio = {.ipa = ipa,
			       .bytes = (uint8_t)bytes,
			       .vcpu = cpu->vcpu,
			       .value = UINT64_MAX};

	access(cpu, &mmio);
	return mmio.value;
}

void gic_cpu_write(struct gic_cpu *cpu, uint64_t ipa, unsigned int bytes, uint64_t value)
{
	struct hv_mmio mmio = {.ipa = ipa,
			       .bytes = (uint8_t)bytes,
			       .write = true,
			       .vcpu = cpu->vcpu,
			       .value = value};

	access(cpu, &mmio);
}
