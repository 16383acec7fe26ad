/* SPDX-License-Identifier: BSD-2-Clause */
/* From a configuration and a policy's answers to what the machine's moves depend on. */
#include "check/machines/page_state.h"

const struct check_duty page_duties[PAGE_DUTIES] = {
	[PAGE_DUTY_CLEAN_BEFORE] = {"clean-before",
				    "clean and invalidate before an entry is visible"},
	[PAGE_DUTY_ZERO] = {"zero", "zero data that are somebody else's"},
	[PAGE_DUTY_ZERO_TAGS] = {"zero-tags", "zero tags that are somebody else's"},
	[PAGE_DUTY_ICACHE_BEFORE] = {"icache-before",
				     "invalidate the I-cache when execution is newly granted"},
	[PAGE_DUTY_LOG_DIRTY] = {"log-dirty", "log a page that becomes writable"},
	[PAGE_DUTY_CLEAN_AFTER] = {"clean-after", "clean and invalidate when a page is taken back"},
	[PAGE_DUTY_ICACHE_AFTER] = {"icache-after",
				    "invalidate the I-cache when executable memory is taken back"},
	[PAGE_DUTY_TLBI] = {"tlbi", "invalidate TLBs when a page is taken back"},
	[PAGE_DUTY_IOMMU_REVOKE] = {"iommu-revoke",
				    "take the page out of the IOMMU when it is taken back"},
	[PAGE_DUTY_IOMMU_LAST] = {"iommu-last",
				  "make an IOMMU entry only after the frame's work is done"},
	[PAGE_DUTY_CLEAN_LAST] = {"clean-last",
				  "clean after zeroing through the cache, not before"},
	[PAGE_DUTY_INVALID_FIRST] = {"invalid-first",
				     "clean a page that is taken back after its invalidation is "
				     "complete"},
	[PAGE_DUTY_RESET_TAKE_BACK] =
		{"reset-take-back", "take memory back before a new image is written under a guest"},
	[PAGE_DUTY_RESET_ICACHE] = {"reset-icache",
				    "invalidate the I-cache after a new image was written"},
	[PAGE_DUTY_TRAP_SET_WAY] =
		{"trap-set-way", "trap set/way maintenance and cache toggles where write-back is "
				 "not forced"},
	[PAGE_DUTY_WINDOW_UNCACHED] = {"window-uncached",
				       "clean through a window that is uncached"},
	[PAGE_DUTY_WINDOW_CLOSED] = {"window-closed",
				     "unmap the zeroing window before the line is cleaned"},
	[PAGE_DUTY_KEEP_CONTENT] = {"keep-content",
				    "zero once per ownership, not once per mapping"},
	[PAGE_DUTY_MOVE_CLEAN] = {"move-clean",
				  "clean a frame before it moves to an object that nobody reaches "
				  "through caches"},
	[PAGE_DUTY_DEVICE_CLEAN] =
		{"device-clean", "clean a frame that devices have reached before it is used past "
				 "the caches, or read after a device that does not snoop"},
};

static unsigned int frame_bits(struct mezzo_frame_state frame)
{
	return (frame.data ? FRAME_DATA : 0) | (frame.tags ? FRAME_TAGS : 0) |
	       (frame.lines ? FRAME_LINES : 0);
}

static struct mezzo_frame_state frame_of(unsigned int bits)
{
	return (struct mezzo_frame_state){
		.data = (bits & FRAME_DATA) != 0,
		.tags = (bits & FRAME_TAGS) != 0,
		.lines = (bits & FRAME_LINES) != 0,
	};
}

/* The actions that are not left out, in the order that holds. */
static void copy_actions(const uint8_t *from, uint32_t lacks, uint8_t *to)
{
	static const uint8_t duty[MEZZO_ACTIONS] = {
		[MEZZO_ACTION_CLEAN_INVALIDATE] = PAGE_DUTY_CLEAN_BEFORE,
		[MEZZO_ACTION_ZERO] = PAGE_DUTY_ZERO,
		[MEZZO_ACTION_ZERO_UNCACHED] = PAGE_DUTY_ZERO,
		[MEZZO_ACTION_ZERO_TAGS] = PAGE_DUTY_ZERO_TAGS,
		[MEZZO_ACTION_INVALIDATE_ICACHE] = PAGE_DUTY_ICACHE_BEFORE,
		[MEZZO_ACTION_LOG_DIRTY] = PAGE_DUTY_LOG_DIRTY,
	};
	bool clean_last = !(lacks >> PAGE_DUTY_CLEAN_LAST & 1), zeroes = false;
	unsigned int count = 0;

	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && from[i]; i++)
		zeroes |= from[i] == MEZZO_ACTION_ZERO || from[i] == MEZZO_ACTION_ZERO_TAGS;
	for (unsigned int i = 0; i < MEZZO_BEFORE_MAX && from[i]; i++) {
		if (lacks >> duty[from[i]] & 1)
			continue;
		if (from[i] == MEZZO_ACTION_CLEAN_INVALIDATE && zeroes && !clean_last) {
			memmove(to + 1, to, count);
			to[0] = from[i];
			count++;
		} else {
			to[count++] = from[i];
		}
	}
}

static struct page_grant compile_grant(const struct mezzo_decision *d, uint32_t lacks,
				       unsigned int mask)
{
	struct page_grant g = {.outcome = d->outcome, .type = d->type};

	if (d->outcome != MEZZO_GRANT)
		return g;
	g.write = d->write;
	g.exec = d->exec;
	g.no_tag = d->no_tag_access;
	g.clean_after = d->clean_after && !(lacks >> PAGE_DUTY_CLEAN_AFTER & 1);
	for (unsigned int i = 0; i < MEZZO_AFTER_MAX; i++)
		g.icache_after |= d->after_invalid[i] == MEZZO_ACTION_INVALIDATE_ICACHE;
	g.icache_after &= !(lacks >> PAGE_DUTY_ICACHE_AFTER & 1);
	g.frame_after = (uint8_t)(frame_bits(d->frame_after) & mask);
	copy_actions(d->before_visible, lacks, g.before);
	return g;
}

/*
 * May a guest expect to be served? An exclusive that the memory's type does not support and an
 * unaligned access to Device memory are its own mistakes on any machine.
 */
static bool promised(unsigned int access)
{
	return access != MEZZO_ACCESS_EXCLUSIVE && access != MEZZO_ACCESS_UNALIGNED;
}

/* The answers to every fault that can be met. */
static void compile_answers(const struct page_arch *arch, const struct check_policy *policy,
			    const struct check_world *world, uint32_t lacks, struct page_place *p)
{
	for (unsigned int frame = 0; frame <= FRAMES; frame++) {
		bool missing = frame < FRAMES;
		unsigned int bits = missing ? frame & p->frame_mask : 0;

		for (unsigned int access = 0; access < arch->accesses; access++) {
			struct check_fault fault = {
				.kind = missing ? MEZZO_FAULT_MISSING : MEZZO_FAULT_PERMISSION,
				.access = (uint8_t)access,
				.frame = frame_of(bits),
			};
			struct check_answer answer;
			struct page_grant g;

			policy->fault(policy, world, &fault, &answer);
			g = compile_grant(&answer.decision, lacks, p->frame_mask);
			if (g.outcome == MEZZO_GRANT)
				arch->entry(world, &answer, &g);
			if (access < PAGE_ACCESSES)
				*(missing ? &p->missing[frame][access] : &p->permission[access]) =
					g;
			if (g.outcome == MEZZO_REFUSE && promised(access))
				*(missing ? &p->refuses[frame] : &p->refuses_permission) |=
					(uint8_t)(1u << access);
		}
	}
}

static uint8_t alias_of(const struct check_world *world)
{
	static const uint8_t alias[] = {
		[CHECK_MAP_WB] = PAGE_ALIAS_CACHED,
		[CHECK_MAP_NC] = PAGE_ALIAS_UNCACHED,
		[CHECK_MAP_DEVICE] = PAGE_ALIAS_UNCACHED,
		[CHECK_MAP_NONE] = PAGE_ALIAS_NONE,
	};

	return alias[world->field[CHECK_FIELD_MAP]];
}

/* What the engine around the policy can do, and does. */
static void compile_engine(const struct check_policy *policy, const struct check_world *world,
			   struct page_place *p)
{
	const uint8_t *f = world->field;
	bool wb = p->missing[p->promise][MEZZO_ACCESS_READ].through;

	p->dma_allocates = p->dma == MEZZO_DMA_SNOOPED && wb;
	if (policy->engine == CHECK_ENGINE_LINUX) {
		p->reach = p->linear;
		p->icache_needs_reach = true;
		p->scrubs_data = true;
		p->promise = (FRAME_TAGS | FRAME_LINES) & p->frame_mask;
		p->traps = !p->fwb && !p->x86;
		return;
	}
	p->reach = f[CHECK_FIELD_MAINTENANCE] != MEZZO_MAINTENANCE_NONE;
	p->window = f[CHECK_FIELD_MAINTENANCE] == MEZZO_MAINTENANCE_WINDOW;
	p->scrubs_data = !(p->promise & FRAME_DATA);
	p->scrubs_tags = p->mte && !(p->promise & FRAME_TAGS);
	p->unforced = wb && p->missing[p->promise][MEZZO_ACCESS_READ].reach != MEZZO_CLASS_WB;
	p->traps = p->unforced && !p->x86;
}

static bool compile_place(const struct page_arch *arch, const struct check_policy *policy,
			  const struct check_world *world, const struct page_model *model,
			  struct page_place *p)
{
	const uint8_t *f = world->field;
	struct check_answer answer;

	p->accepted = policy->accepts(policy, world, &answer);
	if (!p->accepted && !doubted(model, CHECK_A4_VMA_STAYS))
		return false;
	arch->place(world, model, p);
	p->alias = alias_of(world);
	p->linear = f[CHECK_FIELD_BACKING] == CHECK_BACKING_LINEAR;
	p->mte = f[CHECK_FIELD_GUEST_MTE];
	p->tag_storage = f[CHECK_FIELD_TAG_STORAGE];
	p->mmio = f[CHECK_FIELD_MMIO];
	p->logging = f[CHECK_FIELD_LOGGING];
	p->may_write = f[CHECK_FIELD_WRITABLE];
	p->dma = f[CHECK_FIELD_DMA];
	/* Without a guest that can use them tags are nobody's concern. */
	p->frame_mask = p->mte ? FRAMES - 1 : FRAMES - 1 - FRAME_TAGS;
	p->tag_storage &= p->mte;
	p->promise = (uint8_t)(frame_bits(check_world_contract(world).promise) & p->frame_mask);
	/*
	 * Others keep a cached mapping, and the object promises clean lines all the same, for it
	 * keeps no state: that is what it answers, and the policy must know better.
	 */
	if (!(p->promise & FRAME_LINES) && (p->alias == PAGE_ALIAS_CACHED || p->linear))
		p->frame_mask &= (uint8_t)~FRAME_LINES;
	/* Weaker than what was declared is a loss, not a danger; and WB lets stage 1 weaken. */
	p->may_reach = (uint8_t)(f[CHECK_FIELD_ALLOW] + 1);
	p->should_reach = p->may_reach & MEZZO_CLASS_WB   ? MEZZO_CLASS_WB
			  : p->may_reach & MEZZO_CLASS_NC ? MEZZO_CLASS_NC | MEZZO_CLASS_WB
							  : MEZZO_CLASS_ALL;
	if (p->may_reach & MEZZO_CLASS_WB)
		p->may_reach = MEZZO_CLASS_ALL;
	if (p->may_reach & MEZZO_CLASS_NC)
		p->may_reach |= MEZZO_CLASS_DEVICE;
	compile_answers(arch, policy, world, model->lacks, p);
	compile_engine(policy, world, p);
	return true;
}

static bool compile_places(const struct page_arch *arch, const struct check_policy *policy,
			   const struct check_world world[2], enum check_kind kind,
			   const struct check_change *change, struct page_model *model)
{
	model->kind = (uint8_t)kind;
	model->mezzo = policy->engine == CHECK_ENGINE_MEZZO;
	model->lacks = change->lacks;
	model->doubted = change->doubted;
	if (!compile_place(arch, policy, &world[0], model, &model->place[0]))
		return false;
	model->view_idc = model->place[0].idc;
	model->view_dic = model->place[0].dic;
	if (kind == CHECK_ONE)
		return true;
	/* The guest was told the lesser of what its machines have. */
	if (world[1].field[CHECK_FIELD_IDC] == 0 && !model->place[0].x86)
		model->view_idc = false;
	if (world[1].field[CHECK_FIELD_DIC] == 0 && !model->place[0].x86)
		model->view_dic = false;
	/* A machine that refuses the slot is one that nobody migrates to: the source runs on. */
	return compile_place(arch, policy, &world[1], model, &model->place[1]) ||
	       kind == CHECK_MIGRATE;
}

bool page_compile(const struct page_arch *arch, const struct check_policy *policy,
		  const struct check_world world[2], enum check_kind kind,
		  const struct check_change *change, struct page_model *model)
{
	bool accepted = compile_places(arch, policy, world, kind, change, model);

	/* The others are done with: they say which configurations there are, and what stands in them. */
	model->doubted &= 1u << CHECK_A5_UNCACHED_BYPASSES | 1u << CHECK_E1_SCRUB_AS_DECLARED;
	return accepted;
}
