/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An architecture and objects that do what the engine's own do, but let other CPUs run before and
 * after every step of theirs: between looking a frame up, deciding, claiming and publishing.
 */
#include "trace.h"

/* One at a time: a decision has no other way to know its machine. */
static struct trace *running;

static struct mezzo_model *model_of(const struct mezzo_table *table)
{
	return table->platform->ctx;
}

static void decide(const struct mezzo_facts *facts, struct mezzo_decision *out)
{
	mezzo_model_yield(running->model);
	mezzo_arm64_decide(facts, out);
	mezzo_model_yield(running->model);
}

static void lookup(const struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_leaf *leaf)
{
	mezzo_model_yield(model_of(table));
	mezzo_stage2_ops.lookup(table, ipa, leaf);
}

static int claim(struct mezzo_table *table, struct mezzo_stock *stock, struct mezzo_ipa ipa,
		 unsigned int order, struct mezzo_claim *claimed)
{
	int status = mezzo_stage2_ops.claim(table, stock, ipa, order, claimed);

	mezzo_model_yield(model_of(table));
	return status;
}

static void note_published(struct mezzo_table *table)
{
	mezzo_model_check_visible(model_of(table));
	((struct trace_space *)((char *)table - offsetof(struct trace_space, space.table)))
		->published++;
}

static void enter(struct mezzo_table *table, const struct mezzo_claim *claimed, struct mezzo_pa pa,
		  uint64_t word)
{
	mezzo_model_yield(model_of(table));
	mezzo_stage2_ops.enter(table, claimed, pa, word);
	note_published(table);
}

static void publish(struct mezzo_table *table, const struct mezzo_claim *claimed,
		    struct mezzo_pa pa, const struct mezzo_attr *attr)
{
	mezzo_model_yield(model_of(table));
	mezzo_stage2_ops.publish(table, claimed, pa, attr);
	note_published(table);
}

static void abandon(struct mezzo_table *table, const struct mezzo_claim *claimed)
{
	mezzo_model_yield(model_of(table));
	mezzo_stage2_ops.abandon(table, claimed);
}

static int hold(struct mezzo_table *table, struct mezzo_ipa ipa, struct mezzo_claim *claimed)
{
	int status = mezzo_stage2_ops.hold(table, ipa, claimed);

	mezzo_model_yield(model_of(table));
	return status;
}

static int unmap(struct mezzo_table *table, struct mezzo_ipa ipa, uint64_t pages, bool prune,
		 struct mezzo_flush *flush)
{
	int status;

	mezzo_model_yield(model_of(table));
	status = mezzo_stage2_ops.unmap(table, ipa, pages, prune, flush);
	mezzo_model_yield(model_of(table));
	return status;
}

static void settle(struct mezzo_table *table, struct mezzo_flush *flush, mezzo_settle_fn *visit,
		   void *arg)
{
	mezzo_stage2_ops.settle(table, flush, visit, arg);
	mezzo_model_yield(model_of(table));
}

static struct mezzo_table_ops table_ops;
static struct mezzo_arch arch;

const struct mezzo_arch *trace_arch(struct trace *trace)
{
	running = trace;
	table_ops = mezzo_stage2_ops;
	table_ops.lookup = lookup;
	table_ops.claim = claim;
	table_ops.enter = enter;
	table_ops.publish = publish;
	table_ops.abandon = abandon;
	table_ops.hold = hold;
	table_ops.unmap = unmap;
	table_ops.settle = settle;
	arch = mezzo_arch_arm64;
	arch.decide = decide;
	arch.table = &table_ops;
	return &arch;
}

/* --- objects ---------------------------------------------------------------------------------- */

static const struct mezzo_object_ops *real_ops(struct mezzo_object *object)
{
	return ((struct trace_object *)((char *)object - offsetof(struct trace_object, object)))
		->real;
}

static int resolve(struct mezzo_object *object, uint64_t offset, bool write,
		   struct mezzo_frame *frame)
{
	int status = real_ops(object)->resolve(object, offset, write, frame);

	mezzo_model_yield(running->model);
	return status;
}

static int frames_begin(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			struct mezzo_frame_state expected)
{
	mezzo_model_yield(running->model);
	return real_ops(object)->frames_begin(object, offset, pages, expected);
}

static void frames_end(struct mezzo_object *object, uint64_t offset, uint64_t pages,
		       struct mezzo_frame_state state)
{
	mezzo_model_yield(running->model);
	real_ops(object)->frames_end(object, offset, pages, state);
	mezzo_model_yield(running->model);
}

static void frames_lines(struct mezzo_object *object, uint64_t offset, uint64_t pages,
			 enum mezzo_lines lines)
{
	mezzo_model_yield(running->model);
	real_ops(object)->frames_lines(object, offset, pages, lines);
	mezzo_model_yield(running->model);
}

void trace_object_slow(struct trace_object *object)
{
	static const struct mezzo_object_ops slow = {
		.size = sizeof(slow),
		.resolve = resolve,
		.frames_begin = frames_begin,
		.frames_end = frames_end,
		.frames_lines = frames_lines,
	};

	object->real = object->object.ops;
	object->object.ops = &slow;
}
