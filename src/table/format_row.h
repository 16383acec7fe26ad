/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_FORMAT_ROW_H
#define MEZZO_TABLE_FORMAT_ROW_H
/* What formats have in common: decoding by tables, and attributes that are seldom asked for. */
#include <mezzo/arch.h>
#include <stddef.h>

/* What a few bits of a descriptor say: rows are joined by or. The first word holds what is usual. */
union format_row {
	struct mezzo_attr attr;
	uint64_t word[2];
};

#define FORMAT_ROW(...)                                                                            \
	{                                                                                          \
		.attr = { __VA_ARGS__ }                                                            \
	}

/* Anything that is seldom asked for: one load for four fields. */
static inline bool format_is_unusual(const struct mezzo_attr *attr)
{
	uint32_t seldom;

	_Static_assert(offsetof(struct mezzo_attr, dirty) + sizeof(attr->dirty) ==
			       offsetof(struct mezzo_attr, no_tag_access) + sizeof(seldom),
		       "the last four fields of struct mezzo_attr");
	__builtin_memcpy(&seldom, (const char *)attr + offsetof(struct mezzo_attr, no_tag_access),
			 sizeof(seldom));
	return seldom;
}

#endif
