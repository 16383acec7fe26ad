/* SPDX-License-Identifier: BSD-2-Clause */
/* An answer as JSON. docs/json.md describes every key; a test holds the two together. */
#include "answer.h"
#include "render.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

json_t *json_reason(const struct mezzo_reason_text *reason)
{
	json_t *o = json_object();

	set(o, "name", json_string(reason->name));
	set(o, "text", json_string(reason->sentence));
	set(o, "source", json_string(reason->source));
	return o;
}

json_t *json_classes(unsigned int classes)
{
	json_t *array = json_array();

	for (unsigned int one = MEZZO_CLASS_DEVICE; one <= MEZZO_CLASS_WB; one <<= 1)
		if (classes & one)
			json_array_append_new(array,
					      json_string(mezzo_class_name((enum mezzo_class)one)));
	return array;
}

json_t *json_actions(const uint8_t *actions, unsigned int max)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < max && actions[i] != MEZZO_ACTION_NONE; i++)
		json_array_append_new(array, json_string(mezzo_action_name(
						     (enum mezzo_action)actions[i])));
	return array;
}

json_t *json_combined(enum mezzo_arm64_stage2 type, bool fwb)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < MEZZO_ARM64_TYPES; i++) {
		enum mezzo_arm64_type stage1 = (enum mezzo_arm64_type)i;

		set(o, answer_type_name(stage1),
		    json_string(answer_type_name(mezzo_arm64_combine(stage1, type, fwb))));
	}
	return o;
}

static json_t *cpu_json(const struct question *q)
{
	const struct mezzo_arm64_machine *machine = &q->facts.machine.arm64;
	json_t *o = json_object();

	if (question_is_x86(q)) {
		set(o, "self_snoop", json_boolean(q->facts.machine.x86.self_snoop));
		return o;
	}
	set(o, "fwb", json_boolean(machine->fwb));
	set(o, "idc", json_boolean(machine->idc));
	set(o, "dic", json_boolean(machine->dic));
	set(o, "mte", json_boolean(machine->mte));
	set(o, "mte_perm", json_boolean(machine->mte_perm));
	set(o, "xnx", json_boolean(machine->xnx));
	return o;
}

static json_t *facts_json(const struct question *q)
{
	const struct mezzo_facts *facts = &q->facts;
	const struct mezzo_contract *memory = &facts->memory;
	json_t *o = json_object(), *guest = json_object();

	set(o, "cpu", cpu_json(q));
	set(o, "contract",
	    q->preset < 0 ? json_null()
			  : json_string(mezzo_preset_name((enum mezzo_preset)q->preset)));
	set(o, "aliases", json_string(aliases_name(memory->aliases)));
	set(o, "allow", json_classes(memory->allow));
	set(o, "maintenance", json_string(maintenance_name(memory->maintenance)));
	set(o, "content", json_string(content_name(facts->frame.data)));
	set(o, "lines", json_string(lines_name(facts->frame.lines)));
	set(o, "dma", json_string(dma_name(memory->dma)));
	set(o, "private", json_boolean(memory->is_private));
	set(o, "mmio", json_boolean(memory->mmio));
	set(o, "writable", json_boolean(memory->writable));
	set(o, "slot", json_string(slot_kind_name(facts->fault.slot)));
	set(o, "block", json_string(render_order(memory->max_order)));
	set(guest, "dirty_log", json_boolean(facts->guest.dirty_log));
	if (question_is_x86(q)) {
		set(guest, "honour_mtrr", json_boolean(facts->guest.x86.honour_mtrr));
		set(guest, "mtrr", json_string(x86_word(facts->guest.x86.mtrr)));
		set(guest, "cr0_cd", json_boolean(facts->guest.x86.cr0_cd));
		set(o, "host_mtrr",
		    q->arch == ARCH_X86_NPT ? json_string(x86_word(q->host_mtrr)) : json_null());
		set(o, "pat", q->pat < 0 ? json_null() : json_string(x86_word(q->pat)));
	} else {
		set(guest, "mte", json_boolean(facts->guest.mte));
		set(o, "tags", json_boolean(memory->tag_storage));
		set(o, "tag_content", json_string(content_name(facts->frame.tags)));
	}
	set(o, "guest", guest);
	set(o, "access", json_string(mezzo_access_name((enum mezzo_access)facts->fault.access)));
	set(o, "kind", json_string(fault_kind_name(facts->fault.kind)));
	return o;
}

static json_t *assumed_json(const struct question *q)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < EXPLAIN_OPTIONS; i++)
		if (q->assumed[i])
			set(o, explain_options[i].name, json_string(q->assumed[i]));
	return o;
}

static json_t *slot_json(const struct answer *a)
{
	json_t *o;

	if (!a->slot_asked)
		return json_null();
	o = json_object();
	set(o, "status", json_string(a->slot_refused ? "refused" : "ok"));
	set(o, "reason", json_reason(mezzo_reason((enum mezzo_reason)a->slot.reason)));
	return o;
}

static json_t *fault_json(const struct question *q, const struct answer *a)
{
	const struct mezzo_decision *d = &a->fault;
	bool typed = answer_typed(q, d), granted = d->outcome == MEZZO_GRANT;
	json_t *o = json_object();

	set(o, "status", json_string(answer_status(d->outcome)));
	set(o, "outcome", json_string(mezzo_outcome_name((enum mezzo_outcome)d->outcome)));
	set(o, "reason", json_reason(mezzo_reason((enum mezzo_reason)d->reason)));
	set(o, "type", typed ? json_string(answer_entry_type(q, d->type)) : json_null());
	set(o, "effective", json_classes(typed ? d->effective : 0));
	set(o, "read", json_boolean(d->read));
	set(o, "write", json_boolean(d->write));
	set(o, "exec", json_boolean(d->exec));
	set(o, "no_tag_access", json_boolean(d->no_tag_access));
	set(o, "block", granted ? json_string(render_order(d->max_order)) : json_null());
	set(o, "before", json_actions(d->before_visible, MEZZO_BEFORE_MAX));
	set(o, "after", json_actions(d->after_invalid, MEZZO_AFTER_MAX));
	return o;
}

static json_t *nearest_json(const struct question *q, const struct answer *a)
{
	json_t *array = json_array();
	char text[128];

	for (unsigned int i = 0; i < a->changes; i++) {
		const struct mezzo_change *c = &a->change[i];
		json_t *o = json_object();

		set(o, "field", json_string(mezzo_field_name(c->field)));
		set(o, "from",
		    json_string(field_value_name(c->field, c->from, text, sizeof(text))));
		set(o, "to", json_string(field_value_name(c->field, c->to, text, sizeof(text))));
		set(o, "option", json_string(change_option(q, c, text, sizeof(text))));
		json_array_append_new(array, o);
	}
	return array;
}

json_t *answer_json(const struct question *q, const struct answer *a)
{
	bool typed = answer_typed(q, &a->fault);
	json_t *root = json_object();

	set(root, "command", json_string("explain"));
	set(root, "arch", json_string(explain_options[EXPLAIN_ARCH].values[q->arch].name));
	set(root, "facts", facts_json(q));
	set(root, "assumed", assumed_json(q));
	set(root, "slot", slot_json(a));
	set(root, "fault", fault_json(q, a));
	if (question_is_x86(q))
		x86_json(q, a, root);
	else
		set(root, "combined",
		    typed ? json_combined((enum mezzo_arm64_stage2)a->fault.type,
					  q->facts.machine.arm64.fwb)
			  : json_object());
	set(root, "nearest", nearest_json(q, a));
	if (q->has_linux)
		set(root, "linux", linux_json(q, a));
	return root;
}
