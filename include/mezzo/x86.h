/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_X86_H
#define MEZZO_X86_H
/*
 * x86 memory types as data: which type an access really has, of the guest's PAT and MTRRs, our
 * entry and the host's MTRRs; what the registers may hold; which aliases of a page are legal.
 *
 * Everything here is pure: no state, no lock. Every cell says where it was read and how far it may
 * be trusted (mezzo_source). No emulator applies EPT types, the ignore-PAT bit or nested PAT types:
 * these tables have no executable judge, only Intel's MTRR x PAT has (Bochs, tests/oracle).
 */
#include <mezzo/decide.h>
#include <mezzo/memtype.h>

/* --- combining types ---------------------------------------------------------------------- */

/* One cell of a table. */
struct mezzo_x86_cell {
	uint8_t type;   /* enum mezzo_x86_type */
	uint8_t source; /* enum mezzo_source */
	/*
	 * An access looks into the caches: every cacheable type, CD, WC+, and UC that page tables
	 * asked for. UC that an MTRR or an EPT entry says does not, nor does WC, unless the
	 * processor has self-snoop.
	 */
	bool snoops;
	bool formerly_undefined; /* by older manuals: processors may differ */
};

/**
 * mezzo_x86_combine_intel() - a page's PAT type on memory of an MTRR type
 * @mtrr: UC, WC, WT, WP or WB: of the MTRRs, or the type of an EPT entry without ignore-PAT
 * @pat: UC, UC-, WC, WT, WP or WB
 *
 * Source: Intel SDM vol. 3, "Effective Page-Level Memory Types"; EPT, "Memory Type Used for
 * Translated Guest-Physical Addresses". For CR0.CD = 0.
 */
struct mezzo_x86_cell mezzo_x86_combine_intel(enum mezzo_x86_type mtrr, enum mezzo_x86_type pat);

/**
 * mezzo_x86_combine_nested() - the guest's PAT type and that of the nested entry, on AMD
 * @guest, @nested: UC, UC-, WC, WT, WP or WB
 *
 * The result is a "combined PAT type", UC- and WC+ among them, for mezzo_x86_combine_amd. Source:
 * AMD APM vol. 2, 15.25.8, table 15-19.
 */
struct mezzo_x86_cell mezzo_x86_combine_nested(enum mezzo_x86_type guest,
					       enum mezzo_x86_type nested);

/**
 * mezzo_x86_combine_amd() - a PAT type on memory of an MTRR type, on AMD
 * @pat: UC, UC-, WC, WT, WP, WB or WC+
 * @mtrr: UC, WC, WT, WP or WB, by system-physical address
 *
 * Source: AMD APM vol. 2, 7.8.5, table 7-11; for WC+ 15.25.8, table 15-20.
 */
struct mezzo_x86_cell mezzo_x86_combine_amd(enum mezzo_x86_type pat, enum mezzo_x86_type mtrr);

/* One access by a guest. */
struct mezzo_x86_access {
	uint8_t engine;    /* enum mezzo_x86_engine */
	uint8_t stage2;    /* enum mezzo_x86_stage2: what our entry says */
	uint8_t guest_pat; /* enum mezzo_x86_type: of the PAT entry that the guest's page selects */
	uint8_t host_mtrr; /* enum mezzo_x86_type: counts under NPT only */
	bool paging_off;   /* guest CR0.PG = 0: the PAT type is taken as WB */
	bool cr0_cd;       /* guest CR0.CD = 1: obeyed under NPT, without effect under EPT */
};

/* The type that the access really has. */
struct mezzo_x86_cell mezzo_x86_effective(const struct mezzo_x86_access *access);

/* UC and CD are Device, WC and WC+ are NC, the cacheable types WB. UC- is Device. */
enum mezzo_class mezzo_x86_class(enum mezzo_x86_type type);

/*
 * The set of classes that a guest can reach through an entry, over every PAT type of its own and,
 * under NPT, over memory whose host MTRR is WB. (Any other can only take classes away.)
 */
unsigned int mezzo_x86_reachable(enum mezzo_x86_stage2 stage2, enum mezzo_x86_engine engine);

/* --- PAT ---------------------------------------------------------------------------------- */

#define MEZZO_X86_PAT_ENTRIES 8
#define MEZZO_X86_PAT_RESET UINT64_C(0x0007040600070406)

/* May the PAT MSR be set so? An entry that is none of the six types, or a reserved bit: #GP. */
bool mezzo_x86_pat_valid(uint64_t pat);
/* The type of entry @index, 0 to 7, of a valid PAT. */
enum mezzo_x86_type mezzo_x86_pat_type(uint64_t pat, unsigned int index);
/*
 * The index that a page-table entry selects: 4 * PAT + 2 * PCD + PWT. @order: of the leaf, whose
 * PAT bit is bit 7 of a 4 KiB and bit 12 of a larger one. An entry that points to a table, and CR3,
 * select the type in which that table is read: 2 * PCD + PWT.
 */
unsigned int mezzo_x86_pat_index(uint64_t entry, unsigned int order);
unsigned int mezzo_x86_pat_table_index(uint64_t entry);

/* --- aliases of one page ------------------------------------------------------------------- */

enum mezzo_x86_verdict {
	MEZZO_X86_LEGAL,
	MEZZO_X86_TOLERATED, /* not supported by the manual, coherent in practice */
	MEZZO_X86_FORBIDDEN, /* loses coherence, or worse */
	MEZZO_X86_VERDICTS
};

struct mezzo_x86_alias {
	uint8_t verdict;      /* enum mezzo_x86_verdict */
	uint8_t source;       /* enum mezzo_source */
	const char *sentence; /* why */
};

/**
 * mezzo_x86_alias() - may the host and the guest reach one page so?
 * @host, @guest: type and snooping of each one's accesses; other fields are not looked at
 * @self_snoop: CPUID.01H:EDX.SS
 */
struct mezzo_x86_alias mezzo_x86_alias(const struct mezzo_x86_cell *host,
				       const struct mezzo_x86_cell *guest, bool self_snoop);
/* "legal", "tolerated", "forbidden". */
const char *mezzo_x86_verdict_name(enum mezzo_x86_verdict verdict);

/* --- MTRRs -------------------------------------------------------------------------------- */

#define MEZZO_X86_MTRR_VARIABLE_MAX 16
#define MEZZO_X86_MTRR_FIXED 11 /* 64K at 0, 16K at 0x80000, 0xa0000, 4K at 0xc0000 to 0xf8000 */

/* The MTRRs of one virtual CPU; all vCPUs of a guest must agree. All zero is the reset state. */
struct mezzo_x86_mtrr {
	uint64_t def_type;
	uint64_t fixed[MEZZO_X86_MTRR_FIXED];
	struct {
		uint64_t base, mask;
	} variable[MEZZO_X86_MTRR_VARIABLE_MAX];
	uint8_t count;   /* variable ranges (MTRRcap.VCNT) */
	uint8_t pa_bits; /* the guest's MAXPHYADDR */
};

/* Why a WRMSR would raise #GP. */
enum mezzo_x86_mtrr_fault {
	MEZZO_X86_MTRR_OK,
	MEZZO_X86_MTRR_UNKNOWN,    /* no MTRR of that number, or a range that is not there */
	MEZZO_X86_MTRR_READ_ONLY,  /* MTRRcap */
	MEZZO_X86_MTRR_TYPE,       /* a type that is none of UC, WC, WT, WP, WB */
	MEZZO_X86_MTRR_RESERVED,   /* a reserved bit is set */
	MEZZO_X86_MTRR_BEYOND_MAX, /* an address bit at or above MAXPHYADDR */
	MEZZO_X86_MTRR_FAULTS
};

/* MTRRcap: VCNT, fixed ranges and WC are there, SMRR is not. */
uint64_t mezzo_x86_mtrr_cap(const struct mezzo_x86_mtrr *mtrr);

/*
 * What a WRMSR of @value to @msr does: nothing but say so where it would fault; otherwise the
 * register is changed. Source: SDM vol. 3, "Memory Type Range Registers". Cost: constant.
 */
enum mezzo_x86_mtrr_fault mezzo_x86_mtrr_write(struct mezzo_x86_mtrr *mtrr, uint32_t msr,
					       uint64_t value);
/* Could these have come about by writes? Cost: linear in the registers. */
bool mezzo_x86_mtrr_valid(const struct mezzo_x86_mtrr *mtrr);
/* False: no such MSR, #GP. */
bool mezzo_x86_mtrr_read(const struct mezzo_x86_mtrr *mtrr, uint32_t msr, uint64_t *value);
/* One sentence. */
const char *mezzo_x86_mtrr_fault_text(enum mezzo_x86_mtrr_fault fault);

/* Which rule gave a type. */
enum mezzo_x86_mtrr_rule {
	MEZZO_X86_MTRR_DISABLED,   /* E = 0: UC for everything */
	MEZZO_X86_MTRR_FIXED_WINS, /* below 1 MiB with FE = 1 */
	MEZZO_X86_MTRR_DEFAULT,    /* no range matches */
	MEZZO_X86_MTRR_ONE,        /* one variable range, or several of one type */
	MEZZO_X86_MTRR_UC_WINS,    /* several, one of them UC */
	MEZZO_X86_MTRR_WT_WINS,    /* WT and WB */
	MEZZO_X86_MTRR_UNDEFINED,  /* any other overlap: taken as UC, the strongest */
	MEZZO_X86_MTRR_RULES
};

struct mezzo_x86_mtrr_run {
	uint8_t type;  /* enum mezzo_x86_type */
	uint8_t rule;  /* enum mezzo_x86_mtrr_rule */
	uint64_t last; /* last byte of the run: type and rule hold from the address asked to here */
};

/**
 * mezzo_x86_mtrr_at() - the type of an address, and how far it goes on
 *
 * Cost: linear in the variable ranges, whatever their size. Walking a range from run to run takes
 * as many steps as there are edges of ranges in it.
 */
struct mezzo_x86_mtrr_run mezzo_x86_mtrr_at(const struct mezzo_x86_mtrr *mtrr, uint64_t addr);

/* The largest leaf, at most @order, whose block around @ipa has one type. */
unsigned int mezzo_x86_mtrr_order(const struct mezzo_x86_mtrr *mtrr, struct mezzo_ipa ipa,
				  unsigned int order);

/**
 * mezzo_x86_mtrr_next_change() - where do two states of the MTRRs differ?
 * @from: where to begin; on success moved to the first byte whose types differ
 * @limit: one past the last byte to look at
 * @pages: out, how far the difference goes on
 *
 * False when no byte of [@from, @limit) has another type. Cost: linear in edges of ranges.
 */
bool mezzo_x86_mtrr_next_change(const struct mezzo_x86_mtrr *before,
				const struct mezzo_x86_mtrr *after, struct mezzo_ipa *from,
				uint64_t limit, uint64_t *pages);

#endif
