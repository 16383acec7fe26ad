# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # some variables are for the tests alone
#
# What boot tests share: TAP, and guests under a time limit. Sourced from the top of the tree.

set -u
tests=0 failures=0
B=${B:-build}
HV=${HV:-$B/mezzo-hv.img}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mezzo-boot.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# ok STATUS NAME: a test passed if STATUS is 0; what $tmp/log holds is shown where it did not
ok()
{
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $2"
	[ ! -e "$tmp/log" ] || tail -n 40 "$tmp/log" | tr -d '\r' | sed 's/^/# /'
}

# is GOT WANT NAME
is()
{
	same=0
	[ "$1" = "$2" ] || same=1
	[ "$same" -eq 0 ] || echo "# got '$1', want '$2'"
	ok "$same" "$3"
}

# says PATTERN NAME: the log has a line that matches
says()
{
	grep -Eq "$1" "$tmp/log"
	ok $? "$2"
}

done_testing()
{
	echo "1..$tests"
	[ "$failures" -eq 0 ]
	exit
}

# guest ARGUMENT...: run one; its console goes to $tmp/log, its exit status to $status
guest()
{
	status=0
	scripts/run-guest --hv "$HV" --timeout 300 "$@" >"$tmp/log" 2>&1 </dev/null || status=$?
}

# flat NAME: assemble standard input as a flat guest, into $tmp/NAME
flat()
{
	aarch64-linux-gnu-gcc -c -x assembler-with-cpp -o "$tmp/$1.o" - &&
		aarch64-linux-gnu-objcopy -O binary "$tmp/$1.o" "$tmp/$1"
}

initrd()
{
	scripts/mkinitramfs -o "$tmp/initrd" -b build/arm64-root/busybox "$@"
}
