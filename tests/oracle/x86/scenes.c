/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables made by every operation, in both formats. Frames are FRAMES_BYTES at FRAMES_PA; a leaf of
 * 1 GiB begins at 0 and is touched where the frames are in it.
 */
#include "maker.h"

#include <mezzo/status.h>

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)
#define G1 UINT64_C(0x40000000)
#define BASE (4 * G1) /* of what scenes map: far from the guest's own pages */
#define WB MEZZO_X86_STAGE2_WB

/* Where in a leaf of @order at machine address @pa the frames are. */
static uint64_t framed(unsigned int order)
{
	return order == MEZZO_ORDER_1G ? FRAMES_PA : 0;
}

static void leaf_probed(struct maker *m, uint64_t gpa, unsigned int order, unsigned int number,
			struct mezzo_attr attr)
{
	const uint64_t bytes = mezzo_order_bytes(order);
	const uint64_t inside = bytes < FRAMES_BYTES ? bytes : FRAMES_BYTES;
	const uint64_t pa = order == MEZZO_ORDER_1G ? 0 : FRAMES_PA + number * bytes % FRAMES_BYTES;

	map(m, gpa, pa, order, attr);
	probe(m, gpa + framed(order));
	probe(m, gpa + framed(order) + inside - SLOT_BYTES);
}

/* Every type, permission and size that the format has. */
static void every_leaf(struct maker *m, enum probe_format format)
{
	static const uint8_t orders[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};
	static const char *const permissions[] = {"r", "rw", "rx", "rwx", "x"};
	const bool ept = format == FORMAT_EPT;
	unsigned int number = 0;

	scene_open(m, "every-leaf", format,
		   &(struct scene_config){.features = {.leaf_1g = true, .exec_only = ept}});
	for (unsigned int o = 0; o < 3; o++)
		for (unsigned int type = 0; type < MEZZO_X86_STAGE2_TYPES; type++)
			for (unsigned int p = 0; p < (ept ? 5 : 4); p++) {
				const struct mezzo_attr attr =
					attr_of((uint8_t)type, permissions[p]);

				/* What NPT cannot say: types that ignore the guest's. */
				if (!m->table.ops->encode(&m->table, &attr))
					continue;
				leaf_probed(m, BASE + number * G1, orders[o], number, attr);
				number++;
			}
	scene_close(m);
}

static void unmapped(struct maker *m, enum probe_format format)
{
	scene_open(m, "unmap", format, &(struct scene_config){0});
	map_many(m, BASE, FRAMES_PA, 0, 512, attr_of(WB, "rwx"));
	unmap(m, BASE + 100 * K4, 200 * K4);
	probe_edges(m, BASE + 100 * K4, 200 * K4);
	probe_edges(m, BASE, 512 * K4);
	/* A whole table goes, and comes back as a block. */
	map_many(m, BASE + M2, FRAMES_PA, 0, 512, attr_rw(WB));
	unmap(m, BASE + M2, M2);
	probe(m, BASE + M2);
	map(m, BASE + M2, FRAMES_PA + M2, MEZZO_ORDER_2M, attr_rw(WB));
	probe_edges(m, BASE + M2, M2);
	/* Somewhere else. */
	unmap(m, BASE + 100 * K4 - K4, K4);
	map(m, BASE + 99 * K4, FRAMES_PA + 7 * M2, 0, attr_of(WB, "rx"));
	probe(m, BASE + 99 * K4);
	scene_close(m);
}

/* Entries that nobody may use: owed, claimed, held. */
static void markers(struct maker *m, enum probe_format format)
{
	const struct mezzo_table_ops *ops;
	struct mezzo_claim claim;

	scene_open(m, "markers", format, &(struct scene_config){0});
	ops = m->table.ops;
	map_many(m, BASE, FRAMES_PA, 0, 4, attr_of(WB, "rwx"));
	map(m, BASE + M2, FRAMES_PA, MEZZO_ORDER_2M, attr_of(WB, "rwx"));
	map(m, BASE + 2 * M2, FRAMES_PA, MEZZO_ORDER_2M, attr_rw(WB));
	unmap_unsettled(m, BASE + K4, K4);
	unmap_unsettled(m, BASE + M2, M2);
	must(ops->claim(&m->table, &m->stock, (struct mezzo_ipa){BASE + 8 * K4}, 0, &claim) ==
		     MEZZO_OK,
	     m->scene);
	must(ops->hold(&m->table, (struct mezzo_ipa){BASE + 2 * K4}, &claim) == MEZZO_OK, m->scene);
	must(ops->hold(&m->table, (struct mezzo_ipa){BASE + 2 * M2}, &claim) == MEZZO_OK, m->scene);
	probe_edges(m, BASE + K4, K4);
	probe(m, BASE + 2 * K4);
	probe(m, BASE + 3 * K4);
	probe(m, BASE + 8 * K4);
	probe_edges(m, BASE + M2, M2);
	probe_edges(m, BASE + 2 * M2, M2);
	scene_close(m);
}

static void protected(struct maker *m, enum probe_format format)
{
	scene_open(m, "protect", format, &(struct scene_config){.features = {.leaf_1g = true}});
	map_many(m, BASE, FRAMES_PA, 0, 512, attr_of(WB, "rwx"));
	map_many(m, BASE + M2, FRAMES_PA, MEZZO_ORDER_2M, 4, attr_rw(MEZZO_X86_STAGE2_UC));
	map(m, BASE + G1, 0, MEZZO_ORDER_1G, attr_of(WB, "rwx"));
	protect(m, BASE + 10 * K4, 20 * K4, false);
	protect(m, BASE + 40 * K4, 20 * K4, true);
	protect(m, BASE + 2 * M2, M2, true);
	protect(m, BASE + G1, G1, false);
	probe_edges(m, BASE + 10 * K4, 20 * K4);
	probe_edges(m, BASE + 40 * K4, 20 * K4);
	probe_edges(m, BASE + 2 * M2, M2);
	probe(m, BASE + G1 + FRAMES_PA);
	scene_close(m);
}

/* 1 GiB to 2 MiB to 4 KiB, by break-before-make and at once; and back. */
static void reshaped(struct maker *m, enum probe_format format)
{
	for (uint8_t bbm = 0; bbm <= 2; bbm += 2) {
		const uint64_t in = BASE + FRAMES_PA + M2;

		scene_open(m, bbm ? "split-at-once" : "split", format,
			   &(struct scene_config){.features = {.leaf_1g = true, .bbm = bbm}});
		map(m, BASE, 0, MEZZO_ORDER_1G, attr_of(MEZZO_X86_STAGE2_WT, "rx"));
		split(m, in, MEZZO_ORDER_2M);
		probe_edges(m, in, M2);
		split(m, in + M2, MEZZO_ORDER_4K);
		probe_edges(m, in + M2, M2);
		probe(m, in + M2 + 300 * K4);
		split(m, in + 2 * M2, MEZZO_ORDER_4K);
		collapse(m, in + 2 * M2, MEZZO_ORDER_2M);
		probe_edges(m, in + 2 * M2, M2);
		map_many(m, BASE + G1 + M2, FRAMES_PA, 0, 512, attr_rw(WB));
		collapse(m, BASE + G1 + M2, MEZZO_ORDER_2M);
		probe_edges(m, BASE + G1 + M2, M2);
		map_many(m, BASE + 2 * G1, 0, MEZZO_ORDER_2M, 512, attr_of(WB, "rwx"));
		collapse(m, BASE + 2 * G1, MEZZO_ORDER_1G);
		probe(m, BASE + 2 * G1 + FRAMES_PA);
		probe(m, BASE + 2 * G1 + FRAMES_PA + FRAMES_BYTES - SLOT_BYTES);
		scene_close(m);
	}
}

static struct mezzo_attr attr_logged(bool dirty)
{
	struct mezzo_attr attr = attr_of(WB, "rwx");

	attr.logged = true;
	attr.dirty = dirty;
	return attr;
}

static void logged(struct maker *m, enum probe_format format)
{
	scene_open(m, "dirty", format,
		   &(struct scene_config){.features = {.leaf_1g = true, .dirty = true}});
	for (unsigned int i = 0; i < 8; i++)
		map(m, BASE + i * K4, FRAMES_PA + i * K4, 0, attr_logged(i & 1));
	collect(m, BASE + 2 * K4, 2 * K4, true);
	collect(m, BASE + 4 * K4, 2 * K4, false);
	for (unsigned int i = 0; i < 8; i++)
		probe(m, BASE + i * K4);
	map(m, BASE + M2, FRAMES_PA, MEZZO_ORDER_2M, attr_logged(false));
	probe_edges(m, BASE + M2, M2);
	map(m, BASE + 2 * M2, FRAMES_PA + M2, MEZZO_ORDER_2M, attr_logged(true));
	split(m, BASE + 2 * M2, MEZZO_ORDER_4K);
	collect(m, BASE + 2 * M2, M2 / 2, true);
	probe_edges(m, BASE + 2 * M2, M2 / 2);
	map(m, BASE + G1, 0, MEZZO_ORDER_1G, attr_logged(false));
	probe(m, BASE + G1 + FRAMES_PA);
	scene_close(m);
}

static void aged(struct maker *m, enum probe_format format)
{
	scene_open(m, "age", format, &(struct scene_config){.features = {.leaf_1g = true}});
	map_many(m, BASE, FRAMES_PA, 0, 16, attr_of(WB, "rwx"));
	map(m, BASE + M2, FRAMES_PA, MEZZO_ORDER_2M, attr_rw(WB));
	map(m, BASE + G1, 0, MEZZO_ORDER_1G, attr_of(WB, "rx"));
	age(m, BASE + 4 * K4, 4 * K4);
	age(m, BASE + M2, M2);
	age(m, BASE + G1, G1);
	probe_edges(m, BASE + 4 * K4, 4 * K4);
	probe_edges(m, BASE + M2, M2);
	probe(m, BASE + G1 + FRAMES_PA);
	scene_close(m);
}

/* The guest's own table is what is missing, read-only, logged. */
static void walks(struct maker *m, enum probe_format format)
{
	const uint64_t table = FRAMES_PA + FRAMES_BYTES - M2;
	static const char *const permissions[] = {"r", "rw", "rx", "rwx"};

	scene_open(m, "walk", format,
		   &(struct scene_config){.features = {.leaf_1g = true, .dirty = true}});
	map(m, BASE, FRAMES_PA, 0, attr_of(WB, "rwx"));
	map(m, BASE + K4, FRAMES_PA + K4, 0, attr_of(WB, "r"));
	probe_walk(m, BASE, BASE + G1, false);
	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t walk = BASE + G1 + (i + 1) * K4;

		map(m, walk, table + i * K4, 0, attr_of(WB, permissions[i]));
		for (unsigned int page = 0; page < 3; page++)
			probe_walk(m, BASE + page * K4, walk, false);
	}
	map(m, BASE + G1 + M2, table, MEZZO_ORDER_2M, attr_of(WB, "r"));
	probe_walk(m, BASE, BASE + G1 + M2, false);
	map(m, BASE + G1 + 8 * K4, table + 8 * K4, 0, attr_logged(false));
	probe_walk(m, BASE, BASE + G1 + 8 * K4, true);
	probe_walk(m, BASE + 2 * K4, BASE + G1 + 8 * K4, true);
	scene_close(m);
}

/* Both ends of spaces of every shape: where our root begins, and the processor's. */
static void far(struct maker *m, enum probe_format format)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} shapes[] = {{"space-32", 32}, {"space-36", 36}, {"space-39", 39},
		      {"space-43", 43}, {"space-44", 44}, {"space-48", 48}};

	for (unsigned int i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		/* A guest's page reaches no further: 39 bits are what every judge has. */
		const unsigned int bits = shapes[i].bits < 39 ? shapes[i].bits : 39;
		const uint64_t end = UINT64_C(1) << bits;

		scene_open(m, shapes[i].name, format,
			   &(struct scene_config){.ipa_bits = shapes[i].bits,
						  .features = {.leaf_1g = true}});
		map(m, end - K4, FRAMES_PA + 5 * K4, 0, attr_of(WB, "rwx"));
		map(m, end - 2 * M2, FRAMES_PA + M2, MEZZO_ORDER_2M, attr_rw(WB));
		map(m, end / 2, 0, MEZZO_ORDER_1G, attr_rw(WB));
		probe(m, end - SLOT_BYTES);
		probe(m, end - K4);
		probe(m, end - K4 - SLOT_BYTES);
		probe_edges(m, end - 2 * M2, M2);
		probe(m, end / 2 + FRAMES_PA);
		probe(m, end / 2 - SLOT_BYTES);
		if (bits < 39) /* beyond the space nothing is */
			probe(m, end);
		scene_close(m);
	}
}

/* Both ends of what the top level's entries reach, and where one follows the other. */
static void five_levels(struct maker *m, enum probe_format format)
{
	const uint64_t end = UINT64_C(1) << 52, entry = UINT64_C(1) << 48;

	scene_open(m, "five-levels", format,
		   &(struct scene_config){.ipa_bits = 52,
					  .levels = 5,
					  .features = {.leaf_1g = true}});
	map(m, BASE, FRAMES_PA, 0, attr_of(WB, "rwx"));
	map(m, entry - K4, FRAMES_PA + K4, 0, attr_of(WB, "rx"));
	map(m, entry, FRAMES_PA + 2 * K4, 0, attr_rw(WB));
	map(m, 3 * entry + M2, FRAMES_PA + M2, MEZZO_ORDER_2M, attr_of(WB, "rwx"));
	map(m, end - G1, 0, MEZZO_ORDER_1G, attr_of(WB, "r"));
	map(m, end / 2, FRAMES_PA + 3 * K4, 0, attr_of(WB, "rwx"));
	unmap(m, end / 2, K4);
	map(m, end / 2, FRAMES_PA + 4 * K4, 0, attr_of(WB, "rwx"));
	probe_edges(m, BASE, K4);
	probe_edges(m, entry - K4, 2 * K4);
	probe(m, entry - SLOT_BYTES);
	probe(m, entry);
	probe_edges(m, 3 * entry + M2, M2);
	probe(m, end - G1 + FRAMES_PA);
	probe(m, end - G1 + FRAMES_PA + FRAMES_BYTES - SLOT_BYTES);
	probe(m, end - G1 - SLOT_BYTES);
	probe_edges(m, end / 2, K4);
	/* The same below another entry of the top level: nothing is there. */
	probe(m, 2 * entry + BASE);
	scene_close(m);
}

/* --- at random ----------------------------------------------------------------------------------- */

#define RANDOM_BLOCKS 4
#define RANDOM_STEPS 400

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* One operation somewhere in the region; those that do not apply there change nothing. */
static void random_step(struct maker *m, uint32_t *state)
{
	static const char *const permissions[] = {"r", "rw", "rx", "rwx"};
	const struct mezzo_table_ops *ops = m->table.ops;
	const unsigned int order = next(state) % 4 ? MEZZO_ORDER_4K : MEZZO_ORDER_2M;
	const uint64_t bytes = mezzo_order_bytes(order);
	const uint64_t slot = next(state) % (RANDOM_BLOCKS * M2 / bytes) * bytes;
	const struct mezzo_ipa ipa = {BASE + slot};
	struct mezzo_attr attr = attr_of(WB, permissions[next(state) % 4]);
	struct mezzo_flush flush = {0};

	attr.logged = attr.write && next(state) % 2;
	must(ops->stock_fill(&m->table, &m->stock) == MEZZO_OK, m->scene);
	switch (next(state) % 8) {
	case 0:
		protect(m, ipa.addr, bytes, false);
		break;
	case 1:
		collect(m, ipa.addr, bytes, next(state) % 2);
		break;
	case 2:
		age(m, ipa.addr, bytes);
		break;
	case 3:
		(void)ops->split(&m->table, &m->stock, ipa, MEZZO_ORDER_4K);
		break;
	case 4:
		(void)ops->collapse(&m->table, ipa, MEZZO_ORDER_2M);
		break;
	case 5:
		/* Refused where a block reaches over the edge. */
		(void)ops->unmap(&m->table, ipa, bytes / K4, true, &flush);
		ops->settle(&m->table, &flush, NULL, NULL);
		break;
	default:
		(void)ops->map(&m->table, &m->stock, ipa,
			       (struct mezzo_pa){FRAMES_PA + slot + RANDOM_BLOCKS * M2}, order,
			       &attr);
	}
	ops->reclaim(&m->table);
}

static void random_operations(struct maker *m, enum probe_format format)
{
	static const char *const names[] = {"random-1", "random-2", "random-3", "random-4"};

	for (uint32_t seed = 1; seed <= 4; seed++) {
		uint32_t state = seed * 2654435761u;

		scene_open(m, names[seed - 1], format,
			   &(struct scene_config){.features = {.dirty = true, .bbm = 2}});
		for (unsigned int i = 0; i < RANDOM_STEPS; i++)
			random_step(m, &state);
		for (unsigned int i = 0; i < 40; i++)
			probe(m, BASE + next(&state) % (RANDOM_BLOCKS * 512) * K4 +
					 next(&state) % 256 * SLOT_BYTES);
		scene_close(m);
	}
}

/* --- EPT alone ----------------------------------------------------------------------------------- */

static void mode_based(struct maker *m)
{
	static const uint8_t who[] = {MEZZO_EXEC_ALL, MEZZO_EXEC_USER, MEZZO_EXEC_KERNEL};

	scene_open(m, "mode-based", FORMAT_EPT,
		   &(struct scene_config){.features = {.xnx = true, .exec_only = true}});
	for (unsigned int i = 0; i < 6; i++) {
		struct mezzo_attr attr = attr_of(WB, i < 3 ? "rx" : "x");

		attr.exec_for = who[i % 3];
		map(m, BASE + i * K4, FRAMES_PA + i * K4, 0, attr);
	}
	map(m, BASE + 6 * K4, FRAMES_PA, 0, attr_rw(WB));
	for (unsigned int supervisor = 0; supervisor < 2; supervisor++) {
		m->options = PROBE_MODE_BASED | (supervisor ? PROBE_SUPERVISOR : 0);
		for (unsigned int i = 0; i < 8; i++)
			probe(m, BASE + i * K4);
	}
	scene_close(m);
}

void scenes_make(struct maker *m)
{
	for (enum probe_format format = FORMAT_EPT; format <= FORMAT_NPT; format++) {
		every_leaf(m, format);
		unmapped(m, format);
		markers(m, format);
		protected(m, format);
		reshaped(m, format);
		logged(m, format);
		aged(m, format);
		walks(m, format);
		far(m, format);
		five_levels(m, format);
		random_operations(m, format);
	}
	mode_based(m);
}
