/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_FINDINGS_H
#define CLI_AUDIT_FINDINGS_H
/*
 * What is wrong on a host, or will go wrong: each finding has a name, an object, what happens and
 * why there; the long story is that of `mezzo reason NAME`.
 */
#include "audit/predict.h"
#include "reasons/reasons.h"

enum severity {
	SEVERITY_DANGER, /* data of another guest, or the host, may be harmed */
	SEVERITY_BROKEN, /* something does not work, or the guest dies */
	SEVERITY_SLOW,
	SEVERITY_NOTE, /* good to know; not wrong */
	SEVERITIES
};

enum finding_id {
	FINDING_STALE_LINES,
	FINDING_CACHED_REFUSED,
	FINDING_BAR_DEVICE_ONLY,
	FINDING_BAR_REGISTERS_NC,
	FINDING_BAR_SMALLER_THAN_PAGE,
	FINDING_BAR_BY_SMALL_PAGES,
	FINDING_BAR_MEMORY_DISABLED,
	FINDING_BAR_INSIDE_RAM,
	FINDING_BAR_THROUGH_SYSFS,
	FINDING_BAR_AND_MTE,
	FINDING_NO_IOMMU_GROUP,
	FINDING_GROUP_NOT_VIABLE,
	FINDING_IOMMU_UNSAFE,
	FINDING_DMA_NOT_SNOOPED,
	FINDING_IOMMUFD_PEER,
	FINDING_GUEST_PAST_CACHE,
	FINDING_RAM_BY_SMALL_PAGES,
	FINDING_DRM_READ_ONLY,
	FINDING_DRM_ALIAS,
	FINDING_MIXEDMAP_LATE,
	FINDING_GUEST_MEMFD_MMAP,
	FINDING_STAGE2_SMALLER,
	FINDING_VGA_WRITE_BACK,
	FINDING_GUEST_MTRR_HONOURED,
	FINDING_GUEST_PAT_HONOURED,
	FINDING_HOSTMEM_UNCACHED,
	FINDING_RULES_UNCERTAIN,
	FINDING_NO_KVM,
	FINDINGS
};

struct finding_text {
	enum severity severity;
	struct mezzo_reason_text reason; /* name, sentence, source */
	struct reason_story story;
};
const struct finding_text *finding_text(enum finding_id id);
/* Each file has the texts of its own findings; the rest of its entries are empty. */
extern const struct finding_text finding_texts_devices[FINDINGS];
extern const struct finding_text finding_texts_guests[FINDINGS];
/* The finding of that name, or -1. */
int finding_parse(const char *name);
/* "danger", "broken", "slow", "note". */
const char *severity_name(enum severity severity);

struct finding {
	enum finding_id id;
	const char *object; /* "0000:00:01.0 BAR 2", "process 133 (qemu)", "host" */
	const char *what;   /* happens, here */
	const char *why;    /* rule and kernel */
};

struct findings {
	struct finding *finding;   /* worst first */
	unsigned int count, wrong; /* wrong: without notes */
};

void findings_make(struct host *host, struct findings *findings);

/* The parts, a file each. */
void find_of_devices(struct host *host, struct findings *findings);
void find_of_guests(struct host *host, struct findings *findings);
void find_of_host(struct host *host, struct findings *findings);
void finding_add(struct host *host, struct findings *findings, enum finding_id id,
		 const char *object, const char *why, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* "KVM of Linux 6.1.0-56-arm64 (linux-6.8)". */
const char *kernel_text(struct host *host);

#endif
