/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_KVM_ROWS_H
#define TEST_KVM_ROWS_H
/*
 * Slot operations whose results were measured on KVM (tests/replay/kvm-slot-errno.tsv), as calls
 * that can be made: of the engine, and of a live kernel.
 */
#include "cli/kvm/kvm.h"

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define T (UINT64_C(1) << 40)
#define U UINT64_C(0x7f0000000000) /* a page-aligned anonymous mapping */
#define U_BYTES (64 * M)           /* where it is real */
#define F 10                       /* a guest_memfd of 4 MiB; F3 another */
#define F3 11
#define LOG KVM_FLAG_LOG_DIRTY_PAGES
#define RO KVM_FLAG_READONLY
#define GMEM KVM_FLAG_GUEST_MEMFD

enum kvm_row_kind {
	NOTHING,
	NEW_VM,
	REGION,  /* slot, flags, guest address, size, user address */
	REGION2, /* and offset, descriptor */
	GET_LOG,
	CLEAR_LOG, /* slot, first page, pages */
	ENABLE,    /* capability, argument */
	RESET,
};

struct kvm_row_call {
	enum kvm_row_kind kind;
	uint64_t a, b, c, d, e, f;
	int32_t descriptor;
};

#define KVM_ROW_BEFORE 3
struct kvm_row {
	const char *id;
	struct kvm_row_call before[KVM_ROW_BEFORE]; /* what the file does not list */
	struct kvm_row_call call;
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

/* In the file's order: most go on from the row before. */
extern const struct kvm_row kvm_rows[];
extern const size_t kvm_rows_count;

/* A row of the file. */
struct kvm_golden {
	char id[8];
	int64_t result; /* 0, or a negative error */
	bool of_config; /* a note says that it depends on the kernel's configuration or the host */
};
#define KVM_GOLDEN_MAX 200
/* Fails the test where the file cannot be read. */
unsigned int kvm_golden_read(struct kvm_golden golden[KVM_GOLDEN_MAX]);

/* NULL: the row is none of kvm_rows. */
const struct kvm_row *kvm_row_of(const char *id);

/* "EINVAL" to -EINVAL, "0" to 0. */
int64_t kvm_result_of(const char *word);

#endif
