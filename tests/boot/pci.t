#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A bare-metal guest uses its PCI functions, moves their BARs about, and does them no harm; on one
# CPU, and with a second one that touches what is moving.
. tests/boot/lib.sh

for machine in 'max 1' 'max 2' 'neoverse-n1 2'; do
	guest --kernel "$B/guests/functions.bin" --cpu "${machine% *}" --smp "${machine#* }" \
		--bar device:4M --bar combining:4M --bar cached:4M --bar exclusive:8M --memory 64M
	is "$status" 0 "$machine: powers off"
	echo "# $machine: $(grep -ac '^ok' "$tmp/log") passed"
	! grep -aE '^(not ok|Bail)' "$tmp/log"
	ok $? "$machine: nothing fails"
	says '^1\.\.[0-9]' "$machine: comes to its end"
done
done_testing
