/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/replay/line.c cli/replay/call.c cli/replay/reader.c cli/replay/names.c */
/* What strace prints: lines, calls, values, and calls that threads have split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/replay/names.h"
#include "cli/replay/reader.h"
#include "cli/replay/strace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_line_is_what_it_looks_like(void **state)
{
	static const struct {
		const char *line;
		enum strace_kind kind;
		uint64_t thread;
		const char *text; /* NULL: any */
	} rows[] = {
		{"ioctl(3, KVM_RUN, 0) = 0", STRACE_WHOLE, 0, "ioctl(3, KVM_RUN, 0) = 0"},
		{"7691  ioctl(3, KVM_RUN, 0) = 0\r", STRACE_WHOLE, 7691,
		 "ioctl(3, KVM_RUN, 0) = 0"},
		{"[pid  7729] ioctl(3, X, 0) = 0", STRACE_WHOLE, 7729, "ioctl(3, X, 0) = 0"},
		{"[pid 7729<qemu-kvm>] [  16] ioctl(3, X, 0) = 0", STRACE_WHOLE, 7729,
		 "ioctl(3, X, 0) = 0"},
		{"7729<CPU 0/KVM> ioctl(3, X, 0) = 0", STRACE_WHOLE, 7729, "ioctl(3, X, 0) = 0"},
		{"04:56:08 ioctl(3, X, 0) = 0", STRACE_WHOLE, 0, "ioctl(3, X, 0) = 0"},
		{"5 04:56:08.758616 ioctl(3, X, 0) = 0", STRACE_WHOLE, 5, "ioctl(3, X, 0) = 0"},
		{"1790000000.000001 ioctl(3, X, 0) = 0", STRACE_WHOLE, 0, "ioctl(3, X, 0) = 0"},
		{"     0.008053 [00007f41266fbd6b] ioctl(3, X, 0) = 0", STRACE_WHOLE, 0,
		 "ioctl(3, X, 0) = 0"},
		{"[????????????????] ioctl(3, X, 0) = 0", STRACE_WHOLE, 0, "ioctl(3, X, 0) = 0"},
		{"5 ioctl(3, X, {a=1} <unfinished ...>", STRACE_BEGUN, 5, "ioctl(3, X, {a=1}"},
		{"5 <... ioctl resumed>)      = 0", STRACE_RESUMED, 5, ")      = 0"},
		{"5 <... ioctl resumed> ) = 0", STRACE_RESUMED, 5, " ) = 0"},
		{"ioctl(3, X, {a=1}strace: Process 7731 attached", STRACE_CUT, 0, NULL},
		{"strace: Process 7731 attached", STRACE_NOTHING, 0, NULL},
		{" > /usr/lib/libc.so.6(ioctl+0x3b) [0xfdd6b]", STRACE_NOTHING, 0, NULL},
		{"5 --- SIGUSR1 {si_signo=SIGUSR1} ---", STRACE_NOTHING, 5, NULL},
		{"5 +++ exited with 0 +++", STRACE_ENDED, 5, NULL},
		{"[ Process PID=77 runs in 32 bit mode. ]", STRACE_NOTHING, 0, NULL},
		{" VCPU:0> {request_interrupt_window=0}", STRACE_NOTHING, 0, NULL},
		{"", STRACE_NOTHING, 0, NULL},
		{"   ", STRACE_NOTHING, 0, NULL},
		{"(3, X, 0) = 0", STRACE_DAMAGED, 0, NULL},
		{"5", STRACE_DAMAGED, 0, NULL},
		{"5 6 ioctl(3, X, 0) = 0", STRACE_DAMAGED, 5, NULL},
		{"ioctl", STRACE_DAMAGED, 0, NULL},
		{"<... ioctl", STRACE_DAMAGED, 0, NULL},
		{"[pid x] ioctl(3, X, 0) = 0", STRACE_DAMAGED, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *line = strdup(rows[i].line);
		struct strace_line parsed;

		strace_line_parse(line, strlen(line), &parsed);
		if (parsed.kind != rows[i].kind || parsed.thread != rows[i].thread)
			fail_msg("'%s': %u of thread %llu", rows[i].line, parsed.kind,
				 (unsigned long long)parsed.thread);
		if (rows[i].text)
			assert_string_equal(parsed.text, rows[i].text);
		if (parsed.kind == STRACE_DAMAGED)
			assert_true(parsed.text[0]);
		free(line);
	}
}

static void a_call_is_taken_apart(void **state)
{
	static const struct {
		const char *text;
		unsigned int arguments;
		const char *last;
		enum strace_result_kind result;
		int64_t value;
	} rows[] = {
		{"ioctl(3, KVM_CREATE_VM, 0)        = 8", 3, "0", STRACE_VALUE, 8},
		{"ioctl(3</dev/kvm>, KVM_CREATE_VM, 0) = 8<anon_inode:kvm-vm> <0.000404>", 3, "0",
		 STRACE_VALUE, 8},
		{"ioctl(4</a,b)>, X, {a={b=1, c=[2, 3]}, d=\"),\\\"\"}) = 0", 3,
		 "{a={b=1, c=[2, 3]}, d=\"),\\\"\"}", STRACE_VALUE, 0},
		{"ioctl(fd=4, op=KVM_RUN, argp=0) = 0 (KVM_EXIT_IO)", 3, "0", STRACE_VALUE, 0},
		{"ioctl(4, X, 0x4 /* A, B) */) = -1 EINVAL (Invalid argument) (INJECTED)", 3,
		 "0x4 /* A, B) */", STRACE_ERROR, 22},
		{"ioctl(4, X, 0) = -1 ERRNO_524 (Unknown error 524)", 3, "0", STRACE_ERROR, 524},
		{"ioctl(4, X, 0) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)", 3, "0",
		 STRACE_UNKNOWN, 0},
		{"ioctl(4, X, 0 <unfinished ...>) = ?", 3, "0", STRACE_UNKNOWN, 0},
		{"mmap(NULL, 4096, 0, 0, -1, 0) = 0x7f0000000000", 6, "0", STRACE_VALUE,
		 INT64_C(0x7f0000000000)},
		{"close(3) = 0", 1, "3", STRACE_VALUE, 0},
		{"getpid() = 12", 0, NULL, STRACE_VALUE, 12},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = strdup(rows[i].text);
		const char *wrong = "";
		struct strace_call call;

		if (!strace_call_parse(text, &call, &wrong))
			fail_msg("'%s': %s", rows[i].text, wrong);
		assert_int_equal(call.arguments, rows[i].arguments);
		if (rows[i].last)
			assert_string_equal(call.argument[call.arguments - 1], rows[i].last);
		assert_int_equal(call.result, rows[i].result);
		if (call.result != STRACE_UNKNOWN)
			assert_int_equal(call.value, rows[i].value);
		free(text);
	}
}

static void what_is_no_call_says_why(void **state)
{
	static const char *const rows[] = {
		"ioctl(3, X, 0",
		"ioctl(3, X, {a=1) = 0",
		"ioctl(3, X, \"a) = 0",
		"ioctl(3, X, 0)",
		"ioctl(3, X, 0) 0",
		"ioctl(3, X, 0) = ",
		"ioctl(3, X, 0) = zero",
		"ioctl(3, X, 0) = 0 zero",
		"ioctl(3, X, 0) = 99999999999999999999",
		"ioctl(3, X, 0) = -1 ENOSUCHERROR (?)",
		"ioctl(3, X, 0) = 0 (never closed",
		"ioctl(3, X, 0) = 0 <never closed",
		"ioctl(3, X, 0) = 0 /* never closed",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = strdup(rows[i]);
		const char *wrong = "";
		struct strace_call call;

		if (strace_call_parse(text, &call, &wrong))
			fail_msg("'%s' was taken for a call", rows[i]);
		assert_true(wrong[0]);
		free(text);
	}
}

static void numbers_have_any_base_and_must_fit(void **state)
{
	static const struct {
		const char *text;
		bool fine;
		uint64_t number;
	} rows[] = {
		{"0", true, 0},
		{"0x7f25abe00000", true, UINT64_C(0x7f25abe00000)},
		{"0777", true, 511},
		{"4294967295", true, UINT32_MAX},
		{"0xffffffffffffffff", true, UINT64_MAX},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"8<anon_inode:kvm-vm>", true, 8},
		{"0xec /* KVM_CAP_??? */", true, 0xec},
		{"-1", false, 0},
		{"12abc", false, 0},
		{"", false, 0},
		{"KVM_RUN", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t number = 0;

		if (strace_number(rows[i].text, &number) != rows[i].fine)
			fail_msg("'%s'", rows[i].text);
		if (rows[i].fine)
			assert_int_equal(number, rows[i].number);
	}
}

static void flags_are_names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		bool fine;
		uint64_t flags;
	} rows[] = {
		{"0", true, 0},
		{"KVM_MEM_LOG_DIRTY_PAGES", true, 1},
		{"KVM_MEM_LOG_DIRTY_PAGES|KVM_MEM_READONLY|0x80", true, 0x83},
		{"0x80 /* KVM_MEM_??? */", true, 0x80},
		{"0x83 /* KVM_MEM_LOG_DIRTY_PAGES|KVM_MEM_READONLY|0x80 */", true, 0x83},
		{"KVM_MEM_GUEST_MEMFD", true, 4},
		{"KVM_MEM_PURPLE", false, 0},
		{"KVM_MEM_READONLY|", false, 0},
		{"", false, 0},
		{"0x1|0x2/", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t flags = 0;

		if (strace_flags(rows[i].text, memory_flag, &flags) != rows[i].fine)
			fail_msg("'%s'", rows[i].text);
		if (rows[i].fine)
			assert_int_equal(flags, rows[i].flags);
	}
}

static void requests_are_known_by_name_and_by_number(void **state)
{
	static const struct {
		const char *text;
		enum request request;
	} rows[] = {
		{"KVM_SET_USER_MEMORY_REGION", REQUEST_SET_REGION},
		{"0x4020ae46", REQUEST_SET_REGION},
		{"0x4020ae46 /* KVM_SET_USER_MEMORY_REGION */", REQUEST_SET_REGION},
		{"_IOC(_IOC_WRITE, 0xae, 0x46, 0x20)", REQUEST_SET_REGION},
		{"_IOC(_IOC_WRITE, 0xae, 0x49, 0xa0)", REQUEST_SET_REGION2},
		{"KVM_SET_USER_MEMORY_REGION2", REQUEST_SET_REGION2},
		{"_IOC(_IOC_READ|_IOC_WRITE, 0xae, 0xd4, 0x40)", REQUEST_CREATE_MEMFD},
		{"_IOC(_IOC_READ|_IOC_WRITE, 0xae, 0xc0, 0x18)", REQUEST_CLEAR_DIRTY_LOG},
		{"_IOC(_IOC_NONE, 0xae, 0x01, 0)", REQUEST_CREATE_VM},
		{"FOO_BAR or KVM_CREATE_VM", REQUEST_CREATE_VM},
		{"KVM_RUN", REQUEST_OTHER},
		{"TCGETS", REQUEST_OTHER},
		{"0x5401", REQUEST_OTHER},
		{"_IOC(_IOC_WRITE", REQUEST_OTHER},
		{"_IOC(_IOC_WRITE, 0xae, 0x46, 0x28)", REQUEST_OTHER},
		{"", REQUEST_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (request_parse(rows[i].text) != rows[i].request)
			fail_msg("'%s' is %u", rows[i].text, request_parse(rows[i].text));
}

static void a_field_is_found_at_its_depth(void **state)
{
	static const char structure[] = "{slot=1, inner={flags=7, slot=2}, list=[1, 2], flags=A|B}";
	char *text;

	(void)state;
	text = strace_field(structure, "slot");
	assert_string_equal(text, "1");
	free(text);
	text = strace_field(structure, "flags");
	assert_string_equal(text, "A|B");
	free(text);
	text = strace_field(structure, "list");
	assert_string_equal(text, "[1, 2]");
	free(text);
	assert_null(strace_field(structure, "slo"));
	assert_null(strace_field("{slot=1", "slot"));
	assert_null(strace_field("{}", "slot"));
	assert_null(strace_field("{slot=1, ...}", "flags"));
}

/* --- threads ------------------------------------------------------------------------------------- */

struct heard {
	char text[512];
};

static void hear_call(void *arg, uint64_t line, uint64_t thread, char *text)
{
	struct heard *heard = arg;
	size_t length = strlen(heard->text);

	snprintf(heard->text + length, sizeof(heard->text) - length, "%llu/%llu: %s\n",
		 (unsigned long long)line, (unsigned long long)thread, text);
}

static void hear_damage(void *arg, uint64_t line, const char *what)
{
	struct heard *heard = arg;
	size_t length = strlen(heard->text);

	assert_true(what[0]);
	snprintf(heard->text + length, sizeof(heard->text) - length, "%llu damaged\n",
		 (unsigned long long)line);
}

static void hear(const char *text, const char *expected)
{
	const struct reader_ops ops = {.call = hear_call, .damaged = hear_damage};
	struct heard heard = {""};
	size_t length = strlen(text);
	char *copy = malloc(length + 1);

	memcpy(copy, text, length + 1);
	assert_int_equal(reader_run(copy, length, &ops, &heard), 0);
	assert_string_equal(heard.text, expected);
	free(copy);
}

static void split_calls_are_put_together(void **state)
{
	(void)state;
	hear("1 a(1 <unfinished ...>\n2 b(2 <unfinished ...>\n1 <... a resumed>, 3) = 0\n"
	     "2 <... b resumed>) = 1",
	     "3/1: a(1, 3) = 0\n4/2: b(2) = 1\n");
	/* Alone, a thread has no number; then it has. */
	hear("a(1 <unfinished ...>\n[pid 7] b(2) = 0\n[pid 6] <... a resumed>) = 0\n",
	     "2/7: b(2) = 0\n3/6: a(1) = 0\n");
	/* A remark of strace's cuts a line in two, or in three. */
	hear("[pid 5] a(1)strace: Process 8 attached\n = 0\n", "2/5: a(1) = 0\n");
	hear("[pid 5] a(1strace: Process 8 attached\n <unfinished ...>\n[pid 5] <... a resumed>) = 0\n",
	     "3/5: a(1) = 0\n");
	hear("a(1strace: Process 8 attached\n, 2strace: Process 9 attached\n) = 0\n",
	     "3/0: a(1, 2) = 0\n");
	/* What is never resumed, what was never begun, what the end cuts off. */
	hear("1 a(1 <unfinished ...>\n1 b(1) = 0\n1 <... a resumed>) = 0\n1 c(strace: Process 9 attached",
	     "1 damaged\n2/1: b(1) = 0\n3 damaged\n4 damaged\n");
	hear("1 a(1 <unfinished ...>\n", "");
	hear("", "");
	hear("\n\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_what_it_looks_like),
		cmocka_unit_test(a_call_is_taken_apart),
		cmocka_unit_test(what_is_no_call_says_why),
		cmocka_unit_test(numbers_have_any_base_and_must_fit),
		cmocka_unit_test(flags_are_names_and_numbers),
		cmocka_unit_test(requests_are_known_by_name_and_by_number),
		cmocka_unit_test(a_field_is_found_at_its_depth),
		cmocka_unit_test(split_calls_are_put_together),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
