/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_SEARCH_INTERNAL_H
#define CHECK_SEARCH_INTERNAL_H
/* What a search remembers. */
#include "budget.h"

#define NO_STATE UINT32_MAX

/* How a state was first reached. */
struct origin {
	uint32_t parent;
	uint16_t action;
};

/* The first move that broke a property. */
struct finding {
	uint32_t from;
	uint16_t action;
	uint64_t to;
	unsigned int length; /* 0: none */
};

struct check_search {
	struct check_budget *budget;
	const struct check_machine *machine;
	const void *model;
	/* states in the order in which they were met, which is that of their distance */
	uint64_t *state;
	struct origin *origin;
	uint32_t states, capacity;
	/* open addressing: 0, or a state's number + 1 */
	uint32_t *slot;
	uint32_t slots; /* a power of two */
	uint64_t moves;
	uint64_t broken, judged;
	struct finding finding[CHECK_PROPERTIES_MAX];
};

/* The number of a state, or NO_STATE. */
uint32_t check_search_find(const struct check_search *search, uint64_t state);

#endif
