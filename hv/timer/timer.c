/* SPDX-License-Identifier: BSD-2-Clause */
#include "timer.h"

#include "arch/sysreg.h"
#include "devices.h"

#include <mezzo/status.h>

/* CNTHCTL_EL2 with HCR_EL2.E2H = 0: neither counter nor timer accesses of EL1 and EL0 trap. */
#define CNTHCTL_EL1PCTEN HV_BIT(0)
#define CNTHCTL_EL1PCEN HV_BIT(1)

bool hv_timer_virtual_asserted(void)
{
	return hv_timer_line(hv_sysreg_read(cntv_ctl_el0));
}

bool hv_timer_physical_asserted(void)
{
	return hv_timer_line(hv_sysreg_read(cntp_ctl_el0));
}

int hv_vtimer_create(struct vm *vm, const struct hv_host *host)
{
	(void)vm;
	return host->timer.virtual && host->timer.physical ? MEZZO_OK : MEZZO_ERR_NOENT;
}

void hv_vtimer_reset(struct vcpu *vcpu)
{
	(void)vcpu;
	hv_sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	hv_sysreg_write(cntvoff_el2, 0);
	hv_sysreg_write(cntkctl_el1, 0);
	hv_sysreg_write(cntv_ctl_el0, 0);
	hv_sysreg_write(cntp_ctl_el0, 0);
	hv_isb();
}

bool hv_vtimer_sysreg(struct vcpu *vcpu, struct hv_sysreg_access *access)
{
	(void)vcpu;
	(void)access;
	return false;
}
