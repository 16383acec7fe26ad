/* SPDX-License-Identifier: BSD-2-Clause */
/* A recording that was judged, for people. */
#include "replay.h"

#include "render.h"
#include <inttypes.h>

static enum render_colour colour_of(enum replay_verdict verdict)
{
	static const enum render_colour colour[REPLAY_VERDICTS] = {
		[REPLAY_AGREES] = RENDER_GOOD,
		[REPLAY_DISAGREES] = RENDER_BAD,
		[REPLAY_FOLLOWS] = RENDER_CAUTION,
		[REPLAY_NOT_JUDGED] = RENDER_PLAIN,
	};

	return colour[verdict];
}

static const char *recorded_name(const struct replay_call *call, char *text, size_t size)
{
	if (call->recorded == STRACE_UNKNOWN)
		return "?";
	return replay_value_name(call->recorded == STRACE_ERROR ? -call->recorded_value
								: call->recorded_value,
				 text, size);
}

/* "They disagree", and what the verdict itself has to say. */
static void verdict_text(const struct replay_call *call, char *text, size_t size)
{
	if (call->verdict == REPLAY_NOT_JUDGED)
		snprintf(text, size, "not judged: %s", call->not_judged);
	else if (call->verdict != REPLAY_FOLLOWS)
		snprintf(text, size, "%s", replay_verdict_name(call->verdict));
	else if (call->cause)
		snprintf(text, size, "follows from line %" PRIu64, call->cause);
	else
		snprintf(text, size, "follows from what came before the recording");
}

static void call_row(struct render_table *t, const struct replay_call *call)
{
	char line[24], ours[24], theirs[24], verdict[128], vm[24] = "";
	const char *recorded = recorded_name(call, theirs, sizeof(theirs));

	snprintf(line, sizeof(line), "%" PRIu64, call->line);
	if (call->vm)
		snprintf(vm, sizeof(vm), "VM %u, ", call->vm);
	verdict_text(call, verdict, sizeof(verdict));
	if (!call->answered) {
		render_pair(t, colour_of(call->verdict), line, "%s%s %s\nKVM %s: %s", vm,
			    request_name(call->request), call->what, recorded, verdict);
		return;
	}
	render_pair(t, colour_of(call->verdict), line, "%s%s %s\nMezzo %s, KVM %s: %s; %s%s%s%s",
		    vm, request_name(call->request), call->what,
		    call->request == REQUEST_CREATE_VM
			    ? "makes one"
			    : replay_value_name(call->answer.value, ours, sizeof(ours)),
		    recorded, verdict, call->answer.reason.name, call->answer.detail[0] ? " (" : "",
		    call->answer.detail, call->answer.detail[0] ? ")" : "");
}

static void calls_text(const struct replay *replay)
{
	struct render_table *t;

	render_heading("Calls");
	if (!replay->calls) {
		render_paragraphs("none", 2);
		return;
	}
	t = render_begin(NULL, 2);
	for (size_t i = 0; i < replay->calls; i++)
		call_row(t, &replay->call[i]);
	render_end(t);
}

/* --- the map ------------------------------------------------------------------------------------- */

static void slot_row(struct render_table *t, const struct kvm_mapped *slot)
{
	char number[16], start[24], end[24], memory[32], flags[48];
	const char *cells[RENDER_COLUMNS] = {number, start, end, memory, flags};

	snprintf(number, sizeof(number), "%" PRIu32, slot->slot & 0xffff);
	snprintf(start, sizeof(start), "%#" PRIx64, slot->guest_phys_addr);
	snprintf(end, sizeof(end), "%#" PRIx64, slot->guest_phys_addr + slot->memory_size);
	if (slot->guest_memfd >= 0)
		snprintf(memory, sizeof(memory), "guest_memfd %" PRId32, slot->guest_memfd);
	else
		snprintf(memory, sizeof(memory), "%#" PRIx64, slot->userspace_addr);
	snprintf(flags, sizeof(flags), "%s%s%s", slot->flags & KVM_FLAG_READONLY ? "read-only" : "",
		 (slot->flags & 3) == 3 ? ", " : "",
		 slot->flags & KVM_FLAG_LOG_DIRTY_PAGES ? "dirty-log" : "");
	render_row(t, RENDER_PLAIN, cells);
}

static void space_text(const struct replay_vm *vm, uint32_t as)
{
	static const char *const headings[] = {"slot", "start", "end", "memory", "flags"};
	struct render_table *t;
	struct kvm_mapped slot;
	char title[96], born[40] = "from before the recording";
	uint64_t at = 0;

	if (vm->line)
		snprintf(born, sizeof(born), "made in line %" PRIu64, vm->line);
	snprintf(title, sizeof(title), "VM %u (descriptor %lld, %s), address space %" PRIu32,
		 vm->number, (long long)vm->descriptor, born, as);
	render_heading(title);
	if (!vm->kvm || !kvm_vm_next(vm->kvm, as, 0, &slot)) {
		render_paragraphs("no slots", 2);
		return;
	}
	t = render_begin(headings, 5);
	for (; kvm_vm_next(vm->kvm, as, at, &slot); at = slot.guest_phys_addr + slot.memory_size)
		slot_row(t, &slot);
	render_end(t);
}

/* --- the rest ------------------------------------------------------------------------------------ */

static void damaged_text(const struct replay *replay)
{
	struct render_table *t;
	char line[24];

	if (!replay->damages)
		return;
	render_heading("Damaged lines, passed over");
	t = render_begin(NULL, 2);
	for (size_t i = 0; i < replay->damages; i++) {
		snprintf(line, sizeof(line), "%" PRIu64, replay->damaged[i].line);
		render_pair(t, RENDER_CAUTION, line, "%s", replay->damaged[i].what);
	}
	render_end(t);
}

static void passed_text(const struct replay *replay)
{
	struct render_table *t;

	if (!replay->passed_names)
		return;
	render_heading("Other calls, passed over");
	t = render_begin(NULL, 2);
	for (size_t i = 0; i < replay->passed_names; i++)
		render_pair(t, RENDER_PLAIN, replay->passed[i].name, "%" PRIu64,
			    replay->passed[i].count);
	render_end(t);
}

static void totals_text(const struct replay *replay, const char *file)
{
	struct render_table *t;

	render_heading(file);
	t = render_begin(NULL, 2);
	for (unsigned int i = 0; i < REPLAY_VERDICTS; i++)
		render_pair(t, replay->count[i] ? colour_of((enum replay_verdict)i) : RENDER_PLAIN,
			    replay_verdict_name((enum replay_verdict)i), "%" PRIu64,
			    replay->count[i]);
	render_pair(t, RENDER_PLAIN, "passed-over", "%" PRIu64, replay->lines_passed);
	render_pair(t, replay->damages ? RENDER_CAUTION : RENDER_PLAIN, "damaged", "%zu",
		    replay->damages);
	render_end(t);
}

void replay_text(const struct replay *replay, const char *file)
{
	calls_text(replay);
	passed_text(replay);
	damaged_text(replay);
	for (size_t i = 0; i < replay->vms; i++)
		for (uint32_t as = 0; as < replay->vm[i]->host.address_spaces; as++)
			space_text(replay->vm[i], as);
	totals_text(replay, file);
}
