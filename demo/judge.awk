# SPDX-License-Identifier: BSD-2-Clause
#
# Read the console of a demo: the guest's "probe:" lines and the hypervisor's "report:" lines (both
# described where they are printed), show them as tables, and judge. What was asked for comes in
# `bars`, like "device:4M cached:4M": the n-th is 0000:00:0n.0/bar2.
#
# Of Linux's accesses only those are judged that QEMU models. Source: measured on QEMU 10.0.2,
#  - an unaligned access to Device faults where stage 2 says Device, or where no stage 2 weakens
#    stage 1; where stage 1 alone says Device the check is lost once the TLB holds the page;
#  - exclusives work on every type, so they say nothing but where they must work;
#  - nothing is checked on a machine of one CPU.
# The others are printed, and the combined type is judged by the MMU's own answer alone.

function fail(why) {
	failures[++failed] = why
}

function size(bytes) {
	bytes = hex(bytes)
	if (bytes >= 1073741824 && bytes % 1073741824 == 0)
		return bytes / 1073741824 " GiB"
	if (bytes >= 1048576)
		return bytes / 1048576 " MiB"
	return bytes / 1024 " KiB"
}

function hex(text, i, value) {
	value = 0
	text = tolower(substr(text, 3))
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

function is_device(type) {
	return type ~ /^Device/
}

BEGIN {
	count = split(bars, bar, " ")
	object[0] = "ram"
	declared["ram"] = "exclusive"
	for (i = 1; i <= count; i++) {
		object[i] = sprintf("0000:00:%02x.0/bar2", i)
		declared[object[i]] = bar[i]
		sub(/:.*/, "", declared[object[i]])
	}
	stage1["resource2"] = "Device-nGnRE"
	stage1["resource2_wc"] = "Normal-NC"
}

$1 == "guest:" { guest = $0; sub(/^guest: /, "", guest); if (/failed/) fail(guest) }
$1 == "probe:" { result[$2, $3, $4] = $5 }
$1 == "report:" && $2 == "cpu" { fwb = $4; smp = $6 }
$1 == "report:" && $2 == "planted" { print "A wrong type was planted in", $3 "." }
$1 == "report:" && $2 == "map" {
	at[$5] = $3; bytes[$5] = $4; preset[$5] = $6; stage2[$5] = $7; access[$5] = $8
	pages[$5] = sprintf("%5d %5d %5d", $10, $12, $14)
}
$1 == "report:" && $2 == "type" {
	measured[$3, $4] = $6; engine[$3, $4] = $8; verdict[$3, $4] = $11
}
$1 == "report:" && $2 == "why" {
	reason[$3] = $4
	sentence[$3] = $0
	sub(/^report: why [^ ]+ [^ ]+ /, "", sentence[$3])
}
$1 == "report:" && $2 == "end" { end = $3 }

# What the access must have done by the engine's word, and whether QEMU can show otherwise.
function judge(name, file, kind, type, got) {
	type = engine[name, stage1[file]]
	got = result[name, file, kind]
	expected = "worked"
	judged = 1
	if (kind == "unaligned" && is_device(type)) {
		expected = "faulted"
		judged = smp > 1 && stage2[name] ~ /^device/
	} else if (kind == "unaligned" && is_device(stage1[file])) {
		judged = 0
	} else if (kind == "atomic" && type !~ /WB$/) {
		judged = 0
	}
	if (got == "")
		fail(name " " file ": no " kind " access was tried")
	else if (got == "wrong")
		fail(name " " file ": a " kind " access lost data")
	if (!judged)
		return got "*"
	if (got == expected)
		return got
	fail(name " " file ": " kind " accesses " got ", they should have " expected)
	return got "!"
}

END {
	print guest
	print "\nThe guest's memory, as the hypervisor holds it"
	printf "  %-13s %-8s %-17s %-10s %-14s %-5s %5s %5s %5s\n", "address", "size", "object", \
		"declared", "stage 2", "", "4K", "2M", "1G"
	for (i = 0; i <= count; i++) {
		name = object[i]
		printf "  %-13s %-8s %-17s %-10s %-14s %-5s %s\n", at[name], size(bytes[name]), name, \
			preset[name], stage2[name], access[name], pages[name]
		if (preset[name] != declared[name])
			fail(name ": declared " declared[name] ", held as " preset[name])
		if (stage2[name] == "none" || stage2[name] == "mixed")
			fail(name ": stage 2 is " stage2[name])
	}
	print "\nWhat accesses of Linux to each BAR did"
	printf "  %-17s %-13s %-14s %-9s %-9s %-9s\n", "object", "file", "stage 1", "plain", \
		"unaligned", "atomic"
	nfile = split("resource2 resource2_wc", file, " ")
	for (i = 1; i <= count; i++)
		for (f = 1; f <= nfile; f++)
			printf "  %-17s %-13s %-14s %-9s %-9s %-9s\n", object[i], file[f], \
				stage1[file[f]], judge(object[i], file[f], "plain"), \
				judge(object[i], file[f], "unaligned"), \
				judge(object[i], file[f], "atomic")
	print "  * QEMU does not model this check: judged by the MMU's answer below alone"
	print "\nThe type under both stages: measured by the MMU (AT S12E1R), and the engine's answer"
	printf "  %-17s %-14s %-14s %-14s %s\n", "object", "stage 1", "measured", "engine", ""
	ntype = split("Device-nGnRE Normal-NC Normal-WB", type, " ")
	for (i = 0; i <= count; i++)
		for (t = 1; t <= ntype; t++) {
			name = object[i]
			word = verdict[name, type[t]]
			if (word != "agree")
				fail(name ": under stage 1 " type[t] " the MMU says " \
				     measured[name, type[t]] ", the engine " engine[name, type[t]])
			printf "  %-17s %-14s %-14s %-14s %s\n", name, type[t], measured[name, type[t]], \
				engine[name, type[t]], word == "agree" ? "agrees" : "DIFFERS"
		}
	print "\nWhy"
	for (i = 0; i <= count; i++) {
		name = object[i]
		printf "  %-17s %s\n%-20s%s\n", name, reason[name], "", sentence[name]
		if (reason[name] == "")
			fail(name ": no reason was given")
	}
	if (end != "agree" && !failed)
		fail("the hypervisor's report does not agree with itself")
	print ""
	for (i = 1; i <= failed; i++)
		print "demo: " failures[i]
	print failed ? "demo: failed" : "demo: passed"
	exit failed > 0
}
