/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translations that some CPU may use. A stage-2 entry may be there as long as a walk can find
 * its descriptor, and after that until an invalidation issued later has taken effect. A combined
 * entry may be there as long as the stage-2 entry it is made from, and after that until an
 * invalidation of combined entries issued later has taken effect. Walk caches hold tables alike.
 */
#include "internal.h"

static unsigned int hash(uint16_t vmid, uint64_t ipa, unsigned int level)
{
	uint64_t key = (ipa >> MEZZO_PAGE_SHIFT) * 4 + level + ((uint64_t)vmid << 40);

	return (unsigned int)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 54) % TRANSLATION_HASH;
}

static bool live(const struct translation *t)
{
	return t->stage2 || t->combined;
}

static uint64_t span(const struct translation *t)
{
	return level_bytes(t->level);
}

void tlb_create(struct mezzo_model *model)
{
	for (unsigned int i = 0; i < TRANSLATION_HASH; i++)
		model->tlb->hash[i] = -1;
	model->tlb->count = 0;
	model->tlb->free = -1;
}

struct way translation_way(const struct mezzo_model *model, const struct translation *t,
			   const struct frame *frame, enum mezzo_class stage1)
{
	return model->format->way(model, t->space, &t->entry, frame, stage1);
}

/* Count a leaf's frames in or out as reachable, cacheable, executable. */
static void count_frames(struct mezzo_model *model, const struct translation *t, int by)
{
	uint64_t pa = t->entry.pa;

	for (uint64_t end = pa + span(t); pa < end; pa += MEZZO_PAGE_BYTES) {
		struct frame *frame = model_frame(model, pa);

		if (!frame)
			continue;
		if (by < 0)
			frame_settle(model, frame);
		frame->reach[t->space] = (uint16_t)(frame->reach[t->space] + by);
		if (translation_class(model, t, frame, MEZZO_CLASS_WB) == MEZZO_CLASS_WB)
			frame->cacheable[t->space] = (uint16_t)(frame->cacheable[t->space] + by);
		if (translation_class(model, t, frame, MEZZO_CLASS_DEVICE) == MEZZO_CLASS_WB)
			frame->forced = (uint16_t)(frame->forced + by);
		if (t->entry.exec)
			frame->exec = (uint16_t)(frame->exec + by);
	}
}

static bool conflict(const struct mezzo_model *model, const struct translation *a,
		     const struct translation *b)
{
	if (a->table && b->table)
		return a->level == b->level && a->desc != b->desc;
	if (a->table || b->table) {
		const struct translation *table = a->table ? a : b;
		const struct translation *leaf = a->table ? b : a;

		return table->level >= leaf->level;
	}
	return a->level != b->level || (a->desc ^ b->desc) & ~model->format->live;
}

static void check_conflicts(struct mezzo_model *model, const struct translation *t)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		const struct translation *other = &model->tlb->entry[i];

		if (other == t || !live(other) || other->vmid != t->vmid ||
		    other->ipa >= t->ipa + span(t) || t->ipa >= other->ipa + span(other) ||
		    !conflict(model, t, other))
			continue;
		mezzo_model_fail(
			model, MEZZO_MODEL_TLB_CONFLICT,
			"IPA %#llx of VMID %u: a TLB may hold both %#llx (level %u) and %#llx (level %u)",
			(unsigned long long)t->ipa, t->vmid, (unsigned long long)other->desc,
			other->level, (unsigned long long)t->desc, t->level);
		return;
	}
}

static struct translation *lookup(struct mezzo_model *model, uint16_t vmid, unsigned int level,
				  uint64_t ipa, uint64_t desc, bool table)
{
	struct tlb *tlb = model->tlb;

	for (int32_t i = tlb->hash[hash(vmid, ipa, level)]; i >= 0; i = tlb->entry[i].next) {
		struct translation *t = &tlb->entry[i];

		if (t->vmid == vmid && t->level == level && t->ipa == ipa && t->desc == desc &&
		    t->table == table)
			return t;
	}
	return NULL;
}

static struct translation *insert(struct mezzo_model *model, const struct translation *new)
{
	struct tlb *tlb = model->tlb;
	unsigned int bucket = hash(new->vmid, new->ipa, new->level);
	int32_t i = tlb->free;

	if (i >= 0) {
		tlb->free = tlb->entry[i].next;
	} else if (tlb->count < TRANSLATIONS) {
		i = tlb->count++;
	} else {
		mezzo_model_fail(model, MEZZO_MODEL_TEST_ERROR, "too many translations");
		return NULL;
	}
	tlb->entry[i] = *new;
	tlb->entry[i].next = tlb->hash[bucket];
	tlb->hash[bucket] = i;
	return &tlb->entry[i];
}

static void bury(struct mezzo_model *model, struct translation *t)
{
	struct tlb *tlb = model->tlb;
	int32_t self = (int32_t)(t - tlb->entry);
	int32_t *link = &tlb->hash[hash(t->vmid, t->ipa, t->level)];

	if (!t->table)
		count_frames(model, t, -1);
	while (*link != self)
		link = &tlb->entry[*link].next;
	*link = t->next;
	t->next = tlb->free;
	tlb->free = self;
}

static void be_born(struct mezzo_model *model, struct translation *t)
{
	check_conflicts(model, t);
	if (t->table)
		return;
	count_frames(model, t, 1);
	judge_translation(model, t);
}

void tlb_walk_begin(struct mezzo_model *model)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		struct translation *t = &model->tlb->entry[i];

		/* Until shown otherwise, what was rooted has just ceased to be. */
		if (t->rooted)
			t->rooted_until = model->now;
		t->rooted = false;
		t->found = false;
	}
}

void tlb_found(struct mezzo_model *model, unsigned int space, unsigned int level, uint64_t ipa,
	       uint64_t desc, const struct entry *entry, bool rooted)
{
	uint16_t vmid = model->space[space].config.vmid;
	uint64_t key = desc & ~model->format->ignored;
	bool table = entry->kind == ENTRY_TABLE;
	struct translation *t = lookup(model, vmid, level, ipa, key, table);
	bool born = !t;

	if (born) {
		struct translation new = {
			.ipa = ipa,
			.desc = key,
			.entry = *entry,
			.vmid = vmid,
			.space = (uint8_t)space,
			.level = (uint8_t)level,
			.table = table,
		};

		t = insert(model, &new);
		if (!t)
			return;
	}
	t->rooted |= rooted;
	t->found = true;
	t->stage2 = true;
	t->combined = !table;
	if (born)
		be_born(model, t);
}

struct translation *tlb_next(struct mezzo_model *model, unsigned int space, uint64_t ipa,
			     bool table, int32_t *at)
{
	while (*at < model->tlb->count) {
		struct translation *t = &model->tlb->entry[(*at)++];

		if (live(t) && t->table == table && t->space == space && ipa >= t->ipa &&
		    ipa - t->ipa < span(t))
			return t;
	}
	return NULL;
}

bool tlb_holds_table(struct mezzo_model *model, uint64_t pa, uint64_t bytes)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		const struct translation *t = &model->tlb->entry[i];

		if (t->table && live(t) && t->entry.pa - pa < bytes)
			return true;
	}
	return false;
}

/*
 * What an operation reaches. A level hint is only guaranteed to reach leaves of that level and
 * tables above it.
 */
static bool matches(const struct op *op, const struct translation *t)
{
	uint64_t bytes =
		op->kind == MEZZO_MODEL_TLB_ENTRY ? MEZZO_PAGE_BYTES : op->pages * MEZZO_PAGE_BYTES;

	if (t->vmid != op->vmid)
		return false;
	if (op->kind == MEZZO_MODEL_TLB_SPACE)
		return true;
	if (op->ipa >= t->ipa + span(t) || t->ipa >= op->ipa + bytes)
		return false;
	if (op->level == MEZZO_LEVEL_ANY)
		return true;
	return t->table ? t->level < op->level : t->level == op->level;
}

static bool gone_before(const struct translation *t, uint64_t issued)
{
	return !t->rooted && t->rooted_until < issued;
}

static void settle_death(struct mezzo_model *model, struct translation *t)
{
	if (!live(t))
		bury(model, t);
}

static void invalidate_tables(struct mezzo_model *model, const struct op *op)
{
	bool any = false;

	for (int32_t i = 0; i < model->tlb->count; i++) {
		struct translation *t = &model->tlb->entry[i];

		if (!t->table || !live(t) || !matches(op, t) || !gone_before(t, op->issued))
			continue;
		t->stage2 = false;
		settle_death(model, t);
		any = true;
	}
	/* Leaves below them may now be out of every walker's reach. */
	if (any)
		walk_all(model);
}

static void invalidate_stage2(struct mezzo_model *model, const struct op *op)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		struct translation *t = &model->tlb->entry[i];

		if (t->table || !live(t) || !matches(op, t) || t->found ||
		    !gone_before(t, op->issued))
			continue;
		if (t->stage2)
			t->stage2_until = model->now;
		t->stage2 = false;
		if (op->kind == MEZZO_MODEL_TLB_SPACE)
			t->combined = false;
		settle_death(model, t);
	}
}

static void invalidate_combined(struct mezzo_model *model, const struct op *op)
{
	for (int32_t i = 0; i < model->tlb->count; i++) {
		struct translation *t = &model->tlb->entry[i];

		if (t->table || !live(t) || t->vmid != op->vmid || t->stage2 ||
		    t->stage2_until >= op->issued)
			continue;
		t->combined = false;
		settle_death(model, t);
	}
}

void tlb_invalidate(struct mezzo_model *model, const struct op *op)
{
	if (op->kind == MEZZO_MODEL_TLB_COMBINED) {
		invalidate_combined(model, op);
		return;
	}
	invalidate_tables(model, op);
	invalidate_stage2(model, op);
}
