/* SPDX-License-Identifier: BSD-2-Clause */
/* State that a reset must forget, for reset.c. */
	.text
	.globl	reset_stain, reset_stained
	/* Registers that lib/start.S does not set. */
reset_stain:
	mov	x0, #0x5a5a
	msr	tpidr_el1, x0
	msr	contextidr_el1, x0
	msr	mair_el1, x0
	msr	sp_el0, x0
	isb
	ret
	/* Zero if all of them are as after a reset. */
reset_stained:
	mrs	x0, tpidr_el1
	mrs	x1, contextidr_el1
	orr	x0, x0, x1
	mrs	x1, mair_el1
	orr	x0, x0, x1
	mrs	x1, sp_el0
	orr	x0, x0, x1
	ret
