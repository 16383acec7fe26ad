#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo compat` of captured hosts: what can move from one to the other, and why not.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use Host;
use JSON::PP;
use Mezzo;
use Test::More;

sub compared
{
	my ($from, $to) = @_;
	my ($status, $out, $err) = mezzo('compat', '--json', "$from", "$to");
	die "compat $from $to: $status, $err" if $status > 1;
	return ($status, decode_json($out));
}

sub blocking { return [sort map { $_->{what} =~ /^(\S+?):? / } grep { $_->{blocks} } @{$_[0]{differences}}] }

sub differing { return [sort map { $_->{what} =~ /^(\S+?):? / } grep { !$_->{blocks} } @{$_[0]{differences}}] }

my %path = map { $_ => captured($_) }
	qw(bookworm-max trixie-max trixie-backports-max trixie-neoverse-n1 bookworm-x86 trixie-x86);

for my $name (sort keys %path) {
	my ($status, $answer) = compared($path{$name}, $path{$name});
	is($status, 0, "$name to itself: compatible");
	is_deeply(blocking($answer), [], "$name to itself: nothing in the way");
	is(scalar @{$answer->{guests}}, 1, "$name: its guest");
	ok($answer->{guests}[0]{moves}, "$name: which can move");
	like($answer->{guests}[0]{why}, qr/unplugged/, "$name: without its devices");
}

my ($status, $answer) = compared($path{'trixie-max'}, $path{'trixie-neoverse-n1'});
is($status, 1, 'from a host with FWB, DIC and MTE to one without: no');
is_deeply(blocking($answer), [qw(dic ipa_bits mte)], 'what is in the way')
	or diag(explain($answer));
is_deeply(differing($answer), [qw(fwb)], 'what only differs');
my %item = map { $_->{what} =~ /^(\w+):/ ? ($1 => $_) : () } @{$answer->{differences}};
is($item{mte}{scope}, 'guests with MTE', 'MTE concerns guests with MTE alone');
like($item{dic}{why}, qr/CTR_EL0\.DIC=0/, 'DIC: how to prepare a guest');
is($item{ipa_bits}{scope}, 'guests with memory above the smaller size', 'so does the IPA size');
ok(!$answer->{guests}[0]{moves}, 'its guest cannot move');
like($answer->{guests}[0]{why}, qr/^dic/, 'because of DIC');

($status, $answer) = compared($path{'trixie-neoverse-n1'}, $path{'trixie-max'});
is($status, 0, 'the other way: yes');
is_deeply(differing($answer), [qw(fwb)], 'though types may differ');

($status, $answer) = compared($path{'trixie-max'}, $path{'bookworm-max'});
is($status, 1, 'to an older kernel: no');
is_deeply([grep { /^0000/ } @{blocking($answer)}], [('0000:00:04.0') x 2, ('0000:00:05.0') x 2],
	  'its BARs lose a type');
($status, $answer) = compared($path{'bookworm-max'}, $path{'trixie-max'});
is($status, 0, 'to a newer kernel: yes');
is_deeply(differing($answer), [('0000:00:04.0') x 2, ('0000:00:05.0') x 2], 'BARs gain one');

($status, $answer) = compared($path{'trixie-max'}, $path{'trixie-x86'});
is($status, 1, 'to another architecture: no');
is_deeply(blocking($answer), ['arch'], 'which is all that is said');

($status, $answer) = compared($path{'bookworm-x86'}, changed('trixie-x86', sub {
	my ($directory) = @_;
	my $cpuinfo = slurp_file("$directory/proc/cpuinfo");
	$cpuinfo =~ s/AuthenticAMD/GenuineIntel/g;
	$cpuinfo =~ s/: 40 bits/: 39 bits/g;
	edit_file($directory, 'proc/cpuinfo', $cpuinfo);
}));
is($status, 1, 'x86: to another vendor: no');
is_deeply(blocking($answer), [qw(cpu_vendor physical_bits)], 'x86: what is in the way');

($status, $answer) = compared($path{'trixie-max'}, changed('trixie-max', sub {
	edit_file($_[0], 'sys/bus/pci/devices/0000:00:05.0/device', "0x0011\n");
}));
is($status, 1, 'to a host without such a device: no');
like((grep { $_->{blocks} } @{$answer->{differences}})[0]{why}, qr/no such device/, 'and why');

# What is unknown is said, and does not count.
my $unknown = changed('trixie-max', sub {
	my $text = slurp_file("$_[0]/mezzo/answers");
	edit_file($_[0], 'mezzo/answers', join '', grep { !/^(kvm|ctr)/ } $text =~ /(.*\n)/g);
});
($status, $answer) = compared($path{'trixie-max'}, $unknown);
ok(!$answer->{known}, 'to a host of which little is known');
is_deeply(differing($answer), [qw(dic idc ipa_bits mte)], 'what is unknown is named');

# The same of JSON as of captures, in every combination.
my $directory = File::Temp->newdir;
for my $name (qw(trixie-max trixie-neoverse-n1 bookworm-max)) {
	my (undef, $json) = mezzo('audit', '--json', '--root', $path{$name});
	edit_file("$directory", "$name.json", $json);
}
for my $pair (['trixie-max', 'trixie-neoverse-n1'], ['trixie-max', 'bookworm-max']) {
	my ($from, $to) = @$pair;
	my @captures = compared($path{$from}, $path{$to});
	is_deeply([compared("$directory/$from.json", $path{$to})], \@captures, "$from as JSON");
	is_deeply([compared($path{$from}, "$directory/$to.json")], \@captures, "$to as JSON");
}
($status, my $out) = mezzo('compat', 'live', 'live');
is($status, 0, 'this host and itself');

# Text.
($status, $out) = mezzo('compat', $path{'trixie-max'}, $path{'trixie-neoverse-n1'});
is($status, 1, 'text: exit status');
like($out, qr/^  no +mte: yes here, no there$/m, 'text: what is in the way');
like($out, qr/^  differs +fwb: yes here, no there$/m, 'text: what differs');
like($out, qr/^  process \d+ +\(no name\): cannot\s+move/m, 'text: the guest');

# What is no host.
for my $bad (['LICENSE', qr/LICENSE: it is no tar/], ['/nonexistent', qr/No such file/]) {
	my ($path, $why) = @$bad;
	($status, $out, my $err) = mezzo('compat', $path{'trixie-max'}, $path);
	is($status, 2, "$path: could not look");
	like($err, $why, "$path: why");
}
edit_file("$directory", 'cut.json', '{"command": "audit", "facts": {');
edit_file("$directory", 'other.json', '{"command": "explain"}');
for my $bad (['cut.json', qr/line 1: /], ['other.json', qr/not the JSON of an audit/]) {
	my ($path, $why) = @$bad;
	($status, $out, my $err) = mezzo('compat', "$directory/$path", 'live');
	is($status, 2, "$path: could not look");
	like($err, $why, "$path: why");
}

done_testing();
