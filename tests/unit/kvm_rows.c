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

#include "kvm_rows.h"

#define ROWS 104

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

static void run(struct kvm_vm **vm, const struct kvm_row_call *call, struct kvm_answer *answer)
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

static bool is_meaningless(const char *id)
{
	for (size_t i = 0; i < COUNT(meaningless); i++)
		if (strcmp(meaningless[i].id, id) == 0)
			return true;
	return false;
}

static void check_row(struct kvm_vm **vm, const struct kvm_golden *golden,
		      const struct kvm_row *row)
{
	struct kvm_answer answer;

	for (unsigned int i = 0; i < KVM_ROW_BEFORE; i++) {
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
	struct kvm_golden golden[KVM_GOLDEN_MAX];
	unsigned int count = kvm_golden_read(golden), asked = 0, left_out = 0;
	struct kvm_vm *vm = new_vm();

	(void)state;
	for (unsigned int i = 0; i < count; i++) {
		const struct kvm_row *row = kvm_row_of(golden[i].id);

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
	assert_int_equal(asked, kvm_rows_count);
	assert_int_equal(left_out, COUNT(meaningless));
}

/* --- reasons ------------------------------------------------------------------------------------- */

/* A rule has one name, and two rules have two: the sentence tells which rule it is. */
static void T11_slot_refusal_has_reason(void **state)
{
	struct {
		const char *name, *sentence;
	} seen[KVM_GOLDEN_MAX] = {{NULL, NULL}};
	unsigned int refusals = 0, names = 0;
	struct kvm_vm *vm = new_vm();

	(void)state;
	for (size_t i = 0; i < kvm_rows_count; i++) {
		struct kvm_answer answer;
		unsigned int n;

		for (unsigned int j = 0; j < KVM_ROW_BEFORE; j++)
			run(&vm, &kvm_rows[i].before[j], &answer);
		run(&vm, &kvm_rows[i].call, &answer);
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
		struct kvm_row_call call;
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
	run(&vm, &(struct kvm_row_call){SET(0, 0, 0, M, U)}, &answer);
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
	run(&vm, &(struct kvm_row_call){SET(0, 0, 4096 * T, M, U)}, &answer);
	assert_int_equal(answer.value, kvm_result_of("EFAULT"));
	/* A page is the host's. */
	run(&vm, &(struct kvm_row_call){SET(0, 0, 0, 8 * K, U)}, &answer);
	assert_string_equal(answer.reason.name, "kvm-size-misaligned");
	run(&vm, &(struct kvm_row_call){SET(0, 0, 4 * K, M, U)}, &answer);
	assert_string_equal(answer.reason.name, "kvm-guest-address-misaligned");
	run(&vm, &(struct kvm_row_call){SET(0, LOG, 0, 64 * M, U)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct kvm_row_call){CLEAR(0, 0, 1024)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct kvm_row_call){CLEAR(0, 0, 1088)}, &answer);
	assert_int_equal(answer.value, kvm_result_of("EINVAL"));
	kvm_vm_free(vm);
	/* With SMM there are two address spaces, each with its own slots. */
	host = kvm_host_usual(KVM_X86);
	host.address_spaces = 2;
	vm = kvm_vm_new(&host);
	run(&vm, &(struct kvm_row_call){SET(0, 0, 0, M, U)}, &answer);
	run(&vm, &(struct kvm_row_call){SET(0x10000, 0, 0, M, U)}, &answer);
	assert_int_equal(answer.value, 0);
	run(&vm, &(struct kvm_row_call){SET(0x20000, 0, 0, M, U)}, &answer);
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
	run(&vm, &(struct kvm_row_call){SET2(9, GMEM, 64 * M, M, U, 0, F)}, &answer);
	for (uint64_t slot = 10; slot < 2000; slot++) {
		run(&vm, &(struct kvm_row_call){SET(slot, 0, 128 * M + slot * 8 * K, 4 * K, U)},
		    &answer);
		assert_int_equal(answer.value, 0);
	}
	/* All of them are there, and the memfd's range is still in one slot only. */
	for (uint32_t slot = 9; slot < 2000; slot++) {
		assert_true(kvm_vm_next(vm, 0, at, &mapped));
		assert_int_equal(mapped.slot, slot);
		at = mapped.guest_phys_addr + mapped.memory_size;
	}
	run(&vm, &(struct kvm_row_call){SET2(8, GMEM, 96 * M, M, U, 0, F)}, &answer);
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
