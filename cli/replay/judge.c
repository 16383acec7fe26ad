/* SPDX-License-Identifier: BSD-2-Clause */
/* One call: the engine's answer beside the recorded one. */
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char not_shown[] = "strace does not show the arguments";

static struct replay_call *new_call(struct replay *replay)
{
	void *room = replay_room(replay, replay->call, replay->calls, sizeof(struct replay_call));

	if (!room)
		return NULL;
	replay->call = room;
	replay->call[replay->calls] = (struct replay_call){.verdict = REPLAY_NOT_JUDGED};
	return &replay->call[replay->calls++];
}

/* A call that is none after all. */
static void spoil(struct replay *replay, const struct replay_call *call, const char *what)
{
	replay->calls--;
	replay_damage(replay, call->line, what);
}

static void not_judged(struct replay_call *call, const char *why)
{
	call->verdict = REPLAY_NOT_JUDGED;
	call->not_judged = why;
}

static bool same_answer(const struct replay_call *call)
{
	if (call->recorded == STRACE_ERROR)
		return call->answer.value == -call->recorded_value;
	return call->answer.value == call->recorded_value;
}

/* --- fields ------------------------------------------------------------------------------------ */

static bool number_field(const char *structure, const char *field, uint64_t *number)
{
	char *text = strace_field(structure, field);
	bool fine = text && strace_number(text, number);

	free(text);
	return fine;
}

/* A descriptor that is none is printed as -1. */
static bool descriptor_field(const char *structure, const char *field, int32_t *descriptor)
{
	char *text = strace_field(structure, field);
	uint64_t number = 0;
	bool minus = text && *text == '-';
	bool fine = text && strace_number(text + minus, &number) && number <= UINT32_MAX;

	*descriptor = minus ? -(int32_t)number : (int32_t)number;
	free(text);
	return fine;
}

static bool flags_field(const char *structure, const char *field, uint64_t *flags)
{
	char *text = strace_field(structure, field);
	bool fine = text && strace_flags(text, memory_flag, flags);

	free(text);
	return fine;
}

/* What is wrong with the structure, or NULL. */
static const char *take_region(const char *structure, struct kvm_region *region)
{
	uint64_t slot, flags;

	if (!number_field(structure, "slot", &slot) || slot > UINT32_MAX)
		return "the region has no slot, or it is no number of 32 bits";
	if (!flags_field(structure, "flags", &flags) || flags > UINT32_MAX)
		return "the region has no flags, or some that are not known";
	if (!number_field(structure, "guest_phys_addr", &region->guest_phys_addr) ||
	    !number_field(structure, "memory_size", &region->memory_size) ||
	    !number_field(structure, "userspace_addr", &region->userspace_addr))
		return "the region lacks an address or its size";
	region->slot = (uint32_t)slot;
	region->flags = (uint32_t)flags;
	region->guest_memfd = -1;
	if (region->second && flags & KVM_FLAG_GUEST_MEMFD &&
	    (!number_field(structure, "guest_memfd_offset", &region->guest_memfd_offset) ||
	     !descriptor_field(structure, "guest_memfd", &region->guest_memfd)))
		return "the region lacks its guest_memfd";
	return NULL;
}

static void describe_region(struct replay_call *call)
{
	const struct kvm_region *r = &call->region;
	char flags[48];

	snprintf(flags, sizeof(flags), "%s%s%s", r->flags & KVM_FLAG_READONLY ? ", read-only" : "",
		 r->flags & KVM_FLAG_LOG_DIRTY_PAGES ? ", dirty-log" : "",
		 r->flags & ~(KVM_FLAG_READONLY | KVM_FLAG_LOG_DIRTY_PAGES) ? ", other flags" : "");
	if (r->memory_size == 0)
		snprintf(call->what, sizeof(call->what), "slot %" PRIu32 ": none", r->slot);
	else
		snprintf(call->what, sizeof(call->what),
			 "slot %" PRIu32 ": %#" PRIx64 " + %#" PRIx64 " of %#" PRIx64 "%s", r->slot,
			 r->guest_phys_addr, r->memory_size, r->userspace_addr, flags);
}

/* --- regions ------------------------------------------------------------------------------------- */

/* The slots of the VM are not known from here on. */
static void go_blind(struct replay_vm *vm, uint64_t line)
{
	if (!vm->blind)
		vm->blind_line = line;
	vm->blind = true;
}

static void compare_region(struct replay *replay, struct replay_vm *vm, struct replay_call *call)
{
	if (!same_answer(call)) {
		replay_differ(replay, vm, call);
		return;
	}
	call->verdict = REPLAY_AGREES;
	if (call->answer.value == 0)
		replay_same(vm, call->region.slot);
}

static void judge_region(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
			 const char *argument)
{
	struct kvm_vm *kvm = replay_vm_kvm(replay, vm);
	const char *wrong;

	call->region.second = call->request == REQUEST_SET_REGION2;
	if (!kvm)
		return;
	if (strcmp(argument, "NULL") == 0) {
		snprintf(call->what, sizeof(call->what), "no region");
		call->answered = true;
		kvm_bad_pointer(&call->answer);
		call->verdict = same_answer(call) ? REPLAY_AGREES : REPLAY_DISAGREES;
		return;
	}
	if (!strace_is_structure(argument)) {
		snprintf(call->what, sizeof(call->what), "a region at %.80s", argument);
		not_judged(call, not_shown);
		if (call->recorded == STRACE_VALUE)
			go_blind(vm, call->line);
		return;
	}
	wrong = take_region(argument, &call->region);
	if (wrong) {
		spoil(replay, call, wrong);
		/* It may have changed something all the same. */
		go_blind(vm, call->line);
		return;
	}
	call->has_region = true;
	describe_region(call);
	call->answered = true;
	kvm_set_region(kvm, &call->region, &call->answer);
	compare_region(replay, vm, call);
}

/* --- dirty logs ---------------------------------------------------------------------------------- */

static void compare_log(struct replay_vm *vm, struct replay_call *call)
{
	call->answered = true;
	if (same_answer(call))
		call->verdict = REPLAY_AGREES;
	else if (replay_explains(vm, call, &call->cause))
		call->verdict = REPLAY_FOLLOWS;
	else
		call->verdict = REPLAY_DISAGREES;
}

static void judge_log(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
		      const char *argument)
{
	const bool clear = call->request == REQUEST_CLEAR_DIRTY_LOG;
	struct kvm_vm *kvm = replay_vm_kvm(replay, vm);
	uint64_t slot, first = 0, pages = 0;

	if (!kvm)
		return;
	if (!strace_is_structure(argument)) {
		snprintf(call->what, sizeof(call->what), "a log at %.80s", argument);
		not_judged(call, not_shown);
		return;
	}
	if (!number_field(argument, "slot", &slot) || slot > UINT32_MAX ||
	    (clear && (!number_field(argument, "first_page", &first) ||
		       !number_field(argument, "num_pages", &pages)))) {
		spoil(replay, call, "the log lacks its slot or its pages");
		return;
	}
	call->region.slot = (uint32_t)slot;
	if (clear) {
		snprintf(call->what, sizeof(call->what),
			 "slot %" PRIu64 ": %" PRIu64 " pages from %" PRIu64, slot, pages, first);
		kvm_clear_dirty_log(kvm, (uint32_t)slot, first, pages, &call->answer);
	} else {
		snprintf(call->what, sizeof(call->what), "slot %" PRIu64, slot);
		kvm_get_dirty_log(kvm, (uint32_t)slot, &call->answer);
	}
	compare_log(vm, call);
}

static void judge_rings(struct replay *replay, struct replay_vm *vm, struct replay_call *call)
{
	struct kvm_vm *kvm = replay_vm_kvm(replay, vm);

	if (!kvm)
		return;
	kvm_reset_dirty_rings(kvm, &call->answer);
	/* How many entries there are is the guest's doing, and whether there are rings may not be
	 * shown: KVM_ENABLE_CAP. */
	not_judged(call, "what guests have written is not in the recording");
}

/* --- capabilities -------------------------------------------------------------------------------- */

/* "[1, 0, 0, 0]" */
static bool first_of_list(const char *text, uint64_t *number)
{
	return *text == '[' && strace_number(text + 1, number);
}

static void judge_enable(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
			 const char *argument)
{
	struct kvm_vm *kvm = replay_vm_kvm(replay, vm);
	char *cap_text, *list, *comma;
	uint64_t cap, flags, value = 0;
	bool fine;

	if (!kvm)
		return;
	if (!strace_is_structure(argument)) {
		snprintf(call->what, sizeof(call->what), "a capability at %.80s", argument);
		not_judged(call, not_shown);
		return;
	}
	cap_text = strace_field(argument, "cap");
	list = strace_field(argument, "args");
	comma = list ? strpbrk(list, ",]") : NULL;
	if (comma)
		*comma = '\0';
	fine = cap_text && comma && number_field(argument, "flags", &flags) &&
	       first_of_list(list, &value);
	if (!fine)
		spoil(replay, call, "the capability lacks its number or its arguments");
	else if (!capability_parse(cap_text, &cap) ||
		 !kvm_enable_cap(kvm, cap, flags, value, &call->answer)) {
		snprintf(call->what, sizeof(call->what), "%.80s", cap_text);
		not_judged(call, "the capability does not concern memory");
	} else {
		snprintf(call->what, sizeof(call->what), "%.60s: %#" PRIx64, cap_text, value);
		call->answered = true;
		call->verdict = same_answer(call) ? REPLAY_AGREES : REPLAY_DISAGREES;
	}
	free(cap_text);
	free(list);
}

/* What hosts have, or had. */
static bool is_number_of_slots(int64_t value)
{
	static const int64_t numbers[] = {32, 125, 509, 512, 32764, 32767};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == value)
			return true;
	return false;
}

static void set_host(struct kvm_host *host, uint64_t cap, int64_t value)
{
	if (cap == KVM_CAPABILITY_SLOTS)
		host->slots = (uint32_t)value;
	else
		host->address_spaces = value ? (uint32_t)value : 1;
}

/*
 * How many slots and address spaces a host has is no question of right and wrong: the engine is
 * made with as many, if that can be and its VMs are not at work yet.
 */
static bool take_host(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
		      uint64_t cap)
{
	struct kvm_host *host = vm ? &vm->host : &replay->host;
	const int64_t value = call->recorded_value;

	if (call->recorded != STRACE_VALUE || same_answer(call) || (vm && vm->kvm))
		return false;
	if (cap == KVM_CAPABILITY_ADDRESS_SPACES) {
		if (host->arch != KVM_X86 || value < 0 || value > 2)
			return false;
	} else if (cap != KVM_CAPABILITY_SLOTS || !is_number_of_slots(value)) {
		return false;
	}
	set_host(host, cap, value);
	for (size_t i = 0; !vm && i < replay->vms; i++)
		if (!replay->vm[i]->kvm)
			set_host(&replay->vm[i]->host, cap, value);
	not_judged(call, "the engine is made as the host is");
	return true;
}

static void judge_extension(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
			    uint64_t cap)
{
	const struct kvm_host *host = vm ? &vm->host : &replay->host;

	snprintf(call->what, sizeof(call->what), "%s", capability_name(cap));
	call->answered = true;
	if (!kvm_check_extension(host, cap, &call->answer)) {
		call->answered = false;
		not_judged(call, "depends on the host");
		return;
	}
	if (!take_host(replay, vm, call, cap))
		call->verdict = same_answer(call) ? REPLAY_AGREES : REPLAY_DISAGREES;
}

/* --- VMs ----------------------------------------------------------------------------------------- */

/* On arm64 the type says how many bits guest addresses have; 0 means 40. */
static bool take_type(struct kvm_host *host, uint64_t type)
{
	uint64_t bits = type & 0xff;

	if (host->arch == KVM_X86)
		return type == 0;
	if (!bits)
		bits = 40;
	if (type >> 8 || bits < 32 || bits > 48)
		return false;
	host->guest_bits = (uint8_t)bits;
	return true;
}

static void judge_create(struct replay *replay, struct replay_call *call, const char *argument)
{
	struct kvm_host host = replay->host;
	struct replay_vm *vm;
	uint64_t type;

	if (!strace_number(argument, &type)) {
		spoil(replay, call, "the VM's type is no number");
		return;
	}
	snprintf(call->what, sizeof(call->what), "type %#" PRIx64, type);
	if (!take_type(&host, type))
		not_judged(call, "a VM of a type that the engine does not have");
	else if (call->recorded != STRACE_VALUE)
		not_judged(call, "KVM could not make a VM");
	else {
		/* Which descriptor it gets is the process's. */
		call->answered = true;
		call->answer.reason = *kvm_reason(KVM_WHY_VM);
		call->verdict = REPLAY_AGREES;
	}
	if (call->recorded != STRACE_VALUE)
		return;
	vm = replay_vm_new(replay, call->recorded_value, call->line);
	if (!vm)
		return;
	vm->host = host;
	call->vm = vm->number;
}

static void judge_memfd(struct replay *replay, struct replay_vm *vm, struct replay_call *call,
			const char *argument)
{
	struct kvm_vm *kvm = replay_vm_kvm(replay, vm);
	uint64_t bytes = 0;

	if (!kvm)
		return;
	if (strace_is_structure(argument))
		(void)number_field(argument, "size", &bytes);
	snprintf(call->what, sizeof(call->what), "guest_memfd");
	not_judged(call, bytes ? "the engine is given objects, not files" : not_shown);
	if (call->recorded == STRACE_VALUE && call->recorded_value <= INT32_MAX &&
	    !kvm_add_memfd(kvm, (int32_t)call->recorded_value, bytes))
		replay->failed = true;
}

/* --- all of them --------------------------------------------------------------------------------- */

/* The descriptor is none, or of something else. (The second call may have a bad one of its own.) */
static bool no_vm_there(const struct replay_vm *vm, const struct replay_call *call)
{
	if (call->recorded != STRACE_ERROR)
		return false;
	return call->recorded_value == ENOTTY ||
	       (call->recorded_value == EBADF && !(vm && call->request == REQUEST_SET_REGION2));
}

/* Calls of a VM, by a descriptor that may be none's. */
static void judge_vm_call(struct replay *replay, struct replay_call *call, int64_t descriptor,
			  const char *argument)
{
	struct replay_vm *vm = replay_vm_of(replay, descriptor);

	if (no_vm_there(vm, call)) {
		not_judged(call, "no VM is behind the descriptor");
		return;
	}
	/* The recording began after the VM did: it may have slots that nobody knows. */
	if (!vm) {
		vm = replay_vm_new(replay, descriptor, 0);
		if (!vm)
			return;
		go_blind(vm, 0);
	}
	call->vm = vm->number;
	switch (call->request) {
	case REQUEST_SET_REGION:
	case REQUEST_SET_REGION2:
		judge_region(replay, vm, call, argument);
		break;
	case REQUEST_GET_DIRTY_LOG:
	case REQUEST_CLEAR_DIRTY_LOG:
		judge_log(replay, vm, call, argument);
		break;
	case REQUEST_ENABLE_CAP:
		judge_enable(replay, vm, call, argument);
		break;
	case REQUEST_CREATE_MEMFD:
		judge_memfd(replay, vm, call, argument);
		break;
	default:
		judge_rings(replay, vm, call);
		break;
	}
}

/* Descriptors that only a VM can have; KVM_ENABLE_CAP is a vCPU's as well. */
static bool concerns_memory(struct replay *replay, enum request request, int64_t descriptor,
			    const char *argument, uint64_t *cap)
{
	if (request == REQUEST_OTHER)
		return false;
	if (request == REQUEST_CHECK_EXTENSION)
		return capability_parse(argument, cap) && capability_name(*cap);
	return request != REQUEST_ENABLE_CAP || replay_vm_of(replay, descriptor);
}

void replay_judge(struct replay *replay, uint64_t line, uint64_t thread,
		  const struct strace_call *parsed)
{
	const char *argument = parsed->arguments > 2 ? parsed->argument[2] : "";
	enum request request;
	struct replay_call *call;
	uint64_t descriptor, cap = 0;

	if (parsed->arguments < 2 || !strace_number(parsed->argument[0], &descriptor)) {
		replay_damage(replay, line, "ioctl without a descriptor and a request");
		return;
	}
	request = request_parse(parsed->argument[1]);
	if (!concerns_memory(replay, request, (int64_t)descriptor, argument, &cap)) {
		replay_pass_over(replay, parsed->argument[1]);
		return;
	}
	call = new_call(replay);
	if (!call)
		return;
	call->line = line;
	call->thread = thread;
	call->request = request;
	call->recorded = parsed->result;
	call->recorded_value = parsed->value;
	if (parsed->result == STRACE_UNKNOWN)
		not_judged(call, "the call did not return");
	else if (request == REQUEST_CREATE_VM)
		judge_create(replay, call, argument);
	else if (request == REQUEST_CHECK_EXTENSION)
		judge_extension(replay, replay_vm_of(replay, (int64_t)descriptor), call, cap);
	else
		judge_vm_call(replay, call, (int64_t)descriptor, argument);
}
