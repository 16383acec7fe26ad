/* SPDX-License-Identifier: BSD-2-Clause */
/* x86 memory types: how PAT, MTRRs, EPT and NPT combine. The tables are the manuals'. */
#include <mezzo/x86.h>

#define UC MEZZO_X86_UC
#define UM MEZZO_X86_UC_MINUS
#define WC MEZZO_X86_WC
#define WT MEZZO_X86_WT
#define WP MEZZO_X86_WP
#define WB MEZZO_X86_WB
#define CD MEZZO_X86_CD
#define WCP MEZZO_X86_WC_PLUS

/* Was undefined in older manuals. */
#define LATE 0x80

static bool cacheable(enum mezzo_x86_type type)
{
	return type >= MEZZO_X86_WT && type <= MEZZO_X86_WB;
}

/* By the encodings of types: 2 and 3 are reserved, 7 is no MTRR type. */
static const uint8_t intel[8][8] = {
	/*         UC       WC              WT         WP         WB       UC- */
	[UC] = {[UC] = UC, [WC] = WC, [WT] = UC, [WP] = UC, [WB] = UC, [UM] = UC},
	[WC] = {[UC] = UC, [WC] = WC, [WT] = UC | LATE, [WP] = UC | LATE, [WB] = WC, [UM] = WC},
	[WT] = {[UC] = UC, [WC] = WC, [WT] = WT, [WP] = WP | LATE, [WB] = WT, [UM] = UC},
	[WP] = {[UC] = UC, [WC] = WC, [WT] = WT | LATE, [WP] = WP, [WB] = WP, [UM] = WC | LATE},
	[WB] = {[UC] = UC, [WC] = WC, [WT] = WT, [WP] = WP, [WB] = WB, [UM] = UC},
};

struct mezzo_x86_cell mezzo_x86_combine_intel(enum mezzo_x86_type mtrr, enum mezzo_x86_type pat)
{
	uint8_t cell = intel[mtrr & 7][pat & 7];
	enum mezzo_x86_type type = cell & ~LATE;

	return (struct mezzo_x86_cell){
		.type = (uint8_t)type,
		.source = MEZZO_SOURCE_SDM,
		/* Footnotes: UC by the MTRR was never cached; UC by the page may have been. */
		.snoops = cacheable(type) || (type == UC && mtrr != UC),
		.formerly_undefined = cell & LATE,
	};
}

static bool snoops_amd(enum mezzo_x86_type type)
{
	return cacheable(type) || type == CD || type == WCP;
}

struct mezzo_x86_cell mezzo_x86_combine_nested(enum mezzo_x86_type guest,
					       enum mezzo_x86_type nested)
{
	static const uint8_t table[8][8] = {
		[UC] = {[UC] = UC, [UM] = UC, [WC] = UC, [WP] = UC, [WT] = UC, [WB] = UC},
		[UM] = {[UC] = UC, [UM] = UM, [WC] = WC, [WP] = UC, [WT] = UC, [WB] = UC},
		[WC] = {[UC] = WC, [UM] = WC, [WC] = WC, [WP] = WCP, [WT] = WCP, [WB] = WCP},
		[WP] = {[UC] = UC, [UM] = UC, [WC] = UC, [WP] = WP, [WT] = UC, [WB] = WP},
		[WT] = {[UC] = UC, [UM] = UC, [WC] = UC, [WP] = UC, [WT] = WT, [WB] = WT},
		[WB] = {[UC] = UC, [UM] = UC, [WC] = WC, [WP] = WP, [WT] = WT, [WB] = WB},
	};
	enum mezzo_x86_type type = table[guest & 7][nested & 7];

	return (struct mezzo_x86_cell){
		.type = (uint8_t)type,
		.source = MEZZO_SOURCE_APM_NESTED,
		.snoops = snoops_amd(type),
	};
}

struct mezzo_x86_cell mezzo_x86_combine_amd(enum mezzo_x86_type pat, enum mezzo_x86_type mtrr)
{
	static const uint8_t table[MEZZO_X86_TYPES][8] = {
		[UC] = {[UC] = UC, [WC] = CD, [WP] = CD, [WT] = CD, [WB] = CD},
		[UM] = {[UC] = UC, [WC] = WC, [WP] = CD, [WT] = CD, [WB] = CD},
		[WC] = {[UC] = WC, [WC] = WC, [WP] = WC, [WT] = WC, [WB] = WC},
		[WCP] = {[UC] = WC, [WC] = WC, [WP] = WCP, [WT] = WCP, [WB] = WCP},
		[WP] = {[UC] = UC, [WC] = CD, [WP] = WP, [WT] = CD, [WB] = WP},
		[WT] = {[UC] = UC, [WC] = CD, [WP] = CD, [WT] = WT, [WB] = WT},
		[WB] = {[UC] = UC, [WC] = WC, [WP] = WP, [WT] = WT, [WB] = WB},
	};
	enum mezzo_x86_type type = pat < MEZZO_X86_TYPES ? table[pat][mtrr & 7] : UC;

	return (struct mezzo_x86_cell){
		.type = (uint8_t)type,
		.source = pat == WCP ? MEZZO_SOURCE_APM_WC_PLUS : MEZZO_SOURCE_APM_MTRR,
		.snoops = snoops_amd(type),
	};
}

static enum mezzo_x86_type entry_type(enum mezzo_x86_stage2 stage2)
{
	static const uint8_t type[MEZZO_X86_STAGE2_TYPES] = {
		[MEZZO_X86_STAGE2_UC_ONLY] = UC, [MEZZO_X86_STAGE2_UC] = UC,
		[MEZZO_X86_STAGE2_WC] = WC,      [MEZZO_X86_STAGE2_WT] = WT,
		[MEZZO_X86_STAGE2_WP] = WP,      [MEZZO_X86_STAGE2_WB] = WB,
		[MEZZO_X86_STAGE2_WB_ONLY] = WB,
	};

	return type[stage2];
}

static struct mezzo_x86_cell effective_ept(enum mezzo_x86_stage2 stage2, enum mezzo_x86_type pat)
{
	enum mezzo_x86_type type = entry_type(stage2);

	if (stage2 == MEZZO_X86_STAGE2_UC_ONLY || stage2 == MEZZO_X86_STAGE2_WB_ONLY)
		return (struct mezzo_x86_cell){
			.type = (uint8_t)type,
			.source = MEZZO_SOURCE_SDM_EPT,
			.snoops = cacheable(type),
		};
	return mezzo_x86_combine_intel(type, pat);
}

static struct mezzo_x86_cell effective_npt(enum mezzo_x86_stage2 stage2, enum mezzo_x86_type pat,
					   enum mezzo_x86_type mtrr, bool cr0_cd)
{
	struct mezzo_x86_cell cell =
		mezzo_x86_combine_amd(mezzo_x86_combine_nested(pat, entry_type(stage2)).type, mtrr);

	cell.source = MEZZO_SOURCE_APM_NPT;
	if (cr0_cd && cacheable(cell.type))
		return (struct mezzo_x86_cell){
			.type = CD,
			.source = MEZZO_SOURCE_APM_CD,
			.snoops = true,
		};
	return cell;
}

struct mezzo_x86_cell mezzo_x86_effective(const struct mezzo_x86_access *access)
{
	enum mezzo_x86_type pat = access->paging_off ? WB : access->guest_pat;

	if (access->engine == MEZZO_X86_EPT)
		return effective_ept(access->stage2, pat);
	return effective_npt(access->stage2, pat, access->host_mtrr, access->cr0_cd);
}

enum mezzo_class mezzo_x86_class(enum mezzo_x86_type type)
{
	if (cacheable(type))
		return MEZZO_CLASS_WB;
	return type == WC || type == WCP ? MEZZO_CLASS_NC : MEZZO_CLASS_DEVICE;
}

unsigned int mezzo_x86_reachable(enum mezzo_x86_stage2 stage2, enum mezzo_x86_engine engine)
{
	static const uint8_t pats[] = {UC, WC, WT, WP, WB, UM};
	struct mezzo_x86_access access = {
		.engine = (uint8_t)engine,
		.stage2 = (uint8_t)stage2,
		.host_mtrr = WB,
	};
	unsigned int set = 0;

	for (unsigned int i = 0; i < sizeof(pats); i++) {
		access.guest_pat = pats[i];
		set |= mezzo_x86_class(mezzo_x86_effective(&access).type);
	}
	return set;
}

/* --- PAT ---------------------------------------------------------------------------------- */

bool mezzo_x86_pat_valid(uint64_t pat)
{
	for (unsigned int i = 0; i < MEZZO_X86_PAT_ENTRIES; i++, pat >>= 8)
		if ((pat & 0xff) > MEZZO_X86_UC_MINUS || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return false;
	return true;
}

enum mezzo_x86_type mezzo_x86_pat_type(uint64_t pat, unsigned int index)
{
	return (enum mezzo_x86_type)(pat >> 8 * (index & 7) & 7);
}

unsigned int mezzo_x86_pat_index(uint64_t entry, unsigned int order)
{
	unsigned int pat_bit = order == MEZZO_ORDER_4K ? 7 : 12;

	return mezzo_x86_pat_table_index(entry) | (unsigned int)(entry >> pat_bit & 1) << 2;
}

unsigned int mezzo_x86_pat_table_index(uint64_t entry)
{
	return entry >> 3 & 3;
}

/* --- names -------------------------------------------------------------------------------- */

const char *mezzo_x86_type_name(unsigned int type)
{
	static const char *const name[MEZZO_X86_TYPES] = {
		[UC] = "UC", [WC] = "WC",  [WT] = "WT", [WP] = "WP",
		[WB] = "WB", [UM] = "UC-", [CD] = "CD", [WCP] = "WC+",
	};

	return type < MEZZO_X86_TYPES && name[type] ? name[type] : "reserved";
}

const char *mezzo_x86_stage2_name(enum mezzo_x86_stage2 stage2)
{
	static const char *const name[MEZZO_X86_STAGE2_TYPES] = {
		"uc-only", "uc", "wc", "wt", "wp", "wb", "wb-only",
	};

	return (unsigned int)stage2 < MEZZO_X86_STAGE2_TYPES ? name[stage2] : "unknown";
}
