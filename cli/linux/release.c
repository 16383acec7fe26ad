/* SPDX-License-Identifier: BSD-2-Clause */
#include "linux/release.h"

#include <stdlib.h>
#include <string.h>

/* What distributions write into a release or a version, and who then backports features. */
static const struct {
	const char *mark;
	const char *who;
} marks[] = {
	{".el", "Red Hat"},
	{".amzn", "Amazon"},
	{"uek", "Oracle"},
	{"-nvidia", "NVIDIA"},
	{"-tegra", "NVIDIA"},
	{"-azure", "Ubuntu for Azure"},
	{"-gcp", "Ubuntu for Google"},
	{"-aws", "Ubuntu for Amazon"},
	{"-gke", "Ubuntu for Google"},
	{"-default", "SUSE"},
	{"-android", "Android"},
	{".oe", "openEuler"},
	{"-openeuler", "openEuler"},
	{".an", "Anolis"},
	{"tlinux", "TencentOS"},
	{"-asahi", "Asahi"},
	{"+rpt", "Raspberry Pi"},
	{"-rpi", "Raspberry Pi"},
	{"-v8", "Raspberry Pi"},
	{"cos-", "Container-Optimized OS"},
	{"-pve", "Proxmox"},
};

/* "6.1.192" to its numbers; the last may be left out. False: no version. */
static bool parse_version(const char *text, unsigned int number[3], const char **rest)
{
	char *end;

	number[2] = 0;
	number[0] = (unsigned int)strtoul(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	text = end + 1;
	number[1] = (unsigned int)strtoul(text, &end, 10);
	if (end == text)
		return false;
	if (*end == '.')
		number[2] = (unsigned int)strtoul(end + 1, &end, 10);
	*rest = end;
	return true;
}

/* Debian's release counts ABIs: 6.1.0-56 is 6.1.192, which its version string says. */
static void take_debian_patch(const char *version, struct linux_release *r)
{
	const char *at = version ? strstr(version, "Debian ") : NULL, *rest;
	unsigned int number[3];

	if (at && parse_version(at + 7, number, &rest) && number[0] == r->major &&
	    number[1] == r->minor)
		r->patch = number[2];
}

bool linux_release_parse(const char *osrelease, const char *version, struct linux_release *r)
{
	unsigned int number[3];
	const char *rest;

	*r = (struct linux_release){0};
	if (!parse_version(osrelease, number, &rest))
		return false;
	*r = (struct linux_release){true, number[0], number[1], number[2], NULL};
	take_debian_patch(version, r);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !r->backports; i++)
		if (strstr(rest, marks[i].mark))
			r->backports = marks[i].who;
	if (version && !r->backports && strstr(version, "Ubuntu"))
		r->backports = "Ubuntu";
	return true;
}

bool linux_release_from(const struct linux_release *r, unsigned int major, unsigned int minor)
{
	return r->major > major || (r->major == major && r->minor >= minor);
}

enum linux_version linux_release_rules(const struct linux_release *r)
{
	if (linux_release_from(r, 6, 17))
		return LINUX_6_17;
	return linux_release_from(r, 6, 9) ? LINUX_6_9 : LINUX_6_8;
}
