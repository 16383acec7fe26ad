/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MONITOR_MONITOR_H
#define HV_MONITOR_MONITOR_H
/*
 * What the hypervisor can tell about a guest's memory: what it declared, what the engine decided
 * and why, what stands in the tables, and what the CPU's own translation makes of it.
 *
 * The report is asked for with "report" in the hypervisor's boot arguments, and printed when the
 * guest powers off. One fact per line, words separated by blanks:
 *
 *	report: cpu fwb N smp N
 *	report: map IPA BYTES OBJECT PRESET TYPE PERMISSIONS 4K N 2M N 1G N
 *	report: type OBJECT STAGE1 measured TYPE engine TYPE par PAR agree|differ|none
 *	report: why OBJECT REASON SENTENCE...
 *	report: end agree|differ
 *
 * OBJECT is "ram" or a BAR as the guest names it, "0000:00:01.0/bar2". TYPE in `map` is what the
 * entries say, "mixed" when they differ, "none" when nothing is mapped. `measured` is PAR_EL1 after
 * AT S12E1R in the guest's own VMID through its own stage 2; "none" when that translation faults.
 * `engine` is what the engine's decision and its rule of combination say. Nothing that is printed
 * as measured comes from the engine.
 *
 * With "plant=PRESET" a wrong type is put into one live entry of each BAR of that preset first: a
 * report that still agrees would be worth nothing.
 */
#include "../vm.h"

/*
 * Be ready to report on a VM, when the boot arguments ask for it: takes the frame for the tables of
 * a measurement, and plants canaries (canary.h). Boot CPU, before the guest runs. NOMEM.
 */
MEZZO_MUST_CHECK int hv_monitor_init(const struct hv_host *host);

/*
 * Print the report; does nothing where none was asked for. On the CPU of one of its vCPUs, outside
 * the guest; other vCPUs may run. The guest's state is as before afterwards.
 */
void hv_monitor_report(struct vm *vm);

#endif
