/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about an address: what stands there, and what a fault would be
 * answered. */
#include "internal.h"

int slot_resolve(const struct mezzo_slot *slot, uint8_t view, uint64_t offset, bool write,
		 struct mezzo_object **object, struct mezzo_frame *frame)
{
	struct mezzo_object *own = slot->config.object, *shared = slot->config.shared;
	int status = MEZZO_ERR_NOENT;

	*object = own;
	if (view == MEZZO_VIEW_ANY || own->contract.is_private == (view == MEZZO_VIEW_PRIVATE))
		status = own->ops->resolve(own, offset, write, frame);
	if (status != MEZZO_ERR_NOENT || !shared)
		return status;
	if (view == MEZZO_VIEW_PRIVATE) {
		*object = shared;
		return status;
	}
	status = shared->ops->resolve(shared, offset, write, frame);
	if (status != MEZZO_ERR_NOENT)
		*object = shared;
	else if (view == MEZZO_VIEW_ANY)
		status = MEZZO_ERR_AGAIN; /* it has changed its view between the two questions */
	return status;
}

void facts_gather(const struct mezzo_space *space, const struct mezzo_slot *slot, uint64_t ipa,
		  const struct mezzo_object *object, const struct mezzo_frame *frame,
		  struct mezzo_facts *facts)
{
	*facts = (struct mezzo_facts){
		.memory = object->contract,
		.frame = frame->state,
		.machine = space->config.machine,
		.guest.mte = atomic_load(&space->mte),
		.guest.dirty_log = slot->config.flags & MEZZO_SLOT_FLAG_LOG_DIRTY,
		.fault.slot = slot->config.flags & MEZZO_SLOT_FLAG_READ_ONLY
				      ? MEZZO_SLOT_READ_ONLY
				      : MEZZO_SLOT_READ_WRITE,
	};
	facts->memory.writable = facts->memory.writable && frame->writable;
	if (space->config.guest_types)
		space->config.arch->guest_types->facts(space, ipa, &facts->guest);
}

void mezzo_space_query(struct mezzo_space *space, uint32_t vcpu, struct mezzo_ipa ipa,
		       struct mezzo_mapping *mapping)
{
	struct mezzo_slot *slot;

	*mapping = (struct mezzo_mapping){0};
	walker_enter(space, &space->config.vcpus[vcpu]);
	slot = slot_find(space, ipa.addr);
	if (slot) {
		mapping->slot = true;
		mapping->slot_id = slot->config.id;
		mapping->slot_flags = slot->config.flags;
		mapping->object = slot->config.object;
		mapping->offset_pages = slot_offset(slot, ipa.addr);
	}
	space->config.arch->table->lookup(&space->table, ipa, &mapping->leaf);
	walker_leave(&space->config.vcpus[vcpu]);
	if (mapping->leaf.state == MEZZO_ENTRY_LEAF)
		mapping->effective = space->config.arch->reachable(&space->config.machine,
								   mapping->leaf.attr.type);
}

static int explain(struct mezzo_space *space, const struct mezzo_fault_info *info,
		   struct mezzo_facts *facts)
{
	struct mezzo_slot *slot = slot_find(space, info->ipa.addr);
	struct mezzo_object *object;
	struct mezzo_frame frame;
	struct mezzo_leaf leaf;
	int status;

	if (!slot) {
		*facts = (struct mezzo_facts){
			.machine = space->config.machine,
			.guest.mte = atomic_load(&space->mte),
			.fault.slot = MEZZO_SLOT_NONE,
		};
		return MEZZO_OK;
	}
	status = slot_resolve(slot, info->view, slot_offset(slot, info->ipa.addr),
			      access_writes(info->access), &object, &frame);
	if (status)
		return status;
	facts_gather(space, slot, info->ipa.addr, object, &frame, facts);
	space->config.arch->table->lookup(&space->table, info->ipa, &leaf);
	if (leaf.state == MEZZO_ENTRY_LEAF) {
		facts->fault.kind = MEZZO_FAULT_PERMISSION;
		facts->fault.order = leaf.order;
	}
	return MEZZO_OK;
}

int mezzo_space_explain(struct mezzo_space *space, uint32_t vcpu,
			const struct mezzo_fault_info *info, struct mezzo_facts *facts,
			struct mezzo_decision *decision)
{
	int status;

	walker_enter(space, &space->config.vcpus[vcpu]);
	status = explain(space, info, facts);
	walker_leave(&space->config.vcpus[vcpu]);
	if (status)
		return status;
	facts->fault.access = info->access;
	space->config.arch->decide(facts, decision);
	return MEZZO_OK;
}
