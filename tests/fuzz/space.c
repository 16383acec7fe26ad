/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any sequence of calls on a space, with any arguments: it never crashes, what a leaf lets the
 * guest reach is what its object allows, and teardown finds everything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>

#define SLOTS 4
#define POOL_PAGES 1500

struct input {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	for (; bytes && in->left; bytes--, in->left--)
		value = value << 8 | *in->data++;
	return value;
}

#define check(good)                                                                                \
	do {                                                                                       \
		if (!(good)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #good);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct fuzz {
	struct mezzo_hosted hosted;
	struct mezzo_space space;
	struct mezzo_slot slots[SLOTS];
	struct mezzo_index_node index[MEZZO_INDEX_NODES(SLOTS)];
	struct mezzo_vcpu vcpus[2];
	struct mezzo_record_cell records[4];
	struct mezzo_pool pool;
	struct mezzo_bar bar;
	bool waits; /* a deletion or a move is under way: faults in its slot wait */
};

static struct mezzo_contract any_contract(struct input *in)
{
	struct mezzo_contract c = {
		.aliases = take(in, 1) % MEZZO_ALIASES_VALUES,
		.allow = 1 + take(in, 1) % MEZZO_CLASS_ALL,
		.maintenance = take(in, 1) % MEZZO_MAINTENANCE_VALUES,
		.dma = take(in, 1) % MEZZO_DMA_VALUES,
		.max_order = 9 * (take(in, 1) % 3),
	};
	uint64_t bits = take(in, 1);

	c.tag_storage = bits & 1;
	c.writable = bits & 2;
	c.is_private = bits & 4;
	c.mmio = bits & 8;
	c.promise.data = bits >> 4 & 1;
	c.promise.tags = bits >> 5 & 1;
	c.promise.lines = bits >> 6 & 1;
	return c;
}

/* Near something interesting, or anywhere at all. */
static uint64_t any_address(struct input *in)
{
	uint64_t how = take(in, 1);

	if (how & 0x80)
		return take(in, 8);
	return (UINT64_C(1) << (how % 41)) + (take(in, 2) << 12) - (take(in, 1) << 12);
}

static struct mezzo_slot_config any_slot(struct fuzz *f, struct input *in)
{
	return (struct mezzo_slot_config){
		.id = (uint32_t)take(in, 1) % 6,
		.flags = (uint32_t)take(in, 1) & 0x83,
		.ipa = {any_address(in)},
		.pages = take(in, 1) & 1 ? take(in, 8) : take(in, 2),
		.object = take(in, 1) & 1 ? &f->pool.object : &f->bar.object,
		.offset_pages = take(in, 1) & 0x80 ? take(in, 8) : take(in, 1),
	};
}

static void create(struct fuzz *f, struct input *in)
{
	const struct mezzo_slot_config config = any_slot(f, in);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	int status = mezzo_slot_create(&f->space, &config, &why);

	/* Every refusal has a reason, and only refusals do. */
	check((status == MEZZO_OK || status == MEZZO_ERR_AGAIN) == (why.reason == MEZZO_REASONS));
}

/* Like a slot that is there, where the input leads to one; one of its fields may differ. */
static void change(struct fuzz *f, struct input *in)
{
	struct mezzo_slot_config to = any_slot(f, in);
	struct mezzo_refusal why = {.reason = MEZZO_REASONS};
	struct mezzo_mapping is;
	uint64_t how = take(in, 1);
	int status;

	mezzo_space_query(&f->space, 1, to.ipa, &is);
	if (is.slot && how & 1) {
		for (unsigned int i = 0; i < SLOTS; i++)
			if (f->slots[i].config.id == is.slot_id)
				to = f->slots[i].config;
		to.flags ^= how >> 1 & 3;
		to.ipa.addr += (how >> 3 & 3) << MEZZO_PAGE_SHIFT;
	}
	status = mezzo_slot_change(&f->space, &to, &why);
	check((status == MEZZO_OK || status == MEZZO_ERR_AGAIN) == (why.reason == MEZZO_REASONS));
	f->waits |= status == MEZZO_ERR_AGAIN;
}

static void fault(struct fuzz *f, struct input *in)
{
	struct mezzo_fault_info info = {
		.ipa = {any_address(in)},
		.access = take(in, 1) % MEZZO_ACCESS_KINDS,
		.kind = take(in, 1) % MEZZO_FAULT_KINDS,
	};
	struct mezzo_fault_result result;
	struct mezzo_mapping mapping;

	if (mezzo_space_fault(&f->space, 0, &info, &result) != MEZZO_OK)
		return;
	/* One caller, no races: nothing to retry, but for a permission fault on nothing. */
	check(!result.retry || info.kind == MEZZO_FAULT_PERMISSION || f->waits);
	/* What the slot check accepted is not refused later. */
	check(result.outcome != MEZZO_REFUSE);
	mezzo_space_query(&f->space, 1, info.ipa, &mapping);
	if (mapping.leaf.state == MEZZO_ENTRY_LEAF) {
		const struct mezzo_contract *c = &mapping.object->contract;

		check(!(mapping.effective & ~(unsigned int)c->allow) ||
		      c->aliases == MEZZO_ALIASES_CACHED);
		check(!mapping.leaf.attr.write || c->writable);
		check(mapping.leaf.order <= c->max_order);
		check(result.reason != MEZZO_WHY_WRITE_LOGGED ||
		      (mapping.slot_flags & MEZZO_SLOT_FLAG_LOG_DIRTY &&
		       mapping.leaf.order == MEZZO_ORDER_4K));
	}
}

static void step(struct fuzz *f, struct input *in)
{
	struct mezzo_fault_info info = {.ipa = {any_address(in)}};
	struct mezzo_facts facts;
	struct mezzo_decision decision;

	switch (take(in, 1) % 9) {
	case 0:
		create(f, in);
		break;
	case 1:
		f->waits |=
			mezzo_slot_delete(&f->space, (uint32_t)take(in, 1) % 6) == MEZZO_ERR_AGAIN;
		break;
	case 2:
		check(mezzo_object_revoke(take(in, 1) & 1 ? &f->pool.object : &f->bar.object,
					  take(in, 2),
					  take(in, 1) & 0x80 ? take(in, 8) : take(in, 2)) ==
		      MEZZO_OK);
		break;
	case 3:
		(void)!mezzo_space_unmap(&f->space, info.ipa, take(in, 3));
		break;
	case 4:
		(void)!mezzo_space_explain(&f->space, 1, &info, &facts, &decision);
		break;
	case 5:
		mezzo_bar_enable(&f->bar, take(in, 1) & 1);
		break;
	case 6:
		change(f, in);
		break;
	default:
		fault(f, in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct fuzz *f = calloc(1, sizeof(*f));
	void *state = malloc(mezzo_pool_state_bytes(POOL_PAGES));
	uint64_t bits = take(&in, 1);
	struct mezzo_arm64_machine machine = {.fwb = (bits & 3) == 3,
					      .idc = bits & 2,
					      .dic = bits & 4,
					      .mte = bits & 8};
	struct mezzo_contract pool = any_contract(&in), bar = any_contract(&in);
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &f->hosted.platform,
		.machine = {.arm64 = machine},
		.guest_mte = machine.mte && bits & 16,
		.ipa_bits = 32 + take(&in, 1) % 17,
		.pa_bits = 48,
		.slots = f->slots,
		.index = f->index,
		.max_slots = SLOTS,
		.vcpus = f->vcpus,
		.max_vcpus = 2,
		.records = f->records,
		.max_records = 4,
	};

	bar.promise.data = bar.promise.tags = MEZZO_CONTENT_INITIALISED;
	check(mezzo_hosted_init(&f->hosted, NULL) == MEZZO_OK);
	check(mezzo_pool_init(&f->pool, &f->hosted.platform, &pool,
			      (struct mezzo_pa){take(&in, 2) << 12}, POOL_PAGES,
			      state) == MEZZO_OK);
	check(mezzo_bar_init(&f->bar, &f->hosted.platform, &bar,
			     (struct mezzo_pa){UINT64_C(1) << 40}, UINT64_C(1) << 20) == MEZZO_OK);
	check(mezzo_space_init(&f->space, &config) == MEZZO_OK);
	if (bits & 32)
		f->hosted.allocs_left = take(&in, 1);
	while (in.left)
		step(f, &in);
	for (uint32_t id = 0; id < 6; id++)
		while (mezzo_slot_delete(&f->space, id) == MEZZO_ERR_AGAIN)
			;
	check(mezzo_space_fini(&f->space) == MEZZO_OK);
	check(f->hosted.counts.table_bytes == 0 && f->hosted.counts.windows_open == 0);
	free(state);
	free(f);
	return 0;
}
