/* SPDX-License-Identifier: BSD-2-Clause */
/* Single accesses of every kind, and calls at another address. */
	.arch	armv8.1-a
	.text
	/*
	 * uint64_t attack_poke(uint64_t address, uint64_t value, uint64_t kind). Each kind is four
	 * instructions, so that a fault which is stepped over still returns.
	 */
	.balign	16
	.globl	attack_poke
attack_poke:
	mov	x9, x30
	adr	x3, kinds
	and	x2, x2, #31
	add	x3, x3, x2, lsl #4
	mov	x2, x0
	mov	x0, xzr
	br	x3

	.macro	kind instruction:vararg
	\instruction
	ret
	nop
	nop
	.endm

	.balign	16
kinds:
	kind	ldrb w0, [x2]			/* 0 */
	kind	ldrh w0, [x2]
	kind	ldr w0, [x2]
	kind	ldr x0, [x2]
	kind	strb w1, [x2]			/* 4 */
	kind	strh w1, [x2]
	kind	str w1, [x2]
	kind	str x1, [x2]
	kind	ldp x0, x3, [x2]		/* 8 */
	kind	stp x1, x1, [x2]
	kind	ldxr x0, [x2]
	ldxr	x0, [x2]			/* 11 */
	stxr	w3, x1, [x2]
	ret
	nop
	kind	ldadd x1, x0, [x2]		/* 12 */
	kind	cas x0, x1, [x2]
	kind	swpb w1, w0, [x2]
	kind	dc zva, x2
	kind	dc civac, x2			/* 16 */
	kind	dc ivac, x2
	kind	dc cvac, x2
	kind	dc cvau, x2
	kind	ic ivau, x2			/* 20 */
	kind	ldr w0, [x2, #4]!
	kind	str x1, [x2], #8
	kind	prfm pldl1keep, [x2]
	kind	ldar x0, [x2]			/* 24 */
	kind	stlr w1, [x2]
	kind	ldr q0, [x2]
	kind	str q0, [x2]
	kind	at s1e1r, x2			/* 28 */
	kind	at s1e1w, x2
	kind	ldrsb x0, [x2]
	blr	x2				/* 31: a fetch; it comes back to x30 */
	ret	x9
	nop
	nop

	/* void attack_high(void (*function)(uint64_t), uint64_t argument) */
	.globl	attack_high
attack_high:
	stp	x29, x30, [sp, #-16]!
	mov	x9, #0xffffff0000000000
	mrs	x10, vbar_el1
	orr	x10, x10, x9
	msr	vbar_el1, x10
	isb
	mov	x10, sp
	orr	x10, x10, x9
	mov	sp, x10
	adr	x10, 1f
	orr	x10, x10, x9
	br	x10
1:	orr	x10, x0, x9
	mov	x0, x1
	blr	x10
	mov	x9, #0xffffff0000000000
	mov	x10, sp
	bic	x10, x10, x9
	mov	sp, x10
	adr	x10, 2f
	bic	x10, x10, x9
	br	x10
2:	mrs	x10, vbar_el1
	bic	x10, x10, x9
	msr	vbar_el1, x10
	isb
	ldp	x29, x30, [sp], #16
	ret

	.globl	attack_set_way
attack_set_way:
	dc	isw, x0
	dc	csw, x0
	dc	cisw, x0
	dsb	sy
	ret
