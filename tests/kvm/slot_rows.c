/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The golden rows of slot operations, asked of the live kernel (make test-kvm): what the engine is
 * compared with in tests/unit/kvm_rows.c is still what KVM answers. x86. Rows whose note says that
 * they depend on the host or the kernel's configuration may differ, and are told; without guest_memfd
 * its rows are left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/kvm.h>

#include "kvm_rows.h"

/* What headers of Linux before 6.8 have not. */
struct region2 {
	uint32_t slot, flags;
	uint64_t guest_phys_addr, memory_size, userspace_addr, guest_memfd_offset;
	uint32_t guest_memfd, pad1;
	uint64_t pad2[14];
};
struct create_memfd {
	uint64_t size, flags, reserved[6];
};
#define SET_REGION2 _IOW(KVMIO, 0x49, struct region2)
#define CREATE_MEMFD _IOWR(KVMIO, 0xd4, struct create_memfd)
#define MEMFD_MMAP 1u
#define MEMFD_INIT_SHARED 2u

struct live {
	int kvm, vm;
	int memfd[2]; /* F, F3; -1: none */
	char *memory; /* U_BYTES at U */
	uint64_t bitmap[4096];
};

static int64_t answered(int result)
{
	return result < 0 ? -errno : 0;
}

/* --- a VM ---------------------------------------------------------------------------------------- */

static void close_vm(struct live *l)
{
	for (unsigned int i = 0; i < 2; i++)
		if (l->memfd[i] >= 0)
			close(l->memfd[i]);
	if (l->vm >= 0)
		close(l->vm);
}

static void new_vm(struct live *l)
{
	static const uint64_t flags[] = {0, MEMFD_MMAP | MEMFD_INIT_SHARED};

	close_vm(l);
	l->vm = ioctl(l->kvm, KVM_CREATE_VM, 0);
	assert_true(l->vm >= 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct create_memfd memfd = {.size = 4 * M, .flags = flags[i]};

		l->memfd[i] = ioctl(l->vm, CREATE_MEMFD, &memfd);
	}
}

/* An address in what is U here. */
static uint64_t user(const struct live *l, uint64_t address)
{
	const uint64_t tag = UINT64_C(1) << 62, base = (uint64_t)(uintptr_t)l->memory;

	if ((address & ~tag) >= U && (address & ~tag) < U + U_BYTES)
		return (address & tag) | (base + ((address & ~tag) - U));
	return address;
}

static uint32_t descriptor(const struct live *l, int32_t number)
{
	return (uint32_t)(number == F ? l->memfd[0] : number == F3 ? l->memfd[1] : number);
}

/* --- calls --------------------------------------------------------------------------------------- */

static int64_t set_region(struct live *l, const struct kvm_row_call *call)
{
	const struct kvm_userspace_memory_region region = {
		.slot = (uint32_t)call->a,
		.flags = (uint32_t)call->b,
		.guest_phys_addr = call->c,
		.memory_size = call->d,
		.userspace_addr = user(l, call->e),
	};

	return answered(ioctl(l->vm, KVM_SET_USER_MEMORY_REGION, &region));
}

static int64_t set_region2(struct live *l, const struct kvm_row_call *call)
{
	const struct region2 region = {
		.slot = (uint32_t)call->a,
		.flags = (uint32_t)call->b,
		.guest_phys_addr = call->c,
		.memory_size = call->d,
		.userspace_addr = user(l, call->e),
		.guest_memfd_offset = call->f,
		.guest_memfd = descriptor(l, call->descriptor),
	};

	return answered(ioctl(l->vm, SET_REGION2, &region));
}

static int64_t get_log(struct live *l, const struct kvm_row_call *call)
{
	struct kvm_dirty_log log = {.slot = (uint32_t)call->a, .dirty_bitmap = l->bitmap};

	return answered(ioctl(l->vm, KVM_GET_DIRTY_LOG, &log));
}

static int64_t clear_log(struct live *l, const struct kvm_row_call *call)
{
	struct kvm_clear_dirty_log log = {
		.slot = (uint32_t)call->a,
		.first_page = call->b,
		.num_pages = (uint32_t)call->c,
		.dirty_bitmap = l->bitmap,
	};

	return answered(ioctl(l->vm, KVM_CLEAR_DIRTY_LOG, &log));
}

static int64_t enable(struct live *l, const struct kvm_row_call *call)
{
	struct kvm_enable_cap cap = {.cap = (uint32_t)call->a, .args = {call->b}};

	return answered(ioctl(l->vm, KVM_ENABLE_CAP, &cap));
}

static int64_t run(struct live *l, const struct kvm_row_call *call)
{
	switch (call->kind) {
	case NEW_VM:
		new_vm(l);
		return 0;
	case REGION:
		return set_region(l, call);
	case REGION2:
		return set_region2(l, call);
	case GET_LOG:
		return get_log(l, call);
	case CLEAR_LOG:
		return clear_log(l, call);
	case ENABLE:
		return enable(l, call);
	case RESET:
		return answered(ioctl(l->vm, KVM_RESET_DIRTY_RINGS));
	default:
		return 0;
	}
}

/* --- rows ---------------------------------------------------------------------------------------- */

struct tally {
	unsigned int same, of_config, left_out, wrong;
};

static void ask(struct live *l, const struct kvm_golden *golden, const struct kvm_row *row,
		struct tally *tally)
{
	int64_t result;

	for (unsigned int i = 0; i < KVM_ROW_BEFORE; i++)
		if (run(l, &row->before[i]) < 0)
			printf("# %s: a call before it: %s\n", row->id, strerror(errno));
	/* Sections of the file: G is guest_memfd. */
	if (row->id[0] == 'G' && (l->memfd[0] < 0 || l->memfd[1] < 0)) {
		tally->left_out++;
		return;
	}
	result = run(l, &row->call);
	if (result == golden->result) {
		tally->same++;
	} else {
		printf("# %s: %lld, not %lld%s\n", row->id, (long long)result,
		       (long long)golden->result,
		       golden->of_config ? ": depends on the host, by its note" : "");
		tally->of_config += golden->of_config;
		tally->wrong += !golden->of_config;
	}
}

static void the_kernel_answers_every_row(void **state)
{
	static struct live live = {.vm = -1, .memfd = {-1, -1}};
	struct kvm_golden golden[KVM_GOLDEN_MAX];
	const unsigned int count = kvm_golden_read(golden);
	struct tally tally = {0};

	(void)state;
	live.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (live.kvm < 0) {
		printf("# /dev/kvm: %s\n", strerror(errno));
		skip();
	}
	live.memory = mmap(NULL, U_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(live.memory, MAP_FAILED);
	new_vm(&live);
	for (unsigned int i = 0; i < count; i++) {
		const struct kvm_row *row = kvm_row_of(golden[i].id);

		if (row)
			ask(&live, &golden[i], row, &tally);
	}
	close_vm(&live);
	close(live.kvm);
	munmap(live.memory, U_BYTES);
	printf("# %u rows answered as measured, %u otherwise, %u otherwise by their note, "
	       "%u without guest_memfd; %zu of %u can be asked\n",
	       tally.same, tally.wrong, tally.of_config, tally.left_out, kvm_rows_count, count);
	assert_int_equal(tally.wrong, 0);
	assert_int_equal(tally.same + tally.of_config + tally.left_out, kvm_rows_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_every_row),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
