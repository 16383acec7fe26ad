/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions. Those from a guest save its general registers into its struct vcpu and call C on
 * this CPU's stack, which is empty whenever a guest runs. EL2's own end in hv_exception(), on the
 * emergency stack.
 */
#include "boot/boot.h"

	.macro	vector name
	.balign	128
	b	\name
	.endm

	.section .vectors, "ax"
	.balign	2048
	.globl	hv_vectors
hv_vectors:
	vector	el2_sync			/* EL2 with SP_EL0: never used */
	vector	el2_irq
	vector	el2_irq
	vector	el2_serror
	vector	el2_sync			/* EL2 */
	vector	el2_irq
	vector	el2_irq
	vector	el2_serror
	vector	guest_sync			/* AArch64 */
	vector	guest_irq
	vector	guest_irq
	vector	guest_serror
	vector	guest_sync			/* AArch32 at EL0 */
	vector	guest_irq
	vector	guest_irq
	vector	guest_serror

	/*
	 * Registers that a C function may change. x0 and x1 wait on the stack until the vcpu is
	 * known. sp is this CPU's stack top, which is 16-byte aligned and mapped.
	 */
	.macro	save_changing
	stp	x0, x1, [sp, #-16]!
	mrs	x0, tpidr_el2
	ldr	x0, [x0]			/* hv_cpu.vcpu; vcpu.regs is its first member */
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	ldp	x2, x3, [sp], #16
	str	x18, [x0, #144]
	str	x30, [x0, #240]
	stp	x2, x3, [x0]
	.endm

	/* The others, which it keeps. x0 is the vcpu. */
	.macro	save_kept
	stp	x19, x20, [x0, #152]
	stp	x21, x22, [x0, #168]
	stp	x23, x24, [x0, #184]
	stp	x25, x26, [x0, #200]
	stp	x27, x28, [x0, #216]
	str	x29, [x0, #232]
	mov	x29, xzr
	.endm

	.text
guest_irq:
	save_changing
	save_kept
	bl	hv_vcpu_irq
	b	guest_enter
guest_serror:
	save_changing
	save_kept
	bl	hv_vcpu_serror
	b	guest_enter

	/* A fault that is granted costs a guest as little as can be: see hv_vcpu_fault(). */
guest_sync:
	save_changing
	bl	hv_vcpu_fault
	cbnz	w0, guest_continue
	mrs	x0, tpidr_el2
	ldr	x0, [x0]
	save_kept
	bl	hv_vcpu_sync

guest_enter:
	mrs	x0, tpidr_el2
	ldr	x0, [x0]
	ldp	x19, x20, [x0, #152]
	ldp	x21, x22, [x0, #168]
	ldp	x23, x24, [x0, #184]
	ldp	x25, x26, [x0, #200]
	ldp	x27, x28, [x0, #216]
	ldr	x29, [x0, #232]
guest_continue:
	mrs	x0, tpidr_el2
	ldr	x0, [x0]
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldr	x18, [x0, #144]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret
	/* Nothing is fetched past an eret by speculation. */
	dsb	nsh
	isb

	/* void hv_on_empty_stack(void (*go_on)(void)): forget every frame of this CPU's stack. */
	.globl	hv_on_empty_stack
hv_on_empty_stack:
	mrs	x1, tpidr_el2
	ldr	w1, [x1, #8]			/* hv_cpu.index */
	adrp	x2, hv_stacks
	mov	x3, #HV_STACKS_BYTES
	madd	x1, x1, x3, x2
	mov	x3, #HV_STACK_TOP
	add	sp, x1, x3
	mov	x29, xzr
	mov	x30, xzr
	br	x0

	/* void hv_guest_enter(void): run the vCPU of this CPU. On an empty stack. */
	.globl	hv_guest_enter
hv_guest_enter:
	b	guest_enter

	/* The guest's TPIDR_EL0 and SP_EL0 are lost: nothing returns from here. */
	.macro	own name, text
\name:
	msr	sp_el0, x0
	msr	tpidr_el0, x1
	mov	x0, sp
	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el2
	ldr	w0, [x0, #8]
	add	w0, w0, #1
	mov	x1, #HV_STACKS_BYTES
	mul	x0, x0, x1
	adrp	x1, hv_stacks
	add	sp, x1, x0			/* top of the emergency stack */
	adr	x0, \name\()_text
	b	own_exception
\name\()_text:
	.asciz	"\text"
	.balign	4
	.endm

	/*
	 * EL2 tried an access that may abort (try.S): go on behind it. x16 and x17 are lost, also
	 * to the report of any other exception.
	 */
el2_sync:
	mrs	x17, elr_el2
	adr	x16, hv_try_begin
	cmp	x17, x16
	b.lo	el2_fatal
	adr	x16, hv_try_end
	cmp	x17, x16
	b.hs	el2_fatal
	adr	x16, hv_try_failed
	msr	elr_el2, x16
	eret

	own	el2_fatal, "synchronous exception"
	own	el2_irq, "interrupt"
	own	el2_serror, "SError"

own_exception:
	sub	sp, sp, #256
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
	str	x30, [sp, #240]
	mrs	x4, sp_el0
	mrs	x5, tpidr_el0
	stp	x4, x5, [sp]
	mov	x2, x0
	mov	x0, sp
	mrs	x1, tpidrro_el0
	bl	hv_exception
