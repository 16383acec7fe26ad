/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_LINUX_RELEASE_H
#define CLI_LINUX_RELEASE_H
/*
 * A kernel's version, and whether it may carry rules of later ones: some distributions bring
 * features back, so that their number says less.
 */
#include "linux/linux.h"

struct linux_release {
	bool known;
	unsigned int major, minor;
	unsigned int patch; /* of the stable series, as far as it is told */
	/* Of a kernel that may hold later features: who makes it ("Red Hat"). NULL: number it is. */
	const char *backports;
};

/*
 * @osrelease: "6.12.118+deb13-arm64"; @version: "#1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1 ...",
 * or NULL. False: no version.
 */
bool linux_release_parse(const char *osrelease, const char *version, struct linux_release *release);

/* Is it MAJOR.MINOR or later, by its number? */
bool linux_release_from(const struct linux_release *release, unsigned int major,
			unsigned int minor);

/* The rules of arm64's KVM that its number stands for. */
enum linux_version linux_release_rules(const struct linux_release *release);

#endif
