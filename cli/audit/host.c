/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/host.h"

#include <string.h>

/* Does any mapping carry VM_ALLOW_ANY_UNCACHED? Then the kernel has the rule of 6.9. */
static bool uncached_seen(const struct host *host)
{
	for (unsigned int i = 0; i < host->guests; i++) {
		const struct areas *areas = &host->guest[i].areas;

		for (unsigned int j = 0; j < areas->count; j++)
			if (areas->area[j].kind == AREA_VFIO &&
			    (areas->area[j].flags & AREA_FLAG_ANY_UNCACHED))
				return true;
	}
	return false;
}

/*
 * The rules of arm64: the version's, or later ones that were seen at work. What a vendor may have
 * brought back and cannot be seen stays uncertain.
 */
static void settle_arm64(struct host *host)
{
	enum linux_version rules = linux_release_rules(&host->release);
	const char *source = "the kernel's version";
	bool certain = !host->release.backports;

	host->uncached_seen = uncached_seen(host);
	if (fact_yes(host, FACT_CACHEABLE_PFNMAP) && rules < LINUX_6_17) {
		rules = LINUX_6_17;
		source = "KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED of a VM";
		certain = true;
	} else if (host->uncached_seen && rules < LINUX_6_9) {
		rules = LINUX_6_9;
		source = "a mapping of vfio with VM_ALLOW_ANY_UNCACHED (?? in smaps)";
	}
	if (rules == LINUX_6_17)
		certain = true; /* nothing later is known */
	if (!certain)
		source = arena_printf(&host->arena,
				      "%s; uncertain: %s may have brought later rules back", source,
				      host->release.backports);
	fact_set_text(host, FACT_KVM_RULES,
		      arena_printf(&host->arena, "linux-%s%s", linux_version_name(rules),
				   certain ? "" : "?"),
		      source);
	host->rules = rules;
	host->rules_certain = certain;
}

/* On Intel the quirk is seen among the capabilities; AMD's rules have no versions. */
static void settle_x86(struct host *host)
{
	const struct fact *quirk = &host->fact[FACT_GUEST_PAT_QUIRK];
	enum linux_x86_rules rules = linux_x86_rules(&host->release);
	const char *source = "the kernel's version";

	host->rules_certain = !host->release.backports;
	if (quirk->known && strcmp(quirk->text, "by-default") == 0 && rules < LINUX_X86_6_16) {
		rules = LINUX_X86_6_16;
		source = quirk->source;
		host->rules_certain = true;
	}
	if (rules == LINUX_X86_6_16)
		host->rules_certain = true;
	if (!host->rules_certain)
		source = arena_printf(&host->arena,
				      "%s; uncertain: %s may have brought later rules back", source,
				      host->release.backports);
	host->x86_rules = rules;
	fact_set_text(host, FACT_KVM_RULES,
		      arena_printf(&host->arena, "linux-%s%s", linux_x86_rules_name(rules),
				   host->rules_certain ? "" : "?"),
		      source);
}

void rules_settle(struct host *host)
{
	if (!host->release.known) {
		fact_unknown(host, FACT_KVM_RULES, "the kernel's version is not known");
	} else if (host_is(host, "arm64")) {
		settle_arm64(host);
	} else if (host_is(host, "x86")) {
		settle_x86(host);
	} else {
		fact_unknown(host, FACT_KVM_RULES, "no rules are known of this architecture");
	}
}

static bool is_version(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && memcmp(name, text, length) == 0;
}

void rules_from_fact(struct host *host)
{
	const struct fact *fact = &host->fact[FACT_KVM_RULES];
	size_t length = fact->known ? strcspn(fact->text, "?") : 0;

	host->rules_certain = fact->known && !fact->text[length];
	if (length <= 6 || strncmp(fact->text, "linux-", 6) != 0)
		return;
	for (unsigned int i = 0; i < LINUX_VERSIONS; i++)
		if (is_version(linux_version_name((enum linux_version)i), fact->text + 6,
			       length - 6))
			host->rules = (enum linux_version)i;
	for (unsigned int i = 0; i < LINUX_X86_RULES; i++)
		if (is_version(linux_x86_rules_name((enum linux_x86_rules)i), fact->text + 6,
			       length - 6))
			host->x86_rules = (enum linux_x86_rules)i;
}

const char *host_read(struct host *host, struct root *root)
{
	facts_read(host, root);
	if (!host->fact[FACT_ARCH].known && !host->release.known)
		return "this is no Linux host and no capture of one";
	devices_read(host, root);
	guests_read(host, root);
	rules_settle(host);
	return NULL;
}

void host_free(struct host *host)
{
	arena_free(&host->arena);
	*host = (struct host){0};
}
