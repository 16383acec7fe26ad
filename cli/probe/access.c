/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses in children. */
#include "probe/probe.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

const char *probe_access_name(enum probe_access access)
{
	static const char *const name[PROBE_ACCESSES] = {
		"load",       "load-unaligned",  "load-wide", "load-wide-unaligned",
		"store",      "store-unaligned", "atomic",    "exclusive",
		"zero-block",
	};

	return name[access];
}

const char *probe_outcome_name(enum probe_outcome outcome)
{
	static const char *const name[PROBE_OUTCOMES] = {
		"not-tried", "works", "SIGBUS", "SIGSEGV", "SIGILL", "died",
	};

	return name[outcome];
}

/* One access by one instruction: the compiler may not choose another. False: there is none. */
#if defined(__aarch64__)
static bool perform(enum probe_access access, volatile uint8_t *p)
{
	uint64_t value = 0, other = 0;
	uint32_t failed = 0;
	uint64_t dczid;

	switch (access) {
	case PROBE_LOAD:
		__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(p) : "memory");
		return true;
	case PROBE_LOAD_UNALIGNED:
		__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(p + 1) : "memory");
		return true;
	case PROBE_LOAD_WIDE:
		__asm__ volatile("ldp %0, %1, [%2]" : "=r"(value), "=r"(other) : "r"(p) : "memory");
		return true;
	case PROBE_LOAD_WIDE_UNALIGNED:
		__asm__ volatile("ldp %0, %1, [%2]"
				 : "=r"(value), "=r"(other)
				 : "r"(p + 4)
				 : "memory");
		return true;
	case PROBE_STORE:
		__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(p) : "memory");
		return true;
	case PROBE_STORE_UNALIGNED:
		__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(p + 1) : "memory");
		return true;
	case PROBE_ATOMIC:
		__asm__ volatile(".arch_extension lse\nldadd %0, %0, [%1]"
				 : "+r"(value)
				 : "r"(p)
				 : "memory");
		return true;
	case PROBE_EXCLUSIVE:
		__asm__ volatile("ldxr %0, [%2]\nstxr %w1, %0, [%2]"
				 : "=&r"(value), "=&r"(failed)
				 : "r"(p)
				 : "memory");
		return true;
	case PROBE_ZERO_BLOCK:
		__asm__("mrs %0, dczid_el0" : "=r"(dczid));
		if (dczid & 16)
			return false;
		__asm__ volatile("dc zva, %0" ::"r"(p) : "memory");
		return true;
	default:
		return false;
	}
}
#elif defined(__x86_64__)
static bool perform(enum probe_access access, volatile uint8_t *p)
{
	uint64_t value = 0;

	switch (access) {
	case PROBE_LOAD:
		__asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(p) : "memory");
		return true;
	case PROBE_LOAD_UNALIGNED:
		__asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(p + 1) : "memory");
		return true;
	case PROBE_LOAD_WIDE:
		__asm__ volatile("movdqa (%0), %%xmm0" ::"r"(p) : "xmm0", "memory");
		return true;
	case PROBE_LOAD_WIDE_UNALIGNED:
		__asm__ volatile("movdqu (%0), %%xmm0" ::"r"(p + 4) : "xmm0", "memory");
		return true;
	case PROBE_STORE:
		__asm__ volatile("movq %0, (%1)" ::"r"(value), "r"(p) : "memory");
		return true;
	case PROBE_STORE_UNALIGNED:
		__asm__ volatile("movq %0, (%1)" ::"r"(value), "r"(p + 1) : "memory");
		return true;
	case PROBE_ATOMIC:
		__asm__ volatile("lock xaddq %0, (%1)" : "+r"(value) : "r"(p) : "memory");
		return true;
	default:
		return false;
	}
}
#else
static bool perform(enum probe_access access, volatile uint8_t *p)
{
	(void)p;
	return access == PROBE_LOAD && *p + 1;
}
#endif

#define CHILD_SECONDS 10

static enum probe_outcome in_child(enum probe_access access, volatile uint8_t *p)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return PROBE_NOT_TRIED;
	if (pid == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGBUS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		signal(SIGILL, SIG_DFL);
		alarm(CHILD_SECONDS);
		_exit(perform(access, p) ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid)
		return PROBE_DIED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) ? PROBE_NOT_TRIED : PROBE_WORKS;
	switch (WTERMSIG(status)) {
	case SIGBUS:
		return PROBE_SIGBUS;
	case SIGSEGV:
		return PROBE_SIGSEGV;
	case SIGILL:
		return PROBE_SIGILL;
	default:
		return PROBE_DIED;
	}
}

void probe_accesses(struct probe *probe)
{
	for (unsigned int access = 0; access < PROBE_ACCESSES; access++) {
		enum probe_access one = (enum probe_access)access;

		probe->outcome[one] = PROBE_NOT_TRIED;
		if (one < PROBE_FIRST_WRITE || probe->write)
			probe->outcome[one] = in_child(one, probe->memory + probe->first);
	}
}
