#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Interrupt controller, timers, UART and PSCI do for a guest what the machine itself does for it:
# the same guest, run on the bare machine and on Mezzo, says the same.
. tests/boot/lib.sh

guest=$B/guests/devices.bin
for smp in 1 2; do
	timeout 300 qemu-system-aarch64 -M virt,gic-version=3 -cpu max -smp $smp -m 256 -nographic \
		-nic none -kernel "$guest" </dev/null >"$tmp/log" 2>&1
	is $? 0 "bare machine, $smp CPUs: powers off"
	tr -d '\r' <"$tmp/log" | grep -E '^(ok|not ok|1\.\.)' >"$tmp/bare.$smp"
	grep -q '^1\.\.' "$tmp/bare.$smp" && ! grep -q '^not ok' "$tmp/bare.$smp"
	ok $? "bare machine, $smp CPUs: $(grep -c '^ok' "$tmp/bare.$smp") of its rules hold"
done
for cpu in max cortex-a710 neoverse-n1 cortex-a72; do
	for smp in 1 2; do
		status=0
		scripts/run-guest --hv "$HV" --cpu $cpu --smp $smp --memory 64M --kernel "$guest" \
			--timeout 300 </dev/null >"$tmp/log" 2>&1 || status=$?
		is "$status" 0 "$cpu, $smp CPUs: powers off"
		tr -d '\r' <"$tmp/log" | grep -E '^(ok|not ok|1\.\.)' >"$tmp/got"
		diff "$tmp/bare.$smp" "$tmp/got" | sed 's/^/# /'
		cmp -s "$tmp/bare.$smp" "$tmp/got"
		ok $? "$cpu, $smp CPUs: as on the bare machine"
	done
done
done_testing
