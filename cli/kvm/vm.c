/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's life, and what is in it. */
#include "internal.h"

#include <stdlib.h>

/* Every host address is a page of it. */
#define USER_PAGES (UINT64_MAX >> MEZZO_PAGE_SHIFT)

/* A space's memory is doubled when it is used up. */
#define SLOTS_AT_FIRST 16
/* 32 TiB: more than any host has memory for that could be logged. */
#define LOG_PAGES_MAX (UINT64_C(1) << 33)

struct kvm_host kvm_host_usual(enum kvm_arch arch)
{
	return (struct kvm_host){
		.arch = arch,
		/* 15 bits of ids; x86 keeps three for itself. */
		.slots = arch == KVM_X86 ? 32764 : 32767,
		.address_spaces = 1,
		.guest_bits = 48,
		/* The most that page tables of five levels, and 52 bits, allow. */
		.user_bits = arch == KVM_X86 ? 56 : 52,
		.page_bytes = 4096,
	};
}

/* Frames mean nothing here: nobody faults. */
static int no_frame(void *arg, uint64_t offset_pages, bool write, struct mezzo_frame *frame)
{
	(void)arg, (void)offset_pages, (void)write, (void)frame;
	return MEZZO_ERR_REVOKED;
}

static bool make_object(struct kvm_vm *vm, struct mezzo_hostmap *map, enum mezzo_preset preset,
			uint64_t pages)
{
	struct mezzo_contract contract = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_WINDOW);

	contract.promise.data = contract.promise.tags = MEZZO_CONTENT_INITIALISED;
	contract.is_private = preset == MEZZO_PRESET_EXCLUSIVE;
	return mezzo_hostmap_init(map, &vm->platform.platform, &contract, pages, no_frame, NULL) ==
	       MEZZO_OK;
}

static struct kvm_space *make_space(struct kvm_vm *vm, uint32_t slots)
{
	struct kvm_space *as = aligned_alloc(64, (sizeof(*as) + 63) & ~(size_t)63);
	struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &vm->platform.platform,
		.machine.arm64 = {.fwb = true, .idc = true, .dic = true},
		.ipa_bits = vm->host.guest_bits,
		.pa_bits = 48,
		.max_slots = slots,
		.max_vcpus = 1,
	};

	if (!as)
		return NULL;
	*as = (struct kvm_space){
		.slots = calloc(slots, sizeof(*as->slots)),
		.index = aligned_alloc(64, MEZZO_INDEX_NODES(slots) * sizeof(*as->index)),
	};
	config.slots = as->slots;
	config.index = as->index;
	config.vcpus = &as->vcpu;
	if (as->slots && as->index && mezzo_space_init(&as->space, &config) == MEZZO_OK)
		return as;
	free(as->slots);
	free(as->index);
	free(as);
	return NULL;
}

static void free_space(struct kvm_space *as)
{
	struct mezzo_slot_config config;

	if (!as)
		return;
	while (mezzo_slot_next(&as->space, (struct mezzo_ipa){0}, &config) == MEZZO_OK)
		(void)!mezzo_slot_delete(&as->space, config.id, NULL);
	(void)!mezzo_space_fini(&as->space);
	free(as->slots);
	free(as->index);
	free(as->ring);
	free(as);
}

static bool host_valid(const struct kvm_host *host)
{
	return host->arch < KVM_ARCHS && host->slots > 0 && host->slots <= 1u << KVM_SLOT_BITS &&
	       host->address_spaces > 0 && host->address_spaces <= KVM_ADDRESS_SPACES_MAX &&
	       host->user_bits < 64 && host->page_bytes >= 4096 &&
	       !(host->page_bytes & (host->page_bytes - 1));
}

struct kvm_vm *kvm_vm_new(const struct kvm_host *host)
{
	struct kvm_vm *vm = calloc(1, sizeof(*vm));
	bool fine = vm && host_valid(host);

	if (fine) {
		vm->host = *host;
		vm->in_the_way = -1;
		fine = mezzo_hosted_init(&vm->platform, NULL) == MEZZO_OK &&
		       make_object(vm, &vm->user, MEZZO_PRESET_CACHED, USER_PAGES) &&
		       make_object(vm, &vm->nobody, MEZZO_PRESET_CACHED, 1);
	}
	for (uint32_t i = 0; fine && i < host->address_spaces; i++) {
		vm->as[i] = make_space(vm, SLOTS_AT_FIRST);
		fine = vm->as[i];
	}
	if (fine)
		return vm;
	kvm_vm_free(vm);
	return NULL;
}

void kvm_vm_free(struct kvm_vm *vm)
{
	struct kvm_memfd *next;

	if (!vm)
		return;
	for (uint32_t i = 0; i < KVM_ADDRESS_SPACES_MAX; i++)
		free_space(vm->as[i]);
	while (vm->logs)
		kvm_log_close(vm, vm->logs->slot);
	for (struct kvm_memfd *memfd = vm->memfds; memfd; memfd = next) {
		next = memfd->next;
		free(memfd);
	}
	free(vm);
}

/* --- logs -------------------------------------------------------------------------------------- */

static struct kvm_log **find_log(struct kvm_vm *vm, uint32_t slot)
{
	struct kvm_log **log = &vm->logs;

	while (*log && (*log)->slot != slot)
		log = &(*log)->next;
	return log;
}

_Atomic uint64_t *kvm_log_open(struct kvm_vm *vm, uint32_t slot, uint64_t pages)
{
	struct kvm_log *log = *find_log(vm, slot);

	if (log)
		return log->bitmap;
	if (pages > LOG_PAGES_MAX)
		return NULL;
	log = malloc(sizeof(*log));
	if (!log)
		return NULL;
	*log = (struct kvm_log){
		.next = vm->logs,
		.slot = slot,
		.bitmap = calloc(MEZZO_DIRTY_WORDS(pages), sizeof(*log->bitmap)),
	};
	if (!log->bitmap) {
		free(log);
		return NULL;
	}
	vm->logs = log;
	return log->bitmap;
}

void kvm_log_close(struct kvm_vm *vm, uint32_t slot)
{
	struct kvm_log **link = find_log(vm, slot), *log = *link;

	if (!log)
		return;
	*link = log->next;
	free((void *)log->bitmap);
	free(log);
}

static int give_ring(struct kvm_space *as, uint32_t entries, struct mezzo_refusal *why)
{
	const bool possible = entries <= MEZZO_RING_ENTRIES_MAX;
	struct mezzo_dirty_entry *ring = possible ? calloc(entries + 1, sizeof(*ring)) : NULL;
	int status = ring || !possible ? mezzo_dirty_rings(&as->space, ring, entries, why)
				       : MEZZO_ERR_NOMEM;

	if (status)
		free(ring);
	else
		as->ring = ring;
	return status;
}

int kvm_give_rings(struct kvm_vm *vm, uint32_t entries, struct mezzo_refusal *why)
{
	int status = MEZZO_OK;

	for (uint32_t i = 0; i < vm->host.address_spaces && !status; i++) {
		status = give_ring(vm->as[i], entries, why);
		/* KVM does not mind slots that log already. */
		if (status == MEZZO_ERR_EXISTS && !vm->ring_bytes)
			status = MEZZO_OK;
	}
	return status;
}

/* --- growing ----------------------------------------------------------------------------------- */

bool kvm_grow(struct kvm_vm *vm, uint32_t as)
{
	struct mezzo_space *old = &vm->as[as]->space;
	struct kvm_space *larger = make_space(vm, 2 * old->config.max_slots);
	struct mezzo_slot_config config;
	struct mezzo_refusal why;

	if (!larger)
		return false;
	if (vm->as[as]->ring &&
	    give_ring(larger, (uint32_t)(vm->ring_bytes / sizeof(*larger->ring)), &why)) {
		free_space(larger);
		return false;
	}
	/* One after the other: memory without aliases is in one slot at a time. */
	while (mezzo_slot_next(old, (struct mezzo_ipa){0}, &config) == MEZZO_OK)
		if (mezzo_slot_delete(old, config.id, NULL) == MEZZO_OK)
			(void)!mezzo_slot_create(&larger->space, &config, &why);
	free_space(vm->as[as]);
	vm->as[as] = larger;
	return true;
}

bool kvm_add_memfd(struct kvm_vm *vm, int32_t descriptor, uint64_t bytes)
{
	struct kvm_memfd *memfd = calloc(1, sizeof(*memfd));
	const uint64_t pages = bytes >> MEZZO_PAGE_SHIFT;

	if (!memfd)
		return false;
	if (!make_object(vm, &memfd->map, MEZZO_PRESET_EXCLUSIVE, pages ? pages : USER_PAGES)) {
		free(memfd);
		return false;
	}
	memfd->descriptor = descriptor;
	memfd->sized = pages != 0;
	/* The last of a number is the one that is open. */
	memfd->next = vm->memfds;
	vm->memfds = memfd;
	return true;
}

struct kvm_memfd *kvm_memfd_of(struct kvm_vm *vm, const struct mezzo_object *object)
{
	struct kvm_memfd *memfd = vm->memfds;

	while (memfd && &memfd->map.object != object)
		memfd = memfd->next;
	return memfd;
}

/* --- slots ------------------------------------------------------------------------------------- */

bool kvm_find(struct kvm_vm *vm, uint32_t id, struct mezzo_slot_config *config)
{
	const uint32_t as = id >> KVM_SLOT_BITS;

	return as < vm->host.address_spaces &&
	       mezzo_slot_get(&vm->as[as]->space, id, config) == MEZZO_OK;
}

static void describe(struct kvm_vm *vm, const struct mezzo_slot_config *config,
		     struct kvm_mapped *mapped)
{
	const struct kvm_memfd *memfd = kvm_memfd_of(vm, config->object);

	*mapped = (struct kvm_mapped){
		.slot = config->id,
		.guest_phys_addr = config->ipa.addr,
		.memory_size = config->pages << MEZZO_PAGE_SHIFT,
		.userspace_addr = memfd ? 0 : config->offset_pages << MEZZO_PAGE_SHIFT,
		.guest_memfd = memfd ? memfd->descriptor : -1,
	};
	if (memfd)
		mapped->flags |= KVM_FLAG_GUEST_MEMFD;
	if (config->flags & MEZZO_SLOT_FLAG_READ_ONLY)
		mapped->flags |= KVM_FLAG_READONLY;
	if (config->flags & MEZZO_SLOT_FLAG_LOG_DIRTY)
		mapped->flags |= KVM_FLAG_LOG_DIRTY_PAGES;
}

bool kvm_vm_next(struct kvm_vm *vm, uint32_t as, uint64_t guest_phys_addr,
		 struct kvm_mapped *mapped)
{
	struct mezzo_slot_config config;

	if (as >= vm->host.address_spaces ||
	    mezzo_slot_next(&vm->as[as]->space, (struct mezzo_ipa){guest_phys_addr}, &config))
		return false;
	describe(vm, &config, mapped);
	return true;
}

bool kvm_vm_has(struct kvm_vm *vm, uint32_t slot, struct kvm_mapped *mapped)
{
	struct mezzo_slot_config config;

	if (!kvm_find(vm, slot, &config))
		return false;
	describe(vm, &config, mapped);
	return true;
}

void kvm_vm_drop(struct kvm_vm *vm, uint32_t slot)
{
	struct mezzo_slot_config config;

	if (kvm_find(vm, slot, &config))
		while (mezzo_slot_delete(&vm->as[slot >> KVM_SLOT_BITS]->space, slot, NULL) ==
		       MEZZO_ERR_AGAIN)
			;
	kvm_log_close(vm, slot);
}

uint32_t kvm_vm_address_spaces(const struct kvm_vm *vm)
{
	return vm->host.address_spaces;
}

int64_t kvm_vm_in_the_way(const struct kvm_vm *vm)
{
	return vm->in_the_way;
}
