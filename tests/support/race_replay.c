/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker's steps of a race, one by one, on the engine. */
#include "race_replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESSES 64

/* --- beginning and end ------------------------------------------------------------------------------------ */

/* Frames are the guest's with somebody's lines, or somebody's. */
static void place(struct race_replay *race, unsigned int frame, unsigned int owner)
{
	static const unsigned int alias[] = {
		[CHECK_MAP_WB] = MEZZO_CLASS_WB,
		[CHECK_MAP_NC] = MEZZO_CLASS_NC,
		[CHECK_MAP_DEVICE] = MEZZO_CLASS_DEVICE,
		[CHECK_MAP_NONE] = 0,
	};
	const uint8_t *f = race->world.field;
	const struct mezzo_model_frames frames = {
		.pa = race_frame(frame),
		.pages = 1,
		.owners = 1u << owner,
		.alias = alias[f[CHECK_FIELD_MAP]] |
			 (f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR ? MEZZO_CLASS_WB : 0u),
		.tag_storage = f[CHECK_FIELD_TAG_STORAGE],
		.state = {.data = owner ? MEZZO_CONTENT_UNOWNED : MEZZO_CONTENT_INITIALISED,
			  .lines = MEZZO_LINES_MAYBE},
	};

	mezzo_model_place(race->machine, &frames);
}

const char *race_replay_obstacle(const struct check_world *world, const struct race_model *model)
{
	const uint8_t *f = world->field;

	if (f[CHECK_FIELD_MMIO])
		return "registers, of which no line can be";
	if (model->flaws >> RACE_CLEAN_AFTER_EARLY & 1 &&
	    (f[CHECK_FIELD_MAP] == CHECK_MAP_WB || f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR))
		return "lines that were left behind, where the host can make them at any time";
	return NULL;
}

static void make_space(struct race_replay *race, const struct mezzo_facts *facts)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &race->arch,
		.platform = &race->platform,
		.machine = facts->machine,
		.guest_mte = facts->guest.mte,
		.ipa_bits = 32,
		.pa_bits = 40,
		.vmid = 1,
		.slots = race->slots,
		.index = race->index,
		.max_slots = 1,
		.vcpus = race->vcpus,
		.max_vcpus = 2,
	};
	const struct mezzo_table *table = &race->space.table;
	struct mezzo_slot_config slot = {.ipa = {RACE_IPA}, .pages = 1, .object = &race->object};
	struct mezzo_refusal why;

	if (mezzo_space_init(&race->space, &config) != MEZZO_OK)
		abort();
	race->space.table.ops = &race->tables;
	mezzo_model_bind(race->machine, 0,
			 &(struct mezzo_model_space){
				 .vmid = 1,
				 .root = table->root_pa,
				 .root_bytes = table->root_bytes,
				 .start_level = (uint8_t)table->start_level,
				 .mte = facts->guest.mte,
			 });
	if (mezzo_slot_create(&race->space, &slot, &why) != MEZZO_OK)
		abort();
	race->first = atomic_load(&race->space.sequence);
}

struct race_replay *race_replay_begin(const struct check_world *world,
				      const struct race_model *model)
{
	struct race_replay *race = aligned_alloc(64, (sizeof(*race) + 63) / 64 * 64);
	struct mezzo_model_config config = {
		.size = sizeof(config),
		.seed = 1,
		.frames = RACE_FRAMES,
		.tables = 32,
		.range = true,
	};
	struct mezzo_facts facts;

	if (!race)
		abort();
	memset(race, 0, sizeof(*race));
	race->world = *world;
	race->model = model;
	check_world_facts(world, &facts);
	config.machine = facts.machine.arm64;
	race->machine = mezzo_model_create(&config);
	if (!race->machine)
		abort();
	race_make_engine(race);
	place(race, 0, 0);
	place(race, 1, RACE_SOMEBODY);
	make_space(race, &facts);
	for (uint32_t i = 0; i < 2; i++)
		race->vcpu[i] = (struct race_vcpu){.race = race, .number = i};
	return race;
}

void race_replay_end(struct race_replay *race)
{
	mezzo_model_destroy(race->machine);
	free(race);
}

enum mezzo_model_rule race_replay_rule(const struct race_replay *race)
{
	return mezzo_model_violation(race->machine);
}

const char *race_replay_message(const struct race_replay *race)
{
	return race->message[0] ? race->message : mezzo_model_message(race->machine);
}

__attribute__((format(printf, 2, 3))) static bool differs(struct race_replay *race,
							  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(race->message, sizeof(race->message), format, args);
	va_end(args);
	return false;
}

/* --- faults ------------------------------------------------------------------------------------------------ */

static void fault(void *arg)
{
	struct race_vcpu *run = arg;
	struct race_replay *race = run->race;
	const struct mezzo_fault_info info = {.ipa = {RACE_IPA}, .access = MEZZO_ACCESS_READ};
	struct mezzo_fault_result result;

	if (mezzo_space_fault(&race->space, run->number, &info, &result))
		abort();
	run->at = AT_START;
}

static bool begin_fault(struct race_replay *race, unsigned int i)
{
	struct mezzo_vcpu *vcpu = &race->space.config.vcpus[i];

	/* The whole way, and only once. */
	vcpu->hint = NULL;
	if (race->space.table.ops->stock_fill(&race->space.table, &vcpu->stock))
		abort();
	race->vcpu[i].sequence = atomic_load(&race->space.sequence);
	return mezzo_model_spawn(race->machine, i, fault, &race->vcpu[i]);
}

static bool fault_step(struct race_replay *race, const struct race_state *from, unsigned int i)
{
	switch (from->vcpu[i].pc) {
	case F_RUN: /* the access that faults */
		return true;
	case F_SEQUENCE:
		if (!begin_fault(race, i))
			abort();
		break;
	case F_WORK: /* there may be none */
		while (race->vcpu[i].at != AT_ENTER && mezzo_model_resume(race->machine, i))
			;
		return true;
	case F_WORK_LATE:
		mezzo_model_set_cpu(race->machine, i);
		race_clean(race->real, race_frame(from->vcpu[i].frame));
		return true;
	default:
		break;
	}
	mezzo_model_resume(race->machine, i);
	return true;
}

/* Where the fault must stand when the checker's is at @pc. */
static bool is_at(enum race_place at, unsigned int pc)
{
	switch (pc) {
	case F_RESOLVE:
		return at == AT_RESOLVE;
	case F_CLAIM:
		return at == AT_CLAIM;
	case F_RECHECK:
		return at == AT_CLAIMED;
	case F_WORK:
		return at == AT_CLAIMED || at == AT_WORK || at == AT_ENTER;
	case F_PUBLISH:
		return at == AT_ENTER;
	default:
		return at == AT_START;
	}
}

static bool accesses(struct race_replay *race, unsigned int i)
{
	struct mezzo_model_access access = {
		.ipa = {RACE_IPA},
		.kind = MEZZO_MODEL_READ,
		.stage1 = MEZZO_CLASS_WB,
	};

	mezzo_model_set_cpu(race->machine, i);
	for (unsigned int n = 0; n < ACCESSES; n++)
		if (mezzo_model_access(race->machine, &access) == MEZZO_MODEL_DONE ||
		    mezzo_model_violation(race->machine))
			return true;
	return differs(race, "the guest's access faults");
}

/* --- the revocation ----------------------------------------------------------------------------------------- */

static void revoke(void *arg)
{
	struct race_replay *race = arg;

	race->revocation = AT_START;
	if (mezzo_object_revoke(&race->object, 0, 1) != MEZZO_OK)
		abort();
	race->revocation = AT_START;
}

/* The object has another frame from now on. */
static void resolve_anew(struct race_replay *race, unsigned int old)
{
	race->current = !old;
	place(race, race->current, 0);
}

/* Somebody else gets the old frame; nothing that the guest wrote may be found there by anybody. */
static void free_old(struct race_replay *race, const struct race_state *from)
{
	const struct mezzo_frame_state clean_state = {.data = MEZZO_CONTENT_UNOWNED,
						      .tags = MEZZO_CONTENT_UNOWNED};

	if (race->model->after && from->used >> from->old & 1)
		mezzo_model_check(race->machine, race_frame(from->old), clean_state);
	place(race, from->old, RACE_SOMEBODY);
}

static bool revoke_step(struct race_replay *race, const struct race_state *from)
{
	switch (from->revoke_pc) {
	case R_IDLE:
		return true;
	case R_RESOLVER:
	case R_RESOLVER_LATE:
		resolve_anew(race, from->old);
		return true;
	case R_RAISE:
		if (!mezzo_model_spawn(race->machine, REVOKER, revoke, race))
			abort();
		break;
	case R_RAISE_LATE:
		atomic_fetch_add(&race->space.sequence, 1);
		return true;
	case R_CLEAN_EARLY:
		mezzo_model_set_cpu(race->machine, REVOKER);
		race_clean(race->real, race_frame(from->entry_frame));
		return true;
	case R_WALK:
		/* Without its raise it has not begun. */
		if (race_lacks(race, RACE_RAISE_LATE)) {
			if (!mezzo_model_spawn(race->machine, REVOKER, revoke, race))
				abort();
			mezzo_model_resume(race->machine, REVOKER);
		}
		break;
	case R_TLBI:
	case R_AWAIT:
	case R_CLEAN:
		/* Nothing was taken: nothing is owed. */
		if (race->revocation == AT_UNMAPPED && !from->was_mapped)
			return true;
		break;
	case R_EMPTY:
		while (race->revocation != AT_SETTLED && mezzo_model_resume(race->machine, REVOKER))
			;
		return true;
	default:
		while (mezzo_model_resume(race->machine, REVOKER))
			;
		free_old(race, from);
		return true;
	}
	mezzo_model_resume(race->machine, REVOKER);
	return true;
}

/* --- one step ------------------------------------------------------------------------------------------------ */

static bool compare(struct race_replay *race, const struct race_state *now)
{
	static const enum mezzo_entry_state states[] = {
		[E_EMPTY] = MEZZO_ENTRY_NONE,
		[E_BUSY] = MEZZO_ENTRY_BUSY,
		[E_VALID] = MEZZO_ENTRY_LEAF,
		[E_OWED] = MEZZO_ENTRY_OWED,
	};
	const uint64_t raised = atomic_load(&race->space.sequence) - race->first;
	struct mezzo_leaf leaf;

	if (mezzo_model_violation(race->machine))
		return false;
	if ((raised & 3) != now->sequence)
		return differs(race, "the sequence was raised %u times", (unsigned int)raised);
	if (race_entry_state(race, &leaf) != states[now->entry])
		return differs(race, "the entry is in state %u, not %u", leaf.state,
			       states[now->entry]);
	if (now->entry == E_VALID && leaf.pa.addr != race_frame(now->entry_frame).addr)
		return differs(race, "the entry leads to another frame");
	for (unsigned int i = 0; i < 2; i++)
		if (!is_at(race->vcpu[i].at, now->vcpu[i].pc))
			return differs(race, "vCPU %u is at place %u", i, race->vcpu[i].at);
	return true;
}

bool race_replay_step(struct race_replay *race, const struct check_step *step)
{
	const unsigned int agent = step->action & 3;
	struct race_state from, now;
	bool done = true;

	race_unpack(step->from, &from);
	race_unpack(step->to, &now);
	switch ((enum action)(step->action >> 2)) {
	case DO_ACCESS:
		done = accesses(race, agent);
		break;
	case DO_FAULT_STEP:
		done = fault_step(race, &from, agent);
		break;
	case DO_REVOKE_STEP:
		done = revoke_step(race, &from);
		break;
	default: /* a TLB forgets by itself */
		break;
	}
	return done && compare(race, &now);
}
