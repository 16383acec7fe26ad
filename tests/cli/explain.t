#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What `mezzo explain` answers to well-known questions, and that every option is heard.
use strict;
use warnings;
use lib 'tests/cli';
use List::Util 'max';
use Mezzo;
use Test::More;

sub reason_of { return $_[0]{reason}{name} }

# --- memory, machine by machine ------------------------------------------------------------

my ($status, $a) = answer('--cpu cortex-a72 --contract cached --maintenance none');
is($status, 1, 'a refusal exits 1');
is($a->{slot}{status}, 'refused', 'cached device memory without FWB: refused at the slot');
is(reason_of($a->{slot}), 'cached-needs-maintenance', 'and why');
is($a->{fault}{status}, 'refused', 'so nothing faults');
is(reason_of($a->{fault}), 'cached-needs-maintenance', 'for the same reason');
is($a->{fault}{type}, undef, 'a refusal has no type');
is_deeply($a->{combined}, {}, 'nor does a guest see anything');
is_deeply($a->{nearest}, [{field => 'maintenance', from => 'none', to => 'window',
			   option => '--maintenance window'}], 'and what would be accepted');

($status, $a) = answer('--cpu fwb --contract cached --maintenance none');
is($status, 0, 'with FWB it is accepted');
is($a->{facts}{cpu}{idc}, JSON::PP::true, 'fwb implies idc');
is($a->{slot}{status}, 'ok', 'slot ok');
is($a->{fault}{status}, 'ok', 'fault ok');
is($a->{fault}{type}, 'normal-wb', 'write-back');
is_deeply($a->{fault}{effective}, ['normal-wb'], 'and nothing else');
is($a->{combined}{'device-nGnRnE'}, 'normal-wb', 'whatever stage 1 asks for');
is_deeply($a->{fault}{before}, [], 'nothing to do before');
is_deeply($a->{nearest}, [], 'nothing to change');

($status, $a) = answer('--cpu none --contract cached --maintenance direct');
is($status, 0, 'RAM in the linear map without FWB is accepted');
is_deeply($a->{fault}{before}, ['zero', 'clean-invalidate'], 'zeroed, then cleaned');
is_deeply($a->{fault}{after}, ['clean-invalidate'], 'and cleaned when taken back');
is_deeply($a->{fault}{effective}, [qw(device normal-nc normal-wb)], 'the guest can weaken it');
is($a->{combined}{'normal-nc'}, 'normal-nc', 'and then has what it asked for');
is($a->{fault}{block}, '2M', 'work per fault is bounded');

($status, $a) = answer('--cpu max --contract device');
is($a->{fault}{type}, 'device-nGnRE', 'device: type');
is($a->{combined}{'normal-wb'}, 'device-nGnRE', 'device: the guest cannot weaken it');
is($a->{combined}{'device-nGnRnE'}, 'device-nGnRnE', 'device: it can strengthen it');
is($a->{fault}{exec}, JSON::PP::false, 'device: not executable');

($status, $a) = answer('--cpu max --contract combining');
is($a->{fault}{type}, 'normal-nc', 'combining: type');
is_deeply($a->{fault}{effective}, [qw(device normal-nc)], 'combining: the guest chooses');
is($a->{combined}{'device-GRE'}, 'device-GRE', 'combining: Device stays what it was');
is($a->{combined}{'normal-wb'}, 'normal-nc', 'combining: never cached');

($status, $a) = answer('--cpu max --contract combining --access exec');
is($status, 0, 'an abort is an answer, not a refusal');
is($a->{fault}{status}, 'abort', 'a fetch from a BAR: abort');
is(reason_of($a->{fault}), 'fetch-not-cacheable', 'and why');
is($a->{slot}{status}, 'ok', 'the slot is accepted all the same');

($status, $a) = answer('--cpu neoverse-n1 --contract exclusive --access write');
is($a->{fault}{type}, 'guest-choice', 'exclusive: as bare metal');
is($a->{combined}{$_}, $_, "exclusive: $_ stays") for keys %{$a->{combined}};
is(scalar keys %{$a->{combined}}, 7, 'every stage-1 type is answered');
is($a->{fault}{write}, JSON::PP::true, 'writable');

($status, $a) = answer('--contract exclusive --maintenance none');
is(reason_of($a->{slot}), 'exclusive-needs-window', 'exclusive memory needs a window');
($status, $a) = answer('--contract exclusive --maintenance direct');
is(reason_of($a->{slot}), 'direct-not-cached', 'a direct mapping is an alias');

# --- every option is heard -------------------------------------------------------------------

my %heard = (
	'--contract device --maintenance window --content unowned' =>
		sub { is_deeply($_[0]{fault}{before}, ['zero-uncached'], $_[1]) },
	'--contract device --maintenance window --lines maybe --content unowned' =>
		sub { is_deeply($_[0]{fault}{before}, [qw(clean-invalidate zero-uncached)], $_[1]) },
	'--contract device --lines maybe' =>
		sub { is(reason_of($_[0]{slot}), 'lines-no-maintenance', $_[1]) },
	'--contract device --content unowned' =>
		sub { is(reason_of($_[0]{slot}), 'unowned-no-maintenance', $_[1]) },
	'--cpu max,mte --contract cached --maintenance none --guest mte --tags --tag-content unowned' =>
		sub { is(reason_of($_[0]{slot}), 'tags-unowned-no-maintenance', $_[1]) },
	'--cpu max,mte --contract cached --guest mte --tags --content initialised --tag-content unowned' =>
		sub { is_deeply($_[0]{fault}{before}, ['zero-tags'], $_[1]) },
	'--cpu max,mte --contract cached --guest mte' =>
		sub { is(reason_of($_[0]{slot}), 'mte-no-tag-storage', $_[1]) },
	'--cpu max,mte_perm --contract cached --guest mte' =>
		sub { ok($_[0]{fault}{no_tag_access}, $_[1]) },
	'--cpu max --contract cached --dma unsnooped' =>
		sub { is(reason_of($_[0]{slot}), 'forced-beside-unsnooped-dma', $_[1]) },
	'--cpu max --contract cached --dma snooped' =>
		sub { is($_[0]{slot}{status}, 'ok', $_[1]) },
	'--cpu max --contract cached --dma snooped --guest dirty-log' =>
		sub { is(reason_of($_[0]{slot}), 'dirty-log-beside-dma', $_[1]) },
	'--cpu max --contract cached --guest dirty-log' =>
		sub { ok(!$_[0]{fault}{write} && $_[0]{fault}{block} eq '4K', $_[1]) },
	'--cpu max --contract cached --guest dirty-log --access write' =>
		sub { is($_[0]{fault}{before}[-1], 'log-dirty', $_[1]) },
	'--contract cached --read-only --access write' =>
		sub { is(reason_of($_[0]{fault}), 'write-read-only-slot', $_[1]) },
	'--contract cached --read-only=slot --access read' =>
		sub { ok(!$_[0]{fault}{write}, $_[1]) },
	'--contract cached --read-only=object --access write' =>
		sub { is(reason_of($_[0]{fault}), 'write-read-only-object', $_[1]) },
	'--contract cached --block 4K' => sub { is($_[0]{fault}{block}, '4K', $_[1]) },
	'--contract cached --block 2M --content initialised' =>
		sub { is($_[0]{fault}{block}, '2M', $_[1]) },
	'--cpu max --contract cached --content initialised' =>
		sub { is($_[0]{fault}{block}, '1G', $_[1]) },
	'--contract device --mmio' => sub { is($_[0]{slot}{status}, 'ok', $_[1]) },
	'--contract cached --mmio' =>
		sub { is(reason_of($_[0]{slot}), 'mmio-write-back', $_[1]) },
	'--contract cached --private' =>
		sub { is(reason_of($_[0]{slot}), 'private-with-alias', $_[1]) },
	'--contract exclusive --private' => sub { is($_[0]{slot}{status}, 'ok', $_[1]) },
	'--aliases cached --allow all' =>
		sub { is(reason_of($_[0]{slot}), 'alias-cached-guest-not', $_[1]) },
	'--aliases uncached --allow device,nc,wb' =>
		sub { is(reason_of($_[0]{slot}), 'alias-uncached-guest-cached', $_[1]) },
	'--aliases none --allow wb --cpu cortex-a72' =>
		sub { is(reason_of($_[0]{slot}), 'allow-not-enforceable', $_[1]) },
	'--aliases none --allow normal-wb --cpu max' =>
		sub { is(reason_of($_[0]{slot}), 'exclusive-forced', $_[1]) },
	'--cpu fwb,no-idc' => sub { is(reason_of($_[0]{slot}), 'facts-inadmissible', $_[1]) },
	'--contract cached --access walk' => sub { is($_[0]{fault}{status}, 'ok', $_[1]) },
	'--contract device --access walk' =>
		sub { is(reason_of($_[0]{fault}), 'walk-not-cacheable', $_[1]) },
	'--contract cached --read-only --access walk-write' =>
		sub { is(reason_of($_[0]{fault}), 'walk-read-only', $_[1]) },
	'--contract cached --access exclusive' =>
		sub { is(reason_of($_[0]{fault}), 'exclusive-unsupported', $_[1]) },
	'--contract cached --access unaligned' =>
		sub { is(reason_of($_[0]{fault}), 'unaligned-device', $_[1]) },
	'--contract cached --read-only --access cache-op --permission-fault' =>
		sub { ok(reason_of($_[0]{fault}) eq 'cache-op-read-only' &&
			 $_[0]{fault}{status} eq 'ok' && $_[0]{fault}{outcome} eq 'skip', $_[1]) },
	'--cpu none --contract cached --access write --permission-fault' =>
		sub { is_deeply($_[0]{fault}{before}, [], $_[1]) },
	'--no-slot --access exec' =>
		sub { ok(!defined $_[0]{slot} && reason_of($_[0]{fault}) eq 'fetch-no-slot', $_[1]) },
	'--no-slot' => sub { is($_[0]{fault}{status}, 'exit', $_[1]) },
	'--arch arm64 --allow nc,device' => sub { is($_[0]{facts}{contract}, 'combining', $_[1]) },
	'--aliases device' => sub { is($_[0]{facts}{contract}, 'device', $_[1]) },
	'--aliases none --allow device' => sub { is($_[0]{facts}{contract}, undef, $_[1]) },
	'--cpu fwb,no-fwb' =>
		sub { ok(!$_[0]{facts}{cpu}{fwb} && !$_[0]{facts}{cpu}{idc}, $_[1]) },
	'--contract device --lines maybe --access exec' =>
		sub { is(scalar @{$_[0]{nearest}}, 1, "$_[1]: what would make the slot accepted") },
	'--contract device --access exec' =>
		sub { ok(!defined $_[0]{fault}{block} && $_[0]{fault}{type} eq 'device-nGnRE',
			 $_[1]) },
	'--cpu neoverse-n2,no-dic' => sub { ok(!$_[0]{facts}{cpu}{dic}, $_[1]) },
	'--cpu=cortex-a710 --contract=cached' =>
		sub { ok($_[0]{facts}{cpu}{fwb} && !$_[0]{facts}{cpu}{dic}, $_[1]) },
	'--lines clean --lines maybe' => sub { is($_[0]{facts}{lines}, 'maybe', "$_[1]: the last") },
);
for my $question (sort keys %heard) {
	(undef, $a) = answer($question);
	$heard{$question}->($a, $question);
}

# --- what is assumed ---------------------------------------------------------------------------

(undef, $a) = answer('');
is_deeply([sort keys %{$a->{assumed}}],
	  [qw(access block content contract cpu dma guest lines maintenance)],
	  'an empty question assumes everything, and says so');
(undef, $a) = answer('--cpu none --contract cached --maintenance window --lines maybe ' .
		     '--content unowned --dma none --block 1G --guest mte --access read');
is_deeply($a->{assumed}, {}, 'a full one nothing');
for my $case (['device', 'none', 'clean', 'initialised'], ['combining', 'none', 'clean', 'initialised'],
	      ['cached', 'direct', 'maybe', 'unowned'], ['exclusive', 'window', 'maybe', 'unowned']) {
	my ($contract, @defaults) = @$case;
	(undef, $a) = answer("--contract $contract");
	is_deeply([@{$a->{facts}}{qw(maintenance lines content)}], \@defaults,
		  "$contract: the defaults that help states");
}
(undef, $a) = answer('--contract cached --maintenance none');
is($a->{facts}{content}, 'initialised', 'maintenance none: initialised unless said otherwise');

# --- text: the same answer -------------------------------------------------------------------

my ($out, $err);
($status, $out, $err) = asked('--cpu cortex-a72 --contract cached --maintenance none');
is($status, 1, 'text: exit status');
is($err, '', 'text: nothing on standard error');
like($out, qr/^  slot +refused$/m, 'text: refused');
like($out, qr/^  --maintenance window /m, 'text: what would be accepted');
like($out, qr/^More: mezzo reason cached-needs-maintenance$/m, 'text: where to read on');
like($out, qr/assumed: somebody/, 'text: assumptions');
unlike($out, qr/\e\[/, 'text: no colour in a pipe');
unlike($out, qr/[ \t]$/m, 'text: no space at the end of a line');
cmp_ok(length, '<=', 80, 'text: width') for split /\n/, $out;
{
	local $ENV{COLUMNS} = 60;
	($status, $out) = asked('--cpu cortex-a72 --contract exclusive');
	my $longest = max map { length } split /\n/, $out;
	cmp_ok($longest, '<=', 60, 'text: as narrow as the terminal');
	like($out, qr/^  before 1 +zero:/m, 'text: actions in order');
	like($out, qr/^  before 2 +clean-invalidate:/m, 'text: the second');
	like($out, qr/^  Normal-NC +Normal-NC$/m, 'text: combined types');
}

done_testing();
