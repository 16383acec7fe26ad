/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
int check_page(struct judge *judge)
{
	(void)judge;
	return 0;
}
static int run(const struct cli_args *args)
{
	(void)args;
	return 0;
}
const struct cli_command cli_debates = {
	.name = "debates",
	.summary = "docs/debates.md",
	.hidden = true,
	.run = run,
};
