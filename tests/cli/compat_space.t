#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo compat SPACE --cpu`: would a machine accept a space, before its guest leaves?
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use Host;
use JSON::PP;
use Mezzo;
use Test::More;

my $files = 'tests/cli/requirements';

sub admits
{
	my ($space, $cpu, @arch) = @_;
	my ($status, $out, $err) = mezzo('compat', '--json', $space, '--cpu', $cpu, @arch);
	die "compat $space --cpu $cpu: $status, $err" if $status > 1;
	my $answer = decode_json($out);
	is($status, $answer->{compatible} ? 0 : 1, "$space on $cpu: exit status");
	return $answer;
}

sub refusals { return [map { ($_->{slot} // 'space') . " $_->{reason}{name}" } @{$_[0]{refusals}}] }

# What the library wrote (tests/unit/space_admit.c holds it to that).
my $answer = admits("$files/written.json", 'max,mte');
ok($answer->{compatible}, 'a space like the one that it was made on: yes');
is($answer->{slots}, 2, 'its slots');
is_deeply([sort keys %{$answer->{assumed}}], [qw(direct ipa_bits page_bytes)], 'what a list does not say');

$answer = admits("$files/written.json", 'max,mte,no-fwb');
is_deeply(refusals($answer), ['7 types-wider'], 'T34: from FWB to none');
is($answer->{refusals}[0]{field}, 'fwb', 'what is missing');
is_deeply([@{$answer->{refusals}[0]}{qw(there want)}], [qw(no yes)], 'there, and what would do');

$answer = admits("$files/written.json", 'cortex-a72');
is_deeply(refusals($answer), ['space guest-has-tags', 'space guest-told-idc', 'space guest-told-dic',
			      '7 types-wider'],
	  'every reason, not the first');

# A file by hand; a file of facts.
$answer = admits("$files/gpu.json", 'neoverse-v1');
ok($answer->{compatible}, 'a GPU whose memory is cached: yes, with FWB');
$answer = admits("$files/gpu.json", 'neoverse-n1');
is_deeply(refusals($answer),
	  ['space guest-told-dic', '0 types-wider', '0 block-too-small', '1 cached-needs-maintenance'],
	  'and why not without');
is_deeply([map { $_->{field} } @{$answer->{refusals}}], [qw(dic fwb max-order fwb)], 'by fact');
$answer = admits("$files/gpu.json", "$files/machine.json");
is_deeply(refusals($answer), ['0 block-too-small'], 'a granule that has no such block');
is_deeply([@{$answer->{refusals}[0]}{qw(there want)}], [qw(512M 1G)], 'sizes');
is_deeply($answer->{assumed}, {}, 'facts that are stated are not assumed');

# Hosts, as captures and as audits.
$answer = admits("$files/gpu.json", captured('trixie-neoverse-n1'));
is_deeply(refusals($answer),
	  ['space guest-told-dic', '0 types-wider', '0 block-too-small', '1 cached-needs-maintenance'],
	  'a captured host')
	or diag(explain($answer));
my $directory = File::Temp->newdir;
my (undef, $json) = mezzo('audit', '--json', '--root', captured('trixie-neoverse-n1'));
edit_file("$directory", 'host.json', $json);
is_deeply(admits("$files/gpu.json", "$directory/host.json"), $answer, 'the same of its audit');

# x86: another rule, and other facts of the machine.
my @ept = qw(--arch x86-ept);
my @npt = qw(--arch x86-npt);
$answer = admits("$files/x86.json", 'none', @ept);
is_deeply(refusals($answer), ['0 block-too-small', '3 no-safe-type-beside-dma'], 'EPT, no self-snoop');
is_deeply([map { $_->{field} } @{$answer->{refusals}}], [qw(max-order self-snoop)], 'by fact');
is_deeply($answer->{machine}{engine}, 'ept', 'the machine');
$answer = admits("$files/x86.json", 'self-snoop', @ept);
is_deeply(refusals($answer), ['0 types-wider', '0 block-too-small'],
	  'where the guest\'s PAT may be honoured it is');
is_deeply([@{$answer->{refusals}[0]}{qw(field there want)}], [qw(self-snoop yes no)],
	  'a fact that would have to be missing');
$answer = admits("$files/x86.json", 'none', @npt);
is_deeply(refusals($answer), ['0 types-wider', '0 block-too-small', '1 wc-not-forbiddable'], 'NPT');
is_deeply([@{$answer->{refusals}[2]}{qw(field there want)}], [qw(engine npt ept)], 'what would do');
$answer = admits("$files/x86.json", "$files/x86-machine.json");
is_deeply(refusals($answer), ['3 no-safe-type-beside-dma'], 'a file of facts');
is_deeply($answer->{assumed}, {}, 'facts that are stated are not assumed');
$answer = admits("$files/x86.json", captured('trixie-x86'));
is_deeply(refusals($answer), ['0 types-wider', '0 block-too-small', '1 wc-not-forbiddable'],
	  'a captured host with NPT');
is_deeply([@{$answer->{machine}}{qw(engine self_snoop ipa_bits)}], ['npt', JSON::PP::true, 40], 'is read');
for my $way (["$files/x86.json", 'max'], ["$files/gpu.json", 'none', @ept],
	     ["$files/gpu.json", captured('trixie-x86')]) {
	$answer = admits(@$way, @$way == 2 && $way->[1] eq 'max' ? qw(--arch arm64) : ());
	is_deeply(refusals($answer), ['space facts-inadmissible'], 'a guest of the other architecture');
	is($answer->{refusals}[0]{field}, 'arch', 'and that is all to be said');
}
for my $bad (
	[[qw(--cpu self-snoop)], qr/it is an x86 guest's: say --arch x86-ept or x86-npt/],
	[[qw(--cpu fwb), @ept], qr/--cpu fwb is about arm64: x86 has self-snoop/],
	[['--cpu', "$files/machine.json", @ept], qr/--arch goes with a list/],
	[[qw(--arch x86-ept)], qr/--arch says what a --cpu list is of/],
) {
	my ($code, undef, $err) = mezzo('compat', "$files/x86.json", @{$bad->[0]});
	is($code, 2, "refused: @{$bad->[0]}");
	like($err, $bad->[1], 'and why');
}
{
	my ($code, undef, $err) = mezzo('compat', "$files/gpu.json", qw(--cpu self-snoop));
	is($code, 2, 'refused: a feature of x86 for an arm64 guest');
	like($err, qr/--cpu self-snoop is about x86: say --arch, too/, 'and why');
}

# Text.
my ($status, $out) = mezzo('compat', "$files/gpu.json", '--cpu', 'neoverse-n1');
is($status, 1, 'text: exit status');
like($out, qr/^  slot 1 +cached-needs-maintenance /m, 'text: slot and rule');
like($out, qr/^ +fwb is no; yes would do$/m, 'text: what would do');
like($out, qr/^  assumed +ipa_bits: /m, 'text: what was assumed');
($status, $out) = mezzo('compat', "$files/gpu.json", '--cpu', 'neoverse-v1');
like($out, qr/^  All 2 slots would be accepted there\.$/m, 'text: yes');

# What is wrong with a file is named.
my $good = '"format": "mezzo-requirements", "ipa_bits": 40';
my $slot = '"id": 0, "ipa": 0, "pages": 16';
for my $bad (
	["{$good}", qr/slots is not a list/],
	["{$good, \"slots\": [{$slot}]}", qr/slots\[0\]\.contract is missing, or aliases and allow/],
	["{$good, \"slots\": [{$slot, \"contract\": \"cachd\"}]}",
	 qr/slots\[0\]\.contract is none of device, combining, cached, exclusive/],
	["{$good, \"slots\": [{$slot, \"contract\": \"cached\", \"alow\": []}]}",
	 qr/slots\[0\]\.alow is no key that is known here/],
	["{$good, \"slots\": [{\"id\": 0, \"ipa\": \"0x\", \"pages\": 1, \"contract\": \"cached\"}]}",
	 qr/slots\[0\]\.ipa is not a number/],
	["{$good, \"slots\": [{$slot, \"contract\": \"cached\", \"block_bytes\": 12288}]}",
	 qr/block_bytes is no power of two/],
	["{$good, \"slots\": [{$slot, \"contract\": \"cached\"}, {$slot, \"contract\": \"cached\"}]}",
	 qr/slots has two of id 0/],
	["{$good, \"slots\": [{$slot, \"contract\": \"cached\"}, "
	 . '{"id": 1, "ipa": "0xf000", "pages": 1, "contract": "cached"}]}', qr/0 and 1 overlap/],
	['{"format": "mezzo-requirements", "ipa_bits": 20, "slots": []}', qr/ipa_bits is less than 32/],
	['{"command": "audit"}', qr/"format" is not "mezzo-requirements"/],
	['{', qr/line 1: /],
	['[]', qr/"format" is not/],
) {
	my ($text, $why) = @$bad;
	edit_file("$directory", 'bad.json', $text);
	my ($code, undef, $err) = mezzo('compat', "$directory/bad.json", '--cpu', 'max');
	is($code, 2, "refused: $text");
	like($err, $why, 'and why');
}
for my $bad (
	['{"format": "mezzo-machine", "fwb": true, "ipa_bits": 40}', qr/fwb implies idc/],
	['{"format": "mezzo-machine", "idc": true}', qr/ipa_bits is missing/],
	['{"format": "mezzo-machine", "ipa_bits": 40, "page_bytes": 8192}', qr/page_bytes is none of/],
	['{"format": "mezzo-machine", "ipa_bits": 40, "block_bytes": [5]}', qr/block_bytes is no power/],
	['{"format": "mezzo-machine", "ipa_bits": 40, "engine": "vt"}', qr/engine is none of ept, npt/],
	['{"format": "mezzo-machine", "ipa_bits": 40, "engine": "ept", "fwb": true}', qr/fwb is no key/],
) {
	my ($text, $why) = @$bad;
	edit_file("$directory", 'bad.json', $text);
	my ($code, undef, $err) = mezzo('compat', "$files/gpu.json", '--cpu', "$directory/bad.json");
	is($code, 2, "refused: $text");
	like($err, $why, 'and why');
}
my ($code, undef, $err) = mezzo('compat', "$files/gpu.json", '--cpu', 'neoverse-n3');
is($code, 2, 'an unknown feature');
like($err, qr/did you mean 'neoverse-n/, 'and the nearest');
($code) = mezzo('compat', "$files/gpu.json", "$files/gpu.json", '--cpu', 'max');
is($code, 2, 'two files');

done_testing();
