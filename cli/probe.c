/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo probe: what a BAR or a DAX device really is to the one who maps it. */
#include "probe/probe.h"
#include "audit/compat.h"
#include "audit/pci.h"
#include "cli.h"
#include "render.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum probe_option {
	PROBE_RANGE,
	PROBE_EXPECT,
	PROBE_HOST,
	PROBE_YES,
	PROBE_JSON,
	PROBE_OPTIONS
};

static const struct cli_value expect_values[] = {
	{"device", "Device, UC"},
	{"combining", "Normal-NC, WC"},
	{"cached", "write-back"},
	{NULL, NULL},
};

static const struct cli_option options[PROBE_OPTIONS + 1] = {
	[PROBE_RANGE] = {"range", "START-END", NULL, CLI_TEXT,
			 "Bytes, from and up to, that may be written; both multiples of 64",
			 "nothing is written"},
	[PROBE_EXPECT] = {"expect", "TYPE", expect_values, CLI_ONE, "What it should turn out to be",
			  "what --host says, else what the file's name says"},
	[PROBE_HOST] =
		{"host", "FILE", NULL, CLI_TEXT,
		 "Inside a guest: an audit of its host (JSON or capture), which says what the "
		 "function's BAR was to become",
		 "this is no guest, or nobody knows"},
	[PROBE_YES] = {"yes", NULL, NULL, CLI_FLAG,
		       "Do not ask before touching a function that a driver holds", NULL},
	[PROBE_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
};

#ifdef __aarch64__
static const bool arm64 = true;
#else
static const bool arm64 = false;
#endif

/* What is to be known of the file before it is touched. */
struct target {
	const char *path;
	bool is_bar, combining_file, is_dax;
	unsigned int bar;
	char directory[PATH_MAX]; /* of the function */
	char driver[64];          /* that holds it, or "" */
	struct bar bars[PCI_BARS];
	unsigned int vendor, device;
};

static void read_small(const char *directory, const char *name, char *text, size_t size)
{
	char path[PATH_MAX + 32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

static void look_at(struct target *t, const char *path)
{
	char copy[PATH_MAX], link[PATH_MAX + 16], text[1024], target[256];
	const char *name;
	ssize_t n;

	*t = (struct target){.path = path};
	snprintf(copy, sizeof(copy), "%s", path);
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	snprintf(t->directory, sizeof(t->directory), "%s", dirname(copy));
	t->is_dax = strncmp(path, "/dev/dax", 8) == 0;
	if (strncmp(name, "resource", 8) != 0 || name[8] < '0' || name[8] >= '0' + PCI_BARS)
		return;
	t->is_bar = true;
	t->bar = (unsigned int)(name[8] - '0');
	t->combining_file = strcmp(name + strlen("resource0"), "_wc") == 0;
	read_small(t->directory, "resource", text, sizeof(text));
	pci_resource_parse(text, t->bars);
	read_small(t->directory, "vendor", text, sizeof(text));
	t->vendor = (unsigned int)strtoul(text, NULL, 16);
	read_small(t->directory, "device", text, sizeof(text));
	t->device = (unsigned int)strtoul(text, NULL, 16);
	snprintf(link, sizeof(link), "%s/driver", t->directory);
	n = readlink(link, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		snprintf(t->driver, sizeof(t->driver), "%.63s", strrchr(target, '/') + 1);
	}
}

/* Somebody at a terminal says yes. */
static bool agreed(const struct target *t)
{
	FILE *tty = fopen("/dev/tty", "r+e");
	char answer[16] = "";

	if (!tty)
		return false;
	fprintf(tty, "%s is held by %s, which may be using it. Touch it all the same? [y/N] ",
		t->path, t->driver);
	fflush(tty);
	if (!fgets(answer, sizeof(answer), tty))
		answer[0] = '\0';
	fclose(tty);
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int parse_range(const struct cli_args *args, struct probe *probe)
{
	const char *text = args->text[PROBE_RANGE];
	char *end;

	probe->first = 0;
	probe->end = probe->bytes;
	if (!text)
		return 0;
	probe->first = strtoull(text, &end, 0);
	if (end == text || *end != '-')
		return cli_usage(&cli_probe, "--range: not START-END: '%s'", text);
	text = end + 1;
	probe->end = strtoull(text, &end, 0);
	if (end == text || *end || probe->first % 64 || probe->end % 64)
		return cli_usage(&cli_probe, "--range: two multiples of 64, like 0x1000-0x2000");
	if (probe->first + 4096 > probe->end || probe->end > probe->bytes)
		return cli_usage(&cli_probe,
				 "--range: needs 4096 bytes or more within the %zu of the file",
				 probe->bytes);
	probe->write = true;
	return 0;
}

static int fail(const struct target *t, const char *what)
{
	fprintf(stderr, "mezzo probe: %s: %s: %s\n", t->path, what, strerror(errno));
	return CLI_USAGE;
}

/* Maps the file; 0 or CLI_USAGE. */
static int map(const struct cli_args *args, const struct target *t, struct probe *probe)
{
	int fd = open(t->path, O_RDWR | O_CLOEXEC), status;
	struct stat st;

	if (fd < 0)
		return fail(t, "open");
	if (t->is_bar)
		probe->bytes = t->bars[t->bar].bytes;
	else if (fstat(fd, &st) == 0 && st.st_size > 0)
		probe->bytes = (size_t)st.st_size;
	else
		probe->bytes = 2u << 20; /* a DAX device tells no size: its smallest alignment */
	status = parse_range(args, probe);
	if (!status) {
		void *p = mmap(NULL, probe->bytes, PROT_READ | (probe->write ? PROT_WRITE : 0),
			       MAP_SHARED, fd, 0);

		if (p == MAP_FAILED)
			status = fail(t, "mmap");
		else
			probe->memory = p;
	}
	close(fd);
	return status;
}

/* --- what was expected ------------------------------------------------------------------------ */

static enum probe_type of_class(unsigned int classes)
{
	return classes & MEZZO_CLASS_WB   ? PROBE_CACHED
	       : classes & MEZZO_CLASS_NC ? PROBE_COMBINING
					  : PROBE_DEVICE;
}

/* The type by this system's own mapping, then by what its host was to make of it. */
static int expected(const struct cli_args *args, const struct target *t, enum probe_type *type,
		    const char **why)
{
	struct host host = {0};
	const char *problem;
	unsigned int own = t->is_bar ? t->combining_file ? MEZZO_CLASS_NC : MEZZO_CLASS_DEVICE
				     : MEZZO_CLASS_WB;

	*type = of_class(own);
	*why = t->is_bar   ? t->combining_file ? "a resourceN_wc file" : "a resourceN file"
	       : t->is_dax ? "a DAX device"
			   : "a file";
	if (args->given[PROBE_EXPECT]) {
		*type = (enum probe_type)(PROBE_DEVICE + args->one[PROBE_EXPECT]);
		*why = "--expect";
		return 0;
	}
	if (!args->given[PROBE_HOST])
		return 0;
	problem = compat_open(args->text[PROBE_HOST], &host);
	if (problem) {
		fprintf(stderr, "mezzo probe: %s: %s\n", args->text[PROBE_HOST], problem);
		host_free(&host);
		return CLI_USAGE;
	}
	*type = PROBE_UNKNOWN;
	*why = "the host has no such function bound to vfio";
	for (unsigned int i = 0; i < host.devices; i++) {
		const struct device *d = &host.device[i];
		struct prediction p;

		if (!d->passed || d->vendor != t->vendor || d->id != t->device)
			continue;
		p = predict_bar(&host, d, t->bar);
		*why = p.type ? "the host's audit" : "the host's audit does not tell";
		/* What stage 1 asks for, unless stage 2 takes that away. */
		*type = !p.type           ? PROBE_UNKNOWN
			: p.classes & own ? of_class(own)
					  : of_class(p.classes);
	}
	host_free(&host);
	return 0;
}

/* Does what was found fit? -1: nobody can say. */
static int fits(const struct probe *p, enum probe_type expected_type)
{
	if (p->type == PROBE_UNKNOWN || expected_type == PROBE_UNKNOWN)
		return -1;
	if (p->type == PROBE_NOT_DEVICE)
		return expected_type == PROBE_DEVICE ? 0 : -1;
	return p->type == expected_type;
}

/* --- output ----------------------------------------------------------------------------------- */

static void print_text(const struct target *t, const struct probe *p, enum probe_type expected_type,
		       const char *expected_why)
{
	static const char *const fit[] = {"cannot be said", "no", "yes"};
	const struct probe_times *times = &p->times;
	struct render_table *table;
	int fitting = fits(p, expected_type);

	render_heading(t->path);
	table = render_begin(NULL, 2);
	for (unsigned int i = 0; i < PROBE_ACCESSES; i++)
		render_pair(table, p->outcome[i] > PROBE_WORKS ? RENDER_BAD : RENDER_PLAIN,
			    probe_access_name((enum probe_access)i), "%s",
			    probe_outcome_name(p->outcome[i]));
	if (times->known)
		render_pair(table, RENDER_PLAIN, "one load", "%.1f ns; of a cached line %.1f ns",
			    times->load_ns, times->cached_load_ns);
	if (times->store_mib_s > 0)
		render_pair(table, RENDER_PLAIN, "stores", "%.0f MiB/s; to a cached buffer %.0f",
			    times->store_mib_s, times->cached_store_mib_s);
	render_pair(table, RENDER_PLAIN, "it is", "%s (%s): %s", probe_type_name(p->type),
		    p->confidence, p->why);
	render_pair(table, RENDER_PLAIN, "expected", "%s: %s", probe_type_name(expected_type),
		    expected_why);
	render_pair(table, fitting == 0 ? RENDER_BAD : RENDER_GOOD, "agrees", "%s",
		    fit[fitting + 1]);
	render_end(table);
}

static void print_json(const struct target *t, const struct probe *p, enum probe_type expected_type,
		       const char *expected_why)
{
	const struct probe_times *times = &p->times;
	json_t *root = json_object(), *accesses = json_object(), *o = json_object();
	int fitting = fits(p, expected_type);

	for (unsigned int i = 0; i < PROBE_ACCESSES; i++)
		json_object_set_new(accesses, probe_access_name((enum probe_access)i),
				    json_string(probe_outcome_name(p->outcome[i])));
	json_object_set_new(o, "load_ns", json_real(times->load_ns));
	json_object_set_new(o, "cached_load_ns", json_real(times->cached_load_ns));
	json_object_set_new(o, "store_mib_s", json_real(times->store_mib_s));
	json_object_set_new(o, "cached_store_mib_s", json_real(times->cached_store_mib_s));
	json_object_set_new(o, "caches_show", json_boolean(times->caches_show));
	json_object_set_new(root, "command", json_string("probe"));
	json_object_set_new(root, "file", json_string(t->path));
	json_object_set_new(root, "bytes", json_integer((json_int_t)p->bytes));
	json_object_set_new(root, "wrote", json_boolean(p->write));
	json_object_set_new(root, "accesses", accesses);
	json_object_set_new(root, "times", times->known ? o : json_null());
	if (!times->known)
		json_decref(o);
	json_object_set_new(root, "type", json_string(probe_type_name(p->type)));
	json_object_set_new(root, "confidence", json_string(p->confidence));
	json_object_set_new(root, "why", json_string(p->why));
	json_object_set_new(root, "expected", json_string(probe_type_name(expected_type)));
	json_object_set_new(root, "expected_by", json_string(expected_why));
	json_object_set_new(root, "agrees", fitting < 0 ? json_null() : json_boolean(fitting));
	render_json(root);
}

/* 0, or CLI_USAGE: it may not be touched, and why is printed. */
static int permitted(const struct cli_args *args, const struct target *t)
{
	if (t->is_bar && !t->bars[t->bar].present)
		return cli_usage(&cli_probe, "%s: the function has no such memory BAR", t->path);
	if (t->is_bar && !t->bars[t->bar].prefetchable && !args->given[PROBE_RANGE])
		return cli_usage(
			&cli_probe,
			"%s: not prefetchable, so that even reading may do something: name "
			"a --range that is safe",
			t->path);
	if (t->driver[0] && !args->given[PROBE_YES] && !agreed(t)) {
		fprintf(stderr, "mezzo probe: %s is held by %s: not touched (--yes does it)\n",
			t->path, t->driver);
		return CLI_USAGE;
	}
	return 0;
}

static int run(const struct cli_args *args)
{
	enum probe_type expected_type;
	const char *expected_why;
	struct probe probe = {0};
	struct target target;

	look_at(&target, args->operand);
	if (permitted(args, &target) || expected(args, &target, &expected_type, &expected_why) ||
	    map(args, &target, &probe))
		return CLI_USAGE;
	probe_accesses(&probe);
	probe_measure(&probe);
	probe_conclude(&probe, arm64);
	munmap((void *)(uintptr_t)probe.memory, probe.bytes);
	if (args->given[PROBE_JSON])
		print_json(&target, &probe, expected_type, expected_why);
	else
		print_text(&target, &probe, expected_type, expected_why);
	return fits(&probe, expected_type) == 0 ? CLI_NO : CLI_YES;
}

static const struct cli_example examples[] = {
	{"probe /sys/bus/pci/devices/0000:00:05.0/resource2_wc",
	 "is this BAR write-combining here"},
	{"probe --range 0x1000-0x100000 --host host.json /sys/bus/pci/devices/0000:00:05.0/resource2",
	 "inside a guest: with stores, and against what its host said"},
	{NULL, NULL},
};

const struct cli_command cli_probe = {
	.name = "probe",
	.operand = "FILE",
	.summary = "what type a BAR or a DAX device really has, measured",
	.description =
		"Maps a BAR (/sys/bus/pci/devices/.../resourceN or resourceN_wc) or a DAX device and\n"
		"tries what memory types differ in: unaligned, wide, atomic and block-zeroing\n"
		"accesses, each in a child that may die of it, and the speed of loads and stores\n"
		"beside a cached buffer. Says device, combining or cached, how sure that is, and\n"
		"whether it is what was expected. Without --range nothing is written. It asks before\n"
		"it touches a function that a driver holds. Exits with 1 if it is not as expected.",
	.options = options,
	.examples = examples,
	.run = run,
};
