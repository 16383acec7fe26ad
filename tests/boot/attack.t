#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A guest that attacks everything it can reach, on one CPU and on two, with FWB and without: its own
# memory holds, memory of the host's that it was not given is as it was, EL2 never works long
# without looking up, and after a reset it all begins anew.
. tests/boot/lib.sh

attack()
{
	guest --kernel build/guests/attack.bin --memory 32M --unmap-call --hv-append canary \
		--bar device:4M --bar combining:4M --bar cached:4M --bar exclusive:4M "$@"
	tr -d '\r' <"$tmp/log" >"$tmp/lines"
	is "$status" 0 "$*: the guest comes to its end"
	is "$(grep -c '^attack: end' "$tmp/lines")" 1 "$*: after a second boot"
	is "$(grep -Ec '^(not ok|Bail out)' "$tmp/lines")" 0 "$*: everything it checks holds"
	is "$(grep -c '^1\.\.' "$tmp/lines")" 2 "$*: and it checked everything, twice"
	for what in image heap tree module free; do
		grep -q "^canary: $what .* same" "$tmp/lines"
		ok $? "$*: there is a canary: $what"
	done
	is "$(grep -c '^canary: .* changed' "$tmp/lines")" 0 "$*: and none has changed"
	grep -o 'vcpu [0-9]*: .*' "$tmp/lines" | sed 's/^/# /'
}

for cpu in max neoverse-n1; do
	for smp in 1 2; do
		attack --cpu $cpu --smp $smp
	done
done

# Counted, time at EL2 is bounded by the work for one block: 2 MiB zeroed, then cleaned, a line or
# a DC ZVA block of 64 bytes at a time, some three instructions each.
attack --icount
longest=$(sed -n 's/.*vcpu 0:.*longest time at EL2 \([0-9]*\) ticks/\1/p' "$tmp/lines")
[ "${longest:-999999999}" -lt 250000 ]
ok $? "EL2 never works longer than one block takes: ${longest:-?} instructions"
done_testing
