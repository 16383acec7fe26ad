/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disk images for the judges of x86 tables, and what each judge must print.
 *
 * image BOOT PAYLOAD DIRECTORY: writes NAME.img and NAME.txt into DIRECTORY, for NAME in
 *   probe    tables as the engine makes them
 *   planted  the same, with a wrong bit here and there that the engine knows nothing of
 *   types    no tables: a page under every MTRR and PAT type
 */
#include "maker.h"

#include <stdlib.h>
#include <string.h>

static unsigned char disk[DISK_SECTORS * SECTOR_BYTES];

/* A file, to a place on the disk. */
static void place(const char *path, size_t at, size_t room)
{
	FILE *file = fopen(path, "rb");

	must(file, path);
	must(fread(disk + at, 1, room, file) > 0 && feof(file), path);
	fclose(file);
}

static FILE *create(const char *directory, const char *name, const char *suffix)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", directory, name, suffix);
	file = fopen(path, "wb");
	must(file, path);
	return file;
}

static void write_disk(const char *directory, const char *name, const struct maker *m,
		       uint32_t sectors)
{
	FILE *file = create(directory, name, "img");
	unsigned char *data = disk + (size_t)DATA_LBA * SECTOR_BYTES;

	memset(data, 0, DATA_BYTES);
	memcpy(data, m->data, (size_t)sectors * SECTOR_BYTES);
	must(fwrite(disk, sizeof(disk), 1, file) == 1 && fclose(file) == 0, name);
}

static void write_answers(const char *directory, const char *name, const struct maker *m)
{
	static const char *const formats[] = {"ept", "npt"};
	FILE *file = create(directory, name, "txt");

	for (uint32_t i = 0; i < m->count; i++) {
		const struct answer *a = &m->answers[i];
		const struct probe *p = &m->probes[i];

		fprintf(file,
			"probe n=%x reason=%llx info=%llx gpa=%llx at=%llx flags=%llx "
			"format=%s scene=%s touched=%llx access=%c\n",
			i, (unsigned long long)a->reason, (unsigned long long)a->info,
			(unsigned long long)a->gpa, (unsigned long long)a->at,
			(unsigned long long)a->flags, formats[p->format], m->scenes[i],
			(unsigned long long)p->gpa, "rwx"[p->access]);
	}
	must(fclose(file) == 0, name);
}

int main(int argc, char **argv)
{
	static struct maker m;

	must(argc == 4, "usage: image BOOT PAYLOAD DIRECTORY");
	place(argv[1], 0, SECTOR_BYTES + 1);
	place(argv[2], PAYLOAD_LBA * SECTOR_BYTES,
	      PAYLOAD_CHUNKS * CHUNK_SECTORS * SECTOR_BYTES + 1);

	maker_open(&m);
	scenes_make(&m);
	write_disk(argv[3], "probe", &m, maker_close(&m, MODE_PROBE));
	write_answers(argv[3], "probe", &m);

	maker_open(&m);
	plants_make(&m);
	write_disk(argv[3], "planted", &m, maker_close(&m, MODE_PROBE));
	write_answers(argv[3], "planted", &m);

	maker_open(&m);
	write_disk(argv[3], "types", &m, maker_close(&m, MODE_TYPES));
	{
		FILE *file = create(argv[3], "types", "txt");

		expect_types(file);
		must(fclose(file) == 0, "types");
	}
	return 0;
}
