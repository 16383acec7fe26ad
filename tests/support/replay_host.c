/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker's steps of who owns the memory: slots, zeroing, images, copies. */
#include "replay_steps.h"

#include <stdlib.h>

/* --- slots ------------------------------------------------------------------------------------------------ */

static struct mezzo_slot_config slot_config(struct replay *r, bool logs)
{
	return (struct mezzo_slot_config){
		.id = REPLAY_SLOT,
		.flags = logs ? MEZZO_SLOT_FLAG_LOG_DIRTY : 0,
		.ipa = {REPLAY_IPA},
		.pages = 1,
		.object = &r->pool.object,
		.bitmap = logs ? r->bitmap : NULL,
	};
}

bool replay_make_slot(struct replay *r, unsigned int guest)
{
	struct mezzo_slot_config config = slot_config(r, r->world.field[CHECK_FIELD_LOGGING] != 0);
	struct mezzo_refusal why;
	unsigned int tries = 0;
	int status;

	r->asked_for_slot = true;
	do
		status = mezzo_slot_create(&r->space[guest].space, &config, &why);
	while (status == MEZZO_ERR_AGAIN && ++tries < REPLAY_PATIENCE);
	r->asked_for_slot = false;
	atomic_store(&r->bitmap[0], 0);
	return status == MEZZO_OK;
}

static enum replay_result take_slot(const struct replay_doing *d)
{
	struct replay *r = d->r;
	unsigned int tries = 0;
	int status;

	do
		status = mezzo_slot_delete(&r->space[0].space, REPLAY_SLOT, NULL);
	while (status == MEZZO_ERR_AGAIN && ++tries < REPLAY_PATIENCE);
	mezzo_model_own(r->machine, replay_frame(), 1, 0);
	return status == MEZZO_OK ? replay_compare(d) : replay_differs(r, "the slot does not go");
}

/* Clearing and setting it again write-protects what is mapped. */
static enum replay_result harvest(const struct replay_doing *d)
{
	struct replay *r = d->r;
	struct mezzo_refusal why;

	atomic_store(&r->bitmap[0], 0);
	for (unsigned int logs = 0; logs < 2; logs++) {
		struct mezzo_slot_config config = slot_config(r, logs);
		unsigned int tries = 0;
		int status;

		do
			status = mezzo_slot_change(&r->space[1].space, &config, &why);
		while (status == MEZZO_ERR_AGAIN && ++tries < REPLAY_PATIENCE);
		if (status != MEZZO_OK)
			return replay_differs(r, "the slot does not change");
	}
	return replay_compare(d);
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

static void declare_lines(const struct replay_doing *d)
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

void replay_clean(const struct replay_doing *d)
{
	const struct mezzo_platform *p = mezzo_model_platform(d->r->machine);
	void *va = p->window_open(p->ctx, MEZZO_WINDOW_UNCACHED, replay_frame(), MEZZO_PAGE_BYTES);

	p->cache_clean_invalidate(p->ctx, va, MEZZO_PAGE_BYTES);
	p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	p->window_close(p->ctx, MEZZO_WINDOW_UNCACHED, va, MEZZO_PAGE_BYTES);
}

/* What dma.h asks of who takes a frame back. */
static void clean_after_devices(const struct replay_doing *d, bool cached)
{
	if (d->r->model->mezzo && d->from.devices == D_LAST &&
	    (!cached || replay_place_of(d)->dma == MEZZO_DMA_UNSNOOPED) &&
	    !replay_lacks(d->r, PAGE_DUTY_DEVICE_CLEAN))
		replay_clean(d);
}

static void scrub_tags(const struct replay_doing *d)
{
	if (replay_place_of(d)->scrubs_tags && replay_place_of(d)->tag_storage)
		mezzo_model_scrub_tags(d->r->machine, replay_frame());
}

static enum replay_result scrub(const struct replay_doing *d)
{
	struct replay *r = d->r;
	bool cached = d->arg & WAY_CACHED;

	mezzo_model_own(r->machine, replay_frame(), 1, 2);
	if (d->arg & ARG_HIT) {
		const struct mezzo_frame_state tags = {.tags = replay_place_of(d)->scrubs_tags};

		scrub_tags(d);
		if (mezzo_pool_disown(&r->pool) != MEZZO_OK ||
		    !declare_frame(r, (struct mezzo_frame_state){0}, tags))
			return replay_differs(r, "the pool cannot be disowned");
		return replay_compare(d);
	}
	clean_after_devices(d, cached);
	zero(r, cached ? MEZZO_WINDOW_WRITE_BACK : MEZZO_WINDOW_UNCACHED);
	scrub_tags(d);
	/* Declared anew: the owner has made it what it promises. */
	if (mezzo_pool_init(&r->pool, &r->platform, &r->contract, replay_frame(), 1, r->state))
		return replay_differs(r, "no pool");
	return replay_compare(d);
}

/* Old aliases are gone. Who moves a frame to where nobody zeroes through a cache cleans it. */
static enum replay_result move(const struct replay_doing *d)
{
	struct replay *r = d->r;
	const struct page_place *to = &r->model->place[1];
	bool cached =
		to->alias == PAGE_ALIAS_CACHED || (to->alias == PAGE_ALIAS_NONE && to->linear);

	mezzo_model_remap(r->machine, replay_frame(), 1, 0);
	if (!cached && !replay_lacks(r, PAGE_DUTY_MOVE_CLEAN))
		replay_clean(d);
	if (!replay_move(r))
		return replay_differs(r, "there is no pool to move to");
	declare_lines(d);
	return replay_compare(d);
}

void replay_map_early(struct replay *r, unsigned int guest)
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

static enum replay_result give(const struct replay_doing *d)
{
	struct replay *r = d->r;

	declare_lines(d);
	if (!replay_make_slot(r, 1))
		return replay_differs(r, "guest B gets no slot");
	if (d->now.iommu)
		replay_map_early(r, 1);
	return replay_compare(d);
}

static enum mezzo_class host_class(const struct replay *r, bool cached)
{
	if (cached)
		return MEZZO_CLASS_WB;
	return r->world.field[CHECK_FIELD_MAP] == CHECK_MAP_NC ? MEZZO_CLASS_NC
							       : MEZZO_CLASS_DEVICE;
}

static enum replay_result host_reads(const struct replay_doing *d)
{
	struct replay *r = d->r;
	bool cached = d->arg & WAY_CACHED;
	struct mezzo_model_values seen;

	mezzo_model_host_read(r->machine, replay_frame(), 0, host_class(r, cached), &seen);
	return replay_saw(r, cached ? d->now.line_value : d->now.mem, &seen);
}

static enum replay_result host_writes(const struct replay_doing *d, bool cached, unsigned int v)
{
	struct replay *r = d->r;

	replay_know(r, v,
		    mezzo_model_host_write(r->machine, replay_frame(), 0, host_class(r, cached)));
	return replay_compare(d);
}

static enum replay_result copies_out(const struct replay_doing *d)
{
	clean_after_devices(d, d->arg & WAY_CACHED);
	if (d->arg & WAY_CACHED)
		return host_reads(d);
	mezzo_model_copy_out(d->r->machine, replay_frame());
	return replay_compare(d);
}

/* From guest B: its devices may take a while. */
static bool unmap(struct replay *r)
{
	unsigned int tries = 0;
	int status;

	do
		status = mezzo_space_unmap(&r->space[1].space, (struct mezzo_ipa){REPLAY_IPA}, 1);
	while (status == MEZZO_ERR_AGAIN && ++tries < REPLAY_PATIENCE);
	return status == MEZZO_OK;
}

static enum replay_result zap(const struct replay_doing *d)
{
	struct replay *r = d->r;
	const struct mezzo_frame_state unowned = {MEZZO_CONTENT_UNOWNED, MEZZO_CONTENT_UNOWNED, 0};

	if (!unmap(r))
		return replay_differs(r, "nothing is unmapped");
	if (replay_lacks(r, PAGE_DUTY_KEEP_CONTENT) &&
	    !declare_frame(r, unowned, (struct mezzo_frame_state){0}))
		return replay_differs(r, "the pool is at work");
	return replay_compare(d);
}

/* Before the entry is gone, what is due after. */
static enum replay_result maintain_early(const struct replay_doing *d)
{
	const struct mezzo_platform *p = mezzo_model_platform(d->r->machine);

	if (d->from.clean_after)
		replay_clean(d);
	if (d->from.icache_after) {
		p->icache_invalidate(p->ctx);
		p->barrier(p->ctx, MEZZO_BARRIER_COMPLETE);
	}
	declare_lines(d);
	return replay_compare(d);
}

/* What the embedder does around a reset; see docs/policy.md. */
static bool prepare_reset(const struct replay_doing *d)
{
	const struct page_place *p = replay_place_of(d);
	bool take_back = d->r->model->mezzo ? p->unforced || !d->from.through : !p->fwb;

	if (!take_back || replay_lacks(d->r, PAGE_DUTY_RESET_TAKE_BACK))
		return true;
	return unmap(d->r);
}

/*
 * The host writes all of the page, its last line too, and says so. Who has no mapping of it makes one.
 */
static bool fill(const struct replay_doing *d, struct mezzo_frame_state drop)
{
	struct replay *r = d->r;
	const struct page_place *p = replay_place_of(d);
	bool passing = p->alias == PAGE_ALIAS_NONE && !p->linear;
	bool cached = p->alias != PAGE_ALIAS_UNCACHED && !(passing && p->mmio);
	enum mezzo_class class = host_class(r, cached);

	if (passing)
		mezzo_model_alias(r->machine, replay_frame(), 1, class);
	mezzo_model_host_write(r->machine, replay_frame(), 1, class);
	replay_know(r, V_IMAGE, mezzo_model_host_write(r->machine, replay_frame(), 0, class));
	if (passing)
		mezzo_model_alias(r->machine, replay_frame(), 1, 0);
	return declare_frame(r, (struct mezzo_frame_state){.lines = cached}, drop);
}

static enum replay_result migrate(const struct replay_doing *d)
{
	const struct mezzo_frame_state content = {.data = 1, .tags = 1};

	if (!replay_migrate(d->r) || !fill(d, content) || !replay_make_slot(d->r, 1))
		return replay_differs(d->r, "guest B does not arrive");
	return replay_compare(d);
}

static enum replay_result reset(const struct replay_doing *d)
{
	struct replay *r = d->r;
	const struct page_place *p = replay_place_of(d);
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
	return good ? replay_compare(d) : replay_differs(r, "nothing is unmapped");
}

/* --- one step ------------------------------------------------------------------------------------------------- */

enum replay_result replay_host_acts(const struct replay_doing *d)
{
	mezzo_model_set_cpu(d->r->machine, REPLAY_HOST);
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
		return replay_compare(d);
	}
}
