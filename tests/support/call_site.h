/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CALL_SITE_H
#define CALL_SITE_H
/* Which function of this program, and which line, a return address lies in. */
#define CALL_SITE_NAME 64

struct call_site_name {
	char function[CALL_SITE_NAME];
	unsigned int line;
};

/* The innermost function around the call, as the debug information says; fails the test otherwise. */
void call_site_name(const void *address, struct call_site_name *name);

#endif
