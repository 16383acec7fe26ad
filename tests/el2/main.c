/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image that is the hypervisor but for its guests: what it boots into is a test or a benchmark of
 * the engine at EL2, which the boot arguments name. One too large, or too seldom asked for, to be in
 * the image that is shipped.
 */
#include "boot/boot.h"
#include "devices.h"
#include "lib/panic.h"

#include "matrix.h"
#include "mte.h"
#include "selfbench.h"

_Noreturn void hv_main(void)
{
	static struct hv_host host;

	hv_boot_machine(&host);
	if (hv_bootarg(host.bootargs, "selfbench"))
		hv_exit(hv_selfbench());
	if (hv_bootarg(host.bootargs, "matrix"))
		hv_exit(el2_matrix(host.bootargs));
	if (hv_bootarg(host.bootargs, "mte"))
		hv_exit(el2_mte());
	hv_panic("nothing to do: selfbench, matrix, mte");
}
