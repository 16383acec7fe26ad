/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See try.h. A synchronous exception between hv_try_begin and hv_try_end resumes at
 * hv_try_failed (vectors.S, el2_sync). It overwrites ELR_EL2 and SPSR_EL2, so those wait in x3
 * and x4, which nothing on that way touches.
 */
	.text
	.globl	hv_try_read, hv_try_write, hv_try_begin, hv_try_end, hv_try_failed

hv_try_read:
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	cmp	w1, #4
	b.hi	8f
	b.eq	4f
	cmp	w1, #2
	b.eq	2f
hv_try_begin:
	ldrb	w5, [x0]
	b	9f
2:	ldrh	w5, [x0]
	b	9f
4:	ldr	w5, [x0]
	b	9f
8:	ldr	x5, [x0]
9:	str	x5, [x2]
	mov	w0, #1
	ret

hv_try_write:
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	cmp	w1, #4
	b.hi	8f
	b.eq	4f
	cmp	w1, #2
	b.eq	2f
	strb	w2, [x0]
	b	9f
2:	strh	w2, [x0]
	b	9f
4:	str	w2, [x0]
	b	9f
8:	str	x2, [x0]
9:	mov	w0, #1
hv_try_end:
	ret

hv_try_failed:
	msr	elr_el2, x3
	msr	spsr_el2, x4
	mov	w0, #0
	ret
