/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/tar.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 512

/* POSIX ustar: every field is text, numbers are octal. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static unsigned int sum(const struct header *h)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned int total = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool own =
			i >= offsetof(struct header, checksum) && i < offsetof(struct header, type);

		total += own ? ' ' : byte[i];
	}
	return total;
}

static bool octal(const char *field, size_t size, uint64_t *value)
{
	size_t i = 0;

	*value = 0;
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
		if (*value >> 60)
			return false;
		*value = *value << 3 | (uint64_t)(field[i] - '0');
	}
	return i == size || field[i] == '\0' || field[i] == ' ';
}

static const char *plain(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path += path[0] == '/' ? 1 : 2;
	return path;
}

static const char *field_text(struct arena *arena, const char *field, size_t size)
{
	return arena_copy(arena, field, strnlen(field, size));
}

/* Names that did not fit into a header: pax ("27 path=...\n") or GNU (the name itself). */
struct long_names {
	const char *path, *link;
};

static bool take_pax(struct arena *arena, const char *data, size_t length, struct long_names *names)
{
	while (length) {
		size_t record = 0, i = 0;
		const char *key, *end;

		for (; i < length && data[i] >= '0' && data[i] <= '9' && record < length; i++)
			record = 10 * record + (size_t)(data[i] - '0');
		if (i == length || data[i] != ' ' || record <= i + 1 || record > length)
			return false;
		key = data + i + 1;
		end = data + record - 1;
		if (end - key > 5 && memcmp(key, "path=", 5) == 0)
			names->path = arena_copy(arena, key + 5, (size_t)(end - key - 5));
		if (end - key > 9 && memcmp(key, "linkpath=", 9) == 0)
			names->link = arena_copy(arena, key + 9, (size_t)(end - key - 9));
		data += record;
		length -= record;
	}
	return true;
}

static void add(struct arena *arena, struct tar *tar, const struct header *h, const char *data,
		size_t length, const struct long_names *names)
{
	const char *path = names->path;
	struct tar_member *m;

	if (!path && h->prefix[0] && memcmp(h->magic, "ustar\0", 6) == 0)
		path = arena_printf(arena, "%.*s/%.*s", (int)strnlen(h->prefix, sizeof(h->prefix)),
				    h->prefix, (int)strnlen(h->name, sizeof(h->name)), h->name);
	else if (!path)
		path = field_text(arena, h->name, sizeof(h->name));
	tar->member = arena_grow(arena, tar->member, tar->count, sizeof(*m));
	m = &tar->member[tar->count++];
	m->path = plain(path);
	m->is_link = h->type == '2';
	if (m->is_link) {
		m->data = names->link ? names->link : field_text(arena, h->link, sizeof(h->link));
		m->length = strlen(m->data);
	} else {
		m->data = arena_copy(arena, data, length);
		m->length = length;
	}
}

bool tar_parse(struct arena *arena, const char *data, size_t length, struct tar *tar,
	       const char **why)
{
	struct long_names names = {0};

	*tar = (struct tar){0};
	*why = "it is cut short";
	while (length >= BLOCK) {
		struct header h;
		uint64_t size, checksum;

		memcpy(&h, data, BLOCK);
		data += BLOCK;
		length -= BLOCK;
		if (h.name[0] == '\0' && !names.path)
			return true; /* the end is an empty block */
		if (!octal(h.checksum, sizeof(h.checksum), &checksum) || checksum != sum(&h) ||
		    !octal(h.size, sizeof(h.size), &size)) {
			*why = tar->count ? "a header is damaged" : "it is no tar archive";
			return false;
		}
		if (h.type >= '1' && h.type <= '6')
			size = 0;
		if (size > length || (size + BLOCK - 1) / BLOCK * BLOCK > length)
			return false;
		switch (h.type) {
		case 'x':
			if (!take_pax(arena, data, size, &names))
				return false;
			break;
		case 'L':
			names.path = field_text(arena, data, size);
			break;
		case 'K':
			names.link = field_text(arena, data, size);
			break;
		case '0':
		case '\0':
		case '2':
			add(arena, tar, &h, data, size, &names);
			names = (struct long_names){0};
			break;
		default:
			names = (struct long_names){0};
			break;
		}
		size = (size + BLOCK - 1) / BLOCK * BLOCK;
		data += size;
		length -= size;
	}
	*why = tar->count || length ? "it is cut short" : "it is empty";
	return false;
}

static bool write_member(FILE *out, const char *path, char type, const char *link, const char *data,
			 size_t length)
{
	static const char zeros[BLOCK];
	struct header h = {.type = type, .magic = "ustar", .version = {'0', '0'}};

	memcpy(h.name, path, strnlen(path, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	memcpy(h.mode, type == '2' ? "0000777" : "0000644", 8);
	memcpy(h.uid, "0000000", 8);
	memcpy(h.gid, "0000000", 8);
	memcpy(h.mtime, "00000000000", 12);
	snprintf(h.size, sizeof(h.size), "%011lo", (unsigned long)length);
	snprintf(h.checksum, sizeof(h.checksum), "%06o", sum(&h));
	h.checksum[7] = ' ';
	return fwrite(&h, BLOCK, 1, out) == 1 && (!length || fwrite(data, length, 1, out) == 1) &&
	       (length % BLOCK == 0 || fwrite(zeros, BLOCK - length % BLOCK, 1, out) == 1);
}

/* "LENGTH KEY=VALUE\n", the length counting itself. */
static size_t pax_record(char *text, size_t size, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, digits = 1;

	for (size_t tens = 10; body + digits >= tens; tens *= 10)
		digits++;
	return (size_t)snprintf(text, size, "%zu %s=%s\n", body + digits, key, value);
}

bool tar_write(FILE *out, const struct tar_member *m)
{
	const char *link = m->is_link ? m->data : "";
	char pax[2 * 4096 + 64];
	size_t length = 0;

	if (strlen(m->path) > 4095 || strlen(link) > 4095)
		return false;
	if (strlen(m->path) > 100)
		length += pax_record(pax, sizeof(pax), "path", m->path);
	if (strlen(link) > 100)
		length += pax_record(pax + length, sizeof(pax) - length, "linkpath", link);
	if (length && !write_member(out, "pax", 'x', "", pax, length))
		return false;
	return write_member(out, m->path, m->is_link ? '2' : '0', link, m->data,
			    m->is_link ? 0 : m->length);
}

bool tar_end(FILE *out)
{
	static const char zeros[2 * BLOCK];

	return fwrite(zeros, sizeof(zeros), 1, out) == 1 && fflush(out) == 0;
}
