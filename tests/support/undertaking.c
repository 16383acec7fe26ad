/* SPDX-License-Identifier: BSD-2-Clause */
#include "undertaking.h"

#include <platform/model/internal.h>

#include <stdlib.h>

#define PAGES UNDERTAKING_PAGES
#define IPA UINT64_C(0x40000000)
#define SLOT 1
#define TRIES 8
#define GUEST_STEPS 28
#define PATIENCE 2000 /* calls that say AGAIN: a device is slow */

static struct mezzo_ipa ipa_of(uint32_t page)
{
	return (struct mezzo_ipa){IPA + page * MEZZO_PAGE_BYTES};
}

static struct mezzo_pa frame_of(uint32_t page)
{
	return (struct mezzo_pa){MEZZO_MODEL_FRAMES_PA + page * MEZZO_PAGE_BYTES};
}

static void need(struct undertaking *u, int status, const char *what)
{
	if (status != MEZZO_OK)
		mezzo_model_fail(u->model, MEZZO_MODEL_TEST_ERROR, "%s: %s", what,
				 mezzo_status_name((enum mezzo_status)status));
}

#define UNTIL_DONE(u, call)                                                                        \
	do {                                                                                       \
		int status_ = MEZZO_ERR_AGAIN;                                                     \
		for (unsigned int i_ = 0; status_ == MEZZO_ERR_AGAIN && i_ < PATIENCE; i_++)       \
			status_ = (call);                                                          \
		need(u, status_, #call);                                                           \
	} while (0)

/* --- the guest ---------------------------------------------------------------------------------- */

static bool fault(struct undertaking *u, uint32_t page, enum mezzo_access access,
		  enum mezzo_fault_kind kind)
{
	struct mezzo_fault_info info = {
		.ipa = ipa_of(page),
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct mezzo_fault_result answer = {0};

	need(u, mezzo_space_fault(&u->space, 0, &info, &answer), "fault");
	return answer.outcome == MEZZO_GRANT;
}

static struct mezzo_model_values access_line(struct undertaking *u, uint32_t page,
					     unsigned int line, enum mezzo_model_access_kind kind,
					     enum mezzo_class stage1)
{
	static const enum mezzo_access accesses[] = {
		[MEZZO_MODEL_READ] = MEZZO_ACCESS_READ,
		[MEZZO_MODEL_WRITE] = MEZZO_ACCESS_WRITE,
		[MEZZO_MODEL_FETCH] = MEZZO_ACCESS_EXEC,
		[MEZZO_MODEL_TAG_READ] = MEZZO_ACCESS_READ,
		[MEZZO_MODEL_TAG_WRITE] = MEZZO_ACCESS_WRITE,
	};
	struct mezzo_model_access access = {
		.space = 0,
		.ipa = ipa_of(page),
		.line = line,
		.kind = kind,
		.stage1 = stage1,
	};

	for (unsigned int i = 0; i < TRIES; i++) {
		enum mezzo_model_result result = mezzo_model_access(u->model, &access);

		if (result == MEZZO_MODEL_DONE || result == MEZZO_MODEL_FAULT_TAG ||
		    !fault(u, page, accesses[kind],
			   result == MEZZO_MODEL_FAULT_MISSING ? MEZZO_FAULT_MISSING
							       : MEZZO_FAULT_PERMISSION))
			break;
	}
	return access.seen;
}

static void touch(struct undertaking *u, uint32_t page, enum mezzo_model_access_kind kind,
		  enum mezzo_class stage1)
{
	for (unsigned int line = 0; line < MEZZO_MODEL_LINES; line++)
		(void)access_line(u, page, line, kind, stage1);
}

/* Everything that a guest does with its memory; the last writes are in caches. */
static void use(struct undertaking *u)
{
	for (uint32_t page = 0; page < PAGES; page++) {
		touch(u, page, MEZZO_MODEL_WRITE, MEZZO_CLASS_WB);
		touch(u, page, MEZZO_MODEL_FETCH, MEZZO_CLASS_WB);
		if (u->mte)
			touch(u, page, MEZZO_MODEL_TAG_WRITE, MEZZO_CLASS_WB);
		touch(u, page, MEZZO_MODEL_WRITE, MEZZO_CLASS_WB);
	}
}

/* Everything in which a guest might see what is not its own: one way to each page first. */
static void look(struct undertaking *u)
{
	if (u->mte)
		touch(u, 3, MEZZO_MODEL_TAG_READ, MEZZO_CLASS_WB);
	touch(u, 2, MEZZO_MODEL_FETCH, MEZZO_CLASS_WB);
	touch(u, 1, MEZZO_MODEL_READ, MEZZO_CLASS_NC);
	touch(u, 0, MEZZO_MODEL_READ, MEZZO_CLASS_WB);
	for (uint32_t page = 0; page < PAGES; page++) {
		touch(u, page, MEZZO_MODEL_READ, MEZZO_CLASS_WB);
		touch(u, page, MEZZO_MODEL_READ, MEZZO_CLASS_NC);
		touch(u, page, MEZZO_MODEL_FETCH, MEZZO_CLASS_WB);
	}
}

/* --- memory ------------------------------------------------------------------------------------- */

static void place(struct undertaking *u, unsigned int alias)
{
	const struct mezzo_model_frames frames = {
		.pa = frame_of(0),
		.pages = PAGES,
		.owners = 1,
		.alias = alias,
		.tag_storage = u->contract.tag_storage,
		.mmio = u->contract.mmio,
		.state = u->contract.promise,
	};

	mezzo_model_place(u->model, &frames);
}

static void slot(struct undertaking *u)
{
	const struct mezzo_slot_config config = {
		.id = SLOT,
		.ipa = ipa_of(0),
		.pages = PAGES,
		.object = u->object,
		.shared = u->shared,
	};
	struct mezzo_refusal why;

	need(u, mezzo_slot_create(&u->space, &config, &why), "slot");
}

static void make_contract(struct undertaking *u)
{
	u->contract = mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	u->contract.tag_storage = u->mte;
	u->contract.max_order = MEZZO_ORDER_4K;
}

static void make_pool(struct undertaking *u)
{
	place(u, 0);
	need(u, mezzo_pool_init(&u->pool, u->p, &u->contract, frame_of(0), PAGES, u->state),
	     "pool");
	u->object = &u->pool.object;
}

static void pool(struct undertaking *u)
{
	make_contract(u);
	make_pool(u);
	slot(u);
}

static void used_pool(struct undertaking *u)
{
	pool(u);
	use(u);
}

/* Nobody reaches the memory; and whoever gets it sees nothing of what was there. */
static void next_owner(struct undertaking *u)
{
	mezzo_model_own(u->model, frame_of(0), PAGES, 0);
	mezzo_model_own(u->model, frame_of(0), PAGES, 1);
}

static void unreached(struct undertaking *u, uint32_t page)
{
	if (mezzo_model_reachable(u->model, frame_of(page)))
		mezzo_model_fail(u->model, MEZZO_MODEL_STALE_TRANSLATION,
				 "page %u can be reached still", page);
}

/* What the object believes of its frames is so. */
static void believed(struct undertaking *u, struct mezzo_object *object)
{
	struct mezzo_frame frame;

	for (uint32_t page = 0; page < PAGES; page++)
		if (object->ops->resolve(object, page, false, &frame) == MEZZO_OK)
			mezzo_model_check(u->model, frame.pa, frame.state);
}

static void copied_out(struct undertaking *u)
{
	believed(u, u->object);
	for (uint32_t page = 0; page < PAGES; page++) {
		unreached(u, page);
		mezzo_model_copy_out(u->model, frame_of(page));
	}
}

/* --- exclusive memory: given, given back, taken for now ------------------------------------------ */

static void grant(struct undertaking *u)
{
	static const enum mezzo_access accesses[PAGES] = {MEZZO_ACCESS_READ, MEZZO_ACCESS_WRITE,
							  MEZZO_ACCESS_EXEC, MEZZO_ACCESS_READ};

	for (uint32_t page = 0; page < PAGES; page++)
		(void)fault(u, page, accesses[page], MEZZO_FAULT_MISSING);
	mezzo_model_check_visible(u->model);
}

static void granted(struct undertaking *u)
{
	believed(u, u->object);
	look(u);
}

static void give_back(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_slot_delete(&u->space, SLOT, NULL));
	need(u, mezzo_pool_disown(&u->pool), "disown");
}

static void given_back(struct undertaking *u)
{
	copied_out(u);
	next_owner(u);
	slot(u);
	look(u);
}

static void revoke(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_object_revoke(u->object, 0, PAGES));
}

static void revoked(struct undertaking *u)
{
	copied_out(u);
	look(u);
}

/* --- private memory ------------------------------------------------------------------------------ */

static int unshare(void *arg, uint64_t offset_pages, uint64_t pages)
{
	struct undertaking *u = arg;

	mezzo_model_alias(u->model, frame_of((uint32_t)offset_pages), pages, 0);
	return MEZZO_OK;
}

static void untouched(struct undertaking *u)
{
	struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_WINDOW);
	struct mezzo_refusal why;

	make_contract(u);
	u->contract.is_private = true;
	shared.tag_storage = u->contract.tag_storage;
	shared.max_order = u->contract.max_order;
	place(u, 0);
	need(u,
	     mezzo_private_init(&u->private, u->p, &u->contract, &shared, frame_of(0), PAGES,
				u->state, unshare, u, &why),
	     "private");
	u->object = &u->private.pool.object;
	u->shared = &u->private.shared;
	slot(u);
}

static void private(struct undertaking *u)
{
	untouched(u);
	use(u);
}

static void convert(struct undertaking *u, bool to_shared, bool keep)
{
	struct mezzo_conversion c = {.pages = PAGES, .to_shared = to_shared, .keep = keep};

	UNTIL_DONE(u, mezzo_private_convert(&u->private, &c));
}

static void show(struct undertaking *u)
{
	convert(u, true, true);
}

static void clear_for_host(struct undertaking *u)
{
	convert(u, true, false);
}

static void zeroes(struct undertaking *u, const struct mezzo_model_values *seen)
{
	for (unsigned int i = 0; i < seen->count; i++)
		if (seen->value[i] != 0)
			mezzo_model_fail(u->model, MEZZO_MODEL_LEAK,
					 "what was given up may be seen still: %#x",
					 seen->value[i]);
}

static void guest_finds_zeroes(struct undertaking *u)
{
	struct mezzo_model_values seen;

	for (uint32_t page = 0; page < PAGES; page++) {
		seen = access_line(u, page, page % MEZZO_MODEL_LINES, MEZZO_MODEL_READ,
				   page / 2 ? MEZZO_CLASS_NC : MEZZO_CLASS_WB);
		zeroes(u, &seen);
		if (!u->mte)
			continue;
		seen = access_line(u, page, 0, MEZZO_MODEL_TAG_READ, MEZZO_CLASS_WB);
		zeroes(u, &seen);
	}
}

/* The page is the host's too: nothing of anybody else is shown, and nothing is lost. */
static void host_finds(struct undertaking *u, bool zero)
{
	struct mezzo_model_values seen;

	believed(u, u->shared);
	for (uint32_t page = 0; page < PAGES; page++) {
		mezzo_model_give_up(u->model, frame_of(page), 1, false);
		mezzo_model_check(u->model, frame_of(page),
				  (struct mezzo_frame_state){.tags = MEZZO_CONTENT_UNOWNED,
							     .lines = MEZZO_LINES_MAYBE});
		unreached(u, page);
		mezzo_model_alias(u->model, frame_of(page), 1, MEZZO_CLASS_WB);
		for (unsigned int line = 0; line < MEZZO_MODEL_LINES; line++) {
			mezzo_model_host_read(u->model, frame_of(page), line, MEZZO_CLASS_WB,
					      &seen);
			if (zero)
				zeroes(u, &seen);
		}
	}
	if (zero)
		guest_finds_zeroes(u);
	look(u);
}

static void host_looks(struct undertaking *u)
{
	host_finds(u, false);
}

static void host_finds_zeroes(struct undertaking *u)
{
	host_finds(u, true);
}

static void given_up(struct undertaking *u)
{
	private(u);
	mezzo_model_give_up(u->model, frame_of(0), PAGES, true);
}

static void shared(struct undertaking *u)
{
	private(u);
	convert(u, true, true);
	mezzo_model_alias(u->model, frame_of(0), PAGES, MEZZO_CLASS_WB);
	use(u);
	for (uint32_t page = 0; page < PAGES; page++)
		(void)mezzo_model_host_write(u->model, frame_of(page), 0, MEZZO_CLASS_WB);
}

static void shared_given_up(struct undertaking *u)
{
	shared(u);
	mezzo_model_give_up(u->model, frame_of(0), PAGES, true);
}

static void take_over(struct undertaking *u)
{
	convert(u, false, true);
}

static void clear_for_guest(struct undertaking *u)
{
	convert(u, false, false);
}

static void is_private(struct undertaking *u)
{
	mezzo_model_give_up(u->model, frame_of(0), PAGES, false);
	copied_out(u);
	look(u);
}

static void is_private_and_zero(struct undertaking *u)
{
	believed(u, u->object);
	mezzo_model_give_up(u->model, frame_of(0), PAGES, false);
	for (uint32_t page = 0; page < PAGES; page++)
		unreached(u, page);
	guest_finds_zeroes(u);
	look(u);
}

/* --- extents ------------------------------------------------------------------------------------ */

static void file(struct undertaking *u)
{
	make_contract(u);
	make_pool(u);
	need(u, mezzo_extents_init(&u->file, &u->pool.object, PAGES, u->extent, 4), "extents");
	need(u, mezzo_extents_add(&u->file, 0, PAGES, 0), "add");
	u->object = &u->file.object;
	slot(u);
	use(u);
}

static void punch(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_extents_punch(&u->file, 0, PAGES));
}

static void punched(struct undertaking *u)
{
	copied_out(u);
	next_owner(u);
	need(u, mezzo_extents_add(&u->file, 0, PAGES, 0), "add again");
	look(u);
}

/* --- registers of the guest's own --------------------------------------------------------------- */

static void registers(struct undertaking *u)
{
	struct mezzo_refusal why;

	make_contract(u);
	u->contract.is_private = u->contract.mmio = true;
	u->contract.tag_storage = false;
	u->contract.allow = MEZZO_CLASS_DEVICE;
	u->contract.promise = (struct mezzo_frame_state){0};
	place(u, 0);
	need(u,
	     mezzo_private_mmio_init(&u->mmio, u->p, &u->contract, frame_of(0), PAGES, u->state,
				     &why),
	     "mmio");
	u->object = &u->mmio.object;
	slot(u);
	need(u, mezzo_private_mmio_accept(&u->mmio, 0, PAGES), "accept");
	for (uint32_t page = 0; page < PAGES; page++)
		touch(u, page, MEZZO_MODEL_WRITE, MEZZO_CLASS_DEVICE);
}

static void withdraw(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_private_mmio_revoke(&u->mmio, 0, PAGES));
}

static void withdrawn(struct undertaking *u)
{
	next_owner(u);
}

/* --- dirty log ---------------------------------------------------------------------------------- */

static void logged(struct undertaking *u)
{
	struct mezzo_slot_config to = {
		.id = SLOT,
		.flags = MEZZO_SLOT_FLAG_LOG_DIRTY,
		.ipa = ipa_of(0),
		.pages = PAGES,
		.bitmap = u->bitmap,
	};
	struct mezzo_refusal why;

	pool(u);
	to.object = u->object;
	UNTIL_DONE(u, mezzo_slot_change(&u->space, &to, &why));
	use(u);
}

static void make_clean(struct undertaking *u)
{
	uint64_t bits[MEZZO_DIRTY_WORDS(PAGES)] = {0};
	struct mezzo_refusal why;

	need(u, mezzo_dirty_take(&u->space, SLOT, 0, PAGES, bits, &why), "dirty");
}

static void writes_are_noticed(struct undertaking *u)
{
	uint64_t bits[MEZZO_DIRTY_WORDS(PAGES)] = {0};
	struct mezzo_refusal why;

	for (uint32_t page = 0; page < PAGES; page++)
		touch(u, page, MEZZO_MODEL_WRITE, MEZZO_CLASS_WB);
	need(u, mezzo_dirty_get(&u->space, SLOT, 0, PAGES, bits, &why), "dirty");
	if (bits[0] != (1u << PAGES) - 1)
		mezzo_model_fail(u->model, MEZZO_MODEL_LOST_WRITE, "written, and not dirty: %#llx",
				 (unsigned long long)bits[0]);
}

/* --- MTE ---------------------------------------------------------------------------------------- */

static void bind(struct undertaking *u)
{
	const struct mezzo_model_space bound = {
		.vmid = 1,
		.mte = u->mte,
		.notes = u->notes,
		.root = u->space.table.root_pa,
		.root_bytes = u->space.table.root_bytes,
		.start_level = u->space.table.start_level,
	};

	mezzo_model_bind(u->model, 0, &bound);
}

static void tags_off(struct undertaking *u)
{
	struct mezzo_refusal why;

	UNTIL_DONE(u, mezzo_space_set_mte(&u->space, false, &why));
}

static void tags_on(struct undertaking *u)
{
	struct mezzo_refusal why;

	UNTIL_DONE(u, mezzo_space_set_mte(&u->space, true, &why));
}

static void without_tags(struct undertaking *u)
{
	struct mezzo_refusal why;

	/* The guest itself is a machine without tags until the switch. */
	make_contract(u);
	make_pool(u);
	UNTIL_DONE(u, mezzo_space_set_mte(&u->space, false, &why));
	u->mte = false;
	mezzo_model_unbind(u->model, 0);
	bind(u);
	slot(u);
	use(u);
}

static void switched(struct undertaking *u, bool mte)
{
	copied_out(u);
	u->mte = mte;
	mezzo_model_unbind(u->model, 0);
	bind(u);
	look(u);
}

static void switched_off(struct undertaking *u)
{
	switched(u, false);
}

static void switched_on(struct undertaking *u)
{
	switched(u, true);
}

/* --- failed memory ------------------------------------------------------------------------------ */

static void poison(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_object_poison(u->object, 1, MEZZO_ORDER_4K));
}

static void poisoned(struct undertaking *u)
{
	unreached(u, 1);
	mezzo_model_own(u->model, frame_of(1), 1, 0);
	for (uint32_t page = 0; page < PAGES; page++)
		if (page != 1)
			touch(u, page, MEZZO_MODEL_READ, MEZZO_CLASS_WB);
}

/* --- devices ------------------------------------------------------------------------------------ */

static void devices(struct undertaking *u)
{
	struct mezzo_refusal why;
	uint64_t done = 0;

	make_contract(u);
	u->contract.dma = u->machine & 1 ? MEZZO_DMA_SNOOPED : MEZZO_DMA_UNSNOOPED;
	make_pool(u);
	slot(u);
	UNTIL_DONE(u, mezzo_space_dma_map(&u->space, ipa_of(0), PAGES, true, &done, &why));
}

static void device_writes(struct undertaking *u)
{
	struct mezzo_model_values seen;

	for (uint32_t page = 0; page < PAGES; page++)
		(void)mezzo_model_device_access(u->model, 0, ipa_of(page), 0, true, &seen);
}

static void working_devices(struct undertaking *u)
{
	devices(u);
	device_writes(u);
	use(u);
}

static void stop_devices(struct undertaking *u)
{
	UNTIL_DONE(u, mezzo_space_dma_unmap(&u->space, ipa_of(0), PAGES));
}

static void devices_stopped(struct undertaking *u)
{
	struct mezzo_model_values seen;

	for (uint32_t page = 0; page < PAGES; page++)
		if (mezzo_model_device_access(u->model, 0, ipa_of(page), 0, false, &seen))
			mezzo_model_fail(u->model, MEZZO_MODEL_STALE_TRANSLATION,
					 "a device reads page %u still", page);
}

static void devices_gone(struct undertaking *u)
{
	devices_stopped(u);
	copied_out(u);
	next_owner(u);
}

const struct undertaking_kind undertakings[] = {
	{"exclusive grant", false, pool, grant, granted},
	{"exclusive return", false, used_pool, give_back, given_back},
	{"revocation", false, used_pool, revoke, revoked},
	{"private to shared, kept", false, private, show, host_looks},
	{"private to shared, untouched", false, untouched, show, host_finds_zeroes},
	{"private to shared, zeroed", false, given_up, clear_for_host, host_finds_zeroes},
	{"shared to private, kept", false, shared, take_over, is_private},
	{"shared to private, zeroed", false, shared_given_up, clear_for_guest, is_private_and_zero},
	{"extents punch", false, file, punch, punched},
	{"private MMIO revoke", false, registers, withdraw, withdrawn},
	{"dirty log clear", false, logged, make_clean, writes_are_noticed},
	{"MTE off", true, used_pool, tags_off, switched_off},
	{"MTE on", true, without_tags, tags_on, switched_on},
	{"poison", false, used_pool, poison, poisoned},
	{"DMA unmap", false, working_devices, stop_devices, devices_stopped},
	{"DMA revocation", false, working_devices, revoke, devices_gone},
};
const unsigned int undertaking_count = sizeof(undertakings) / sizeof(undertakings[0]);

/* --- running ------------------------------------------------------------------------------------- */

static void count(const struct undertaking *u, uint64_t *calls)
{
	size_t sites;
	const struct mezzo_model_site *site = mezzo_model_sites(u->model, &sites);

	for (size_t i = 0; i < sites && i < UNDERTAKING_SITES; i++)
		calls[i] = site[i].calls;
}

static void open(struct undertaking *u, const struct mezzo_arm64_machine *machine)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = u->p,
		.machine = {.arm64 = *machine},
		.features = {.access = u->notes, .dirty = u->notes},
		.guest_mte = u->mte,
		.ipa_bits = 32,
		.pa_bits = 40,
		.vmid = 1,
		.slots = u->slots,
		.index = u->index,
		.max_slots = 2,
		.vcpus = u->vcpus,
		.max_vcpus = 1,
	};

	need(u, mezzo_space_init(&u->space, &config), "space");
	bind(u);
}

static bool sound(const struct undertaking *u)
{
	return mezzo_model_violation(u->model) == MEZZO_MODEL_NO_VIOLATION;
}

/* On another CPU, by what its TLB holds alone: it takes no fault, so the engine is not called. */
static void guest(void *arg)
{
	struct undertaking *u = arg;
	unsigned int fetches = 4;

	/* Not for ever: every value that may have been fetched is one that the model remembers. */
	for (unsigned int i = 0; !u->over && i < GUEST_STEPS; i++) {
		const bool fetch = fetches && mezzo_model_random(u->model, 4) == 0;
		struct mezzo_model_access access = {
			.space = 0,
			/* The first page is the one that is maintained soonest. */
			.ipa = ipa_of(mezzo_model_random(u->model, 2)
					      ? 0
					      : mezzo_model_random(u->model, PAGES)),
			.line = mezzo_model_random(u->model, MEZZO_MODEL_LINES),
			.kind = fetch ? MEZZO_MODEL_FETCH : MEZZO_MODEL_WRITE,
			.stage1 = MEZZO_CLASS_WB,
		};

		fetches -= fetch;
		(void)mezzo_model_access(u->model, &access);
		mezzo_model_yield(u->model);
	}
}

static void host(void *arg)
{
	struct undertaking *u = arg;

	u->kind->run(u);
	u->over = true;
}

/* Mutated is what happens while the operation is under way, and nothing before or after. */
static void run_beside_guest(struct undertaking *u, const struct mezzo_model_mutation *mutation)
{
	if (!mezzo_model_spawn(u->model, 0, host, u) || !mezzo_model_spawn(u->model, 1, guest, u))
		abort();
	if (mutation)
		u->model->config.mutation = *mutation;
	mezzo_model_run(u->model);
	u->model->config.mutation.kind = MEZZO_MODEL_FAITHFUL;
	for (unsigned int i = 0; i < WINDOWS; i++)
		if (u->model->window[i].open)
			mezzo_model_fail(u->model, MEZZO_MODEL_WINDOW_MISUSE,
					 "a window is left open");
}

struct undertaking *undertaking_run(const struct undertaking_kind *kind, unsigned int machine,
				    const struct mezzo_model_mutation *mutation)
{
	struct undertaking *u;
	struct mezzo_model_config model = {
		.size = sizeof(model),
		.seed = machine + 1,
		.machine = {.fwb = machine & 1,
			    .idc = machine & 3,
			    .dic = machine & 2,
			    .mte = machine & 4},
		.frames = PAGES,
		.range = machine & 8,
	};

	if (kind->needs_mte && !model.machine.mte)
		return NULL;
	u = calloc(1, sizeof(*u));
	if (!u || !(u->model = mezzo_model_create(&model)))
		abort();
	u->kind = kind;
	u->machine = machine;
	u->mte = model.machine.mte;
	u->notes = machine & 16;
	u->p = mezzo_model_platform(u->model);
	open(u, &model.machine);
	kind->prepare(u);
	count(u, u->before);
	if (sound(u))
		run_beside_guest(u, mutation);
	count(u, u->after);
	if (sound(u))
		kind->judge(u);
	return u;
}

void undertaking_free(struct undertaking *u)
{
	mezzo_model_destroy(u->model);
	free(u);
}
