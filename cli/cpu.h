/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_CPU_H
#define CLI_CPU_H
/*
 * The --cpu option: features of a machine by name, and QEMU's arm64 CPU models as lists of them.
 */
#include "cli.h"

#include <mezzo/decide.h>

/* Values of --cpu: features, the same with "no-" in front, "none", models. */
extern const struct cli_value cpu_values[];

/*
 * The machine that a --cpu list describes: the models' features and the named ones together,
 * less those named with "no-". What the architecture makes one feature imply (fwb idc, mte_perm
 * mte) is added unless it is taken away by name; then the facts contradict each other, and the
 * policy says so.
 */
struct mezzo_arm64_machine cpu_machine(uint64_t set);

/* The one feature that x86 has: CPUID.01H:EDX.SS. */
bool cpu_self_snoop(uint64_t set);
/* A word of the list that the other architecture has, or NULL. */
const char *cpu_stranger(uint64_t set, bool x86);

/* "cortex-a710: fwb, idc" into @text: the models named and the features that decide something. */
const char *cpu_describe(uint64_t set, char *text, size_t size);

/* The value's index, for defaults. */
unsigned int cpu_value(const char *name);

#endif
