#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make install` leaves is enough to build and run the examples, and takes no name from others.
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

# build STANDARD EXAMPLE
build()
{
	# shellcheck disable=SC2046 # options are words
	cc "-std=$1" -Wall -Wextra -Werror -pthread -o "$root/$2" "examples/$2.c" \
		$(pkg-config --cflags --libs mezzo)
}

# with the shared library
build_shared()
{
	# shellcheck disable=SC2046 # options are words
	cc -pthread -o "$root/shared" examples/vmm.c $(pkg-config --cflags mezzo) \
		-L"$root/opt/m/lib" -lmezzo "-Wl,-rpath,$root/opt/m/lib" &&
		readelf -d "$root/shared" | grep -q 'NEEDED.*libmezzo.so.[0-9]*]'
}

vmm()
{
	"$1" >"$root/said" && cat "$root/said" && [ "$(wc -l <"$root/said")" = 3 ] &&
		grep -q 'the VMM reads 0x80000000: refused: Private memory' "$root/said" &&
		grep -q 'under the vCPU, which stops: Nothing is behind this address' "$root/said"
}

# No name that an embedder could have as well
names()
{
	nm -g --defined-only "$root"/opt/m/lib/libmezzo*.a | awk 'NF == 3 { print $3 }' >"$root/names"
	[ -s "$root/names" ] && ! grep -v '^mezzo_' "$root/names"
}

# What comes or goes is seen in the version script, and the library gives that and no more.
symbols()
{
	scripts/version-script "$(pkg-config --modversion mezzo)" build/libmezzo.a \
		build/libmezzo-hosted.a | diff src/mezzo.map - &&
		sed -n 's/^\t\(mezzo_.*\);$/\1/p' src/mezzo.map >"$root/map" &&
		nm -D --defined-only "$root/opt/m/lib/libmezzo.so" |
		awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort | diff "$root/map" -
}

pages()
{
	for page in docs/man/*.1; do
		cmp "$page" "$root/opt/m/share/man/man1/${page##*/}" || return
	done
}

# Every public function has its place in the reference.
reference()
{
	sed -n 's/^\t\(mezzo_.*\);$/\1/p' src/mezzo.map >"$root/public"
	sed -n '/^- /p' "$root/opt/m/share/doc/mezzo/reference.md" | tr -cs 'a-z0-9_' '\n' |
		sort -u >"$root/there"
	[ -s "$root/public" ] && ! grep -vxFf "$root/there" "$root/public"
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
	env -u PKG_CONFIG_SYSROOT_DIR -u PKG_CONFIG_LIBDIR \
	make install DESTDIR="$root" PREFIX=/opt/m
ok 'every public header' diff -r include/mezzo "$root/opt/m/include/mezzo"
ok 'the manual pages' pages
ok 'the reference' reference
ok 'the archives define mezzo_* alone' names
ok 'the shared library gives what src/mezzo.map says (make it: scripts/version-script)' symbols
ok 'the command and the pkg-config file tell the same version' version
ok 'what README.md shows is in the example' shown
ok 'the example builds' build c11 first-fault
ok 'and runs' "$root/first-fault"
ok 'the VMM builds' build gnu11 vmm
ok 'its guest has what it has no address of, until that goes' vmm "$root/vmm"
ok 'the VMM builds with the shared library' build_shared
ok 'and runs' vmm "$root/shared"
echo "1..$count"
