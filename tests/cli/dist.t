#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make dist` leaves compiles alone, exports nothing but mezzo_*, needs nothing but mem*, and
# runs with nothing below it.
set -u
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
version=$(sed -n 's/^#define MEZZO_VERSION "\(.*\)"/\1/p' include/mezzo/mezzo.h)
dist=build/mezzo-$version
warnings='-std=c11 -Wall -Wextra -Wpedantic -Werror'
count=0

ok()
{
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$root/log" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$root/log"
	fi
}

# In a directory where nothing else is
compile()
{
	mkdir -p "$root/alone" && cp "$dist/mezzo.c" "$dist/mezzo.h" "$root/alone" || return
	# shellcheck disable=SC2086 # options are words
	(cd "$root/alone" && "$@" $warnings -ffreestanding -c mezzo.c -o mezzo.o)
}

exports()
{
	nm -g --defined-only "$root/alone/mezzo.o" | awk 'NF == 3 { print $3 }' >"$root/names"
	[ -s "$root/names" ] && ! grep -v '^mezzo_' "$root/names"
}

needs()
{
	! nm -u "$root/alone/mezzo.o" | grep -vE ' (memcpy|memset|memmove|memcmp)$'
}

# Every name that the shared library gives is there.
whole()
{
	sed -n 's/^\t\(mezzo_.*\);$/\1/p' src/mezzo.map | grep -v '^mezzo_hosted_' >"$root/public"
	[ -s "$root/public" ] && ! grep -vxFf "$root/names" "$root/public"
}

freestanding()
{
	# shellcheck disable=SC2086 # options are words
	"$@" $warnings -ffreestanding -nostdlib -static -I "$dist" \
		examples/freestanding.c "$dist/mezzo.c" -o "$root/freestanding" &&
		[ "$("$root/freestanding")" = 'The memory is declared Device: stage 2 says Device-nGnRE, which no stage 1 can weaken.' ]
}

same_again()
{
	cp "$dist.tar.gz" "$root/before" && make dist && cmp "$root/before" "$dist.tar.gz"
}

ok 'make dist' make dist
ok 'four files' [ "$(cd "$dist" && echo *)" = 'LICENSE VERSION mezzo.c mezzo.h' ]
ok 'the version' grep -qx "$version" "$dist/VERSION"
ok 'the same again' same_again
ok 'arm64: gcc' compile aarch64-linux-gnu-gcc -O0
ok 'arm64: clang' compile clang --target=aarch64-linux-gnu -I/usr/aarch64-linux-gnu/include
ok 'clang' compile clang -O0
ok 'gcc' compile gcc -O0
ok 'nothing but mezzo_* is exported' exports
ok 'nothing but mem* is needed' needs
ok 'every public name is there' whole
ok 'the freestanding example runs: gcc' freestanding gcc -O2
ok 'the freestanding example runs: clang' freestanding clang -O0
echo "1..$count"
