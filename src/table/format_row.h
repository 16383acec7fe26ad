/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_FORMAT_ROW_H
#define MEZZO_TABLE_FORMAT_ROW_H
/* Decoding by tables. */
#include <mezzo/arch.h>

/* What a few bits of a descriptor say: rows are joined by or. The first word holds what is usual. */
union format_row {
	struct mezzo_attr attr;
	uint64_t word[2];
};

#define FORMAT_ROW(...)                                                                            \
	{                                                                                          \
		.attr = { __VA_ARGS__ }                                                            \
	}

#endif
