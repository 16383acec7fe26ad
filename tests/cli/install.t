#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make install` leaves is enough to build and run the README's example.
set -u
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_LIBDIR="$root/opt/m/lib/pkgconfig"
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

build()
{
	# shellcheck disable=SC2046 # options are words
	cc -std=c11 -Wall -Wextra -Werror -o "$root/example" examples/first-fault.c \
		$(pkg-config --cflags --libs mezzo)
}

version()
{
	[ "$("$root/opt/m/bin/mezzo" --version)" = "mezzo $(pkg-config --modversion mezzo)" ]
}

# Every line of code that README.md shows stands in the example.
shown()
{
	awk '/^```$/ { on = 0 } on && !/\/\*/ { sub(/^[ \t]+/, ""); print } /^```c$/ { on = 1 }' \
		README.md >"$root/shown"
	[ -s "$root/shown" ] || return
	while IFS= read -r line; do
		grep -qF -- "$line" examples/first-fault.c || return
	done <"$root/shown"
}

ok 'make install with DESTDIR and PREFIX' \
	make install DESTDIR="$root" PREFIX=/opt/m
ok 'every public header' diff -r include/mezzo "$root/opt/m/include/mezzo"
ok 'the manual page' test -s "$root/opt/m/share/man/man1/mezzo.1"
ok 'the command and the pkg-config file tell the same version' version
ok 'what README.md shows is in the example' shown
ok 'the example builds' build
ok 'and runs' "$root/example"
echo "1..$count"
