/* SPDX-License-Identifier: BSD-2-Clause */
/* A recording that was judged, as JSON. docs/json.md describes every key. */
#include "replay.h"

#include "answer.h"
#include "render.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* {value, error}: one of the two is null. */
static json_t *value_json(int64_t value)
{
	char text[24];
	json_t *o = json_object();

	set(o, "value", value < 0 ? json_null() : json_integer(value));
	set(o, "error",
	    value < 0 ? json_string(replay_value_name(value, text, sizeof(text))) : json_null());
	return o;
}

static json_t *engine_json(const struct replay_call *call)
{
	json_t *o;

	if (!call->answered)
		return json_null();
	o = value_json(call->answer.value);
	/* A VM has a descriptor only in a process. */
	if (call->request == REQUEST_CREATE_VM)
		set(o, "value", json_null());
	set(o, "reason", json_reason(&call->answer.reason));
	set(o, "detail", json_string(call->answer.detail));
	return o;
}

static json_t *recorded_json(const struct replay_call *call)
{
	if (call->recorded == STRACE_UNKNOWN)
		return json_null();
	return value_json(call->recorded == STRACE_ERROR ? -call->recorded_value
							 : call->recorded_value);
}

static json_t *region_json(const struct kvm_region *r)
{
	json_t *o = json_object();

	set(o, "slot", json_integer(r->slot));
	set(o, "flags", json_integer(r->flags));
	/* Numbers of 64 bits are not safe in JSON. */
	set(o, "guest_phys_addr", json_sprintf("%#llx", (unsigned long long)r->guest_phys_addr));
	set(o, "memory_size", json_sprintf("%#llx", (unsigned long long)r->memory_size));
	set(o, "userspace_addr", json_sprintf("%#llx", (unsigned long long)r->userspace_addr));
	return o;
}

static json_t *call_json(const struct replay_call *call)
{
	json_t *o = json_object();

	set(o, "line", json_integer((json_int_t)call->line));
	set(o, "thread", call->thread ? json_integer((json_int_t)call->thread) : json_null());
	set(o, "vm", call->vm ? json_integer(call->vm) : json_null());
	set(o, "call", json_string(request_name(call->request)));
	set(o, "arguments", json_string(call->what));
	set(o, "region", call->has_region ? region_json(&call->region) : json_null());
	set(o, "engine", engine_json(call));
	set(o, "recorded", recorded_json(call));
	set(o, "verdict", json_string(replay_verdict_name(call->verdict)));
	set(o, "cause",
	    call->verdict == REPLAY_FOLLOWS ? json_integer((json_int_t)call->cause) : json_null());
	set(o, "why_not_judged",
	    call->verdict == REPLAY_NOT_JUDGED ? json_string(call->not_judged) : json_null());
	return o;
}

static json_t *slot_json(const struct kvm_mapped *slot)
{
	const uint64_t end = slot->guest_phys_addr + slot->memory_size;
	json_t *o = json_object();

	set(o, "slot", json_integer(slot->slot & 0xffff));
	set(o, "start", json_sprintf("%#llx", (unsigned long long)slot->guest_phys_addr));
	set(o, "end", json_sprintf("%#llx", (unsigned long long)end));
	set(o, "userspace_addr",
	    slot->guest_memfd < 0 ? json_sprintf("%#llx", (unsigned long long)slot->userspace_addr)
				  : json_null());
	set(o, "guest_memfd",
	    slot->guest_memfd < 0 ? json_null() : json_integer(slot->guest_memfd));
	set(o, "read_only", json_boolean(slot->flags & KVM_FLAG_READONLY));
	set(o, "dirty_log", json_boolean(slot->flags & KVM_FLAG_LOG_DIRTY_PAGES));
	return o;
}

static json_t *vm_json(const struct replay_vm *vm)
{
	json_t *o = json_object(), *spaces = json_array();

	for (uint32_t as = 0; as < vm->host.address_spaces; as++) {
		json_t *space = json_object(), *slots = json_array();
		struct kvm_mapped slot;
		uint64_t at = 0;

		for (; vm->kvm && kvm_vm_next(vm->kvm, as, at, &slot);
		     at = slot.guest_phys_addr + slot.memory_size)
			json_array_append_new(slots, slot_json(&slot));
		set(space, "address_space", json_integer(as));
		set(space, "slots", slots);
		json_array_append_new(spaces, space);
	}
	set(o, "vm", json_integer(vm->number));
	set(o, "descriptor", json_integer(vm->descriptor));
	set(o, "line", vm->line ? json_integer((json_int_t)vm->line) : json_null());
	set(o, "spaces", spaces);
	return o;
}

static json_t *totals_json(const struct replay *replay)
{
	json_t *o = json_object();

	set(o, "agree", json_integer((json_int_t)replay->count[REPLAY_AGREES]));
	set(o, "disagree", json_integer((json_int_t)replay->count[REPLAY_DISAGREES]));
	set(o, "follow", json_integer((json_int_t)replay->count[REPLAY_FOLLOWS]));
	set(o, "not_judged", json_integer((json_int_t)replay->count[REPLAY_NOT_JUDGED]));
	set(o, "passed_over", json_integer((json_int_t)replay->lines_passed));
	set(o, "damaged", json_integer((json_int_t)replay->damages));
	return o;
}

void replay_json(const struct replay *replay, const char *file)
{
	json_t *root = json_object(), *calls = json_array(), *vms = json_array();
	json_t *passed = json_array(), *damaged = json_array();

	for (size_t i = 0; i < replay->calls; i++)
		json_array_append_new(calls, call_json(&replay->call[i]));
	for (size_t i = 0; i < replay->vms; i++)
		json_array_append_new(vms, vm_json(replay->vm[i]));
	for (size_t i = 0; i < replay->passed_names; i++) {
		json_t *o = json_object();

		set(o, "call", json_string(replay->passed[i].name));
		set(o, "count", json_integer((json_int_t)replay->passed[i].count));
		json_array_append_new(passed, o);
	}
	for (size_t i = 0; i < replay->damages; i++) {
		json_t *o = json_object();

		set(o, "line", json_integer((json_int_t)replay->damaged[i].line));
		set(o, "what", json_string(replay->damaged[i].what));
		json_array_append_new(damaged, o);
	}
	set(root, "command", json_string("replay"));
	set(root, "file", json_string(file));
	set(root, "arch", json_string(replay->host.arch == KVM_X86 ? "x86" : "arm64"));
	set(root, "totals", totals_json(replay));
	set(root, "calls", calls);
	set(root, "passed_over", passed);
	set(root, "damaged", damaged);
	set(root, "vms", vms);
	render_json(root);
}
