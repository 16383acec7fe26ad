/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images into a guest's RAM. The frames' states are kept as the engine keeps them: nobody else's
 * data is ever left beside what is written, and the guest finds it in memory, not in a cache.
 */
#include "heap.h"
#include "platform.h"
#include "vm.h"

/* A piece that lies in one page. */
static uint64_t piece(uint64_t address, uint64_t bytes)
{
	uint64_t left = MEZZO_PAGE_BYTES - address % MEZZO_PAGE_BYTES;

	return bytes < left ? bytes : left;
}

static int write_page(struct vm *vm, uint64_t ipa, const void *from, uint64_t bytes)
{
	struct mezzo_object *ram = &vm->ram.object;
	uint64_t offset = (ipa - vm->ram_ipa) >> MEZZO_PAGE_SHIFT;
	struct mezzo_frame frame;
	int error = ram->ops->resolve(ram, offset, true, &frame);

	error = error ? error : ram->ops->frames_begin(ram, offset, 1, frame.state);
	if (error)
		return error;
	if (frame.state.lines == MEZZO_LINES_MAYBE)
		hv_clean_pa(frame.pa.addr, MEZZO_PAGE_BYTES);
	if (frame.state.data == MEZZO_CONTENT_UNOWNED)
		hv_zero_pa(frame.pa.addr, MEZZO_PAGE_BYTES);
	hv_copy_to_pa(frame.pa.addr + ipa % MEZZO_PAGE_BYTES, from, bytes);
	frame.state.data = MEZZO_CONTENT_INITIALISED;
	frame.state.lines = MEZZO_LINES_CLEAN;
	ram->ops->frames_end(ram, offset, 1, frame.state);
	return MEZZO_OK;
}

static bool in_ram(const struct vm *vm, uint64_t ipa, uint64_t bytes)
{
	return ipa >= vm->ram_ipa && ipa - vm->ram_ipa <= vm->ram_bytes &&
	       vm->ram_bytes - (ipa - vm->ram_ipa) >= bytes;
}

int hv_vm_write(struct vm *vm, uint64_t ipa, const void *from, uint64_t bytes)
{
	const char *source = from;
	int error = in_ram(vm, ipa, bytes) ? MEZZO_OK : MEZZO_ERR_INVALID;

	while (bytes && !error) {
		uint64_t n = piece(ipa, bytes);

		error = write_page(vm, ipa, source, n);
		ipa += n;
		source += n;
		bytes -= n;
	}
	return error;
}

int hv_vm_load(struct vm *vm, uint64_t ipa, uint64_t pa, uint64_t bytes)
{
	static char page[MEZZO_PAGE_BYTES];
	int error = in_ram(vm, ipa, bytes) ? MEZZO_OK : MEZZO_ERR_INVALID;

	/* Whoever loaded it may have left it in a cache. */
	hv_clean_pa(pa, bytes);
	while (bytes && !error) {
		uint64_t n = piece(ipa, bytes);

		hv_copy_from_pa(page, pa, n);
		error = write_page(vm, ipa, page, n);
		ipa += n;
		pa += n;
		bytes -= n;
	}
	return error;
}
