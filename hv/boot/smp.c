/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/machine.h"
#include "arch/smc.h"
#include "arch/sysreg.h"
#include "boot.h"
#include "devices.h"
#include "lib/print.h"
#include "map.h"
#include "platform.h"

#include <stdatomic.h>

struct hv_cpu hv_cpus[HV_CPUS_MAX];

/* One second, in ticks of the generic timer. */
static bool waited_long(uint64_t since)
{
	return hv_sysreg_read(cntpct_el0) - since > hv_sysreg_read(cntfrq_el0);
}

static bool start(const struct hv_host *host, unsigned int index)
{
	struct hv_cpu *cpu = &hv_cpus[index];
	uint64_t since = hv_sysreg_read(cntpct_el0);
	int64_t error;

	cpu->index = index;
	cpu->mpidr = host->cpu[index];
	error = hv_smc(PSCI_CPU_ON, cpu->mpidr, hv_image_pa(hv_secondary_entry), index);
	if (error) {
		hv_print("mezzo: cpu %lx does not start: PSCI %ld\n", cpu->mpidr, error);
		return false;
	}
	while (!atomic_load(&cpu->state)) {
		if (waited_long(since)) {
			hv_print("mezzo: cpu %lx does not answer\n", cpu->mpidr);
			return false;
		}
	}
	return atomic_load(&cpu->state) == HV_CPU_ONLINE;
}

/* One after the other, so that those that run are the first ones. */
unsigned int hv_cpus_start(const struct hv_host *host)
{
	unsigned int running = 1;

	if (!host->psci)
		return running;
	while (running < host->cpus && start(host, running))
		running++;
	return running;
}

void hv_cpu_serve(struct hv_cpu *cpu, struct vcpu *vcpu)
{
	atomic_store(&cpu->to_serve, vcpu);
	hv_gic_kick(cpu);
}

_Noreturn void hv_main_secondary(void)
{
	struct hv_cpu *cpu = hv_cpu_current();
	struct vcpu *vcpu;

	if (!hv_machine_join() || hv_gic_cpu_init()) {
		hv_print("mezzo: cpu %lx has less than the others: not used\n", cpu->mpidr);
		atomic_store(&cpu->state, HV_CPU_REFUSED);
		hv_smc(PSCI_CPU_OFF, 0, 0, 0);
	}
	hv_cpu_setup();
	atomic_store(&cpu->state, HV_CPU_ONLINE);
	while (!(vcpu = atomic_load(&cpu->to_serve)))
		hv_gic_wait();
	hv_vm_run(vcpu);
}
