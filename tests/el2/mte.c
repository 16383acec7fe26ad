/* SPDX-License-Identifier: BSD-2-Clause */
#include "mte.h"

#include "arch/machine.h"
#include "heap.h"
#include "lib/print.h"
#include "platform.h"
#include "probe.h"
#include "selftest/tap.h"

#include <mezzo/mezzo.h>
#include <string.h>

#define PAGES 512u
#define IPA UINT64_C(0x80000000)
#define BARE_IPA UINT64_C(0xc0000000)
#define TAGGED_SLOT 1u
#define BARE_SLOT 2u
#define WORD UINT64_C(0x6d657a7a6f)
#define TAG UINT64_C(5)

/* Two pools of one block: one has storage for tags, the other has none. */
static struct stage {
	struct mezzo_space space;
	struct mezzo_slot slots[2];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(2)];
	struct mezzo_vcpu vcpus[1];
	struct mezzo_pool tagged, bare;
	uint64_t tagged_pa, bare_pa;
	unsigned int run, failed;
} stage;

static void check(bool ok, const char *what)
{
	stage.run++;
	stage.failed += !ok;
	tap(ok, "%s", what);
}

static bool pool(struct mezzo_pool *pool, uint64_t *pa, bool tags)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	void *state = hv_heap_alloc(mezzo_pool_state_bytes(PAGES));
	const uint64_t bytes = PAGES * MEZZO_PAGE_BYTES;

	contract.tag_storage = tags;
	return state && !hv_frames_alloc(bytes, bytes, pa) &&
	       !mezzo_pool_init(pool, &hv_platform, &contract, (struct mezzo_pa){*pa}, PAGES,
				state);
}

static bool slot(uint32_t id, uint64_t ipa, struct mezzo_pool *pool, struct mezzo_refusal *why)
{
	const struct mezzo_slot_config config = {
		.id = id,
		.ipa = {ipa},
		.pages = PAGES,
		.object = &pool->object,
	};

	return !mezzo_slot_create(&stage.space, &config, why);
}

static bool set_up(struct mezzo_refusal *why)
{
	const struct hv_id *id = hv_machine_id();
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &hv_platform,
		.machine = hv_id_machine(id),
		.ipa_bits = 40,
		.pa_bits = (uint8_t)hv_id_pa_bits(id),
		.vmid = 1,
		.slots = stage.slots,
		.index = stage.index,
		.max_slots = 2,
		.vcpus = stage.vcpus,
		.max_vcpus = 1,
	};

	return !mezzo_space_init(&stage.space, &config) &&
	       pool(&stage.tagged, &stage.tagged_pa, true) &&
	       pool(&stage.bare, &stage.bare_pa, false) &&
	       slot(TAGGED_SLOT, IPA, &stage.tagged, why) &&
	       slot(BARE_SLOT, BARE_IPA, &stage.bare, why);
}

static bool touch(uint64_t ipa)
{
	const struct mezzo_fault_info info = {.ipa = {ipa}, .access = MEZZO_ACCESS_WRITE};
	struct mezzo_fault_result result;

	return !mezzo_space_fault(&stage.space, 0, &info, &result) &&
	       result.outcome == MEZZO_GRANT && !result.retry;
}

/* Is there an entry, and does the MMU say so too? */
static bool mapped(uint64_t ipa)
{
	struct mezzo_mapping mapping;
	bool agreed;

	el2_probe_enter(&stage.space.table);
	agreed = el2_probe(&stage.space.table, ipa, "mte");
	el2_probe_leave();
	mezzo_space_query(&stage.space, 0, (struct mezzo_ipa){ipa}, &mapping);
	if (!agreed)
		check(false, "the MMU agrees");
	return mapping.leaf.state == MEZZO_ENTRY_LEAF;
}

static void *open_tagged(void)
{
	return hv_platform.window_open(NULL, MEZZO_WINDOW_TAGGED,
				       (struct mezzo_pa){stage.tagged_pa}, MEZZO_PAGE_BYTES);
}

static void close_tagged(void *va)
{
	hv_platform.barrier(NULL, MEZZO_BARRIER_COMPLETE);
	hv_platform.window_close(NULL, MEZZO_WINDOW_TAGGED, va, MEZZO_PAGE_BYTES);
}

static void set_tag(void *granule, uint64_t tag)
{
	register uint64_t x0 __asm__("x0") = (uint64_t)(uintptr_t)granule;
	register uint64_t x1 __asm__("x1") = x0 | tag << 56;

	__asm__ volatile(".inst 0xd9200801 /* stg x1, [x0] */" ::"r"(x0), "r"(x1) : "memory");
}

static uint64_t get_tag(const void *granule)
{
	register uint64_t x0 __asm__("x0") = (uint64_t)(uintptr_t)granule;
	register uint64_t x1 __asm__("x1") = 0;

	__asm__ volatile(".inst 0xd9600001 /* ldg x1, [x0] */" : "+r"(x1) : "r"(x0) : "memory");
	return x1 >> 56 & 15;
}

/* The first word of the pool's first page, and its tag: what somebody before has left there. */
static void leave_behind(void)
{
	uint64_t *va = open_tagged();

	*va = WORD;
	set_tag(va, TAG);
	close_tagged(va);
}

static uint64_t tag_of(uint64_t *word)
{
	uint64_t *va = open_tagged();
	const uint64_t tag = get_tag(va);

	*word = *va;
	close_tagged(va);
	return tag;
}

static void refused(void)
{
	struct mezzo_refusal why = {0};
	const int status = mezzo_space_set_mte(&stage.space, true, &why);

	check(status == MEZZO_ERR_REFUSED && why.slot == BARE_SLOT,
	      "refused, and the slot without storage is named");
	tap_note("refused: %s", mezzo_reason((enum mezzo_reason)why.reason)->name);
	check(!stage.space.mte && mapped(IPA) && mapped(BARE_IPA), "and nothing has changed");
}

static void switched(void)
{
	struct mezzo_refusal why = {0};
	uint64_t word = 0;
	int status;

	do
		status = mezzo_slot_delete(&stage.space, BARE_SLOT, NULL);
	while (status == MEZZO_ERR_AGAIN);
	leave_behind();
	check(tag_of(&word) == TAG && word == WORD, "a tag is there that is nobody's");
	check(!status && !mezzo_space_set_mte(&stage.space, true, &why) && stage.space.mte,
	      "accepted without that slot");
	check(!mapped(IPA), "what was mapped is taken away");
	check(touch(IPA) && mapped(IPA), "and comes back by a fault");
	check(!tag_of(&word), "its tags zeroed");
	check(word == WORD, "its data kept: that was the guest's already");
	why = (struct mezzo_refusal){0};
	check(!slot(BARE_SLOT, BARE_IPA, &stage.bare, &why) && why.reason,
	      "a slot without storage is refused from now on");
	leave_behind();
	check(!mezzo_space_set_mte(&stage.space, false, &why) && !mapped(IPA) && touch(IPA) &&
		      !mezzo_space_set_mte(&stage.space, true, &why) && touch(IPA) &&
		      tag_of(&word) == TAG,
	      "off and on again: the guest's own tags stay");
	check(slot(BARE_SLOT, BARE_IPA, &stage.bare, &why) == false &&
		      !mezzo_space_set_mte(&stage.space, false, &why) &&
		      slot(BARE_SLOT, BARE_IPA, &stage.bare, &why),
	      "and without tags the slot is accepted again");
}

int el2_mte(void)
{
	struct mezzo_refusal why = {0};

	hv_print("TAP version 13\n");
	check(hv_id_machine(hv_machine_id()).arm64.mte, "the machine has tags");
	check(set_up(&why) && touch(IPA) && touch(BARE_IPA) && mapped(IPA) && mapped(BARE_IPA),
	      "a space without tags, two slots, both mapped");
	if (!stage.failed) {
		refused();
		switched();
	}
	hv_print("1..%u\n", stage.run);
	return stage.failed ? 1 : 0;
}
