/* SPDX-License-Identifier: BSD-2-Clause */
/* What a space needs elsewhere; and the same as text, for whoever is elsewhere. */
#include <mezzo/admit.h>

#include "internal.h"

/* --- of a space -------------------------------------------------------------------------------- */

/* What the rule lets the guest reach here; a slot that is there was accepted. */
static uint8_t effective(const struct mezzo_space *space, const struct mezzo_slot *slot)
{
	const struct mezzo_frame promised = {
		.state = slot->config.object->contract.promise,
		.writable = slot->config.object->contract.writable,
	};
	struct mezzo_decision decision;
	struct mezzo_facts facts;

	facts_gather(space, slot, slot->config.ipa.addr, slot->config.object, &promised, &facts);
	facts.fault.kind = MEZZO_FAULT_MISSING;
	facts.fault.access = MEZZO_ACCESS_READ;
	space->config.arch->decide(&facts, &decision);
	return decision.effective;
}

static void fill(const struct mezzo_space *space, const struct mezzo_slot *slot,
		 struct mezzo_slot_needs *needs)
{
	*needs = (struct mezzo_slot_needs){
		.id = slot->config.id,
		.flags = slot->config.flags,
		.ipa = slot->config.ipa,
		.pages = slot->config.pages,
		.contract = slot->config.object->contract,
		.effective = effective(space, slot),
	};
}

int mezzo_space_requirements(struct mezzo_space *space, struct mezzo_requirements *needs,
			     struct mezzo_slot_needs *slots, uint32_t room)
{
	const struct mezzo_platform *platform = space->config.platform;
	uint32_t count = 0;

	needs->family = space->config.arch->family;
	needs->ipa_bits = space->config.ipa_bits;
	needs->mte = atomic_load(&space->mte);
	needs->slots = slots;
	platform->lock(platform->ctx, &space->lock);
	for (struct mezzo_slot *slot = slot_first(space, 0, UINT64_MAX); slot;
	     slot = slot_next(space, slot, UINT64_MAX), count++)
		if (count < room)
			fill(space, slot, &slots[count]);
	platform->unlock(platform->ctx, &space->lock);
	needs->count = count;
	return count <= room ? MEZZO_OK : MEZZO_ERR_LIMIT;
}

void mezzo_space_machine_facts(const struct mezzo_space *space, struct mezzo_machine_facts *facts)
{
	*facts = (struct mezzo_machine_facts){
		.size = sizeof(*facts),
		.machine = space->config.machine,
		.ipa_bits = space->table.ipa_bits,
		.page_shift = space->table.page_shift,
		.orders = space->table.orders,
		.direct = space->config.platform->direct,
	};
}

/* --- as text ----------------------------------------------------------------------------------- */

struct text {
	mezzo_text_fn *put;
	void *arg;
	const char *joint; /* before the next value, in an object or a list */
};

static void put(struct text *text, const char *piece)
{
	text->put(text->arg, piece);
}

/* A value follows. */
static void join(struct text *text)
{
	put(text, text->joint);
	text->joint = ", ";
}

static void put_key(struct text *text, const char *name)
{
	join(text);
	put(text, "\"");
	put(text, name);
	put(text, "\": ");
}

static void put_digits(struct text *text, uint64_t value, unsigned int base)
{
	char digits[24], *at = &digits[sizeof(digits) - 1];

	*at = '\0';
	do
		*--at = "0123456789abcdef"[value % base];
	while (value /= base);
	put(text, at);
}

static void put_number(struct text *text, const char *name, uint64_t value)
{
	put_key(text, name);
	put_digits(text, value, 10);
}

/* As text: JSON has no hexadecimal. */
static void put_address(struct text *text, const char *name, uint64_t value)
{
	put_key(text, name);
	put(text, "\"0x");
	put_digits(text, value, 16);
	put(text, "\"");
}

static void put_bool(struct text *text, const char *name, bool value)
{
	put_key(text, name);
	put(text, value ? "true" : "false");
}

static void put_word(struct text *text, const char *name, const char *word)
{
	put_key(text, name);
	put(text, "\"");
	put(text, word);
	put(text, "\"");
}

static void put_classes(struct text *text, const char *name, uint8_t set)
{
	put_key(text, name);
	put(text, "[");
	text->joint = "";
	for (unsigned int one = MEZZO_CLASS_DEVICE; one <= MEZZO_CLASS_WB; one <<= 1) {
		if (!(set & one))
			continue;
		join(text);
		put(text, "\"");
		put(text, mezzo_class_name((enum mezzo_class)one));
		put(text, "\"");
	}
	put(text, "]");
	text->joint = ", ";
}

#define NEXT_LINE ",\n\t\t "

static void put_contract(struct text *text, const struct mezzo_contract *c)
{
	text->joint = NEXT_LINE;
	put_word(text, "aliases", mezzo_aliases_name((enum mezzo_aliases)c->aliases));
	put_classes(text, "allow", c->allow);
	put_word(text, "maintenance",
		 mezzo_maintenance_name((enum mezzo_maintenance)c->maintenance));
	put_word(text, "dma", mezzo_dma_name((enum mezzo_dma)c->dma));
	text->joint = NEXT_LINE;
	put_word(text, "content", mezzo_content_name((enum mezzo_content)c->promise.data));
	put_word(text, "tag_content", mezzo_content_name((enum mezzo_content)c->promise.tags));
	put_word(text, "lines", mezzo_lines_name((enum mezzo_lines)c->promise.lines));
	text->joint = NEXT_LINE;
	put_bool(text, "tags", c->tag_storage);
	put_bool(text, "writable", c->writable);
	put_bool(text, "private", c->is_private);
	put_bool(text, "mmio", c->mmio);
}

static void put_slot(struct text *text, const struct mezzo_slot_needs *slot)
{
	join(text);
	put(text, "\n\t\t{");
	text->joint = "";
	put_number(text, "id", slot->id);
	put_address(text, "ipa", slot->ipa.addr);
	put_number(text, "pages", slot->pages);
	text->joint = NEXT_LINE;
	put_bool(text, "read_only", slot->flags & MEZZO_SLOT_FLAG_READ_ONLY);
	put_bool(text, "log_dirty", slot->flags & MEZZO_SLOT_FLAG_LOG_DIRTY);
	put_bool(text, "starts_dirty", slot->flags & MEZZO_SLOT_FLAG_STARTS_DIRTY);
	put_contract(text, &slot->contract);
	text->joint = NEXT_LINE;
	if (slot->effective)
		put_classes(text, "held_to", slot->effective);
	put_number(text, "block_bytes", mezzo_order_bytes(slot->contract.max_order));
	put_number(text, "min_block_bytes", mezzo_order_bytes(slot->min_order));
	put(text, "}");
	text->joint = ",";
}

void mezzo_requirements_write(const struct mezzo_requirements *needs, mezzo_text_fn *fn, void *arg)
{
	struct text text = {fn, arg, ""};

	put(&text, "{\n\t");
	put_word(&text, "format", "mezzo-requirements");
	text.joint = ",\n\t";
	put_word(&text, "arch", mezzo_family_name((enum mezzo_family)needs->family));
	put_number(&text, "ipa_bits", needs->ipa_bits);
	put_bool(&text, "mte", needs->mte);
	put_bool(&text, "told_idc", needs->told_idc);
	put_bool(&text, "told_dic", needs->told_dic);
	text.joint = ",\n\t";
	put_key(&text, "slots");
	put(&text, "[");
	text.joint = "";
	for (uint32_t i = 0; i < needs->count; i++)
		put_slot(&text, &needs->slots[i]);
	put(&text, "\n\t]\n}\n");
}
