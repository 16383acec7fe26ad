/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_TABLE_FORMAT_ROW_H
#define MEZZO_TABLE_FORMAT_ROW_H
/* What formats have in common: decoding by tables, and attributes that are seldom asked for. */
#include <mezzo/arch.h>
#include <stddef.h>

/* What a few bits of a descriptor say: rows are joined by or. The word holds what is usual. */
union format_row {
	struct mezzo_attr attr;
	uint64_t word;
};

#define FORMAT_ROW(...)                                                                            \
	{                                                                                          \
		.attr = { __VA_ARGS__ }                                                            \
	}

/* What rows say together, nothing that is not usual. */
static inline struct mezzo_attr format_usual(uint64_t word)
{
	struct mezzo_attr attr;

	_Static_assert(offsetof(struct mezzo_attr, logged) == sizeof(word), "the first word");
	__builtin_memcpy(&attr, &word, sizeof(word));
	attr.logged = false;
	attr.dirty = false;
	return attr;
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
