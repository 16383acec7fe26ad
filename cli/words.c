/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of facts in words, and changes of facts as options. */
#include "facts.h"
#include "render.h"

/* The options' tables are in the order of the enumerations. */
static const char *word(enum explain_option option, unsigned int value)
{
	return explain_options[option].values[value].name;
}

const char *aliases_name(unsigned int aliases)
{
	return word(EXPLAIN_ALIASES, aliases);
}

const char *maintenance_name(unsigned int maintenance)
{
	return word(EXPLAIN_MAINTENANCE, maintenance);
}

const char *dma_name(unsigned int dma)
{
	return word(EXPLAIN_DMA, dma);
}

const char *content_name(unsigned int content)
{
	return word(EXPLAIN_CONTENT, content);
}

const char *lines_name(unsigned int lines)
{
	return word(EXPLAIN_LINES, lines);
}

const char *slot_kind_name(unsigned int kind)
{
	static const char *const name[MEZZO_SLOT_KINDS] = {"read-write", "read-only", "none"};

	return name[kind];
}

const char *fault_kind_name(unsigned int kind)
{
	return kind == MEZZO_FAULT_MISSING ? "missing" : "permission";
}

const char *field_value_name(enum mezzo_field field, unsigned int value, char *text, size_t size)
{
	switch (field) {
	case MEZZO_FIELD_ALIASES:
		return aliases_name(value);
	case MEZZO_FIELD_ALLOW:
		return render_classes(value, text, size);
	case MEZZO_FIELD_MAINTENANCE:
		return maintenance_name(value);
	case MEZZO_FIELD_DMA:
		return dma_name(value);
	case MEZZO_FIELD_DATA:
	case MEZZO_FIELD_TAGS:
		return content_name(value);
	case MEZZO_FIELD_LINES:
		return lines_name(value);
	case MEZZO_FIELD_ENGINE:
		return value == MEZZO_X86_NPT ? "npt" : "ept";
	case MEZZO_FIELD_FAMILY:
		return mezzo_family_name((enum mezzo_family)value);
	default:
		return value ? "yes" : "no";
	}
}

/* "--allow device,normal-nc": a list without spaces. */
static void allow_option(unsigned int allow, char *text, size_t size)
{
	const char *joint = " ";
	size_t length = (size_t)snprintf(text, size, "--allow");

	for (unsigned int one = MEZZO_CLASS_DEVICE; one <= MEZZO_CLASS_WB; one <<= 1) {
		if (!(allow & one))
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s", joint,
					   mezzo_class_name((enum mezzo_class)one));
		joint = ",";
	}
}

const char *change_option(const struct question *q, const struct mezzo_change *change, char *text,
			  size_t size)
{
	bool on = change->to;

	switch (change->field) {
	case MEZZO_FIELD_ALIASES:
		snprintf(text, size, "--aliases %s", aliases_name(change->to));
		break;
	case MEZZO_FIELD_ALLOW:
		allow_option(change->to, text, size);
		break;
	case MEZZO_FIELD_MAINTENANCE:
		snprintf(text, size, "--maintenance %s", maintenance_name(change->to));
		break;
	case MEZZO_FIELD_DMA:
		snprintf(text, size, "--dma %s", dma_name(change->to));
		break;
	case MEZZO_FIELD_TAG_STORAGE:
		snprintf(text, size, "%s", on ? "--tags" : "no --tags");
		break;
	case MEZZO_FIELD_PRIVATE:
		snprintf(text, size, "%s", on ? "--private" : "no --private");
		break;
	case MEZZO_FIELD_MMIO:
		snprintf(text, size, "%s", on ? "--mmio" : "no --mmio");
		break;
	case MEZZO_FIELD_DATA:
		if (question_is_x86(q))
			snprintf(text, size, "--content %s", content_name(change->to));
		else
			snprintf(text, size, "--content %s --tag-content %s",
				 content_name(change->to), content_name(q->facts.frame.tags));
		break;
	case MEZZO_FIELD_TAGS:
		snprintf(text, size, "--tag-content %s", content_name(change->to));
		break;
	case MEZZO_FIELD_LINES:
		snprintf(text, size, "--lines %s", lines_name(change->to));
		break;
	case MEZZO_FIELD_GUEST_MTE:
		snprintf(text, size, "%s", on ? "--guest mte" : "no --guest mte");
		break;
	case MEZZO_FIELD_DIRTY_LOG:
		snprintf(text, size, "%s", on ? "--guest dirty-log" : "no --guest dirty-log");
		break;
	case MEZZO_FIELD_FWB:
		snprintf(text, size, "--cpu ...,%s", on ? "fwb" : "no-fwb");
		break;
	case MEZZO_FIELD_IDC:
		snprintf(text, size, "--cpu ...,%s", on ? "idc" : "no-idc");
		break;
	case MEZZO_FIELD_MTE:
		snprintf(text, size, "--cpu ...,%s", on ? "mte" : "no-mte");
		break;
	case MEZZO_FIELD_MTE_PERM:
		snprintf(text, size, "--cpu ...,%s", on ? "mte_perm" : "no-mte_perm");
		break;
	case MEZZO_FIELD_ENGINE:
		snprintf(text, size, "--arch x86-%s", change->to == MEZZO_X86_NPT ? "npt" : "ept");
		break;
	case MEZZO_FIELD_SELF_SNOOP:
		snprintf(text, size, "--cpu ...,%s", on ? "self-snoop" : "no-self-snoop");
		break;
	default:
		snprintf(text, size, "%s", mezzo_field_name(change->field));
		break;
	}
	return text;
}
