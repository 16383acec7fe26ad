/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: cli/kvm/vm.c cli/kvm/region.c cli/kvm/log.c cli/kvm/why.c */
/* sources: cli/replay/line.c cli/replay/call.c cli/replay/reader.c cli/replay/names.c */
/* sources: cli/replay/judge.c cli/replay/differ.c cli/replay/vms.c cli/replay/replay.c */
/*
 * Any recording: it never crashes, every line is accounted for, no answer depends on the recorded
 * one, and each space ends with slots that do not overlap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replay/replay.h"

#define check(good)                                                                                \
	do {                                                                                       \
		if (!(good)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #good);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void check_map(const struct replay_vm *vm)
{
	struct kvm_mapped slot;

	for (uint32_t as = 0; vm->kvm && as < kvm_vm_address_spaces(vm->kvm); as++)
		for (uint64_t at = 0; kvm_vm_next(vm->kvm, as, at, &slot);
		     at = slot.guest_phys_addr + slot.memory_size) {
			check(slot.guest_phys_addr >= at && slot.memory_size > 0);
			check(slot.slot >> 16 == as && (slot.slot & 0xffff) < vm->host.slots);
		}
}

static void check_calls(const struct replay *replay, uint64_t lines)
{
	uint64_t last = 0;

	for (size_t i = 0; i < replay->calls; i++) {
		const struct replay_call *call = &replay->call[i];

		check(call->line >= last && call->line <= lines);
		last = call->line;
		check(call->request < REQUESTS && call->vm <= replay->vms);
		check((call->verdict == REPLAY_NOT_JUDGED) == (call->not_judged != NULL));
		check(call->verdict != REPLAY_AGREES || call->answered);
		check(!call->answered || call->answer.reason.name);
		check(call->verdict != REPLAY_FOLLOWS || call->cause < call->line);
	}
	for (size_t i = 0; i < replay->damages; i++)
		check(replay->damaged[i].line <= lines && replay->damaged[i].what[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kvm_host host;
	struct replay replay;
	uint64_t lines = 1;
	char *text;

	if (!size)
		return 0;
	host = kvm_host_usual(data[0] & 1 ? KVM_ARM64 : KVM_X86);
	host.page_bytes <<= data[0] >> 1 & 4;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	for (size_t i = 1; i < size; i++)
		lines += data[i] == '\n';
	check(replay_run(&replay, &host, text, size - 1));
	check_calls(&replay, lines);
	check(replay.calls + replay.lines_passed <= lines);
	for (size_t i = 0; i < replay.vms; i++)
		check_map(replay.vm[i]);
	replay_free(&replay);
	free(text);
	return 0;
}
