/* SPDX-License-Identifier: BSD-2-Clause */
#include "selftest.h"

#include "arch/machine.h"
#include "boot/boot.h"
#include "host/host.h"
#include "lib/print.h"
#include "tap.h"

static struct {
	unsigned int run, failed;
} count;

static void line(const char *head, unsigned int number, const char *format, va_list args)
{
	char text[200];

	hv_vformat(text, sizeof(text), format, args);
	if (number)
		hv_print("%s %u - %s\n", head, number, text);
	else
		hv_print("%s %s\n", head, text);
}

void tap(bool ok, const char *format, ...)
{
	va_list args;

	count.run++;
	count.failed += !ok;
	va_start(args, format);
	line(ok ? "ok" : "not ok", count.run, format, args);
	va_end(args);
}

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("#", 0, format, args);
	va_end(args);
}

/* More frames than the stack holds. */
static __attribute__((noinline)) unsigned int descend(unsigned int frames)
{
	volatile unsigned int here = frames;

	return here ? descend(here - 1) + here : 0;
}

/* EL2 must report its own failures; these two are planted. */
static void plant_failure(const char *bootargs)
{
	if (hv_bootarg(bootargs, "plant=fault"))
		*(volatile char *)hv_image = 0; /* text */
	if (hv_bootarg(bootargs, "plant=overflow"))
		hv_print("%u\n", descend(HV_STACK_BYTES));
}

int hv_selftest(const char *bootargs)
{
	plant_failure(bootargs);
	hv_print("TAP version 13\n");
	hv_selftest_map();
	hv_selftest_try();
	hv_selftest_windows(hv_id_machine(hv_machine_id()).arm64.mte);
	hv_selftest_types(hv_bootarg(bootargs, "plant="));
	hv_print("1..%u\n", count.run);
	return count.failed ? 1 : 0;
}
