/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_COMPAT_H
#define CLI_AUDIT_COMPAT_H
/*
 * Two hosts: what can move from one to the other. A host is what is the same on both sides whether
 * it was looked at live, captured, or written down by `mezzo audit --json`.
 */
#include "audit/findings.h"

/* What moves, or what a difference concerns. */
enum compat_scope {
	COMPAT_ANY,     /* every guest */
	COMPAT_MTE,     /* guests with MTE */
	COMPAT_HIGH,    /* guests with memory above the other host's address size */
	COMPAT_DEVICES, /* guests with a device of that kind */
	COMPAT_CACHED,  /* guests with cached device memory */
	COMPAT_SCOPES
};

struct compat_item {
	bool blocks; /* false: a difference that a guest can notice, or none */
	enum compat_scope scope;
	const char *what; /* differs: "IPA size", "device-nGnRE and normal-nc" */
	const char *why;
};

/* Of one guest that runs on the first host. */
struct compat_guest {
	unsigned int pid;
	const char *name;
	bool moves;
	const char *why; /* it does not, or how it does */
};

struct compat {
	bool known; /* false: a fact that decides is unknown */
	struct compat_item *item;
	unsigned int items;
	struct compat_guest *guest;
	unsigned int guests;
};

/* What a guest of @from meets on @to. */
void compat_make(struct host *from, struct host *to, struct compat *compat);
const char *compat_scope_name(enum compat_scope scope);

/*
 * A host from @path: "live", a capture, its directory, or JSON of an audit. NULL, or why not.
 */
const char *compat_open(const char *path, struct host *host);

/* The facts and devices of an audit's JSON. NULL, or why not. */
const char *host_from_json(struct host *host, const char *text, size_t length);

#endif
