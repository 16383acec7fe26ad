/* SPDX-License-Identifier: BSD-2-Clause */
/* Where guests begin, on the first CPU and on others, and what becomes of their exceptions. */
#include "guest.h"

	.section .head, "ax"
	adrp	x1, guest_bss
	add	x1, x1, :lo12:guest_bss
	adrp	x2, guest_bss_end
	add	x2, x2, :lo12:guest_bss_end
1:	cmp	x1, x2
	b.hs	2f
	stp	xzr, xzr, [x1], #16
	b	1b
2:	mov	x19, x0
	mov	x20, xzr
	bl	set_up
	mov	x0, x19
	bl	guest_main
	bl	guest_power_off

	/* PSCI CPU_ON comes here; x0 is the CPU's number. */
	.globl	guest_other_cpu
guest_other_cpu:
	mov	x20, x0
	bl	set_up
	mov	x0, x20
	bl	guest_cpu_main
3:	wfi
	b	3b

set_up:
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	isb
	adrp	x1, guest_stacks
	add	x1, x1, :lo12:guest_stacks
	mov	x2, #GUEST_STACK_BYTES
	madd	x1, x20, x2, x1
	add	sp, x1, x2
	ret

	.text
	.macro	vector kind
	.balign	128
	sub	sp, sp, #272
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	exception
	.endm

	.balign	2048
vectors:
	.irp	kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\kind
	.endr

exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x30, x2, [sp, #240]
	str	x3, [sp, #256]
	mov	x1, sp
	bl	guest_exception
	ldp	x30, x2, [sp, #240]
	ldr	x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp]
	add	sp, sp, #272
	eret

	.bss
	.balign	16
	.globl	guest_stacks
guest_stacks:
	.space	GUEST_STACK_BYTES * GUEST_CPUS_MAX
