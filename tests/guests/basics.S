/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that the compiler does not know, for basics.c. */
	.text
	.globl	basics_zcr, basics_pmcr, basics_impdef, basics_set_way, basics_pre_index
	/* Registers of what is hidden: SVE, PMU, implementation-defined. */
basics_zcr:
	mrs	x0, s3_0_c1_c2_0
	ret
basics_pmcr:
	mrs	x0, pmcr_el0
	ret
basics_impdef:
	mrs	x0, s3_0_c15_c2_1
	ret
	/* Clean and invalidate the first line of the first cache. */
basics_set_way:
	mov	x0, #0
	dc	cisw, x0
	dsb	sy
	ret
	/* A load with write-back: its syndrome does not say which register. */
basics_pre_index:
	ldr	w1, [x0, #4]!
	ret
