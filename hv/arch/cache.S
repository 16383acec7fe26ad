/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cache maintenance of many lines, 64 at a time: a guest may wait for 32768 of them, and a loop's
 * own instructions would be a third of what it waits for.
 */
	.text

	/* void NAME(uint64_t va, uint64_t end, uint64_t line_bytes): from va on, a line's start */
	.macro	maintain name, operation
	.globl	\name
\name:
	sub	x3, x1, x2, lsl #6
	cmp	x0, x3
	b.hi	2f
1:	.rept	64
	dc	\operation, x0
	add	x0, x0, x2
	.endr
	cmp	x0, x3
	b.ls	1b
2:	cmp	x0, x1
	b.hs	4f
3:	dc	\operation, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	3b
4:	ret
	.endm

	maintain hv_clean_invalidate, civac
	.arch	armv8-a+memtag
	maintain hv_clean_invalidate_tags, cigdvac
