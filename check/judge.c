/* SPDX-License-Identifier: BSD-2-Clause */
/* Searches of many configurations, shared out to threads. */
#include "judge.h"

#include "check/judge_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* --- machines that are alike --------------------------------------------------------------------- */

static uint64_t hash_model(const struct arm64_model *model)
{
	const unsigned char *bytes = (const unsigned char *)model;
	uint64_t h = 0, word;

	_Static_assert(sizeof(*model) % 4 == 0, "hashed by words");
	for (size_t i = 0; i + sizeof(word) <= sizeof(*model); i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h;
}

static bool grow_index(struct judge *j)
{
	uint32_t slots = j->slots ? j->slots * 2 : 1024;
	uint32_t *slot = check_budget_resize(&j->budget, NULL, 0, slots * sizeof(*slot));

	if (!slot)
		return false;
	memset(slot, 0, slots * sizeof(*slot));
	for (uint32_t i = 0; i < j->models; i++) {
		uint32_t at = (uint32_t)j->model[i].hash & (slots - 1);

		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = i + 1;
	}
	check_budget_release(&j->budget, j->slot, j->slots * sizeof(*j->slot));
	j->slot = slot;
	j->slots = slots;
	return true;
}

static bool grow_models(struct judge *j)
{
	uint32_t room = j->room ? j->room * 2 : 256;
	void *moved = check_budget_resize(&j->budget, j->model, j->room * sizeof(*j->model),
					  room * sizeof(*j->model));

	if (!moved)
		return false;
	j->model = moved;
	j->room = room;
	return true;
}

/* The number of a machine; NO_MODEL: no memory. */
static uint32_t intern(struct judge *j, const struct arm64_model *model)
{
	uint64_t hash = hash_model(model);
	uint32_t at;

	if ((j->models + 1) * 2 > j->slots && !grow_index(j))
		return NO_MODEL;
	at = (uint32_t)hash & (j->slots - 1);
	for (; j->slot[at]; at = (at + 1) & (j->slots - 1)) {
		const struct known *known = &j->model[j->slot[at] - 1];

		if (known->hash == hash && memcmp(&known->model, model, sizeof(*model)) == 0)
			return j->slot[at] - 1;
	}
	if (j->models == j->room && !grow_models(j))
		return NO_MODEL;
	j->model[j->models] = (struct known){.hash = hash, .model = *model};
	j->slot[at] = j->models + 1;
	return j->models++;
}

static bool add_case(struct judge *j, uint32_t model)
{
	if (j->cases == j->case_room) {
		uint32_t room = j->case_room ? j->case_room * 2 : 4096;
		void *moved = check_budget_resize(&j->budget, j->of_case,
						  j->case_room * sizeof(*j->of_case),
						  room * sizeof(*j->of_case));

		if (!moved)
			return false;
		j->of_case = moved;
		j->case_room = room;
	}
	j->of_case[j->cases++] = model;
	return true;
}

/* --- a judge ---------------------------------------------------------------------------------------- */

struct judge *judge_new(size_t budget_bytes, unsigned int workers)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->budget.limit_bytes = budget_bytes;
	j->workers = workers < 1 ? 1 : workers > CHECK_WORKERS_MAX ? CHECK_WORKERS_MAX : workers;
	for (unsigned int i = 0; i < j->workers; i++) {
		j->search[i] = check_search_new(&j->budget);
		if (!j->search[i]) {
			judge_free(j);
			return NULL;
		}
	}
	return j;
}

static void forget_models(struct judge *j)
{
	check_budget_release(&j->budget, j->model, j->room * sizeof(*j->model));
	check_budget_release(&j->budget, j->slot, j->slots * sizeof(*j->slot));
	check_budget_release(&j->budget, j->of_case, j->case_room * sizeof(*j->of_case));
	j->model = NULL;
	j->slot = NULL;
	j->of_case = NULL;
	j->models = j->room = j->slots = j->cases = j->case_room = 0;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	forget_models(j);
	for (unsigned int i = 0; i < j->workers; i++)
		check_search_free(j->search[i]);
	free(j);
}

void judge_on_progress(struct judge *j, check_progress_fn *progress, void *arg)
{
	j->progress = progress;
	j->progress_arg = arg;
}

struct judge_cost judge_cost(const struct judge *j)
{
	return j->cost;
}

size_t judge_peak_bytes(const struct judge *j)
{
	return atomic_load(&j->budget.peak_bytes);
}

const char *judge_trouble(const struct judge *j)
{
	return j->trouble;
}

static int out_of_memory(struct judge *j, const char *what, uint32_t states)
{
	snprintf(j->trouble, sizeof(j->trouble),
		 "%s needs more than the %zu MiB of memory that it may use (%u states so far)",
		 what, j->budget.limit_bytes >> 20, states);
	return CHECK_NO_BUDGET;
}

/* --- the searches -------------------------------------------------------------------------------------- */

static void search_one(void *arg, unsigned int worker, uint32_t item)
{
	struct judge *j = arg;
	struct check_search *s = j->search[worker];
	struct known *known = &j->model[item];

	if (atomic_load(&j->failed))
		return;
	if (check_search_run(s, &arm64_machine, &known->model, 0) != CHECK_OK) {
		atomic_store(&j->failed, true);
		known->states = check_search_states(s);
		return;
	}
	known->states = check_search_states(s);
	known->moves = check_search_moves(s);
	known->broken = check_search_broken(s);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		known->length[p] = (uint8_t)check_search_length(s, p);
}

static int search_all(struct judge *j)
{
	atomic_store(&j->failed, false);
	check_parallel(j->workers, j->models, search_one, j, j->progress, j->progress_arg);
	for (uint32_t i = 0; i < j->models; i++) {
		j->cost.states += j->model[i].states;
		j->cost.moves += j->model[i].moves;
		if (j->model[i].states > j->cost.largest)
			j->cost.largest = j->model[i].states;
	}
	j->cost.searches += j->models;
	if (atomic_load(&j->failed))
		return out_of_memory(j, "a search", j->cost.largest);
	return CHECK_OK;
}

/* First pass: the machine of every accepted configuration. */
static bool note_case(struct judge *j, const struct judge_run *run,
		      const struct check_world world[2], void *arg)
{
	struct arm64_model model;
	uint32_t number;

	(void)arg;
	if (!judge_compile(run, world, &model))
		return true;
	number = intern(j, &model);
	return number != NO_MODEL && add_case(j, number);
}

int judge_runs(struct judge *j, const struct judge_run *runs, unsigned int count,
	       struct judge_verdict *verdicts)
{
	uint32_t at = 0;
	int status;

	forget_models(j);
	j->cost = (struct judge_cost){0};
	for (unsigned int i = 0; i < count; i++)
		if (!judge_each(j, &runs[i], note_case, NULL))
			return out_of_memory(j, "the list of configurations", 0);
	status = search_all(j);
	for (unsigned int i = 0; i < count && status == CHECK_OK; i++)
		at = judge_sum_up(j, &runs[i], at, &verdicts[i]);
	return status;
}

int judge_story(struct judge *j, const struct judge_run *run, const struct check_world world[2],
		enum check_property property, struct arm64_case *at, struct check_step *steps,
		unsigned int max, unsigned int *length)
{
	struct check_search *s = j->search[0];

	*length = 0;
	*at = (struct arm64_case){.policy = run->policy, .world = {world[0], world[1]}};
	if (!judge_compile(run, world, &at->model))
		return CHECK_OK;
	if (check_search_run(s, &arm64_machine, &at->model, CHECK_BIT(property)) != CHECK_OK)
		return out_of_memory(j, "a search", check_search_states(s));
	*length = check_search_path(s, property, steps, max);
	if (*length <= max)
		arm64_retell(&at->model, steps, *length);
	return CHECK_OK;
}
