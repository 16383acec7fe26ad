/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Linux program that maps a PCI resource file and tries accesses on it:
 *
 *	probe NAME FILE...
 *
 * prints for each file and kind of access one line
 *
 *	probe: NAME FILE plain|unaligned|atomic worked|faulted|wrong
 *
 * `wrong`: no fault, but what was read back is not what was written.
 */
#include <fcntl.h>
#include <libgen.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static sigjmp_buf fault;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

/* One instruction each, which no compiler splits or joins. */
static uint64_t load(const volatile void *at)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static void store(volatile void *at, uint64_t value)
{
	__asm__ volatile("str %1, [%0]" ::"r"(at), "r"(value) : "memory");
}

static uint64_t pattern(unsigned int i)
{
	return UINT64_C(0x0123456789abcdef) * (i + 1);
}

static int plain(volatile uint8_t *base)
{
	for (unsigned int i = 0; i < 512; i++)
		store(base + 8 * i, pattern(i));
	for (unsigned int i = 0; i < 512; i++)
		if (load(base + 8 * i) != pattern(i))
			return 0;
	return 1;
}

static int unaligned(volatile uint8_t *base)
{
	store(base, 0x8877665544332211);
	store(base + 8, 0x99);
	if (load(base + 1) != 0x9988776655443322)
		return 0;
	store(base + 17, 0x1122334455667788);
	return load(base + 17) == 0x1122334455667788;
}

/* Exclusives, which every CPU has; an exclusive store may fail without cause, so try again. */
static int atomic(volatile uint8_t *base)
{
	store(base, 41);
	for (int i = 0; i < 1000; i++) {
		uint64_t value;
		uint32_t failed;

		__asm__ volatile("ldxr %0, [%2]\n\t"
				 "add %0, %0, #1\n\t"
				 "stxr %w1, %0, [%2]"
				 : "=&r"(value), "=&r"(failed)
				 : "r"(base)
				 : "memory");
		if (!failed)
			return value == 42 && load(base) == 42;
	}
	return 0;
}

static void try(const char *name, const char *file, const char *kind,
		int (*access)(volatile uint8_t *base), volatile uint8_t *base)
{
	static const char *result;

	result = "faulted";
	if (!sigsetjmp(fault, 1))
		result = access(base) ? "worked" : "wrong";
	printf("probe: %s %s %s %s\n", name, file, kind, result);
}

static int probe(const char *name, char *path)
{
	struct stat stat;
	void *base;
	int fd = open(path, O_RDWR | O_SYNC);

	if (fd < 0 || fstat(fd, &stat)) {
		perror(path);
		return 1;
	}
	base = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED) {
		perror(path);
		return 1;
	}
	try(name, basename(path), "plain", plain, base);
	try(name, basename(path), "unaligned", unaligned, base);
	try(name, basename(path), "atomic", atomic, base);
	munmap(base, (size_t)stat.st_size);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
	int status = argc < 3;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 2; i < argc; i++)
		status |= probe(argv[1], argv[i]);
	return status;
}
