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

bool replay_can_be(const struct judge_run *run, const struct check_world world[2])
{
	/* The embedder's alone. */
	const uint32_t without = 1u << PAGE_DUTY_IOMMU_REVOKE;

	return run->subject == &arm64_subject && !run->change.doubted &&
	       !(run->change.lacks & without) && has_such_memory(&world[0]) &&
	       has_such_memory(&world[1]);
}

/* The model's host writes through mappings that stay. */
static bool can_fill(const struct page_place *p)
{
	return p->alias == PAGE_ALIAS_UNCACHED || p->alias == PAGE_ALIAS_CACHED || p->linear;
}

bool replay_can_step(const struct page_model *model, const struct check_step *step)
{
	const struct page_state from = state_unpack(step->from);
	const struct page_place *p = &model->place[from.place];

	switch (step->action >> ARG_BITS) {
	case ACT_FAULT_OTHER:
		return false;
	case ACT_SCRUB:
		/* Here an owner zeroes tags through the cache, which may hide what an action lacks. */
		return !model->lacks || !p->scrubs_tags || p->alias == PAGE_ALIAS_CACHED;
	case ACT_DMA_WRITE:
		/* The model's devices put nothing into a cache that has no line. */
		return !(step->action & ARG_HIT) || from.line;
	case ACT_RESET:
		return can_fill(p);
	case ACT_MIGRATE:
		return can_fill(&model->place[1]);
	default:
		return true;
	}
}

enum replay_result replay_differs(struct replay *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->message, sizeof(r->message), format, args);
	va_end(args);
	return REPLAY_DIFFERS;
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
	struct mezzo_model_space bound = {.vmid = config.vmid, .mte = config.guest_mte};

	check_world_facts(&r->world, &facts);
	config.machine = facts.machine;
	if (mezzo_space_init(&space->space, &config) != MEZZO_OK)
		abort();
	bound.root = space->space.table.root_pa;
	bound.root_bytes = space->space.table.root_bytes;
	bound.start_level = space->space.table.start_level;
	mezzo_model_bind(r->machine, number, &bound);
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
		.range = true,
		.tolerate = r->tolerate,
	};

	check_world_facts(&r->world, &facts);
	config.machine = facts.machine.arm64;
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
