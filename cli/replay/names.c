/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include "strace.h"
#include <stdlib.h>
#include <string.h>

/* The numbers are those of linux/kvm.h. */
static const struct {
	const char *name;
	uint64_t number;
} requests[REQUESTS] = {
	[REQUEST_CREATE_VM] = {"KVM_CREATE_VM", 0xae01},
	[REQUEST_CHECK_EXTENSION] = {"KVM_CHECK_EXTENSION", 0xae03},
	[REQUEST_SET_REGION] = {"KVM_SET_USER_MEMORY_REGION", 0x4020ae46},
	[REQUEST_SET_REGION2] = {"KVM_SET_USER_MEMORY_REGION2", 0x40a0ae49},
	[REQUEST_GET_DIRTY_LOG] = {"KVM_GET_DIRTY_LOG", 0x4010ae42},
	[REQUEST_CLEAR_DIRTY_LOG] = {"KVM_CLEAR_DIRTY_LOG", 0xc018aec0},
	[REQUEST_ENABLE_CAP] = {"KVM_ENABLE_CAP", 0x4068aea3},
	[REQUEST_CREATE_MEMFD] = {"KVM_CREATE_GUEST_MEMFD", 0xc040aed4},
	[REQUEST_RESET_RINGS] = {"KVM_RESET_DIRTY_RINGS", 0xaec7},
};

/* Those that a memory call may ask for or enable. */
static const struct {
	const char *name;
	uint64_t number;
} capabilities[] = {
	{"KVM_CAP_USER_MEMORY", 3},
	{"KVM_CAP_NR_MEMSLOTS", 10},
	{"KVM_CAP_SYNC_MMU", 16},
	{"KVM_CAP_DESTROY_MEMORY_REGION_WORKS", 21},
	{"KVM_CAP_JOIN_MEMORY_REGIONS_WORKS", 30},
	{"KVM_CAP_READONLY_MEM", 81},
	{"KVM_CAP_MULTI_ADDRESS_SPACE", 118},
	{"KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2", 168},
	{"KVM_CAP_DIRTY_LOG_RING", 192},
	{"KVM_CAP_DIRTY_LOG_RING_ACQ_REL", 223},
	{"KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP", 225},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- requests ---------------------------------------------------------------------------------- */

static enum request by_name(const char *name, size_t length)
{
	for (unsigned int i = 0; i < REQUESTS; i++)
		if (strlen(requests[i].name) == length &&
		    memcmp(requests[i].name, name, length) == 0)
			return (enum request)i;
	return REQUEST_OTHER;
}

static enum request by_number(uint64_t number)
{
	for (unsigned int i = 0; i < REQUESTS; i++)
		if (requests[i].number == number)
			return (enum request)i;
	return REQUEST_OTHER;
}

/* "_IOC(_IOC_READ|_IOC_WRITE, 0xae, 0x49, 0xa0)" */
static uint64_t ioc_number(const char *text)
{
	uint64_t direction = 0, part[3] = {0};
	const char *comma = strchr(text, ',');
	char *end = (char *)comma;

	for (unsigned int i = 0; i < 3; i++) {
		if (!end || *end != ',')
			return 0;
		part[i] = strtoull(end + 1, &end, 0);
	}
	for (const char *at = text; at < comma; at++) {
		if (strncmp(at, "_IOC_WRITE", 10) == 0)
			direction |= 1;
		else if (strncmp(at, "_IOC_READ", 9) == 0)
			direction |= 2;
	}
	/* Of the size, the type and the number. */
	return direction << 30 | part[2] << 16 | part[0] << 8 | part[1];
}

enum request request_parse(const char *text)
{
	const char *name;
	uint64_t number;
	size_t length;

	if (strncmp(text, "_IOC(", 5) == 0)
		return by_number(ioc_number(text));
	if (strace_number(text, &number))
		return by_number(number);
	/* A number that is several requests has several names: "A or B". */
	while ((length = strace_name(text, &name))) {
		enum request request = by_name(name, length);

		if (request != REQUEST_OTHER)
			return request;
		text = strstr(name, " or ");
		if (!text)
			break;
		text += 4;
	}
	return REQUEST_OTHER;
}

const char *request_name(enum request request)
{
	return requests[request].name;
}

/* --- capabilities and flags -------------------------------------------------------------------- */

bool capability_parse(const char *text, uint64_t *number)
{
	const char *name;
	size_t length;

	if (strace_number(text, number))
		return true;
	length = strace_name(text, &name);
	for (size_t i = 0; i < COUNT(capabilities); i++)
		if (length && strlen(capabilities[i].name) == length &&
		    memcmp(capabilities[i].name, name, length) == 0) {
			*number = capabilities[i].number;
			return true;
		}
	return false;
}

const char *capability_name(uint64_t number)
{
	for (size_t i = 0; i < COUNT(capabilities); i++)
		if (capabilities[i].number == number)
			return capabilities[i].name;
	return NULL;
}

uint64_t memory_flag(const char *name, size_t length)
{
	static const char *const names[] = {"KVM_MEM_LOG_DIRTY_PAGES", "KVM_MEM_READONLY",
					    "KVM_MEM_GUEST_MEMFD"};

	for (unsigned int i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return UINT64_C(1) << i;
	return 0;
}

int names_architecture(const char *line)
{
	static const char *const arm64[] = {"KVM_ARM_", "KVM_CAP_ARM_", "KVM_DEV_ARM_"};
	static const char *const x86[] = {"KVM_CAP_X86_",     "KVM_X86_",
					  "KVM_SET_TSS_ADDR", "KVM_GET_SUPPORTED_CPUID",
					  "KVM_SET_CPUID2",   "KVM_CAP_SET_TSS_ADDR"};

	for (unsigned int i = 0; i < COUNT(arm64); i++)
		if (strstr(line, arm64[i]))
			return 1;
	for (unsigned int i = 0; i < COUNT(x86); i++)
		if (strstr(line, x86[i]))
			return -1;
	return 0;
}
