/* SPDX-License-Identifier: BSD-2-Clause */
/* Would another machine accept a space: as its slots would be accepted there, with every reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/world.h"

#define RAM UINT64_C(0x40000000)
#define HEARD 16

/* What was said against a space. */
struct heard {
	unsigned int count;
	struct {
		bool slot;
		uint32_t id;
		struct mezzo_refusal why;
	} objection[HEARD];
};

static void hear(void *arg, const struct mezzo_slot_needs *slot, const struct mezzo_refusal *why)
{
	struct heard *heard = arg;

	assert_in_range(heard->count, 0, HEARD - 1);
	heard->objection[heard->count].slot = slot;
	heard->objection[heard->count].id = slot ? slot->id : 0;
	heard->objection[heard->count++].why = *why;
}

static const struct mezzo_machine_facts full = {
	.size = sizeof(full),
	.machine.arm64 = {.fwb = true, .idc = true, .dic = true, .mte = true},
	.ipa_bits = 48,
	.page_shift = 12,
	.orders = 1u << MEZZO_ORDER_4K | 1u << MEZZO_ORDER_2M | 1u << MEZZO_ORDER_1G,
	.direct = true,
};

static struct mezzo_slot_needs ram(void)
{
	return (struct mezzo_slot_needs){
		.id = 1,
		.ipa = {RAM},
		.pages = 1 << 18,
		.contract = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW),
	};
}

static struct mezzo_requirements needs_of(const struct mezzo_slot_needs *slots, uint32_t count)
{
	return (struct mezzo_requirements){
		.size = sizeof(struct mezzo_requirements),
		.ipa_bits = 40,
		.slots = slots,
		.count = count,
	};
}

static struct heard ask_of(const struct mezzo_arch *arch, const struct mezzo_requirements *needs,
			   const struct mezzo_machine_facts *there)
{
	struct heard heard = {0};
	const bool admitted = mezzo_space_admissible(arch, needs, there, hear, &heard);

	assert_int_equal(admitted, !heard.count);
	/* Who does not want to know the reasons gets the same answer. */
	assert_int_equal(mezzo_space_admissible(arch, needs, there, NULL, NULL), admitted);
	return heard;
}

static struct heard ask(const struct mezzo_requirements *needs,
			const struct mezzo_machine_facts *there)
{
	return ask_of(&mezzo_arch_arm64, needs, there);
}

static void assert_one(const struct heard *heard, enum mezzo_reason reason, enum mezzo_field field,
		       uint64_t got, uint64_t want)
{
	assert_int_equal(heard->count, 1);
	assert_string_equal(mezzo_reason(heard->objection[0].why.reason)->name,
			    mezzo_reason(reason)->name);
	assert_string_equal(mezzo_field_name(heard->objection[0].why.field),
			    mezzo_field_name(field));
	assert_int_equal(heard->objection[0].why.got, got);
	assert_int_equal(heard->objection[0].why.want, want);
}

static void T34_migration_predicate_rejects_fwb_to_nofwb(void **state)
{
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	/* Cached device memory that the host maps nowhere: thread 004. */
	slot.contract = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	heard = ask(&needs, &full);
	assert_int_equal(heard.count, 0);
	there.machine.arm64.fwb = false;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_CACHED_NEEDS_MAINTENANCE, MEZZO_FIELD_FWB, false, true);
	assert_true(heard.objection[0].slot && heard.objection[0].id == 1);
	/* RAM would be accepted; but not a guest that is held to write-back, as FWB holds it. */
	slot = ram();
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 0);
	slot.effective = MEZZO_CLASS_WB;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_TYPES_WIDER, MEZZO_FIELD_FWB, false, true);
	heard = ask(&needs, &full);
	assert_int_equal(heard.count, 0);
}

static void what_the_guest_was_told_must_hold(void **state)
{
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	there.machine.arm64 = (struct mezzo_arm64_machine){0};
	needs.told_dic = true;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_GUEST_TOLD_DIC, MEZZO_FIELD_DIC, false, true);
	assert_false(heard.objection[0].slot);
	needs.told_dic = false;
	needs.told_idc = true;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_GUEST_TOLD_IDC, MEZZO_FIELD_IDC, false, true);
	needs.told_dic = true;
	heard = ask(&needs, &full);
	assert_int_equal(heard.count, 0);
}

static void tags_must_be_there(void **state)
{
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	needs.mte = true;
	slot.contract.tag_storage = true;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 0);
	there.machine.arm64.mte = false;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_GUEST_HAS_TAGS, MEZZO_FIELD_MTE, false, true);
	/* No storage behind one slot: that is the slot's fault, wherever the guest goes. */
	slot.contract.tag_storage = false;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 2);
	assert_int_equal(heard.objection[1].why.reason, MEZZO_WHY_MTE_NO_TAG_STORAGE);
	there.machine.arm64.mte = there.machine.arm64.mte_perm = true;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 0);
}

static void addresses_must_fit(void **state)
{
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	there.ipa_bits = 36;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_IPA_TOO_SMALL, MEZZO_FIELD_IPA_BITS, 36, 40);
	slot.ipa.addr = UINT64_C(1) << 36;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 2);
	assert_int_equal(heard.objection[1].why.reason, MEZZO_WHY_SLOT_BEYOND_IPA);
	assert_int_equal(heard.objection[1].why.field, MEZZO_FIELD_IPA);
	assert_int_equal(heard.objection[1].why.want,
			 (UINT64_C(1) << 36) - (slot.pages << MEZZO_PAGE_SHIFT));
}

static void pages_and_blocks_must_be_there(void **state)
{
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	slot.min_order = MEZZO_ORDER_1G;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 0);
	/* Without FWB work is bounded: nothing larger than 2 MiB. */
	there.machine.arm64.fwb = false;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_BLOCK_TOO_SMALL, MEZZO_FIELD_MAX_ORDER, MEZZO_ORDER_2M,
		   MEZZO_ORDER_1G);
	/* A log is for a while. */
	slot.flags = MEZZO_SLOT_FLAG_LOG_DIRTY;
	heard = ask(&needs, &full);
	assert_int_equal(heard.count, 0);
	slot.min_order = 0;
	there = full;
	there.page_shift = 16;
	there.orders = 1u << 4 | 1u << 17;
	heard = ask(&needs, &there);
	assert_int_equal(heard.count, 0);
	slot.ipa.addr += 0x1000;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_SLOT_MISALIGNED, MEZZO_FIELD_IPA, RAM + 0x1000, RAM);
	slot = ram();
	slot.min_order = MEZZO_ORDER_1G;
	heard = ask(&needs, &there);
	assert_one(&heard, MEZZO_WHY_BLOCK_TOO_SMALL, MEZZO_FIELD_MAX_ORDER, 17, MEZZO_ORDER_1G);
}

/* Not only the first. */
static void every_reason_is_told(void **state)
{
	static const uint8_t reasons[] = {
		MEZZO_WHY_IPA_TOO_SMALL,      MEZZO_WHY_GUEST_HAS_TAGS,
		MEZZO_WHY_GUEST_TOLD_IDC,     MEZZO_WHY_GUEST_TOLD_DIC,
		MEZZO_WHY_SLOT_BEYOND_IPA,    MEZZO_WHY_CACHED_NEEDS_MAINTENANCE,
		MEZZO_WHY_MTE_NO_TAG_STORAGE, MEZZO_WHY_FORCED_BESIDE_UNSNOOPED_DMA,
	};
	struct mezzo_machine_facts there = full;
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	there.machine.arm64 = (struct mezzo_arm64_machine){0};
	there.ipa_bits = 32;
	needs.mte = needs.told_idc = needs.told_dic = true;
	slot.ipa.addr = UINT64_C(1) << 33;
	slot.contract = mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_NONE);
	slot.contract.dma = MEZZO_DMA_UNSNOOPED;
	heard = ask(&needs, &there);
	for (unsigned int i = 0; i < sizeof(reasons); i++) {
		unsigned int times = 0;

		for (unsigned int j = 0; j < heard.count; j++)
			times += heard.objection[j].why.reason == reasons[i];
		if (times != 1)
			print_message("%s\n", mezzo_reason(reasons[i])->name);
		assert_int_equal(times, 1);
	}
	assert_int_equal(heard.count, sizeof(reasons));
}

/* Requirements may come from a file that somebody wrote. */
static void what_makes_no_sense_is_refused(void **state)
{
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	slot.contract.aliases = 99;
	heard = ask(&needs, &full);
	assert_one(&heard, MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_NONE, 0, 0);
	slot = ram();
	slot.pages = 0;
	heard = ask(&needs, &full);
	assert_one(&heard, MEZZO_WHY_SLOT_EMPTY, MEZZO_FIELD_PAGES, 0, 1);
	slot.pages = UINT64_MAX;
	heard = ask(&needs, &full);
	assert_one(&heard, MEZZO_WHY_SLOT_WRAPS, MEZZO_FIELD_PAGES, UINT64_MAX,
		   ((UINT64_C(1) << 40) - RAM) >> MEZZO_PAGE_SHIFT);
	slot = ram();
	slot.flags = 64;
	heard = ask(&needs, &full);
	assert_one(&heard, MEZZO_WHY_SLOT_FLAGS, MEZZO_FIELD_FLAGS, 64, 0);
}

/* A guest of one architecture does not run on the other, and nothing else is to be said of it. */
static void guests_stay_with_their_architecture(void **state)
{
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct heard heard;

	(void)state;
	slot.contract.aliases = 99;
	needs.family = MEZZO_FAMILY_X86;
	heard = ask(&needs, &full);
	assert_one(&heard, MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_FAMILY, MEZZO_FAMILY_ARM64,
		   MEZZO_FAMILY_X86);
	needs.family = MEZZO_FAMILY_ARM64;
	heard = ask_of(&mezzo_arch_x86_npt, &needs, &full);
	assert_one(&heard, MEZZO_WHY_FACTS_INADMISSIBLE, MEZZO_FIELD_FAMILY, MEZZO_FAMILY_X86,
		   MEZZO_FAMILY_ARM64);
}

/* What arm64 guests are told does not concern an x86 guest; tags no x86 processor has. */
static void x86_has_no_tags_and_coherent_fetches(void **state)
{
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct mezzo_machine_facts there = full;
	struct heard heard;

	(void)state;
	there.machine = (struct mezzo_machine){.x86.engine = MEZZO_X86_EPT};
	needs.family = MEZZO_FAMILY_X86;
	needs.told_idc = needs.told_dic = true;
	heard = ask_of(&mezzo_arch_x86_ept, &needs, &there);
	assert_int_equal(heard.count, 0);
	needs.mte = true;
	heard = ask_of(&mezzo_arch_x86_ept, &needs, &there);
	assert_one(&heard, MEZZO_WHY_GUEST_HAS_TAGS, MEZZO_FIELD_MTE, false, true);
}

/*
 * The machine's fact that is in the way is named, and which way it would have to be: NPT can neither
 * force write-back nor forbid write-combining, and where a guest's PAT can be honoured it is.
 */
static void x86_facts_that_are_in_the_way_are_named(void **state)
{
	struct mezzo_slot_needs slot = ram();
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct mezzo_machine_facts there = full;
	struct heard heard;

	(void)state;
	needs.family = MEZZO_FAMILY_X86;
	slot.effective = MEZZO_CLASS_WB;
	there.machine = (struct mezzo_machine){.x86 = {MEZZO_X86_EPT, false}};
	heard = ask_of(&mezzo_arch_x86_ept, &needs, &there);
	assert_int_equal(heard.count, 0);
	there.machine.x86.self_snoop = true;
	heard = ask_of(&mezzo_arch_x86_ept, &needs, &there);
	assert_one(&heard, MEZZO_WHY_TYPES_WIDER, MEZZO_FIELD_SELF_SNOOP, true, false);
	there.machine.x86 = (struct mezzo_x86_machine){MEZZO_X86_NPT, false};
	heard = ask_of(&mezzo_arch_x86_npt, &needs, &there);
	assert_one(&heard, MEZZO_WHY_TYPES_WIDER, MEZZO_FIELD_ENGINE, MEZZO_X86_NPT, MEZZO_X86_EPT);
	there.machine.x86.self_snoop = true; /* two facts at once: none of them alone would do */
	heard = ask_of(&mezzo_arch_x86_npt, &needs, &there);
	assert_one(&heard, MEZZO_WHY_TYPES_WIDER, MEZZO_FIELD_ALLOW, MEZZO_CLASS_ALL,
		   MEZZO_CLASS_WB);

	slot = ram();
	slot.contract = mezzo_contract_preset(MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_NONE);
	heard = ask_of(&mezzo_arch_x86_npt, &needs, &there);
	assert_one(&heard, MEZZO_WHY_WC_NOT_FORBIDDABLE, MEZZO_FIELD_ENGINE, MEZZO_X86_NPT,
		   MEZZO_X86_EPT);
}

/* --- beside slots that are made ----------------------------------------------------------------- */

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *seed >> 33;
}

/* A preset's, changed in places: what is far from any costs long to put right. */
static struct mezzo_contract random_contract(uint64_t *seed)
{
	struct mezzo_contract c =
		mezzo_contract_preset((enum mezzo_preset)(next(seed) % MEZZO_PRESETS),
				      (enum mezzo_maintenance)(next(seed) %
							       MEZZO_MAINTENANCE_VALUES));

	c.tag_storage = next(seed) & 1;
	switch (next(seed) % 8) {
	case 0:
		c.dma = (uint8_t)(next(seed) % MEZZO_DMA_VALUES);
		break;
	case 1:
		c.allow = (uint8_t)(1 + next(seed) % MEZZO_CLASS_ALL);
		break;
	case 2:
		c.writable = false;
		break;
	case 3:
		c.mmio = true;
		break;
	case 4:
		c.promise =
			(struct mezzo_frame_state){next(seed) & 1, next(seed) & 1, next(seed) & 1};
		break;
	default:
		break;
	}
	return c;
}

static struct mezzo_arm64_machine random_machine(uint64_t *seed)
{
	struct mezzo_arm64_machine machine = {
		.fwb = next(seed) & 1,
		.idc = next(seed) & 1,
		.dic = next(seed) & 1,
		.mte = next(seed) & 1,
		.mte_perm = next(seed) & 1,
	};

	machine.idc |= machine.fwb;
	machine.mte |= machine.mte_perm;
	return machine;
}

static struct world_options random_options(uint64_t *seed, const struct mezzo_arch *arch)
{
	struct world_options options = {.arch = arch, .no_direct = next(seed) % 8 == 0};

	if (arch->family == MEZZO_FAMILY_ARM64) {
		options.machine = random_machine(seed);
		options.guest_mte = options.machine.mte && next(seed) & 1;
	} else {
		options.x86.engine = arch == &mezzo_arch_x86_ept ? MEZZO_X86_EPT : MEZZO_X86_NPT;
		options.x86.self_snoop = next(seed) & 1;
		options.x86_tables = (struct mezzo_x86_table_config){
			.levels = 4,
			.host_pat = UINT64_C(0x0407050600070106),
		};
	}
	return options;
}

/* Is the slot made where it is admitted, and refused by the rule that was told first? */
static bool answers_agree(uint64_t *seed, const struct mezzo_arch *arch)
{
	const struct world_options options = random_options(seed, arch);
	struct world *world = world_new(&options);
	struct mezzo_slot_needs slot = {
		.id = 3,
		.ipa = {RAM},
		.pages = 512,
		.contract = random_contract(seed),
		.flags = next(seed) & 3,
	};
	struct mezzo_requirements needs = needs_of(&slot, 1);
	struct mezzo_object object = {.platform = &world->hosted.platform,
				      .contract = slot.contract,
				      .pages = 512};
	const struct mezzo_slot_config config = {
		.id = 3,
		.flags = slot.flags,
		.ipa = {RAM},
		.pages = 512,
		.object = &object,
		.bitmap = world->bitmap,
	};
	struct mezzo_machine_facts facts;
	struct mezzo_refusal why;
	struct heard heard;
	int status;

	mezzo_space_machine_facts(&world->space, &facts);
	needs.family = arch->family;
	needs.mte = options.guest_mte;
	heard = ask_of(arch, &needs, &facts);
	status = mezzo_slot_create(&world->space, &config, &why);
	assert_int_equal(status == MEZZO_OK, heard.count == 0);
	if (status)
		assert_int_equal(why.reason, heard.objection[0].why.reason);
	world_free(world);
	return !status;
}

/* What is admitted is accepted there, and what is not is refused. */
static void answers_are_those_of_slots_that_are_made(void **state)
{
	static const struct mezzo_arch *const archs[] = {&mezzo_arch_arm64, &mezzo_arch_x86_ept,
							 &mezzo_arch_x86_npt};

	(void)state;
	for (unsigned int i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		unsigned int accepted = 0;
		uint64_t seed = 1;

		for (unsigned int n = 0; n < 120; n++)
			accepted += answers_agree(&seed, archs[i]);
		assert_in_range(accepted, 15, 90);
	}
}

/* --- of a space -------------------------------------------------------------------------------- */

static void collect(void *arg, const char *text)
{
	strcat(arg, text);
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 8192);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(text, 1, 8191, file) > 0);
	fclose(file);
	return text;
}

/* tests/cli/compat_space.t reads the same file. */
static void requirements_of_a_space_are_what_it_is_made_of(void **state)
{
	const struct world_options options = {
		.machine = {.fwb = true, .idc = true, .dic = true, .mte = true},
		.guest_mte = true,
	};
	struct world *world = world_new(&options);
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_contract flash =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_requirements needs = {.size = sizeof(needs),
					   .told_idc = true,
					   .told_dic = true};
	struct mezzo_machine_facts here;
	struct mezzo_slot_needs slots[2];
	struct mezzo_pool *pool, *rom;
	char text[4096] = "", *want;
	struct heard heard;

	(void)state;
	contract.tag_storage = flash.tag_storage = true;
	pool = world_pool(world, &contract, 0, 2048);
	rom = world_pool(world, &flash, 2048, 64);
	world_slot(world, 7, RAM, &pool->object, 2048, MEZZO_SLOT_FLAG_LOG_DIRTY);
	world_slot(world, 2, 0, &rom->object, 64, MEZZO_SLOT_FLAG_READ_ONLY);
	assert_int_equal(mezzo_space_requirements(&world->space, &needs, slots, 1),
			 MEZZO_ERR_LIMIT);
	assert_int_equal(needs.count, 2);
	assert_int_equal(mezzo_space_requirements(&world->space, &needs, slots, 2), MEZZO_OK);
	assert_int_equal(needs.count, 2);
	assert_true(needs.mte && needs.ipa_bits == WORLD_IPA_BITS);
	assert_int_equal(slots[0].id, 2);
	assert_int_equal(slots[0].effective, MEZZO_CLASS_ALL);
	assert_int_equal(slots[1].effective, MEZZO_CLASS_WB);
	/* What was accepted here is admissible here. */
	mezzo_space_machine_facts(&world->space, &here);
	heard = ask(&needs, &here);
	assert_int_equal(heard.count, 0);
	mezzo_requirements_write(&needs, collect, text);
	want = slurp("tests/cli/requirements/written.json");
	assert_string_equal(text, want);
	free(want);
	world_free(world);
	world_pool_free(pool);
	world_pool_free(rom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T34_migration_predicate_rejects_fwb_to_nofwb),
		cmocka_unit_test(what_the_guest_was_told_must_hold),
		cmocka_unit_test(tags_must_be_there),
		cmocka_unit_test(addresses_must_fit),
		cmocka_unit_test(pages_and_blocks_must_be_there),
		cmocka_unit_test(every_reason_is_told),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(guests_stay_with_their_architecture),
		cmocka_unit_test(x86_has_no_tags_and_coherent_fetches),
		cmocka_unit_test(x86_facts_that_are_in_the_way_are_named),
		cmocka_unit_test(answers_are_those_of_slots_that_are_made),
		cmocka_unit_test(requirements_of_a_space_are_what_it_is_made_of),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
