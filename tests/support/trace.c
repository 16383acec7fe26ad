/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES (TRACE_BLOCK_PAGES + 16 * (TRACE_OBJECTS + 1))

void trace_enter(struct trace_space *space)
{
	space->active++;
	space->calls++;
}

void trace_leave(struct trace_space *space)
{
	space->active--;
}

static uint64_t machine_bits(uint64_t seed)
{
	uint64_t bits = seed * UINT64_C(0xd6e8feb86659fd93);

	return bits ^ bits >> 32;
}

/* What the seed says of the machine: admissible combinations only. */
static struct mezzo_arm64_machine random_machine(uint64_t seed)
{
	const uint64_t bits = machine_bits(seed);
	struct mezzo_arm64_machine machine;

	machine.fwb = bits & 1;
	machine.idc = machine.fwb || (bits & 2);
	machine.dic = bits & 4;
	machine.mte = bits & 8;
	machine.mte_perm = machine.mte && (bits & 16);
	machine.xnx = bits & 32;
	return machine;
}

static void bind(struct trace *trace, unsigned int s)
{
	struct trace_space *space = &trace->space[s];
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = trace_arch(trace),
		.platform = trace->p,
		.machine = {.arm64 = trace->machine},
		.features = {.access = trace->notes, .dirty = trace->notes},
		.guest_mte = space->mte,
		.ipa_bits = 32,
		.pa_bits = 40,
		.vmid = (uint16_t)(s + 1),
		.slots = space->slots,
		.index = space->index,
		.max_slots = 2 * TRACE_SLOTS,
		.vcpus = space->vcpus,
		.max_vcpus = TRACE_VCPUS,
	};
	struct mezzo_model_space bound = {
		.vmid = config.vmid,
		.mte = space->mte,
		.notes = trace->notes,
	};

	for (unsigned int n = 0; n < TRACE_SLOTS; n++)
		space->slot[n].ipa.addr = TRACE_IPA + ((uint64_t)n << 16);
	if (mezzo_space_init(&space->space, &config) != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "space %u", s);
	/* Wherever the engine takes the table's operations from. */
	space->space.table.ops = config.arch->table;
	bound.root = space->space.table.root_pa;
	bound.root_bytes = space->space.table.root_bytes;
	bound.start_level = space->space.table.start_level;
	mezzo_model_bind(trace->model, s, &bound);
}

static void unbind(struct trace *trace, unsigned int s)
{
	struct mezzo_space *space = &trace->space[s].space;

	mezzo_model_unbind(trace->model, s);
	if (mezzo_space_fini(space) != MEZZO_OK)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "space_fini");
}

static void run(struct trace *trace)
{
	struct trace_guest guest[3] = {
		{.trace = trace, .space = 0, .vcpu = 0},
		{.trace = trace, .space = 0, .vcpu = 1},
		{.trace = trace, .space = 1, .vcpu = 0},
	};
	bool spawned = mezzo_model_spawn(trace->model, 3,
					 trace->config.migrate ? trace_migrate_run : trace_host_run,
					 trace);

	if (trace->config.migrate)
		guest[2] = (struct trace_guest){.trace = trace, .space = 0, .vcpu = 2};
	trace->running = 3;

	for (unsigned int i = 0; i < 3; i++)
		spawned &= mezzo_model_spawn(trace->model, i, trace_guest_run, &guest[i]);
	if (!spawned)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "no memory");
	mezzo_model_run(trace->model);
}

struct trace *trace_run(const struct trace_config *config)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	struct mezzo_model_config model = {
		.size = sizeof(model),
		.seed = config->seed,
		.machine = random_machine(config->seed),
		.frames = FRAMES,
		.range = config->seed % 3 != 0,
		.uncached_may_hit = config->seed % 4 == 0,
		.mutation = config->mutation,
	};

	if (!trace)
		abort();
	trace->config = *config;
	trace->machine = model.machine;
	trace->notes = (config->changes || config->migrate) && machine_bits(config->seed) & 64;
	trace->model = mezzo_model_create(&model);
	if (!trace->model)
		abort();
	trace->p = mezzo_model_platform(trace->model);
	for (unsigned int s = 0; s < TRACE_SPACES; s++) {
		trace->space[s].mte = trace->machine.mte && trace_random(trace, 2);
		bind(trace, s);
	}
	for (unsigned int n = 0; n < TRACE_OBJECTS; n++)
		trace_object_make(trace, n);
	run(trace);
	if (mezzo_model_violation(trace->model) != MEZZO_MODEL_NO_VIOLATION)
		return trace;
	trace_host_clear(trace);
	for (unsigned int s = 0; s < TRACE_SPACES; s++)
		unbind(trace, s);
	if (mezzo_model_tables(trace->model) != 0)
		mezzo_model_fail(trace->model, MEZZO_MODEL_TEST_ERROR, "tables were not freed");
	return trace;
}

void trace_free(struct trace *trace)
{
	for (unsigned int n = 0; n < TRACE_OBJECTS; n++)
		free(trace->object[n].state);
	mezzo_model_destroy(trace->model);
	free(trace);
}

void trace_describe(const struct trace *trace, const char *prefix)
{
	static const char *const kinds[] = {"pool", "hostmap", "bar", "private"};
	const struct mezzo_arm64_machine *m = &trace->machine;

	printf("%sseed %llu: fwb %d idc %d dic %d mte %d mte_perm %d, notes writes %d; guests' mte "
	       "%d %d\n",
	       prefix, (unsigned long long)trace->config.seed, m->fwb, m->idc, m->dic, m->mte,
	       m->mte_perm, trace->notes, trace->space[0].mte, trace->space[1].mte);
	for (unsigned int n = 0; n < TRACE_OBJECTS; n++) {
		const struct trace_object *o = &trace->object[n];
		const struct mezzo_contract *c = &o->contract;

		printf("%sobject %u: %s of %u pages at %#llx, aliases %u allow %u maintenance %u "
		       "dma %u tags %d mmio %d, promise data %u tags %u lines %u\n",
		       prefix, n, kinds[o->kind], o->pages, (unsigned long long)o->base.addr,
		       c->aliases, c->allow, c->maintenance, c->dma, c->tag_storage, c->mmio,
		       c->promise.data, c->promise.tags, c->promise.lines);
	}
}
