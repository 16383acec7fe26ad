/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/linux/policy.c cli/linux/fault.c cli/linux/slot.c cli/linux/text.c */
/*
 * Who checks the checker: wrong machines, engines without an action, and wrong policies. Each must
 * change a verdict; what changes none is named here, with why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/judge.h"
#include "check/machines/page_state.h"
#include "check/machines/race.h"
#include "cli/linux/policy.h"
#include "policy_mutants.h"

#define RUNS_MAX 48
#define MEMORY ((size_t)128 << 20)

static struct judge *judge;

/* Presets on two machines, beside no device or one that does not snoop: enough, and quick. */
static bool complete_quick(struct check_world *world, unsigned int doubted)
{
	const uint8_t *f = world->field;

	bool device = f[CHECK_FIELD_DMA] == MEZZO_DMA_UNSNOOPED, tags = f[CHECK_FIELD_GUEST_MTE];

	return f[CHECK_FIELD_DMA] != MEZZO_DMA_SNOOPED &&
	       f[CHECK_FIELD_IDC] == f[CHECK_FIELD_FWB] && !(device && tags) &&
	       (tags || !f[CHECK_FIELD_MTE_ALLOWED]) &&
	       check_family_object.complete(world, doubted);
}

/* One of two objects of each kind, where nothing is coherent by itself. */
static bool complete_tiny(struct check_world *world, unsigned int doubted)
{
	const uint8_t *f = world->field;

	return !f[CHECK_FIELD_DIC] && f[CHECK_FIELD_MAINTENANCE] != MEZZO_MAINTENANCE_NONE &&
	       f[CHECK_FIELD_GUEST_MTE] == f[CHECK_FIELD_MTE_ALLOWED] &&
	       complete_quick(world, doubted);
}

/*
 * What no preset declares: any aliases with any types, registers, lines that are promised to be
 * clean, logging beside a device, a guest with tags where there are none.
 */
static bool complete_odd(struct check_world *world, unsigned int doubted)
{
	uint8_t *f = world->field;

	bool tags = f[CHECK_FIELD_GUEST_MTE];

	if (f[CHECK_FIELD_IDC] != f[CHECK_FIELD_FWB] || f[CHECK_FIELD_MTE_PERM] != tags ||
	    (f[CHECK_FIELD_DMA] == MEZZO_DMA_SNOOPED && !tags && !f[CHECK_FIELD_LOGGING]))
		return false;
	f[CHECK_FIELD_DIC] = f[CHECK_FIELD_FWB];
	f[CHECK_FIELD_WRITABLE] = true;
	return check_family_contract.complete(world, doubted);
}

static struct check_family quick, odd, tiny;

static void make_families(void)
{
	quick = check_family_object;
	quick.complete = complete_quick;
	odd = check_family_contract;
	odd.free &= ~(CHECK_FIELD_BIT(CHECK_FIELD_DIC) | CHECK_FIELD_BIT(CHECK_FIELD_WRITABLE) |
		      CHECK_FIELD_BIT(CHECK_FIELD_DATA) | CHECK_FIELD_BIT(CHECK_FIELD_TAGS) |
		      CHECK_FIELD_BIT(CHECK_FIELD_MTE_ALLOWED));
	odd.complete = complete_odd;
	tiny = check_family_object;
	tiny.complete = complete_tiny;
}

static int open_judge(void **state)
{
	(void)state;
	make_families();
	judge = judge_new(MEMORY, 2);
	return judge ? 0 : -1;
}

static int close_judge(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

/* The runs that a mutant is compared by. */
struct bench {
	struct judge_run run[RUNS_MAX];
	struct judge_verdict verdict[RUNS_MAX];
	unsigned int count;
};

static void add(struct bench *b, const struct check_subject *subject,
		const struct check_policy *policy, const struct check_family *family,
		uint32_t lacks, uint32_t doubted)
{
	assert_true(b->count < RUNS_MAX);
	b->run[b->count++] = (struct judge_run){
		.subject = subject,
		.policy = policy,
		.family = family,
		.change = {.lacks = lacks, .doubted = doubted},
	};
}

static void run(struct bench *b)
{
	if (judge_runs(judge, b->run, b->count, b->verdict) != CHECK_OK)
		fail_msg("%s", judge_trouble(judge));
}

/* --- engines without an action -------------------------------------------------------------------- */

/* Which property its loss must cost, at the least. */
static const struct {
	enum check_property costs;
	bool moves; /* to be seen only where frames move */
} duties[PAGE_DUTIES] = {
	[PAGE_DUTY_CLEAN_BEFORE] = {CHECK_S1_NO_LEAK, false},
	[PAGE_DUTY_ZERO] = {CHECK_S1_NO_LEAK, false},
	[PAGE_DUTY_ZERO_TAGS] = {CHECK_S3_NO_TAG_LEAK, false},
	[PAGE_DUTY_ICACHE_BEFORE] = {CHECK_S2_NO_STALE_EXEC, false},
	[PAGE_DUTY_LOG_DIRTY] = {CHECK_S10_DIRTY_LOG, false},
	[PAGE_DUTY_CLEAN_AFTER] = {CHECK_S8X_COPY_OUT, false},
	/* Whoever gets the page next, to execute from it, invalidates before. */
	[PAGE_DUTY_ICACHE_AFTER] = {CHECK_PROPERTIES, false},
	[PAGE_DUTY_TLBI] = {CHECK_S12_NO_REUSED_PAGE, false},
	[PAGE_DUTY_IOMMU_REVOKE] = {CHECK_S12_NO_REUSED_PAGE, false},
	[PAGE_DUTY_IOMMU_LAST] = {CHECK_S1D_NO_LEAK_DMA, false},
	[PAGE_DUTY_CLEAN_LAST] = {CHECK_S1_NO_LEAK, false},
	[PAGE_DUTY_INVALID_FIRST] = {CHECK_S8X_COPY_OUT, false},
	[PAGE_DUTY_RESET_TAKE_BACK] = {CHECK_S11_RESET_IMAGE, false},
	[PAGE_DUTY_RESET_ICACHE] = {CHECK_S11_RESET_IMAGE, false},
	[PAGE_DUTY_TRAP_SET_WAY] = {CHECK_S7B_SET_WAY, false},
	[PAGE_DUTY_WINDOW_UNCACHED] = {CHECK_S7_OWN_WRITE_KEPT, false},
	[PAGE_DUTY_WINDOW_CLOSED] = {CHECK_S7_OWN_WRITE_KEPT, false},
	[PAGE_DUTY_KEEP_CONTENT] = {CHECK_S7Z_DATA_SURVIVE, false},
	[PAGE_DUTY_DEVICE_CLEAN] = {CHECK_S8X_COPY_OUT, false},
	[PAGE_DUTY_MOVE_CLEAN] = {CHECK_S1_NO_LEAK, true},
};

static void every_action_is_necessary(void **state)
{
	static struct bench b;

	(void)state;
	b.count = 0;
	for (unsigned int duty = 0; duty < PAGE_DUTIES; duty++) {
		add(&b, &arm64_subject, &check_policy_mezzo,
		    duty == PAGE_DUTY_LOG_DIRTY ? &check_family_debate : &quick, 1u << duty, 0);
		if (duties[duty].moves)
			b.run[b.count - 1].kind = CHECK_MOVE;
	}
	/* Which covers for which. */
	add(&b, &arm64_subject, &check_policy_mezzo, &quick,
	    1u << PAGE_DUTY_ICACHE_AFTER | 1u << PAGE_DUTY_ICACHE_BEFORE, 0);
	run(&b);
	for (unsigned int duty = 0; duty < PAGE_DUTIES; duty++) {
		uint64_t broken = b.verdict[duty].broken & ~CHECK_REPORTS;

		if (duties[duty].costs == CHECK_PROPERTIES ? broken != 0
							   : !(broken >> duties[duty].costs & 1))
			fail_msg("without %s: broken %#llx", page_duties[duty].name,
				 (unsigned long long)broken);
	}
	assert_true(b.verdict[PAGE_DUTIES].broken & CHECK_BIT(CHECK_S2_NO_STALE_EXEC));
}

/* Where hosts map memory write-back: what zeroes is the VMM, and windows are not needed. */
static void actions_are_necessary_on_x86(void **state)
{
	static const struct {
		enum page_duty duty;
		enum check_property costs;
	} needed[] = {
		{PAGE_DUTY_CLEAN_BEFORE, CHECK_S1D_NO_LEAK_DMA},
		{PAGE_DUTY_CLEAN_AFTER, CHECK_S8X_COPY_OUT},
		{PAGE_DUTY_TLBI, CHECK_S12_NO_REUSED_PAGE},
		{PAGE_DUTY_IOMMU_REVOKE, CHECK_S12_NO_REUSED_PAGE},
		{PAGE_DUTY_IOMMU_LAST, CHECK_S1D_NO_LEAK_DMA},
		{PAGE_DUTY_INVALID_FIRST, CHECK_S8X_COPY_OUT},
		{PAGE_DUTY_KEEP_CONTENT, CHECK_S7Z_DATA_SURVIVE},
	};
	const unsigned int count = sizeof(needed) / sizeof(needed[0]);
	static struct bench b;

	(void)state;
	b.count = 0;
	for (unsigned int i = 0; i < count; i++)
		add(&b, &x86_subject, &check_policy_mezzo_x86, &check_family_x86_debate,
		    1u << needed[i].duty, 0);
	add(&b, &x86_subject, &check_policy_mezzo_x86, &check_family_x86_debate, 0, 0);
	run(&b);
	for (unsigned int i = 0; i < count; i++)
		if (!(b.verdict[i].broken >> needed[i].costs & 1))
			fail_msg("without %s: %s still holds", page_duties[needed[i].duty].name,
				 check_property_texts[needed[i].costs].id);
	assert_int_equal(b.verdict[count].broken & ~CHECK_REPORTS, 0);
}

static const struct {
	enum check_property costs;
} flaws[RACE_FLAWS] = {
	[RACE_NO_SEQUENCE] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_SEQUENCE_LATE] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_RAISE_LATE] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_RESOLVER_LATE] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_SKIP_BUSY] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_NO_TLBI] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_TLBI_NOT_AWAITED] = {CHECK_S12_NO_REUSED_PAGE},
	[RACE_VISIBLE_FIRST] = {CHECK_S15_CLEAN_BEFORE_VISIBLE},
	[RACE_CLEAN_AFTER_EARLY] = {CHECK_S1_NO_LEAK},
	[RACE_KEEP_BUSY] = {CHECK_L3_PROGRESS},
	[RACE_KEEP_OWED] = {CHECK_L3_PROGRESS},
};

static void every_step_of_the_protocol_is_necessary(void **state)
{
	static struct bench b;

	(void)state;
	b.count = 0;
	for (unsigned int flaw = 0; flaw < RACE_FLAWS; flaw++)
		add(&b, &race_subject, &check_policy_mezzo, &check_family_object, 1u << flaw, 0);
	add(&b, &race_subject, &check_policy_mezzo, &check_family_object, 0, 0);
	run(&b);
	for (unsigned int flaw = 0; flaw < RACE_FLAWS; flaw++)
		if (!(b.verdict[flaw].broken >> flaws[flaw].costs & 1))
			fail_msg("%s: %s still holds", race_flaws[flaw].name,
				 check_property_texts[flaws[flaw].costs].id);
	assert_int_equal(b.verdict[RACE_FLAWS].broken, 0);
}

/* --- wrong machines ----------------------------------------------------------------------------------- */

static unsigned int action_of(const struct check_move *move)
{
	return move->action >> ARG_BITS;
}

static void edit(struct check_move *move, struct page_state s)
{
	move->to = state_pack(s);
}

/* Each looks at one move; false: it does not happen on this machine. */
typedef bool wrong_fn(struct page_state from, struct check_move *move);

static bool never_fills(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_FILL;
}

static bool never_writes_back(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_WRITE_BACK;
}

static bool never_drops(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_DROP;
}

static bool has_no_icache(struct page_state from, struct check_move *move)
{
	struct page_state s = state_unpack(move->to);

	(void)from;
	icache_drop(&s);
	edit(move, s);
	return true;
}

/* A dirty line that is cleaned does not reach memory. */
static bool cleans_into_nothing(struct page_state from, struct check_move *move)
{
	struct page_state s = state_unpack(move->to);

	if (from.line == L_DIRTY && s.line == L_ABSENT) {
		s.mem = from.mem;
		edit(move, s);
	}
	return true;
}

/* Zeroing through the cache reaches memory at once. */
static bool zeroes_through(struct page_state from, struct check_move *move)
{
	struct page_state s = state_unpack(move->to);

	(void)from;
	if (action_of(move) == ACT_SCRUB && s.line == L_DIRTY) {
		s.mem = s.line_value;
		edit(move, s);
	}
	return true;
}

static bool zeroes_tags_too(struct page_state from, struct check_move *move)
{
	struct page_state s = state_unpack(move->to);

	(void)from;
	if (action_of(move) == ACT_SCRUB) {
		s.tag = T_ZERO;
		edit(move, s);
	}
	return true;
}

/* Nobody reads what the host writes for a reset. */
static bool never_resets(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_RESET;
}

static bool has_no_devices(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_IOMMU_MAP && action_of(move) != ACT_DMA_READ;
}

static bool is_never_taken_back(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_ZAP;
}

static bool never_uses_set_way(struct page_state from, struct check_move *move)
{
	(void)from;
	return action_of(move) != ACT_SET_WAY && action_of(move) != ACT_TOGGLE;
}

static bool logs_by_itself(struct page_state from, struct check_move *move)
{
	struct page_state s = state_unpack(move->to);

	(void)from;
	s.logged = 1;
	edit(move, s);
	return true;
}

static wrong_fn *wrong;

static unsigned int wrong_moves(const void *model, uint64_t state,
				struct check_move moves[CHECK_MOVES_MAX])
{
	unsigned int count = page_machine.moves(model, state, moves), kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		struct check_move move = moves[i];

		if (wrong(state_unpack(state), &move))
			moves[kept++] = move;
	}
	return kept;
}

static const struct {
	const char *name;
	wrong_fn *wrong;
} machines[] = {
	{"a cache that never fills by itself", never_fills},
	{"a cache that cleans into nothing", cleans_into_nothing},
	{"no instruction cache", has_no_icache},
	{"zeroing that reaches memory at once", zeroes_through},
	{"zeroing that zeroes tags", zeroes_tags_too},
	{"a guest that is never reset", never_resets},
	{"no devices", has_no_devices},
	{"mappings that are never taken away", is_never_taken_back},
	{"no set/way operations", never_uses_set_way},
	{"a log that knows everything", logs_by_itself},
};

/* Without an action each, and under what must not be doubted: where wrong machines show. */
static void fill_bench(struct bench *b, const struct check_subject *subject)
{
	const uint32_t shows = 1u << PAGE_DUTY_ZERO_TAGS | 1u << PAGE_DUTY_ICACHE_BEFORE |
			       1u << PAGE_DUTY_LOG_DIRTY | 1u << PAGE_DUTY_IOMMU_LAST |
			       1u << PAGE_DUTY_RESET_TAKE_BACK | 1u << PAGE_DUTY_TRAP_SET_WAY |
			       1u << PAGE_DUTY_KEEP_CONTENT;

	b->count = 0;
	add(b, subject, &check_policy_mezzo, &check_family_debate, 0, 0);
	add(b, subject, &linux_policy_legacy, &check_family_debate, 0, 0);
	add(b, subject, &linux_policy_6_17, &check_family_debate, 0, 1u << CHECK_A3_LINEAR_IS_WB);
	add(b, subject, &check_policy_2024_v2, &check_family_debate, 0, 0);
	add(b, subject, &check_policy_mezzo, &tiny, 0, 0);
	for (unsigned int duty = 0; duty < PAGE_DUTIES; duty++)
		if (shows >> duty & 1)
			add(b, subject, &check_policy_mezzo,
			    duty == PAGE_DUTY_LOG_DIRTY ? &check_family_debate : &tiny, 1u << duty,
			    0);
	run(b);
}

/* Something else is broken, or it takes another story to break it. */
static bool is_other(const struct judge_verdict *a, const struct judge_verdict *b)
{
	if (a->broken != b->broken)
		return true;
	for (unsigned int p = 0; p < CHECK_PROPERTIES; p++)
		if (a->finding[p].length != b->finding[p].length)
			return true;
	return false;
}

static void every_wrong_machine_changes_a_verdict(void **state)
{
	struct check_machine machine = page_machine;
	struct check_subject subject = arm64_subject;
	static struct bench right, other;

	(void)state;
	machine.moves = wrong_moves;
	subject.machine = &machine;
	fill_bench(&right, &arm64_subject);
	for (unsigned int i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		unsigned int differ = 0;

		wrong = machines[i].wrong;
		fill_bench(&other, &subject);
		for (unsigned int r = 0; r < right.count; r++)
			differ += is_other(&right.verdict[r], &other.verdict[r]);
		if (!differ)
			fail_msg("%s: every verdict is as before", machines[i].name);
	}
}

/*
 * What the cache does with its lines by itself, a guest can make it do by cleaning: a machine whose
 * lines are never dropped or written back unasked is no other. The bench must say so.
 */
static void lines_that_move_only_when_asked_are_no_other(void **state)
{
	struct check_machine machine = page_machine;
	struct check_subject subject = arm64_subject;
	static struct bench right, other;

	(void)state;
	machine.moves = wrong_moves;
	subject.machine = &machine;
	fill_bench(&right, &arm64_subject);
	for (unsigned int i = 0; i < 2; i++) {
		wrong = i ? never_drops : never_writes_back;
		fill_bench(&other, &subject);
		for (unsigned int r = 0; r < right.count; r++)
			assert_int_equal(right.verdict[r].broken, other.verdict[r].broken);
	}
}

/* --- wrong policies ------------------------------------------------------------------------------------ */

/* Does a policy break something else, or accept more or less? */
static bool seen(const struct check_policy *policy, struct bench *b)
{
	static struct bench right;
	static bool known;

	if (!known) {
		known = true;
		add(&right, &arm64_subject, &check_policy_mezzo, &check_family_debate, 0, 0);
		add(&right, &arm64_subject, &check_policy_mezzo, &quick, 0, 0);
		add(&right, &arm64_subject, &check_policy_mezzo, &odd, 0, 0);
		run(&right);
	}
	b->count = 0;
	add(b, &arm64_subject, policy, &check_family_debate, 0, 0);
	add(b, &arm64_subject, policy, &quick, 0, 0);
	add(b, &arm64_subject, policy, &odd, 0, 0);
	run(b);
	for (unsigned int r = 0; r < b->count; r++)
		if (b->verdict[r].broken != right.verdict[r].broken ||
		    b->verdict[r].accepted != right.verdict[r].accepted)
			return true;
	return false;
}

/*
 * What the machine cannot see, and why. Everything else must change a verdict.
 */
static const char *const unseen[] = {
	"right",
	/* covered: by the clean before the next grant, the invalidation before the next execution */
	"lists_no_clean_after",
	"forgets_the_icache_after",
	/* no harm: work that is needless, or in another order that does as well */
	"cleans_what_is_forced",
	"invalidates_the_icache_first",
	"cleans_after_uncached_zeroing",
	/* sizes of blocks: one page is modelled */
	"ignores_the_objects_size",
	"maps_blocks_while_logging",
	"never_maps_blocks",
	/* what is said beside the answer; an abort or an exit, which are alike here */
	"leaves_a_type_in_a_refusal",
	"tells_the_object_of_an_abort",
	"claims_write_back_without_force",
	"exits_on_cache_ops",
	"never_says_no_tag_access",
	"calls_exclusive_cached",
	"emulates_fetches",
	/* read-only slots and objects are not faulted for writing again */
	"writes_read_only_slots",
	"writes_read_only_objects",
	"answers_writes_read_only",
	/* the type of an entry is never changed by widening it */
	"retypes_on_permission_fault",
	/* facts that no configuration here has: private objects, registers with content, XNX */
	"ignores_private",
	"decides_by_private",
	"zeroes_registers_of_others",
	"decides_by_xnx",
};

static bool is_unseen(const char *name)
{
	for (unsigned int i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (strcmp(unseen[i], name) == 0)
			return true;
	return false;
}

static void wrong_policies_are_refuted(void **state)
{
	static struct bench b;
	unsigned int wrongly = 0;

	(void)state;
	for (unsigned int i = 0; i < policy_mutants_count; i++) {
		struct check_policy policy = check_policy_with(policy_mutants[i].decide);
		bool changed = seen(&policy, &b);

		printf("# %-38s %s\n", policy_mutants[i].name, changed ? "seen" : ".");
		if (changed != is_unseen(policy_mutants[i].name))
			continue;
		wrongly++;
		printf("# %s: %s\n", policy_mutants[i].name,
		       changed ? "is seen after all" : "changes no verdict");
	}
	assert_int_equal(wrongly, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_is_necessary),
		cmocka_unit_test(actions_are_necessary_on_x86),
		cmocka_unit_test(every_step_of_the_protocol_is_necessary),
		cmocka_unit_test(every_wrong_machine_changes_a_verdict),
		cmocka_unit_test(lines_that_move_only_when_asked_are_no_other),
		cmocka_unit_test(wrong_policies_are_refuted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_judge, close_judge);
}
