/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor must answer, of what the engine's walk finds. Source: Intel SDM vol. 3, "Exit
 * qualification for EPT violations", "Accessed and dirty flags for EPT"; AMD APM vol. 2, 15.25.6
 * "Nested page faults".
 */
#include "maker.h"

#define EPT_VIOLATION 48
#define EPT_CALL 18
#define NPT_FAULT 0x400
#define NPT_CALL 0x81

/* EPT: exit qualification; the access is bits 0 to 2, permissions begin at bit 3. */
#define EPT_PERMISSIONS_SHIFT 3
#define EPT_LINEAR 0x80u /* the linear address is valid */
#define EPT_FINAL 0x100u /* not on the guest's walk */

/* NPT: EXITINFO1, low half as a page fault's error code. */
#define NPT_PRESENT 1u
#define NPT_WRITE 2u
#define NPT_USER 4u
#define NPT_FETCH 16u
#define NPT_FINAL (UINT64_C(1) << 32)
#define NPT_WALK (UINT64_C(1) << 33)

static bool may_execute(const struct maker *m, const struct mezzo_attr *attr)
{
	const bool supervisor = m->options & PROBE_SUPERVISOR;

	if (!attr->exec)
		return false;
	return attr->exec_for == MEZZO_EXEC_ALL ||
	       attr->exec_for == (supervisor ? MEZZO_EXEC_KERNEL : MEZZO_EXEC_USER);
}

static bool is_granted(const struct maker *m, enum probe_access access,
		       const struct mezzo_leaf *leaf)
{
	if (leaf->state != MEZZO_ENTRY_LEAF)
		return false;
	switch (access) {
	case PROBE_READ:
		return leaf->attr.read;
	case PROBE_WRITE:
		return leaf->attr.write;
	default:
		return may_execute(m, &leaf->attr);
	}
}

/* Read, write, execute: with mode-based control of supervisor-mode, then of user-mode addresses. */
static uint64_t ept_permissions(const struct maker *m, const struct mezzo_leaf *leaf)
{
	const struct mezzo_attr *attr = &leaf->attr;
	const bool mode_based = m->options & PROBE_MODE_BASED;
	uint64_t permissions;

	if (leaf->state != MEZZO_ENTRY_LEAF)
		return 0;
	permissions = attr->read | (uint64_t)attr->write << 1;
	if (attr->exec && attr->exec_for != MEZZO_EXEC_USER)
		permissions |= 4;
	if (mode_based && attr->exec && attr->exec_for != MEZZO_EXEC_KERNEL)
		permissions |= 8;
	return permissions << EPT_PERMISSIONS_SHIFT;
}

static uint64_t ept_info(const struct maker *m, enum probe_access access,
			 const struct mezzo_leaf *leaf)
{
	return UINT64_C(1) << access | ept_permissions(m, leaf) | EPT_LINEAR | EPT_FINAL;
}

/* With flags enabled the guest's tables are accessed as if they were written. */
static uint64_t ept_walk_info(const struct maker *m, const struct mezzo_leaf *leaf)
{
	return 1u | 2u | ept_permissions(m, leaf) | EPT_LINEAR;
}

static uint64_t npt_info(enum probe_access access, const struct mezzo_leaf *leaf)
{
	return NPT_FINAL | NPT_USER | (leaf->state == MEZZO_ENTRY_LEAF ? NPT_PRESENT : 0) |
	       (access == PROBE_WRITE ? NPT_WRITE : 0) | (access == PROBE_EXEC ? NPT_FETCH : 0);
}

/* A walk is always a user's write. */
static uint64_t npt_walk_info(const struct mezzo_leaf *leaf)
{
	return NPT_WALK | NPT_USER | NPT_WRITE |
	       (leaf->state == MEZZO_ENTRY_LEAF ? NPT_PRESENT : 0);
}

/* What stands in the entry afterwards. A leaf that is not logged has its dirty flag set already. */
static uint64_t flags(const struct maker *m, const struct mezzo_leaf *leaf, bool used, bool written)
{
	const unsigned int accessed = m->format == FORMAT_EPT ? 8 : 5;
	const struct mezzo_attr *attr = &leaf->attr;
	uint64_t value = 0;

	if (leaf->state != MEZZO_ENTRY_LEAF)
		return 0;
	if (attr->accessed || used)
		value |= UINT64_C(1) << accessed;
	if (attr->write && (!attr->logged || attr->dirty || (used && written)))
		value |= UINT64_C(2) << accessed;
	return value;
}

struct answer expect(const struct maker *m, uint64_t gpa, enum probe_access access,
		     const struct mezzo_leaf *leaf, const struct mezzo_leaf *walk_leaf,
		     uint64_t walk, bool watch)
{
	const bool ept = m->format == FORMAT_EPT;
	const bool walked = !walk_leaf || is_granted(m, PROBE_WRITE, walk_leaf);
	const bool granted = walked && is_granted(m, access, leaf);
	struct answer answer = {.reason = ept ? EPT_CALL : NPT_CALL};

	answer.flags = watch ? flags(m, walk_leaf, walked, true)
			     : flags(m, leaf, granted, access == PROBE_WRITE);
	if (granted) {
		const uint64_t in_leaf = gpa & (mezzo_order_bytes(leaf->order) - 1);

		answer.at = leaf->pa.addr | in_leaf;
		return answer;
	}
	answer.reason = ept ? EPT_VIOLATION : NPT_FAULT;
	if (!walked) {
		answer.gpa = walk;
		answer.info = ept ? ept_walk_info(m, walk_leaf) : npt_walk_info(walk_leaf);
	} else {
		answer.gpa = gpa + (access == PROBE_EXEC ? 0 : SLOT_ADDRESS);
		answer.info = ept ? ept_info(m, access, leaf) : npt_info(access, leaf);
	}
	return answer;
}

/* --- types -------------------------------------------------------------------------------------- */

void expect_types(FILE *to)
{
	static const uint8_t mtrrs[] = {MEZZO_X86_UC, MEZZO_X86_WC, MEZZO_X86_WT, MEZZO_X86_WP,
					MEZZO_X86_WB};
	static const uint8_t pats[] = {MEZZO_X86_UC, MEZZO_X86_UC_MINUS, MEZZO_X86_WC,
				       MEZZO_X86_WT, MEZZO_X86_WP,       MEZZO_X86_WB};

	for (unsigned int cd = 0; cd < 2; cd++)
		for (unsigned int i = 0; i < sizeof(mtrrs); i++)
			for (unsigned int j = 0; j < sizeof(pats); j++) {
				const struct mezzo_x86_cell cell =
					mezzo_x86_combine_intel(mtrrs[i], pats[j]);

				fprintf(to, "types cd=%x mtrr=%x pat=%x type=%x undefined=%x\n", cd,
					mtrrs[i], pats[j], cd ? MEZZO_X86_UC : cell.type,
					cell.formerly_undefined);
			}
}
