/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types on trial. The engine as it is shipped (policy, tables, space) maps each preset; the MMU is
 * asked for the combined type with every stage-1 type; the answer is compared with what
 * mezzo_arm64_combine() says of the type that the preset declares.
 */
#include "arch/machine.h"
#include "deviations.h"
#include "heap.h"
#include "monitor/par.h"
#include "oracle.h"
#include "platform.h"
#include "selftest.h"
#include "tap.h"
#include "vcpu/plant.h"

#include <string.h>

#define TEST_IPA UINT64_C(0x8000000000)
#define ORACLE_IPA UINT64_C(0x40000000)
#define TEST_SLOT 1
#define ORACLE_SLOT 2
#define BYTES (UINT64_C(2) << 20)

/* What each preset means, said once more: the engine does not judge itself. */
static const enum mezzo_arm64_stage2 declared[MEZZO_PRESETS] = {
	[MEZZO_PRESET_DEVICE] = MEZZO_STAGE2_DEVICE_nGnRE,
	[MEZZO_PRESET_COMBINING] = MEZZO_STAGE2_NORMAL_NC,
	[MEZZO_PRESET_CACHED] = MEZZO_STAGE2_NORMAL_WB,
	[MEZZO_PRESET_EXCLUSIVE] = MEZZO_STAGE2_GUEST_CHOICE,
};

/* One way to map. */
struct setting {
	enum mezzo_preset preset;
	bool fwb;
	uint8_t order;
	bool read_only;
	bool executed; /* the guest has fetched from it, where it may */
};

struct bench {
	struct mezzo_space space;
	struct mezzo_slot slots[4];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(4)];
	struct mezzo_vcpu vcpus[1];
	struct hv_oracle oracle;
	union {
		struct mezzo_pool pool;
		struct mezzo_bar bar;
	} object;
	uint64_t pa;
	void *state;
	uint16_t vmid;
};

static int create_space(struct bench *bench, bool fwb)
{
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &hv_platform,
		.machine = hv_id_machine(hv_machine_id()),
		.ipa_bits = 40,
		.pa_bits = (uint8_t)hv_id_pa_bits(hv_machine_id()),
		.vmid = ++bench->vmid,
		.slots = bench->slots,
		.index = bench->index,
		.max_slots = 4,
		.vcpus = bench->vcpus,
		.max_vcpus = 1,
	};

	config.machine.arm64.fwb = fwb;
	config.guest_mte = false;
	memset(&bench->space, 0, sizeof(bench->space));
	memset(bench->slots, 0, sizeof(bench->slots));
	memset(bench->vcpus, 0, sizeof(bench->vcpus));
	return mezzo_space_init(&bench->space, &config);
}

/* Device and combining memory as a BAR, the other two as RAM. */
static int create_object(struct bench *bench, const struct setting *s)
{
	struct mezzo_contract contract = mezzo_contract_preset(s->preset, MEZZO_MAINTENANCE_WINDOW);
	uint64_t pages = BYTES >> MEZZO_PAGE_SHIFT;
	struct mezzo_pa pa = {bench->pa};

	contract.max_order = s->order;
	if (s->preset == MEZZO_PRESET_DEVICE || s->preset == MEZZO_PRESET_COMBINING) {
		contract.promise = (struct mezzo_frame_state){.lines = MEZZO_LINES_CLEAN};
		return mezzo_bar_init(&bench->object.bar, &hv_platform, &contract, pa, pages);
	}
	return mezzo_pool_init(&bench->object.pool, &hv_platform, &contract, pa, pages,
			       bench->state);
}

static int create_slot(struct bench *bench, const struct setting *s)
{
	struct mezzo_slot_config config = {
		.id = TEST_SLOT,
		.flags = s->read_only ? MEZZO_SLOT_FLAG_READ_ONLY : 0,
		.ipa = {TEST_IPA},
		.pages = BYTES >> MEZZO_PAGE_SHIFT,
		.object = &bench->object.pool.object,
	};
	struct mezzo_refusal why;

	return mezzo_slot_create(&bench->space, &config, &why);
}

static int touch(struct bench *bench, enum mezzo_access access)
{
	struct mezzo_fault_info fault = {.ipa = {TEST_IPA}, .access = (uint8_t)access};
	struct mezzo_fault_result result;

	return mezzo_space_fault(&bench->space, 0, &fault, &result);
}

static int set_up(struct bench *bench, const struct setting *s)
{
	int error = create_space(bench, s->fwb);

	error = error ? error : create_object(bench, s);
	error = error ? error : create_slot(bench, s);
	error = error ? error
		      : hv_oracle_init(&bench->oracle, &bench->space, ORACLE_IPA, ORACLE_SLOT);
	error = error ? error : touch(bench, MEZZO_ACCESS_READ);
	if (!error && s->executed)
		error = touch(bench, MEZZO_ACCESS_EXEC);
	return error;
}

static int delete_slot(struct bench *bench, uint32_t id)
{
	int error;

	do
		error = mezzo_slot_delete(&bench->space, id, NULL);
	while (error == MEZZO_ERR_AGAIN);
	return error;
}

static int tear_down(struct bench *bench)
{
	int error = delete_slot(bench, TEST_SLOT);

	error = error ? error : delete_slot(bench, ORACLE_SLOT);
	hv_platform.tlb_invalidate_space(NULL, bench->vmid);
	hv_platform.barrier(NULL, MEZZO_BARRIER_COMPLETE);
	return error ? error : mezzo_space_fini(&bench->space);
}

/*
 * PAR_EL1.SH: Device and Non-cacheable read outer shareable; the rest inner, as both stages say.
 * Forced write-back over a stage-1 Device: which it should be is not certain, neither is judged.
 */
static bool shareability_right(enum mezzo_arm64_type stage1, enum mezzo_arm64_type type,
			       unsigned int sh)
{
	if (type <= MEZZO_ARM64_NC)
		return sh == 2;
	return sh == 3 || stage1 <= MEZZO_ARM64_GRE;
}

/* One stage-1 type. Returns whether the machine agrees, or differs as it is known to. */
static bool cell(struct bench *bench, const struct setting *s, unsigned int stage1)
{
	enum mezzo_arm64_stage2 stage2 = declared[s->preset];
	bool tagged = stage1 == HV_ORACLE_TAGGED;
	enum mezzo_arm64_type asked = tagged ? MEZZO_ARM64_WB : (enum mezzo_arm64_type)stage1;
	enum mezzo_arm64_type want = mezzo_arm64_combine(asked, stage2, s->fwb);
	uint64_t par = hv_oracle_read(&bench->oracle, TEST_IPA, stage1);
	int answer = hv_par_type(par);
	enum mezzo_arm64_type got = (enum mezzo_arm64_type)answer;

	if (answer < 0) {
		tap_note("%s: PAR_EL1 %lx is no type", mezzo_arm64_type_name(asked), par);
		return false;
	}
	if (got == want && shareability_right(asked, got, hv_oracle_shareability(par)))
		return !tagged || want != MEZZO_ARM64_WB || par >> 56 == 0xf0;
	if (hv_deviation_known(asked, stage2, s->fwb, got))
		return true;
	tap_note("%s at stage 1, %s at stage 2: the rule says %s, the machine %s (PAR_EL1 %lx)",
		 mezzo_arm64_type_name(asked), mezzo_arm64_stage2_name(stage2),
		 mezzo_arm64_type_name(want), mezzo_arm64_type_name(got), par);
	return false;
}

static bool all_types(struct bench *bench, const struct setting *s)
{
	unsigned int types = HV_ORACLE_TYPES - !hv_id_machine(hv_machine_id()).arm64.mte;
	struct mezzo_mapping mapping;
	bool right = true;

	mezzo_space_query(&bench->space, 0, (struct mezzo_ipa){TEST_IPA}, &mapping);
	if (mapping.leaf.state != MEZZO_ENTRY_LEAF || mapping.leaf.order != s->order) {
		tap_note("nothing is mapped, or not in one leaf");
		return false;
	}
	hv_oracle_enter(&bench->space);
	for (unsigned int stage1 = 0; stage1 < types; stage1++)
		right &= cell(bench, s, stage1);
	hv_oracle_leave();
	return right;
}

static void run(struct bench *bench, const struct setting *s, bool plant)
{
	int error = set_up(bench, s);
	bool right =
		!error && (!plant || hv_plant_error(&bench->space, (struct mezzo_ipa){TEST_IPA}));

	right = right && all_types(bench, s);
	if (!error)
		error = tear_down(bench);
	if (error)
		tap_note("%s", mezzo_status_name((enum mezzo_status)error));
	tap(right && !error, "%s, %s, %s%s%s: every stage-1 type combines as the engine says",
	    mezzo_preset_name(s->preset), s->fwb ? "FWB" : "no FWB", s->order ? "2 MiB" : "4 KiB",
	    s->read_only ? ", read-only" : "", s->executed ? ", executed" : "");
}

static bool named(const char *list, const char *name)
{
	size_t n = strlen(name);

	return list && !strncmp(list, name, n) && (!list[n] || list[n] == ' ');
}

void hv_selftest_types(const char *plant)
{
	struct bench *bench = hv_heap_alloc(sizeof(*bench));
	bool fwb = hv_id_machine(hv_machine_id()).arm64.fwb;

	if (bench)
		bench->state = hv_heap_alloc(mezzo_pool_state_bytes(BYTES >> MEZZO_PAGE_SHIFT));
	if (!bench || !bench->state || hv_frames_alloc(BYTES, BYTES, &bench->pa)) {
		tap(false, "memory for the test of types");
		return;
	}
	for (unsigned int i = 0; i < MEZZO_PRESETS * 16; i++) {
		struct setting s = {
			.preset = (enum mezzo_preset)(i % MEZZO_PRESETS),
			.fwb = i / 4 & 1,
			.order = i / 8 & 1 ? MEZZO_ORDER_2M : MEZZO_ORDER_4K,
			.read_only = i / 16 & 1,
			.executed = i / 32 & 1,
		};

		if (!s.fwb || fwb)
			run(bench, &s, named(plant, mezzo_preset_name(s.preset)));
	}
	hv_deviations_report(fwb);
}
