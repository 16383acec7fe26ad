/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library with nothing below it: no libc, no start files, a platform of our own.
 *
 *	make dist
 *	cc -O2 -ffreestanding -nostdlib -static -I build/mezzo-0.1.0 \
 *		examples/freestanding.c build/mezzo-0.1.0/mezzo.c
 *
 * So that it can be run, its memory is a static array and its machine a Linux process on x86-64 or
 * arm64: two system calls. On your machine the operations below are its instructions; the header
 * says which (struct mezzo_platform).
 */
#include "mezzo.h"

/* --- the machine, as small as it can be ---------------------------------------------------- */

static long system_call(long number, long a, const void *b, unsigned long c)
{
#ifdef __aarch64__
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register const void *x1 __asm__("x1") = b;
	register unsigned long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#else
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
#endif
}

#ifdef __aarch64__
enum {
	WRITE = 64,
	EXIT = 93
};
#else
enum {
	WRITE = 1,
	EXIT = 60
};
#endif

static void say(const char *text)
{
	unsigned long length = 0;

	while (text[length])
		length++;
	(void)system_call(WRITE, 1, text, length);
	(void)system_call(WRITE, 1, "\n", 1);
}

/* What every C compiler may call, with libc or without. */
void *memset(void *to, int value, size_t bytes)
{
	for (volatile unsigned char *at = to; bytes > 0; bytes--)
		*at++ = (unsigned char)value;
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	const unsigned char *source = from;

	for (volatile unsigned char *at = to; bytes > 0; bytes--)
		*at++ = *source++;
	return to;
}

/* --- the platform -------------------------------------------------------------------------- */

/* Table memory: an array, handed out once; what comes back is not used again. */
static _Alignas(65536) unsigned char tables[16][65536];
static unsigned int tables_used;

static void *table_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return bytes <= sizeof(tables[0]) && tables_used < 16 ? tables[tables_used++] : NULL;
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	(void)ctx, (void)table, (void)bytes;
}

static void tlb_entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int hint)
{
	(void)ctx, (void)vmid, (void)ipa, (void)hint;
}

static void tlb_space(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	(void)ctx, (void)kind;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Nothing here is ever zeroed or cleaned: the one object promises that it need not be. */
static void *window_open(void *ctx, enum mezzo_window window, struct mezzo_pa pa, uint64_t bytes)
{
	(void)ctx, (void)window, (void)pa, (void)bytes;
	return NULL;
}

static void window_close(void *ctx, enum mezzo_window window, void *va, uint64_t bytes)
{
	(void)ctx, (void)window, (void)va, (void)bytes;
}

static void on_range(void *ctx, void *va, uint64_t bytes)
{
	(void)ctx, (void)va, (void)bytes;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void lock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	while (__atomic_exchange_n(&lock->word[0], 1, __ATOMIC_ACQUIRE))
		;
}

static void unlock(void *ctx, struct mezzo_lock *lock)
{
	(void)ctx;
	__atomic_store_n(&lock->word[0], 0, __ATOMIC_RELEASE);
}

static const struct mezzo_platform platform = {
	.size = sizeof(platform),
	.table_alloc = table_alloc,
	.table_free = table_free,
	.tlb_invalidate_entry = tlb_entry,
	.tlb_invalidate_combined = tlb_space,
	.tlb_invalidate_space = tlb_space,
	.barrier = barrier,
	.window_open = window_open,
	.window_close = window_close,
	.cache_clean_invalidate = on_range,
	.icache_invalidate = nothing,
	.zero = on_range,
	.zero_tags = on_range,
	.lock = lock,
	.unlock = unlock,
	.relax = nothing,
};

/* --- a space, a BAR in it, the guest's first touch ----------------------------------------- */

static struct mezzo_space space;
static struct mezzo_slot slots[1];
static struct mezzo_index_node nodes[MEZZO_INDEX_NODES(1)];
static struct mezzo_vcpu vcpus[1];
static struct mezzo_bar bar;

static int first_fault(struct mezzo_fault_result *result)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &platform,
		.machine.arm64 = {.fwb = true, .idc = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.vmid = 1,
		.slots = slots,
		.index = nodes,
		.max_slots = 1,
		.vcpus = vcpus,
		.max_vcpus = 1,
	};
	const struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_DEVICE, MEZZO_MAINTENANCE_NONE);
	const struct mezzo_slot_config slot = {.ipa = {0x80000000},
					       .pages = 1,
					       .object = &bar.object};
	const struct mezzo_fault_info info = {.ipa = {0x80000000}, .access = MEZZO_ACCESS_WRITE};
	struct mezzo_refusal why;
	int status = mezzo_space_init(&space, &config);

	if (status == MEZZO_OK)
		status = mezzo_bar_init(&bar, &platform, &contract, (struct mezzo_pa){0x8000000000},
					1);
	if (status == MEZZO_OK)
		status = mezzo_slot_create(&space, &slot, &why);
	return status == MEZZO_OK ? mezzo_space_fault(&space, 0, &info, result) : status;
}

/* A process begins here. x86's stack is aligned then as no call leaves it. */
#ifdef __x86_64__
__attribute__((force_align_arg_pointer))
#endif
void _start(void);
void _start(void)
{
	struct mezzo_fault_result result;
	int status = first_fault(&result);

	say(status == MEZZO_OK ? mezzo_reason(result.reason)->sentence : mezzo_status_name(status));
	(void)system_call(EXIT, status != MEZZO_OK || result.outcome != MEZZO_GRANT, NULL, 0);
	__builtin_unreachable();
}
