/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stage-2 fault costs a guest: the clock around one access to each page of a region whose
 * entries are not there. Raw figures, in ticks; scripts/bench-hv makes instructions of them.
 *
 *	bench: NAME count C min M sum S total T
 *	bench: logged NAME COUNT pages PAGES
 *
 * The second line is of passes whose writes are logged: how many accesses there were, and of how many
 * pages the log then said that they were written.
 */
#include "guest.h"
#include "pci.h"

#define PSCI_VERSION UINT64_C(0x84000000)
#define UNMAP UINT64_C(0xc6000000)
#define WRITTEN UINT64_C(0xc6000001)

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)
#define PAGE (4 * KiB)
#define BLOCK (2 * MiB)

/* Nothing else uses it. Untouched until the first pass. */
#define REGION (GUEST_RAM + 64 * MiB)
#define REGION_BLOCKS 16
#define CALLS 64

struct bench_pass {
	uint64_t min, sum, total;
};

typedef void bench_fn(struct bench_pass *pass, uint64_t at, uint64_t stride, uint64_t count);
bench_fn bench_nothing, bench_read, bench_write;
void bench_call(struct bench_pass *pass, uint64_t a, uint64_t step, uint64_t count,
		uint64_t function, uint64_t b);

static void say(const char *name, uint64_t count, const struct bench_pass *pass)
{
	guest_print("bench: %s count %lu min %lu sum %lu total %lu\n", name, count, pass->min,
		    pass->sum, pass->total);
}

/* Everything is done twice by the same instructions before it counts: the second time is cold
 * for the tables only. */
static void touch(const char *name, bench_fn *access, uint64_t at, uint64_t stride, uint64_t count)
{
	struct bench_pass pass;

	access(&pass, at, stride, count);
	say(name, count, &pass);
}

static void call(const char *name, uint64_t function, uint64_t a, uint64_t step, uint64_t b,
		 uint64_t count)
{
	struct bench_pass pass;

	bench_call(&pass, a, step, count, function, b);
	if (name)
		say(name, count, &pass);
}

/* Take the entries of some blocks away. */
static void unmap(const char *name, uint64_t at, uint64_t blocks)
{
	call(name, UNMAP, at, BLOCK, BLOCK / PAGE, blocks);
}

static void calls(void)
{
	touch("nothing", bench_nothing, REGION, PAGE, CALLS);
	call("hypercall", PSCI_VERSION, 0, 0, 0, CALLS);
	call("hypercall_unknown", 0xc600ffff, 0, 0, 0, CALLS);
	touch("uart_read", bench_read, GUEST_UART + 0x18, 0, CALLS);
	touch("gic_read", bench_read, UINT64_C(0x08000008), 0, CALLS);
}

/* Is the neighbour of a page that was touched there already? */
static bool has_blocks(uint64_t at)
{
	struct bench_pass control, pass;

	bench_read(&pass, at, PAGE, 1);
	bench_nothing(&control, at, PAGE, 128);
	bench_read(&pass, at + PAGE, PAGE, 128);
	return pass.total < 8 * control.total;
}

/*
 * @at: a region of @blocks blocks whose last block nothing has touched. What is zeroed or cleaned
 * at the first touch is in the first pass only.
 */
static void faults(const char *const name[6], uint64_t at, uint64_t blocks)
{
	bool large = has_blocks(at + blocks * BLOCK);
	uint64_t stride = large ? BLOCK : PAGE;
	uint64_t count = large ? blocks : BLOCK / PAGE;

	if (!large)
		blocks = 1;
	touch(name[0], bench_nothing, at, stride, count);
	touch(name[1], bench_read, at, stride, count);
	unmap(NULL, at, blocks);
	touch(name[2], bench_read, at, stride, count);
	unmap(NULL, at, blocks);
	touch(name[3], bench_write, at, stride, count);
	touch(name[4], bench_write, at, stride, count);
	unmap(name[5], at, blocks);
}

static void ram(void)
{
	static const char *const name[] = {"ram_nothing", "ram_first_read", "ram_read",
					   "ram_write",   "ram_present",    "ram_take_back"};

	faults(name, REGION, REGION_BLOCKS - 1);
	/* Once more: a first touch that writes. */
	touch("ram_first_write", bench_write, REGION + (REGION_BLOCKS + 1) * BLOCK, BLOCK, 4);
	call("unmap_nothing", UNMAP, REGION + 24 * BLOCK, 0, BLOCK / PAGE, CALLS);
}

/* How many pages of some blocks were written since it was last asked for; none are from now on. */
static uint64_t written(uint64_t at, uint64_t blocks)
{
	int64_t pages = 0;

	for (uint64_t i = 0; i < blocks; i++)
		pages += guest_hvc(WRITTEN, at + i * BLOCK, 0, 0);
	return (uint64_t)pages;
}

static void logged(const char *name, uint64_t stride, uint64_t count)
{
	touch(name, bench_write, REGION, stride, count);
	guest_print("bench: logged %s %lu pages %lu\n", name, count,
		    written(REGION, REGION_BLOCKS));
}

/* The writes of a guest whose log somebody reads; of blocks each cuts a page out of one. */
static void logging(void)
{
	const bool large = has_blocks(REGION + REGION_BLOCKS * BLOCK);
	const uint64_t stride = large ? BLOCK : PAGE;
	const uint64_t count = large ? REGION_BLOCKS : BLOCK / PAGE;

	if (guest_hvc(WRITTEN, REGION, 0, 0) < 0)
		return;
	unmap(NULL, REGION, REGION_BLOCKS);
	touch("log_read", bench_read, REGION, stride, count);
	written(REGION, REGION_BLOCKS);
	logged("log_write", stride, count);
	logged("log_write_again", stride, count);
	unmap(NULL, REGION, REGION_BLOCKS);
	logged("log_write_missing", stride, count);
}

static void bar(void)
{
	static const char *const name[] = {"bar_nothing", "bar_first_read", "bar_read",
					   "bar_write",   "bar_present",    "bar_take_back"};
	uint64_t bytes;

	if (!guest_pci_present(1))
		return;
	bytes = guest_pci_size(1, 2);
	guest_pci_place(1, 2, GUEST_PCI_HIGH);
	faults(name, GUEST_PCI_HIGH, bytes / BLOCK - 1);
}

void guest_main(uint64_t fdt)
{
	(void)fdt;
	guest_print("bench: frequency %lu\n", guest_mrs(cntfrq_el0));
	calls();
	ram();
	logging();
	bar();
	guest_print("bench: done\n");
}

void guest_cpu_main(uint64_t cpu)
{
	(void)cpu;
}
