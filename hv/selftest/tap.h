/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_SELFTEST_TAP_H
#define HV_SELFTEST_TAP_H
#include <stdbool.h>

/* One test line. */
__attribute__((format(printf, 2, 3))) void tap(bool ok, const char *format, ...);
/* One line of explanation. */
__attribute__((format(printf, 1, 2))) void tap_note(const char *format, ...);

#endif
