/* SPDX-License-Identifier: BSD-2-Clause */
/* mezzo compat FILE --cpu: would a machine accept a space, before its guest leaves? */
#include "compat_space.h"

#include "answer.h"
#include "audit/root.h"
#include "cpu.h"
#include "facts.h"
#include "machine.h"
#include "render.h"
#include "requirements.h"

#include <errno.h>
#include <string.h>

/* One reason why not. */
struct objection {
	const struct mezzo_slot_needs *slot; /* NULL: the space */
	struct mezzo_refusal why;
};

struct admission {
	struct arena arena;
	struct mezzo_requirements needs;
	struct machine_there there;
	struct objection *objection;
	unsigned int objections;
};

static void object_to(void *arg, const struct mezzo_slot_needs *slot,
		      const struct mezzo_refusal *why)
{
	struct admission *a = arg;

	a->objection = arena_grow(&a->arena, a->objection, a->objections, sizeof(*a->objection));
	a->objection[a->objections++] = (struct objection){slot, *why};
}

/* --- words ------------------------------------------------------------------------------------- */

/* "4K", "512M". */
static const char *size_name(struct arena *arena, unsigned int order)
{
	static const char units[] = "KMGT";
	unsigned int shift = order + MEZZO_PAGE_SHIFT;

	return arena_printf(arena, "%u%c", 1u << shift % 10, units[shift / 10 - 1]);
}

static const char *value_name(struct arena *arena, enum mezzo_field field, uint64_t value)
{
	char text[64];

	switch (field) {
	case MEZZO_FIELD_IPA:
	case MEZZO_FIELD_FLAGS:
		return arena_printf(arena, "%#llx", (unsigned long long)value);
	case MEZZO_FIELD_PAGES:
	case MEZZO_FIELD_IPA_BITS:
		return arena_printf(arena, "%llu", (unsigned long long)value);
	case MEZZO_FIELD_MAX_ORDER:
		return size_name(arena, (unsigned int)value);
	default:
		return arena_printf(arena, "%s",
				    field_value_name(field, (unsigned int)value, text,
						     sizeof(text)));
	}
}

static const char *machine_name(struct arena *arena, const struct machine_there *there)
{
	const struct mezzo_machine_facts *facts = &there->facts;
	const struct mezzo_arm64_machine *cpu = &facts->machine.arm64;

	if (there->arch->family == MEZZO_FAMILY_X86)
		return arena_printf(arena, "%s, %s%u bits",
				    facts->machine.x86.engine == MEZZO_X86_NPT ? "npt" : "ept",
				    facts->machine.x86.self_snoop ? "self-snoop, " : "",
				    facts->ipa_bits);
	return arena_printf(arena, "%s%s%s%s%s%s%u bits, pages of %s", cpu->fwb ? "fwb, " : "",
			    cpu->idc ? "idc, " : "", cpu->dic ? "dic, " : "",
			    cpu->mte ? "mte, " : "", cpu->mte_perm ? "mte_perm, " : "",
			    cpu->xnx ? "xnx, " : "", facts->ipa_bits,
			    size_name(arena, facts->page_shift - MEZZO_PAGE_SHIFT));
}

/* --- answers ----------------------------------------------------------------------------------- */

static void print_objection(struct admission *a, struct render_table *t, const struct objection *o)
{
	const struct mezzo_reason_text *reason = mezzo_reason(o->why.reason);
	char who[32] = "the space";

	if (o->slot)
		snprintf(who, sizeof(who), "slot %u", o->slot->id);
	render_row(t, RENDER_BAD,
		   (const char *const[RENDER_COLUMNS]){who, reason->name, reason->sentence});
	if (o->why.field == MEZZO_FIELD_NONE || o->why.got == o->why.want)
		return;
	render_row(t, RENDER_PLAIN,
		   (const char *const[RENDER_COLUMNS]){
			   "", "",
			   arena_printf(&a->arena, "%s is %s; %s would do",
					mezzo_field_name(o->why.field),
					value_name(&a->arena, o->why.field, o->why.got),
					value_name(&a->arena, o->why.field, o->why.want))});
}

static void print_text(struct admission *a, const char *path)
{
	struct render_table *t;

	render_heading(arena_printf(&a->arena, "%s on a machine with %s", path,
				    machine_name(&a->arena, &a->there)));
	if (!a->objections)
		render_paragraphs(arena_printf(&a->arena, "All %u slots would be accepted there.",
					       a->needs.count),
				  2);
	t = render_begin(NULL, 3);
	for (unsigned int i = 0; i < a->objections; i++)
		print_objection(a, t, &a->objection[i]);
	render_end(t);
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < ASSUMED_COUNT; i++)
		if (a->there.assumed[i])
			render_pair(t, RENDER_CAUTION, "assumed", "%s: %s", machine_assumed_name[i],
				    a->there.assumed[i]);
	render_end(t);
}

static void set_arm64(json_t *o, const struct mezzo_arm64_machine *cpu)
{
	json_object_set_new(o, "fwb", json_boolean(cpu->fwb));
	json_object_set_new(o, "idc", json_boolean(cpu->idc));
	json_object_set_new(o, "dic", json_boolean(cpu->dic));
	json_object_set_new(o, "mte", json_boolean(cpu->mte));
	json_object_set_new(o, "mte_perm", json_boolean(cpu->mte_perm));
	json_object_set_new(o, "xnx", json_boolean(cpu->xnx));
}

static void set_x86(json_t *o, const struct mezzo_x86_machine *cpu)
{
	json_object_set_new(o, "engine", json_string(cpu->engine == MEZZO_X86_NPT ? "npt" : "ept"));
	json_object_set_new(o, "self_snoop", json_boolean(cpu->self_snoop));
}

static json_t *machine_json(struct admission *a)
{
	const struct mezzo_machine_facts *facts = &a->there.facts;
	json_t *o = json_object(), *blocks = json_array();

	json_object_set_new(o, "arch",
			    json_string(
				    mezzo_family_name((enum mezzo_family)a->there.arch->family)));
	if (a->there.arch->family == MEZZO_FAMILY_X86)
		set_x86(o, &facts->machine.x86);
	else
		set_arm64(o, &facts->machine.arm64);
	json_object_set_new(o, "ipa_bits", json_integer(facts->ipa_bits));
	json_object_set_new(o, "page_bytes", json_integer(INT64_C(1) << facts->page_shift));
	for (unsigned int order = 0; order <= MEZZO_ORDER_MAX; order++)
		if (facts->orders >> order & 1)
			json_array_append_new(blocks,
					      json_integer((json_int_t)mezzo_order_bytes(order)));
	json_object_set_new(o, "block_bytes", blocks);
	json_object_set_new(o, "direct", json_boolean(facts->direct));
	return o;
}

static json_t *objection_json(struct admission *a, const struct objection *o)
{
	json_t *json = json_object();
	const bool named = o->why.field != MEZZO_FIELD_NONE;

	json_object_set_new(json, "slot", o->slot ? json_integer(o->slot->id) : json_null());
	json_object_set_new(json, "reason", json_reason(mezzo_reason(o->why.reason)));
	json_object_set_new(json, "field",
			    named ? json_string(mezzo_field_name(o->why.field)) : json_null());
	json_object_set_new(json, "there",
			    named ? json_string(value_name(&a->arena, o->why.field, o->why.got))
				  : json_null());
	json_object_set_new(json, "want",
			    named ? json_string(value_name(&a->arena, o->why.field, o->why.want))
				  : json_null());
	return json;
}

static void print_json(struct admission *a)
{
	json_t *root = json_object(), *refusals = json_array(), *assumed = json_object();

	for (unsigned int i = 0; i < a->objections; i++)
		json_array_append_new(refusals, objection_json(a, &a->objection[i]));
	for (unsigned int i = 0; i < ASSUMED_COUNT; i++)
		if (a->there.assumed[i])
			json_object_set_new(assumed, machine_assumed_name[i],
					    json_string(a->there.assumed[i]));
	json_object_set_new(root, "command", json_string("compat"));
	json_object_set_new(root, "compatible", json_boolean(!a->objections));
	json_object_set_new(root, "machine", machine_json(a));
	json_object_set_new(root, "assumed", assumed);
	json_object_set_new(root, "slots", json_integer(a->needs.count));
	json_object_set_new(root, "refusals", refusals);
	render_json(root);
}

/* --- the question ------------------------------------------------------------------------------ */

/* A --cpu list says nothing but features. */
static void machine_of_list(const struct compat_machine *machine,
			    const struct mezzo_requirements *needs, struct machine_there *there)
{
	if (machine->arch != ARCH_ARM64) {
		machine_x86(machine->arch == ARCH_X86_NPT ? MEZZO_X86_NPT : MEZZO_X86_EPT, there);
		there->facts.machine.x86.self_snoop = cpu_self_snoop(machine->cpu);
		there->facts.ipa_bits = needs->ipa_bits;
		there->assumed[ASSUMED_IPA_BITS] = "as many as the space needs";
		return;
	}
	*there = (struct machine_there){
		.arch = &mezzo_arch_arm64,
		.facts =
			{
				.size = sizeof(there->facts),
				.machine.arm64 = cpu_machine(machine->cpu),
				.ipa_bits = needs->ipa_bits,
				.page_shift = MEZZO_PAGE_SHIFT,
				.orders = machine_orders(MEZZO_PAGE_SHIFT),
				.direct = true,
			},
		.assumed =
			{
				[ASSUMED_IPA_BITS] = "as many as the space needs",
				[ASSUMED_PAGE_BYTES] = "pages of 4 KiB, which every machine has",
				[ASSUMED_DIRECT] = "a host that maps its memory",
			},
	};
}

static const char *read_needs(struct admission *a, const char *path)
{
	size_t length;
	const char *text = root_file(&a->arena, path, &length);

	return text ? requirements_parse(&a->arena, text, length, &a->needs) : strerror(errno);
}

/* What the options contradict each other in, or the space. */
static int check_machine(const struct compat_machine *machine,
			 const struct mezzo_requirements *needs)
{
	const bool x86 = machine->arch != ARCH_ARM64;
	const char *stranger = cpu_stranger(machine->cpu, x86);

	if (machine->facts)
		return machine->arch_given
			       ? cli_usage(&cli_compat,
					   "--arch goes with a list of features: a file says "
					   "for itself what it is of")
			       : 0;
	if (!machine->arch_given && needs->family == MEZZO_FAMILY_X86)
		return cli_usage(&cli_compat,
				 "it is an x86 guest's: say --arch x86-ept or x86-npt, too");
	if (stranger)
		return cli_usage(&cli_compat, "--cpu %s is about %s", stranger,
				 x86 ? "arm64: x86 has self-snoop" : "x86: say --arch, too");
	return 0;
}

static int ask(struct admission *a, const char *path, const struct compat_machine *machine,
	       bool json)
{
	const char *why = read_needs(a, path), *file = path;
	const int status = why ? 0 : check_machine(machine, &a->needs);

	if (status)
		return status;
	if (!why && machine->facts) {
		file = machine->facts;
		why = machine_read(&a->arena, machine->facts, &a->there);
	} else if (!why) {
		machine_of_list(machine, &a->needs, &a->there);
	}
	if (why) {
		fprintf(stderr, "mezzo compat: %s: %s\n", file, why);
		return CLI_USAGE;
	}
	mezzo_space_admissible(a->there.arch, &a->needs, &a->there.facts, object_to, a);
	if (json)
		print_json(a);
	else
		print_text(a, path);
	return a->objections ? CLI_NO : CLI_YES;
}

int compat_space(const char *path, const struct compat_machine *machine, bool json)
{
	struct admission a = {0};
	const int status = ask(&a, path, machine, json);

	arena_free(&a.arena);
	return status;
}
