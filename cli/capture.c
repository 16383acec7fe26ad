/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo capture: what an audit reads, as a file. */
#include "audit/host.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum capture_option {
	CAPTURE_ANONYMOUS,
	CAPTURE_PASSIVE,
	CAPTURE_STAGE2,
	CAPTURE_OPTIONS
};

static const struct cli_option options[CAPTURE_OPTIONS + 1] = {
	[CAPTURE_ANONYMOUS] = {"anonymous", NULL, NULL, CLI_FLAG, "Leave out names of processes",
			       NULL},
	[CAPTURE_PASSIVE] = {"passive", NULL, NULL, CLI_FLAG, "Do not open /dev/kvm", NULL},
	[CAPTURE_STAGE2] = {"stage2", NULL, NULL, CLI_FLAG,
			    "Stage-2 tables from debugfs, too; a guest's faults wait meanwhile",
			    NULL},
};

static bool write_all(FILE *out, const struct tar *record)
{
	for (unsigned int i = 0; i < record->count; i++)
		if (!tar_write(out, &record->member[i]))
			return false;
	return tar_end(out);
}

/* Beside the file, then renamed: a capture is whole or not there. */
static int save(const char *path, const struct tar *record)
{
	char draft[4096];
	FILE *out;
	bool done;

	if (strcmp(path, "-") == 0)
		return write_all(stdout, record) ? 0 : errno;
	snprintf(draft, sizeof(draft), "%.4000s.new", path);
	out = fopen(draft, "wex");
	if (!out)
		return errno;
	done = write_all(out, record);
	if (fclose(out) != 0 || !done || rename(draft, path) != 0) {
		int error = errno;

		unlink(draft);
		return error;
	}
	return 0;
}

static int run(const struct cli_args *args)
{
	struct host host = {.stage2 = args->given[CAPTURE_STAGE2]};
	struct root *root = root_live(&host.arena, args->given[CAPTURE_PASSIVE],
				      args->given[CAPTURE_ANONYMOUS]);
	const char *why = host_read(&host, root);
	struct tar record;
	int error = 0;

	if (!why) {
		root_record(root, &record);
		error = save(args->operand, &record);
		why = error ? strerror(error) : NULL;
	}
	if (why)
		fprintf(stderr, "mezzo capture: %s: %s\n", args->operand, why);
	host_free(&host);
	return why ? CLI_USAGE : CLI_YES;
}

static const struct cli_example examples[] = {
	{"capture host.tar", "what an audit reads, to be looked at elsewhere"},
	{"capture --anonymous - | ssh desk 'cat >host.tar'",
	 "the same, without names, to another machine"},
	{NULL, NULL},
};

const struct cli_command cli_capture = {
	.name = "capture",
	.operand = "FILE",
	.summary = "what an audit of this host reads, as a tar file",
	.description =
		"Writes what `mezzo audit` reads on this host, and nothing else, as a tar file (- for\n"
		"standard output): files of /proc and /sys, answers of KVM, lines of the boot log,\n"
		"memory areas of processes that hold guests. docs/audit.md lists them. No memory, no\n"
		"command lines, no names of files but those of devices.\n"
		"`mezzo audit --root FILE` then says anywhere what it would have said here.",
	.options = options,
	.examples = examples,
	.run = run,
};
