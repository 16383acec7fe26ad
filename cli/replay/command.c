/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo replay: recorded memory calls of KVM's, put to the engine. */
#include "cli.h"
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum replay_option {
	REPLAY_ARCH,
	REPLAY_PAGE,
	REPLAY_JSON,
	REPLAY_OPTIONS
};

/* In the order of enum kvm_arch. */
static const struct cli_value arch_values[] = {{"x86", NULL}, {"arm64", NULL}, {NULL, NULL}};
static const struct cli_value page_values[] = {{"4K", NULL},
					       {"16K", NULL},
					       {"64K", NULL},
					       {NULL, NULL}};
static const uint32_t page_bytes[] = {4096, 16384, 65536};

static const struct cli_option options[REPLAY_OPTIONS + 1] = {
	[REPLAY_ARCH] = {"arch", "ARCH", arch_values, CLI_ONE, "The host that was recorded",
			 "what names in the recording point to; else x86"},
	[REPLAY_PAGE] = {"page", "SIZE", page_values, CLI_ONE, "The host's page", "4K"},
	[REPLAY_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

/* The whole of it, and room for one byte more; NULL: there is no memory, or it cannot be read. */
static char *read_stream(FILE *file, size_t *length)
{
	size_t room = 1 << 16;
	char *text = malloc(room), *larger;

	*length = 0;
	while (text && !feof(file) && !ferror(file)) {
		*length += fread(text + *length, 1, room - *length - 1, file);
		if (*length + 1 < room)
			continue;
		room *= 2;
		larger = realloc(text, room);
		if (!larger)
			free(text);
		text = larger;
	}
	if (text && ferror(file)) {
		free(text);
		text = NULL;
	}
	return text;
}

static char *read_file(const char *name, size_t *length)
{
	const bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdin : fopen(name, "re");
	char *text = file ? read_stream(file, length) : NULL;

	if (!text)
		fprintf(stderr, "mezzo: %s: %s\n", name, strerror(errno));
	if (file && !standard)
		fclose(file);
	return text;
}

/* By majority: each name that only one of them has. */
static enum kvm_arch guess_arch(const char *text, size_t length)
{
	const char *end = text + length;
	int64_t votes = 0;

	while (text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((feed ? feed : end) - text);
		char *copy = strndup(text, line);

		votes += copy ? names_architecture(copy) : 0;
		free(copy);
		text += line + 1;
	}
	return votes > 0 ? KVM_ARM64 : KVM_X86;
}

static struct kvm_host host_of(const struct cli_args *args, const char *text, size_t length)
{
	enum kvm_arch arch = args->given[REPLAY_ARCH] ? (enum kvm_arch)args->one[REPLAY_ARCH]
						      : guess_arch(text, length);
	struct kvm_host host = kvm_host_usual(arch);

	if (args->given[REPLAY_PAGE])
		host.page_bytes = page_bytes[args->one[REPLAY_PAGE]];
	return host;
}

static int run(const struct cli_args *args)
{
	struct replay replay;
	struct kvm_host host;
	size_t length;
	char *text = read_file(args->operand, &length);
	uint64_t judged;

	if (!text)
		return CLI_USAGE;
	host = host_of(args, text, length);
	if (!replay_run(&replay, &host, text, length)) {
		fprintf(stderr, "mezzo: out of memory\n");
		exit(CLI_USAGE);
	}
	if (args->given[REPLAY_JSON])
		replay_json(&replay, args->operand);
	else
		replay_text(&replay, args->operand);
	judged = replay.count[REPLAY_AGREES] + replay.count[REPLAY_DISAGREES] +
		 replay.count[REPLAY_FOLLOWS];
	if (!judged)
		fprintf(stderr, "mezzo: %s: no memory call of KVM's whose answer could be judged\n",
			args->operand);
	free(text);
	if (!judged)
		return CLI_USAGE;
	judged = replay.count[REPLAY_DISAGREES];
	replay_free(&replay);
	return judged ? CLI_NO : CLI_YES;
}

static const struct cli_example examples[] = {
	{"replay qemu.strace",
	 "what `strace -f -e trace=ioctl -o qemu.strace qemu-system-x86_64 ...` has recorded"},
	{"replay --json qemu.strace", "the same for programs"},
	{NULL, NULL},
};

const struct cli_command cli_replay = {
	.name = "replay",
	.operand = "FILE",
	.summary = "recorded KVM memory calls, answered by the engine and compared",
	.description =
		"Reads what strace (6.1 and later) prints of ioctl, with -f or without, and puts\n"
		"KVM_CREATE_VM, KVM_SET_USER_MEMORY_REGION and 2, KVM_GET_DIRTY_LOG,\n"
		"KVM_CLEAR_DIRTY_LOG, KVM_ENABLE_CAP and KVM_CHECK_EXTENSION to the engine, as far\n"
		"as they concern memory and strace shows their arguments. Prints of each the\n"
		"engine's answer, the recorded one, whether they agree, and why; at the end a map of\n"
		"each space. Other calls are passed over and counted, and so are lines that are\n"
		"damaged. FILE may be -, for standard input. The descriptors of a recording are\n"
		"taken to be one process's.\n\n"
		"An answer that differs only because an earlier one did is said to follow from that\n"
		"one. Exits with 1 if any answer disagrees, and with 2 if none could be judged.",
	.options = options,
	.examples = examples,
	.run = run,
};
