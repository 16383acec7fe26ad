/* SPDX-License-Identifier: BSD-2-Clause */
/* Searches of many configurations, shared out to threads. */
#include "check/judge_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* --- machines that are alike --------------------------------------------------------------------- */

static uint64_t hash_model(const struct check_subject *subject, const union judge_model *model)
{
	uint64_t h = (uintptr_t)subject;

	for (size_t i = 0; i < subject->model_bytes / sizeof(uint64_t); i++) {
		h = (h ^ model->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h;
}

static bool grow(struct judge *j, void *array, size_t used, size_t *room, size_t bytes,
		 size_t first)
{
	size_t want = *room ? *room : first;
	void **at = array, *moved;

	while (used >= want)
		want *= 2;
	moved = check_budget_resize(&j->budget, *at, *room * bytes, want * bytes);
	if (!moved)
		return false;
	*at = moved;
	*room = want;
	return true;
}

static bool grow_index(struct judge *j)
{
	uint32_t slots = j->slots ? j->slots * 2 : 1024;
	uint32_t *slot = check_budget_resize(&j->budget, NULL, 0, slots * sizeof(*slot));

	if (!slot)
		return false;
	memset(slot, 0, slots * sizeof(*slot));
	for (uint32_t i = 0; i < j->models; i++) {
		uint32_t at = (uint32_t)j->known[i].hash & (slots - 1);

		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = i + 1;
	}
	check_budget_release(&j->budget, j->slot, j->slots * sizeof(*j->slot));
	j->slot = slot;
	j->slots = slots;
	return true;
}

static bool add_known(struct judge *j, const struct check_subject *subject, uint64_t hash,
		      const union judge_model *model)
{
	size_t room = j->room;

	if (j->models == j->room && !grow(j, &j->known, j->models, &room, sizeof(*j->known), 256))
		return false;
	j->room = (uint32_t)room;
	if (j->arena_used + subject->model_bytes > j->arena_room &&
	    !grow(j, &j->arena, j->arena_used + subject->model_bytes, &j->arena_room, 1, 1 << 16))
		return false;
	j->known[j->models] =
		(struct known){.subject = subject, .hash = hash, .model = j->arena_used};
	memcpy(j->arena + j->arena_used, model, subject->model_bytes);
	j->arena_used += subject->model_bytes;
	return true;
}

/* The number of a machine; NO_MODEL: no memory. */
static uint32_t intern(struct judge *j, const struct check_subject *subject,
		       const union judge_model *model)
{
	uint64_t hash = hash_model(subject, model);
	uint32_t at;

	if ((j->models + 1) * 2 > j->slots && !grow_index(j))
		return NO_MODEL;
	at = (uint32_t)hash & (j->slots - 1);
	for (; j->slot[at]; at = (at + 1) & (j->slots - 1)) {
		const struct known *known = &j->known[j->slot[at] - 1];

		if (known->hash == hash && known->subject == subject &&
		    memcmp(j->arena + known->model, model, subject->model_bytes) == 0)
			return j->slot[at] - 1;
	}
	if (!add_known(j, subject, hash, model))
		return NO_MODEL;
	j->slot[at] = j->models + 1;
	return j->models++;
}

static bool add_case(struct judge *j, uint32_t model)
{
	size_t room = j->case_room;

	if (j->cases == j->case_room &&
	    !grow(j, &j->of_case, j->cases, &room, sizeof(*j->of_case), 4096))
		return false;
	j->case_room = (uint32_t)room;
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
	check_budget_release(&j->budget, j->known, j->room * sizeof(*j->known));
	check_budget_release(&j->budget, j->arena, j->arena_room);
	check_budget_release(&j->budget, j->slot, j->slots * sizeof(*j->slot));
	check_budget_release(&j->budget, j->of_case, j->case_room * sizeof(*j->of_case));
	j->known = NULL;
	j->arena = NULL;
	j->slot = NULL;
	j->of_case = NULL;
	j->models = j->room = j->slots = j->cases = j->case_room = 0;
	j->arena_used = j->arena_room = 0;
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

/* Safety, and liveness where the machine has any. */
static int search(struct check_search *s, const struct check_subject *subject, const void *model,
		  uint64_t *broken, unsigned int *stuck)
{
	struct check_step loop[1];
	unsigned int back;
	bool found = false;
	int status = check_search_run(s, subject->machine, model, 0);

	*broken = check_search_broken(s);
	*stuck = 0;
	if (status == CHECK_OK && subject->judges & CHECK_BIT(CHECK_L3_PROGRESS))
		status = check_search_stuck(s, loop, 1, stuck, &back, &found);
	if (found)
		*broken |= CHECK_BIT(CHECK_L3_PROGRESS);
	return status;
}

static void search_one(void *arg, unsigned int worker, uint32_t item)
{
	struct judge *j = arg;
	struct check_search *s = j->search[worker];
	struct known *known = &j->known[item];
	unsigned int stuck;

	if (atomic_load(&j->failed))
		return;
	if (search(s, known->subject, j->arena + known->model, &known->broken, &stuck) != CHECK_OK)
		atomic_store(&j->failed, true);
	known->states = check_search_states(s);
	known->judged = check_search_judged(s);
	known->moves = check_search_moves(s);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		known->length[p] = (uint8_t)check_search_length(s, p);
	if (stuck)
		known->length[CHECK_L3_PROGRESS] = (uint8_t)stuck;
}

static int search_all(struct judge *j)
{
	atomic_store(&j->failed, false);
	check_parallel(j->workers, j->models, search_one, j, j->progress, j->progress_arg);
	for (uint32_t i = 0; i < j->models; i++) {
		j->cost.states += j->known[i].states;
		j->cost.moves += j->known[i].moves;
		if (j->known[i].states > j->cost.largest)
			j->cost.largest = j->known[i].states;
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
	union judge_model model;
	uint32_t number;

	(void)arg;
	if (!judge_compile(run, world, &model))
		return true;
	number = intern(j, run->subject, &model);
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

int judge_one(struct judge *j, const struct judge_run *run, const struct check_world world[2],
	      bool *accepted, uint64_t *broken, unsigned int length[CHECK_PROPERTIES])
{
	struct check_search *s = j->search[0];
	union judge_model model;
	unsigned int stuck;
	int status;

	*broken = 0;
	*accepted = judge_compile(run, world, &model);
	if (!*accepted)
		return CHECK_OK;
	status = search(s, run->subject, &model, broken, &stuck);
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		length[p] = check_search_length(s, p);
	if (stuck)
		length[CHECK_L3_PROGRESS] = stuck;
	return status == CHECK_OK ? status : out_of_memory(j, "a search", check_search_states(s));
}

/* --- stories ------------------------------------------------------------------------------------------------ */

static void tell(struct judge_story *story, const union judge_model *model,
		 const struct check_step *steps)
{
	const struct check_subject *subject = story->run->subject;
	struct check_case at = {
		.policy = story->run->policy,
		.world = {story->world[0], story->world[1]},
		.model = model,
	};

	for (unsigned int i = 0; i < story->length; i++) {
		bool last = i + 1 == story->length && story->back == story->length;

		story->step[i].step = steps[i];
		story->step[i].actor = subject->actor(&steps[i]);
		subject->tell(&at, &steps[i], last ? story->property : CHECK_PROPERTIES,
			      story->step[i].text, sizeof(story->step[i].text));
		story->step[i].cells = (struct check_cells){0};
		if (subject->cells)
			subject->cells(&steps[i], &story->step[i].cells);
	}
}

int judge_tell(struct judge *j, const struct judge_run *run, const struct check_world world[2],
	       enum check_property property, struct judge_story *story)
{
	struct check_step steps[JUDGE_STEPS_MAX];
	struct check_search *s = j->search[0];
	bool live = property == CHECK_L3_PROGRESS, found;
	union judge_model model;
	int status;

	*story = (struct judge_story){.run = run, .property = property};
	story->world[0] = world[0];
	story->world[1] = world[1];
	if (!judge_compile(run, world, &model))
		return CHECK_OK;
	status = check_search_run(s, run->subject->machine, &model, live ? 0 : CHECK_BIT(property));
	if (status == CHECK_OK && live)
		status = check_search_stuck(s, steps, JUDGE_STEPS_MAX, &story->length, &story->back,
					    &found);
	if (status != CHECK_OK)
		return out_of_memory(j, "a search", check_search_states(s));
	if (!live)
		story->length = story->back =
			check_search_path(s, property, steps, JUDGE_STEPS_MAX);
	if (story->length > JUDGE_STEPS_MAX)
		story->length = JUDGE_STEPS_MAX;
	if (run->subject->retell)
		run->subject->retell(&model, steps, story->length);
	tell(story, &model, steps);
	return CHECK_OK;
}
