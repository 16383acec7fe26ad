/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REPLAY_NAMES_H
#define CLI_REPLAY_NAMES_H
/* Names of KVM's that strace prints, and the numbers it prints where it knows none. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request {
	REQUEST_CREATE_VM,
	REQUEST_CHECK_EXTENSION,
	REQUEST_SET_REGION,
	REQUEST_SET_REGION2,
	REQUEST_GET_DIRTY_LOG,
	REQUEST_CLEAR_DIRTY_LOG,
	REQUEST_ENABLE_CAP,
	REQUEST_CREATE_MEMFD,
	REQUEST_RESET_RINGS,
	REQUESTS,
	REQUEST_OTHER = REQUESTS, /* not a memory call */
};

/* @text: ioctl's second argument. A name, a number, a number with its name, _IOC(...). */
enum request request_parse(const char *text);
const char *request_name(enum request request);

/* ioctl's argument of KVM_CHECK_EXTENSION. False: a name that is not known here. */
bool capability_parse(const char *text, uint64_t *number);
/* "KVM_CAP_NR_MEMSLOTS", or NULL. */
const char *capability_name(uint64_t number);

/* "KVM_MEM_READONLY" to its bit; 0: unknown. */
uint64_t memory_flag(const char *name, size_t length);

/* Does a line speak of arm64, or of x86? Neither: 0. More than 0: arm64; less: x86. */
int names_architecture(const char *line);

#endif
