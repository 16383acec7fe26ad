/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INDEX_CHECK_H
#define INDEX_CHECK_H
/* Is an index of slots by address what it should be? */
#include <mezzo/range.h>

/*
 * Every key is the lowest address below it, in order; nodes are at least half full but for the
 * root. Fails the test otherwise; returns how many slots there are.
 */
unsigned int index_check(const struct mezzo_index *index);

#endif
