/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's own memory: its code, its tables, and the window through which it looks. */
#include "payload.h"

extern char guest_code[], guest_read[], guest_write[], guest_exec[], guest_call[], guest_code_end[];

#define PT_TABLE 0x27u /* present, writable, user, accessed */
#define PT_LEAF 0xe7u  /* the same, dirty, 2 MiB */
#define PT_USER UINT64_C(4)
#define MASK_2M 0x1fffffu

void guest_prepare(bool amd)
{
	uint8_t *code = guest_page(ENV_CODE);
	uint64_t *pml4 = guest_page(ENV_PML4), *pdpt = guest_page(ENV_PDPT);
	uint64_t *low = guest_page(ENV_PD_LOW), *high = guest_page(ENV_PD_HIGH);

	for (unsigned int i = 0; i < ENV_PAGES * 4096; i++)
		code[i] = 0;
	for (unsigned int i = 0; i < (unsigned int)(guest_code_end - guest_code); i++)
		code[i] = (uint8_t)guest_code[i];
	if (amd) /* VMMCALL is 0f 01 d9, VMCALL 0f 01 c1 */
		code[guest_call - guest_code + 2] = 0xd9;
	pml4[0] = (ENV_GPA + ENV_PDPT) | PT_TABLE;
	pdpt[0] = (ENV_GPA + ENV_PD_LOW) | PT_TABLE;
	pdpt[1] = (ENV_GPA + ENV_PD_HIGH) | PT_TABLE;
	low[0] = PT_LEAF;
	high[0] = 0;
}

uint64_t guest_window(const struct probe *probe)
{
	uint64_t *pdpt = guest_page(ENV_PDPT), *high = guest_page(ENV_PD_HIGH);

	pdpt[1] = (ENV_GPA + ENV_PD_HIGH) | PT_TABLE;
	if (probe->options & PROBE_WALK) {
		/* The last table lies where the scene says, if anything is there. */
		pdpt[1] = probe->walk | PT_TABLE;
		high = (uint64_t *)(uintptr_t)probe->walk_pa;
	}
	if (high)
		*high = ((probe->gpa & ~(uint64_t)MASK_2M) | PT_LEAF) &
			~(probe->options & PROBE_SUPERVISOR ? PT_USER : 0);
	return WINDOW | (probe->gpa & MASK_2M);
}

uint64_t guest_entry(uint32_t access)
{
	char *const entry[] = {guest_read, guest_write, guest_exec};

	return ENV_GPA + ENV_CODE + (uint64_t)(entry[access] - guest_code);
}
