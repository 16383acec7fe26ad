/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting, for devices.c: interrupts are masked, WFI wakes all the same. */
	.text
	.globl	devices_wfi
devices_wfi:
	dsb	sy
	wfi
	ret
