/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps as sentences, for a reader who has never heard of stage 2. */
#include "check/machines/page_tell.h"

#include <stdio.h>

/* --- the same path, with values as they are told ------------------------------------------------- */

void page_retell(const void *model, struct check_step *steps, unsigned int count)
{
	struct page_model story = *(const struct page_model *)model;
	struct check_move moves[CHECK_MOVES_MAX];
	uint64_t at = page_machine.start(model);

	story.story = true;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int n = page_machine.moves(&story, at, moves);

		steps[i].from = at;
		for (unsigned int j = 0; j < n; j++)
			if (moves[j].action == steps[i].action) {
				at = moves[j].to;
				break;
			}
		steps[i].to = at;
	}
}

static const char *guest(const struct page_state *s)
{
	return s->phase == P_A ? "Guest A" : "Guest B";
}

/* --- faults ------------------------------------------------------------------------------------------- */

static void ask_again(const struct page_case *at, const struct page_state *from,
		      unsigned int access, struct check_answer *answer)
{
	struct check_fault fault = {
		.kind = from->valid ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING,
		.access = (uint8_t)access,
		.frame =
			{
				.data = (from->frame & FRAME_DATA) != 0,
				.tags = (from->frame & FRAME_TAGS) != 0,
				.lines = (from->frame & FRAME_LINES) != 0,
			},
	};

	at->policy->fault(at->policy, &at->world[from->place], &fault, answer);
}

/* On x86: "UC, the PAT ignored". Mezzo's types say both; KVM of old had entries that they cannot. */
static void say_x86_type(struct sentence *to, const struct page_case *at,
			 const struct page_state *from, unsigned int access, unsigned int type)
{
	static const char *const entry[MEZZO_X86_STAGE2_TYPES] = {
		"UC, the PAT ignored", "UC", "WC", "WT", "WP", "WB", "WB, the PAT ignored",
	};
	struct check_answer answer;

	ask_again(at, from, access, &answer);
	if (answer.history)
		say(to, "%s%s", mezzo_x86_type_name((enum mezzo_x86_type)answer.entry.type),
		    answer.entry.ignore_pat ? ", the PAT ignored" : "");
	else
		say(to, "%s", entry[type]);
}

static void say_type(struct sentence *to, const struct page_case *at, const struct page_state *from,
		     unsigned int access, unsigned int type)
{
	const struct page_place *p = &at->model->place[from->place];

	if (p->x86)
		say_x86_type(to, at, from, access, type);
	else if (type == MEZZO_STAGE2_DEVICE_nGnRE)
		say(to, "as Device");
	else if (type == MEZZO_STAGE2_NORMAL_NC)
		say(to, "uncached (Normal-NC)");
	else if (type == MEZZO_STAGE2_NORMAL_WB)
		say(to, p->fwb ? "write-back, forced" : "write-back");
	else
		say(to, "as the guest likes");
}

static void say_work(struct sentence *to, const struct page_grant *g)
{
	static const char *const words[MEZZO_ACTIONS] = {
		[MEZZO_ACTION_CLEAN_INVALIDATE] = "clean and invalidate the line",
		[MEZZO_ACTION_ZERO] = "zero the data",
		[MEZZO_ACTION_ZERO_UNCACHED] = "zero the data past the cache",
		[MEZZO_ACTION_ZERO_TAGS] = "zero the tags",
		[MEZZO_ACTION_INVALIDATE_ICACHE] = "invalidate the I-cache",
		[MEZZO_ACTION_LOG_DIRTY] = "log the page",
	};

	if (!g->before[0])
		return;
	say(to, " First: ");
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && g->before[i]; i++)
		say(to, "%s%s", i ? ", then " : "", words[g->before[i]]);
	say(to, ".");
}

static void say_refused(struct sentence *to, const struct page_case *at,
			const struct page_state *from, unsigned int access)
{
	struct check_answer answer;

	ask_again(at, from, access, &answer);
	say(to, " Refused%s%s, although the slot was accepted (%s): the VM dies.",
	    answer.error ? " with " : "", answer.error ? answer.error : "", answer.why);
}

static void say_fault(struct sentence *to, const struct page_case *at, unsigned int access,
		      const struct page_state *from, const struct page_state *now,
		      enum check_property broken)
{
	static const char *const verbs[] = {"reads from", "writes to", "fetches from"};
	const struct page_place *p = &at->model->place[from->place];
	const struct page_grant *g =
		from->valid ? &p->permission[access] : &p->missing[from->frame][access];

	say(to, "%s %s the page and faults.", guest(from), verbs[access]);
	if (broken == CHECK_L1_NO_LATE_REFUSAL) {
		say_refused(to, at, from, access);
		return;
	}
	say_work(to, g);
	if (now->phase == P_DEAD) {
		say(to, " Nothing of the host maps the page to do that through: the host crashes.");
		return;
	}
	if (from->valid) {
		say(to, " The entry is widened.");
	} else {
		say(to, " It is mapped ");
		say_type(to, at, from, access, g->type);
		say(to, "%s.", now->exec ? ", executable" : "");
	}
	if (broken == CHECK_S6_NO_MACHINE_CHECK)
		say(to, " The cache may fill from registers: machine check.");
	if (broken == CHECK_S17_NO_WIDENING)
		say(to, p->x86 && (g->reach & ~p->may_reach) == MEZZO_CLASS_NC
				? " The guest's PAT can make it WC, which was not declared."
				: " That is more than was declared.");
	if (broken == CHECK_L4_INTENT_HONOURED)
		say(to, " Its owner would have tolerated a faster type.");
	say_change(to, from, now);
}

/* --- guests, devices, caches -------------------------------------------------------------------------- */

/* The type that the guest asks for, and what the access really is if that is another. */
static void say_as(struct sentence *to, const struct page_place *p, const struct page_state *s,
		   unsigned int way)
{
	static const char *const words[2][WAYS] = {
		{"as Device", "as write-back", "as write-combining"},
		{"as UC", "as write-back", "as WC"},
	};

	say(to, " %s", words[p->x86][way]);
	if (is_through(s, way) && way != WAY_CACHED)
		say(to, p->x86 ? " (really write-back: the PAT is ignored)"
			       : " (really write-back: forced)");
	else if (!is_through(s, way) && way == WAY_CACHED)
		say(to, " (really past the cache)");
}

static void say_access(struct sentence *to, const struct page_case *at, enum page_action action,
		       unsigned int arg, const struct page_state *from,
		       const struct page_state *now, enum check_property broken)
{
	const struct page_place *p = &at->model->place[from->place];
	unsigned int way = arg & ARG_WAY;
	bool through = is_through(from, way);

	switch (action) {
	case ACT_READ:
		say(to, "%s reads it", guest(from));
		say_as(to, p, from, way);
		say_value(to, through || arg & ARG_HIT ? now->line_value : now->mem, from->latest,
			  broken);
		break;
	case ACT_WRITE:
		say(to, "%s writes%s", guest(from), from->phase == P_A ? " its secret" : "");
		say_as(to, p, from, way);
		say(to, ".");
		if (broken == CHECK_S10_DIRTY_LOG)
			say(to, " Writes are being logged, and the page is not in the log.");
		say_change(to, from, now);
		break;
	default:
		say(to, "%s executes from the page%s: %s", guest(from),
		    arg & ARG_HIT ? ", out of the instruction cache" : "",
		    value_words(arg & ARG_HIT                    ? from->icache_value
				: now->icache                    ? now->icache_value
				: through && p->idc && now->line ? now->line_value
								 : now->mem));
		if (broken != CHECK_PROPERTIES && broken != CHECK_S2_NO_STALE_EXEC)
			say(to, ", where %s was expected", value_words(from->latest));
		say(to, ".");
	}
}

static void say_guest(struct sentence *to, enum page_action action, const struct page_case *at,
		      const struct page_state *from, enum check_property broken)
{
	static const char *const tags[] = {"zero", "guest A's", "its own"};
	const struct page_place *p = &at->model->place[from->place];

	switch (action) {
	case ACT_TAG_READ:
		if (broken == CHECK_S5_NO_EXTERNAL_ABORT)
			say(to, "%s uses tags, and there is no storage for them: external abort.",
			    guest(from));
		else
			say(to, "%s reads the page's tags: %s.", guest(from), tags[from->tag]);
		break;
	case ACT_TAG_WRITE:
		say(to, "%s sets tags of its own.", guest(from));
		break;
	case ACT_CLEAN:
		say(to, "Guest B cleans and invalidates the page by address.");
		break;
	case ACT_SET_WAY:
		say(to, "Guest B cleans its caches by set and way%s.",
		    p->traps ? ": trapped, and done for it" : ": nobody traps it, the line stays");
		break;
	case ACT_TOGGLE:
		say(to, "Guest B, which ran with its caches off, turns them on%s.",
		    p->traps ? ": trapped, and the page is cleaned" : "");
		break;
	case ACT_MAKE_CODE:
		say(to, "Guest B makes what it wrote fit to run, as its machine asks.");
		break;
	case ACT_STALE:
		say(to, "Guest A, long gone, writes through a translation that a TLB still holds.");
		break;
	default:
		say(to, "%s makes another access and faults.", guest(from));
		say_refused(to, at, from, MEZZO_ACCESS_WALK);
	}
}

static void say_device(struct sentence *to, const struct page_case *at, enum page_action action,
		       unsigned int arg, const struct page_state *from,
		       const struct page_state *now, enum check_property broken)
{
	const struct page_place *p = &at->model->place[from->place];
	bool snooped = p->dma == MEZZO_DMA_SNOOPED;
	const char *whose = from->phase == P_B ? "Guest B's" : "Guest A's";
	char who[32];

	snprintf(who, sizeof(who), "%s device", whose);
	switch (action) {
	case ACT_IOMMU_MAP:
		say(to, "The page is made reachable for %s.", who);
		say_change(to, from, now);
		break;
	case ACT_DMA_READ:
		say(to, "%s reads it (%s)", who,
		    snooped ? "it looks into caches" : "it does not look into caches");
		say_value(to, snooped && from->line ? from->line_value : from->mem, from->latest,
			  broken);
		break;
	case ACT_DMA_WRITE:
		say(to, "%s writes %s.", who, arg & ARG_HIT ? "into the cache" : "to memory");
		if (broken == CHECK_S10D_DIRTY_LOG_DMA)
			say(to, " Writes are being logged, and the page is not in the log.");
		break;
	case ACT_FILL:
		say(to, "The cache fills a line by itself: %s.", value_words(now->line_value));
		break;
	case ACT_DROP:
		say(to, "The cache drops a clean line.");
		break;
	default:
		say(to, "The dirty line is written back: memory holds %s.", value_words(now->mem));
	}
}

void page_tell(const struct check_case *whose, const struct check_step *step,
	       enum check_property broken, char *text, size_t size)
{
	const struct page_case at = {whose->policy, whose->world, whose->model};
	struct page_state from = state_unpack(step->from), now = state_unpack(step->to);
	enum page_action action = (enum page_action)(step->action >> ARG_BITS);
	unsigned int arg = step->action & ((1u << ARG_BITS) - 1);
	struct sentence to = {.text = text, .size = size};

	text[0] = '\0';
	if (action <= ACT_HOST_WRITE)
		say_host(&to, &at, action, arg, &from, &now, broken);
	else if (action <= ACT_FAULT_EXEC)
		say_fault(&to, &at, action - ACT_FAULT_READ, &from, &now, broken);
	else if (action == ACT_READ || action == ACT_WRITE || action == ACT_FETCH)
		say_access(&to, &at, action, arg, &from, &now, broken);
	else if (action <= ACT_STALE)
		say_guest(&to, action, &at, &from, broken);
	else
		say_device(&to, &at, action, arg, &from, &now, broken);
}

const char *page_actor(const struct check_step *step)
{
	struct page_state from = state_unpack(step->from);
	enum page_action action = (enum page_action)(step->action >> ARG_BITS);

	if (action <= ACT_HOST_WRITE || action == ACT_IOMMU_MAP)
		return "host";
	if (action == ACT_STALE)
		return "guest A";
	if (action < ACT_IOMMU_MAP)
		return from.phase == P_A ? "guest A" : "guest B";
	return action <= ACT_DMA_WRITE ? "device" : "cache";
}

void page_cells(const struct check_step *step, struct check_cells *cells)
{
	static const char *const words[] = {"zero",         "A's secret",     "B's write", "older",
					    "host's write", "device's write", "new image"};
	struct page_state now = state_unpack(step->to);

	*cells = (struct check_cells){0};
	if (now.phase == P_DEAD)
		return;
	cells->memory = words[now.mem];
	cells->secret[1] = now.mem == V_SECRET;
	if (!now.line)
		return;
	cells->cache = words[now.line_value];
	cells->dirty = now.line == L_DIRTY;
	cells->secret[0] = now.line_value == V_SECRET;
}
