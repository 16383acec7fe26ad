/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_EL2_MATRIX_H
#define TESTS_EL2_MATRIX_H
/*
 * Stage-2 tables of every geometry in front of the MMU, by boot argument "matrix": granule, IPA
 * size, LPA2, Contiguous and FEAT_BBM level. Each row that this CPU has makes tables by the engine's
 * operations, leaves of every size and every live change, and after each the MMU is asked (probe.h).
 *
 *	ok N - 16K lpa2 ipa 52 contiguous 1 bbm 2: N answers, N of them faults, N spared
 *	# absent: 16K lpa2 ipa 52 contiguous 1 bbm 2: WHY
 *
 * With "permissions" nothing is spared (probe.h). With "plant=address" and "plant=size" a wrong bit
 * in an entry and a wrong VTCR_EL2.T0SZ are put into every row, which must be found.
 */
/* Boot CPU, no guest. Returns the exit status: 0 when everything agrees. */
int el2_matrix(const char *bootargs);
#endif
