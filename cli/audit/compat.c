/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit/compat.h"

#include <stdio.h>
#include <string.h>

const char *compat_scope_name(enum compat_scope scope)
{
	static const char *const name[COMPAT_SCOPES] = {
		"every guest",
		"guests with MTE",
		"guests with memory above the smaller size",
		"guests with such a device",
		"guests with cached device memory",
	};

	return name[scope];
}

static void add(struct host *host, struct compat *c, bool blocks, enum compat_scope scope,
		const char *what, const char *why)
{
	c->item = arena_grow(&host->arena, c->item, c->items, sizeof(*c->item));
	c->item[c->items++] = (struct compat_item){blocks, scope, what, why};
}

static bool both_known(const struct host *a, const struct host *b, enum fact_id id)
{
	return a->fact[id].known && b->fact[id].known;
}

static const char *values(struct host *a, const struct host *b, enum fact_id id)
{
	char x[256], y[256];

	return arena_printf(&a->arena, "%s: %s here, %s there", fact_texts[id].name,
			    fact_value(a, id, x, sizeof(x)), fact_value(b, id, y, sizeof(y)));
}

/* A guest may need what @a has: is it less on @b? */
static void need_number(struct host *a, const struct host *b, struct compat *c, enum fact_id id,
			enum compat_scope scope, const char *why)
{
	if (both_known(a, b, id) && b->fact[id].number < a->fact[id].number)
		add(a, c, true, scope, values(a, b, id), why);
}

static void need_same(struct host *a, const struct host *b, struct compat *c, enum fact_id id,
		      bool blocks, enum compat_scope scope, const char *why)
{
	const struct fact *x = &a->fact[id], *y = &b->fact[id];
	bool same = x->number == y->number && (!x->text || !y->text || !strcmp(x->text, y->text));

	if (both_known(a, b, id) && !same)
		add(a, c, blocks, scope, values(a, b, id), why);
}

static void compare_arm64(struct host *a, struct host *b, struct compat *c)
{
	need_number(a, b, c, FACT_IPA_BITS, COMPAT_HIGH, "such a guest cannot be made there");
	need_number(a, b, c, FACT_MTE, COMPAT_MTE, "KVM_ENABLE_CAP(ARM_MTE) is EINVAL there");
	need_number(
		a, b, c, FACT_CACHEABLE_PFNMAP, COMPAT_CACHED,
		"the slot is refused with EINVAL there, by a kernel before 6.17 given as Device");
	if (fact_yes(a, FACT_DIC) && fact_no(b, FACT_DIC))
		add(a, c, true, COMPAT_ANY, values(a, b, FACT_DIC),
		    "a guest that was told DIC=1 does not invalidate the I-cache; start it with "
		    "CTR_EL0.DIC=0 (KVM lets the VMM say so) to let it move");
	if (fact_yes(a, FACT_IDC) && fact_no(b, FACT_IDC))
		add(a, c, true, COMPAT_ANY, values(a, b, FACT_IDC),
		    "a guest that was told IDC=1 does not clean the D-cache for fetches; start it "
		    "with CTR_EL0.IDC=0 to let it move");
	if (both_known(a, b, FACT_DCACHE_LINE_BYTES) &&
	    b->fact[FACT_DCACHE_LINE_BYTES].number < a->fact[FACT_DCACHE_LINE_BYTES].number)
		add(a, c, true, COMPAT_ANY, values(a, b, FACT_DCACHE_LINE_BYTES),
		    "cache maintenance in the guest's steps would leave lines out");
	need_same(a, b, c, FACT_FWB, false, COMPAT_ANY,
		  "what the guest maps uncached is write-back on the one with FWB, uncached on the "
		  "other");
}

static void compare_x86(struct host *a, struct host *b, struct compat *c)
{
	need_same(a, b, c, FACT_CPU_VENDOR, true, COMPAT_ANY,
		  "a guest does not move between vendors: XSAVE, syscalls, speculation controls");
	need_number(a, b, c, FACT_PHYSICAL_BITS, COMPAT_ANY,
		    "the guest's own page tables may use the bits that are reserved there");
	need_same(a, b, c, FACT_TDP, false, COMPAT_ANY, "memory types are combined otherwise");
	need_same(a, b, c, FACT_GUEST_PAT_QUIRK, false, COMPAT_ANY,
		  "what the guest maps uncached may be write-back on one of them");
}

/* The device of the same kind on the other host. */
static const struct device *same_kind(const struct host *host, const struct device *d)
{
	for (unsigned int i = 0; i < host->devices; i++)
		if (host->device[i].vendor == d->vendor && host->device[i].id == d->id &&
		    strcmp(host->device[i].bus, d->bus) == 0)
			return &host->device[i];
	return NULL;
}

static bool same_type(const struct prediction *p, const struct prediction *q)
{
	if (!p->slot_error != !q->slot_error || p->mapped != q->mapped)
		return false;
	return p->type == q->type || (p->type && q->type && strcmp(p->type, q->type) == 0);
}

static void compare_device(struct host *a, struct host *b, struct compat *c, const struct device *d)
{
	const struct device *e = same_kind(b, d);

	if (!e) {
		add(a, c, true, COMPAT_DEVICES,
		    arena_printf(&a->arena, "%s (%04x:%04x)", d->address, d->vendor, d->id),
		    "there is no such device on the other host");
		return;
	}
	for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
		struct prediction p, q;
		bool worse;

		if (!d->bar[bar].present)
			continue;
		p = predict_bar(a, d, bar);
		q = predict_bar(b, e, bar);
		if (!p.known || !q.known) {
			c->known = false;
			continue;
		}
		if (same_type(&p, &q))
			continue;
		worse = q.slot_error || (p.classes & ~q.classes);
		add(a, c, worse, COMPAT_DEVICES,
		    arena_printf(&a->arena, "%s BAR %u: %s here, %s there", d->address, bar,
				 p.slot_error ? p.slot_error
				 : p.type     ? p.type
					      : "not mapped",
				 q.slot_error ? q.slot_error
				 : q.type     ? q.type
					      : "not mapped"),
		    worse ? "the guest loses a type that it may use"
			  : "the guest may use a stronger type there, and need not");
	}
}

/* Devices that guests have, or would be given: those bound to vfio. */
static void compare_devices(struct host *a, struct host *b, struct compat *c)
{
	for (unsigned int i = 0; i < a->devices; i++)
		if (a->device[i].passed)
			compare_device(a, b, c, &a->device[i]);
}

static bool has_device_memory(const struct guest *g)
{
	for (unsigned int i = 0; i < g->areas.count; i++)
		if (g->areas.area[i].kind == AREA_VFIO || g->areas.area[i].kind == AREA_SYSFS_BAR)
			return true;
	return g->vfio_devices;
}

/* What stands in the way of a guest, as far as a host can see what kind it is. */
static const char *first_block(const struct compat *c, bool devices)
{
	for (unsigned int i = 0; i < c->items; i++) {
		enum compat_scope scope = c->item[i].scope;
		bool concerned = scope == COMPAT_ANY ||
				 (devices && (scope == COMPAT_DEVICES || scope == COMPAT_CACHED));

		if (c->item[i].blocks && concerned)
			return c->item[i].what;
	}
	return NULL;
}

static void compare_guest(struct host *a, struct compat *c, const struct guest *g)
{
	bool devices = has_device_memory(g);
	const char *block = first_block(c, devices);
	struct compat_guest one = {.pid = g->pid, .name = g->name, .moves = !block};

	if (block)
		one.why = block;
	else if (devices)
		one.why = "after its devices are unplugged, or by a driver that migrates them: KVM "
			  "logs no writes to device memory";
	else
		one.why = "nothing was found against it";
	c->guest = arena_grow(&a->arena, c->guest, c->guests, sizeof(one));
	c->guest[c->guests++] = one;
}

/* Facts that decide whether a guest runs on. */
static const enum fact_id deciding[] = {
	FACT_ARCH, FACT_FWB, FACT_DIC, FACT_IDC, FACT_MTE, FACT_IPA_BITS, FACT_CPU_VENDOR, FACT_TDP,
};

static void note_unknown(struct host *a, struct host *b, struct compat *c)
{
	for (size_t i = 0; i < sizeof(deciding) / sizeof(deciding[0]); i++) {
		enum fact_id id = deciding[i];
		const char *arch = fact_texts[id].arch;

		if (both_known(a, b, id) || (arch && !host_is(a, arch)))
			continue;
		c->known = false;
		add(a, c, false, COMPAT_ANY, values(a, b, id),
		    "what is unknown cannot be compared");
	}
}

void compat_make(struct host *a, struct host *b, struct compat *c)
{
	*c = (struct compat){.known = true};
	need_same(a, b, c, FACT_ARCH, true, COMPAT_ANY, "a guest runs on one architecture");
	if (!c->items) {
		note_unknown(a, b, c);
		if (fact_yes(a, FACT_KVM) && fact_no(b, FACT_KVM))
			add(a, c, true, COMPAT_ANY, values(a, b, FACT_KVM), "no guest runs there");
		if (host_is(a, "arm64"))
			compare_arm64(a, b, c);
		if (host_is(a, "x86"))
			compare_x86(a, b, c);
		need_same(a, b, c, FACT_PAGE_BYTES, false, COMPAT_ANY,
			  "slots and dirty logs are in pages of the host; a VMM must know both");
		need_number(a, b, c, FACT_MEMSLOTS, COMPAT_ANY,
			    "a guest with that many slots cannot be made there");
		need_number(a, b, c, FACT_GUEST_MEMFD, COMPAT_ANY,
			    "a guest in guest_memfd cannot be made there");
		compare_devices(a, b, c);
	}
	for (unsigned int i = 0; i < a->guests; i++)
		compare_guest(a, c, &a->guest[i]);
}

const char *compat_open(const char *path, struct host *host)
{
	const char *why = NULL, *json_why = NULL;
	struct root *root;

	if (strcmp(path, "live") == 0) {
		root = root_live(&host->arena, false, false);
	} else {
		size_t length;
		const char *text = root_file(&host->arena, path, &length);

		if (text && length && text[strspn(text, " \t\n")] == '{') {
			json_why = host_from_json(host, text, length);
			return json_why;
		}
		root = root_open(&host->arena, path, &why);
	}
	return root ? host_read(host, root) : why;
}
