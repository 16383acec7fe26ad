/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PRIVATE_STATE_H
#define CHECK_MACHINES_PRIVATE_STATE_H
/* The state of the machine of private pages. */
#include "check/machines/private.h"

#include <string.h>

enum page {
	NO_PAGE,
	P1, /* the device's */
	P2, /* anything else */
};

struct private_state {
	uint64_t hva : 2;      /* enum page: what the VMM's mapping shows */
	uint64_t object : 2;   /* what the object resolves to */
	uint64_t entry : 2;    /* the guest's */
	uint64_t accepted : 2; /* what the guest has accepted */
	uint64_t reused : 1;   /* P1 belongs to somebody else */
	uint64_t padding : 55;
};
_Static_assert(sizeof(struct private_state) == sizeof(uint64_t), "a state is one word");
#define PRIVATE_STATE_BITS 9

static inline uint64_t private_pack(struct private_state s)
{
	uint64_t word;

	memcpy(&word, &s, sizeof(word));
	return word;
}

static inline struct private_state private_unpack(uint64_t word)
{
	struct private_state s;

	memcpy(&s, &word, sizeof(s));
	return s;
}

enum private_action {
	DO_FAULT,
	DO_ACCEPT,
	DO_ACCESS,
	DO_RELEASE,
	DO_REMAP,
	DO_UNMAP,
	DO_REVOKE,
};

#endif
