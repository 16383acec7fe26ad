/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's MTRRs: what may be written, which type an address has, and where two states differ. */
#include <mezzo/x86.h>

#define MSR_CAP 0xfe
#define MSR_VARIABLE 0x200
#define MSR_DEF_TYPE 0x2ff

#define CAP_FIXED (UINT64_C(1) << 8)
#define CAP_WC (UINT64_C(1) << 10)
#define DEF_TYPE_FIXED (UINT64_C(1) << 10)
#define DEF_TYPE_ENABLE (UINT64_C(1) << 11)
#define DEF_TYPE_RESERVED (~UINT64_C(0xcff))
#define BASE_RESERVED UINT64_C(0xf00)
#define MASK_VALID (UINT64_C(1) << 11)
#define MASK_RESERVED UINT64_C(0x7ff)

#define PA_BITS_MIN 32
#define PA_BITS_MAX 52

#define FIXED_END UINT64_C(0x100000)

static uint64_t last_address(const struct mezzo_x86_mtrr *mtrr)
{
	return (UINT64_C(1) << mtrr->pa_bits) - 1;
}

/* Where a run from @addr ends at the latest. Above the last address nothing changes any more. */
static uint64_t furthest(const struct mezzo_x86_mtrr *mtrr, uint64_t addr)
{
	return addr > last_address(mtrr) ? ~UINT64_C(0) : last_address(mtrr);
}

/* --- registers ----------------------------------------------------------------------------- */

static bool type_valid(uint64_t type)
{
	return type == MEZZO_X86_UC || type == MEZZO_X86_WC ||
	       (type >= MEZZO_X86_WT && type <= MEZZO_X86_WB);
}

/* The index of a fixed-range MSR, or MEZZO_X86_MTRR_FIXED. */
static unsigned int fixed_index(uint32_t msr)
{
	if (msr == 0x250)
		return 0;
	if (msr == 0x258 || msr == 0x259)
		return 1 + (msr - 0x258);
	if (msr >= 0x268 && msr <= 0x26f)
		return 3 + (msr - 0x268);
	return MEZZO_X86_MTRR_FIXED;
}

static bool is_variable(const struct mezzo_x86_mtrr *mtrr, uint32_t msr)
{
	return msr >= MSR_VARIABLE && (msr - MSR_VARIABLE) / 2 < mtrr->count;
}

uint64_t mezzo_x86_mtrr_cap(const struct mezzo_x86_mtrr *mtrr)
{
	return mtrr->count | CAP_FIXED | CAP_WC;
}

static enum mezzo_x86_mtrr_fault check_fixed(uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++, value >>= 8)
		if (!type_valid(value & 0xff))
			return MEZZO_X86_MTRR_TYPE;
	return MEZZO_X86_MTRR_OK;
}

static enum mezzo_x86_mtrr_fault check_variable(const struct mezzo_x86_mtrr *mtrr, bool mask,
						uint64_t value)
{
	if (!mask && !type_valid(value & 0xff))
		return MEZZO_X86_MTRR_TYPE;
	if (value & (mask ? MASK_RESERVED : BASE_RESERVED))
		return MEZZO_X86_MTRR_RESERVED;
	return value > last_address(mtrr) ? MEZZO_X86_MTRR_BEYOND_MAX : MEZZO_X86_MTRR_OK;
}

static enum mezzo_x86_mtrr_fault check_def_type(uint64_t value)
{
	if (!type_valid(value & 0xff))
		return MEZZO_X86_MTRR_TYPE;
	return value & DEF_TYPE_RESERVED ? MEZZO_X86_MTRR_RESERVED : MEZZO_X86_MTRR_OK;
}

/* The register behind a number, or NULL. */
static uint64_t *find(struct mezzo_x86_mtrr *mtrr, uint32_t msr)
{
	if (msr == MSR_DEF_TYPE)
		return &mtrr->def_type;
	if (fixed_index(msr) < MEZZO_X86_MTRR_FIXED)
		return &mtrr->fixed[fixed_index(msr)];
	if (!is_variable(mtrr, msr))
		return NULL;
	return msr & 1 ? &mtrr->variable[(msr - MSR_VARIABLE) / 2].mask
		       : &mtrr->variable[(msr - MSR_VARIABLE) / 2].base;
}

enum mezzo_x86_mtrr_fault mezzo_x86_mtrr_write(struct mezzo_x86_mtrr *mtrr, uint32_t msr,
					       uint64_t value)
{
	uint64_t *reg = find(mtrr, msr);
	enum mezzo_x86_mtrr_fault fault;

	if (msr == MSR_CAP)
		return MEZZO_X86_MTRR_READ_ONLY;
	if (!reg)
		return MEZZO_X86_MTRR_UNKNOWN;
	if (msr == MSR_DEF_TYPE)
		fault = check_def_type(value);
	else if (is_variable(mtrr, msr))
		fault = check_variable(mtrr, msr & 1, value);
	else
		fault = check_fixed(value);
	if (fault == MEZZO_X86_MTRR_OK)
		*reg = value;
	return fault;
}

bool mezzo_x86_mtrr_valid(const struct mezzo_x86_mtrr *mtrr)
{
	if (mtrr->count > MEZZO_X86_MTRR_VARIABLE_MAX || mtrr->pa_bits < PA_BITS_MIN ||
	    mtrr->pa_bits > PA_BITS_MAX || check_def_type(mtrr->def_type))
		return false;
	for (unsigned int i = 0; i < MEZZO_X86_MTRR_FIXED; i++)
		if (check_fixed(mtrr->fixed[i]))
			return false;
	for (unsigned int i = 0; i < mtrr->count; i++)
		if (check_variable(mtrr, false, mtrr->variable[i].base) ||
		    check_variable(mtrr, true, mtrr->variable[i].mask))
			return false;
	return true;
}

bool mezzo_x86_mtrr_read(const struct mezzo_x86_mtrr *mtrr, uint32_t msr, uint64_t *value)
{
	struct mezzo_x86_mtrr copy = *mtrr;
	const uint64_t *reg = find(&copy, msr);

	if (msr == MSR_CAP)
		*value = mezzo_x86_mtrr_cap(mtrr);
	else if (reg)
		*value = *reg;
	return msr == MSR_CAP || reg;
}

const char *mezzo_x86_mtrr_fault_text(enum mezzo_x86_mtrr_fault fault)
{
	static const char *const text[MEZZO_X86_MTRR_FAULTS] = {
		[MEZZO_X86_MTRR_OK] = "The write is valid.",
		[MEZZO_X86_MTRR_UNKNOWN] = "There is no MTRR of that number: #GP.",
		[MEZZO_X86_MTRR_READ_ONLY] = "MTRRcap is read-only: #GP.",
		[MEZZO_X86_MTRR_TYPE] =
			"A memory type is none of UC (0), WC (1), WT (4), WP (5), WB (6): #GP.",
		[MEZZO_X86_MTRR_RESERVED] = "A reserved bit is set: #GP.",
		[MEZZO_X86_MTRR_BEYOND_MAX] = "An address bit at or above MAXPHYADDR is set: #GP.",
	};

	return (unsigned int)fault < MEZZO_X86_MTRR_FAULTS ? text[fault] : "unknown";
}

/* --- look-up ------------------------------------------------------------------------------- */

/* Fixed ranges: 64 KiB below 0x80000, 16 KiB below 0xc0000, 4 KiB below 0x100000. */
static struct mezzo_x86_mtrr_run at_fixed(const struct mezzo_x86_mtrr *mtrr, uint64_t addr)
{
	unsigned int shift, index;
	uint64_t from;

	if (addr < 0x80000) {
		shift = 16;
		from = 0;
		index = 0;
	} else if (addr < 0xc0000) {
		shift = 14;
		from = 0x80000;
		index = 1 * 8;
	} else {
		shift = 12;
		from = 0xc0000;
		index = 3 * 8;
	}
	index += (unsigned int)((addr - from) >> shift);
	return (struct mezzo_x86_mtrr_run){
		.type = (uint8_t)(mtrr->fixed[index / 8] >> 8 * (index % 8)),
		.rule = MEZZO_X86_MTRR_FIXED_WINS,
		.last = addr | ((UINT64_C(1) << shift) - 1),
	};
}

/*
 * The first address above @addr, which does not match, with (address & @mask) == @pattern; or
 * UINT64_C(-1). The mask may have gaps.
 */
static uint64_t next_match(uint64_t addr, uint64_t mask, uint64_t pattern, uint64_t last)
{
	unsigned int high = 63 - (unsigned int)__builtin_clzll((addr ^ pattern) & mask);
	uint64_t above = high == 63 ? 0 : ~UINT64_C(0) << (high + 1);
	uint64_t gap;

	/* A bit that must be set, and is not: what stands above it stays. */
	if (pattern >> high & 1)
		return (addr & above) | (pattern & ~above);
	/* One that must be clear: the next free bit above it goes up, and all below start anew. */
	gap = ~addr & ~mask & above & last;
	if (!gap)
		return ~UINT64_C(0);
	gap &= -gap;
	return ((addr | gap) & ~(gap - 1)) | (pattern & (gap - 1));
}

/* Does the range match, and up to which address is that so? */
static bool matches(uint64_t base, uint64_t mask, uint64_t addr, uint64_t limit, uint64_t *last)
{
	uint64_t edge;

	mask &= limit & ~(MEZZO_PAGE_BYTES - 1);
	if (!mask) {
		*last = limit;
		return true;
	}
	if ((addr & mask) == (base & mask)) {
		/* The lowest bit of the mask flips with the next block. */
		*last = addr | ((mask & -mask) - 1);
		return true;
	}
	edge = next_match(addr, mask, base & mask, limit);
	*last = edge > limit ? limit : edge - 1;
	return false;
}

/* The set of types of the variable ranges that match, as 1 << type. */
static unsigned int variable_types(const struct mezzo_x86_mtrr *mtrr, uint64_t addr, uint64_t *last)
{
	uint64_t limit = furthest(mtrr, addr);
	unsigned int set = 0;

	*last = limit;
	for (unsigned int i = 0; i < mtrr->count; i++) {
		uint64_t base = mtrr->variable[i].base, mask = mtrr->variable[i].mask, end;

		if (!(mask & MASK_VALID))
			continue;
		if (matches(base, mask, addr, limit, &end))
			set |= 1u << (base & 7);
		if (end < *last)
			*last = end;
	}
	return set;
}

struct mezzo_x86_mtrr_run mezzo_x86_mtrr_at(const struct mezzo_x86_mtrr *mtrr, uint64_t addr)
{
	const unsigned int uc = 1u << MEZZO_X86_UC, wt = 1u << MEZZO_X86_WT,
			   wb = 1u << MEZZO_X86_WB;
	struct mezzo_x86_mtrr_run run = {MEZZO_X86_UC, MEZZO_X86_MTRR_DISABLED,
					 furthest(mtrr, addr)};
	unsigned int set;

	if (!(mtrr->def_type & DEF_TYPE_ENABLE))
		return run;
	if (mtrr->def_type & DEF_TYPE_FIXED && addr < FIXED_END)
		return at_fixed(mtrr, addr);
	set = variable_types(mtrr, addr, &run.last);
	if (!set) {
		run.type = (uint8_t)mtrr->def_type;
		run.rule = MEZZO_X86_MTRR_DEFAULT;
	} else if (!(set & (set - 1))) {
		run.type = (uint8_t)__builtin_ctz(set);
		run.rule = MEZZO_X86_MTRR_ONE;
	} else if (set & uc) {
		run.rule = MEZZO_X86_MTRR_UC_WINS;
	} else if (set == (wt | wb)) {
		run.type = MEZZO_X86_WT;
		run.rule = MEZZO_X86_MTRR_WT_WINS;
	} else {
		run.rule = MEZZO_X86_MTRR_UNDEFINED;
	}
	return run;
}

static bool uniform(const struct mezzo_x86_mtrr *mtrr, uint64_t first, uint64_t last)
{
	struct mezzo_x86_mtrr_run run = mezzo_x86_mtrr_at(mtrr, first);
	uint8_t type = run.type;

	while (run.last < last) {
		run = mezzo_x86_mtrr_at(mtrr, run.last + 1);
		if (run.type != type)
			return false;
	}
	return true;
}

unsigned int mezzo_x86_mtrr_order(const struct mezzo_x86_mtrr *mtrr, struct mezzo_ipa ipa,
				  unsigned int order)
{
	while (order > MEZZO_ORDER_4K) {
		uint64_t bytes = mezzo_order_bytes(order), first = ipa.addr & ~(bytes - 1);

		if (uniform(mtrr, first, first + (bytes - 1)))
			break;
		order = order > MEZZO_ORDER_2M ? MEZZO_ORDER_2M : MEZZO_ORDER_4K;
	}
	return order;
}

bool mezzo_x86_mtrr_next_change(const struct mezzo_x86_mtrr *before,
				const struct mezzo_x86_mtrr *after, struct mezzo_ipa *from,
				uint64_t limit, uint64_t *pages)
{
	uint64_t addr = from->addr, first = limit;

	while (addr < limit) {
		struct mezzo_x86_mtrr_run a = mezzo_x86_mtrr_at(before, addr);
		struct mezzo_x86_mtrr_run b = mezzo_x86_mtrr_at(after, addr);

		if (a.type != b.type && first == limit)
			first = addr;
		if (a.type == b.type && first != limit)
			break;
		if (b.last < a.last)
			a.last = b.last;
		addr = a.last < limit ? a.last + 1 : limit;
	}
	if (first == limit)
		return false;
	*pages = (addr - first) >> MEZZO_PAGE_SHIFT;
	from->addr = first;
	return true;
}
