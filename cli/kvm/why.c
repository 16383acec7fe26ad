/* SPDX-License-Identifier: BSD-2-Clause */
/* What KVM's rules say, and where each is to be read. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

#define SET "kvm_set_memory_region(), virt/kvm/kvm_main.c"
#define IOCTL "kvm_vm_ioctl_set_memory_region(), virt/kvm/kvm_main.c"
#define GMEM "kvm_gmem_bind(), virt/kvm/guest_memfd.c"
#define LOG "kvm_get_dirty_log_protect(), virt/kvm/kvm_main.c"
#define CLEAR "kvm_clear_dirty_log_protect(), virt/kvm/kvm_main.c"
#define RING "kvm_vm_ioctl_enable_dirty_log_ring(), virt/kvm/kvm_main.c"
#define CAP "kvm_vm_ioctl_enable_cap_generic(), virt/kvm/kvm_main.c"
#define CHECK "kvm_vm_ioctl_check_extension_generic(), virt/kvm/kvm_main.c"
#define ENGINE "slot rules (include/mezzo/space.h)"

static const struct mezzo_reason_text texts[KVM_WHYS] = {
	[KVM_WHY_VM] = {"vm-made", "A space is made for each address space.", ENGINE},
	[KVM_WHY_CREATED] = {"slot-created", "The slot is made.", ENGINE},
	[KVM_WHY_MOVED] = {"slot-moved", "The slot is moved; its memory and type stay.", ENGINE},
	[KVM_WHY_FLAGS_CHANGED] = {"slot-flags-changed",
				   "The slot begins or ceases to log writes where it stands.",
				   ENGINE},
	[KVM_WHY_UNCHANGED] = {"slot-unchanged", "The slot is what the call says already.", ENGINE},
	[KVM_WHY_DELETED] = {"slot-deleted", "The slot is gone, and nothing of it is mapped.",
			     ENGINE},
	[KVM_WHY_POINTER] = {"kvm-pointer", "The call's argument cannot be read from the process.",
			     "copy_from_user()"},
	[KVM_WHY_FLAGS_FIRST_CALL] =
		{"kvm-flags-first-call",
		 "KVM_SET_USER_MEMORY_REGION knows the flags of dirty logging and read-only alone.",
		 IOCTL},
	[KVM_WHY_GMEM_FLAGS] = {"kvm-memfd-flags",
				"A slot of guest_memfd can neither log writes nor be read-only.",
				"check_memory_region_flags(), virt/kvm/kvm_main.c"},
	[KVM_WHY_SIZE] = {"kvm-size-misaligned", "A size in bytes must be whole pages of the host.",
			  SET},
	[KVM_WHY_GUEST_ADDRESS] = {"kvm-guest-address-misaligned",
				   "A guest address must be a multiple of the host's page.", SET},
	[KVM_WHY_USER_ADDRESS] =
		{"kvm-user-address",
		 "The host address must be aligned to a page and its range within user space.",
		 SET ", access_ok()"},
	[KVM_WHY_GMEM_OFFSET] = {"kvm-memfd-offset",
				 "The offset into a guest_memfd must be whole pages, and not wrap.",
				 SET},
	[KVM_WHY_SLOT_NUMBER] = {"kvm-slot-number",
				 "The slot's number is beyond those that the host has.", IOCTL},
	[KVM_WHY_ADDRESS_SPACE] = {"kvm-address-space",
				   "The VM has no address space of that number.", SET},
	[KVM_WHY_TOO_MANY_PAGES] = {"kvm-too-many-pages",
				    "A slot has at most 2^31 - 1 pages of the host.", SET},
	[KVM_WHY_DELETE_CHECKED] =
		{"kvm-deletion-checked",
		 "A deletion needs the slot's number alone; KVM checks the other arguments all the "
		 "same.",
		 SET},
	[KVM_WHY_GMEM_FIXED] = {"kvm-memfd-slot-fixed",
				"A slot of guest_memfd cannot be changed in any way, only deleted.",
				SET},
	[KVM_WHY_GMEM_DESCRIPTOR] = {"kvm-memfd-descriptor",
				     "No guest_memfd is known by that descriptor.", GMEM},
	[KVM_WHY_LOG_READ] = {"dirty-log-read", "The slot logs writes, and its log is read.", LOG},
	[KVM_WHY_LOG_CLEARED] = {"dirty-log-cleared",
				 "The slot logs writes, and part of its log is cleared.", CLEAR},
	[KVM_WHY_LOG_RING] = {"kvm-dirty-ring-instead",
			      "The VM reports writes by rings, without a bitmap.", LOG},
	[KVM_WHY_LOG_RANGE] =
		{"kvm-clear-range",
		 "Pages of the host are cleared in multiples of 64 or to the end of the slot, and not "
		 "beyond.",
		 CLEAR},
	[KVM_WHY_CAPABILITY] = {"capability", "What the engine offers, or what it was made with.",
				CHECK},
	[KVM_WHY_CAPABILITY_ENABLED] = {"capability-enabled", "The VM has it from now on.", CAP},
	[KVM_WHY_CAPABILITY_ARGUMENT] = {"kvm-capability-argument",
					 "The capability has no such option.", CAP},
	[KVM_WHY_RING_SIZE] = {"kvm-dirty-ring-size", "A dirty ring has at least a page of bytes.",
			       RING},
	[KVM_WHY_RING_ABSENT] = {"kvm-no-dirty-ring", "The VM has no dirty rings.",
				 "kvm_vm_ioctl_reset_dirty_pages(), virt/kvm/kvm_main.c"},
	[KVM_WHY_NO_MEMORY] = {"no-memory", "There is no memory for the log.",
			       "kvm_alloc_dirty_bitmap(), virt/kvm/kvm_main.c"},
	[KVM_WHY_RING_RESET] = {"dirty-rings-reset", "So many entries were given back.",
				"kvm_vm_ioctl_reset_dirty_pages(), virt/kvm/kvm_main.c"},
};

const struct mezzo_reason_text *kvm_reason(enum kvm_why why)
{
	return &texts[why];
}

void kvm_say(struct kvm_answer *answer, int64_t value, enum kvm_why why, const char *format, ...)
{
	va_list args;

	answer->value = value;
	answer->reason = texts[why];
	answer->of_state = value >= 0 || why == KVM_WHY_GMEM_FIXED || why == KVM_WHY_LOG_RANGE;
	va_start(args, format);
	vsnprintf(answer->detail, sizeof(answer->detail), format, args);
	va_end(args);
}
