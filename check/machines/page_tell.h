/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PAGE_TELL_H
#define CHECK_MACHINES_PAGE_TELL_H
/* Telling the page machine's steps: what its parts share. */
#include "check/machines/page_state.h"

/* Whose story is told. */
struct page_case {
	const struct check_policy *policy;
	const struct check_world *world;
	const struct page_model *model;
};

/* A sentence that grows. */
struct sentence {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) void say(struct sentence *to, const char *format, ...);
const char *value_words(unsigned int v);
/* Which of cache and memory hold what, when it differs from before. */
void say_change(struct sentence *to, const struct page_state *from, const struct page_state *now);
/* What was read; who reads how was said before. */
void say_value(struct sentence *to, unsigned int seen, unsigned int expected,
	       enum check_property broken);
/* What the host does. */
void say_host(struct sentence *to, const struct page_case *at, enum page_action action,
	      unsigned int arg, const struct page_state *from, const struct page_state *now,
	      enum check_property broken);

#endif
