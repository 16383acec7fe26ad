/* SPDX-License-Identifier: BSD-2-Clause */
/* A recording, from its first line to its last. */
#include "replay.h"

#include "reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *replay_verdict_name(enum replay_verdict verdict)
{
	static const char *const names[REPLAY_VERDICTS] = {
		[REPLAY_AGREES] = "agrees",
		[REPLAY_DISAGREES] = "disagrees",
		[REPLAY_FOLLOWS] = "follows",
		[REPLAY_NOT_JUDGED] = "not-judged",
	};

	return names[verdict];
}

const char *replay_value_name(int64_t value, char *text, size_t size)
{
	const char *error = value < 0 && value > -4096 ? strerrorname_np((int)-value) : NULL;

	if (error)
		return error;
	snprintf(text, size, "%lld", (long long)value);
	return text;
}

void *replay_room(struct replay *replay, void *array, size_t count, size_t size)
{
	/* Doubled when it is full: at the powers of two. */
	if (count & (count - 1))
		return array;
	array = reallocarray(array, count ? 2 * count : 1, size);
	if (!array)
		replay->failed = true;
	return array;
}

/* --- reading ------------------------------------------------------------------------------------ */

void replay_damage(struct replay *replay, uint64_t line, const char *what)
{
	void *room = replay_room(replay, replay->damaged, replay->damages,
				 sizeof(struct replay_damaged));

	if (!room)
		return;
	replay->damaged = room;
	replay->damaged[replay->damages++] = (struct replay_damaged){line, what};
}

static void take_damage(void *arg, uint64_t line, const char *what)
{
	replay_damage(arg, line, what);
}

void replay_pass_over(struct replay *replay, const char *name)
{
	void *room;

	replay->lines_passed++;
	for (size_t i = 0; i < replay->passed_names; i++)
		if (strncmp(replay->passed[i].name, name, sizeof(replay->passed[i].name) - 1) ==
		    0) {
			replay->passed[i].count++;
			return;
		}
	room = replay_room(replay, replay->passed, replay->passed_names,
			   sizeof(struct replay_passed));
	if (!room)
		return;
	replay->passed = room;
	snprintf(replay->passed[replay->passed_names].name, sizeof(replay->passed[0].name), "%s",
		 name);
	replay->passed[replay->passed_names++].count = 1;
}

static void take_call(void *arg, uint64_t line, uint64_t thread, char *text)
{
	struct replay *replay = arg;
	struct strace_call call;
	const char *wrong;

	if (!strace_call_parse(text, &call, &wrong))
		replay_damage(replay, line, wrong);
	else if (strcmp(call.name, "ioctl") != 0)
		replay_pass_over(replay, call.name);
	else
		replay_judge(replay, line, thread, &call);
}

static int by_line(const void *a, const void *b)
{
	const struct replay_damaged *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

bool replay_run(struct replay *replay, const struct kvm_host *host, char *text, size_t length)
{
	const struct reader_ops ops = {.call = take_call, .damaged = take_damage};

	*replay = (struct replay){.host = *host};
	if (reader_run(text, length, &ops, replay))
		replay->failed = true;
	for (size_t i = 0; i < replay->calls; i++)
		replay->count[replay->call[i].verdict]++;
	/* A call that was never resumed is found late. */
	if (replay->damages)
		qsort(replay->damaged, replay->damages, sizeof(*replay->damaged), by_line);
	return !replay->failed;
}

void replay_free(struct replay *replay)
{
	for (size_t i = 0; i < replay->vms; i++)
		replay_vm_free(replay->vm[i]);
	free(replay->vm);
	free(replay->call);
	free(replay->damaged);
	free(replay->passed);
}
