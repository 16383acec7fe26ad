/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux does, as text beside Mezzo's answer, and as JSON. */
#include "answer.h"
#include "render.h"

#include <string.h>

static const char *const attr_name[] = {
	[LINUX_ATTR_CACHED] = "cached",
	[LINUX_ATTR_WC] = "wc",
	[LINUX_ATTR_DEVICE] = "device",
};

static const char *backing_name(const struct linux_facts *host)
{
	return explain_options[EXPLAIN_BACKING].values[host->backing].name;
}

/* The words of --vma that describe the mapping; @word is called for each. */
static void each_vma_word(const struct linux_facts *host, void (*word)(void *arg, const char *name),
			  void *arg)
{
	word(arg, host->pfnmap ? "pfnmap" : host->mixedmap ? "mixedmap" : "ordinary");
	if (host->io)
		word(arg, "io");
	word(arg, attr_name[host->attr]);
	if (host->any_uncached)
		word(arg, "any-uncached");
	if (host->mte_allowed)
		word(arg, "mte-allowed");
	if (!host->host_writable)
		word(arg, "read-only");
}

struct joined {
	char text[128];
};

static void join_word(void *arg, const char *name)
{
	struct joined *joined = arg;
	size_t length = strlen(joined->text);

	snprintf(joined->text + length, sizeof(joined->text) - length, "%s%s", length ? "," : "",
		 name);
}

static void add_word(void *arg, const char *name)
{
	json_array_append_new(arg, json_string(name));
}

static const char *linux_outcome(const struct linux_fault *fault, char *text, size_t size)
{
	static const char *const name[MEZZO_OUTCOMES] = {
		[MEZZO_GRANT] = "mapped",
		[MEZZO_ABORT] = "abort",
		[MEZZO_EXIT] = "exit",
		[MEZZO_SKIP] = "ok, skipped",
	};

	if (fault->outcome != MEZZO_REFUSE)
		return name[fault->outcome];
	snprintf(text, size, "KVM_RUN fails: %s", fault->error);
	return text;
}

static const char *mezzo_outcome_word(const struct answer *a)
{
	static const char *const name[MEZZO_OUTCOMES] = {
		"mapped", "abort", "exit", "ok, skipped", "refused",
	};

	return a->slot_refused ? "not reached" : name[a->fault.outcome];
}

static void both(struct render_table *t, const char *name, const char *mezzo, const char *theirs)
{
	render_row(t, RENDER_PLAIN, (const char *const[RENDER_COLUMNS]){name, mezzo, theirs});
}

static void text_mapped(struct render_table *t, const struct answer *a)
{
	const struct mezzo_decision *m = &a->fault;
	const struct linux_fault *l = &a->linux_fault;
	bool mezzo = m->outcome == MEZZO_GRANT, theirs = l->mapped && a->linux_slot.ok;
	char ours[128], work[128];

	if (!mezzo && !theirs)
		return;
	both(t, "type", mezzo ? mezzo_arm64_stage2_name((enum mezzo_arm64_stage2)m->type) : "-",
	     theirs ? mezzo_arm64_stage2_name(l->type) : "-");
	both(t, "access", mezzo ? render_permissions(m->read, m->write, m->exec) : "-",
	     theirs ? render_permissions(l->read, l->write, l->exec) : "-");
	both(t, "block", mezzo ? render_order(m->max_order) : "-",
	     theirs ? render_order(l->order) : "-");
	both(t, "before",
	     mezzo ? render_actions(m->before_visible, MEZZO_BEFORE_MAX, ours, sizeof(ours)) : "-",
	     theirs ? render_actions(l->before, MEZZO_BEFORE_MAX, work, sizeof(work)) : "-");
	both(t, "after",
	     mezzo ? render_actions(m->after_invalid, MEZZO_AFTER_MAX, ours, sizeof(ours)) : "-",
	     theirs ? render_actions(l->after, MEZZO_AFTER_MAX, work, sizeof(work)) : "-");
}

void linux_text(const struct question *q, const struct answer *a)
{
	const struct linux_facts *host = &q->linux_host;
	const char *version = linux_version_name(host->version);
	struct joined vma = {""};
	char text[256], theirs[32];
	const char *headings[] = {"", "Mezzo", theirs};
	const struct mezzo_reason_text *why;
	struct render_table *t;

	each_vma_word(host, join_word, &vma);
	snprintf(text, sizeof(text), "KVM of Linux %s: VMA %s, backing %s%s", version, vma.text,
		 backing_name(host), q->assumed[EXPLAIN_VMA] ? " (assumed)" : "");
	render_heading(text);
	snprintf(theirs, sizeof(theirs), "Linux %s", version);
	t = render_begin(headings, 3);
	if (a->slot_asked)
		both(t, "slot", a->slot_refused ? "refused" : "accepted",
		     a->linux_slot.ok ? "accepted" : a->linux_slot.error);
	both(t, "fault", mezzo_outcome_word(a),
	     a->linux_slot.ok || !a->slot_asked ? linux_outcome(&a->linux_fault, text, sizeof(text))
						: "not reached");
	text_mapped(t, a);
	render_end(t);

	t = render_begin(NULL, 2);
	why = linux_rule_text(a->linux_slot.ok || !a->slot_asked ? a->linux_fault.rule
								 : a->linux_slot.rule);
	render_pair(t, RENDER_PLAIN, "why", "%s (%s)", why->sentence, why->source);
	for (unsigned int risk = 0; risk < LINUX_RISKS; risk++) {
		if (!(a->linux_risks & 1u << risk))
			continue;
		why = linux_risk_text((enum linux_risk)risk);
		render_pair(t, RENDER_PLAIN, "risk", "%s: %s", why->name, why->sentence);
	}
	render_end(t);
}

static json_t *fault_json(const struct linux_fault *fault, bool fwb)
{
	json_t *o = json_object();

	json_object_set_new(o, "status", json_string(answer_status(fault->outcome)));
	json_object_set_new(o, "outcome", json_string(mezzo_outcome_name(fault->outcome)));
	json_object_set_new(o, "errno", fault->error ? json_string(fault->error) : json_null());
	json_object_set_new(o, "reason", json_reason(linux_rule_text(fault->rule)));
	json_object_set_new(o, "type",
			    fault->mapped ? json_string(mezzo_arm64_stage2_name(fault->type))
					  : json_null());
	json_object_set_new(o, "effective",
			    json_classes(fault->mapped ? mezzo_arm64_reachable(fault->type, fwb)
						       : 0));
	json_object_set_new(o, "read", json_boolean(fault->read));
	json_object_set_new(o, "write", json_boolean(fault->write));
	json_object_set_new(o, "exec", json_boolean(fault->exec));
	json_object_set_new(o, "block",
			    fault->mapped ? json_string(render_order(fault->order)) : json_null());
	json_object_set_new(o, "before", json_actions(fault->before, MEZZO_BEFORE_MAX));
	json_object_set_new(o, "after", json_actions(fault->after, MEZZO_AFTER_MAX));
	return o;
}

json_t *linux_json(const struct question *q, const struct answer *a)
{
	const struct linux_facts *host = &q->linux_host;
	const struct linux_slot *slot = &a->linux_slot;
	json_t *o = json_object(), *vma = json_array(), *s = json_object(), *risks = json_array();

	each_vma_word(host, add_word, vma);
	json_object_set_new(o, "version", json_string(linux_version_name(host->version)));
	json_object_set_new(o, "vma", vma);
	json_object_set_new(o, "backing", json_string(backing_name(host)));
	json_object_set_new(s, "status", json_string(slot->ok ? "ok" : "refused"));
	json_object_set_new(s, "errno", slot->error ? json_string(slot->error) : json_null());
	json_object_set_new(s, "reason", json_reason(linux_rule_text(slot->rule)));
	json_object_set_new(o, "slot", a->slot_asked ? s : json_null());
	if (!a->slot_asked)
		json_decref(s);
	json_object_set_new(o, "reached", json_boolean(slot->ok || !a->slot_asked));
	json_object_set_new(o, "fault", fault_json(&a->linux_fault, host->fwb));
	json_object_set_new(o, "combined",
			    a->linux_fault.mapped ? json_combined(a->linux_fault.type, host->fwb)
						  : json_object());
	for (unsigned int risk = 0; risk < LINUX_RISKS; risk++)
		if (a->linux_risks & 1u << risk)
			json_array_append_new(risks,
					      json_reason(linux_risk_text((enum linux_risk)risk)));
	json_object_set_new(o, "risks", risks);
	return o;
}
