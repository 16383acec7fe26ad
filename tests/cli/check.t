#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# mezzo check: what it proves and refutes, and how it says so. Whether the checker can be trusted is
# asked in tests/property/check_*.c and spin.t.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use JSON::PP;
use Mezzo;
use Test::More;

sub slurp
{
	open my $file, '<', $_[0] or return '';
	local $/;
	return scalar <$file>;
}

sub json
{
	my ($status, $out, $err) = mezzo('check', '--json', @_);
	return ($status, eval { decode_json($out) } // diag("@_: $status, $err"));
}

# --- everything ------------------------------------------------------------------------------------

my ($status, $all) = json();
is($status, 0, 'every verdict is the one that is expected');
ok($all->{expected}, 'and it says so');
is_deeply([map { $_->{name} } @{$all->{parts}}],
	  [qw(arm64 contracts moves migration x86 x86-flush x86-contracts private race)],
	  'every part was judged');

# What the threads said: where policies of the past fail.
my %fails = (
	'arm64 linux-legacy' => [qw(S1 S7 S11)],
	'arm64 proposal-2023-v3' => [qw(S4)],
	'arm64 proposal-2024-v2' => [qw(S3 S4 L1)],
	'arm64 proposal-2025-v3' => [qw(S1 S4 S7)],
	'arm64 linux-6.17' => [qw(L1)],
	'migration linux-6.17' => [qw(L1)],
	'x86 kvm-2008-wb' => [qw(S6 S1d S9o)],
	'x86 kvm-2008-mtrr' => [qw(S6 S1)],
	'x86 kvm-2015-mtrr' => [qw(S6)],
	'x86 kvm-npt' => [qw(S1d)],
	'private hva-followed' => [qw(S13 S14)],
	'private hva-ignored' => [qw(S12 S16)],
);
my %verdict;
for my $part (@{$all->{parts}}) {
	for my $policy (@{$part->{policies}}) {
		my $name = "$part->{name} $policy->{name}";
		$verdict{$name}{$_->{id}} = $_ for @{$policy->{properties}};
		next if $policy->{name} ne 'mezzo';
		my @open = grep { $_->{verdict} eq 'refuted' } @{$policy->{properties}};
		is_deeply(\@open, [], "$name: nothing is refuted");
		my @proved = grep { $_->{verdict} eq 'proved' } @{$policy->{properties}};
		cmp_ok(scalar @proved, '>=', 4, "$name: and something is proved");
	}
}
for my $name (sort keys %fails) {
	for my $id (@{$fails{$name}}) {
		my $v = $verdict{$name}{$id};
		is($v->{verdict}, 'refuted', "$name: $id is refuted");
		cmp_ok($v->{steps}, '>', 0, "$name: $id, in a trace");
	}
}
# What is proved says under what; what nobody tried is not proved.
is_deeply($verdict{'arm64 mezzo'}{S7}{under}, ['A5'], 'without force, uncached accesses must bypass');
is_deeply($verdict{'arm64 mezzo'}{S4}{under}, [], 'a host with no mapping never uses one');
is($verdict{'arm64 mezzo'}{S10d}{verdict}, 'untested', 'no device writes there');
is($verdict{'contracts mezzo'}{S10d}{verdict}, 'untested', 'nor where logging beside one is refused');
# Every safety property is put to the test somewhere, and proved.
my %proved;
for my $name (grep { /mezzo$/ } keys %verdict) {
	$proved{$_} = 1 for grep { $verdict{$name}{$_}{verdict} eq 'proved' } keys %{$verdict{$name}};
}
ok($proved{$_}, "$_ is proved of mezzo")
	for qw(S1 S1d S2 S2b S3 S3z S4 S5 S6 S7 S7b S7z S8 S8x S9o S9i S10 S11 S12 S13 S14 S15 S16
	       S17 L1 L3);

# The core of arm64 in 64 MiB.
($status, my $core) = json('--part', 'arm64', '--memory', 64);
is($status, 0, 'arm64 in 64 MiB');
cmp_ok($core->{cost}{bytes}, '<', 64 << 20, 'as it says');

# --- one property ----------------------------------------------------------------------------------

my ($code, $text) = mezzo(qw(check --part arm64 --policy linux-legacy --property S1));
is($code, 0, 'a refutation that is expected is no surprise');
like($text, qr/refuted in \d+ of \d+ configurations \(a reconstruction\)/, 'how often');
like($text, qr/Always with: host=WB backing=page-no-linear\|no-page$/m, 'the facts to blame');
like($text, qr/The host zeroes the page through a cached\s+mapping/, 'the story');
like($text, qr/Guest B reads it as Device: guest A's secret\./, 'its end');
($code, $text) = mezzo(qw(check --part arm64 --policy mezzo --property S5));
like($text, qr/proved in \d+ of \d+ configurations, under A6; the others are refused/, 'a proof');
($code, $text, my $err) = mezzo(qw(check --property L2));
is($code, 2, 'L2 is no property of one run');
like($err, qr/--synthesise/, 'and where to find it is said');

# --- doubts ----------------------------------------------------------------------------------------

($code, my $doubt) = json(qw(--part arm64 --policy linux-6.17 --doubt A3));
is($code, 1, 'without A3 there is a verdict that is not expected');
my ($s1) = grep { $_->{id} eq 'S1' }
	map { @{$_->{properties}} } grep { $_->{name} eq 'linux-6.17' } @{$doubt->{parts}[0]{policies}};
is($s1->{verdict}, 'refuted', 'linux-6.17 leaks where RAM is exported uncached');
is($s1->{expected}, JSON::PP::false, 'marked');
($code, $text) = mezzo(qw(check --part arm64 --policy linux-6.17 --doubt A3));
like($text, qr/verdicts? (is|are) not expected, marked with '!'/, 'in text, too');

# --- without an action -----------------------------------------------------------------------------

my ($listed, $list) = json('--list');
is($listed, 0, '--list');
# Of every action, tests/property/check_mutants_sweep.c; here, that it is told.
for my $words ('clean-before --part arm64', 'log-dirty --part arm64', 'no-tlbi', 'keep-busy',
	       'icache-before,icache-after --part arm64') {
	($code, my $without) = json('--without', split ' ', $words);
	is($code, 1, "without $words something breaks");
	cmp_ok(scalar @{$without->{broken}}, '>', 0, "without $words: it is listed");
	cmp_ok(scalar @{$without->{trace}}, '>', 0, "without $words: and told");
}
($code, $text) = mezzo(qw(check --without icache-after --part arm64));
is($code, 0, 'who executes from it next invalidates before');
like($text, qr/Nothing breaks/, 'and so it says');

# --- every grant -----------------------------------------------------------------------------------

($code, my $try) = json(qw(--synthesise --policy mezzo));
is($code, 0, 'mezzo grants nothing that is unsafe');
is($_->{unsafe}, 0, "$_->{family}: no grant is unsafe") for @{$try->{synthesis}};
($code, $try) = json(qw(--synthesise --policy proposal-2025-v3));
cmp_ok($try->{synthesis}[0]{unsafe}, '>', 0, 'falling back to Device is granted though nothing is safe');
is($_->{refused}, $_->{needless} + $_->{weaker} + $_->{rightly}, 'each refusal is one of three kinds')
	for @{$try->{synthesis}};

# --- scenarios and pictures ------------------------------------------------------------------------

for my $name (map { $_->{name} } @{$list->{scenarios}}) {
	my ($exit, $scenario) = json('--scenario', $name);
	is($exit, 0, "$name: as expected");
	cmp_ok(scalar @{$scenario->{policies}}, '>', 0, "$name: of somebody");
}
my $dir = File::Temp->newdir;
for my $name (qw(fallback-to-device private-page fault-against-revocation)) {
	($code) = mezzo('check', '--scenario', $name, '--svg', "$dir/$name.svg");
	is($code, 0, "$name is drawn");
	my $svg = slurp("$dir/$name.svg");
	like($svg, qr/\A<svg xmlns=.*<\/svg>\n\z/s, "$name: a picture");
	# Well-formed, as far as a stack can tell.
	my @open;
	my $sound = 1;
	while ($svg =~ m{<(/?)(\w+)[^<>]*?(/?)>}g) {
		if ($1) {
			$sound &&= @open && pop(@open) eq $2;
		} elsif (!$3) {
			push @open, $2;
		}
	}
	ok($sound && !@open, "$name: every element ends");
	unlike($svg, qr/&(?!amp;|lt;|gt;)/, "$name: no stray ampersand");
}
my $picture = slurp("$dir/fallback-to-device.svg");
like($picture, qr/class="head">\Q$_\E</, "a lane for $_") for 'host', 'guest B', 'cache', 'memory';
($code, undef, $err) = mezzo(qw(check --scenario fallback-to-device --svg), "$dir/none/x.svg");
is($code, 2, 'where no file can be');
like($err, qr/x\.svg: No such file or directory/, 'it says why');
($code, undef, $err) = mezzo(qw(check --scenario shared-with-virtio --svg), "$dir/nothing.svg");
is($code, 2, 'nothing to draw where nothing fails');
ok(!-e "$dir/nothing.svg", 'and no file');

# --- memory, progress, usage -----------------------------------------------------------------------

($code, $text, $err) = mezzo(qw(check --part contracts --memory 1));
is($code, 2, 'too little memory');
is($text, '', 'no verdict then');
like($err, qr/needs more than the 1 MiB.*raise --memory/, 'and what to do');

SKIP: {
	skip 'no script', 2 if system('command -v script >/dev/null 2>&1');
	my $binary = $ENV{MEZZO} // 'build/mezzo';
	my $shown = `script -qec '$binary check --part moves --doubt A1' /dev/null </dev/null`;
	is($?, 0, 'on a terminal');
	like($shown, qr/\r\d+ of \d+ searches \(\d+ %\)/, 'progress is shown');
}

for my $wrong (['--svg x.svg', qr/--svg draws one trace/], ['--memory 0', qr/--memory takes/],
	       ['--memory lots', qr/--memory takes/], ['--policy linux', qr/linux-legacy|linux-6\.17/],
	       ['--scenario private-page --property S1', qr/--scenario says itself/],
	       ['--scenario private-page --policy kvm-npt', qr/nothing to say about kvm-npt/],
	       ['--part race --without zero', qr/nothing to leave out/],
	       ['--part race --property S5', qr/S5 is not judged there/]) {
	my ($words, $says) = @$wrong;
	($code, $text, $err) = mezzo('check', split ' ', $words);
	is($code, 2, "$words: usage");
	is($text =~ /\S/ ? 'something' : '', '', "$words: no answer");
	like($err, $says, "$words: why");
}

done_testing();
