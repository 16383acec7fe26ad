/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and numbers that the kernel tells a process, and what /dev/kvm answers. */
#include "audit/kvm.h"
#include "audit/live.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

static void registers(struct live_text *t)
{
#ifdef __aarch64__
	uint64_t ctr;

	/* Where CPUs differ the kernel traps this and answers for all of them. */
	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	live_add(t, "ctr_el0 %#lx\n", (unsigned long)ctr);
#endif
	live_add(t, "hwcap %#lx\n", getauxval(AT_HWCAP));
	live_add(t, "hwcap2 %#lx\n", getauxval(AT_HWCAP2));
}

void live_answers(struct live_text *t, bool passive)
{
	struct utsname name;

	if (uname(&name) == 0)
		live_add(t, "machine %s\n", name.machine);
	live_add(t, "page_size %ld\n", sysconf(_SC_PAGESIZE));
	live_add(t, "cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	live_add(t, "euid %u\n", (unsigned int)geteuid());
	registers(t);
	if (passive)
		live_add(t, "kvm passive\n");
	else
		live_kvm(t);
}
