/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_LINUX_POLICY_H
#define CLI_LINUX_POLICY_H
/*
 * KVM's ladders as policies of the model checker: the same functions that `mezzo explain --policy`
 * asks, restated from the source of Linux.
 */
#include "check/policies/policy.h"

extern const struct check_policy linux_policy_legacy, linux_policy_6_17;

#endif
