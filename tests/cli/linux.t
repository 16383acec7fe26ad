#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The arguments of the memory-type threads, each as one question: what Mezzo does, what Linux does.
use strict;
use warnings;
use lib 'tests/cli';
use Mezzo;
use Test::More;

sub risks { return [map { $_->{name} } @{$_[0]{linux}{risks}}] }

# One scenario: title, facts, Mezzo's slot, then per Linux: slot errno, fault errno, type, risks.
my @scenarios = (
	['a: cached device memory, no FWB, outside the linear map',
	 '--cpu cortex-a72 --contract cached --vma pfnmap,io,cached --backing none',
	 'cached-needs-maintenance',
	 '6.8' => [undef, undef, 'device-nGnRE', ['linux-stale-lines']],
	 '6.9' => [undef, undef, 'device-nGnRE', ['linux-stale-lines']],
	 '6.17' => ['EINVAL', 'EFAULT', undef, []]],
	['b: the same, with a struct page but no linear mapping',
	 '--cpu cortex-a72 --contract cached --vma ordinary,cached --backing page',
	 'cached-needs-maintenance',
	 '6.8' => [undef, undef, 'device-nGnRE', ['linux-stale-lines']],
	 '6.17' => [undef, undef, 'normal-wb', ['linux-no-kernel-mapping']]],
	['c: cached, FWB without DIC, fetch',
	 '--cpu cortex-a710 --contract cached --vma pfnmap,cached --backing none --access exec',
	 undef,
	 '6.8' => [undef, undef, undef, ['linux-stale-lines']],
	 '6.17' => ['EINVAL', 'EFAULT', undef, []]],
	['d: a guest with MTE, memory without tag storage',
	 '--cpu max,mte --guest mte --contract cached --vma ordinary,cached --backing linear',
	 'mte-no-tag-storage',
	 '6.8' => ['EINVAL', 'EFAULT', undef, []],
	 '6.17' => ['EINVAL', 'EFAULT', undef, []]],
	['e: live migration from a host with FWB and DIC: the source',
	 '--cpu neoverse-n2 --contract cached --maintenance none --vma pfnmap,cached --backing none',
	 undef,
	 '6.17' => [undef, undef, 'normal-wb', []]],
	["e: to a host without: the destination refuses at the slot",
	 '--cpu neoverse-n1 --contract cached --maintenance none --vma pfnmap,cached --backing none',
	 'cached-needs-maintenance',
	 '6.17' => ['EINVAL', 'EFAULT', undef, []]],
	["e': the same as VM_MIXEDMAP: accepted, and dead at the first fault",
	 '--cpu neoverse-n1 --contract cached --maintenance none --vma mixedmap,cached --backing none',
	 'cached-needs-maintenance',
	 '6.17' => [undef, 'EFAULT', undef, ['linux-late-refusal']]],
	['write combining for a prefetchable BAR',
	 '--cpu max --contract combining', undef,
	 '6.8' => [undef, undef, 'device-nGnRE', []],
	 '6.9' => [undef, undef, 'normal-nc', []],
	 '6.17' => [undef, undef, 'normal-nc', []]],
	['the same, as smaps shows it',
	 '--cpu max --contract combining --vma pfnmap,io,device,any-uncached', undef,
	 '6.17' => [undef, undef, 'normal-nc', []]],
	['a BAR of vfio-platform, or by sysfs resource2_wc',
	 '--cpu max --contract device --vma pfnmap,io,wc', undef,
	 '6.17' => [undef, undef, 'device-nGnRE', []]],
	['a BAR for a guest with MTE',
	 '--cpu max,mte --guest mte --contract combining', undef,
	 '6.17' => ['EINVAL', undef, 'normal-nc', ['linux-needless-refusal']]],
	['RAM that the host maps write-combining (a DRM buffer)',
	 '--cpu max --contract combining --vma pfnmap,wc --backing linear', undef,
	 '6.17' => [undef, undef, 'normal-wb', ['linux-alias-mismatch']]],
	['dirty logging of a BAR',
	 '--cpu max --contract combining --guest dirty-log', undef,
	 '6.17' => ['EINVAL', undef, 'normal-nc', []]],
	['plain RAM', '--cpu max --contract cached', undef,
	 '6.8' => [undef, undef, 'normal-wb', []],
	 '6.17' => [undef, undef, 'normal-wb', []]],
);

for my $scenario (@scenarios) {
	my ($title, $facts, $refused, %versions) = @$scenario;
	for my $version (sort keys %versions) {
		my ($slot, $fault, $type, $risks) = @{$versions{$version}};
		my ($status, $a) = answer("--policy linux-$version $facts");
		my $linux = $a->{linux};
		subtest "$title: Linux $version" => sub {
			is($status, defined $refused ? 1 : 0, 'exit status is Mezzo\'s own');
			is($a->{slot}{reason}{name}, $refused, 'Mezzo refuses') if defined $refused;
			is($a->{slot}{status}, defined $refused ? 'refused' : 'ok', 'Mezzo');
			is($linux->{slot}{errno}, $slot, 'slot');
			is($linux->{reached}, defined $slot ? JSON::PP::false : JSON::PP::true,
			   'reached');
			is($linux->{fault}{errno}, $fault, 'fault');
			is($linux->{fault}{type}, $type, 'type');
			is_deeply(risks($a), $risks, 'risks');
			like($linux->{fault}{reason}{source}, qr/\w+\(\)/, 'cites a function');
		};
	}
}

# Text: both answers side by side.
my ($status, $out) = asked('--cpu max --contract combining --policy linux-6.8');
is($status, 0, 'text: exit status');
like($out, qr/^KVM of Linux 6\.8: VMA pfnmap,io,device,any-uncached, backing none \(assumed\)$/m,
     'text: what the host was taken to be');
like($out, qr/^  type +normal-nc +device-nGnRE$/m, 'text: types side by side');
like($out, qr/^  Normal-NC +Normal-NC +Device-nGnRE$/m, 'text: what the guest sees');
($status, $out) = asked('--cpu none --contract cached --backing none --policy linux-6.17');
like($out, qr/^  slot +refused +accepted$/m, 'text: slots side by side');

done_testing();
