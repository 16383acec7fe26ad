/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo compat: what can move from one host to another, or a space to a machine. */
#include "audit/compat.h"
#include "cli.h"
#include "compat_space.h"
#include "cpu.h"
#include "facts.h"
#include "render.h"

#include <string.h>

enum compat_option {
	COMPAT_CPU,
	COMPAT_ARCH,
	COMPAT_JSON,
	COMPAT_OPTIONS
};

static const struct cli_option options[COMPAT_OPTIONS + 1] = {
	[COMPAT_CPU] = {"cpu", "LIST|FACTS", cpu_values, CLI_LIST_OR_FILE,
			"The machine that a space goes to: features and CPU models, or a file of "
			"its facts (docs/requirements.md), the JSON of an audit, a capture, `live`",
			NULL},
	[COMPAT_ARCH] = {"arch", "ARCH", explain_arch_values, CLI_ONE,
			 "Of a --cpu list: the architecture", "arm64"},
	[COMPAT_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

static bool blocked(const struct compat *c)
{
	for (unsigned int i = 0; i < c->items; i++)
		if (c->item[i].blocks)
			return true;
	return false;
}

static void print_text(const struct compat *c, const char *from, const char *to)
{
	struct render_table *t;
	char heading[256];

	snprintf(heading, sizeof(heading), "From %.100s to %.100s", from, to);
	render_heading(heading);
	t = render_begin(NULL, 2);
	if (!c->items)
		render_pair(t, RENDER_GOOD, "same", "nothing was found that a guest could miss");
	for (unsigned int i = 0; i < c->items; i++) {
		const struct compat_item *item = &c->item[i];

		render_pair(t, item->blocks ? RENDER_BAD : RENDER_PLAIN,
			    item->blocks ? "no" : "differs", "%s", item->what);
		render_pair(t, RENDER_PLAIN, "", "%s: %s", compat_scope_name(item->scope),
			    item->why);
	}
	render_end(t);
	if (!c->guests)
		return;
	render_heading("Guests that run there now");
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < c->guests; i++) {
		const struct compat_guest *g = &c->guest[i];
		char pid[64];

		snprintf(pid, sizeof(pid), "process %u", g->pid);
		render_pair(t, g->moves ? RENDER_GOOD : RENDER_BAD, pid, "%s: %s, %s",
			    strcmp(g->name, "-") ? g->name : "(no name)",
			    g->moves ? "can move" : "cannot move", g->why);
	}
	render_end(t);
}

static json_t *items_json(const struct compat *c)
{
	json_t *items = json_array();

	for (unsigned int i = 0; i < c->items; i++) {
		const struct compat_item *item = &c->item[i];
		json_t *o = json_object();

		json_object_set_new(o, "blocks", json_boolean(item->blocks));
		json_object_set_new(o, "scope", json_string(compat_scope_name(item->scope)));
		json_object_set_new(o, "what", json_string(item->what));
		json_object_set_new(o, "why", json_string(item->why));
		json_array_append_new(items, o);
	}
	return items;
}

static json_t *guests_json(const struct compat *c)
{
	json_t *guests = json_array();

	for (unsigned int i = 0; i < c->guests; i++) {
		const struct compat_guest *g = &c->guest[i];
		json_t *o = json_object();

		json_object_set_new(o, "pid", json_integer(g->pid));
		json_object_set_new(o, "name",
				    strcmp(g->name, "-") ? json_string(g->name) : json_null());
		json_object_set_new(o, "moves", json_boolean(g->moves));
		json_object_set_new(o, "why", json_string(g->why));
		json_array_append_new(guests, o);
	}
	return guests;
}

static void print_json(const struct compat *c)
{
	json_t *root = json_object();

	json_object_set_new(root, "command", json_string("compat"));
	json_object_set_new(root, "compatible", json_boolean(!blocked(c)));
	json_object_set_new(root, "known", json_boolean(c->known));
	json_object_set_new(root, "differences", items_json(c));
	json_object_set_new(root, "guests", guests_json(c));
	render_json(root);
}

static int compare_hosts(const struct cli_args *args)
{
	struct host host[2] = {0};
	struct compat compat;
	int status = CLI_USAGE;

	for (unsigned int i = 0; i < 2; i++) {
		const char *why = compat_open(args->operands[i], &host[i]);

		if (!why)
			continue;
		fprintf(stderr, "mezzo compat: %s: %s\n", args->operands[i], why);
		goto out;
	}
	compat_make(&host[0], &host[1], &compat);
	if (args->given[COMPAT_JSON])
		print_json(&compat);
	else
		print_text(&compat, args->operands[0], args->operands[1]);
	status = blocked(&compat) ? CLI_NO : CLI_YES;
out:
	host_free(&host[0]);
	host_free(&host[1]);
	return status;
}

static int run(const struct cli_args *args)
{
	const struct compat_machine machine = {
		.facts = args->text[COMPAT_CPU],
		.cpu = args->set[COMPAT_CPU],
		.arch = args->one[COMPAT_ARCH],
		.arch_given = args->given[COMPAT_ARCH],
	};

	if (args->given[COMPAT_CPU] && args->operand_count != 1)
		return cli_usage(&cli_compat,
				 "with --cpu one file is needed: the requirements of a "
				 "space");
	if (args->given[COMPAT_CPU])
		return compat_space(args->operand, &machine, args->given[COMPAT_JSON]);
	if (args->given[COMPAT_ARCH])
		return cli_usage(&cli_compat, "--arch says what a --cpu list is of");
	if (args->operand_count != 2)
		return cli_usage(&cli_compat,
				 "two hosts are needed: the one a guest comes from and "
				 "the one it goes to");
	return compare_hosts(args);
}

static const struct cli_example examples[] = {
	{"compat here.tar there.tar", "can the guests of one host run on the other"},
	{"compat live there.json", "the same for this host and an audit of another"},
	{"compat space.json --cpu neoverse-n1", "would that CPU accept every slot of a space"},
	{"compat space.json --arch x86-ept --cpu self-snoop", "would such an Intel machine"},
	{"compat space.json --cpu there.tar", "the same for a host that was captured"},
	{NULL, NULL},
};

const struct cli_command cli_compat = {
	.name = "compat",
	.operand = "A B|SPACE",
	.operands_max = 2,
	.summary = "which guests and devices can move from one host to another, and why not",
	.description =
		"Compares two hosts: A, where a guest runs, and B, where it is to go. Each is `live`\n"
		"for this host, a capture, the directory of one, or the JSON of an audit. Says what a\n"
		"guest would miss, which guests that concerns, and of each guest on A whether it can\n"
		"move. Exits with 1 if something stands in the way of any guest or device on A; what\n"
		"is unknown on either side is said, and does not count.\n"
		"\n"
		"With --cpu: would a machine accept a space of Mezzo's, every slot of it? SPACE is a\n"
		"file of its requirements, as mezzo_requirements_write writes it, of an arm64 guest or\n"
		"an x86 one. Every reason against it is told, with the fact in question and what\n"
		"would do in its place. A list of x86 features needs --arch.",
	.options = options,
	.examples = examples,
	.run = run,
};
