/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps as sentences: words that all have in common, and what the host does. */
#include "check/machines/page_tell.h"

#include <stdarg.h>
#include <stdio.h>

/* --- a sentence that grows -------------------------------------------------------------------------- */

void say(struct sentence *to, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(to->text + to->used, to->size - to->used, format, args);
	va_end(args);
	if (length > 0)
		to->used += (size_t)length;
	if (to->used >= to->size)
		to->used = to->size - 1;
}

const char *value_words(unsigned int v)
{
	static const char *const words[] = {
		[V_ZERO] = "zero",
		[V_SECRET] = "guest A's secret",
		[V_B] = "guest B's last write",
		[V_OLD] = "something older",
		[V_HOST] = "the host's last write",
		[V_DEVICE] = "the device's last write",
		[V_IMAGE] = "the new image",
	};

	return words[v];
}

void say_change(struct sentence *to, const struct page_state *from, const struct page_state *now)
{
	if (now->line == L_DIRTY && (from->line != L_DIRTY || from->line_value != now->line_value))
		say(to, " The cache holds %s, memory still %s.", value_words(now->line_value),
		    value_words(now->mem));
}

void say_value(struct sentence *to, unsigned int seen, unsigned int expected,
	       enum check_property broken)
{
	say(to, ": %s", value_words(seen));
	switch (broken) {
	case CHECK_PROPERTIES:
	case CHECK_S1_NO_LEAK:
	case CHECK_S1D_NO_LEAK_DMA:
		say(to, ".");
		break;
	default:
		say(to, ", where %s was expected.", value_words(expected));
	}
}

/* --- the host --------------------------------------------------------------------------------------- */

static void say_scrub(struct sentence *to, unsigned int arg, const struct page_state *now,
		      const struct page_place *p)
{
	if (arg & ARG_HIT) {
		say(to, "The owner puts the page aside as it is: it must be zeroed before anybody "
			"gets it.");
		return;
	}
	if (arg & WAY_CACHED)
		say(to, "The host zeroes the page through a cached mapping.");
	else if (p->alias == PAGE_ALIAS_NONE && !(arg & ARG_UNLIKE))
		say(to, "The device zeroes its own memory.");
	else
		say(to, "The host zeroes the page past the cache.");
	if (now->line == L_DIRTY && now->mem == V_SECRET)
		say(to, " The zeroes are in the cache; memory still holds guest A's secret.");
	else if (now->line && now->line_value == V_SECRET)
		say(to, " A cache line still holds guest A's secret.");
	if (p->mte && !p->scrubs_tags)
		say(to, " Its tags stay as guest A left them.");
}

static void say_taken(struct sentence *to, const struct page_state *from,
		      const struct page_state *now, enum check_property broken)
{
	if (broken == CHECK_S4_NO_HOST_CRASH) {
		say(to, " It is to be cleaned, and nothing of the host maps it: the host crashes.");
		return;
	}
	if (from->line == L_DIRTY && !now->line)
		say(to, " Its dirty line is written back: memory holds %s.", value_words(now->mem));
	else if (from->clean_after && !from->early)
		say(to, " It is cleaned and invalidated.");
	if (now->line == L_DIRTY)
		say(to, " A dirty line stays: the cache holds %s, memory %s.",
		    value_words(now->line_value), value_words(now->mem));
	if (now->stale && !from->stale)
		say(to, " A TLB still holds the translation.");
	if (from->iommu && now->iommu)
		say(to, " The IOMMU still holds its entry.");
}

void say_host(struct sentence *to, const struct page_case *at, enum page_action action,
	      unsigned int arg, const struct page_state *from, const struct page_state *now,
	      enum check_property broken)
{
	const struct page_place *p = &at->model->place[from->place];
	const char *how = arg & WAY_CACHED ? "through the cache" : "past the cache";
	unsigned int seen = arg & WAY_CACHED ? now->line_value : now->mem;

	switch (action) {
	case ACT_SCRUB:
		say_scrub(to, arg, now, p);
		break;
	case ACT_FORMER_USE:
		say(to,
		    "Whoever had the page before leaves a secret in it, in a dirty cache line.");
		break;
	case ACT_MOVE:
		say(to, "The frame moves to another object.");
		if (from->line && !now->line)
			say(to, " It is cleaned and invalidated before.");
		break;
	case ACT_GIVE_B:
		say(to, "Guest B gets the slot.");
		break;
	case ACT_TAKE_A:
		say(to, "Guest A is gone; its mapping is taken away.");
		say_taken(to, from, now, broken);
		break;
	case ACT_ZAP:
		say(to, "The host takes guest B's mapping away; the page stays B's.");
		say_taken(to, from, now, broken);
		break;
	case ACT_MAINTAIN_EARLY:
		say(to,
		    "The host cleans the page before the invalidation of its entry is complete.");
		break;
	case ACT_COPY_OUT:
		say(to, "The host copies the page out, %s", how);
		say_value(to, seen, from->latest, broken);
		break;
	case ACT_RESET:
		say(to, "Guest B is reset: the host writes a new image %s.",
		    p->alias == PAGE_ALIAS_UNCACHED ? "past the cache" : "through the cache");
		say_change(to, from, now);
		break;
	case ACT_MIGRATE:
		say(to, "Guest B migrates: the other machine accepts the slot and fills a page.");
		say_change(to, from, now);
		break;
	case ACT_HARVEST_LOG:
		say(to, "The VMM reads the log and write-protects the page.");
		break;
	case ACT_HOST_READ:
		say(to, "The host reads it %s", how);
		say_value(to, seen, from->latest, broken);
		break;
	default:
		say(to, "The host writes to the page %s.", how);
		say_change(to, from, now);
	}
}
