#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run-guest's exit status tells how a guest ended; what cannot be is refused with the reason.
. tests/boot/lib.sh

# --- usage: exit 2, and a message that names the slip ---

usage()
{
	pattern=$1
	shift
	scripts/run-guest --hv "$HV" "$@" >"$tmp/log" 2>&1 </dev/null
	is $? 2 "usage: $*"
	says "$pattern" "usage: says $pattern"
}

echo x >"$tmp/file"
: >"$tmp/empty"
usage 'kernel is missing'
usage 'needs a value' --kernel
usage "cannot read '/nonexistent'" --kernel /nonexistent
usage "'$tmp/empty' is empty" --kernel "$tmp/empty"
usage 'cannot read' --kernel "$tmp/file" --initrd /nonexistent
usage 'outside 1 to 8' --kernel "$tmp/file" --smp 0
usage 'outside 1 to 8' --kernel "$tmp/file" --smp 9
usage 'not a number' --kernel "$tmp/file" --smp two
usage 'not a size' --kernel "$tmp/file" --memory 512
usage 'multiple of 2M' --kernel "$tmp/file" --memory 17M
usage 'outside 16M to 64G' --kernel "$tmp/file" --memory 8M
usage "no preset 'wc'" --kernel "$tmp/file" --bar wc:4M
usage 'power of two' --kernel "$tmp/file" --bar device:3M
usage 'not PRESET:SIZE' --kernel "$tmp/file" --bar device
usage 'one CPU only' --kernel "$tmp/file" --icount --smp 2
usage "unknown option '--bars'" --kernel "$tmp/file" --bars device:4M
usage 'not a CPU model' --kernel "$tmp/file" --cpu 'a b'

# --- a guest that powers off, one that never ends, one that is reset by its own hand ---

flat off <<'END'
	ldr w0, =0x84000008
	hvc #0
	b .
END
guest --kernel "$tmp/off"
is "$status" 0 'a flat guest powers off: 0'
guest --kernel "$tmp/off" --icount
is "$status" 0 'the same with --icount'
guest --kernel "$tmp/off" --initrd "$tmp/file" --smp 2 --memory 16M --bar device:4K \
	--bar cached:16M --bar exclusive:64M --append 'a,b "c d"'
is "$status" 0 'the same with everything'

echo 'b .' | flat endless
guest --kernel "$tmp/endless" --timeout 2
is "$status" 124 'a guest without end: 124'

# x0 holds the device tree; a mark in RAM beside it must be gone after a reset.
flat reset <<'END'
	ldr w1, [x0]
	ldr w2, =0xedfe0dd0
	cmp w1, w2
	b.ne .
	movz x3, #0x900, lsl #16
	mov w4, #'B'
	strb w4, [x3]
	adr x5, count
	ldr w6, [x5]
	cbnz w6, .
	mov w6, #1
	str w6, [x5]
	ldr x7, =0x40f00000
	ldr w8, [x7]
	cbnz w8, second
	str w6, [x7]
	ldr w0, =0x84000009
	hvc #0
second:	ldr w0, =0x84000008
	hvc #0
	b .
	.balign 8
count:	.word 0
END
guest --kernel "$tmp/reset" --timeout 20
is "$status" 0 'a guest that resets itself starts again from its image'
is "$(grep -ac '^B' "$tmp/log")" 2 'it started twice'

# --- what the hypervisor refuses: 1, and why ---

refused()
{
	pattern=$1
	shift
	guest --timeout 20 "$@"
	is "$status" 1 "refused: $pattern"
	says "$pattern" "says $pattern"
}

head -c 20971520 /dev/zero >"$tmp/large"
printf 'ARM\144' | dd of="$tmp/large" bs=1 seek=56 conv=notrunc status=none
refused 'guest: kernel.*do not fit' --kernel "$tmp/large" --memory 16M
refused 'initrd.*do not fit' --kernel "$tmp/off" --initrd "$tmp/large" --memory 16M
printf '\001\000\040' | dd of="$tmp/large" bs=1 seek=8 conv=notrunc status=none
printf '\001' | dd of="$tmp/large" bs=1 seek=16 conv=notrunc status=none
refused 'text_offset 0x200001' --kernel "$tmp/large"
refused 'bar2: refused: mte-no-tag-storage' --kernel "$tmp/off" --guest-mte --bar exclusive:4M
set --
for _ in $(seq 16); do
	set -- "$@" --bar combining:4K
done
refused 'more than 14 BARs' --kernel "$tmp/off" "$@"
refused 'fdt|device tree: FDT_ERR_NOSPACE' --kernel "$tmp/off" \
	--append "$(head -c 20000 /dev/zero | tr '\0' x)"
scripts/run-guest --hv "$HV" --kernel "$tmp/off" --cpu no-such-cpu >"$tmp/log" 2>&1
is $? 1 'a CPU that QEMU does not know: 1'
scripts/run-guest --hv "$HV" --kernel "$tmp/off" --qemu no-such-qemu >"$tmp/log" 2>&1
is $? 1 'no such QEMU: 1'
says 'make deps' 'says what to do'
done_testing
