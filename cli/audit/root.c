/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/root.h"

#include "audit/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct root {
	struct arena *arena;
	const struct live *live; /* the running system */
	const char *directory;   /* it, or a directory: "" or a path */
	struct tar tar;          /* sorted by path; else empty */
	struct tar errors;       /* path and name of the error */
	struct tar listed;       /* paths whose names a directory had */
	struct tar seen, seen_errors, seen_names;
};

/* --- errors by name -------------------------------------------------------------------------- */

static const struct {
	int error;
	const char *name;
} error_names[] = {
	{ENOENT, "ENOENT"}, {EACCES, "EACCES"}, {EPERM, "EPERM"},   {EIO, "EIO"},
	{EINVAL, "EINVAL"}, {ENODEV, "ENODEV"}, {ENXIO, "ENXIO"},   {EBUSY, "EBUSY"},
	{ESRCH, "ESRCH"},   {EFBIG, "EFBIG"},   {EISDIR, "EISDIR"}, {ENOTDIR, "ENOTDIR"},
};

static const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
		if (error_names[i].error == error)
			return error_names[i].name;
	return "EIO";
}

static int error_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
		if (strcmp(error_names[i].name, name) == 0)
			return error_names[i].error;
	return EIO;
}

/* --- members by path ------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tar_member *)a)->path, ((const struct tar_member *)b)->path);
}

static const struct tar_member *find(const struct tar *tar, const char *path)
{
	struct tar_member key = {.path = path};

	if (!tar->count)
		return NULL;
	return bsearch(&key, tar->member, tar->count, sizeof(key), by_path);
}

static void append(struct arena *arena, struct tar *tar, struct tar_member member)
{
	tar->member = arena_grow(arena, tar->member, tar->count, sizeof(member));
	tar->member[tar->count++] = member;
}

static void note_seen(struct root *root, const char *path, const char *data, size_t length,
		      bool is_link)
{
	path = arena_copy(root->arena, path, strlen(path));
	append(root->arena, &root->seen, (struct tar_member){path, data, length, is_link});
}

static void *note_error(struct root *root, const char *path, int error)
{
	path = arena_copy(root->arena, path, strlen(path));
	append(root->arena, &root->seen_errors,
	       (struct tar_member){.path = path, .data = error_name(error)});
	errno = error;
	return NULL;
}

/* --- opening --------------------------------------------------------------------------------- */

struct root *root_live(struct arena *arena, bool passive, bool anonymous)
{
	struct root *root = arena_alloc(arena, sizeof(*root));

	root->arena = arena;
	root->directory = "/";
	root->live = live_new(arena, passive, anonymous);
	return root;
}

/* One read(2) into what is left of @room; 0 at the end, -1 with errno. */
static ssize_t read_on(int fd, char *text, size_t got, size_t room)
{
	ssize_t n;

	do
		n = read(fd, text + got, room - got);
	while (n < 0 && errno == EINTR);
	return n;
}

/* A file whose size nobody knows, as in /proc; no more than @most bytes. NULL: @error says why. */
static const char *read_file(struct arena *arena, const char *path, size_t most, size_t *length,
			     int *error)
{
	size_t room = most < 4096 ? most : 4096, got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *copy = NULL;
	char *text, *larger;
	ssize_t n = 1;

	*error = fd < 0 ? errno : 0;
	if (fd < 0)
		return NULL;
	text = malloc(room);
	while (text && got < room && (n = read_on(fd, text, got, room)) > 0) {
		got += (size_t)n;
		if (got < room || room == most)
			continue;
		room = 2 * room < most ? 2 * room : most;
		larger = realloc(text, room);
		if (!larger)
			break;
		text = larger;
	}
	*error = n < 0 ? errno : !text ? ENOMEM : got == ROOT_MAX_BYTES ? EFBIG : 0;
	if (!*error)
		copy = arena_copy(arena, text, got);
	free(text);
	close(fd);
	*length = got;
	return copy;
}

const char *root_file(struct arena *arena, const char *path, size_t *length)
{
	int error;
	const char *data = read_file(arena, path, ROOT_MAX_BYTES, length, &error);

	errno = error;
	return data;
}

/* One of the capture's own files, to be cut up; NULL if it is not there. */
static char *own_file(struct root *root, const char *name)
{
	const struct tar_member *m = find(&root->tar, name);
	size_t length = m ? m->length : 0;
	const char *data = m ? m->data : NULL;
	int error;

	if (!m && root->directory)
		data = read_file(root->arena,
				 arena_printf(root->arena, "%s/%s", root->directory, name),
				 ROOT_MAX_BYTES, &length, &error);
	return data ? arena_copy(root->arena, data, length) : NULL;
}

static void sort(struct tar *tar)
{
	if (tar->count)
		qsort(tar->member, tar->count, sizeof(*tar->member), by_path);
}

/* What a capture says beside its files: what could not be read, and names of directories. */
static void read_own_files(struct root *root)
{
	char *errors = own_file(root, ROOT_ERRORS), *listed = own_file(root, ROOT_LISTED), *line;

	while ((line = strsep(&errors, "\n"))) {
		char *path = strchr(line, ' ');

		if (!path)
			continue;
		*path++ = '\0';
		append(root->arena, &root->errors, (struct tar_member){.path = path, .data = line});
	}
	while ((line = strsep(&listed, "\n")))
		if (*line)
			append(root->arena, &root->listed, (struct tar_member){.path = line});
	sort(&root->errors);
	sort(&root->listed);
}

struct root *root_of_tar(struct arena *arena, const struct tar *tar)
{
	struct root *root = arena_alloc(arena, sizeof(*root));

	root->arena = arena;
	root->tar = *tar;
	sort(&root->tar);
	read_own_files(root);
	return root;
}

static struct root *root_of_directory(struct arena *arena, const char *path)
{
	struct root *root = arena_alloc(arena, sizeof(*root));

	root->arena = arena;
	root->directory = path;
	read_own_files(root);
	return root;
}

struct root *root_open(struct arena *arena, const char *path, const char **why)
{
	struct stat status;
	struct tar tar;
	const char *data;
	size_t length;

	if (stat(path, &status) != 0) {
		*why = strerror(errno);
		return NULL;
	}
	if (S_ISDIR(status.st_mode))
		return root_of_directory(arena, path);
	data = root_file(arena, path, &length);
	if (!data) {
		*why = strerror(errno);
		return NULL;
	}
	return tar_parse(arena, data, length, &tar, why) ? root_of_tar(arena, &tar) : NULL;
}

/* --- reading --------------------------------------------------------------------------------- */

/* What the capture says of a path that it does not have. */
static int missing(const struct root *root, const char *path)
{
	const struct tar_member *m = find(&root->errors, path);

	return m ? error_parse(m->data) : ENOENT;
}

const char *root_head(struct root *root, const char *path, size_t most, size_t *length)
{
	const char *data = NULL;
	size_t ignored = 0;
	int error = 0;

	length = length ? length : &ignored;
	*length = 0;
	if (root->live && strncmp(path, "mezzo/", 6) == 0) {
		data = live_read(root->live, path, length, &error);
	} else if (root->directory) {
		data = read_file(root->arena,
				 arena_printf(root->arena, "%s/%s", root->directory, path), most,
				 length, &error);
	} else {
		const struct tar_member *m = find(&root->tar, path);

		error = ENOENT;
		if (m && !m->is_link) {
			data = m->data;
			*length = m->length < most ? m->length : most;
		}
	}
	if (!data)
		return note_error(root, path, error == ENOENT ? missing(root, path) : error);
	note_seen(root, path, data, *length, false);
	return data;
}

const char *root_read(struct root *root, const char *path, size_t *length)
{
	return root_head(root, path, ROOT_MAX_BYTES, length);
}

const char *root_link(struct root *root, const char *path)
{
	const char *target = NULL;
	int error = ENOENT;

	if (root->directory) {
		const char *full = arena_printf(root->arena, "%s/%s", root->directory, path);
		char text[4096];
		ssize_t length = readlink(full, text, sizeof(text));

		error = length < 0 ? errno : 0;
		if (length >= 0 && length < (ssize_t)sizeof(text))
			target = arena_copy(root->arena, text, (size_t)length);
	} else {
		const struct tar_member *m = find(&root->tar, path);

		target = m && m->is_link ? m->data : NULL;
	}
	if (!target)
		return note_error(root, path, error == ENOENT ? missing(root, path) : error);
	note_seen(root, path, target, strlen(target), true);
	return target;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **list_directory(struct root *root, const char *path, unsigned int *count,
				   int *error)
{
	DIR *dir = opendir(arena_printf(root->arena, "%s/%s", root->directory, path));
	const char **names = NULL;
	struct dirent *entry;

	*error = dir ? 0 : errno;
	if (!dir)
		return NULL;
	names = arena_grow(root->arena, names, 0, sizeof(*names));
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = *count ? arena_grow(root->arena, names, *count, sizeof(*names)) : names;
		names[(*count)++] = arena_copy(root->arena, entry->d_name, strlen(entry->d_name));
	}
	closedir(dir);
	return names;
}

/* The names below @path of whatever the archive has, or says that it could not have. */
static const char **list_members(struct root *root, const struct tar *tar, const char *path,
				 const char **names, unsigned int *count)
{
	size_t length = strlen(path);

	for (unsigned int i = 0; i < tar->count; i++) {
		const char *name = tar->member[i].path;

		if (strncmp(name, path, length) != 0 || name[length] != '/')
			continue;
		name += length + 1;
		names = arena_grow(root->arena, names, *count, sizeof(*names));
		names[(*count)++] = arena_copy(root->arena, name, strcspn(name, "/"));
	}
	return names;
}

int root_list(struct root *root, const char *path, const char *const **list)
{
	const char **names = NULL;
	unsigned int count = 0, unique = 0;
	int error = ENOENT;

	if (root->directory)
		names = list_directory(root, path, &count, &error);
	names = list_members(root, &root->tar, path, names, &count);
	names = list_members(root, &root->listed, path, names, &count);
	names = list_members(root, &root->errors, path, names, &count);
	if (!names) {
		note_error(root, path, error == ENOENT ? missing(root, path) : error);
		return -1;
	}
	qsort(names, count, sizeof(*names), by_name);
	for (unsigned int i = 0; i < count; i++)
		if (!unique || strcmp(names[unique - 1], names[i]) != 0)
			names[unique++] = names[i];
	for (unsigned int i = 0; i < unique; i++)
		append(root->arena, &root->seen_names,
		       (struct tar_member){
			       .path = arena_printf(root->arena, "%s/%s", path, names[i]),
		       });
	*list = names;
	return (int)unique;
}

const char *root_text(struct root *root, const char *format, ...)
{
	char path[4096];
	const char *data;
	size_t length;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	data = root_read(root, path, &length);
	if (!data)
		return NULL;
	while (length && strchr(" \t\n", data[length - 1]))
		length--;
	return arena_copy(root->arena, data, strnlen(data, length));
}

/* --- recording ------------------------------------------------------------------------------- */

static void sort_unique(struct tar *tar)
{
	unsigned int unique = 0;

	sort(tar);
	for (unsigned int i = 0; i < tar->count; i++)
		if (!unique || strcmp(tar->member[unique - 1].path, tar->member[i].path) != 0)
			tar->member[unique++] = tar->member[i];
	tar->count = unique;
}

/* "DATA PATH" a line, or the paths alone. */
static void record_lines(struct root *root, const char *name, struct tar *tar)
{
	struct live_text lines = {.arena = root->arena};

	sort_unique(tar);
	live_add(&lines, "%s", "");
	for (unsigned int i = 0; i < tar->count; i++)
		live_add(&lines, "%s%s%s\n", tar->member[i].data ? tar->member[i].data : "",
			 tar->member[i].data ? " " : "", tar->member[i].path);
	note_seen(root, name, lines.text, lines.length, false);
}

void root_record(struct root *root, struct tar *record)
{
	record_lines(root, ROOT_ERRORS, &root->seen_errors);
	record_lines(root, ROOT_LISTED, &root->seen_names);
	sort_unique(&root->seen);
	*record = root->seen;
}
