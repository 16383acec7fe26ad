/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MONITOR_CANARY_H
#define HV_MONITOR_CANARY_H
/*
 * Canaries: memory that no guest may reach, hashed before it runs and after. Asked for with
 * "canary" in the hypervisor's boot arguments.
 *
 *	canary: WHAT BASE BYTES before HASH after HASH same|changed
 *
 * WHAT is "image" (EL2's text and constants), "heap" (a page of it), "tree" (the machine's device
 * tree), "module" (what the boot loader left) or "free": RAM of the machine that nobody was given,
 * filled with a pattern.
 */
#include "../host/host.h"

/* Plant them. Boot CPU, when all memory has been given away, before the guest runs. NOMEM. */
MEZZO_MUST_CHECK int hv_canary_plant(const struct hv_host *host);

/* Look again and print; nothing where none was planted. Returns whether all are as they were. */
bool hv_canary_report(void);

#endif
