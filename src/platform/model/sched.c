/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs as coroutines: which one goes on is the seed's choice, at every operation. */
#include "internal.h"

#include <stdlib.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBERS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBERS 1
#endif

#ifdef FIBERS
#include <sanitizer/common_interface_defs.h>
#define leave(fake, to) __sanitizer_start_switch_fiber(fake, (to)->stack, (to)->stack_bytes)
#define enter(fake, from)                                                                          \
	__sanitizer_finish_switch_fiber(fake, &(from)->stack, &(from)->stack_bytes)
#else
#define leave(fake, to) ((void)(fake), (void)(to))
#define enter(fake, from) ((void)(fake), (void)(from))
#endif

#define STACK_BYTES ((size_t)256 << 10)
/* Turns in a row in which everybody only waited. */
#define PATIENCE 100000

struct coroutine {
	ucontext_t context;
	const void *stack; /* for the sanitizer */
	size_t stack_bytes;
	void *memory;
	bool runnable;
	mezzo_model_entry *entry;
	void *arg;
};

struct sched {
	struct coroutine cpu[CPUS];
	struct coroutine main;
	struct coroutine nobody; /* takes what the sanitizer says of a stack that we made */
	bool running;            /* by mezzo_model_run */
	bool stepping;           /* by mezzo_model_resume */
	unsigned int waited;
};

static struct sched *sched_of(struct mezzo_model *model)
{
	if (!model->sched)
		model->sched = calloc(1, sizeof(*model->sched));
	return model->sched;
}

void sched_destroy(struct mezzo_model *model)
{
	for (unsigned int i = 0; model->sched && i < CPUS; i++)
		free(model->sched->cpu[i].memory);
	free(model->sched);
}

/* Coroutines are left for the main program only, and entered from there. */
static void jump(struct sched *sched, struct coroutine *from, struct coroutine *to)
{
	void *fake = NULL;

	leave(&fake, to);
	swapcontext(&from->context, &to->context);
	enter(fake, from == &sched->main ? &sched->nobody : &sched->main);
}

/* What this CPU has stored so far is noticed as its own. */
static void switch_out(struct mezzo_model *model)
{
	tables_look(model);
	jump(model->sched, &model->sched->cpu[model->cpu], &model->sched->main);
}

/* The context's argument has to travel in two ints. */
static void begin(unsigned int high, unsigned int low)
{
	struct mezzo_model *model = (struct mezzo_model *)(uintptr_t)((uint64_t)high << 32 | low);
	struct coroutine *self = &model->sched->cpu[model->cpu];

	enter(NULL, &model->sched->main);
	self->entry(self->arg);
	self->runnable = false;
	switch_out(model);
}

bool mezzo_model_spawn(struct mezzo_model *model, unsigned int cpu, mezzo_model_entry *entry,
		       void *arg)
{
	struct sched *sched = sched_of(model);
	struct coroutine *self = sched ? &sched->cpu[cpu] : NULL;
	uint64_t address = (uintptr_t)model;

	if (!self)
		return false;
	if (!self->memory)
		self->memory = malloc(STACK_BYTES);
	if (!self->memory || getcontext(&self->context) != 0)
		return false;
	self->stack = self->memory;
	self->stack_bytes = STACK_BYTES;
	self->context.uc_stack.ss_sp = self->memory;
	self->context.uc_stack.ss_size = STACK_BYTES;
	self->context.uc_link = NULL;
	self->entry = entry;
	self->arg = arg;
	self->runnable = true;
	makecontext(&self->context, (void (*)(void))begin, 2, (unsigned int)(address >> 32),
		    (unsigned int)address);
	return true;
}

static bool choose(struct mezzo_model *model, unsigned int *cpu)
{
	unsigned int first = mezzo_model_random(model, CPUS);

	for (unsigned int i = 0; i < CPUS; i++) {
		*cpu = (first + i) % CPUS;
		if (model->sched->cpu[*cpu].runnable)
			return true;
	}
	return false;
}

void mezzo_model_run(struct mezzo_model *model)
{
	struct sched *sched = sched_of(model);
	unsigned int cpu;

	if (!sched)
		return;
	sched->running = true;
	sched->waited = 0;
	while (!model_failed(model) && choose(model, &cpu)) {
		model->cpu = cpu;
		jump(sched, &sched->main, &sched->cpu[cpu]);
	}
	for (cpu = 0; cpu < CPUS; cpu++)
		sched->cpu[cpu].runnable = false;
	sched->running = false;
}

bool mezzo_model_resume(struct mezzo_model *model, unsigned int cpu)
{
	struct sched *sched = sched_of(model);

	if (!sched || !sched->cpu[cpu].runnable)
		return false;
	mezzo_model_set_cpu(model, cpu);
	sched->stepping = true;
	jump(sched, &sched->main, &sched->cpu[cpu]);
	sched->stepping = false;
	return sched->cpu[cpu].runnable;
}

void mezzo_model_pause(struct mezzo_model *model)
{
	if (model->sched && model->sched->stepping)
		switch_out(model);
}

void mezzo_model_yield(struct mezzo_model *model)
{
	if (!model->sched || !model->sched->running)
		return;
	model->sched->waited = 0;
	if (model_failed(model) || mezzo_model_random(model, 4) == 0)
		switch_out(model);
}

void sched_wait(struct mezzo_model *model)
{
	if (model->sched && model->sched->stepping) {
		switch_out(model);
		return;
	}
	if (!model->sched || !model->sched->running) {
		mezzo_model_fail(model, MEZZO_MODEL_NO_PROGRESS, "a wait for nobody");
		return;
	}
	if (++model->sched->waited > PATIENCE)
		mezzo_model_fail(model, MEZZO_MODEL_NO_PROGRESS, "every CPU only waits");
	switch_out(model);
}
