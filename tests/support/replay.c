/* SPDX-License-Identifier: BSD-2-Clause */
/* A replay's beginning and end, and what of a run can be replayed. */
#include "replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Registers are as the model has them: never mapped write-back by their own host, and without tags. */
static bool has_such_memory(const struct check_world *world)
{
	return !world->field[CHECK_FIELD_MMIO] || (world->field[CHECK_FIELD_MAP] != CHECK_MAP_WB &&
						   !world->field[CHECK_FIELD_TAG_STORAGE]);
}

/* A policy of KVM's past may make entries that ours cannot say. */
static bool has_such_entries(const struct judge_run *run, const struct check_world *world)
{
	const struct check_fault fault = {.kind = MEZZO_FAULT_MISSING};
	struct check_answer answer = {0};
	uint8_t type;

	run->policy->fault(run->policy, world, &fault, &answer);
	return replay_entry_type(&answer, &type);
}

const char *replay_obstacle(const struct judge_run *run, const struct check_world world[2])
{
	if (run->subject != &arm64_subject && run->subject != &x86_subject)
		return "another machine's";
	if (run->change.doubted >> CHECK_E1_SCRUB_AS_DECLARED & 1 &&
	    (world[0].field[CHECK_FIELD_MMIO] || world[1].field[CHECK_FIELD_MMIO]))
		return "registers that are zeroed through a cache: a machine check";
	if (!has_such_memory(&world[0]) || !has_such_memory(&world[1]))
		return "registers that their own host maps write-back, or with tags";
	if (!has_such_entries(run, &world[0]) || !has_such_entries(run, &world[1]))
		return "entries that no table of ours has: ignore-PAT with WC, WT, WP";
	return NULL;
}

enum replay_result replay_differs(struct replay *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->message, sizeof(r->message), format, args);
	va_end(args);
	return REPLAY_DIFFERS;
}

/* WB WC UC- UC WB WP UC- WT, as Linux has it. */
#define HOST_PAT UINT64_C(0x0407050600070106)

/* MTRRs that say one type of everything. */
static struct mezzo_guest_types *guest_types(struct replay_space *space,
					     const struct mezzo_x86_guest *guest)
{
	struct mezzo_guest_types *types = &space->types[0];

	*types = (struct mezzo_guest_types){
		.mtrr = {.pa_bits = 32, .def_type = 0x800u | guest->mtrr}, /* E, no fixed ranges */
		.cr0_cd = guest->cr0_cd,
	};
	return types;
}

static void make_space(struct replay *r, unsigned int number)
{
	struct replay_space *space = &r->space[number];
	struct mezzo_facts facts;
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &r->arch,
		.platform = &r->platform,
		.guest_mte = r->world.field[CHECK_FIELD_GUEST_MTE],
		.ipa_bits = 32,
		.pa_bits = 40,
		.vmid = (uint16_t)(number + 1),
		.slots = space->slots,
		.index = space->index,
		.max_slots = 2,
		.vcpus = space->vcpus,
		.max_vcpus = 1,
	};
	const struct mezzo_table *table = &space->space.table;

	check_world_facts(&r->world, &facts);
	config.machine = facts.machine;
	if (replay_is_x86(r)) {
		config.x86 = (struct mezzo_x86_table_config){.levels = 4, .host_pat = HOST_PAT};
		if (facts.guest.x86.honour_mtrr && r->run->policy->decide)
			config.guest_types = guest_types(space, &facts.guest.x86);
	}
	if (mezzo_space_init(&space->space, &config) != MEZZO_OK)
		abort();
	mezzo_model_bind(r->machine, number,
			 &(struct mezzo_model_space){
				 .vmid = config.vmid,
				 .root = table->root_pa,
				 .root_bytes = table->above_count ? (uint32_t)MEZZO_PAGE_BYTES
								  : table->root_bytes,
				 .start_level = (uint8_t)(table->start_level - table->above_count),
				 .mte = config.guest_mte,
				 /* KVM keeps it clear: KVM_X86_QUIRK_CD_NW_CLEARED. */
				 .caches_off = facts.guest.x86.cr0_cd && r->run->policy->decide,
			 });
}

static unsigned int aliases(const struct check_world *world)
{
	static const unsigned int alias[] = {
		[CHECK_MAP_WB] = MEZZO_CLASS_WB,
		[CHECK_MAP_NC] = MEZZO_CLASS_NC,
		[CHECK_MAP_DEVICE] = MEZZO_CLASS_DEVICE,
		[CHECK_MAP_NONE] = 0,
	};
	bool linear = world->field[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR;

	return alias[world->field[CHECK_FIELD_MAP]] | (linear ? MEZZO_CLASS_WB : 0);
}

/* Guest A's memory. It holds what was promised, if need be nobody's secrets. */
static void place_frame(struct replay *r)
{
	struct mezzo_model_frames frames = {
		.pa = replay_frame(),
		.pages = 1,
		.owners = 1,
		.alias = aliases(&r->world),
		.tag_storage = r->world.field[CHECK_FIELD_TAG_STORAGE],
		.mmio = r->world.field[CHECK_FIELD_MMIO],
	};

	frames.state = r->contract.promise;
	/* As in the checker: only where somebody has a cached mapping is a line there already. */
	frames.state.lines = (frames.alias & MEZZO_CLASS_WB) != 0;
	/* Without the zeroing even guest A would see them; it is guest B's view that counts. */
	if (replay_lacks(r, PAGE_DUTY_ZERO))
		frames.state.data = MEZZO_CONTENT_INITIALISED;
	if (replay_lacks(r, PAGE_DUTY_ZERO_TAGS))
		frames.state.tags = MEZZO_CONTENT_INITIALISED;
	mezzo_model_place(r->machine, &frames);
}

static void declare(struct replay *r)
{
	r->contract = check_world_contract(&r->world);
	/* Linux: through the linear map, whether the page is there or not. The VMM zeroes. */
	if (!r->model->mezzo) {
		r->contract.maintenance = MEZZO_MAINTENANCE_DIRECT;
		r->contract.promise = (struct mezzo_frame_state){
			.data = MEZZO_CONTENT_INITIALISED,
			.tags = MEZZO_CONTENT_UNOWNED,
			.lines = MEZZO_LINES_MAYBE,
		};
	}
}

static void make_machine(struct replay *r)
{
	struct mezzo_facts facts;
	struct mezzo_model_config config = {
		.size = sizeof(config),
		.seed = 1,
		.frames = 1,
		.tables = 32,
		.range = true,
		.tolerate = r->tolerate,
	};

	check_world_facts(&r->world, &facts);
	config.machine = facts.machine.arm64;
	config.uncached_may_hit = r->model->doubted >> CHECK_A5_UNCACHED_BYPASSES & 1;
	if (replay_is_x86(r)) {
		config.format = facts.machine.x86.engine == MEZZO_X86_EPT ? MEZZO_MODEL_EPT
									  : MEZZO_MODEL_NPT;
		config.self_snoop = facts.machine.x86.self_snoop;
		config.host_pat = HOST_PAT;
	}
	r->machine = mezzo_model_create(&config);
	if (!r->machine)
		abort();
	replay_make_platform(r);
	replay_make_arch(r);
	declare(r);
	make_space(r, 0);
	make_space(r, 1);
}

static bool make_pool(struct replay *r)
{
	return mezzo_pool_init(&r->pool, &r->platform, &r->contract, replay_frame(), 1, r->state) ==
	       MEZZO_OK;
}

struct replay *replay_begin(const struct judge_run *run, const struct check_world world[2],
			    const struct page_model *model, uint32_t tolerate)
{
	struct replay *r = aligned_alloc(64, (sizeof(*r) + 63) / 64 * 64);

	if (!r)
		abort();
	memset(r, 0, sizeof(*r));
	r->run = run;
	r->world = world[0];
	r->there = world[1];
	r->model = model;
	r->tolerate = tolerate;
	r->proved = !tolerate;
	make_machine(r);
	place_frame(r);
	if (!make_pool(r))
		abort();
	return r;
}

static void go(struct replay *r)
{
	r->world = r->there;
	r->place = 1;
}

bool replay_move(struct replay *r)
{
	go(r);
	declare(r);
	mezzo_model_remap(r->machine, replay_frame(), 1, aliases(&r->world));
	return make_pool(r);
}

bool replay_migrate(struct replay *r)
{
	go(r);
	mezzo_model_destroy(r->machine);
	memset(r->space, 0, sizeof(r->space));
	memset(r->last, 0, sizeof(r->last));
	r->known_count = 0;
	r->tags_restored = true;
	make_machine(r);
	mezzo_model_place(r->machine,
			  &(struct mezzo_model_frames){
				  .pa = replay_frame(),
				  .pages = 1,
				  .owners = 2,
				  .alias = aliases(&r->world),
				  .tag_storage = r->world.field[CHECK_FIELD_TAG_STORAGE],
				  .mmio = r->world.field[CHECK_FIELD_MMIO],
				  .state = {.data = MEZZO_CONTENT_UNOWNED},
			  });
	return make_pool(r);
}

void replay_end(struct replay *r)
{
	mezzo_model_destroy(r->machine);
	free(r);
}

enum mezzo_model_rule replay_rule(const struct replay *r)
{
	return mezzo_model_violation(r->machine);
}

const char *replay_message(const struct replay *r)
{
	return r->message[0] ? r->message : mezzo_model_message(r->machine);
}

void replay_print(const struct replay *r)
{
	mezzo_model_print(r->machine, "# ");
}
