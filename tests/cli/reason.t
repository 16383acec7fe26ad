#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo reason`: every reason is listed, explained, and says what to change.
use strict;
use warnings;
use lib 'tests/cli';
use JSON::PP;
use Mezzo;
use Test::More;

my ($status, $out, $err) = mezzo('reason', '--json');
is($status, 0, 'list');
my $all = decode_json($out)->{reasons};
cmp_ok(scalar @$all, '>=', 48, 'all of them');

($status, my $list) = mezzo('reason');
is($status, 0, 'list as text');
like($list, qr/^reason|^  reason/, 'with a heading');

my ($usage, %option) = ((mezzo('help', 'explain'))[1]);
$option{$1} = 1 while $usage =~ /^  (--[a-z0-9-]+)/mg;

my %seen;
for my $reason (@$all) {
	my $name = $reason->{name};
	subtest $name => sub {
		ok(!$seen{$name}++, 'once');
		like($list, qr/^  \Q$name\E /m, 'listed');
		($status, $out, $err) = mezzo('reason', $name);
		is($status, 0, 'explained');
		is($err, '', 'quietly');
		(my $flat = $out) =~ s/\s+/ /g;
		(my $sentence = $reason->{text}) =~ s/\s+/ /g;
		like($flat, qr/\Q$sentence\E/, 'with its sentence');
		like($out, qr/^\Q$_\E$/m, "section: $_")
			for $name, 'Why', 'What would happen otherwise', 'What you can change',
			    'Source';
		like($flat, qr/\Q$reason->{story}[0]\E/, 'and its story');
		cmp_ok(length, '<=', 80, 'narrow enough') for split /\n/, $out;
		like($reason->{group}, qr/^(grant|abort|exit|skip|refuse|slot|object|move|finding)$/, 'group');
		ok($reason->{source} ne '', 'source');
		# Advice names options that exist.
		for my $advice (@{$reason->{change}}) {
			ok($option{$1}, "$1 exists") while $advice =~ /(--[a-z0-9-]+)/g;
		}
		if ($reason->{group} eq 'refuse') {
			like(join(' ', @{$reason->{change}}), qr/--[a-z]/,
			     'a refusal names an option to change');
		}
		($status, $out) = mezzo('reason', '--json', $name);
		my $one = decode_json($out);
		is(delete $one->{command}, 'reason', 'json: command');
		is_deeply($one, $reason, 'json: as in the list');
	};
}

($status, $out, $err) = mezzo('reason', 'cached-needs-maintenence');
is($status, 2, 'an unknown reason is a usage error');
is($out, '', 'with nothing on standard output');
like($err, qr/did you mean 'cached-needs-maintenance'/, 'and the nearest name');

done_testing();
