/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_GUEST_WHY_H
#define HV_GUEST_WHY_H
/* Why a guest cannot be started: a sentence that names what was wrong, for the console. */
#include "../lib/print.h"

struct hv_why {
	char text[192];
};

/* Says why, and is MEZZO_ERR_INVALID: for `return hv_why(why, ...);`. */
#define hv_why(why, ...)                                                                           \
	((void)hv_format((why)->text, sizeof((why)->text), __VA_ARGS__), MEZZO_ERR_INVALID)

#endif
