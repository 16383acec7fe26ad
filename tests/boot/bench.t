#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a guest loses per fault stays within the goals, as `make bench-hv` counts it; and what each
# operation asks of the hardware is exactly this.
. tests/boot/lib.sh

scripts/bench-hv --hv "$HV" --el2 "$B/tests/el2.img" --out "$tmp/json" >"$tmp/log" 2>&1
ok $? 'every figure was measured'

# within NAME GOAL: the figure is there, and no larger
within()
{
	value=$(sed -n "s/.*\"name\": \"$1\", \"value\": \([0-9]*\),.*/\1/p" "$tmp/json")
	[ "${value:-999999}" -le "$2" ]
	ok $? "$1: ${value:-none} of $2 instructions"
}
within read_fault_4k 400
within write_fault_4k 400
within dirty_write_fault_4k 400
within block_fault_2m 400
within block_fault_2m_no_fwb_clean 500
within hypercall 250
# Cleaning 2 MiB takes 65,536 by itself: docs/performance.md.
within block_fault_2m_no_fwb 68000

# counted NAME TLBI COMBINED DSB ISB CLEANED ZEROED WINDOWS: on -cpu max; memory of the guest alone
counted()
{
	says "^ +$1 tlbi $2 combined $3 space 0 dsb $4 isb $5 cleaned $6 zeroed $7 windows $8 icache 0" \
		"$1: TLBIs $2 and $3, barriers $4 and $5, bytes $6 and $7"
}
counted first_4k 0 0 3 0 4096 4096 2
counted unmap_4k 1 1 5 1 4096 0 1
counted fault_4k 0 0 1 0 0 0 0
counted fetch_4k 1 1 3 0 0 0 0
counted first_2m 0 0 3 0 2097152 2097152 2
counted unmap_2m 1 1 5 1 2097152 0 1
counted fault_2m 0 0 1 0 0 0 0
counted fetch_2m 1 1 3 0 0 0 0
counted cached_2m 0 0 1 0 0 0 0
counted cached_unmap_2m 1 1 3 1 0 0 0
counted cached_again_2m 0 0 1 0 0 0 0
counted cached_fetch_2m 0 0 0 0 0 0 0
counted dirty_write_4k 1 1 3 0 0 0 0
counted dirty_clear_2m 1 1 3 1 0 0 0
done_testing
