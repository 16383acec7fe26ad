/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/findings.h"

#include <stdlib.h>
#include <string.h>

const struct finding_text *finding_text(enum finding_id id)
{
	return finding_texts_devices[id].reason.name ? &finding_texts_devices[id]
						     : &finding_texts_guests[id];
}

int finding_parse(const char *name)
{
	for (int id = 0; id < FINDINGS; id++)
		if (strcmp(finding_text((enum finding_id)id)->reason.name, name) == 0)
			return id;
	return -1;
}

const char *severity_name(enum severity severity)
{
	static const char *const name[SEVERITIES] = {"danger", "broken", "slow", "note"};

	return name[severity];
}

const char *kernel_text(struct host *host)
{
	char kernel[256], rules[64];

	return arena_printf(&host->arena, "KVM of Linux %s (%s)",
			    fact_value(host, FACT_KERNEL, kernel, sizeof(kernel)),
			    fact_value(host, FACT_KVM_RULES, rules, sizeof(rules)));
}

void finding_add(struct host *host, struct findings *findings, enum finding_id id,
		 const char *object, const char *why, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	findings->finding = arena_grow(&host->arena, findings->finding, findings->count,
				       sizeof(*findings->finding));
	findings->finding[findings->count++] = (struct finding){
		.id = id,
		.object = object,
		.what = arena_copy(&host->arena, text, strlen(text)),
		.why = why,
	};
	findings->wrong += finding_text(id)->severity != SEVERITY_NOTE;
}

/* Worst first; then in the order of the list, then by object. */
static int by_severity(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int severity = (int)finding_text(x->id)->severity - (int)finding_text(y->id)->severity;

	if (severity)
		return severity;
	return x->id != y->id ? (int)x->id - (int)y->id : strcmp(x->object, y->object);
}

void findings_make(struct host *host, struct findings *findings)
{
	*findings = (struct findings){0};
	find_of_devices(host, findings);
	find_of_guests(host, findings);
	find_of_host(host, findings);
	if (findings->count)
		qsort(findings->finding, findings->count, sizeof(*findings->finding), by_severity);
}
