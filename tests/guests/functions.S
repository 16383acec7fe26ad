/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses that the compiler does not make, for functions.c. */
	.text
	.globl	functions_load_pair, functions_store_pair, functions_exclusive
	/* Two registers at once: the syndrome does not say which. */
functions_load_pair:
	ldp	x1, x2, [x0]
	ret
functions_store_pair:
	stp	x0, x0, [x0]
	ret
functions_exclusive:
	ldxr	w1, [x0]
	stxr	w2, w1, [x0]
	ret
