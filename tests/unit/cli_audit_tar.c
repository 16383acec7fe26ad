/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/audit/arena.c cli/audit/tar.c */
/* Captures: what is written is read again, whatever the names; what is damaged is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit/tar.h"

struct archive {
	char *data;
	size_t length;
};

static struct archive write_members(const struct tar_member *member, unsigned int count)
{
	struct archive a;
	FILE *out = open_memstream(&a.data, &a.length);

	for (unsigned int i = 0; i < count; i++)
		assert_true(tar_write(out, &member[i]));
	assert_true(tar_end(out));
	fclose(out);
	return a;
}

static void written_members_are_read_again(void **state)
{
	char name[300], target[200], data[1025];
	struct tar_member member[] = {
		{"mezzo/answers", "a b\n", 4, false},
		{"empty", "", 0, false},
		{"full", data, 512, false},
		{"over", data, 513, false},
		{"link", "../../devices/x", 15, true},
		{name, data, 1025, false},
		{"long-link", target, 199, true},
	};
	unsigned int count = sizeof(member) / sizeof(member[0]);
	struct arena arena = {0};
	struct archive a;
	struct tar tar;
	const char *why;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[100] = '/';
	name[sizeof(name) - 1] = '\0';
	memset(target, 't', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	memset(data, 'd', sizeof(data));
	a = write_members(member, count);
	assert_true(tar_parse(&arena, a.data, a.length, &tar, &why));
	assert_int_equal(tar.count, count);
	for (unsigned int i = 0; i < count; i++) {
		assert_string_equal(tar.member[i].path, member[i].path);
		assert_int_equal(tar.member[i].length, member[i].length);
		assert_int_equal(tar.member[i].is_link, member[i].is_link);
		assert_memory_equal(tar.member[i].data, member[i].data, member[i].length);
		assert_int_equal(tar.member[i].data[member[i].length], '\0');
	}
	free(a.data);
	arena_free(&arena);
}

static void every_shorter_archive_is_refused(void **state)
{
	struct tar_member member = {"file", "0123456789", 10, false};
	struct archive a = write_members(&member, 1);

	(void)state;
	/* Of the end's two blocks one is enough. */
	for (size_t length = 0; length < a.length - 1024 + 512; length++) {
		struct arena arena = {0};
		struct tar tar;
		const char *why = NULL;

		assert_false(tar_parse(&arena, a.data, length, &tar, &why));
		assert_non_null(why);
		arena_free(&arena);
	}
	free(a.data);
}

static void damaged_headers_are_refused(void **state)
{
	struct tar_member member = {"file", "0123456789", 10, false};
	struct archive a = write_members(&member, 1);

	(void)state;
	for (size_t i = 0; i < 512; i++) {
		struct arena arena = {0};
		struct tar tar;
		const char *why = NULL;

		a.data[i] ^= 0x04;
		/* A checksum that is damaged may still be the number it was. */
		if (tar_parse(&arena, a.data, a.length, &tar, &why))
			assert_true(i >= 148 && i < 156);
		else
			assert_non_null(why);
		a.data[i] ^= 0x04;
		arena_free(&arena);
	}
	free(a.data);
}

static void leading_dots_and_slashes_are_no_names(void **state)
{
	struct tar_member member[] = {{"./a", "", 0, false},
				      {"/b", "", 0, false},
				      {".//./c", "", 0, false}};
	struct archive a = write_members(member, 3);
	struct arena arena = {0};
	struct tar tar;
	const char *why;

	(void)state;
	assert_true(tar_parse(&arena, a.data, a.length, &tar, &why));
	assert_string_equal(tar.member[0].path, "a");
	assert_string_equal(tar.member[1].path, "b");
	assert_string_equal(tar.member[2].path, "c");
	free(a.data);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_members_are_read_again),
		cmocka_unit_test(every_shorter_archive_is_refused),
		cmocka_unit_test(damaged_headers_are_refused),
		cmocka_unit_test(leading_dots_and_slashes_are_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
