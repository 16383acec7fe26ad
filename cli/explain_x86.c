/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest's PAT makes of an entry on x86, and how that stands beside the host's own mapping;
 * the same of KVM, by year. As text and as JSON.
 */
#include "answer.h"
#include "render.h"

const char *x86_word(enum mezzo_x86_type type)
{
	static const char *const word[MEZZO_X86_TYPES] = {
		[MEZZO_X86_UC] = "uc", [MEZZO_X86_WC] = "wc",       [MEZZO_X86_WT] = "wt",
		[MEZZO_X86_WP] = "wp", [MEZZO_X86_WB] = "wb",       [MEZZO_X86_UC_MINUS] = "uc-",
		[MEZZO_X86_CD] = "cd", [MEZZO_X86_WC_PLUS] = "wc+",
	};

	return word[type];
}

/* One line of the answer: a PAT type, what it gives, and the alias that this is. */
struct line {
	enum mezzo_x86_type pat;
	struct mezzo_x86_cell cell;
	bool shared; /* somebody else reaches the memory: `alias` is filled */
	struct mezzo_x86_alias alias;
};

/* How the host reaches the memory, as the contract's aliases say. */
static struct mezzo_x86_cell host_cell(const struct question *q)
{
	switch (q->facts.memory.aliases) {
	case MEZZO_ALIASES_CACHED:
		return (struct mezzo_x86_cell){.type = MEZZO_X86_WB, .snoops = true};
	case MEZZO_ALIASES_UNCACHED:
		return (struct mezzo_x86_cell){.type = MEZZO_X86_WC};
	default:
		return (struct mezzo_x86_cell){.type = MEZZO_X86_UC};
	}
}

static struct line judge(const struct question *q, enum mezzo_x86_type pat,
			 struct mezzo_x86_cell cell)
{
	const struct mezzo_x86_cell host = host_cell(q);
	struct line line = {.pat = pat, .cell = cell};

	line.shared = q->facts.memory.aliases != MEZZO_ALIASES_NONE;
	if (line.shared)
		line.alias = mezzo_x86_alias(&host, &cell, q->facts.machine.x86.self_snoop);
	return line;
}

static struct line ours(const struct question *q, const struct answer *a, unsigned int i)
{
	const struct mezzo_x86_access access = {
		.engine = q->facts.machine.x86.engine,
		.stage2 = a->fault.type,
		.guest_pat = (uint8_t)x86_pat_word(i),
		.host_mtrr = q->host_mtrr,
		.cr0_cd = q->facts.guest.x86.cr0_cd,
	};

	return judge(q, x86_pat_word(i), mezzo_x86_effective(&access));
}

static struct line theirs(const struct question *q, const struct x86_history_entry *entry,
			  unsigned int i)
{
	return judge(q, x86_pat_word(i),
		     x86_history_effective(q->history, entry, x86_pat_word(i), q->host_mtrr));
}

/* --- text ---------------------------------------------------------------------------------- */

static void text_line(struct render_table *t, const struct question *q, const struct line *line)
{
	const struct mezzo_source_text *source = mezzo_source_text(line->cell.source);
	bool unverified = source->standing == MEZZO_STANDING_UNVERIFIED;
	char pat[16], from[64];

	snprintf(pat, sizeof(pat), "%s%s", mezzo_x86_type_name(line->pat),
		 (int)line->pat == q->pat ? " <" : "");
	snprintf(from, sizeof(from), "%s%s%s", source->name, unverified ? ", UNVERIFIED" : "",
		 line->cell.formerly_undefined ? ", formerly undefined" : "");
	render_row(t,
		   line->shared && line->alias.verdict == MEZZO_X86_FORBIDDEN ? RENDER_BAD
									      : RENDER_PLAIN,
		   (const char *const[RENDER_COLUMNS]){
			   pat, mezzo_x86_type_name(line->cell.type),
			   line->cell.snoops ? "yes" : "no",
			   line->shared ? mezzo_x86_verdict_name(line->alias.verdict) : "alone",
			   from});
}

static void text_aliases(const struct question *q, const struct line *lines)
{
	struct render_table *t = render_begin(NULL, 2);

	render_pair(t, RENDER_PLAIN, "host", "%s%s", mezzo_x86_type_name(host_cell(q).type),
		    " (what the contract's aliases say)");
	/* Each sentence once. */
	for (unsigned int i = 0; i < X86_PAT_WORDS; i++) {
		bool said = false;

		for (unsigned int j = 0; j < i; j++)
			said |= lines[j].alias.sentence == lines[i].alias.sentence;
		if (!said)
			render_pair(t, RENDER_PLAIN, mezzo_x86_verdict_name(lines[i].alias.verdict),
				    "%s: %s (%s)", mezzo_x86_type_name(lines[i].cell.type),
				    lines[i].alias.sentence,
				    mezzo_source_text(lines[i].alias.source)->name);
	}
	render_end(t);
}

static void text_lines(const struct question *q, const struct line *lines)
{
	static const char *const headings[] = {"pat", "effective", "snoops", "alias", "source"};
	struct render_table *t = render_begin(headings, 5);

	for (unsigned int i = 0; i < X86_PAT_WORDS; i++)
		text_line(t, q, &lines[i]);
	render_end(t);
	if (lines[0].shared)
		text_aliases(q, lines);
}

static void text_history(const struct question *q)
{
	const struct x86_history *history = q->history;
	struct x86_history_entry entry = history->entry(&q->facts);
	struct line lines[X86_PAT_WORDS];
	struct render_table *t;
	char text[128];

	snprintf(text, sizeof(text), "KVM of Linux %s: %s%s", history->years, history->name,
		 history->reconstruction ? " (reconstructed)" : "");
	render_heading(text);
	t = render_begin(NULL, 2);
	render_pair(t, RENDER_PLAIN, "entry", "%s%s", mezzo_x86_type_name(entry.type),
		    entry.ignore_pat ? ", PAT ignored" : "");
	render_pair(t, RENDER_PLAIN, "why", "%s", entry.why);
	render_pair(t, RENDER_PLAIN, "source", "%s", history->source);
	render_end(t);
	for (unsigned int i = 0; i < X86_PAT_WORDS; i++)
		lines[i] = theirs(q, &entry, i);
	text_lines(q, lines);
}

static void text_entry(const struct question *q, const struct answer *a)
{
	struct render_table *t;
	unsigned int order;
	uint64_t entry;
	char text[256];

	if (!x86_entry(q, &a->fault, &entry, &order))
		return;
	render_heading("Its entry");
	t = render_begin(NULL, 2);
	render_pair(t, RENDER_PLAIN, "bits", "%#llx, a leaf of %s, and its address",
		    (unsigned long long)entry, render_order(order));
	x86_entry_text(q, entry, order, text, sizeof(text));
	render_pair(t, RENDER_PLAIN, "set", "%s", text);
	render_end(t);
}

void x86_text(const struct question *q, const struct answer *a)
{
	struct line lines[X86_PAT_WORDS];

	text_entry(q, a);
	if (answer_typed(q, &a->fault)) {
		for (unsigned int i = 0; i < X86_PAT_WORDS; i++)
			lines[i] = ours(q, a, i);
		render_heading("What the guest gets, by the type its PAT selects");
		text_lines(q, lines);
	}
	if (q->history)
		text_history(q);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static json_t *json_source(enum mezzo_source source)
{
	const struct mezzo_source_text *text = mezzo_source_text(source);
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(text->name));
	json_object_set_new(o, "text", json_string(text->text));
	json_object_set_new(o, "standing",
			    json_string(mezzo_standing_name((enum mezzo_standing)text->standing)));
	return o;
}

static json_t *json_alias(const struct line *line)
{
	json_t *o = json_object();

	json_object_set_new(o, "verdict",
			    json_string(mezzo_x86_verdict_name(
				    (enum mezzo_x86_verdict)line->alias.verdict)));
	json_object_set_new(o, "text", json_string(line->alias.sentence));
	json_object_set_new(o, "source", json_source((enum mezzo_source)line->alias.source));
	return o;
}

static json_t *json_line(const struct line *line)
{
	json_t *o = json_object();

	json_object_set_new(o, "pat", json_string(x86_word(line->pat)));
	json_object_set_new(o, "type", json_string(x86_word(line->cell.type)));
	json_object_set_new(o, "snoops", json_boolean(line->cell.snoops));
	json_object_set_new(o, "formerly_undefined", json_boolean(line->cell.formerly_undefined));
	json_object_set_new(o, "source", json_source((enum mezzo_source)line->cell.source));
	json_object_set_new(o, "alias", line->shared ? json_alias(line) : json_null());
	return o;
}

static json_t *json_history(const struct question *q)
{
	const struct x86_history *history = q->history;
	struct x86_history_entry entry = history->entry(&q->facts);
	json_t *o = json_object(), *types = json_array();

	json_object_set_new(o, "name", json_string(history->name));
	json_object_set_new(o, "linux", json_string(history->years));
	json_object_set_new(o, "summary", json_string(history->summary));
	json_object_set_new(o, "source", json_string(history->source));
	json_object_set_new(o, "reconstruction", json_boolean(history->reconstruction));
	json_object_set_new(o, "type", json_string(x86_word(entry.type)));
	json_object_set_new(o, "ignore_pat", json_boolean(entry.ignore_pat));
	json_object_set_new(o, "why", json_string(entry.why));
	for (unsigned int i = 0; i < X86_PAT_WORDS; i++) {
		struct line line = theirs(q, &entry, i);

		json_array_append_new(types, json_line(&line));
	}
	json_object_set_new(o, "types", types);
	return o;
}

static json_t *json_entry(const struct question *q, const struct answer *a)
{
	json_t *o;
	unsigned int order;
	uint64_t entry;
	char text[256];

	if (!x86_entry(q, &a->fault, &entry, &order))
		return json_null();
	o = json_object();
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)entry);
	json_object_set_new(o, "bits", json_string(text));
	json_object_set_new(o, "leaf", json_string(render_order(order)));
	x86_entry_text(q, entry, order, text, sizeof(text));
	json_object_set_new(o, "text", json_string(text));
	return o;
}

void x86_json(const struct question *q, const struct answer *a, json_t *root)
{
	json_t *combined = json_object(), *types = json_array();

	for (unsigned int i = 0; i < X86_PAT_WORDS && answer_typed(q, &a->fault); i++) {
		struct line line = ours(q, a, i);

		json_object_set_new(combined, x86_word(line.pat),
				    json_string(x86_word(line.cell.type)));
		json_array_append_new(types, json_line(&line));
	}
	json_object_set_new(root, "entry", json_entry(q, a));
	json_object_set_new(root, "combined", combined);
	json_object_set_new(root, "types", types);
	if (q->history)
		json_object_set_new(root, "history", json_history(q));
}
