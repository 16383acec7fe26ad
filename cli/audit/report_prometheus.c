/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node_exporter's textfile collector: every metric is there on every host, so that a rule can tell
 * "none" from "not looked".
 */
#include "audit/report.h"

#include <stdio.h>
#include <string.h>

static void head(const char *name, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void label(const char *joint, const char *name, const char *value)
{
	printf("%s%s=\"", joint, name);
	for (; value && *value; value++) {
		if (*value == '\n') {
			fputs("\\n", stdout);
			continue;
		}
		if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
	putchar('"');
}

static void facts(const struct host *host)
{
	char value[512];

	head("mezzo_host_info", "the host, as labels; always 1");
	label("mezzo_host_info{", "arch", fact_value(host, FACT_ARCH, value, sizeof(value)));
	label(",", "kernel", fact_value(host, FACT_KERNEL, value, sizeof(value)));
	label(",", "kvm_rules", fact_value(host, FACT_KVM_RULES, value, sizeof(value)));
	puts("} 1");
	head("mezzo_fact",
	     "a fact that is a number or yes (1) or no (0); unknown ones are left out");
	for (unsigned int id = 0; id < FACTS; id++) {
		const struct fact *fact = &host->fact[id];

		if (fact_texts[id].kind == FACT_TEXT || !fact->known)
			continue;
		label("mezzo_fact{", "name", fact_texts[id].name);
		printf("} %llu\n", (unsigned long long)fact->number);
	}
}

static void findings(const struct findings *f)
{
	head("mezzo_findings", "how many findings of a name");
	for (unsigned int id = 0; id < FINDINGS; id++) {
		const struct finding_text *text = finding_text((enum finding_id)id);
		unsigned int count = 0;

		for (unsigned int i = 0; i < f->count; i++)
			count += f->finding[i].id == id;
		label("mezzo_findings{", "name", text->reason.name);
		label(",", "severity", severity_name(text->severity));
		printf("} %u\n", count);
	}
}

void report_prometheus(struct host *host, const struct findings *f)
{
	unsigned int passed = 0;
	uint64_t resident = 0, huge = 0;

	facts(host);
	findings(f);
	for (unsigned int i = 0; i < host->devices; i++)
		passed += host->device[i].passed;
	for (unsigned int i = 0; i < host->guests; i++) {
		const struct areas *areas = &host->guest[i].areas;

		for (unsigned int j = 0; j < areas->count; j++) {
			resident += areas->area[j].resident_kib << 10;
			huge += areas->area[j].huge_kib << 10;
		}
	}
	head("mezzo_devices_passed", "devices that a vfio driver holds");
	printf("mezzo_devices_passed %u\n", passed);
	head("mezzo_guests", "processes that hold a VM");
	printf("mezzo_guests %u\n", host->guests);
	head("mezzo_guest_resident_bytes", "resident memory that can be guests'");
	printf("mezzo_guest_resident_bytes %llu\n", (unsigned long long)resident);
	head("mezzo_guest_huge_bytes", "of it, in huge pages");
	printf("mezzo_guest_huge_bytes %llu\n", (unsigned long long)huge);
	head("mezzo_audit_missing", "things that could not be looked at");
	printf("mezzo_audit_missing %u\n", host->missings);
}
