/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry by the arm64 boot protocol: EL2, MMU and D-cache off, interrupts masked, x0 the physical
 * address of the device tree. (Linux, Documentation/arch/arm64/booting.rst.)
 */
#include "boot.h"

	.section .head, "ax"
	.globl	hv_image_header
hv_image_header:
	b	entry
	.word	0
	.quad	0				/* text_offset */
	.quad	hv_image_bytes			/* image_size, the bss with it */
	.quad	0xa				/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

	.text
entry:
	mov	x19, x0
	bl	el2_only
	adrp	x1, hv_bss
	adrp	x2, hv_image_end
	mov	x3, x1
1:	stp	xzr, xzr, [x3], #16
	cmp	x3, x2
	b.lo	1b
	adrp	x4, hv_stacks
	mov	x5, #HV_STACK_TOP
	add	sp, x4, x5
	mov	x0, x19
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #15
	bl	hv_boot_map
	cbnz	x0, stop
	/*
	 * What was written with the MMU off is in memory; a stale line of it that some earlier
	 * cacheable mapping left must not cover it.
	 */
	adrp	x0, hv_data
	adrp	x1, hv_image_end
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
	dsb	sy
2:	dc	ivac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	2b
	dsb	sy
	adr	x20, boot_cpu
	mov	x21, xzr
	b	mmu_on

/* PSCI starts the other CPUs here with x0 = index. */
	.globl	hv_secondary_entry
hv_secondary_entry:
	mov	x21, x0
	bl	el2_only
	adr	x20, secondary_cpu
	b	mmu_on

/* Known control registers, whatever the boot loader left. */
el2_only:
	msr	daifset, #15
	mrs	x9, currentel
	cmp	x9, #8
	b.ne	stop
	mov	x9, #1 << 31			/* RW; E2H = 0 */
	msr	hcr_el2, x9
	isb
	mrs	x9, hcr_el2
	tbnz	x9, #34, stop			/* E2H is RES1: no nVHE registers here */
	ldr	w9, =HV_SCTLR_OFF
	msr	sctlr_el2, x9
	mov	x9, #0x33ff			/* RES1 bits; TFP = 0: libfdt may use FP */
	msr	cptr_el2, x9
	isb
	ret
stop:
	wfe
	b	stop

/*
 * x20: physical address to go on at, x21: index of this CPU. Runs from the page that is mapped at
 * its own physical address too.
 */
	.section .idmap, "ax"
mmu_on:
	adrp	x0, hv_boot
	add	x0, x0, :lo12:hv_boot
	ldp	x1, x2, [x0]
	ldp	x3, x4, [x0, #16]
	msr	ttbr0_el2, x1
	msr	tcr_el2, x2
	msr	mair_el2, x3
	isb
	tlbi	alle2
	ic	iallu
	dsb	nsh
	isb
	ldr	w5, =HV_SCTLR_ON
	msr	sctlr_el2, x5
	isb
	ldr	x6, =hv_image			/* from here on at the linked address */
	sub	x7, x6, x4
	add	x20, x20, x7
	br	x20
	.ltorg

	.text
boot_cpu:
	bl	own_state
	b	hv_main
secondary_cpu:
	bl	own_state
	b	hv_main_secondary

/* Vectors, the stack and TPIDR_EL2 of CPU x21. */
own_state:
	adrp	x0, hv_vectors
	add	x0, x0, :lo12:hv_vectors
	msr	vbar_el2, x0
	adrp	x0, hv_cpus
	add	x0, x0, :lo12:hv_cpus
	mov	x1, #HV_CPU_BYTES
	madd	x0, x21, x1, x0
	msr	tpidr_el2, x0
	adrp	x0, hv_stacks
	mov	x1, #HV_STACKS_BYTES
	madd	x0, x21, x1, x0
	mov	x1, #HV_STACK_TOP
	add	sp, x0, x1
	mov	x29, xzr
	ret

	.section .stacks, "aw", %nobits
	.balign	4096
	.space	HV_STACKS_BYTES * HV_CPUS_MAX
