/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ORACLE_X86_MAKER_H
#define ORACLE_X86_MAKER_H
/*
 * An image in the making: tables that the engine's shipped objects build in memory which will lie
 * at DATA_PA of an emulated machine, probes over them, and what each probe is answered by the
 * engine's own walk.
 */
#include "layout.h"

#include <mezzo/arch.h>
#include <mezzo/x86.h>
#include <stdbool.h>
#include <stdio.h>

#define PROBES_MAX 6144
#define TOUCHES_MAX 512       /* of a scene */
#define TABLES_OFFSET 0x80000 /* of the data: behind the header and the probes */
#define DATA_BYTES 0x800000

/* What the payload prints of a probe. */
struct answer {
	uint64_t reason, info, gpa, at, flags;
};

struct maker {
	struct mezzo_platform platform;
	unsigned char *data; /* DATA_BYTES */
	uint64_t used;
	struct probe *probes; /* in the data */
	struct answer *answers;
	const char **scenes; /* in which each was made */
	uint32_t count;

	/* The scene at work. */
	const char *scene;
	enum probe_format format;
	uint32_t options; /* of its probes */
	struct mezzo_table table;
	struct mezzo_stock stock;
	uint8_t levels;
	struct touch {
		uint64_t gpa, walk;
		uint32_t options;
		bool watch;
	} touches[TOUCHES_MAX];
	uint32_t touch_count;
};

/* What a scene's tables may use, beyond the base. */
struct scene_config {
	uint8_t ipa_bits; /* 0: 39 */
	uint8_t levels;   /* 0: 4 */
	struct mezzo_table_features features;
};

void maker_open(struct maker *m);
/* Header and probes, into the data; returns how many sectors of it are used. */
uint32_t maker_close(struct maker *m, enum payload_mode mode);

/*
 * Begin with empty tables that map the guest's own pages. What is probed is found by the scene's
 * tables as they are when it is closed.
 */
void scene_open(struct maker *m, const char *name, enum probe_format format,
		const struct scene_config *config);
void scene_close(struct maker *m);

/* Operations; each must succeed. */
struct mezzo_attr attr_rw(uint8_t type);
struct mezzo_attr attr_of(uint8_t type, const char *permissions);
void map(struct maker *m, uint64_t gpa, uint64_t pa, unsigned int order, struct mezzo_attr attr);
/* One leaf after the other, both in guest and machine addresses. */
void map_many(struct maker *m, uint64_t gpa, uint64_t pa, unsigned int order, unsigned int count,
	      struct mezzo_attr attr);
void unmap(struct maker *m, uint64_t gpa, uint64_t bytes);
void unmap_unsettled(struct maker *m, uint64_t gpa, uint64_t bytes);
void protect(struct maker *m, uint64_t gpa, uint64_t bytes, bool exclusive);
void split(struct maker *m, uint64_t gpa, unsigned int order);
void collapse(struct maker *m, uint64_t gpa, unsigned int order);
void collect(struct maker *m, uint64_t gpa, uint64_t bytes, bool rearm);
void age(struct maker *m, uint64_t gpa, uint64_t bytes);

/* The slot at @gpa is read, written and executed. */
void probe(struct maker *m, uint64_t gpa);
/* Both ends of a range, and what lies right before and behind it. */
void probe_edges(struct maker *m, uint64_t gpa, uint64_t bytes);
/*
 * The slot is touched through a guest's table at @walk. @watch: the flags that are looked at are
 * those of the entry that maps that table.
 */
void probe_walk(struct maker *m, uint64_t gpa, uint64_t walk, bool watch);

/* The entry at @level (3 is the last) on the processor's way to @gpa, as it stands in the data. */
uint64_t *entry_at(struct maker *m, uint64_t gpa, int level);

void must(bool fine, const char *what);

/* --- scenes.c, plants.c --- */
void scenes_make(struct maker *m);
/* Scenes in whose tables a bit is wrong, unknown to the engine. */
void plants_make(struct maker *m);

/* --- expect.c --- */
/* The engine's own walk. @leaf: what it finds; @walk: of the guest's table, or NULL. */
struct answer expect(const struct maker *m, uint64_t gpa, enum probe_access access,
		     const struct mezzo_leaf *leaf, const struct mezzo_leaf *walk_leaf,
		     uint64_t walk, bool watch);
/* The types of MODE_TYPES. */
void expect_types(FILE *to);

#endif
