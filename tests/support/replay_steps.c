/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker's steps, one by one, as calls of the engine and of the model platform. */
#include "replay.h"

#include <stdlib.h>

#define SLOT 1
/* Who acts, as CPUs of the machine; the host is none of the guests' CPUs. */
#define CPU_HOST 2

/* A step under way. */
struct doing {
	struct replay *r;
	enum page_action action;
	unsigned int arg;
	struct page_state from, now;
	const struct check_step *after;
	unsigned int count;
};

static unsigned int guest_of(const struct page_state *s)
{
	return s->phase == P_A ? 0 : 1;
}

static const struct page_place *place_of(const struct doing *d)
{
	return replay_place(d->r);
}

/* --- values -------------------------------------------------------------------------------------------- */

/* A value that guest B may see from now on. */
static void know(struct replay *r, unsigned int v, uint32_t value)
{
	r->last[v] = value;
	if (r->known_count < REPLAY_VALUES)
		r->known[r->known_count++] = value;
}

static bool is_known(const struct replay *r, uint32_t value)
{
	for (unsigned int i = 0; i < r->known_count; i++)
		if (r->known[i] == value)
			return true;
	return false;
}

static bool stands_for(const struct replay *r, unsigned int v, uint32_t value)
{
	switch (v) {
	case V_ZERO:
		return value == 0;
	case V_SECRET:
		return value != 0 && !is_known(r, value);
	case V_OLD:
		return value == 0 || is_known(r, value);
	default:
		return value == r->last[v];
	}
}

/* The checker says that @v was seen. */
static enum replay_result saw(struct replay *r, unsigned int v,
			      const struct mezzo_model_values *seen)
{
	if (mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	for (unsigned int i = 0; i < seen->count; i++)
		if (stands_for(r, v, seen->value[i]))
			return REPLAY_SAME;
	return replay_differs(r, "value %u is none of the %u that the model may see, as %#x", v,
			      seen->count, seen->count ? seen->value[0] : 0);
}

/* --- what stands where, after a step ------------------------------------------------------------------- */

/* The guest's own type for an access: of arm64's two uncached ones, Normal-NC. */
static enum mezzo_class stage1(const struct replay *r, unsigned int way)
{
	if (way == WAY_CACHED)
		return MEZZO_CLASS_WB;
	return way == WAY_UNCACHED && replay_is_x86(r) ? MEZZO_CLASS_DEVICE : MEZZO_CLASS_NC;
}

/* By the machine's own reading of the entry. */
static enum replay_result compare_ways(const struct doing *d)
{
	const struct mezzo_ipa ipa = {REPLAY_IPA};
	unsigned int through = 0, looks = 0;

	for (unsigned int way = 0; way < place_of(d)->ways; way++) {
		enum mezzo_class class;
		bool look;

		if (!mezzo_model_way(d->r->machine, guest_of(&d->now), ipa, stage1(d->r, way),
				     &class, &look))
			return replay_differs(d->r, "the machine finds no entry");
		through |= class == MEZZO_CLASS_WB ? WAY_BIT(way) : 0;
		looks |= look ? WAY_BIT(way) : 0;
	}
	if (through != d->now.through || looks != d->now.looks)
		return replay_differs(d->r, "accesses go through the cache %#x, look %#x", through,
				      looks);
	return REPLAY_SAME;
}

static enum replay_result compare_entry(const struct doing *d, const struct mezzo_leaf *leaf)
{
	const struct page_state *now = &d->now;

	if (leaf->attr.write != now->write || leaf->attr.exec != now->exec)
		return replay_differs(d->r, "the entry allows writing %d, execution %d",
				      leaf->attr.write, leaf->attr.exec);
	if (leaf->attr.clean_after != now->clean_after &&
	    !replay_lacks(d->r, PAGE_DUTY_INVALID_FIRST))
		return replay_differs(d->r, "clean_after is %d", leaf->attr.clean_after);
	if (leaf->attr.no_tag_access != now->no_tag)
		return replay_differs(d->r, "no_tag_access is %d", leaf->attr.no_tag_access);
	return compare_ways(d);
}

/* What the object believes of its frame. */
static enum replay_result compare_frame(const struct doing *d)
{
	struct mezzo_object *o = &d->r->pool.object;
	unsigned int mask = place_of(d)->frame_mask;
	struct mezzo_frame frame;
	unsigned int bits;

	if (!d->r->model->mezzo)
		return REPLAY_SAME;
	if (o->ops->resolve(o, 0, false, &frame))
		return replay_differs(d->r, "the pool is at work");
	/* It is told of a cleaning by who does it. */
	mask &= ~(replay_lacks(d->r, PAGE_DUTY_CLEAN_BEFORE) ? FRAME_LINES : 0);
	bits = (frame.state.data ? FRAME_DATA : 0) | (frame.state.tags ? FRAME_TAGS : 0) |
	       (frame.state.lines ? FRAME_LINES : 0);
	if ((bits ^ d->now.frame) & mask)
		return replay_differs(d->r, "the object believes %#x, not %#x", bits, d->now.frame);
	/* And it is so, as far as the checker tracks it. */
	frame.state.lines |= !(mask & FRAME_LINES);
	frame.state.tags |= !(mask & FRAME_TAGS);
	if (d->r->proved)
		mezzo_model_check(d->r->machine, replay_frame(), frame.state);
	return mezzo_model_violation(d->r->machine) == MEZZO_MODEL_NO_VIOLATION ? REPLAY_SAME
										: REPLAY_VIOLATION;
}

static bool is_logged(const struct replay *r)
{
	return (atomic_load(&r->bitmap[0]) & 1) && !replay_lacks(r, PAGE_DUTY_LOG_DIRTY);
}

static enum replay_result compare(const struct doing *d)
{
	struct mezzo_mapping mapping;
	enum replay_result result = REPLAY_SAME;
	bool there;

	if (mezzo_model_violation(d->r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	if (d->now.phase != P_A && d->now.phase != P_B)
		return REPLAY_SAME;
	mezzo_space_query(&d->r->space[guest_of(&d->now)].space, 0, (struct mezzo_ipa){REPLAY_IPA},
			  &mapping);
	there = mapping.leaf.state == MEZZO_ENTRY_LEAF;
	/* A translation that a TLB keeps is an entry, to the checker. */
	if (replay_lacks(d->r, PAGE_DUTY_TLBI))
		return REPLAY_SAME;
	if (there != d->now.valid)
		return replay_differs(d->r, "there is %s entry", there ? "an" : "no");
	if (d->now.valid)
		result = compare_entry(d, &mapping.leaf);
	if (result == REPLAY_SAME)
		result = compare_frame(d);
	if (result == REPLAY_SAME && d->r->model->mezzo && place_of(d)->logging &&
	    d->now.phase == P_B && is_logged(d->r) != d->now.logged)
		return replay_differs(d->r, "the page is %s",
				      is_logged(d->r) ? "logged" : "not logged");
	return result;
}

/* --- slots ------------------------------------------------------------------------------------------------ */

static struct mezzo_slot_config slot_config(struct replay *r, bool logs)
{
	return (struct mezzo_slot_config){
		.id = SLOT,
		.flags = logs ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0,
		.ipa = {REPLAY_IPA},
		.pages = 1,
		.object = &r->pool.object,
		.bitmap = logs ? r->bitmap : NULL,
	};
}

static bool make_slot(struct replay *r, unsigned int guest)
{
	struct mezzo_slot_config config = slot_config(r, r->world.field[CHECK_FIELD_LOGGING] != 0);
	struct mezzo_refusal why;
	int status;

	r->asked_for_slot = true;
	do
		status = mezzo_slot_create(&r->space[guest].space, &config, &why);
	while (status == MEZZO_ERR_AGAIN);
	r->asked_for_slot = false;
	atomic_store(&r->bitmap[0], 0);
	return status == MEZZO_OK;
}

static enum replay_result take_slot(const struct doing *d)
{
	struct replay *r = d->r;
	int status;

	do
		status = mezzo_slot_delete(&r->space[0].space, SLOT);
	while (status == MEZZO_ERR_AGAIN);
	mezzo_model_own(r->machine, replay_frame(), 1, 0);
	return status == MEZZO_OK ? compare(d) : replay_differs(r, "the slot does not go");
}

/* Clearing and setting it again write-protects what is mapped. */
static enum replay_result harvest(const struct doing *d)
{
	struct replay *r = d->r;
	struct mezzo_refusal why;

	atomic_store(&r->bitmap[0], 0);
	for (unsigned int logs = 0; logs < 2; logs++) {
		struct mezzo_slot_config config = slot_config(r, logs);
		int status;

		do
			status = mezzo_slot_change(&r->space[1].space, &config, &why);
		while (status == MEZZO_ERR_AGAIN);
		if (status != MEZZO_OK)
			return replay_differs(r, "the slot does not change");
	}
	return compare(d);
}

/* --- the host --------------------------------------------------------------------------------------------- */

/* The object is told what its frame is from now on. */
static bool declare_frame(struct replay *r, struct mezzo_frame_state add,
			  struct mezzo_frame_state drop)
{
	struct mezzo_object *o = &r->pool.object;
	struct mezzo_frame frame;

	if (o->ops->resolve(o, 0, true, &frame) || o->ops->frames_begin(o, 0, 1, frame.state))
		return false;
	frame.state.data = (frame.state.data | add.data) & !drop.data;
	frame.state.tags = (frame.state.tags | add.tags) & !drop.tags;
	frame.state.lines |= add.lines;
	o->ops->frames_end(o, 0, 1, frame.state);
	return true;
}

static void declare_lines(const struct doing *d)
{
	struct mezzo_object *o = &d->r->pool.object;

	o->ops->frames_lines(o, 0, 1,
			     d->now.frame & FRAME_LINES ? MEZZO_LINES_MAYBE : MEZZO_LINES_CLEAN);
}

/* Through a mapping for the purpose, of the type that the owner's has. */
static void zero(struct replay *r, enum mezzo_window kind)
{
	const struct mezzo_platform *p = mezzo_model_platform(r->machine);
	void *va = p->window_open(p->ctx, kind, replay_frame(), MEZZO_PAGE_BYTES);

	p->zero(p->ctx, va, MEZZO_PAGE_BYTES);
	p->window_close(p->ctx, kind, va, MEZZO_PAGE_BYTES);
}

/* As the engine does it, but by the embedder. */
static void clean(const struct doing *d)
{
	const struct mezzo_platform *p = mezzo_model_platform(d->r->machine);
	void *va = p->window_open(p->ctx, MEZZO_WINDOW_UNCACHED, replay_frame(), MEZZO_PAGE_BYTES);

	p->cache_clean_invalidate(p->ctx, va, MEZZO_PAGE_BYTES);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->window_close(p->ctx, MEZZO_WINDOW_UNCACHED, va, MEZZO_PAGE_BYTES);
}

/* What dma.h asks of who takes a frame back. */
static void clean_after_devices(const struct doing *d, bool cached)
{
	if (d->r->model->mezzo && d->from.devices == D_LAST &&
	    (!cached || place_of(d)->dma == MEZZO_DMA_UNSNOOPED) &&
	    !replay_lacks(d->r, PAGE_DUTY_DEVICE_CLEAN))
		clean(d);
}

static void scrub_tags(const struct doing *d)
{
	if (place_of(d)->scrubs_tags && place_of(d)->tag_storage)
		mezzo_model_scrub_tags(d->r->machine, replay_frame());
}

static enum replay_result scrub(const struct doing *d)
{
	struct replay *r = d->r;
	bool cached = d->arg & WAY_CACHED;

	mezzo_model_own(r->machine, replay_frame(), 1, 2);
	if (d->arg & ARG_HIT) {
		const struct mezzo_frame_state tags = {.tags = place_of(d)->scrubs_tags};

		scrub_tags(d);
		if (mezzo_pool_disown(&r->pool) != MEZZO_OK ||
		    !declare_frame(r, (struct mezzo_frame_state){0}, tags))
			return replay_differs(r, "the pool cannot be disowned");
		return compare(d);
	}
	clean_after_devices(d, cached);
	zero(r, cached ? MEZZO_WINDOW_WRITE_BACK : MEZZO_WINDOW_UNCACHED);
	scrub_tags(d);
	/* Declared anew: the owner has made it what it promises. */
	if (mezzo_pool_init(&r->pool, &r->platform, &r->contract, replay_frame(), 1, r->state))
		return replay_differs(r, "no pool");
	return compare(d);
}

/* Old aliases are gone. Who moves a frame to where nobody zeroes through a cache cleans it. */
static enum replay_result move(const struct doing *d)
{
	struct replay *r = d->r;
	const struct page_place *to = &r->model->place[1];
	bool cached =
		to->alias == PAGE_ALIAS_CACHED || (to->alias == PAGE_ALIAS_NONE && to->linear);

	mezzo_model_remap(r->machine, replay_frame(), 1, 0);
	if (!cached && !replay_lacks(r, PAGE_DUTY_MOVE_CLEAN))
		clean(d);
	if (!replay_move(r))
		return replay_differs(r, "there is no pool to move to");
	declare_lines(d);
	return compare(d);
}

/* An embedder that does not wait for the frame's work. */
static void map_early(struct replay *r, unsigned int guest)
{
	const struct mezzo_platform *p = mezzo_model_platform(r->machine);
	const struct page_place *place = replay_place(r);
	struct mezzo_space *space = &r->space[guest].space;

	space->devices = true;
	if (p->dma_map(p->ctx, space->config.vmid, (struct mezzo_ipa){REPLAY_IPA}, replay_frame(),
		       1,
		       (place->may_write ? MEZZO_IOMMU_WRITE : 0) |
			       (place->dma == MEZZO_DMA_SNOOPED ? MEZZO_IOMMU_SNOOP : 0) |
			       (place->dma_allocates ? MEZZO_IOMMU_CACHEABLE : 0)))
		abort();
}

static enum replay_result give(const struct doing *d)
{
	struct replay *r = d->r;

	declare_lines(d);
	if (!make_slot(r, 1))
		return replay_differs(r, "guest B gets no slot");
	if (d->now.iommu)
		map_early(r, 1);
	return compare(d);
}

static enum mezzo_class host_class(const struct replay *r, bool cached)
{
	if (cached)
		return MEZZO_CLASS_WB;
	return r->world.field[CHECK_FIELD_MAP] == CHECK_MAP_NC ? MEZZO_CLASS_NC
							       : MEZZO_CLASS_DEVICE;
}

static enum replay_result host_reads(const struct doing *d)
{
	struct replay *r = d->r;
	bool cached = d->arg & WAY_CACHED;
	struct mezzo_model_values seen;

	mezzo_model_host_read(r->machine, replay_frame(), 0, host_class(r, cached), &seen);
	return saw(r, cached ? d->now.line_value : d->now.mem, &seen);
}

static enum replay_result host_writes(const struct doing *d, bool cached, unsigned int v)
{
	struct replay *r = d->r;

	know(r, v, mezzo_model_host_write(r->machine, replay_frame(), 0, host_class(r, cached)));
	return compare(d);
}

static enum replay_result copies_out(const struct doing *d)
{
	clean_after_devices(d, d->arg & WAY_CACHED);
	if (d->arg & WAY_CACHED)
		return host_reads(d);
	mezzo_model_copy_out(d->r->machine, replay_frame());
	return compare(d);
}

/* From guest B: its devices may take a while. */
static bool unmap(struct replay *r)
{
	int status;

	do
		status = mezzo_space_unmap(&r->space[1].space, (struct mezzo_ipa){REPLAY_IPA}, 1);
	while (status == MEZZO_ERR_AGAIN);
	return status == MEZZO_OK;
}

static enum replay_result zap(const struct doing *d)
{
	struct replay *r = d->r;
	const struct mezzo_frame_state unowned = {MEZZO_CONTENT_UNOWNED, MEZZO_CONTENT_UNOWNED, 0};

	if (!unmap(r))
		return replay_differs(r, "nothing is unmapped");
	if (replay_lacks(r, PAGE_DUTY_KEEP_CONTENT) &&
	    !declare_frame(r, unowned, (struct mezzo_frame_state){0}))
		return replay_differs(r, "the pool is at work");
	return compare(d);
}

/* Before the entry is gone, what is due after. */
static enum replay_result maintain_early(const struct doing *d)
{
	const struct mezzo_platform *p = mezzo_model_platform(d->r->machine);

	if (d->from.clean_after)
		clean(d);
	if (d->from.icache_after) {
		p->icache_invalidate(p->ctx);
		p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	}
	declare_lines(d);
	return compare(d);
}

/* What the embedder does around a reset; see docs/policy.md. */
static bool prepare_reset(const struct doing *d)
{
	const struct page_place *p = place_of(d);
	bool take_back = d->r->model->mezzo ? p->unforced || !d->from.through : !p->fwb;

	if (!take_back || replay_lacks(d->r, PAGE_DUTY_RESET_TAKE_BACK))
		return true;
	return unmap(d->r);
}

/*
 * The host writes all of the page, its last line too, and says so. Who has no mapping of it makes one.
 */
static bool fill(const struct doing *d, struct mezzo_frame_state drop)
{
	struct replay *r = d->r;
	const struct page_place *p = place_of(d);
	bool passing = p->alias == PAGE_ALIAS_NONE && !p->linear;
	bool cached = p->alias != PAGE_ALIAS_UNCACHED && !(passing && p->mmio);
	enum mezzo_class class = host_class(r, cached);

	if (passing)
		mezzo_model_alias(r->machine, replay_frame(), 1, class);
	mezzo_model_host_write(r->machine, replay_frame(), 1, class);
	know(r, V_IMAGE, mezzo_model_host_write(r->machine, replay_frame(), 0, class));
	if (passing)
		mezzo_model_alias(r->machine, replay_frame(), 1, 0);
	return declare_frame(r, (struct mezzo_frame_state){.lines = cached}, drop);
}

static enum replay_result migrate(const struct doing *d)
{
	const struct mezzo_frame_state content = {.data = 1, .tags = 1};

	if (!replay_migrate(d->r) || !fill(d, content) || !make_slot(d->r, 1))
		return replay_differs(d->r, "guest B does not arrive");
	return compare(d);
}

static enum replay_result reset(const struct doing *d)
{
	struct replay *r = d->r;
	const struct page_place *p = place_of(d);
	const struct mezzo_platform *real = mezzo_model_platform(r->machine);
	bool mezzo = r->model->mezzo, good = true;

	if (mezzo)
		good &= prepare_reset(d);
	good &= fill(d, (struct mezzo_frame_state){.data = 1});
	if (!mezzo)
		good &= prepare_reset(d);
	if ((mezzo ? !p->dic : p->fwb) && !replay_lacks(r, PAGE_DUTY_RESET_ICACHE)) {
		real->icache_invalidate(real->ctx);
		real->barrier(real->ctx, MEZZO_BARRIER_COMPLETE);
	}
	return good ? compare(d) : replay_differs(r, "nothing is unmapped");
}

/* --- faults ------------------------------------------------------------------------------------------------- */

static struct mezzo_fault_result fault(const struct doing *d, enum mezzo_access access,
				       enum mezzo_fault_kind kind)
{
	const struct mezzo_fault_info info = {
		.ipa = {REPLAY_IPA},
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct mezzo_fault_result result;

	do
		if (mezzo_space_fault(&d->r->space[guest_of(&d->from)].space, 0, &info, &result))
			abort();
	while (result.retry);
	mezzo_model_check_visible(d->r->machine);
	return result;
}

static enum replay_result faults(const struct doing *d)
{
	enum mezzo_access access = (enum mezzo_access)(d->action - ACT_FAULT_READ);
	struct mezzo_fault_result result;

	mezzo_model_set_cpu(d->r->machine, guest_of(&d->from));
	result = fault(d, access, d->from.valid ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING);
	if (mezzo_model_violation(d->r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	if (result.outcome == MEZZO_REFUSE)
		return REPLAY_REFUSED;
	if (result.outcome != MEZZO_GRANT)
		return replay_differs(d->r, "the fault is answered by %u (%s)", result.outcome,
				      mezzo_reason((enum mezzo_reason)result.reason)->name);
	return compare(d);
}

/* An access of another kind: what it needs is there, and it is refused. */
static enum replay_result faults_otherwise(const struct doing *d)
{
	const struct page_place *p = place_of(d);
	unsigned int refused = d->from.valid ? p->refuses_permission : p->refuses[d->from.frame];
	unsigned int access = PAGE_ACCESSES;

	while (!(refused >> access & 1))
		access++;
	mezzo_model_set_cpu(d->r->machine, guest_of(&d->from));
	if (fault(d, (enum mezzo_access)access,
		  d->from.valid ? MEZZO_FAULT_PERMISSION : MEZZO_FAULT_MISSING)
		    .outcome != MEZZO_REFUSE)
		return replay_differs(d->r, "access %u is not refused", access);
	return REPLAY_REFUSED;
}

static enum replay_result iommu_maps(const struct doing *d)
{
	struct mezzo_space *space = &d->r->space[guest_of(&d->from)].space;
	struct mezzo_refusal why;
	uint64_t done = 0;
	int status;

	mezzo_model_set_cpu(d->r->machine, CPU_HOST);
	if (replay_lacks(d->r, PAGE_DUTY_IOMMU_LAST)) {
		map_early(d->r, guest_of(&d->from));
		return compare(d);
	}
	do
		status = mezzo_space_dma_map(space, (struct mezzo_ipa){REPLAY_IPA}, 1,
					     place_of(d)->may_write, &done, &why);
	while (status == MEZZO_ERR_AGAIN);
	if (status)
		return replay_differs(d->r, "nothing is mapped for the device: %d", status);
	return compare(d);
}

/* --- guests, devices ---------------------------------------------------------------------------------------- */

/*
 * The type of the guest's next access: for a guest that cleans in order to change it. One that has
 * all its mappings at once, as the checker's has, may fetch ahead by the other type; the model's
 * changes it before it cleans.
 */
static enum mezzo_class next_type(const struct doing *d)
{
	if (d->from.exec && !place_of(d)->dic)
		return MEZZO_CLASS_WB;
	for (unsigned int i = 0; i < d->count; i++) {
		enum page_action action = (enum page_action)(d->after[i].action >> ARG_BITS);

		if (action == ACT_READ || action == ACT_WRITE || action == ACT_FETCH)
			return stage1(d->r, d->after[i].action & ARG_WAY);
	}
	return MEZZO_CLASS_WB;
}

static unsigned int fetched(const struct doing *d)
{
	const struct page_place *p = place_of(d);

	if (d->arg & ARG_HIT)
		return d->from.icache_value;
	return is_through(&d->from, d->arg & ARG_WAY) && p->idc && d->from.line ? d->from.line_value
										: d->now.mem;
}

/*
 * An access that cannot fault; or one that need not, where a TLB may still have what the tables
 * have no more. False: it faults.
 */
static bool touches(struct replay *r, struct mezzo_model_access *access)
{
	bool stale = replay_lacks(r, PAGE_DUTY_TLBI);
	enum mezzo_model_result result;

	access->granted = !stale;
	mezzo_model_set_cpu(r->machine, access->space);
	for (unsigned int i = 0; i < 64; i++) {
		result = mezzo_model_access(r->machine, access);
		if (result == MEZZO_MODEL_DONE || !stale)
			break;
	}
	return result == MEZZO_MODEL_DONE ||
	       mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION;
}

static enum replay_result accesses(const struct doing *d)
{
	static const enum mezzo_model_access_kind kinds[] = {MEZZO_MODEL_READ, MEZZO_MODEL_WRITE,
							     MEZZO_MODEL_FETCH};
	struct replay *r = d->r;
	unsigned int way = d->arg & ARG_WAY;
	struct mezzo_model_access access = {
		.space = guest_of(&d->from),
		.ipa = {REPLAY_IPA},
		.kind = kinds[d->action - ACT_READ],
		.stage1 = stage1(r, way),
	};

	if (!touches(r, &access))
		return replay_differs(r, "the guest's access faults");
	if (d->action == ACT_WRITE) {
		if (d->from.phase == P_B)
			know(r, V_B, access.written);
		return compare(d);
	}
	if (d->from.phase == P_A)
		return compare(d);
	return saw(r,
		   d->action == ACT_FETCH      ? fetched(d)
		   : is_through(&d->from, way) ? d->now.line_value
					       : d->now.mem,
		   &access.seen);
}

/* The checker says whose tags these are. */
static enum replay_result saw_tags(struct replay *r, unsigned int whose,
				   const struct mezzo_model_values *seen)
{
	if (mezzo_model_violation(r->machine) != MEZZO_MODEL_NO_VIOLATION)
		return REPLAY_VIOLATION;
	for (unsigned int i = 0; i < seen->count; i++) {
		uint32_t value = seen->value[i];

		if (whose == T_ZERO ? value == 0
		    : whose == T_B  ? value == r->last_tag
				    : value != 0 && value != r->last_tag)
			return REPLAY_SAME;
	}
	return replay_differs(r, "tags %u are none of the %u that the model may see", whose,
			      seen->count);
}

static enum replay_result uses_tags(const struct doing *d)
{
	struct replay *r = d->r;
	struct mezzo_model_access access = {
		.space = guest_of(&d->from),
		.ipa = {REPLAY_IPA},
		.kind = d->action == ACT_TAG_READ ? MEZZO_MODEL_TAG_READ : MEZZO_MODEL_TAG_WRITE,
		.stage1 = MEZZO_CLASS_WB,
	};

	if (!touches(r, &access))
		return replay_differs(r, "the guest's use of tags faults");
	if (d->from.phase == P_B && d->action == ACT_TAG_READ && !r->tags_restored)
		return saw_tags(r, d->from.tag, &access.seen);
	if (d->from.phase == P_B && d->action == ACT_TAG_WRITE) {
		r->last_tag = access.written;
		r->tags_restored = false;
	}
	return compare(d);
}

static enum replay_result maintains(const struct doing *d)
{
	struct replay *r = d->r;
	const struct mezzo_ipa ipa = {REPLAY_IPA};

	mezzo_model_set_cpu(r->machine, 1);
	if (d->action == ACT_CLEAN)
		mezzo_model_guest_retype(r->machine, 1, ipa, next_type(d));
	else
		mezzo_model_guest_sync_code(r->machine, 1, ipa);
	return compare(d);
}

/* By set and way, or a cache that is turned on: what was not trapped does nothing that counts. */
static enum replay_result set_way(const struct doing *d)
{
	bool reaches = d->from.valid ? d->from.through : d->from.iommu;

	mezzo_model_set_cpu(d->r->machine, CPU_HOST);
	if (place_of(d)->traps && reaches && !replay_lacks(d->r, PAGE_DUTY_TRAP_SET_WAY))
		clean(d);
	return compare(d);
}

static enum replay_result stale_write(const struct doing *d)
{
	struct mezzo_model_access access = {
		.ipa = {REPLAY_IPA},
		.kind = MEZZO_MODEL_WRITE,
		.stage1 = stage1(d->r, d->arg & ARG_WAY),
	};

	mezzo_model_set_cpu(d->r->machine, 0);
	mezzo_model_access(d->r->machine, &access);
	return compare(d);
}

static enum replay_result dma(const struct doing *d)
{
	struct replay *r = d->r;
	bool snooped = place_of(d)->dma == MEZZO_DMA_SNOOPED, write = d->action == ACT_DMA_WRITE;
	struct mezzo_model_values seen;

	mezzo_model_set_cpu(r->machine, CPU_HOST);
	if (!mezzo_model_device_access(r->machine, d->from.phase == P_B,
				       (struct mezzo_ipa){REPLAY_IPA}, 0, write, &seen))
		return replay_differs(r, "the device has no entry for it");
	if (d->from.phase != P_B)
		return compare(d);
	if (!write)
		return saw(r, snooped && d->from.line ? d->from.line_value : d->from.mem, &seen);
	know(r, V_DEVICE, seen.value[0]);
	return compare(d);
}

/* --- one step ------------------------------------------------------------------------------------------------- */

static enum replay_result host_acts(const struct doing *d)
{
	mezzo_model_set_cpu(d->r->machine, CPU_HOST);
	switch (d->action) {
	case ACT_MOVE:
		return move(d);
	case ACT_SCRUB:
		return scrub(d);
	case ACT_GIVE_B:
		return give(d);
	case ACT_TAKE_A:
		return take_slot(d);
	case ACT_ZAP:
		return zap(d);
	case ACT_MAINTAIN_EARLY:
		return maintain_early(d);
	case ACT_COPY_OUT:
		return copies_out(d);
	case ACT_RESET:
		return reset(d);
	case ACT_MIGRATE:
		return migrate(d);
	case ACT_HARVEST_LOG:
		return harvest(d);
	case ACT_HOST_READ:
		return host_reads(d);
	case ACT_HOST_WRITE:
		return host_writes(d, d->arg & WAY_CACHED, V_HOST);
	default: /* what the frame was used for before: the model has it among its states */
		return compare(d);
	}
}

enum replay_result replay_step(struct replay *r, const struct check_step *step,
			       const struct check_step *after, unsigned int count)
{
	struct doing d = {
		.r = r,
		.action = (enum page_action)(step->action >> ARG_BITS),
		.arg = step->action & ((1u << ARG_BITS) - 1),
		.from = state_unpack(step->from),
		.now = state_unpack(step->to),
		.after = after,
		.count = count,
	};

	if (r->space[0].space.numbered == 0 && !make_slot(r, 0))
		return replay_differs(r, "guest A gets no slot");
	if (d.action <= ACT_HOST_WRITE)
		return host_acts(&d);
	if (d.action <= ACT_FAULT_EXEC)
		return faults(&d);
	if (d.action == ACT_FAULT_OTHER)
		return faults_otherwise(&d);
	if (d.action == ACT_READ || d.action == ACT_WRITE || d.action == ACT_FETCH)
		return accesses(&d);
	if (d.action == ACT_TAG_READ || d.action == ACT_TAG_WRITE)
		return uses_tags(&d);
	if (d.action == ACT_CLEAN || d.action == ACT_MAKE_CODE)
		return maintains(&d);
	if (d.action == ACT_SET_WAY || d.action == ACT_TOGGLE)
		return set_way(&d);
	if (d.action == ACT_STALE)
		return stale_write(&d);
	if (d.action == ACT_IOMMU_MAP)
		return iommu_maps(&d);
	if (d.action == ACT_DMA_READ || d.action == ACT_DMA_WRITE)
		return dma(&d);
	return compare(&d); /* caches by themselves */
}
