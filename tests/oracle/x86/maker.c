/* SPDX-License-Identifier: BSD-2-Clause */
#include "maker.h"

#include <mezzo/status.h>
#include <stdlib.h>
#include <string.h>

/* As Linux has it. */
#define HOST_PAT UINT64_C(0x0407050600070106)
#define IPA_BITS 39

void must(bool fine, const char *what)
{
	if (!fine) {
		fprintf(stderr, "image: %s\n", what);
		exit(1);
	}
}

/* --- the platform: memory in the data, and nothing to invalidate --------------------------------- */

static void *table_alloc(void *ctx, size_t bytes)
{
	struct maker *m = ctx;
	void *at = m->data + m->used;

	must(m->used + bytes <= DATA_BYTES, "the tables need more room");
	m->used += bytes;
	return at;
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	(void)ctx;
	memset(table, 0, bytes);
}

static void tlb_invalidate_space(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	(void)ctx, (void)kind;
}

static void icache_invalidate(void *ctx)
{
	(void)ctx;
}

/* --- the image ------------------------------------------------------------------------------------ */

void maker_open(struct maker *m)
{
	_Static_assert(sizeof(struct data_header) + PROBES_MAX * sizeof(struct probe) <=
			       TABLES_OFFSET,
		       "the probes do not fit");
	_Static_assert(DATA_PA + DATA_BYTES <= ENV_PA, "the data runs into the guest's own pages");
	_Static_assert(DATA_LBA * SECTOR_BYTES + DATA_BYTES <= DISK_SECTORS * SECTOR_BYTES,
		       "the data does not fit the disk");
	*m = (struct maker){.used = TABLES_OFFSET};
	m->data = aligned_alloc(MEZZO_PAGE_BYTES, DATA_BYTES);
	m->answers = calloc(PROBES_MAX, sizeof(*m->answers));
	m->scenes = calloc(PROBES_MAX, sizeof(*m->scenes));
	must(m->data && m->answers && m->scenes, "no memory");
	memset(m->data, 0, DATA_BYTES);
	m->probes = (struct probe *)(void *)(m->data + sizeof(struct data_header));
	m->platform = (struct mezzo_platform){
		.size = sizeof(m->platform),
		.ctx = m,
		.table_offset = (uint64_t)(uintptr_t)m->data - DATA_PA,
		.table_alloc = table_alloc,
		.table_free = table_free,
		.tlb_invalidate_space = tlb_invalidate_space,
		.barrier = barrier,
		.icache_invalidate = icache_invalidate,
	};
}

uint32_t maker_close(struct maker *m, enum payload_mode mode)
{
	struct data_header *header = (struct data_header *)(void *)m->data;

	*header = (struct data_header){
		.magic = MAGIC,
		.sectors = (uint32_t)(m->used / SECTOR_BYTES),
		.probes = m->count,
		.mode = mode,
	};
	return header->sectors;
}

/* --- scenes ------------------------------------------------------------------------------------ */

void scene_open(struct maker *m, const char *name, enum probe_format format,
		const struct scene_config *config)
{
	static const struct mezzo_table_ops *const ops[] = {&mezzo_ept_ops, &mezzo_npt_ops};
	const struct mezzo_table_config table = {
		.size = sizeof(table),
		.platform = &m->platform,
		.ipa_bits = config->ipa_bits ? config->ipa_bits : IPA_BITS,
		.pa_bits = IPA_BITS,
		.vmid = 1,
		.x86 = {.levels = config->levels ? config->levels : 4, .host_pat = HOST_PAT},
		.features = config->features,
	};

	m->scene = name;
	m->format = format;
	m->options = 0;
	m->levels = table.x86.levels;
	m->stock = (struct mezzo_stock){0};
	must(ops[format]->init(&m->table, &table) == MEZZO_OK, name);
	for (unsigned int i = 0; i < ENV_PAGES; i++)
		map(m, ENV_GPA + i * MEZZO_PAGE_BYTES, ENV_PA + i * MEZZO_PAGE_BYTES, 0,
		    attr_of(MEZZO_X86_STAGE2_WB, "rwx"));
}

struct mezzo_attr attr_of(uint8_t type, const char *permissions)
{
	return (struct mezzo_attr){
		.type = type,
		.read = strchr(permissions, 'r'),
		.write = strchr(permissions, 'w'),
		.exec = strchr(permissions, 'x'),
		.accessed = true,
	};
}

struct mezzo_attr attr_rw(uint8_t type)
{
	return attr_of(type, "rw");
}

/* The engine's walk is what judges judge: so it has to find what was asked for. */
static void must_find(const struct maker *m, uint64_t gpa, const struct mezzo_attr *attr)
{
	struct mezzo_leaf leaf;
	const struct mezzo_attr *found = &leaf.attr;

	m->table.ops->lookup(&m->table, (struct mezzo_ipa){gpa}, &leaf);
	must(leaf.state == MEZZO_ENTRY_LEAF && found->type == attr->type &&
		     found->read == attr->read && found->write == attr->write &&
		     found->exec == attr->exec && found->exec_for == attr->exec_for &&
		     found->accessed == attr->accessed && found->logged == attr->logged &&
		     found->dirty == attr->dirty,
	     m->scene);
}

void map(struct maker *m, uint64_t gpa, uint64_t pa, unsigned int order, struct mezzo_attr attr)
{
	const struct mezzo_table_ops *ops = m->table.ops;

	must(ops->stock_fill(&m->table, &m->stock) == MEZZO_OK &&
		     ops->map(&m->table, &m->stock, (struct mezzo_ipa){gpa}, (struct mezzo_pa){pa},
			      order, &attr) == MEZZO_OK,
	     m->scene);
	must_find(m, gpa, &attr);
}

void map_many(struct maker *m, uint64_t gpa, uint64_t pa, unsigned int order, unsigned int count,
	      struct mezzo_attr attr)
{
	for (unsigned int i = 0; i < count; i++)
		map(m, gpa + i * mezzo_order_bytes(order), pa + i * mezzo_order_bytes(order), order,
		    attr);
}

static uint64_t pages(uint64_t bytes)
{
	return bytes / MEZZO_PAGE_BYTES;
}

void unmap_unsettled(struct maker *m, uint64_t gpa, uint64_t bytes)
{
	struct mezzo_flush flush = {0};

	must(m->table.ops->unmap(&m->table, (struct mezzo_ipa){gpa}, pages(bytes), true, &flush) ==
		     MEZZO_OK,
	     m->scene);
}

void unmap(struct maker *m, uint64_t gpa, uint64_t bytes)
{
	const struct mezzo_table_ops *ops = m->table.ops;
	struct mezzo_flush flush = {0};

	must(ops->unmap(&m->table, (struct mezzo_ipa){gpa}, pages(bytes), true, &flush) == MEZZO_OK,
	     m->scene);
	ops->settle(&m->table, &flush, NULL, NULL);
}

void protect(struct maker *m, uint64_t gpa, uint64_t bytes, bool exclusive)
{
	struct mezzo_flush flush = {0};

	m->table.ops->protect(&m->table, (struct mezzo_ipa){gpa}, pages(bytes), exclusive, &flush);
	m->table.ops->settle(&m->table, &flush, NULL, NULL);
}

void split(struct maker *m, uint64_t gpa, unsigned int order)
{
	const struct mezzo_table_ops *ops = m->table.ops;
	struct mezzo_leaf leaf;

	ops->lookup(&m->table, (struct mezzo_ipa){gpa}, &leaf);
	must(ops->stock_fill(&m->table, &m->stock) == MEZZO_OK &&
		     ops->split(&m->table, &m->stock, (struct mezzo_ipa){gpa}, order) == MEZZO_OK,
	     m->scene);
	must_find(m, gpa, &leaf.attr);
	must_find(m, gpa + mezzo_order_bytes(order), &leaf.attr);
}

void collapse(struct maker *m, uint64_t gpa, unsigned int order)
{
	struct mezzo_leaf leaf;

	m->table.ops->lookup(&m->table, (struct mezzo_ipa){gpa}, &leaf);
	must(m->table.ops->collapse(&m->table, (struct mezzo_ipa){gpa}, order) == MEZZO_OK,
	     m->scene);
	must_find(m, gpa, &leaf.attr);
}

static void ignore_dirty(void *arg, struct mezzo_ipa ipa, uint64_t count)
{
	(void)arg, (void)ipa, (void)count;
}

void collect(struct maker *m, uint64_t gpa, uint64_t bytes, bool rearm)
{
	struct mezzo_flush flush = {0};

	m->table.ops->collect(&m->table, (struct mezzo_ipa){gpa}, pages(bytes), rearm, ignore_dirty,
			      NULL, &flush);
	m->table.ops->settle(&m->table, &flush, NULL, NULL);
}

void age(struct maker *m, uint64_t gpa, uint64_t bytes)
{
	struct mezzo_flush flush = {0};

	m->table.ops->age(&m->table, (struct mezzo_ipa){gpa}, pages(bytes), &flush);
	m->table.ops->settle(&m->table, &flush, NULL, NULL);
}

/* --- probes ------------------------------------------------------------------------------------ */

/* What the engine finds, and where in the machine's memory the entry of a leaf is; 0: no leaf. */
static uint64_t look(struct maker *m, uint64_t gpa, struct mezzo_leaf *leaf)
{
	const struct mezzo_table_ops *ops = m->table.ops;
	struct mezzo_claim claim;

	ops->lookup(&m->table, (struct mezzo_ipa){gpa}, leaf);
	if (leaf->state != MEZZO_ENTRY_LEAF)
		return 0;
	must(ops->hold(&m->table, (struct mezzo_ipa){gpa}, &claim) == MEZZO_OK, m->scene);
	ops->abandon(&m->table, &claim);
	return (uint64_t)(uintptr_t)claim.entry - m->platform.table_offset;
}

static void add(struct maker *m, const struct probe *probe, const struct answer *answer)
{
	must(m->count < PROBES_MAX, "too many probes");
	m->probes[m->count] = *probe;
	m->answers[m->count] = *answer;
	m->scenes[m->count++] = m->scene;
}

static void add_touch(struct maker *m, const struct touch *touch)
{
	struct mezzo_leaf leaf, walk_leaf;
	const uint64_t walk = touch->walk;
	const uint64_t entry = look(m, touch->gpa, &leaf);
	const uint64_t walk_entry = walk ? look(m, walk, &walk_leaf) : 0;

	m->options = touch->options;
	for (enum probe_access access = PROBE_READ; access <= PROBE_EXEC; access++) {
		const struct answer answer = expect(m, touch->gpa, access, &leaf,
						    walk ? &walk_leaf : NULL, walk, touch->watch);
		const struct probe one = {
			.root = m->table.root_pa.addr,
			.gpa = touch->gpa,
			.pa = answer.at,
			.walk = walk,
			.walk_pa = walk_entry ? walk_leaf.pa.addr : 0,
			.leaf = touch->watch ? walk_entry : entry,
			.access = access,
			.format = m->format,
			.levels = m->levels,
			.options = m->options | (walk ? PROBE_WALK : 0),
		};

		add(m, &one, &answer);
	}
}

void scene_close(struct maker *m)
{
	for (uint32_t i = 0; i < m->touch_count; i++)
		add_touch(m, &m->touches[i]);
	m->touch_count = 0;
}

void probe_walk(struct maker *m, uint64_t gpa, uint64_t walk, bool watch)
{
	must(m->touch_count < TOUCHES_MAX, m->scene);
	m->touches[m->touch_count++] = (struct touch){gpa, walk, m->options, watch};
}

void probe(struct maker *m, uint64_t gpa)
{
	probe_walk(m, gpa, 0, false);
}

void probe_edges(struct maker *m, uint64_t gpa, uint64_t bytes)
{
	probe(m, gpa - SLOT_BYTES);
	probe(m, gpa);
	probe(m, gpa + bytes - SLOT_BYTES);
	probe(m, gpa + bytes);
}

uint64_t *entry_at(struct maker *m, uint64_t gpa, int level)
{
	uint64_t table = m->table.root_pa.addr;

	for (int at = 4 - m->levels;; at++) {
		uint64_t *entries = (uint64_t *)(void *)(m->data + (table - DATA_PA));
		uint64_t *entry = &entries[gpa >> (12 + 9 * (3 - at)) & 511];

		if (at == level)
			return entry;
		table = *entry & 0x000ffffffffff000;
	}
}
