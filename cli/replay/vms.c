/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMs of a recording, by descriptor. */
#include "replay.h"

#include <stdlib.h>

/* The last that was made of a descriptor is the one that it means. */
struct replay_vm *replay_vm_of(struct replay *replay, int64_t descriptor)
{
	for (size_t i = replay->vms; i--;)
		if (replay->vm[i]->descriptor == descriptor)
			return replay->vm[i];
	return NULL;
}

struct replay_vm *replay_vm_new(struct replay *replay, int64_t descriptor, uint64_t line)
{
	struct replay_vm *vm = calloc(1, sizeof(*vm));
	void *room = replay_room(replay, replay->vm, replay->vms, sizeof(struct replay_vm *));

	if (room)
		replay->vm = room;
	if (!vm || !room) {
		free(vm);
		replay->failed = true;
		return NULL;
	}
	vm->number = (unsigned int)replay->vms + 1;
	vm->descriptor = descriptor;
	vm->line = line;
	vm->host = replay->host;
	replay->vm[replay->vms++] = vm;
	return vm;
}

struct kvm_vm *replay_vm_kvm(struct replay *replay, struct replay_vm *vm)
{
	if (!vm->kvm)
		vm->kvm = kvm_vm_new(&vm->host);
	if (!vm->kvm)
		replay->failed = true;
	return vm->kvm;
}

void replay_vm_free(struct replay_vm *vm)
{
	struct replay_difference *next;

	for (struct replay_difference *d = vm->differences; d; d = next) {
		next = d->next;
		free(d);
	}
	kvm_vm_free(vm->kvm);
	free(vm);
}
