/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo audit: what the guests on this Linux host get, and why. */
#include "audit/report.h"
#include "cli.h"
#include "render.h"

#include <string.h>

enum audit_option {
	AUDIT_ROOT,
	AUDIT_DEVICE,
	AUDIT_PASSIVE,
	AUDIT_STAGE2,
	AUDIT_VERBOSE,
	AUDIT_PROMETHEUS,
	AUDIT_JSON,
	AUDIT_OPTIONS
};

static const struct cli_option options[AUDIT_OPTIONS + 1] = {
	[AUDIT_ROOT] = {"root", "PATH", NULL, CLI_TEXT,
			"Look at a capture, a tar file or its directory, instead of this host",
			"this host"},
	[AUDIT_DEVICE] = {"device", "ADDRESS", NULL, CLI_TEXT,
			  "What a guest would get of this function, like 0000:01:00.0, and what "
			  "would be wrong with it if it were passed through",
			  "all"},
	[AUDIT_PASSIVE] = {"passive", NULL, NULL, CLI_FLAG,
			   "Do not open /dev/kvm; what only KVM tells stays unknown", NULL},
	[AUDIT_STAGE2] =
		{"stage2", NULL, NULL, CLI_FLAG,
		 "Read stage-2 tables from debugfs, where the kernel offers them; a guest's "
		 "faults wait meanwhile",
		 NULL},
	[AUDIT_VERBOSE] = {"verbose", NULL, NULL, CLI_FLAG,
			   "Where each fact came from; functions without BARs, too", NULL},
	[AUDIT_PROMETHEUS] = {"prometheus", NULL, NULL, CLI_FLAG,
			      "Metrics for node_exporter's textfile collector", NULL},
	[AUDIT_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

/* The device of that address, which is then looked at as if it were passed through. */
static struct device *what_if(struct host *host, const char *address)
{
	for (unsigned int i = 0; i < host->devices; i++) {
		struct device *d = &host->device[i];

		if (strcmp(d->address, address) != 0)
			continue;
		d->what_if = !d->passed;
		d->passed = true;
		return d;
	}
	fprintf(stderr, "mezzo audit: there is no device %s\n", address);
	return NULL;
}

/* Only what concerns one device is left. */
static void narrow(struct host *host, struct findings *findings, struct device *device)
{
	unsigned int kept = 0;
	size_t length = strlen(device->address);

	findings->wrong = 0;
	for (unsigned int i = 0; i < findings->count; i++) {
		struct finding one = findings->finding[i];

		if (strncmp(one.object, device->address, length) != 0 ||
		    (one.object[length] && one.object[length] != ' '))
			continue;
		findings->finding[kept++] = one;
		findings->wrong += finding_text(one.id)->severity != SEVERITY_NOTE;
	}
	findings->count = kept;
	device->passed = !device->what_if;
	host->device = device;
	host->devices = 1;
	host->guests = 0;
}

static int print(const struct cli_args *args, struct host *host)
{
	struct device *device = NULL;
	struct findings findings;

	if (args->given[AUDIT_DEVICE]) {
		device = what_if(host, args->text[AUDIT_DEVICE]);
		if (!device)
			return CLI_USAGE;
	}
	findings_make(host, &findings);
	if (device)
		narrow(host, &findings, device);
	if (args->given[AUDIT_JSON])
		render_json(report_json(host, &findings));
	else if (args->given[AUDIT_PROMETHEUS])
		report_prometheus(host, &findings);
	else
		report_text(host, &findings, args->given[AUDIT_VERBOSE], !device);
	return findings.wrong ? CLI_NO : CLI_YES;
}

static int run(const struct cli_args *args)
{
	struct host host = {.stage2 = args->given[AUDIT_STAGE2]};
	const char *why = NULL;
	struct root *root;
	int status = CLI_USAGE;

	if (args->given[AUDIT_ROOT])
		root = root_open(&host.arena, args->text[AUDIT_ROOT], &why);
	else
		root = root_live(&host.arena, args->given[AUDIT_PASSIVE], false);
	if (root)
		why = host_read(&host, root);
	if (why)
		fprintf(stderr, "mezzo audit: %s: %s\n",
			args->given[AUDIT_ROOT] ? args->text[AUDIT_ROOT] : "this host", why);
	else
		status = print(args, &host);
	host_free(&host);
	return status;
}

static const struct cli_example examples[] = {
	{"audit", "what is wrong on this host, what a guest gets of each BAR, which guests run"},
	{"audit --device 0000:01:00.0", "what a guest would get of one device"},
	{"audit --root host.tar --json", "the same of a host far away, for a program"},
	{NULL, NULL},
};

const struct cli_command cli_audit = {
	.name = "audit",
	.summary = "what the guests on this Linux host get, and why",
	.description =
		"Looks at a Linux host: the rules that its KVM follows, its devices and what a guest\n"
		"gets of each BAR, before or after it is passed through, the guests that run and the\n"
		"memory that is theirs; and says what is wrong, worst first. It only reads. It opens\n"
		"/dev/kvm, asks, and closes it again; --passive leaves that out. What may not be read\n"
		"is said, and what cannot be known is unknown. Exits with 1 if something is wrong;\n"
		"notes alone are 0.",
	.options = options,
	.examples = examples,
	.run = run,
};
