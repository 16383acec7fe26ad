/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/kvm/vm.c cli/kvm/region.c cli/kvm/log.c cli/kvm/why.c */
/*
 * What KVM answers to slot operations, row by row of what was measured
 * (tests/replay/kvm-slot-errno.tsv): the engine answers the same, and every refusal names its rule.
 * Rows that mean nothing here are listed with why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/kvm/kvm.h"

#define ROWS_FILE "tests/replay/kvm-slot-errno.tsv"
#define ROWS 104
#define ROWS_MAX 200

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define T (UINT64_C(1) << 40)
#define U UINT64_C(0x7f0000000000) /* a page-aligned anonymous mapping */
#define F 10                       /* a guest_memfd of 4 MiB; F3 another */
#define F3 11
#define LOG KVM_FLAG_LOG_DIRTY_PAGES
#define RO KVM_FLAG_READONLY
#define GMEM KVM_FLAG_GUEST_MEMFD

enum kind {
	NOTHING,
	NEW_VM,
	REGION,  /* slot, flags, guest address, size, user address */
	REGION2, /* and offset, descriptor */
	GET_LOG,
	CLEAR_LOG, /* slot, first page, pages */
	ENABLE,    /* capability, argument */
	RESET,
};

struct call {
	enum kind kind;
	uint64_t a, b, c, d, e, f;
	int32_t descriptor;
};

#define BEFORE_MAX 3
struct row {
	const char *id;
	struct call before[BEFORE_MAX]; /* what the file does not list */
	struct call call;
	const char *rule; /* of a refusal */
};

/* Calls, without their braces. */
#define NONE .kind = NOTHING
#define VM .kind = NEW_VM
#define SET(slot, flags, ipa, size, user)                                                          \
	.kind = REGION, .a = slot, .b = flags, .c = ipa, .d = size, .e = user
#define SET2(slot, flags, ipa, size, user, offset, fd)                                             \
	.kind = REGION2, .a = slot, .b = flags, .c = ipa, .d = size, .e = user, .f = offset,       \
	.descriptor = fd
#define GET(slot) .kind = GET_LOG, .a = slot
#define CLEAR(slot, first, pages) .kind = CLEAR_LOG, .a = slot, .b = first, .c = pages
#define CAP(number, argument) .kind = ENABLE, .a = number, .b = argument
#define RESET_RINGS .kind = RESET

static const struct row rows[] = {
	{"A01", {{VM}}, {SET(0, 0, 0, M, U)}, NULL},
	{"A02", {{VM}}, {SET(0, 0, 0, 4 * K, U)}, NULL},
	{"A04", {{VM}}, {SET(0, 0, 0, 0x800, U)}, "kvm-size-misaligned"},
	{"A05", {{VM}}, {SET(0, 0, 0x800, M, U)}, "slot-misaligned"},
	{"A06", {{VM}}, {SET(0, 0, 0, M, U + 1)}, "kvm-user-address"},
	{"A08", {{VM}}, {SET(0, 0, 0, M, 0)}, NULL},
	{"A09", {{VM}}, {SET(0, 0, 0, M, T)}, NULL},
	{"A10", {{VM}}, {SET(0, 0, 0, M, UINT64_C(0xffff800000000000))}, "kvm-user-address"},
	{"A12", {{VM}}, {SET(0, 0, 0, 4 * K, 128 * T - 8 * K)}, NULL},
	{"A13", {{VM}}, {SET(0, 0, 0, M, 128 * T)}, "kvm-user-address"},
	{"A14", {{VM}}, {SET(0, 0, 0, M, U | UINT64_C(1) << 62)}, "kvm-user-address"},
	{"A16", {{VM}}, {SET(0, 0, -4 * K, 4 * K, U)}, "slot-wraps"},
	{"A18", {{VM}}, {SET(0, 0, 256 * T - M, M, U)}, NULL},
	{"A21", {{VM}}, {SET(0, 0, 4096 * T, M, U)}, "slot-beyond-ipa"},
	{"A22", {{VM}}, {SET(0, 0, 4096 * T - M, 2 * M, U)}, "slot-beyond-ipa"},
	{"A24", {{VM}}, {SET(0, 0, 0, UINT64_C(1) << 63, 0)}, "kvm-user-address"},
	{"A25", {{VM}}, {SET(0, 0, 0, T, UINT64_C(0x7fff00000000))}, "kvm-user-address"},

	{"B26", {{VM}}, {SET(32763, 0, 0, M, U)}, NULL},
	{"B28", {{VM}}, {SET(32767, 0, 0, M, U)}, "kvm-slot-number"},
	{"B29", {{VM}}, {SET(65535, 0, 0, M, U)}, "kvm-slot-number"},
	{"B30", {{VM}}, {SET(0x10000, 0, 0, M, U)}, "kvm-address-space"},
	{"B32", {{VM}}, {SET(0xffff0000, 0, 0, M, U)}, "kvm-address-space"},
	{"B33", {{VM}}, {SET(0x10000, 0, 0, 0, U)}, "kvm-address-space"},

	{"C34", {{VM}, {SET(0, 0, 0, M, U)}}, {SET(1, 0, 0, M, U)}, "slot-overlaps"},
	{"C36", {{NONE}}, {SET(1, 0, 4 * K, 4 * K, U + 2 * M)}, "slot-overlaps"},
	{"C37", {{NONE}}, {SET(1, 0, M, M, U + M)}, NULL},
	{"C38", {{NONE}}, {SET(2, 0, 0, 4 * M, U)}, "slot-overlaps"},
	{"C40", {{SET(2, 0, 16 * M, M, U)}}, {SET(0, 0, 0, 2 * M, U)}, "slot-fixed"},
	{"C41", {{NONE}}, {SET(0, 0, 0, 512 * K, U)}, "slot-fixed"},
	{"C42", {{NONE}}, {SET(0, 0, 0, M, U)}, NULL},
	{"C44", {{NONE}}, {SET(0, 0, 32 * M, M, U + 8 * M)}, "slot-fixed"},
	{"C45", {{NONE}}, {SET(0, 0, M, M, U)}, "slot-overlaps"},
	{"C46", {{NONE}}, {SET(0, 0, 4 * K, M, U)}, "slot-overlaps"},
	{"C48", {{SET(2, 0, 16 * M + 4 * K, M, U)}}, {SET(0, 0, 64 * M, M, U)}, NULL},
	{"C49", {{NONE}}, {SET(0, 0, 64 * M + 0x10, M, U)}, "slot-misaligned"},
	{"C50", {{NONE}}, {SET(0, 0, 4096 * T, M, U)}, "slot-beyond-ipa"},
	{"C52", {{SET(0, LOG, 80 * M, M, U)}}, {SET(3, 0, 64 * M, M, U + 4 * M)}, NULL},
	{"C53", {{NONE}}, {SET(9, 0, 0, 0, U)}, "slot-id-unknown"},
	{"C54", {{NONE}}, {SET(0, 0, 80 * M, 0, U)}, NULL},
	{"C56", {{NONE}}, {SET(1, 0, 512 * M, 0, U + 5 * M)}, NULL},
	{"C57", {{NONE}}, {SET(2, 0, 0, 0, 0)}, NULL},
	{"C58", {{NONE}}, {SET(3, 0, 1, 0, U)}, "kvm-deletion-checked"},
	{"C60", {{NONE}}, {SET(3, 0x80, 0, 0, U)}, "kvm-deletion-checked"},
	{"C61", {{NONE}}, {SET(3, LOG | RO, 0, 0, U)}, NULL},
	{"C62", {{NONE}}, {SET(100, 0, 0, 0, 0)}, "slot-id-unknown"},

	{"D64", {{VM}}, {SET(0, UINT64_C(1) << 31, 0, M, U)}, "slot-flags"},
	{"D65", {{VM}}, {SET(0, 1 << 16, 0, M, U)}, "slot-flags"},
	{"D66", {{VM}}, {SET2(0, 1 << 16, 0, M, U, 0, -1)}, "slot-flags"},
	{"D68", {{VM}}, {SET(0, RO, 0, M, U)}, NULL},
	{"D69", {{NONE}}, {SET(0, 0, 0, M, U)}, "slot-fixed"},
	{"D70", {{NONE}}, {SET(0, RO | LOG, 0, M, U)}, NULL},
	{"D72", {{VM}, {SET(0, 0, 0, M, U)}}, {SET(0, LOG, 0, M, U)}, NULL},
	{"D73", {{NONE}}, {SET(0, 0, 0, M, U)}, NULL},
	{"D74", {{NONE}}, {SET(0, LOG, 0, M, U + M)}, "slot-fixed"},
	{"D76", {{NONE}}, {SET2(0, LOG, 0, M, U, UINT64_MAX, -1)}, NULL},

	{"E80", {{VM}, {SET(0, 0, 0, M, U)}}, {GET(0)}, "slot-not-logging"},
	{"E81", {{NONE}}, {GET(5)}, "slot-id-unknown"},
	{"E82", {{NONE}}, {GET(40000)}, "kvm-slot-number"},
	{"E84", {{SET(0, LOG, 0, M, U)}}, {GET(0)}, NULL},
	{"E86", {{NONE}}, {CLEAR(0, 0, 256)}, NULL},
	{"E88", {{NONE}}, {CAP(168, 2)}, "kvm-capability-argument"},
	{"E89", {{NONE}}, {CAP(168, 4)}, "kvm-capability-argument"},
	{"E90", {{CAP(168, 1)}}, {CLEAR(0, 0, 256)}, NULL},
	{"E92", {{NONE}}, {CLEAR(0, 0, 1)}, "log-range"},
	{"E93", {{NONE}}, {CLEAR(0, 64, 192)}, NULL},
	{"E94", {{NONE}}, {CLEAR(0, 192, 128)}, "log-range"},
	{"E96", {{NONE}}, {CLEAR(0, UINT64_C(1) << 63, 64)}, "log-range"},
	{"E97", {{VM}}, {CAP(192, 0)}, "kvm-dirty-ring-size"},
	{"E98", {{NONE}}, {CAP(192, 12288)}, "ring-size"},
	{"E100", {{NONE}}, {CAP(192, 4096)}, NULL},
	{"E101", {{NONE}}, {CAP(192, 32 * M)}, "ring-size"},
	{"E102", {{NONE}}, {CAP(192, 65536)}, "ring-set"},
	{"E104", {{SET(0, LOG, 0, M, U)}}, {GET(0)}, "kvm-dirty-ring-instead"},
	{"E105", {{NONE}}, {RESET_RINGS}, NULL},
	{"E106", {{VM}}, {RESET_RINGS}, "kvm-no-dirty-ring"},

	{"G120", {{VM}}, {SET2(0, GMEM, 0, 2 * M, U, 0, F)}, NULL},
	{"G121", {{NONE}}, {SET2(0, GMEM, 0, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G122", {{NONE}}, {SET2(0, GMEM, 64 * M, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G124", {{NONE}}, {SET2(0, 0, 0, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G125", {{NONE}}, {SET2(0, GMEM, 0, 2 * M, U, 2 * M, F)}, "kvm-memfd-slot-fixed"},
	{"G126", {{NONE}}, {SET(0, 0, 0, 2 * M, U)}, "kvm-memfd-slot-fixed"},
	{"G128",
	 {{NONE}},
	 {SET2(1, GMEM, 16 * M, 2 * M, U, 2 * M - 4 * K, F)},
	 "exclusive-mapped-twice"},
	{"G129", {{NONE}}, {SET2(1, GMEM, 16 * M, 2 * M, U, 2 * M, F)}, NULL},
	{"G130", {{NONE}}, {SET2(2, GMEM, 32 * M, 2 * M, U, 4 * M, F)}, "slot-beyond-object"},
	{"G132", {{NONE}}, {SET2(2, GMEM, 32 * M, M, U, 0x800, F3)}, "kvm-memfd-offset"},
	{"G133", {{NONE}}, {SET2(2, GMEM, 32 * M, M, U, 4 * K, F3)}, NULL},
	{"G134", {{NONE}}, {SET2(3, GMEM, 48 * M, 2 * M, U, -4 * K, F3)}, "kvm-memfd-offset"},
	{"G136", {{NONE}}, {SET2(3, GMEM, 0, M, U, 2 * M, F3)}, "slot-overlaps"},
	{"G137", {{NONE}}, {SET2(3, GMEM, 48 * M, M, U, 0, -1)}, "kvm-memfd-descriptor"},
	{"G138", {{NONE}}, {SET2(3, GMEM, 48 * M, M, U, 0, 0x7fffffff)}, "kvm-memfd-descriptor"},
	{"G141", {{NONE}}, {SET2(3, GMEM | RO, 48 * M, M, U, 2 * M, F3)}, "kvm-memfd-flags"},
	{"G142", {{NONE}}, {SET2(3, GMEM | LOG, 48 * M, M, U, 2 * M, F3)}, "kvm-memfd-flags"},
	{"G144", {{NONE}}, {SET2(3, GMEM, 48 * M, M, 0, 2 * M, F3)}, NULL},
	{"G145", {{NONE}}, {SET2(4, GMEM, 96 * M, M + 1, U, 3 * M, F3)}, "kvm-size-misaligned"},
	{"G148", {{SET2(0, 0, 0, 0, U, 0, F)}}, {SET2(1, GMEM, 0, 0, U, 0, -1)}, NULL},
	{"G149", {{NONE}}, {SET2(6, GMEM, 128 * M, 2 * M, U, 0, F)}, NULL},
};

static const struct {
	const char *id, *why;
} meaningless[] = {
	{"A17", "the measured host has no limit at 2^48; a space ends there at the latest"},
	{"A20", "the same"},
	{"D77", "padding of the call's structure: the engine has no such field"},
	{"D78", "a user pointer: the engine is not given any (replay answers EFAULT)"},
	{"E85", "a user pointer"},
	{"G140", "a descriptor of something else: the engine is given objects"},
	{"G146", "a descriptor of another VM: the same"},
	{"G150", "closing a descriptor: an object lives as long as its owner says"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- the file ------------------------------------------------------------------------------------ */

struct golden {
	char id[8];
	int64_t result;
};

static int64_t result_of(const char *word)
{
	if (strcmp(word, "0") == 0)
		return 0;
	for (int error = 1; error < 134; error++)
		if (strerrorname_np(error) && strcmp(strerrorname_np(error), word) == 0)
			return -error;
	fail_msg("%s is no error", word);
	return 1;
}

static unsigned int read_rows(struct golden golden[ROWS_MAX])
{
	FILE *file = fopen(ROWS_FILE, "r");
	unsigned int count = 0;
	char line[1024];

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file)); /* the heading */
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *field[4];

		for (unsigned int i = 0; i < 4; i++)
			field[i] = strsep(&rest, "\t");
		assert_in_range(count, 0, ROWS_MAX - 1);
		assert_non_null(field[3]);
		snprintf(golden[count].id, sizeof(golden[count].id), "%s", field[0]);
		golden[count++].result = result_of(field[3]);
	}
	fclose(file);
	return count;
}

/* --- calls --------------------------------------------------------------------------------------- */

static struct kvm_vm *new_vm(void)
{
	struct kvm_host host = kvm_host_usual(KVM_X86);
	struct kvm_vm *vm;

	host.user_bits = 47;
	vm = kvm_vm_new(&host);
	assert_non_null(vm);
	assert_true(kvm_add_memfd(vm, F, 4 * M) && kvm_add_memfd(vm, F3, 4 * M));
	return vm;
}

static void run(struct kvm_vm **vm, const struct call *call, struct kvm_answer *answer)
{
	struct kvm_region region = {
		.second = call->kind == REGION2,
		.slot = (uint32_t)call->a,
		.flags = (uint32_t)call->b,
		.guest_phys_addr = call->c,
		.memory_size = call->d,
		.userspace_addr = call->e,
		.guest_memfd_offset = call->f,
		.guest_memfd = call->descriptor,
	};

	*answer = (struct kvm_answer){.value = 0};
	switch (call->kind) {
	case NOTHING:
		return;
	case NEW_VM:
		kvm_vm_free(*vm);
		*vm = new_vm();
		return;
	case GET_LOG:
		kvm_get_dirty_log(*vm, region.slot, answer);
		return;
	case CLEAR_LOG:
		kvm_clear_dirty_log(*vm, region.slot, call->b, call->c, answer);
		return;
	case ENABLE:
		assert_true(kvm_enable_cap(*vm, call->a, 0, call->b, answer));
		return;
	case RESET:
		kvm_reset_dirty_rings(*vm, answer);
		return;
	default:
		kvm_set_region(*vm, &region, answer);
		return;
	}
}

static const struct row *row_of(const char *id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].id, id) == 0)
			return &rows[i];
	return NULL;
}

static bool is_meaningless(const char *id)
{
	for (size_t i = 0; i < COUNT(meaningless); i++)
		if (strcmp(meaningless[i].id, id) == 0)
			return true;
	return false;
}

static void check_row(struct kvm_vm **vm, const struct golden *golden, const struct row *row)
{
	struct kvm_answer answer;

	for (unsigned int i = 0; i < BEFORE_MAX; i++) {
		run(vm, &row->before[i], &answer);
		if (answer.value)
			fail_msg("%s: before it: %s", row->id, answer.reason.name);
	}
	run(vm, &row->call, &answer);
	if (answer.value != golden->result)
		fail_msg("%s: %lld (%s), KVM answers %lld", row->id, (long long)answer.value,
			 answer.reason.name, (long long)golden->result);
	if (row->rule)
		assert_string_equal(answer.reason.name, row->rule);
	else
		assert_int_equal(answer.value, 0);
	assert_true(answer.reason.sentence[0] && answer.reason.source[0]);
}

static void every_row_is_answered_as_by_kvm(void **state)
{
	struct golden golden[ROWS_MAX];
	unsigned int count = read_rows(golden), asked = 0, left_out = 0;
	struct kvm_vm *vm = new_vm();

	(void)state;
	for (unsigned int i = 0; i < count; i++) {
		const struct row *row = row_of(golden[i].id);

		if (row) {
			assert_false(is_meaningless(golden[i].id));
			check_row(&vm, &golden[i], row);
			asked++;
		} else {
			if (!is_meaningless(golden[i].id))
				fail_msg("row %s is neither asked nor explained", golden[i].id);
			left_out++;
		}
	}
	kvm_vm_free(vm);
	printf("# %u rows of %u; %u mean nothing here\n", asked, count, left_out);
	assert_int_equal(count, ROWS);
	assert_int_equal(asked, COUNT(rows));
	assert_int_equal(left_out, COUNT(meaningless));
}

/* --- reasons ------------------------------------------------------------------------------------- */

/* A rule has one name, and two rules have two: the sentence tells which rule it is. */
static void T11_slot_refusal_has_reason(void **state)
{
	struct {
		const char *name, *sentence;
	} seen[COUNT(rows)] = {{NULL, NULL}};
	unsigned int refusals = 0, names = 0;
	struct kvm_vm *vm = new_vm();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kvm_answer answer;
		unsigned int n;

		for (unsigned int j = 0; j < BEFORE_MAX; j++)
			run(&vm, &rows[i].before[j], &answer);
		run(&vm, &rows[i].call, &answer);
		if (answer.value >= 0)
			continue;
		refusals++;
		for (n = 0; n < names && strcmp(seen[n].name, answer.reason.name); n++)
			assert_string_not_equal(seen[n].sentence, answer.reason.sentence);
		if (n == names) {
			seen[names].name = answer.reason.name;
			seen[names++].sentence = answer.reason.sentence;
		} else {
			assert_string_equal(seen[n].sentence, answer.reason.sentence);
		}
	}
	kvm_vm_free(vm);
	printf("# %u refusals by %u rules\n", refusals, names);
	assert_true(refusals > 50 && names > 20);
}

/* KVM says EINVAL for twenty things; these say which, what it was, and what would do. */
static void a_refusal_says_what_would_do(void **state)
{
	static const struct {
		struct call call;
		const char *detail;
	} told[] = {
		{{SET(1, 0, 512 * K, M, U)},
		 "guest_phys_addr 0x80000: 0x100000 would do; slot 0 is in "
		 "the way"},
		{{SET(0, 0, 0, 2 * M, U)}, "memory_size 0x200000: 0x100000 would do"},
		{{SET(0, 0, 0, M, U + M)},
		 "userspace_addr 0x7f0000100000: 0x7f0000000000 would do"},
		{{SET(0, RO | LOG, 0, M, U)}, "flags 0x3: 0x1 would do"},
		{{SET(1, 0x80 | LOG, M, M, U)}, "flags 0x81: 0x1 would do"},
		{{SET(1, 0, M + 8, M, U)}, "guest_phys_addr 0x100008: 0x100000 would do"},
		{{SET(40000, 0, M, M, U)}, "slot 40000: the last one is 32763"},
		{{SET(1, 0, M, M + 12, U)}, "memory_size 0x10000c: 0x100000 would do"},
	};
	struct kvm_vm *vm = new_vm();
	struct kvm_answer answer;

	(void)state;
	run(&vm, &(struct call){SET(0, 0, 0, M, U)}, &answer);
	for (size_t i = 0; i < COUNT(told); i++) {
		run(&vm, &told[i].call, &answer);
		assert_true(answer.value < 0);
		assert_string_equal(answer.detail, told[i].detail);
	}
	kvm_vm_free(vm);
}

/* --- other hosts --------------------------------------------------------------------------------- */

static void hosts_differ_where_kvm_does(void **state)
{
	struct kvm_host host = kvm_host_usual(KVM_ARM64);
	struct kvm_answer answer;
	struct kvm_vm *vm;

	(void)state;
	/* Beyond the guest's addresses: EFAULT on arm64. */
	host.page_bytes = 65536;
	vm = kvm_vm_new(&host);
	run(&vm, &(struct call){SET(0, 0, 4096 * T, M, U)}, &answer);
	assert_int_equal(answer.value, result_of("EFAULT"));
	/* A page is the host's. */
	run(&vm, &(struct call){SET(0, 0, 0, 8 * K, U)}, &answer);
	assert_string_equal(answer.reason.name, "kvm-size-misaligned");
	run(&vm, &(struct call){SET(0, 0, 4 * K, M, U)}, &answer);
	assert_string_equal(answer.reason.name, "kvm-guest-address-misaligned");
	run(&vm, &(struct call){SET(0, LOG, 0, 64 * M, U)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct call){CLEAR(0, 0, 1024)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct call){CLEAR(0, 0, 1088)}, &answer);
	assert_int_equal(answer.value, result_of("EINVAL"));
	kvm_vm_free(vm);
	/* With SMM there are two address spaces, each with its own slots. */
	host = kvm_host_usual(KVM_X86);
	host.address_spaces = 2;
	vm = kvm_vm_new(&host);
	run(&vm, &(struct call){SET(0, 0, 0, M, U)}, &answer);
	run(&vm, &(struct call){SET(0x10000, 0, 0, M, U)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct call){SET(0x20000, 0, 0, M, U)}, &answer);
	assert_string_equal(answer.reason.name, "kvm-address-space");
	assert_true(kvm_check_extension(&host, KVM_CAPABILITY_ADDRESS_SPACES, &answer));
	assert_int_equal(answer.value, 2);
	kvm_vm_free(vm);
	/* And some make no sense. */
	host.page_bytes = 5000;
	assert_null(kvm_vm_new(&host));
	host = kvm_host_usual(KVM_X86);
	host.address_spaces = 3;
	assert_null(kvm_vm_new(&host));
}

static void a_vm_has_room_for_every_slot_of_its_host(void **state)
{
	struct kvm_vm *vm = new_vm();
	struct kvm_answer answer;
	struct kvm_mapped mapped;
	uint64_t at = 0;

	(void)state;
	run(&vm, &(struct call){SET2(9, GMEM, 64 * M, M, U, 0, F)}, &answer);
	for (uint64_t slot = 10; slot < 2000; slot++) {
		run(&vm, &(struct call){SET(slot, 0, 128 * M + slot * 8 * K, 4 * K, U)}, &answer);
		assert_int_equal(answer.value, 0);
	}
	/* All of them are there, and the memfd's range is still in one slot only. */
	for (uint32_t slot = 9; slot < 2000; slot++) {
		assert_true(kvm_vm_next(vm, 0, at, &mapped));
		assert_int_equal(mapped.slot, slot);
		at = mapped.guest_phys_addr + mapped.memory_size;
	}
	run(&vm, &(struct call){SET2(8, GMEM, 96 * M, M, U, 0, F)}, &answer);
	assert_string_equal(answer.reason.name, "exclusive-mapped-twice");
	kvm_vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_answered_as_by_kvm),
		cmocka_unit_test(T11_slot_refusal_has_reason),
		cmocka_unit_test(a_refusal_says_what_would_do),
		cmocka_unit_test(hosts_differ_where_kvm_does),
		cmocka_unit_test(a_vm_has_room_for_every_slot_of_its_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
