/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Debian's libfdt is compiled to expect of a C library: its functions check their stack.
 */
#include "panic.h"

#include <stdint.h>

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

uintptr_t __stack_chk_guard = 0x6d657a7a6f0a0d00;

_Noreturn void __stack_chk_fail(void)
{
	hv_panic("stack overwritten");
}
