/* SPDX-License-Identifier: BSD-2-Clause */
/* An answer as text. */
#include "answer.h"
#include "cpu.h"
#include "render.h"

#include <string.h>

static const char *const action_help[MEZZO_ACTIONS] = {
	[MEZZO_ACTION_CLEAN_INVALIDATE] = "write dirty cache lines to memory and drop them all, to "
					  "the point of coherency",
	[MEZZO_ACTION_ZERO] = "zero the data through a write-back mapping",
	[MEZZO_ACTION_ZERO_UNCACHED] = "zero the data through an uncached window",
	[MEZZO_ACTION_ZERO_TAGS] = "zero the allocation tags",
	[MEZZO_ACTION_INVALIDATE_ICACHE] = "invalidate the instruction cache",
	[MEZZO_ACTION_LOG_DIRTY] = "set the page's dirty bit",
};

static enum render_colour outcome_colour(unsigned int outcome)
{
	switch (outcome) {
	case MEZZO_REFUSE:
		return RENDER_BAD;
	case MEZZO_ABORT:
	case MEZZO_EXIT:
		return RENDER_CAUTION;
	default:
		return RENDER_GOOD;
	}
}

static void fact(struct render_table *table, const struct question *q, enum explain_option option,
		 const char *name, const char *value)
{
	const char *assumed = option < EXPLAIN_OPTIONS ? q->assumed[option] : NULL;
	char note[128] = "";

	if (assumed)
		snprintf(note, sizeof(note), "assumed: %s", assumed);
	render_row(table, RENDER_PLAIN, (const char *const[RENDER_COLUMNS]){name, value, note});
}

static const char *guest_words(const struct question *q)
{
	static const char *const arm64[] = {"no mte, no dirty-log", "mte", "dirty-log",
					    "mte, dirty-log"};
	static const char *const x86[] = {"no dirty-log, no honour-mtrr", "dirty-log",
					  "honour-mtrr", "dirty-log, honour-mtrr"};
	const struct mezzo_guest *guest = &q->facts.guest;

	if (question_is_x86(q))
		return x86[guest->dirty_log + 2 * guest->x86.honour_mtrr];
	return arm64[guest->mte + 2 * guest->dirty_log];
}

/* What takes part in a type besides the entry. */
static void x86_facts(struct render_table *t, const struct question *q)
{
	const struct mezzo_x86_guest *guest = &q->facts.guest.x86;
	bool mtrr = guest->honour_mtrr || q->history || !q->assumed[EXPLAIN_MTRR];
	char text[64];

	if (mtrr) {
		snprintf(text, sizeof(text), "%s%s", mezzo_x86_type_name(guest->mtrr),
			 guest->honour_mtrr ? "" : " (ignored)");
		fact(t, q, EXPLAIN_MTRR, "guest mtrr", text);
	}
	if (guest->cr0_cd)
		fact(t, q, EXPLAIN_CR0_CD, "cr0.cd", "1");
	if (q->arch == ARCH_X86_NPT)
		fact(t, q, EXPLAIN_HOST_MTRR, "host mtrr", mezzo_x86_type_name(q->host_mtrr));
	if (q->pat >= 0)
		fact(t, q, EXPLAIN_PAT, "pat", mezzo_x86_type_name(q->pat));
}

static void text_facts(const struct question *q)
{
	const struct mezzo_facts *facts = &q->facts;
	const struct mezzo_contract *memory = &facts->memory;
	struct render_table *t = render_begin(NULL, 3);
	char text[128];

	render_heading("Asked");
	if (question_is_x86(q)) {
		fact(t, q, EXPLAIN_ARCH, "arch",
		     explain_options[EXPLAIN_ARCH].values[q->arch].name);
		fact(t, q, EXPLAIN_CPU, "cpu",
		     facts->machine.x86.self_snoop ? "self-snoop" : "no self-snoop");
	} else {
		fact(t, q, EXPLAIN_CPU, "cpu", cpu_describe(q->cpu, text, sizeof(text)));
	}
	fact(t, q, EXPLAIN_CONTRACT, "contract",
	     q->preset < 0 ? "none of the presets"
			   : mezzo_preset_name((enum mezzo_preset)q->preset));
	fact(t, q, EXPLAIN_ALIASES, "aliases", aliases_name(memory->aliases));
	fact(t, q, EXPLAIN_ALLOW, "allow", render_classes(memory->allow, text, sizeof(text)));
	fact(t, q, EXPLAIN_MAINTENANCE, "maintenance", maintenance_name(memory->maintenance));
	fact(t, q, EXPLAIN_CONTENT, "content", content_name(facts->frame.data));
	if (facts->frame.tags != facts->frame.data && !question_is_x86(q))
		fact(t, q, EXPLAIN_TAG_CONTENT, "tag content", content_name(facts->frame.tags));
	fact(t, q, EXPLAIN_LINES, "lines", lines_name(facts->frame.lines));
	fact(t, q, EXPLAIN_DMA, "dma", dma_name(memory->dma));
	if (memory->tag_storage)
		fact(t, q, EXPLAIN_TAGS, "tags", "storage behind this memory");
	if (memory->is_private)
		fact(t, q, EXPLAIN_PRIVATE, "private", "yes");
	if (memory->mmio)
		fact(t, q, EXPLAIN_MMIO, "mmio", "yes");
	if (!memory->writable)
		fact(t, q, EXPLAIN_READ_ONLY, "object", "read-only");
	if (facts->fault.slot != MEZZO_SLOT_READ_WRITE)
		fact(t, q, EXPLAIN_READ_ONLY, "slot", slot_kind_name(facts->fault.slot));
	fact(t, q, EXPLAIN_BLOCK, "block", render_order(memory->max_order));
	fact(t, q, EXPLAIN_GUEST, "guest", guest_words(q));
	if (question_is_x86(q))
		x86_facts(t, q);
	fact(t, q, EXPLAIN_ACCESS, "access",
	     mezzo_access_name((enum mezzo_access)facts->fault.access));
	render_end(t);
}

static void text_why(struct render_table *t, const struct mezzo_reason_text *why)
{
	render_pair(t, RENDER_PLAIN, "why", "%s", why->sentence);
	render_pair(t, RENDER_PLAIN, "reason", "%s (%s)", why->name, why->source);
}

static void text_slot(const struct answer *a)
{
	struct render_table *t;

	if (!a->slot_asked)
		return;
	render_heading("Slot creation");
	t = render_begin(NULL, 2);
	render_pair(t, a->slot_refused ? RENDER_BAD : RENDER_GOOD, "slot", "%s",
		    a->slot_refused ? "refused" : "accepted");
	text_why(t, mezzo_reason((enum mezzo_reason)a->slot.reason));
	render_end(t);
}

static void text_work(struct render_table *t, const char *when, const uint8_t *actions,
		      unsigned int max)
{
	char name[32];

	if (actions[0] == MEZZO_ACTION_NONE)
		render_pair(t, RENDER_PLAIN, when, "nothing");
	for (unsigned int i = 0; i < max && actions[i] != MEZZO_ACTION_NONE; i++) {
		snprintf(name, sizeof(name), "%s %u", when, i + 1);
		render_pair(t, RENDER_PLAIN, name, "%s: %s",
			    mezzo_action_name((enum mezzo_action)actions[i]),
			    action_help[actions[i]]);
	}
}

static void text_fault(const struct question *q, const struct answer *a)
{
	static const char *const outcome[MEZZO_OUTCOMES] = {
		[MEZZO_GRANT] = "mapped",
		[MEZZO_ABORT] =
			"abort: the guest gets the abort that a machine would give, and lives",
		[MEZZO_EXIT] = "exit: the embedder is asked",
		[MEZZO_SKIP] = "ok: the instruction has nothing to do and is skipped",
		[MEZZO_REFUSE] = "refused",
	};
	const struct mezzo_decision *fault = &a->fault;
	struct render_table *t;
	char heading[64], text[64];

	if (a->slot_refused)
		return;
	snprintf(heading, sizeof(heading), "Fault: %s, %s",
		 mezzo_access_name((enum mezzo_access)q->facts.fault.access),
		 q->facts.fault.kind == MEZZO_FAULT_MISSING ? "no entry yet"
							    : "permission missing");
	render_heading(heading);
	t = render_begin(NULL, 2);
	render_pair(t, outcome_colour(fault->outcome), "fault", "%s", outcome[fault->outcome]);
	if (answer_typed(q, fault)) {
		render_pair(t, RENDER_PLAIN, "type", "%s", answer_entry_type(q, fault->type));
		render_pair(t, RENDER_PLAIN, "effective", "%s",
			    render_classes(fault->effective, text, sizeof(text)));
	}
	if (fault->outcome == MEZZO_GRANT) {
		render_pair(t, RENDER_PLAIN, "access", "%s%s",
			    render_permissions(fault->read, fault->write, fault->exec),
			    fault->no_tag_access ? ", no tag access" : "");
		render_pair(t, RENDER_PLAIN, "block", "up to %s", render_order(fault->max_order));
		text_work(t, "before", fault->before_visible, MEZZO_BEFORE_MAX);
		text_work(t, "after", fault->after_invalid, MEZZO_AFTER_MAX);
	}
	text_why(t, mezzo_reason((enum mezzo_reason)fault->reason));
	render_end(t);
}

static void text_combined(const struct question *q, const struct answer *a)
{
	bool linux_mapped = q->has_linux && a->linux_slot.ok && a->linux_fault.mapped;
	bool fwb = q->facts.machine.arm64.fwb;
	bool mapped = answer_typed(q, &a->fault);
	const char *headings[] = {"stage 1", "Mezzo", "Linux"};
	struct render_table *t;

	if (!mapped && !linux_mapped)
		return;
	render_heading("What the guest sees, by the type its own tables ask for");
	t = render_begin(headings, linux_mapped ? 3 : 2);
	for (unsigned int type = 0; type < MEZZO_ARM64_TYPES; type++) {
		enum mezzo_arm64_type stage1 = (enum mezzo_arm64_type)type;
		const char *cells[RENDER_COLUMNS] = {mezzo_arm64_type_name(stage1), "-"};

		if (mapped)
			cells[1] = mezzo_arm64_type_name(
				mezzo_arm64_combine(stage1, (enum mezzo_arm64_stage2)a->fault.type,
						    fwb));
		if (linux_mapped)
			cells[2] = mezzo_arm64_type_name(
				mezzo_arm64_combine(stage1, a->linux_fault.type, fwb));
		render_row(t, RENDER_PLAIN, cells);
	}
	render_end(t);
}

static void text_nearest(const struct question *q, const struct answer *a)
{
	struct render_table *t;
	char option[128], from[64], to[64];

	if (!a->refused)
		return;
	render_heading("What would be accepted");
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < a->changes; i++) {
		const struct mezzo_change *c = &a->change[i];

		render_pair(t, RENDER_GOOD, change_option(q, c, option, sizeof(option)),
			    "%s: %s instead of %s", mezzo_field_name(c->field),
			    field_value_name(c->field, c->to, to, sizeof(to)),
			    field_value_name(c->field, c->from, from, sizeof(from)));
	}
	if (!a->changes)
		render_pair(t, RENDER_PLAIN, "nothing near", "no three changes of facts help");
	render_end(t);
	printf("\nMore: mezzo reason %s\n", mezzo_reason((enum mezzo_reason)a->fault.reason)->name);
}

void answer_text(const struct question *q, const struct answer *a)
{
	text_facts(q);
	text_slot(a);
	text_fault(q, a);
	if (q->has_linux)
		linux_text(q, a);
	if (question_is_x86(q))
		x86_text(q, a);
	else
		text_combined(q, a);
	text_nearest(q, a);
}
