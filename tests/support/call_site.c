/* SPDX-License-Identifier: BSD-2-Clause */
#include "call_site.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char __executable_start[];

/* Ask addr2line for the function and the line of an address: a stream of two lines. */
static FILE *ask(const void *address, pid_t *pid)
{
	char program[32], number[32];
	char *arguments[] = {"addr2line", "-f", "-i", "-s", "-e", program, number, NULL};
	posix_spawn_file_actions_t actions;
	FILE *answer;
	int ends[2];

	snprintf(program, sizeof(program), "/proc/%d/exe", getpid());
	snprintf(number, sizeof(number), "%#lx",
		 (unsigned long)((const char *)address - __executable_start - 1));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	assert_int_equal(posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	answer = fdopen(ends[0], "r");
	if (!answer)
		abort();
	return answer;
}

void call_site_name(const void *address, struct call_site_name *name)
{
	char place[256] = "";
	pid_t pid;
	FILE *answer = ask(address, &pid);

	if (!fgets(name->function, sizeof(name->function), answer) ||
	    !fgets(place, sizeof(place), answer) || !strrchr(place, ':'))
		fail_msg("addr2line does not answer");
	fclose(answer);
	waitpid(pid, NULL, 0);
	name->function[strcspn(name->function, "\n")] = '\0';
	name->line = (unsigned int)strtoul(strrchr(place, ':') + 1, NULL, 10);
}
