/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user-space VMM, small and whole: RAM that it shares with its guest, a device's memory to which
 * it has no address, a vCPU that runs, and removal of that memory under the running vCPU.
 *
 *	cc -pthread vmm.c $(pkg-config --cflags --libs mezzo)
 *
 * The machine is the process: the vCPU is a thread that looks into the tables as an MMU does.
 */
#include <inttypes.h>
#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
	RAM_PAGES = 512,
	DEVICE_PAGES = 16,
	SLOTS = 4,
	VCPU = 0,
	VMM = 1,
	VCPUS = 2
};
#define RAM_IPA UINT64_C(0x40000000)
#define DEVICE_IPA UINT64_C(0x80000000)
#define FRAMES_PA UINT64_C(0x100000000)
#define DEVICE_PA (FRAMES_PA + RAM_PAGES * MEZZO_PAGE_BYTES)

/* The machine's memory. Only the MMU of the vCPU looks at the device's part. */
static _Alignas(2 << 20) uint8_t frames[(RAM_PAGES + DEVICE_PAGES) * MEZZO_PAGE_BYTES];
static uint8_t pool_state[4096];
static pthread_rwlock_t tlb = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic uint32_t rounds; /* of the guest */

static struct mezzo_hosted host;
static struct mezzo_space space;
static struct mezzo_slot slots[SLOTS];
static struct mezzo_index_node nodes[MEZZO_INDEX_NODES(SLOTS)];
static struct mezzo_vcpu vcpus[VCPUS];
static struct mezzo_pool ram;
static struct mezzo_bar device;

/* An invalidation is over when no access is under way that began before. */
static void tlb_invalidate(void *ctx, uint16_t vmid)
{
	(void)ctx, (void)vmid;
	pthread_rwlock_wrlock(&tlb);
	pthread_rwlock_unlock(&tlb);
}

/* One aligned 32-bit access of the guest, by the MMU: false is a stage-2 abort. */
static bool mmu_access(uint64_t ipa, bool write, uint32_t *value)
{
	struct mezzo_mapping map;
	bool done;

	pthread_rwlock_rdlock(&tlb);
	mezzo_space_query(&space, VCPU, (struct mezzo_ipa){ipa}, &map);
	done = map.leaf.state == MEZZO_ENTRY_LEAF &&
	       (write ? map.leaf.attr.write : map.leaf.attr.read);
	if (done) {
		uint64_t in_leaf = ipa & (mezzo_order_bytes(map.leaf.order) - 1);
		uint32_t *word = (void *)(frames + (map.leaf.pa.addr + in_leaf - FRAMES_PA));

		if (write)
			__atomic_store_n(word, *value, __ATOMIC_RELAXED);
		else
			*value = __atomic_load_n(word, __ATOMIC_RELAXED);
	}
	pthread_rwlock_unlock(&tlb);
	return done;
}

/* The guest's access with the hypervisor below: GRANT, or what else the guest meets. */
static enum mezzo_outcome guest_access(uint64_t ipa, bool write, uint32_t *value,
				       enum mezzo_reason *reason)
{
	const struct mezzo_fault_info info = {
		.ipa = {ipa & -MEZZO_PAGE_BYTES},
		.access = write ? MEZZO_ACCESS_WRITE : MEZZO_ACCESS_READ,
	};
	struct mezzo_fault_result result = {.outcome = MEZZO_GRANT};

	while (result.outcome == MEZZO_GRANT && !mmu_access(ipa, write, value))
		if (mezzo_space_fault(&space, VCPU, &info, &result) != MEZZO_OK)
			return MEZZO_REFUSE; /* no memory for tables: a real VMM finds some */
	*reason = result.reason;
	return result.outcome;
}

/* The VMM's own look at guest memory, as its device models need: only where it has an address. */
static bool vmm_read(uint64_t ipa, uint32_t *value)
{
	struct mezzo_mapping map;

	mezzo_space_query(&space, VMM, (struct mezzo_ipa){ipa}, &map);
	if (!map.slot || map.object->contract.is_private) {
		printf("the VMM reads %#" PRIx64 ": refused: %s\n", ipa,
		       mezzo_reason(map.slot ? MEZZO_WHY_PRIVATE_WITH_ALIAS
					     : MEZZO_WHY_DEVICE_ACCESS)
			       ->sentence);
		return false;
	}
	*value = __atomic_load_n((uint32_t *)(void *)(frames + (ipa - RAM_IPA)), __ATOMIC_RELAXED);
	printf("the VMM reads %#" PRIx64 ": %#" PRIx32 "\n", ipa, *value);
	return true;
}

static int slot(uint32_t id, uint64_t ipa, struct mezzo_object *object)
{
	const struct mezzo_slot_config config = {.id = id,
						 .ipa = {ipa},
						 .pages = object->pages,
						 .object = object};
	struct mezzo_refusal why = {0};
	int status = mezzo_slot_create(&space, &config, &why);

	if (status != MEZZO_OK)
		printf("slot %" PRIu32 ": %s\n", id, mezzo_reason(why.reason)->sentence);
	return status;
}

static int start(void)
{
	const struct mezzo_hosted_config machine = {.size = sizeof(machine),
						    .frames = frames,
						    .frames_pa = {FRAMES_PA},
						    .frames_bytes = sizeof(frames)};
	const struct mezzo_space_config config = {.size = sizeof(config),
						  .arch = &mezzo_arch_arm64,
						  .platform = &host.platform,
						  .machine.arm64 = {.fwb = true, .idc = true},
						  .ipa_bits = 40,
						  .pa_bits = 48,
						  .vmid = 1,
						  .slots = slots,
						  .index = nodes,
						  .max_slots = SLOTS,
						  .vcpus = vcpus,
						  .max_vcpus = VCPUS};
	const struct mezzo_contract shared =
		mezzo_contract_preset(MEZZO_PRESET_CACHED, MEZZO_MAINTENANCE_DIRECT);
	struct mezzo_contract alone =
		mezzo_contract_preset(MEZZO_PRESET_EXCLUSIVE, MEZZO_MAINTENANCE_WINDOW);
	int status = mezzo_pool_state_bytes(RAM_PAGES) <= sizeof(pool_state)
			     ? mezzo_hosted_init(&host, &machine)
			     : MEZZO_ERR_NOMEM;

	host.platform.tlb_invalidate_combined = host.platform.tlb_invalidate_space = tlb_invalidate;
	alone.is_private = true;
	alone.promise = (struct mezzo_frame_state){0}; /* the device's own, and clean */
	if (status == MEZZO_OK)
		status = mezzo_space_init(&space, &config);
	if (status == MEZZO_OK)
		status = mezzo_pool_init(&ram, &host.platform, &shared,
					 (struct mezzo_pa){FRAMES_PA}, RAM_PAGES, pool_state);
	if (status == MEZZO_OK)
		status = mezzo_bar_init(&device, &host.platform, &alone,
					(struct mezzo_pa){DEVICE_PA}, DEVICE_PAGES);
	if (status == MEZZO_OK)
		status = slot(1, RAM_IPA, &ram.object);
	return status == MEZZO_OK ? slot(2, DEVICE_IPA, &device.object) : status;
}

/* The guest: counts in the device's memory and copies the count to RAM, until it is gone. */
static void *run(void *arg)
{
	enum mezzo_reason *reason = arg;
	uint32_t count = 0, seen = 0;

	while (guest_access(DEVICE_IPA, false, &seen, reason) == MEZZO_GRANT) {
		if (seen != count)
			return arg; /* somebody else's */
		count++;
		if (guest_access(DEVICE_IPA, true, &count, reason) != MEZZO_GRANT)
			return NULL;
		(void)guest_access(RAM_IPA, true, &count, reason);
		rounds = count;
	}
	return NULL;
}

int main(void)
{
	enum mezzo_reason reason = 0;
	pthread_t vcpu;
	void *strange;
	uint32_t value = 0;

	if (start() != MEZZO_OK || pthread_create(&vcpu, NULL, run, &reason) != 0)
		return 1;
	while (rounds < 1000)
		sched_yield();
	if (!vmm_read(RAM_IPA, &value) || vmm_read(DEVICE_IPA, &value))
		return 1;

	/* Removal: resolve no longer, take it out of the guest, and only then touch the frames. */
	mezzo_bar_enable(&device, false);
	while (mezzo_object_revoke(&device.object, 0, DEVICE_PAGES) == MEZZO_ERR_AGAIN)
		; /* as long as devices are not done; here there are none */
	memset(frames + (DEVICE_PA - FRAMES_PA), 0xee, DEVICE_PAGES * MEZZO_PAGE_BYTES);
	pthread_join(vcpu, &strange);
	printf("the device is removed under the vCPU, which stops: %s\n",
	       mezzo_reason(reason)->sentence);
	while (mezzo_slot_delete(&space, 2, NULL) == MEZZO_ERR_AGAIN ||
	       mezzo_slot_delete(&space, 1, NULL) == MEZZO_ERR_AGAIN)
		;
	return strange || reason != MEZZO_WHY_OBJECT_REVOKED ||
	       mezzo_space_fini(&space) != MEZZO_OK;
}
