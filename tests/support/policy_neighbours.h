/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef POLICY_NEIGHBOURS_H
#define POLICY_NEIGHBOURS_H
/* Invariants over pairs of decisions: the point, and others that differ in a few facts. */
#include "policy_invariants.h"

bool policy_accepted_slots_are_never_refused(const struct policy_case *at);
bool policy_features_never_take_away(const struct policy_case *at);
bool policy_unnamed_facts_decide_nothing(const struct policy_case *at);
bool policy_sizes_decide_only_size(const struct policy_case *at);
bool policy_permission_faults_keep_the_entry(const struct policy_case *at);
bool policy_zeroing_happens_once_per_ownership(const struct policy_case *at);

#endif
