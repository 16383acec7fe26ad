/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/kvm/vm.c cli/kvm/region.c cli/kvm/log.c cli/kvm/why.c */
/*
 * Random memory calls, put to the engine and to the KVM of this machine: the same answers. Skipped
 * where there is no KVM.
 *
 * KVM_SEED: where to begin; the seed of a difference is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/kvm.h>

#include "cli/kvm/kvm.h"

#define VMS 30
#define CALLS 150
#define PAGE UINT64_C(4096)
#define USER UINT64_C(0x10000000000) /* nothing is mapped there: KVM does not look */

/* What headers of Linux 6.1 do not have yet. */
struct region2 {
	uint32_t slot, flags;
	uint64_t guest_phys_addr, memory_size, userspace_addr, guest_memfd_offset;
	uint32_t guest_memfd, pad1;
	uint64_t pad2[14];
};
#define SET_USER_MEMORY_REGION2 _IOW(KVMIO, 0x49, struct region2)
struct create_memfd {
	uint64_t size, flags, reserved[6];
};
#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct create_memfd)
#define CAP_USER_MEMORY2 231
#define CAP_GUEST_MEMFD 234

#define MEMFDS 2
#define MEMFD_PAGES 32

struct both {
	int dev, real, memfd[MEMFDS];
	struct kvm_vm *ours;
	struct kvm_host host;
	bool second; /* KVM has the second call */
	unsigned int seed, vm_seed;
	unsigned int accepted, refused;
	char last[200]; /* the call under way */
};

static unsigned int below(struct both *b, unsigned int limit)
{
	return (unsigned int)rand_r(&b->seed) / 3 % limit;
}

static bool chance(struct both *b, unsigned int one_in)
{
	return below(b, one_in) == 0;
}

/* --- calls --------------------------------------------------------------------------------------- */

static uint32_t any_slot(struct both *b)
{
	const uint32_t edges[] = {b->host.slots - 1, b->host.slots, 0x7fff,  0xffff,
				  0x10000,           0x10001,       0x20000, 0xffff0000};

	return chance(b, 12) ? edges[below(b, sizeof(edges) / sizeof(edges[0]))] : below(b, 5);
}

/* Small: KVM without hardware paging keeps memory for every page of a slot. */
static struct kvm_region any_region(struct both *b)
{
	struct kvm_region r = {
		.second = b->second && below(b, 2),
		.slot = any_slot(b),
		.flags = below(b, 4),
		.guest_phys_addr = below(b, 24) * PAGE,
		.memory_size = below(b, 3) ? (1 + below(b, 6)) * PAGE : 0,
		.userspace_addr = USER + below(b, 3) * 64 * PAGE,
		.guest_memfd_offset = below(b, MEMFD_PAGES + 2) * PAGE,
		.guest_memfd = b->memfd[below(b, MEMFDS)],
	};

	if (b->second && chance(b, 4))
		r.flags = chance(b, 8) ? below(b, 8) : KVM_FLAG_GUEST_MEMFD;
	if (chance(b, 16))
		r.flags |= 1u << below(b, 32);
	if (chance(b, 16))
		r.guest_phys_addr += 1u << below(b, 12);
	if (chance(b, 16))
		r.memory_size += 1u << below(b, 12);
	if (chance(b, 16))
		r.memory_size = UINT64_C(1) << (50 + below(b, 14));
	if (chance(b, 16))
		r.userspace_addr += 1u << below(b, 12);
	if (chance(b, 30))
		r.userspace_addr = below(b, 2) ? 0 : UINT64_C(1) << (48 + below(b, 16));
	if (chance(b, 16))
		r.guest_phys_addr = UINT64_C(1) << (52 + below(b, 12));
	if (chance(b, 16))
		r.guest_phys_addr = -(1 + below(b, 4)) * PAGE;
	if (chance(b, 16))
		r.guest_memfd_offset = below(b, 2) ? 0x800 : -PAGE;
	if (chance(b, 30))
		r.guest_memfd = -1;
	return r;
}

/* Something that is there, with one thing different. */
static struct kvm_region near_region(struct both *b)
{
	struct kvm_region r = any_region(b);
	struct kvm_mapped is;

	if (!kvm_vm_has(b->ours, r.slot, &is))
		return r;
	r.flags = is.flags & 3;
	r.memory_size = is.memory_size;
	r.userspace_addr = is.userspace_addr;
	switch (below(b, 8)) {
	case 0:
		r.flags ^= 1u << below(b, 3);
		break;
	case 1:
	case 2:
		r.flags ^= KVM_FLAG_LOG_DIRTY_PAGES;
		r.guest_phys_addr = is.guest_phys_addr;
		break;
	case 3:
		r.memory_size += PAGE;
		break;
	case 4:
		r.userspace_addr += PAGE;
		break;
	case 5:
		r.guest_phys_addr = is.guest_phys_addr;
		break;
	default:
		break;
	}
	return r;
}

static int64_t real_region(const struct both *b, const struct kvm_region *r)
{
	struct region2 call = {
		.slot = r->slot,
		.flags = r->flags,
		.guest_phys_addr = r->guest_phys_addr,
		.memory_size = r->memory_size,
		.userspace_addr = r->userspace_addr,
		.guest_memfd_offset = r->guest_memfd_offset,
		.guest_memfd = (uint32_t)r->guest_memfd,
	};
	int result = r->second ? ioctl(b->real, SET_USER_MEMORY_REGION2, &call)
			       : ioctl(b->real, KVM_SET_USER_MEMORY_REGION, &call);

	return result < 0 ? -errno : result;
}

static void compare(struct both *b, const struct kvm_answer *ours, int64_t real)
{
	*(real < 0 ? &b->refused : &b->accepted) += 1;
	if (ours->value == real)
		return;
	/* Which of two errors it is has changed between versions: EINVAL until 6.18, then EEXIST. */
	if (strcmp(ours->reason.name, "exclusive-mapped-twice") == 0 && real == -EEXIST)
		return;
	fail_msg("KVM_SEED=%u: %s: %s %s (%s), KVM: %s", b->vm_seed, b->last,
		 ours->value ? strerrorname_np((int)-ours->value) : "0", ours->reason.name,
		 ours->detail, real ? strerrorname_np((int)-real) : "0");
}

static void set_region(struct both *b)
{
	struct kvm_region r = below(b, 2) ? any_region(b) : near_region(b);
	struct kvm_answer ours;

	snprintf(b->last, sizeof(b->last),
		 "region%s slot %#x flags %#x gpa %#llx size %#llx user %#llx memfd %d + %#llx",
		 r.second ? "2" : "", r.slot, r.flags, (unsigned long long)r.guest_phys_addr,
		 (unsigned long long)r.memory_size, (unsigned long long)r.userspace_addr,
		 r.guest_memfd, (unsigned long long)r.guest_memfd_offset);
	kvm_set_region(b->ours, &r, &ours);
	compare(b, &ours, real_region(b, &r));
}

static void get_log(struct both *b)
{
	uint64_t bitmap[64];
	struct kvm_dirty_log log = {.slot = any_slot(b), .dirty_bitmap = bitmap};
	struct kvm_answer ours;

	snprintf(b->last, sizeof(b->last), "get dirty log of slot %#x", log.slot);
	kvm_get_dirty_log(b->ours, log.slot, &ours);
	compare(b, &ours, ioctl(b->real, KVM_GET_DIRTY_LOG, &log) < 0 ? -errno : 0);
}

static void clear_log(struct both *b)
{
	uint64_t bitmap[64] = {0};
	struct kvm_clear_dirty_log log = {
		.slot = any_slot(b),
		.first_page = below(b, 3) ? 0 : below(b, 70),
		.num_pages = 1 + below(b, 8),
		.dirty_bitmap = bitmap,
	};
	struct kvm_answer ours;

	snprintf(b->last, sizeof(b->last), "clear dirty log of slot %#x, %u pages from %llu",
		 log.slot, log.num_pages, (unsigned long long)log.first_page);
	kvm_clear_dirty_log(b->ours, log.slot, log.first_page, log.num_pages, &ours);
	compare(b, &ours, ioctl(b->real, KVM_CLEAR_DIRTY_LOG, &log) < 0 ? -errno : 0);
}

static void enable(struct both *b)
{
	static const uint64_t sizes[] = {0, 64, 4096, 12288, 65536, 1 << 20, 1 << 21, 1 << 25};
	struct kvm_enable_cap cap = {
		.cap = chance(b, 20) ? 192 : 168,
		.flags = chance(b, 10),
		.args[0] = below(b, 5),
	};
	struct kvm_answer ours;

	if (cap.cap == 192) {
		cap.flags = 0;
		cap.args[0] = sizes[below(b, sizeof(sizes) / sizeof(sizes[0]))];
	}
	if (ioctl(b->dev, KVM_CHECK_EXTENSION, (long)cap.cap) <= 0)
		return;
	snprintf(b->last, sizeof(b->last), "enable capability %u, flags %u, %#llx", cap.cap,
		 cap.flags, (unsigned long long)cap.args[0]);
	assert_true(kvm_enable_cap(b->ours, cap.cap, cap.flags, cap.args[0], &ours));
	compare(b, &ours, ioctl(b->real, KVM_ENABLE_CAP, &cap) < 0 ? -errno : 0);
}

static void step(struct both *b)
{
	switch (below(b, 10)) {
	case 0:
		get_log(b);
		break;
	case 1:
		clear_log(b);
		break;
	case 2:
		if (chance(b, 3))
			enable(b);
		break;
	default:
		set_region(b);
		break;
	}
}

/* --- VMs ----------------------------------------------------------------------------------------- */

static void open_vm(struct both *b)
{
	struct create_memfd memfd = {.size = MEMFD_PAGES * PAGE};

	b->real = ioctl(b->dev, KVM_CREATE_VM, 0);
	assert_true(b->real >= 0);
	b->ours = kvm_vm_new(&b->host);
	assert_non_null(b->ours);
	b->second = ioctl(b->real, KVM_CHECK_EXTENSION, CAP_USER_MEMORY2) > 0 &&
		    ioctl(b->real, KVM_CHECK_EXTENSION, CAP_GUEST_MEMFD) > 0;
	for (unsigned int i = 0; b->second && i < MEMFDS; i++) {
		b->memfd[i] = ioctl(b->real, CREATE_GUEST_MEMFD, &memfd);
		assert_true(b->memfd[i] >= 0);
		assert_true(kvm_add_memfd(b->ours, b->memfd[i], memfd.size));
	}
}

static void close_vm(struct both *b)
{
	kvm_vm_free(b->ours);
	for (unsigned int i = 0; b->second && i < MEMFDS; i++)
		close(b->memfd[i]);
	close(b->real);
}

static int ask(const struct both *b, long cap)
{
	return ioctl(b->dev, KVM_CHECK_EXTENSION, cap);
}

static void the_engine_answers_as_kvm_does(void **state)
{
	const char *text = getenv("KVM_SEED");
	const unsigned int first = text ? (unsigned int)strtoul(text, NULL, 0) : 1;
	struct both b = {.dev = open("/dev/kvm", O_RDWR | O_CLOEXEC)};

	(void)state;
	if (b.dev < 0 || ask(&b, KVM_CAP_READONLY_MEM) <= 0 ||
	    ask(&b, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) != 3) {
		printf("# no KVM here, or one that is too old\n");
		skip();
	}
#if defined(__x86_64__)
	b.host = kvm_host_usual(KVM_X86);
	b.host.user_bits = 47;
#else
	b.host = kvm_host_usual(KVM_ARM64);
	b.host.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
#endif
	b.host.slots = (uint32_t)ask(&b, KVM_CAP_NR_MEMSLOTS);
	if (ask(&b, KVM_CAP_MULTI_ADDRESS_SPACE) > 0)
		b.host.address_spaces = (uint32_t)ask(&b, KVM_CAP_MULTI_ADDRESS_SPACE);
	for (b.vm_seed = first; b.vm_seed < first + VMS; b.vm_seed++) {
		b.seed = b.vm_seed;
		open_vm(&b);
		for (unsigned int i = 0; i < CALLS; i++)
			step(&b);
		close_vm(&b);
	}
	close(b.dev);
	printf("# %u calls accepted, %u refused\n", b.accepted, b.refused);
	assert_true(b.accepted > 300 && b.refused > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_answers_as_kvm_does),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
