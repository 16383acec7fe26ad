/* SPDX-License-Identifier: BSD-2-Clause */
#include "table_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void note(struct rig *rig, const char *format, ...)
{
	size_t used = strlen(rig->log);
	va_list args;

	if (used && used + 1 < sizeof(rig->log))
		rig->log[used++] = ' ';
	va_start(args, format);
	vsnprintf(rig->log + used, sizeof(rig->log) - used, format, args);
	va_end(args);
	if (rig->at_event)
		rig->at_event(rig, rig->at_event_arg);
}

static void *table_alloc(void *ctx, size_t bytes)
{
	struct rig *rig = ctx;

	return rig->hosted.platform.table_alloc(&rig->hosted, bytes);
}

static void table_free(void *ctx, void *table, size_t bytes)
{
	struct rig *rig = ctx;

	rig->hosted.platform.table_free(&rig->hosted, table, bytes);
}

static void entry(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, unsigned int level)
{
	assert_int_equal(vmid, RIG_VMID);
	note(ctx, "ENTRY(%#llx,L%u)", (unsigned long long)ipa.addr, level);
}

static void range(void *ctx, uint16_t vmid, struct mezzo_ipa ipa, uint64_t pages,
		  unsigned int level)
{
	assert_int_equal(vmid, RIG_VMID);
	note(ctx, "RANGE(%#llx+%llu,L%u)", (unsigned long long)ipa.addr, (unsigned long long)pages,
	     level);
}

static void combined(void *ctx, uint16_t vmid)
{
	assert_int_equal(vmid, RIG_VMID);
	note(ctx, "COMBINED");
}

static void space(void *ctx, uint16_t vmid)
{
	assert_int_equal(vmid, RIG_VMID);
	note(ctx, "SPACE");
}

static void barrier(void *ctx, enum mezzo_barrier kind)
{
	static const char *const name[] = {"TABLES", "COMPLETE", "CONTEXT"};

	note(ctx, "%s", name[kind]);
}

static void icache(void *ctx)
{
	note(ctx, "ICACHE");
}

static void spin(void *ctx)
{
	(void)ctx;
	fail_msg("nobody else is here to wait for");
}

void rig_visit(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	assert_int_equal(leaf->state, MEZZO_ENTRY_OWED);
	assert_true(leaf->attr.clean_after);
	note(arg, "VISIT(%#llx)", (unsigned long long)ipa.addr);
}

static bool is_x86(const struct mezzo_table_ops *ops)
{
	return ops == &mezzo_ept_ops || ops == &mezzo_npt_ops;
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
	struct mezzo_table_config config = {
		.size = sizeof(config),
		.platform = &rig->platform,
		.ipa_bits = options->ipa_bits ? options->ipa_bits : 40,
		.pa_bits = options->pa_bits ? options->pa_bits : 48,
		.vmid = RIG_VMID,
		.fwb = options->fwb,
		.mte_perm = options->mte_perm,
		.dic = options->dic,
		.x86 = {.levels = options->levels ? options->levels : 4,
			.host_pat = options->host_pat ? options->host_pat : RIG_HOST_PAT},
		.features = options->features,
	};

	memset(rig, 0, sizeof(*rig));
	assert_int_equal(mezzo_hosted_init(&rig->hosted, NULL), MEZZO_OK);
	rig->platform = (struct mezzo_platform){
		.size = sizeof(rig->platform),
		.ctx = rig,
		.table_alloc = table_alloc,
		.table_free = table_free,
		.tlb_invalidate_entry = is_x86(options->ops) ? NULL : entry,
		.tlb_invalidate_range = is_x86(options->ops) || options->no_range ? NULL : range,
		.tlb_invalidate_combined = is_x86(options->ops) ? NULL : combined,
		.tlb_invalidate_space = space,
		.barrier = barrier,
		.icache_invalidate = icache,
		.relax = spin,
	};
	rig->ops = options->ops ? options->ops : &mezzo_stage2_ops;
	rig->levels = config.x86.levels;
	assert_int_equal(rig->ops->init(&rig->table, &config), MEZZO_OK);
	rig->log[0] = '\0';
}

void rig_close(struct rig *rig)
{
	const uint64_t tables = rig_root_tables(rig);

	rig->ops->stock_drain(&rig->table, &rig->stock);
	rig->ops->fini(&rig->table);
	assert_int_equal(rig_tables(rig), tables);
	assert_int_equal(rig->hosted.counts.table_bytes, 0);
}

const char *rig_take_log(struct rig *rig, char text[RIG_LOG_BYTES])
{
	memcpy(text, rig->log, RIG_LOG_BYTES);
	rig->log[0] = '\0';
	return text;
}

struct mezzo_attr rig_attr(enum mezzo_arm64_stage2 type)
{
	return (struct mezzo_attr){
		.type = (uint8_t)type,
		.read = true,
		.write = true,
		.exec = true,
		.accessed = true,
	};
}

bool rig_attr_equal(const struct mezzo_attr *a, const struct mezzo_attr *b)
{
	return a->type == b->type && a->read == b->read && a->write == b->write &&
	       a->exec == b->exec && a->no_tag_access == b->no_tag_access &&
	       a->clean_after == b->clean_after && a->accessed == b->accessed &&
	       a->exec_for == b->exec_for && a->logged == b->logged && a->dirty == b->dirty;
}

void rig_map(struct rig *rig, uint64_t ipa, uint64_t pa, unsigned int order, struct mezzo_attr attr)
{
	assert_int_equal(rig->ops->stock_fill(&rig->table, &rig->stock), MEZZO_OK);
	assert_int_equal(rig->ops->map(&rig->table, &rig->stock, (struct mezzo_ipa){ipa},
				       (struct mezzo_pa){pa}, order, &attr),
			 MEZZO_OK);
}

void rig_map_many(struct rig *rig, uint64_t ipa, uint64_t pa, unsigned int order,
		  unsigned int count, struct mezzo_attr attr)
{
	for (unsigned int i = 0; i < count; i++)
		rig_map(rig, ipa + i * mezzo_order_bytes(order), pa + i * mezzo_order_bytes(order),
			order, attr);
	rig->log[0] = '\0';
}

static void ignore(void *arg, struct mezzo_ipa ipa, const struct mezzo_leaf *leaf)
{
	(void)arg, (void)ipa, (void)leaf;
}

void rig_unmap(struct rig *rig, uint64_t ipa, uint64_t pages, bool prune)
{
	struct mezzo_flush flush = {0};

	assert_int_equal(rig->ops->unmap(&rig->table, (struct mezzo_ipa){ipa}, pages, prune,
					 &flush),
			 MEZZO_OK);
	rig->ops->settle(&rig->table, &flush, ignore, NULL);
	rig->ops->reclaim(&rig->table);
	rig->log[0] = '\0';
}

struct mezzo_leaf rig_lookup(struct rig *rig, uint64_t ipa)
{
	struct mezzo_leaf leaf;

	rig->ops->lookup(&rig->table, (struct mezzo_ipa){ipa}, &leaf);
	return leaf;
}

void rig_expect_leaf(struct rig *rig, uint64_t ipa, unsigned int order, uint64_t pa,
		     struct mezzo_attr attr)
{
	struct mezzo_leaf leaf = rig_lookup(rig, ipa);

	assert_int_equal(leaf.state, MEZZO_ENTRY_LEAF);
	assert_int_equal(leaf.order, order);
	assert_int_equal(leaf.pa.addr, pa);
	assert_true(rig_attr_equal(&leaf.attr, &attr));
}

void rig_expect_state(struct rig *rig, uint64_t ipa, enum mezzo_entry_state state)
{
	assert_int_equal(rig_lookup(rig, ipa).state, state);
}

static unsigned int level_shift(const struct rig *rig, int level)
{
	const unsigned int page_shift = rig->table.page_shift;

	return page_shift + (page_shift - 3) * (unsigned int)(3 - level);
}

/* Tables of ours lie below 2^48, where every geometry has the address in place. */
static void *next_table(const struct rig *rig, uint64_t value)
{
	const uint64_t mask = (UINT64_C(1) << 48) - (UINT64_C(1) << rig->table.page_shift);

	return (void *)(uintptr_t)(value & mask);
}

/* Is it a table, above the last level? As the manuals have it. */
static bool leads_down(const struct rig *rig, uint64_t value)
{
	if (!is_x86(rig->ops))
		return (value & 3) == 3;
	return (value & (rig->ops == &mezzo_ept_ops ? 0x407 : 1)) && !(value >> 7 & 1);
}

static void dump_table(const struct rig *rig, struct rig_dump *dump, const void *table,
		       size_t entries, int level, uint64_t ipa)
{
	const uint64_t bytes = UINT64_C(1) << level_shift(rig, level);
	const _Atomic uint64_t *at = table;

	for (size_t i = 0; i < entries; i++, ipa += bytes) {
		uint64_t value = atomic_load((_Atomic uint64_t *)&at[i]);

		if (value == rig->table.empty)
			continue;
		if (dump->count == dump->room) {
			dump->room = dump->room ? 2 * dump->room : 1024;
			dump->entry = realloc(dump->entry, dump->room * sizeof(*dump->entry));
			assert_non_null(dump->entry);
		}
		dump->entry[dump->count].ipa = ipa;
		dump->entry[dump->count].value = value;
		dump->entry[dump->count++].level = level;
		if (level < 3 && leads_down(rig, value))
			dump_table(rig, dump, next_table(rig, value),
				   (size_t)1 << (rig->table.page_shift - 3), level + 1, ipa);
	}
}

void rig_dump(const struct rig *rig, struct rig_dump *dump)
{
	*dump = (struct rig_dump){0};
	dump_table(rig, dump, rig->table.root, rig->table.root_bytes / 8, rig->table.start_level,
		   0);
}

/* The entry of @level on the way to @ipa, or the one at which the walk ends before. */
static _Atomic uint64_t *find_entry(const struct rig *rig, uint64_t ipa, int *level)
{
	const uint64_t mask = (UINT64_C(1) << (rig->table.page_shift - 3)) - 1;
	_Atomic uint64_t *entry = rig->table.root;
	int at = rig->table.start_level;

	entry += ipa >> level_shift(rig, at);
	while (at < *level && leads_down(rig, *entry)) {
		_Atomic uint64_t *next = next_table(rig, *entry);

		at++;
		entry = &next[ipa >> level_shift(rig, at) & mask];
	}
	*level = at;
	return entry;
}

uint64_t rig_raw(const struct rig *rig, uint64_t ipa, int level)
{
	int found = level;
	const _Atomic uint64_t *entry = find_entry(rig, ipa, &found);

	return found == level ? *entry : 0;
}

_Atomic uint64_t *rig_entry(const struct rig *rig, uint64_t ipa, int level)
{
	int found = level;
	_Atomic uint64_t *entry = find_entry(rig, ipa, &found);

	assert_int_equal(found, level);
	return entry;
}

/* EPT: flags in 8 and 9; NPT: in 5 and 6. Both have write permission in bit 1. */
static bool note_x86(const struct rig *rig, _Atomic uint64_t *entry, int level, bool write)
{
	const bool ept = rig->ops == &mezzo_ept_ops;
	const uint64_t value = *entry;

	if (!(value & (ept ? 0x407 : 1)) || (level < 3 && leads_down(rig, value)))
		return false;
	if (write && !(value >> 1 & 1))
		return false;
	*entry = value | (write ? UINT64_C(3) : UINT64_C(1)) << (ept ? 8 : 5);
	return true;
}

bool rig_note_access(struct rig *rig, uint64_t ipa, bool write)
{
	const struct mezzo_table_features *features = &rig->table.features;
	int level = 3;
	_Atomic uint64_t *entry = find_entry(rig, ipa, &level);
	uint64_t value = *entry;
	const bool dbm = value >> 51 & 1;

	if (is_x86(rig->ops))
		return note_x86(rig, entry, level, write);
	if (!(value & 1) || (level < 3 && (value & 2)) || !features->access)
		return false;
	if (write && !(value >> 7 & 1) && !(dbm && features->dirty))
		return false;
	*entry = value | UINT64_C(1) << 10 | (write ? UINT64_C(1) << 7 : 0);
	return true;
}

void rig_dump_free(struct rig_dump *dump)
{
	free(dump->entry);
}

bool rig_dump_equal(const struct rig_dump *a, const struct rig_dump *b)
{
	return a->count == b->count &&
	       (!a->count || !memcmp(a->entry, b->entry, a->count * sizeof(*a->entry)));
}

uint64_t rig_tables(const struct rig *rig)
{
	return atomic_load((_Atomic uint64_t *)&rig->table.tables);
}

uint64_t rig_root_tables(const struct rig *rig)
{
	return (rig->table.root_bytes >> rig->table.page_shift) + rig->table.above_count;
}

const struct rig_geometry rig_geometries[RIG_GEOMETRIES] = {
	{"4K plain", &mezzo_stage2_ops, 12, 48, 3, {0, 9, 18}, {0}, true},
	{"4K", &mezzo_stage2_4k_ops, 12, 48, 3, {0, 9, 18}, {4, 13, 22}, false},
	{"4K LPA2", &mezzo_stage2_4k_lpa2_ops, 12, 52, 4, {0, 9, 18, 27}, {4, 13, 22}, false},
	{"16K", &mezzo_stage2_16k_ops, 14, 48, 2, {2, 13}, {9, 18}, false},
	{"16K LPA2", &mezzo_stage2_16k_lpa2_ops, 14, 52, 3, {2, 13, 24}, {9, 18}, false},
	{"64K", &mezzo_stage2_64k_ops, 16, 52, 3, {4, 17, 30}, {9, 22}, false},
	{"EPT", &mezzo_ept_ops, 12, 52, 3, {0, 9, 18}, {0}, true},
	{"NPT", &mezzo_npt_ops, 12, 52, 3, {0, 9, 18}, {0}, true},
};

static unsigned int step_of(const struct rig_geometry *geometry, unsigned int order)
{
	for (unsigned int i = 0; i < geometry->orders; i++) {
		if (order == geometry->order[i] || (order && order == geometry->group[i]))
			return i;
	}
	fail_msg("%s has no leaf of order %u", geometry->name, order);
	return 0;
}

int rig_level(const struct rig_geometry *geometry, unsigned int order)
{
	return 3 - (int)step_of(geometry, order);
}

unsigned int rig_entry_order(const struct rig_geometry *geometry, unsigned int order)
{
	return geometry->order[step_of(geometry, order)];
}

void rig_check(const struct rig *rig, uint64_t held)
{
	const size_t room = rig_tables(rig) + 1;
	uint64_t *seen = malloc(room * sizeof(*seen));
	struct mezzo_table_report report;

	assert_non_null(seen);
	if (!mezzo_table_check(&rig->table, seen, room, &report))
		fail_msg("%s: level %d, IPA %#llx: %#llx",
			 mezzo_table_flaw_name((enum mezzo_table_flaw)report.flaw), report.level,
			 (unsigned long long)report.ipa.addr, (unsigned long long)report.entry);
	free(seen);
	assert_int_equal(report.held, held);
}
