/* SPDX-License-Identifier: BSD-2-Clause */
#include "timer.h"

#include "arch/sysreg.h"
#include "devices.h"

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

void hv_timer_reset(void)
{
	hv_sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	hv_sysreg_write(cntvoff_el2, 0);
	hv_sysreg_write(cntkctl_el1, 0);
	hv_sysreg_write(cntv_ctl_el0, 0);
	hv_sysreg_write(cntp_ctl_el0, 0);
	hv_isb();
}
