#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The demo passes, changes when what is declared changes, and fails when an entry is wrong.
. tests/boot/lib.sh

demo()
{
	status=0
	scripts/demo --hv "$HV" "$@" >"$tmp/log" 2>&1 || status=$?
}

# row WORDS: a table has a row that begins so, whatever the blanks
row()
{
	pattern=$(echo "$1" | sed 's/ / +/g')
	says "^ +$pattern" "shows: $1"
}

demo
is "$status" 0 'the demo passes'
is "$(tail -n 1 "$tmp/log")" 'demo: passed' 'it says so'
row '0x[0-9a-f]+ 4 MiB 0000:00:01.0/bar2 device device-nGnRE'
row '0x[0-9a-f]+ 4 MiB 0000:00:02.0/bar2 combining normal-nc'
row '0x[0-9a-f]+ 4 MiB 0000:00:03.0/bar2 cached normal-wb'
row '0x[0-9a-f]+ 4 MiB 0000:00:04.0/bar2 exclusive guest-choice'
row '0000:00:01.0/bar2 resource2_wc Normal-NC worked faulted'
row '0000:00:02.0/bar2 resource2_wc Normal-NC worked worked'
row '0000:00:03.0/bar2 Device-nGnRE Normal-WB Normal-WB agrees'
row '0000:00:04.0/bar2 Normal-WB Normal-WB Normal-WB agrees'

demo --bar cached:4M --bar exclusive:8M --bar device:4M --bar combining:16M --cpu cortex-a72
is "$status" 0 'other presets, other CPU: it passes'
row '0x[0-9a-f]+ 4 MiB 0000:00:01.0/bar2 cached normal-wb'
row '0x[0-9a-f]+ 8 MiB 0000:00:02.0/bar2 exclusive guest-choice'
row '0x[0-9a-f]+ 4 MiB 0000:00:03.0/bar2 device device-nGnRE'
row '0x[0-9a-f]+ 16 MiB 0000:00:04.0/bar2 combining normal-nc'
row '0000:00:01.0/bar2 Device-nGnRE Device-nGnRE Device-nGnRE agrees'
row '0000:00:03.0/bar2 resource2_wc Normal-NC worked faulted'

for preset in device combining cached exclusive; do
	demo --bar $preset:4M --plant $preset
	is "$status" 1 "a wrong type in a $preset BAR: it fails"
	is "$(tail -n 1 "$tmp/log")" 'demo: failed' 'it says so'
	says 'the MMU says' 'and what the MMU says'
done
done_testing
