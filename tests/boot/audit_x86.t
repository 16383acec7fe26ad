#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo audit` on real x86 KVM hosts: Debian's amd64 kernels with KVM-SVM in QEMU's emulation.
# Host facts against the model, slots and accesses against what KVM answers and a guest gets. No
# emulator has memory types, so the nested leaves are not compared. HOST and UPDATE_HOSTS as in
# audit_arm64.t.
use strict;
use warnings;
no warnings 'portable';	# addresses have 64 bits
use lib 'tests/boot';
use KvmHost;
use Test::More;

my @hosts = (
	{ suite => 'bookworm', rules => 'linux-6.10', snoop => 'off', block => 4096 },
	{ suite => 'trixie', rules => 'linux-6.11', snoop => 'on', block => 2 << 20 },
);

sub bar_of
{
	my ($audit, $address, $index) = @_;
	my ($device) = grep { $_->{address} eq $address } @{$audit->{devices}};
	my ($bar) = grep { $_->{index} == $index } @{$device->{bars}};
	return $bar->{guest};
}

sub test_facts
{
	my ($host, $audit) = @_;
	my %value = map { $_ => $audit->{facts}{$_}{value} } keys %{$audit->{facts}};
	is($value{arch}, 'x86', 'architecture');
	is($value{kvm_rules}, $host->{rules}, 'rules');
	is($value{page_bytes}, 4096, 'page size');
	is($value{cpus}, 2, 'CPUs');
	is($value{cpu_vendor}, 'AuthenticAMD', 'vendor');
	is($value{physical_bits}, 40, 'physical bits');
	is($value{tdp}, 'npt', 'nested paging');
	is($value{guest_pat_quirk}, 'never', 'the guest\'s PAT is never ignored');
	ok($value{pat}, 'PAT');
	ok($value{self_snoop}, 'self-snoop');
	is($value{iommu}, 'dmar0', 'IOMMU');
	is($value{iommu_snoop} ? 'on' : 'off', $host->{snoop}, 'snoop control');
	cmp_ok($value{mtrrs}, '>=', 1, 'MTRRs');
	cmp_ok($value{pat_ranges}, '>=', 1, 'ranges in the PAT\'s books');
	ok(!defined $value{fwb}, 'no facts of another architecture');
}

sub test_accesses
{
	my ($bar, $text) = @_;
	my %slot = $text =~ /^slot bar (\S+) (\S+)$/mg;
	is($slot{plain}, $bar->{slot_errno} // 'ok', 'a plain slot');
	is($slot{'read-only'}, 'ok', 'a read-only slot');
	is($slot{logged}, $bar->{log_errno} // 'ok', 'a slot that logs writes');
	for my $what (qw(ram bar)) {
		my %got = $text =~ /^access $what (\S+) (\S+)$/mg;
		is($got{$_}, 'ok', "$what: $_") for qw(load store atomic);
		is($got{unaligned}, $bar->{unaligned} ? 'ok' : 'fault', "$what: unaligned");
		is($got{fetch}, $bar->{exec} ? 'ok' : 'abort', "$what: fetch");
	}
}

my @steps = qw(functions before bind slots hold held nobody same capture release);
for my $host (@hosts) {
	next if $ENV{HOST} && $host->{suite} !~ /$ENV{HOST}/;
	my $step = KvmHost::boot(arch => 'x86', suite => $host->{suite}, cpu => 'max,+svm',
				 snoop => $host->{snoop}, steps => \@steps);
	subtest $host->{suite} => sub {
		is($step->{console}{status}, 0, 'the machine powers off')
			or do { diag($step->{console}{text}); return };
		my %address = $step->{functions}{text} =~ /(passed|other|nvme) (\S+)/g;
		my ($before, $held) = map { KvmHost::json($step->{$_}) } qw(before held);
		my $bar = bar_of($held, $address{passed}, 2);

		test_facts($host, $held);
		is($bar->{type}, 'wb', 'the nested entry of a BAR');
		is_deeply($bar->{effective}, ['device', 'normal-nc'], 'what the MTRRs leave of it');
		is($bar->{block_bytes}, $host->{block}, 'its leaves');
		is_deeply(bar_of($before, $address{passed}, 2), $bar, 'said before it was bound');
		test_accesses($bar, $step->{slots}{text});

		my $guest = $held->{guests}[0];
		is($guest->{vms}, 1, 'the guest: VMs');
		is($guest->{vfio_devices}, 2, 'devices');
		my %areas = map { hex $_->{start} => $_ } @{$guest->{areas}};
		my %held = $step->{hold}{text} =~ /^held (\S+) \S+ (\S+) ok$/mg;
		is(scalar keys %held, 3, 'areas that the guest read');
		is($areas{hex $held{ivshmem}}{kind}, 'vfio', 'a BAR of vfio is seen');
		is($areas{hex $held{'sysfs-wc'}}{kind}, 'sysfs-bar', 'a BAR through sysfs is seen');
		is($areas{hex $held{'nvme-registers'}}{device}, $address{nvme}, 'whose it is');
		is($step->{same}{status}, 0, 'a capture gives the same answer')
			or diag($step->{same}{text});

		my $nobody = KvmHost::json($step->{nobody});
		cmp_ok($step->{nobody}{status}, '<=', 1, 'without rights: it answers');
		ok(!defined $nobody->{facts}{pat_ranges}{value}, 'and debugfs is unknown');
		KvmHost::keep($step->{capture}, "$host->{suite}-x86") if $ENV{UPDATE_HOSTS};
	};
}
done_testing();
