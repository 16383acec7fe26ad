/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's own memory types (x86): what faults are told of them, and which entries go when they
 * change.
 *
 * They exist twice, like the index. A change fills the ones that nobody looks at and shows them to
 * faults; then it takes away what has become wrong. A fault that has looked at the old ones makes no
 * entry any more where something was taken away since, or made it before, and then it went.
 */
#include "internal.h"

static const struct mezzo_guest_types *types_now(const struct mezzo_space *space)
{
	return &space->config.guest_types[atomic_load(&space->types_live)];
}

static void facts_of(const struct mezzo_guest_types *types, uint64_t ipa,
		     struct mezzo_x86_guest *guest)
{
	*guest = (struct mezzo_x86_guest){
		.honour_mtrr = true,
		.cr0_cd = types->cr0_cd,
		.mtrr = mezzo_x86_mtrr_at(&types->mtrr, ipa).type,
	};
}

static void facts_now(const struct mezzo_space *space, uint64_t ipa, struct mezzo_guest *guest)
{
	facts_of(types_now(space), ipa, &guest->x86);
}

static uint64_t orders_here(const struct mezzo_space *space, uint64_t ipa, uint64_t orders)
{
	const unsigned int top = 63u - (unsigned int)__builtin_clzll(orders);
	const unsigned int bound =
		mezzo_x86_mtrr_order(&types_now(space)->mtrr, (struct mezzo_ipa){ipa}, top);

	return orders & ((UINT64_C(2) << bound) - 1);
}

static bool is_possible(const struct mezzo_space *space)
{
	const struct mezzo_table *table = &space->table;

	for (unsigned int type = MEZZO_X86_STAGE2_UC; type <= MEZZO_X86_STAGE2_WB; type++)
		if (!table->ops->encode(table,
					&(struct mezzo_attr){.read = true, .type = (uint8_t)type}))
			return false;
	return mezzo_x86_mtrr_valid(&space->config.guest_types->mtrr);
}

const struct mezzo_guest_types_ops mezzo_guest_types_x86 = {
	.possible = is_possible,
	.facts = facts_now,
	.orders = orders_here,
};

/* --- a change --------------------------------------------------------------------------------- */

#define CHANGE_PIECES 512

struct change {
	struct mezzo_space *space;
	const struct mezzo_guest_types *before, *after;
	uint64_t at, limit;
};

static bool is_same(const struct mezzo_guest_types *a, const struct mezzo_guest_types *b)
{
	bool same = a->cr0_cd == b->cr0_cd && a->mtrr.count == b->mtrr.count &&
		    a->mtrr.pa_bits == b->mtrr.pa_bits && a->mtrr.def_type == b->mtrr.def_type;

	for (unsigned int i = 0; i < MEZZO_X86_MTRR_FIXED; i++)
		same &= a->mtrr.fixed[i] == b->mtrr.fixed[i];
	for (unsigned int i = 0; same && i < a->mtrr.count; i++)
		same &= a->mtrr.variable[i].base == b->mtrr.variable[i].base &&
			a->mtrr.variable[i].mask == b->mtrr.variable[i].mask;
	return same;
}

/* Go to the next address, within the limit, where the guest's types say something else. */
static bool next_change(struct change *c, uint64_t *end)
{
	struct mezzo_ipa from = {c->at};
	uint64_t pages;

	*end = c->limit;
	if (c->before->cr0_cd != c->after->cr0_cd)
		return c->at < c->limit;
	if (!mezzo_x86_mtrr_next_change(&c->before->mtrr, &c->after->mtrr, &from, c->limit, &pages))
		return false;
	c->at = from.addr;
	if (pages < bytes_to_pages(c->limit - c->at))
		*end = c->at + pages_to_bytes(pages);
	return true;
}

/* What an entry of the slot says under either. Accesses and frames have no part in the type. */
static uint8_t type_under(const struct change *c, const struct mezzo_guest_types *types,
			  const struct mezzo_slot *slot)
{
	const struct mezzo_object *object = slot->config.object;
	const struct mezzo_frame promised = {
		.state = object->contract.promise,
		.writable = object->contract.writable,
	};
	struct mezzo_decision decision;
	struct mezzo_facts facts;

	facts_gather(c->space, slot, c->at, object, &promised, &facts);
	facts.fault.kind = MEZZO_FAULT_MISSING;
	facts.fault.access = MEZZO_ACCESS_READ;
	facts_of(types, c->at, &facts.guest.x86);
	c->space->config.arch->decide(&facts, &decision);
	return decision.type;
}

/* How far both say of every address what they say of this one, and the slot reaches. */
static uint64_t run_end(const struct change *c, const struct mezzo_slot *slot, uint64_t end)
{
	const uint64_t before = mezzo_x86_mtrr_at(&c->before->mtrr, c->at).last;
	const uint64_t after = mezzo_x86_mtrr_at(&c->after->mtrr, c->at).last;
	const uint64_t last = before < after ? before : after;
	const unsigned int order = slot->clean_after ? MEZZO_ORDER_2M : MEZZO_ORDER_1G;
	const uint64_t piece = (c->at | (mezzo_order_bytes(order) - 1)) + 1;

	if (slot_end(slot) < end)
		end = slot_end(slot);
	if (piece < end)
		end = piece;
	return last < end - 1 ? last + 1 : end;
}

/* One slot, or a piece of it. Returns how many pages went. */
static uint64_t change_piece(struct change *c, const struct mezzo_slot *slot, uint64_t end)
{
	uint64_t taken = 0;

	if (slot->config.ipa.addr > c->at)
		c->at = slot->config.ipa.addr;
	end = run_end(c, slot, end);
	/* Where devices are not done yet it stays to be done, and enough for this call. */
	if (type_under(c, c->before, slot) != type_under(c, c->after, slot) &&
	    zap(c->space, (struct mezzo_ipa){c->at}, bytes_to_pages(end - c->at), &taken))
		return 1;
	c->at = end;
	return taken;
}

/* A bounded piece. True: nothing is left that the old types gave. */
static bool change_goes_on(struct mezzo_space *space)
{
	const uint32_t live = atomic_load(&space->types_live);
	struct change c = {
		.space = space,
		.before = &space->config.guest_types[!live],
		.after = &space->config.guest_types[live],
		.at = space->types_done.addr,
		.limit = UINT64_C(1) << space->config.ipa_bits,
	};
	uint64_t end, taken = 0;

	for (unsigned int i = 0; i < CHANGE_PIECES && !taken; i++) {
		const struct mezzo_slot *slot;

		if (!next_change(&c, &end)) {
			c.at = c.limit;
			break;
		}
		slot = slot_first(space, c.at, end);
		if (slot)
			taken = change_piece(&c, slot, end);
		else
			c.at = end;
	}
	space->types_done.addr = c.at;
	space->types_changing = c.at < c.limit;
	return !space->types_changing;
}

static int change_locked(struct mezzo_space *space, const struct mezzo_guest_types *to)
{
	const uint32_t live = atomic_load(&space->types_live);

	if (space->types_changing && !change_goes_on(space))
		return MEZZO_ERR_AGAIN;
	if (is_same(&space->config.guest_types[live], to))
		return MEZZO_OK;
	if (!walkers_left(space, space->types_retired_at))
		return MEZZO_ERR_AGAIN;
	space->config.guest_types[!live] = *to;
	atomic_store(&space->types_live, !live);
	space->types_retired_at = walkers_stamp(space);
	space->types_done.addr = 0;
	space->types_changing = true;
	return change_goes_on(space) ? MEZZO_OK : MEZZO_ERR_AGAIN;
}

int mezzo_guest_types_change(struct mezzo_space *space, const struct mezzo_guest_types *to)
{
	const struct mezzo_platform *platform = space->config.platform;
	int status;

	if (!space->config.guest_types || !mezzo_x86_mtrr_valid(&to->mtrr))
		return MEZZO_ERR_INVALID;
	platform->lock(platform->ctx, &space->lock);
	status = change_locked(space, to);
	platform->unlock(platform->ctx, &space->lock);
	return status;
}
