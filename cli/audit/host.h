/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_HOST_H
#define CLI_AUDIT_HOST_H
/*
 * What an audit knows of a host: facts, each with where it came from; PCI functions; processes that
 * hold guests; and what could not be looked at. host_read fills it from a root; predict.h and
 * findings.h say what follows.
 */
#include "audit/root.h"
#include "audit/smaps.h"
#include "linux/release.h"
#include "linux/x86.h"

#include <mezzo/decide.h>

/* --- facts ----------------------------------------------------------------------------------- */

enum fact_id {
	FACT_ARCH,
	FACT_KERNEL,
	FACT_KVM_RULES,
	FACT_KVM,
	FACT_PAGE_BYTES,
	FACT_CPUS,
	/* arm64 */
	FACT_FWB,
	FACT_IDC,
	FACT_DIC,
	FACT_DCACHE_LINE_BYTES,
	FACT_ICACHE_LINE_BYTES,
	FACT_MTE,
	FACT_IPA_BITS,
	FACT_BLOCK_BYTES,
	FACT_VHE,
	FACT_CACHEABLE_PFNMAP,
	/* x86 */
	FACT_CPU_VENDOR,
	FACT_PHYSICAL_BITS,
	FACT_SELF_SNOOP,
	FACT_TDP,
	FACT_PAT,
	FACT_GUEST_PAT_QUIRK,
	FACT_MTRRS,
	FACT_PAT_RANGES,
	/* KVM */
	FACT_MEMSLOTS,
	FACT_GUEST_MEMFD,
	FACT_GUEST_MEMFD_FLAGS,
	FACT_MEMORY_ATTRIBUTES,
	FACT_PRE_FAULT,
	FACT_DIRTY_RING,
	FACT_KVM_PARAMETERS,
	/* memory */
	FACT_THP,
	FACT_THP_SHMEM,
	FACT_HUGETLB,
	/* devices */
	FACT_IOMMU,
	FACT_IOMMU_GROUPS,
	FACT_IOMMU_SNOOP,
	FACT_VFIO_PARAMETERS,
	FACTS
};

enum fact_kind {
	FACT_TEXT,
	FACT_BOOL,
	FACT_NUMBER,
};

struct fact_text {
	const char *name; /* as JSON spells it */
	enum fact_kind kind;
	const char *arch; /* NULL: every one's */
	const char *what;
};
extern const struct fact_text fact_texts[FACTS];

struct fact {
	bool known;
	uint64_t number;    /* FACT_BOOL: 0 or 1 */
	const char *text;   /* FACT_TEXT; else NULL */
	const char *source; /* where from; of an unknown one, why nobody knows */
};

/* --- devices --------------------------------------------------------------------------------- */

struct bar {
	bool present, prefetchable, wide; /* wide: 64 bits */
	uint64_t start, bytes;
};
#define PCI_BARS 6

struct device {
	const char *bus;     /* "pci", "platform", "amba", "fsl-mc", "cdx" */
	const char *address; /* "0000:00:01.0" */
	unsigned int vendor, id, class_code;
	const char *driver;                /* bound now, or NULL */
	const char *pass_driver;           /* the one that would pass it through */
	bool passed;                       /* bound to it */
	bool what_if;                      /* asked about as if it were, though it is not */
	int group;                         /* of the IOMMU; -1: none */
	const char *group_type;            /* or NULL */
	bool memory_enabled, memory_known; /* PCI_COMMAND */
	const char *power;                 /* "D0", "D3hot", ... or NULL */
	bool coherent, coherent_known;     /* DMA, as the device tree says */
	struct bar bar[PCI_BARS];
};

struct mtrr {
	uint64_t base, bytes;
	const char *type; /* as /proc/mtrr spells it */
};

struct pat_range {
	uint64_t start, end;
	const char *type;
};

/* --- guests ---------------------------------------------------------------------------------- */

struct stage2_range {
	uint64_t start, end; /* IPA */
	unsigned int level;  /* of its leaves */
	bool read, write, exec;
};

struct guest {
	unsigned int pid;
	const char *name; /* or "-" */
	unsigned int vms, vcpus, guest_memfds, vfio_devices;
	bool iommufd, drm, dev_mem;
	unsigned int *group; /* /dev/vfio/N */
	unsigned int groups;
	const char **device; /* addresses, where the kernel says */
	unsigned int devices;
	const char *areas_missing; /* why areas are not known, or NULL */
	struct areas areas;
	struct stage2_range *stage2; /* where debugfs offers it */
	unsigned int stage2_ranges;
};

struct missing {
	const char *what, *why;
};

struct host {
	struct arena arena;
	struct linux_release release;
	enum linux_version rules; /* of arm64 */
	enum linux_x86_rules x86_rules;
	bool rules_certain;
	struct fact fact[FACTS];
	struct device *device;
	unsigned int devices;
	struct mtrr *mtrr;
	unsigned int mtrrs;
	struct pat_range *pat;
	unsigned int pats;
	struct guest *guest;
	unsigned int guests;
	struct missing *missing;
	unsigned int missings;
	const char *boot_log; /* its lines, or NULL */
	bool boot_log_whole;
	bool uncached_seen; /* some mapping carries VM_ALLOW_ANY_UNCACHED */
	bool stage2;        /* set by the caller: read stage-2 tables, too */
};

/*
 * Everything that is to be read, in one pass. What is not there is unknown. NULL, or why it is no
 * host at all.
 */
const char *host_read(struct host *host, struct root *root);
void host_free(struct host *host);

/* The parts, a file each. */
void facts_read(struct host *host, struct root *root);
void facts_read_x86(struct host *host, struct root *root);
void facts_read_memory(struct host *host, struct root *root);
void devices_read(struct host *host, struct root *root);
void guests_read(struct host *host, struct root *root);
/* Which rules the kernel follows: version, and what was seen to behave. After the rest. */
void rules_settle(struct host *host);
/* The same from FACT_KVM_RULES as an audit wrote it: "linux-6.9", "linux-6.9?". */
void rules_from_fact(struct host *host);

/* "key value" of the answers, or NULL. */
const char *answer_of(const char *answers, const char *key, char *text, size_t size);

void fact_set_bool(struct host *host, enum fact_id id, bool value, const char *source);
void fact_set_number(struct host *host, enum fact_id id, uint64_t value, const char *source);
void fact_set_text(struct host *host, enum fact_id id, const char *value, const char *source);
void fact_unknown(struct host *host, enum fact_id id, const char *why);
/* "yes", "4096", "unknown" into @text. */
const char *fact_value(const struct host *host, enum fact_id id, char *text, size_t size);
/* Known and true; known and false. */
bool fact_yes(const struct host *host, enum fact_id id);
bool fact_no(const struct host *host, enum fact_id id);
bool host_is(const struct host *host, const char *arch);
void host_miss(struct host *host, const char *what, const char *why);

#endif
