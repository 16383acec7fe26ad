/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose word is taken for a private page, as the checker's machine of private pages has it, on the
 * engine: the shipped design with the engine's own private registers; the others with an object that
 * asks the VMM's mapping and follows it, or does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mezzo/mezzo.h>
#include <mezzo/private.h>
#include <platform/model/model.h>

#include "check/judge_internal.h"
#include "check/machines/private.h"
#include "check/machines/private_state.h"

#define MEMORY ((size_t)4 << 20)
#define IPA UINT64_C(0x40000000)
#define SOMEBODY 1 /* a space that is none: who gets pages that were revoked */
#define WALKS 1000u
#define WALK 32

struct bench {
	const struct private_model *model;
	struct mezzo_model *machine;
	const struct mezzo_platform *platform;
	struct mezzo_space space;
	struct mezzo_slot slots[1];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(1)];
	struct mezzo_vcpu vcpus[1];
	struct mezzo_private_mmio mmio;
	_Atomic uint8_t state[1];
	struct mezzo_object by_hva;
	unsigned int hva; /* enum page: what the VMM's mapping shows */
	char message[160];
};

static struct mezzo_pa page_pa(unsigned int page)
{
	return (struct mezzo_pa){MEZZO_MODEL_FRAMES_PA + (page - P1) * MEZZO_PAGE_BYTES};
}

/* --- an object that asks the VMM's mapping ------------------------------------------------------------- */

static int resolve(struct mezzo_object *object, uint64_t offset, bool write,
		   struct mezzo_frame *frame)
{
	const struct bench *b =
		(struct bench *)(void *)((char *)object - offsetof(struct bench, by_hva));

	(void)offset, (void)write;
	if (b->hva == NO_PAGE)
		return MEZZO_ERR_NOENT;
	*frame = (struct mezzo_frame){
		.pa = page_pa(b->hva),
		.from_pages = 1,
		.writable = true,
		.state = object->contract.promise,
	};
	return MEZZO_OK;
}

static int begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		 struct mezzo_frame_state expected)
{
	(void)object, (void)offset, (void)pages, (void)expected;
	return MEZZO_OK;
}

static void end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		struct mezzo_frame_state state)
{
	(void)object, (void)offset, (void)pages, (void)state;
}

static void lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		  enum mezzo_lines state)
{
	(void)object, (void)offset, (void)pages, (void)state;
}

static const struct mezzo_object_ops hva_ops = {
	.size = sizeof(hva_ops),
	.resolve = resolve,
	.frames_begin = begin,
	.frames_end = end,
	.frames_lines = lines,
};

/* --- the bench -------------------------------------------------------------------------------------------- */

static void place(struct bench *b, unsigned int page, unsigned int owner)
{
	const struct mezzo_model_frames frames = {
		.pa = page_pa(page),
		.pages = 1,
		.owners = 1u << owner,
		.mmio = true,
		.state = {.data = owner ? MEZZO_CONTENT_UNOWNED : MEZZO_CONTENT_INITIALISED},
	};

	mezzo_model_place(b->machine, &frames);
}

static bool asks_the_object(const struct bench *b)
{
	return b->model->resolves == PRIVATE_BY_FD;
}

static struct mezzo_object *make_object(struct bench *b)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_NONE);
	struct mezzo_refusal why;

	b->by_hva = (struct mezzo_object){
		.ops = &hva_ops,
		.platform = b->platform,
		.contract = contract,
		.pages = 1,
	};
	contract = mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	contract.is_private = contract.mmio = true;
	contract.allow = MEZZO_CLASS_DEVICE;
	contract.promise = (struct mezzo_frame_state){0};
	assert_int_equal(mezzo_private_mmio_init(&b->mmio, b->platform, &contract, page_pa(P1), 1,
						 b->state, &why),
			 MEZZO_OK);
	return asks_the_object(b) ? &b->mmio.object : &b->by_hva;
}

static void make_space(struct bench *b)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = b->platform,
		.ipa_bits = 32,
		.pa_bits = 40,
		.vmid = 1,
		.slots = b->slots,
		.index = b->index,
		.max_slots = 1,
		.vcpus = b->vcpus,
		.max_vcpus = 1,
	};
	const struct mezzo_slot_config slot = {
		.ipa = {IPA},
		.pages = 1,
		.object = make_object(b),
	};
	const struct mezzo_table *table = &b->space.table;
	struct mezzo_refusal why;

	assert_int_equal(mezzo_space_init(&b->space, &config), MEZZO_OK);
	mezzo_model_bind(b->machine, 0,
			 &(struct mezzo_model_space){
				 .vmid = 1,
				 .root = table->root_pa,
				 .root_bytes = table->root_bytes,
				 .start_level = (uint8_t)table->start_level,
			 });
	assert_int_equal(mezzo_slot_create(&b->space, &slot, &why), MEZZO_OK);
}

static struct bench *open_bench(const struct private_model *model)
{
	const struct mezzo_model_config config = {
		.size = sizeof(config),
		.seed = 1,
		.frames = 2,
		.tables = 16,
		.range = true,
	};
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	b->model = model;
	b->machine = mezzo_model_create(&config);
	assert_non_null(b->machine);
	b->platform = mezzo_model_platform(b->machine);
	b->hva = P1;
	place(b, P1, 0);
	place(b, P2, 0);
	make_space(b);
	return b;
}

static void close_bench(struct bench *b)
{
	mezzo_model_destroy(b->machine);
	free(b);
}

/* --- steps ------------------------------------------------------------------------------------------------ */

static struct mezzo_fault_result fault(struct bench *b)
{
	const struct mezzo_fault_info info = {.ipa = {IPA}, .access = MEZZO_ACCESS_READ};
	struct mezzo_fault_result result;

	do
		assert_int_equal(mezzo_space_fault(&b->space, 0, &info, &result), MEZZO_OK);
	while (result.retry);
	return result;
}

/* What nobody has accepted is not there: the guest asks for it, and tries again. */
static void faults(struct bench *b)
{
	if (fault(b).outcome == MEZZO_GRANT)
		return;
	assert_true(asks_the_object(b));
	assert_int_equal(mezzo_private_mmio_accept(&b->mmio, 0, 1), MEZZO_OK);
	assert_int_equal(fault(b).outcome, MEZZO_GRANT);
}

static void accesses(struct bench *b)
{
	struct mezzo_model_access access = {
		.ipa = {IPA},
		.kind = MEZZO_MODEL_READ,
		.stage1 = MEZZO_CLASS_DEVICE,
		.granted = true,
	};

	mezzo_model_access(b->machine, &access);
}

/* The guest gives its page back: whoever it has it from takes it. */
static void releases(struct bench *b)
{
	assert_int_equal(asks_the_object(b) ? mezzo_private_mmio_revoke(&b->mmio, 0, 1)
					    : mezzo_object_revoke(&b->by_hva, 0, 1),
			 MEZZO_OK);
}

/* Whoever follows the VMM's mapping is told. */
static void hva_becomes(struct bench *b, unsigned int page)
{
	b->hva = page;
	if (b->model->invalidates == PRIVATE_BY_HVA)
		assert_int_equal(mezzo_object_revoke(&b->by_hva, 0, 1), MEZZO_OK);
}

static void revokes(struct bench *b, const struct private_state *from)
{
	if (asks_the_object(b))
		assert_int_equal(mezzo_private_mmio_revoke(&b->mmio, 0, 1), MEZZO_OK);
	if (from->hva == P1)
		hva_becomes(b, NO_PAGE);
	place(b, P1, SOMEBODY);
}

static bool compare(struct bench *b, const struct private_state *now)
{
	struct mezzo_leaf leaf;
	unsigned int page = NO_PAGE;

	if (mezzo_model_violation(b->machine))
		return false;
	b->space.table.ops->lookup(&b->space.table, (struct mezzo_ipa){IPA}, &leaf);
	if (leaf.state == MEZZO_ENTRY_LEAF)
		page = leaf.pa.addr == page_pa(P1).addr ? P1 : P2;
	if (page == now->entry)
		return true;
	snprintf(b->message, sizeof(b->message), "the guest has page %u, not %u", page,
		 (unsigned int)now->entry);
	return false;
}

static bool do_step(struct bench *b, const struct check_step *step)
{
	const struct private_state from = private_unpack(step->from);
	const struct private_state now = private_unpack(step->to);

	switch ((enum private_action)step->action) {
	case DO_FAULT:
		faults(b);
		break;
	case DO_ACCESS:
		accesses(b);
		break;
	case DO_RELEASE:
		releases(b);
		break;
	case DO_REMAP:
	case DO_UNMAP:
		hva_becomes(b, now.hva);
		break;
	case DO_REVOKE:
		revokes(b, &from);
		break;
	default: /* the guest makes up its mind */
		break;
	}
	return compare(b, &now);
}

static const char *trouble(const struct bench *b)
{
	return b->message[0] ? b->message : mezzo_model_message(b->machine);
}

/* --- stories, and runs --------------------------------------------------------------------------------------- */

static const struct check_policy *const designs[] = {&private_hva_followed, &private_hva_ignored};

static struct judge *judge;

static void tell(const struct judge_run *run, const struct check_world world[2],
		 const struct private_model *model, enum check_property property)
{
	struct judge_story *story = calloc(1, sizeof(*story));
	struct bench *b = open_bench(model);
	unsigned int i = 0;

	assert_non_null(story);
	assert_int_equal(judge_tell(judge, run, world, property, story), CHECK_OK);
	while (i < story->length && do_step(b, &story->step[i].step))
		i++;
	/* To be reached after it is somebody else's is found; everything else is seen. */
	if (property == CHECK_S12_NO_REUSED_PAGE
		    ? mezzo_model_violation(b->machine) != MEZZO_MODEL_FLUSH_OWED
		    : i < story->length)
		fail_msg("%s, %s: step %u: %s", run->policy->name,
			 check_property_texts[property].id, i + 1, trouble(b));
	printf("# %s, %s: %u steps\n", run->policy->name, check_property_texts[property].id,
	       story->length);
	close_bench(b);
	free(story);
}

static void designs_that_fail(void **state)
{
	const struct check_world world[2] = {0};
	unsigned int length[CHECK_PROPERTIES], told = 0;

	(void)state;
	for (unsigned int d = 0; d < 2; d++) {
		const struct judge_run run = {
			.subject = &private_subject,
			.policy = designs[d],
			.family = &private_family,
		};
		struct private_model model = {0};
		bool accepted;
		uint64_t broken;

		assert_true(
			run.subject->compile(run.policy, world, CHECK_ONE, &run.change, &model));
		assert_int_equal(judge_one(judge, &run, world, &accepted, &broken, length),
				 CHECK_OK);
		for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
			if (broken >> p & 1) {
				tell(&run, world, &model, (enum check_property)p);
				told++;
			}
	}
	assert_int_equal(told, 4);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Returns how many steps there were: it ends where nothing can happen any more. */
static unsigned int walk(const struct private_model *model, uint32_t seed)
{
	struct check_move moves[CHECK_MOVES_MAX];
	struct bench *b = open_bench(model);
	uint64_t at = private_machine.start(model);
	unsigned int i = 0, count;

	while (i < WALK && (count = private_machine.moves(model, at, moves))) {
		const struct check_move *move = &moves[next_random(&seed) % count];
		const struct check_step step = {at, move->to, move->action};

		if (!do_step(b, &step))
			fail_msg("step %u: %s", i + 1, trouble(b));
		at = move->to;
		i++;
	}
	close_bench(b);
	return i;
}

static void runs_of_the_design_that_ships(void **state)
{
	const struct check_world world[2] = {0};
	const struct check_change change = {0};
	struct private_model model = {0};
	unsigned int steps = 0;

	(void)state;
	assert_true(private_subject.compile(&private_mezzo, world, CHECK_ONE, &change, &model));
	for (uint32_t i = 0; i < WALKS; i++)
		steps += walk(&model, 0x9e3779b9u * (i + 1));
	printf("# %u runs, %u steps\n", WALKS, steps);
	assert_true(steps > 2 * WALKS);
}

static int open_judge(void **state)
{
	(void)state;
	judge = judge_new(MEMORY, 1);
	return judge ? 0 : -1;
}

static int close_judge(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(designs_that_fail),
		cmocka_unit_test(runs_of_the_design_that_ships),
	};

	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
