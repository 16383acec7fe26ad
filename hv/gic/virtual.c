/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's virtual interface, and the model of its VM's controller behind it. */
#include "arch/sysreg.h"
#include "devices.h"
#include "guest/machine.h"
#include "heap.h"
#include "hw.h"
#include "timer/timer.h"

#include <mezzo/status.h>

/* ICH_HCR_EL2 without an interrupt listed, ICH_VTR_EL2, ICH_LR<n>_EL2 */
#define ICH_HCR_EN HV_BIT(0)
#define ICH_LR_PENDING HV_BIT(62)
#define ICH_VMCR_EOIM HV_BIT(9)

#define ICC_DIR_EL1 HV_SYSREG(3, 0, 12, 11, 1)
#define ICC_SGI1R_EL1 HV_SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1 HV_SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1 HV_SYSREG(3, 0, 12, 11, 7)
#define ICC_SRE_EL1 HV_SYSREG(3, 0, 12, 12, 5)
#define ICC_SRE_EL1_VALUE 7 /* as hw.c has set it */

/* What every CPU's virtual interface has. */
static struct features {
	unsigned int lrs; /* list registers */
	unsigned int preemption_bits;
	bool traps_dir;
} features;

#define EACH_LR(X)                                                                                 \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static uint64_t read_lr(unsigned int n)
{
	switch (n) {
#define READ(i)                                                                                    \
	case i:                                                                                    \
		return hv_sysreg_read(ich_lr##i##_el2);
		EACH_LR(READ)
#undef READ
	default:
		return 0;
	}
}

static void write_lr(unsigned int n, uint64_t value)
{
	switch (n) {
#define WRITE(i)                                                                                   \
	case i:                                                                                    \
		hv_sysreg_write(ich_lr##i##_el2, value);                                           \
		break;
		EACH_LR(WRITE)
#undef WRITE
	default:
		break;
	}
}

static void clear_priorities(unsigned int bits)
{
	hv_sysreg_write(ich_ap0r0_el2, 0);
	hv_sysreg_write(ich_ap1r0_el2, 0);
	if (bits > 5) {
		hv_sysreg_write(ich_ap0r1_el2, 0);
		hv_sysreg_write(ich_ap1r1_el2, 0);
	}
	if (bits > 6) {
		hv_sysreg_write(ich_ap0r2_el2, 0);
		hv_sysreg_write(ich_ap1r2_el2, 0);
		hv_sysreg_write(ich_ap0r3_el2, 0);
		hv_sysreg_write(ich_ap1r3_el2, 0);
	}
}

static struct features features_here(void)
{
	uint64_t vtr = hv_sysreg_read(ich_vtr_el2);

	return (struct features){
		.lrs = (unsigned int)hv_field(vtr, 0, 5) + 1,
		.preemption_bits = (unsigned int)hv_field(vtr, 26, 3) + 1,
		.traps_dir = hv_field(vtr, 19, 1),
	};
}

/* The interface as after a reset of the CPU. */
static void clear_interface(void)
{
	struct features here = features_here();

	hv_sysreg_write(ich_hcr_el2, ICH_HCR_EN);
	hv_sysreg_write(ich_vmcr_el2, 0);
	clear_priorities(here.preemption_bits);
	for (unsigned int n = 0; n < here.lrs; n++)
		write_lr(n, 0);
	hv_isb();
}

int hv_vgic_cpu_init(void)
{
	struct features here = features_here();

	if (here.lrs < 2 || here.lrs > VGIC_LRS_MAX)
		return MEZZO_ERR_INVALID;
	/* CPUs come up one after the other; the least of all counts. */
	if (!features.lrs)
		features = here;
	if (here.lrs < features.lrs)
		features.lrs = here.lrs;
	features.traps_dir &= here.traps_dir;
	clear_interface();
	return MEZZO_OK;
}

/* Make the vCPUs look that the model has found to be concerned. */
static void kick(struct vm *vm)
{
	struct vcpu *self = hv_vcpu_current();
	uint32_t vcpus = vgic_take_kicks(&vm->gic->model);

	for (; vcpus; vcpus &= vcpus - 1) {
		struct vcpu *vcpu = &vm->vcpu[__builtin_ctz(vcpus)];

		if (vcpu == self)
			atomic_store(&vcpu->kicked, true);
		else
			hv_vcpu_kick(vcpu);
	}
}

static void read_lrs(const struct vcpu *vcpu, struct vgic_interface *interface)
{
	const struct vgic_vcpu *self = &vcpu->vm->gic->model.vcpu[vcpu->id];
	uint32_t used = self->lrs_used | self->lrs_spent; /* only this CPU changes them */

	interface->lrs = features.lrs;
	interface->traps_dir = features.traps_dir;
	for (unsigned int n = 0; n < interface->lrs; n++)
		interface->lr[n] = used >> n & 1 ? read_lr(n) : 0;
}

static void release(struct vgic *vgic, const uint32_t intids[VGIC_BANKS])
{
	for (uint32_t bank = 0; bank < VGIC_BANKS; bank++)
		for (uint32_t bits = intids[bank]; bits; bits &= bits - 1)
			hv_gic_deactivate(vgic->pintid[32 * bank + (uint32_t)__builtin_ctz(bits)]);
}

/* Only this CPU changes what is looked at here, so it may look without the lock. */
static void sample_timer(struct vgic *vgic, uint32_t id, uint32_t intid, bool high)
{
	const struct vgic_bank *own = &vgic->vcpu[id].bank;

	if (high != !!(own->sample & HV_BIT(intid)) || (!high && own->phys & HV_BIT(intid)))
		vgic_sample_phys(vgic, id, intid, high);
}

/* A level that fell before the guest took it is no longer pending, as on the machine. */
static void sample_timers(struct vgic *vgic, uint32_t id)
{
	sample_timer(vgic, id, VGIC_INTID_VTIMER, hv_timer_virtual_asserted());
	sample_timer(vgic, id, VGIC_INTID_PTIMER, hv_timer_physical_asserted());
}

void hv_vgic_sync(struct vcpu *vcpu)
{
	struct vgic *vgic = &vcpu->vm->gic->model;
	struct vgic_interface interface, before;

	if (!vgic_dirty(vgic, vcpu->id))
		return;
	sample_timers(vgic, vcpu->id);
	read_lrs(vcpu, &interface);
	interface.vmcr = hv_sysreg_read(ich_vmcr_el2);
	interface.hcr = hv_sysreg_read(ich_hcr_el2);
	before = interface;
	vgic_sync(vgic, vcpu->id, &interface);
	for (unsigned int n = 0; n < interface.lrs; n++)
		if (interface.lr[n] != before.lr[n])
			write_lr(n, interface.lr[n]);
	hv_sysreg_write(ich_hcr_el2, interface.hcr);
	release(vgic, interface.release);
	kick(vcpu->vm);
	hv_isb();
}

void hv_vgic_reset(struct vcpu *vcpu)
{
	struct vgic *vgic = &vcpu->vm->gic->model;
	struct vgic_interface interface;

	read_lrs(vcpu, &interface);
	vgic_stop(vgic, vcpu->id, &interface);
	release(vgic, interface.release);
	clear_interface();
	vgic_mark_dirty(vgic, vcpu->id);
	atomic_store(&vcpu->kicked, true);
	kick(vcpu->vm);
}

void hv_vgic_reset_vm(struct vm *vm)
{
	uint32_t intids[VGIC_BANKS];

	vgic_reset(&vm->gic->model, intids);
	release(&vm->gic->model, intids);
}

void hv_vgic_maintain(struct vcpu *vcpu)
{
	vgic_mark_dirty(&vcpu->vm->gic->model, vcpu->id);
	atomic_store(&vcpu->kicked, true);
}

void hv_vgic_raise(struct vcpu *vcpu, uint32_t intid)
{
	vgic_raise_phys(&vcpu->vm->gic->model, vcpu->id, intid);
	kick(vcpu->vm);
}

void hv_vgic_set_spi(struct vm *vm, uint32_t intid, bool high)
{
	vgic_set_line(&vm->gic->model, 0, intid, high);
	kick(vm);
}

bool hv_vgic_pending(struct vcpu *vcpu)
{
	struct vgic_interface interface;

	hv_vgic_sync(vcpu);
	read_lrs(vcpu, &interface);
	for (unsigned int n = 0; n < interface.lrs; n++)
		if (interface.lr[n] & ICH_LR_PENDING)
			return true;
	return atomic_load(&vcpu->kicked) || vgic_wake_request(&vcpu->vm->gic->model, vcpu->id);
}

/* Before the guest sees or changes what is pending or active: have the model know it. */
static void fold(struct vcpu *vcpu)
{
	struct vgic_interface interface;

	sample_timers(&vcpu->vm->gic->model, vcpu->id);
	if (!vcpu->vm->gic->model.vcpu[vcpu->id].lrs_used)
		return;
	read_lrs(vcpu, &interface);
	vgic_fold(&vcpu->vm->gic->model, vcpu->id, &interface);
}

bool hv_vgic_sysreg(struct vcpu *vcpu, struct hv_sysreg_access *access)
{
	struct vgic *vgic = &vcpu->vm->gic->model;

	if (access->reg == ICC_SRE_EL1) {
		access->value = ICC_SRE_EL1_VALUE;
		return true;
	}
	if (!access->write)
		return false;
	switch (access->reg) {
	case ICC_SGI1R_EL1:
		vgic_sgi1r(vgic, vcpu->id, access->value);
		break;
	case ICC_SGI0R_EL1:
	case ICC_ASGI1R_EL1:
		vgic_sgi0r(vgic, vcpu->id, access->value);
		break;
	case ICC_DIR_EL1:
		/* Without EOImode the write does nothing: the end was the deactivation. */
		if (!(hv_sysreg_read(ich_vmcr_el2) & ICH_VMCR_EOIM))
			break;
		fold(vcpu);
		vgic_dir(vgic, vcpu->id, access->value);
		break;
	default:
		return false;
	}
	kick(vcpu->vm);
	return true;
}

static enum hv_mmio_result dist_access(void *dev, struct hv_mmio *mmio)
{
	enum hv_mmio_result result;
	struct vm *vm = dev;

	fold(&vm->vcpu[mmio->vcpu]);
	result = vgic_dist_access(&vm->gic->model, mmio);
	kick(vm);
	return result;
}

static enum hv_mmio_result redist_access(void *dev, struct hv_mmio *mmio)
{
	enum hv_mmio_result result;
	struct vm *vm = dev;

	fold(&vm->vcpu[mmio->vcpu]);
	result = vgic_redist_access(&vm->gic->model, mmio);
	kick(vm);
	return result;
}

static int add_devices(struct vm *vm)
{
	const struct hv_mmio_device dist = {
		.ipa = HV_GUEST_GICD,
		.bytes = VGIC_DIST_BYTES,
		.access = dist_access,
		.dev = vm,
	};
	const struct hv_mmio_device redist = {
		.ipa = HV_GUEST_GICR,
		.bytes = VGIC_REDIST_BYTES * vm->vcpus,
		.access = redist_access,
		.dev = vm,
	};
	int error = hv_mmio_add(&vm->bus, &dist);

	return error ? error : hv_mmio_add(&vm->bus, &redist);
}

int hv_vgic_create(struct vm *vm)
{
	struct vgic_config config = {
		.vcpus = vm->vcpus,
		.dist_ipa = HV_GUEST_GICD,
		.redist_ipa = HV_GUEST_GICR,
	};
	int error;

	if (vm->vcpus > VGIC_VCPUS_MAX)
		return MEZZO_ERR_INVALID;
	for (uint32_t i = 0; i < vm->vcpus; i++)
		config.mpidr[i] = vm->vcpu[i].mpidr;
	vm->gic = hv_heap_alloc(sizeof(*vm->gic));
	if (!vm->gic)
		return MEZZO_ERR_NOMEM;
	error = vgic_init(&vm->gic->model, &config);
	if (!error)
		error = vgic_link(&vm->gic->model, VGIC_INTID_VTIMER, hv_gic_virtual_timer());
	if (!error)
		error = vgic_link(&vm->gic->model, VGIC_INTID_PTIMER, hv_gic_physical_timer());
	return error ? error : add_devices(vm);
}
