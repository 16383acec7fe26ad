/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_LIB_PANIC_H
#define HV_LIB_PANIC_H
/*
 * How the machine ends. Nothing that a guest does leads to hv_panic().
 */
#include <stdbool.h>
#include <stdint.h>

/* How to exit, from the boot arguments ("exit=semihosting") and the device tree. */
void hv_exit_init(bool semihosting, bool psci);

/*
 * End the machine: by semihosting with @status as the exit status of the emulator, else PSCI
 * SYSTEM_OFF for status 0 and SYSTEM_RESET otherwise, which whoever started the machine can tell
 * apart (docs/guest-binding.md), else this CPU stops.
 */
_Noreturn void hv_exit(int status);

/* Say why and exit with status 1. Takes no lock; a second panic while the first is under way
 * exits at once. */
__attribute__((format(printf, 1, 2))) _Noreturn void hv_panic(const char *format, ...);

/* A step that must not fail: panics with what it was about, and why. */
void hv_check(int error, const char *what);

#endif
