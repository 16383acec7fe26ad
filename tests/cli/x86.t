#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What `mezzo explain` answers about x86, that every option is heard, and what it does not take.
use strict;
use warnings;
use lib 'tests/cli';
use Mezzo;
use Test::More;

sub reason_of { return $_[0]{reason}{name} }
sub types_of { return join ' ', map { $_->{type} } @{$_[0]{types}} }
sub verdicts_of { return join ' ', map { $_->{alias} ? $_->{alias}{verdict} : 'alone' } @{$_[0]{types}} }

# --- the rule, in the order uc uc- wc wp wt wb of the guest's PAT ----------------------------

my %rule = (
	'--arch x86-ept --contract device' => ['uc-only', 'uc uc uc uc uc uc', 'uc-pat-ignored'],
	'--arch x86-ept --contract combining' => ['uc', 'uc uc wc uc uc uc', 'uc-pat-honoured'],
	'--arch x86-ept --cpu none --contract cached' =>
		['wb-only', 'wb wb wb wb wb wb', 'cached-pat-ignored'],
	'--arch x86-ept --contract cached' => ['wb', 'uc uc wc wp wt wb', 'cached-pat-honoured'],
	'--arch x86-ept --contract exclusive' =>
		['wb', 'uc uc wc wp wt wb', 'exclusive-guest-choice'],
	'--arch x86-ept --aliases none --allow wb' =>
		['wb-only', 'wb wb wb wb wb wb', 'exclusive-pat-ignored'],
	'--arch x86-npt --contract combining' => ['uc', 'uc uc wc uc uc uc', 'uc-pat-honoured'],
	'--arch x86-npt --contract cached' => ['wb', 'cd cd wc+ wp wt wb', 'cached-pat-honoured'],
	'--arch x86-npt --contract exclusive' =>
		['wb', 'cd cd wc+ wp wt wb', 'exclusive-guest-choice'],
	'--arch x86-npt --contract exclusive --host-mtrr uc' =>
		['wb', 'uc uc wc uc uc uc', 'exclusive-guest-choice'],
	'--arch x86-npt --contract exclusive --cr0-cd' =>
		['wb', 'cd cd wc+ cd cd cd', 'exclusive-guest-choice'],
	'--arch x86-ept --contract exclusive --cr0-cd' =>
		['wb', 'uc uc wc wp wt wb', 'exclusive-guest-choice'],
	'--arch x86-ept --contract exclusive --cr0-cd --guest honour-mtrr' =>
		['uc', 'uc uc wc uc uc uc', 'type-by-guest-mtrr'],
	'--arch x86-ept --contract exclusive --mtrr wt' =>
		['wb', 'uc uc wc wp wt wb', 'exclusive-guest-choice'],
	'--arch x86-ept --contract exclusive --mtrr wt --guest honour-mtrr' =>
		['wt', 'uc uc wc wp wt wt', 'type-by-guest-mtrr'],
	'--arch x86-ept --contract combining --mtrr wc --guest honour-mtrr' =>
		['wc', 'uc wc wc uc uc wc', 'type-by-guest-mtrr'],
	'--arch x86-ept --contract cached --mtrr uc --guest honour-mtrr' =>
		['wb', 'uc uc wc wp wt wb', 'cached-pat-honoured'],
	'--arch x86-ept --contract device --mtrr wb --guest honour-mtrr' =>
		['uc-only', 'uc uc uc uc uc uc', 'uc-pat-ignored'],
);
for my $question (sort keys %rule) {
	my ($type, $types, $reason) = @{$rule{$question}};
	my ($status, $a) = answer($question);
	is($status, 0, "$question: accepted");
	is($a->{fault}{type}, $type, "$question: entry");
	is(types_of($a), $types, "$question: effective");
	is(reason_of($a->{fault}), $reason, "$question: reason");
	is(join(' ', map { $a->{combined}{$_} } qw(uc uc- wc wp wt wb)), $types, "$question: combined");
	unlike(verdicts_of($a), qr/forbidden/, "$question: no forbidden alias");
}

my %refused = (
	'--arch x86-npt --contract device' => 'wc-not-forbiddable',
	'--arch x86-npt --aliases none --allow wb' => 'allow-not-enforceable',
	'--arch x86-ept --cpu none --contract cached --guest noncoherent-dma' =>
		'no-safe-type-beside-dma',
	'--arch x86-ept --aliases none --allow wb --dma unsnooped' => 'forced-beside-unsnooped-dma',
	'--arch x86-ept --contract cached --maintenance none --dma unsnooped' =>
		'dma-needs-maintenance',
	'--arch x86-ept --contract cached --dma snooped --guest dirty-log' => 'dirty-log-beside-dma',
	'--arch x86-ept --contract cached --mmio' => 'mmio-write-back',
	'--arch x86-ept --aliases uncached --allow wc' => 'allow-not-enforceable',
	'--arch x86-ept --cpu none --aliases cached --allow all' => 'alias-cached-guest-not',
);
for my $question (sort keys %refused) {
	my ($status, $a) = answer($question);
	is($status, 1, "$question: refused");
	is(reason_of($a->{slot}), $refused{$question}, "$question: reason");
	is_deeply($a->{types}, [], "$question: no types");
	cmp_ok(scalar @{$a->{nearest}}, '>', 0, "$question: and what would be accepted");
}

# --- flushes beside devices that do not snoop, and nowhere else --------------------------------

my (undef, $a) = answer('--arch x86-ept --contract cached --guest noncoherent-dma');
is($a->{facts}{dma}, 'unsnooped', 'noncoherent-dma is the object\'s');
is_deeply($a->{fault}{before}, [qw(zero clean-invalidate)], 'flushed before');
is_deeply($a->{fault}{after}, ['clean-invalidate'], 'and after');
(undef, $a) = answer('--arch x86-ept --contract cached --dma snooped');
is_deeply($a->{fault}{before}, ['zero'], 'a device that snoops: zeroed alone');
is_deeply($a->{fault}{after}, [], 'and nothing after');
(undef, $a) = answer('--arch x86-ept --contract exclusive --guest noncoherent-dma --dma none');
is($a->{facts}{dma}, 'none', '--dma wins');

# --- accesses ----------------------------------------------------------------------------------

(undef, $a) = answer('--arch x86-ept --contract device --access exec');
ok($a->{fault}{exec}, 'a fetch from a BAR is granted');
(undef, $a) = answer('--arch x86-ept --contract device');
ok(!$a->{fault}{exec}, 'and not before it is asked for');
(undef, $a) = answer('--arch x86-ept --contract cached --read-only --access walk-write');
is(reason_of($a->{fault}), 'write-read-only-slot', 'a walk that writes flash is the embedder\'s');
(undef, $a) = answer('--arch x86-npt --no-slot --access exec');
is(reason_of($a->{fault}), 'device-access', 'so is a fetch where nothing is');

# --- sources -------------------------------------------------------------------------------------

(undef, $a) = answer('--arch x86-npt --contract cached');
is($_->{source}{standing}, 'one text', "$_->{pat}: AMD's table was read in one text")
	for @{$a->{types}};
(undef, $a) = answer('--arch x86-ept --contract exclusive --mtrr wc --guest honour-mtrr');
is(join(' ', map { $_->{pat} } grep { $_->{formerly_undefined} } @{$a->{types}}), 'wp wt',
   'cells that were undefined are marked');
is($a->{types}[0]{source}{standing}, 'agreed', 'Intel\'s table is agreed upon');

# --- KVM, by year ---------------------------------------------------------------------------------

my @histories = (
	# policy, question, entry, PAT ignored, effective, verdicts
	['kvm-2008-wb', '--contract device', 'wb', 1, 'wb wb wb wb wb wb', ('forbidden') x 6],
	['kvm-2008-mtrr', '--contract device --mtrr uc', 'uc', 1, 'uc uc uc uc uc uc', ('legal') x 6],
	['kvm-2008-mtrr', '--contract cached --mtrr wc', 'wc', 1, 'wc wc wc wc wc wc',
	 ('tolerated') x 6],
	['kvm-2009-mtrr', '--contract device', 'uc', 0, 'uc uc wc uc uc uc', ('legal') x 6],
	['kvm-2009-mtrr', '--contract cached --mtrr uc', 'wb', 1, 'wb wb wb wb wb wb', ('legal') x 6],
	['kvm-2009-mtrr', '--contract cached --mtrr uc --dma unsnooped', 'uc', 0,
	 'uc uc wc uc uc uc', qw(forbidden forbidden tolerated forbidden forbidden forbidden)],
	['kvm-2009-mtrr', '--contract cached --mtrr uc --dma unsnooped --cr0-cd', 'wb', 1,
	 'wb wb wb wb wb wb', ('legal') x 6],
	['kvm-2015-mtrr', '--contract device --mtrr wb', 'wb', 0, 'uc uc wc wp wt wb',
	 qw(legal legal legal forbidden forbidden forbidden)],
	['kvm-2024-pat', '--contract cached', 'wb', 0, 'uc uc wc wp wt wb',
	 qw(legal legal tolerated tolerated tolerated legal)],
	['kvm-2024-pat', '--contract cached --cpu none', 'wb', 1, 'wb wb wb wb wb wb', ('legal') x 6],
	['kvm-2025-quirk', '--contract cached', 'wb', 1, 'wb wb wb wb wb wb', ('legal') x 6],
	['kvm-2025-quirk', '--contract cached --dma unsnooped', 'wb', 0, 'uc uc wc wp wt wb',
	 qw(legal legal tolerated tolerated tolerated legal)],
	['kvm-2025-quirk', '--contract cached --dma unsnooped --cpu none', 'wb', 0,
	 'uc uc wc wp wt wb', qw(tolerated tolerated forbidden tolerated tolerated legal)],
	['kvm-npt', '--contract device', 'wb', 0, 'uc uc wc uc uc uc', ('legal') x 6],
	['kvm-npt', '--contract cached', 'wb', 0, 'cd cd wc+ wp wt wb',
	 qw(legal legal legal tolerated tolerated legal)],
);
for my $row (@histories) {
	my ($policy, $question, $type, $ignored, $types, @verdicts) = @$row;
	my $arch = $policy eq 'kvm-npt' ? 'x86-npt' : 'x86-ept';
	(undef, $a) = answer("--arch $arch $question --policy $policy");
	my $history = $a->{history};
	is($history->{name}, $policy, "$policy $question");
	is($history->{type}, $type, "$policy $question: entry");
	is(!!$history->{ignore_pat}, !!$ignored, "$policy $question: PAT");
	is(types_of($history), $types, "$policy $question: effective");
	is(verdicts_of($history), "@verdicts", "$policy $question: aliases");
}
(undef, $a) = answer('--arch x86-ept');
ok(!exists $a->{history}, 'no policy, no history');

# --- what belongs to the other architecture ------------------------------------------------------

my %wrong = (
	'--pat wc' => qr/--pat is about x86/,
	'--mtrr wc' => qr/--mtrr is about x86/,
	'--arch arm64 --host-mtrr wc' => qr/--host-mtrr is about x86/,
	'--cr0-cd' => qr/--cr0-cd is about x86/,
	'--cpu self-snoop' => qr/--cpu self-snoop is about x86/,
	'--guest noncoherent-dma' => qr/say --dma unsnooped/,
	'--policy kvm-npt' => qr/say --arch x86-ept or x86-npt/,
	'--arch x86-ept --tags' => qr/--tags is about arm64/,
	'--arch x86-ept --tag-content unowned' => qr/--tag-content is about arm64/,
	'--arch x86-ept --cpu self-snoop,fwb' => qr/--cpu fwb is about arm64/,
	'--arch x86-ept --cpu max' => qr/--cpu max is about arm64/,
	'--arch x86-ept --guest mte' => qr/--guest mte is about arm64/,
	'--arch x86-npt --access unaligned' => qr/no x86 processor reports --access unaligned/,
	'--arch x86-ept --host-mtrr wb' => qr/no part in EPT/,
	'--arch x86-ept --policy linux-6.17' => qr/that policy is arm64's/,
	'--arch x86-ept --policy kvm-npt' => qr/goes with --arch x86-npt/,
	'--arch x86-npt --policy kvm-2008-wb' => qr/goes with --arch x86-ept/,
	'--arch x86-ept --policy kvm-2024-pat --vma ordinary' => qr/--vma is about arm64/,
);
for my $question (sort keys %wrong) {
	my ($status, $out, $err) = asked($question);
	is($status, 2, "$question: usage");
	is($out, '', "$question: no answer");
	like($err, $wrong{$question}, "$question: and why");
}

# --- text ------------------------------------------------------------------------------------------

my ($status, $out, $err) = asked('--arch x86-npt --contract cached --pat wc --policy kvm-npt');
is($status, 0, 'text: exit status');
is($err, '', 'text: nothing on standard error');
like($out, qr/^  WC < +WC\+ +yes +legal +APM 15-19, 15-20$/m, 'text: the type that was asked about');
like($out, qr/^  host mtrr +WB +assumed: RAM$/m, 'text: host MTRR');
like($out, qr/^KVM of Linux .*: kvm-npt$/m, 'text: KVM beside it');
unlike($out, qr/[ \t]$/m, 'text: no space at the end of a line');
cmp_ok(length, '<=', 80, 'text: width') for split /\n/, $out;
(undef, $out) = asked('--arch x86-ept --contract exclusive');
like($out, qr/^  WC +WC +no +alone +SDM/m, 'text: nobody else is there');

# --- entry bits, worked out by hand from the manuals' tables --------------------------------------

my %entry = (
	'--arch x86-ept --contract device' => ['0x80000000000003c3', '1G'],
	'--arch x86-ept --contract device --block 4K' => ['0x8000000000000343', '4K'],
	'--arch x86-ept --contract combining --block 2M' => ['0x8000000000000383', '2M'],
	'--arch x86-ept --cpu none --contract cached' => ['0x80400000000007f7', '2M'],
	'--arch x86-ept --contract cached --read-only' => ['0x80400000000005b5', '2M'],
	'--arch x86-npt --contract cached --block 4K' => ['0x67', '4K'],
	'--arch x86-npt --contract combining --block 4K' => ['0x800000000000007f', '4K'],
	'--arch x86-npt --contract combining' => ['0x80400000000000ff', '1G'],
);
for my $words (sort keys %entry) {
	my ($bits, $leaf) = @{$entry{$words}};
	my $entry = (answer($words))[1]{entry};

	is($entry->{bits}, $bits, "$words: entry");
	is($entry->{leaf}, $leaf, 'of that size');
	my (undef, $text) = mezzo('explain', split ' ', $words);
	like($text, qr/^  bits +$bits, a leaf of $leaf/m, 'and as text');
}
is((answer('--arch x86-npt --contract device'))[1]{entry}, undef, 'none where refused');

done_testing();
