/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock around single accesses. One tick is one instruction at 1 GHz, and sixteen at 62.5 MHz.
 *
 * void bench_NAME(struct bench_pass *pass, uint64_t at, uint64_t stride, uint64_t count): the same
 * loop for each NAME, but for the one instruction between the clocks. The whole of it is timed too:
 * over many accesses that is finer than the clock.
 */
	.text
	/* min, sum, total: as struct bench_pass lays them out */
	.macro	pass name, instruction:vararg
	.balign	64
	.globl	bench_\name
bench_\name:
	mov	x9, #-1
	mov	x10, xzr
	isb
	mrs	x11, cntvct_el0
1:	isb
	mrs	x4, cntvct_el0
	isb
	\instruction
	isb
	mrs	x6, cntvct_el0
	sub	x6, x6, x4
	cmp	x6, x9
	csel	x9, x6, x9, lo
	add	x10, x10, x6
	add	x1, x1, x2
	subs	x3, x3, #1
	b.ne	1b
	isb
	mrs	x12, cntvct_el0
	sub	x12, x12, x11
	stp	x9, x10, [x0]
	str	x12, [x0, #16]
	ret
	.endm

	pass	nothing, nop
	pass	read, ldr x5, [x1]
	pass	write, str xzr, [x1]

	/*
	 * void bench_call(struct bench_pass *pass, uint64_t a, uint64_t step, uint64_t count,
	 *		   uint64_t function, uint64_t b): the same around function(a, b), with a
	 * raised by step each time. The callee keeps x4 and above.
	 */
	.balign	64
	.globl	bench_call
bench_call:
	mov	x7, x0
	mov	x8, x1
	mov	x13, x2
	mov	x14, x3
	mov	x15, x4
	mov	x9, #-1
	mov	x10, xzr
	isb
	mrs	x11, cntvct_el0
1:	mov	x0, x15
	mov	x1, x8
	mov	x2, x5
	isb
	mrs	x4, cntvct_el0
	isb
	hvc	#0
	isb
	mrs	x6, cntvct_el0
	sub	x6, x6, x4
	cmp	x6, x9
	csel	x9, x6, x9, lo
	add	x10, x10, x6
	add	x8, x8, x13
	subs	x14, x14, #1
	b.ne	1b
	isb
	mrs	x12, cntvct_el0
	sub	x12, x12, x11
	stp	x9, x10, [x7]
	str	x12, [x7, #16]
	ret
