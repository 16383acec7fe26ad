/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_PREDICT_H
#define CLI_AUDIT_PREDICT_H
/*
 * What a guest gets on this host: of a BAR that is passed through, or would be, and of a memory area
 * of a process that holds a guest. The rules are those of cli/linux/.
 */
#include "audit/host.h"

enum answer3 {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

struct prediction {
	bool known;
	const char *why_unknown;
	bool certain; /* the kernel's rules are */
	bool mapped;  /* false: the driver offers no mapping, every access exits to the VMM */
	const char *slot_error;  /* KVM_SET_USER_MEMORY_REGION; NULL: accepted */
	const char *log_error;   /* the same with KVM_MEM_LOG_DIRTY_PAGES */
	const char *mte_error;   /* the same for a guest with MTE; arm64 */
	const char *fault_error; /* KVM_RUN at the first access; NULL: it is mapped */
	const char *type;        /* "device-nGnRE", "normal-nc", "normal-wb"; x86 "uc", "wb" */
	unsigned int classes;    /* set of enum mezzo_class that the guest can reach */
	enum answer3 unaligned, combining, cached, exec;
	uint64_t block_bytes; /* largest leaf to be expected; 0: not known */
	const struct mezzo_reason_text *reason;
};

struct prediction predict_bar(const struct host *host, const struct device *device,
			      unsigned int bar);
struct prediction predict_area(const struct host *host, const struct guest *guest,
			       const struct area *area);

/* Does the machine make this device's DMA snoop? */
enum answer3 device_snoops(const struct host *host, const struct device *device);

/* The guest's process holds the device, as far as descriptors show. */
bool guest_holds(const struct guest *guest, const struct device *device);
/* One of the guest's devices does not snoop. */
bool guest_noncoherent(const struct host *host, const struct guest *guest);

/* The device and BAR behind an area, where that is clear; NULL: it is not. */
const struct device *area_device(const struct host *host, const struct guest *guest,
				 const struct area *area, unsigned int *bar);

/* "yes", "no", "unknown". */
const char *answer3_name(enum answer3 answer);

#endif
