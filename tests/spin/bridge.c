/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: POLICY=name [WITHOUT=action] pan ...
 *
 * WITHOUT leaves one action out of every answer: the judge must be able to refute.
 *
 * At the end prints, for each property that was broken, its name and in how many of the accepted
 * configurations; first of all, how many those are.
 */
#include "bridge.h"

#include "check/policies/policy.h"
#include "cli/linux/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESSES 3
#define CONFIGURATIONS 1024
#define PROPERTIES 16

/* Everything that the model can see of a configuration. */
struct view {
	signed char truth[T_TRUTHS];
	struct mezzo_decision answer[2][ACCESSES][2];
};

static const struct check_policy *const policies[] = {
	&check_policy_mezzo,   &linux_policy_legacy,  &linux_policy_6_17,
	&check_policy_2023_v3, &check_policy_2024_v2, &check_policy_2025_v3,
};
static const struct check_policy *policy;
static struct view view[CONFIGURATIONS];
static int weight[CONFIGURATIONS];
static int count;
static struct mezzo_decision last;
static const char *broken_name[PROPERTIES];
static char broken[PROPERTIES][CONFIGURATIONS];

static void look(const struct check_world *w, struct view *v)
{
	const unsigned char *f = w->field;
	int mezzo = policy->engine == CHECK_ENGINE_MEZZO;
	int wb = f[CHECK_FIELD_MAP] == CHECK_MAP_WB;
	signed char *t = v->truth;

	t[T_FWB] = f[CHECK_FIELD_FWB];
	t[T_IDC] = f[CHECK_FIELD_IDC];
	t[T_DIC] = f[CHECK_FIELD_DIC];
	t[T_OWNER_WB] = wb;
	t[T_OWNER_NC] = !wb && f[CHECK_FIELD_MAP] != CHECK_MAP_NONE;
	t[T_LINEAR] = f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR;
	t[T_REACH] = mezzo ? f[CHECK_FIELD_MAINTENANCE] != MEZZO_MAINTENANCE_NONE : t[T_LINEAR];
	t[T_ICACHE_VA] = !mezzo;
	t[T_MTE] = f[CHECK_FIELD_GUEST_MTE];
	t[T_TAGS] = f[CHECK_FIELD_GUEST_MTE] && f[CHECK_FIELD_TAG_STORAGE];
	t[T_LOGGING] = f[CHECK_FIELD_LOGGING];
	/* Mezzo: unless write-back is forced. KVM: without FWB. */
	t[T_TAKE_BACK] = !(f[CHECK_FIELD_FWB] && (!mezzo || wb));
	t[T_SCRUB_TAGS] = mezzo && f[CHECK_FIELD_TAGS] == MEZZO_CONTENT_INITIALISED;
}

/* Leave out what WITHOUT says. */
static void mutate(struct mezzo_decision *d)
{
	static const struct {
		const char *name;
		uint8_t action;
	} actions[] = {
		{"clean-before", MEZZO_ACTION_CLEAN_INVALIDATE},
		{"zero-tags", MEZZO_ACTION_ZERO_TAGS},
		{"icache-before", MEZZO_ACTION_INVALIDATE_ICACHE},
		{"log-dirty", MEZZO_ACTION_LOG_DIRTY},
	};
	const char *without = getenv("WITHOUT");

	for (size_t i = 0; without && i < sizeof(actions) / sizeof(actions[0]); i++) {
		uint8_t *to = d->before_visible;

		if (strcmp(actions[i].name, without) != 0)
			continue;
		for (int a = 0; a < MEZZO_BEFORE_MAX; a++)
			if (d->before_visible[a] != actions[i].action)
				*to++ = d->before_visible[a];
		while (to < d->before_visible + MEZZO_BEFORE_MAX)
			*to++ = MEZZO_ACTION_NONE;
	}
}

static void ask_all(const struct check_world *w, struct view *v)
{
	for (int missing = 0; missing < 2; missing++)
		for (int access = 0; access < ACCESSES; access++)
			for (int unowned = 0; unowned < 2; unowned++) {
				struct check_fault fault = {
					.kind = missing ? MEZZO_FAULT_MISSING
							: MEZZO_FAULT_PERMISSION,
					.access = (uint8_t)access,
					.frame = {.lines = w->field[CHECK_FIELD_LINES] & 1,
						  .tags = unowned & 1},
				};
				struct check_answer answer;

				policy->fault(policy, w, &fault, &answer);
				answer.decision.reason = 0;
				mutate(&answer.decision);
				v->answer[missing][access][unowned] = answer.decision;
			}
}

static void add(const struct check_world *w)
{
	struct view v;

	memset(&v, 0, sizeof(v));
	look(w, &v);
	ask_all(w, &v);
	for (int i = 0; i < count; i++)
		if (memcmp(&view[i], &v, sizeof(v)) == 0) {
			weight[i]++;
			return;
		}
	if (count == CONFIGURATIONS) {
		fprintf(stderr, "bridge: too many configurations\n");
		exit(1);
	}
	weight[count] = 1;
	view[count++] = v;
}

static void print_verdicts(void)
{
	int all = 0;

	for (int i = 0; i < count; i++)
		all += weight[i];
	printf("verdict accepted %d\n", all);
	for (int p = 0; p < PROPERTIES && broken_name[p]; p++) {
		int n = 0;

		for (int i = 0; i < count; i++)
			n += broken[p][i] ? weight[i] : 0;
		printf("verdict %s %d\n", broken_name[p], n);
	}
}

int bridge_configurations(void)
{
	const char *name = getenv("POLICY");
	struct check_answer answer;
	struct check_world w = {0};

	if (count)
		return count;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (name && strcmp(policies[i]->name, name) == 0)
			policy = policies[i];
	if (!policy) {
		fprintf(stderr, "bridge: no such policy: POLICY=%s\n", name ? name : "");
		exit(1);
	}
	for (int more = check_world_first(&check_family_debate, policy->blind, 0, &w); more;
	     more = check_world_next(&check_family_debate, policy->blind, 0, &w))
		if (policy->accepts(policy, &w, &answer))
			add(&w);
	atexit(print_verdicts);
	return count;
}

int bridge_truth(int configuration, enum truth truth)
{
	return view[configuration].truth[truth];
}

enum outcome bridge_ask(int configuration, int missing, int access, int tags_unowned)
{
	last = view[configuration].answer[missing][access][tags_unowned];
	if (last.outcome == MEZZO_GRANT)
		return O_GRANT;
	return last.outcome == MEZZO_REFUSE ? O_REFUSE : O_NOTHING;
}

int bridge_cached(int configuration, int type, int wb)
{
	enum mezzo_arm64_type stage1 = wb ? MEZZO_ARM64_WB : MEZZO_ARM64_nGnRE;

	return mezzo_arm64_class(mezzo_arm64_combine(
		       stage1, (enum mezzo_arm64_stage2)type,
		       bridge_truth(configuration, T_FWB))) == MEZZO_CLASS_WB;
}

int bridge_type(void)
{
	return last.type;
}

int bridge_write(void)
{
	return last.write;
}

int bridge_exec(void)
{
	return last.exec;
}

int bridge_no_tag(void)
{
	return last.no_tag_access;
}

int bridge_clean_after(void)
{
	return last.clean_after;
}

int bridge_icache_after(void)
{
	for (int i = 0; i < MEZZO_AFTER_MAX; i++)
		if (last.after_invalid[i] == MEZZO_ACTION_INVALIDATE_ICACHE)
			return 1;
	return 0;
}

int bridge_before(int i)
{
	return i < MEZZO_BEFORE_MAX ? last.before_visible[i] : 0;
}

int bridge_tags_after(void)
{
	return last.frame_after.tags;
}

void bridge_broken(int configuration, const char *property)
{
	for (int p = 0; p < PROPERTIES; p++) {
		if (!broken_name[p])
			broken_name[p] = property;
		if (strcmp(broken_name[p], property) == 0) {
			broken[p][configuration] = 1;
			return;
		}
	}
}
