#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo audit` on real KVM hosts: Debian's arm64 kernels in QEMU. What it predicts of slots,
# accesses and memory types is held against what KVM answers, what a guest gets, and the stage-2
# leaves that stand in the machine's memory. HOST=neoverse boots those alone whose title matches;
# UPDATE_HOSTS=1 keeps the hosts as tests/cli/hosts/.
use strict;
use warnings;
no warnings 'portable';	# addresses have 64 bits
use lib 'tests/boot';
use KvmHost;
use Test::More;

my @hosts = (
	{ suite => 'bookworm', cpu => 'max', rules => 'linux-6.8', ipa => 48, fwb => 1, dic => 1,
	  mte => 1, cacheable => 0, type => 'device-nGnRE', block => 4096 },
	{ suite => 'trixie', cpu => 'max', rules => 'linux-6.9', ipa => 52, fwb => 1, dic => 1,
	  mte => 1, cacheable => 0, type => 'normal-nc', block => 2 << 20 },
	{ suite => 'trixie-backports', cpu => 'max', rules => 'linux-6.17', ipa => 52, fwb => 1,
	  dic => 1, mte => 1, cacheable => 1, type => 'normal-nc', block => 2 << 20 },
	{ suite => 'trixie', cpu => 'neoverse-n1', rules => 'linux-6.9', ipa => 48, fwb => 0,
	  dic => 0, mte => 0, cacheable => 0, type => 'normal-nc', block => 2 << 20 },
);

my $leaves;
sub witness
{
	my ($socket, $text) = @_;
	$leaves = Gdb::leaves($socket, map { /^held \S+ (0x[0-9a-f]+)/ ? hex $1 : () }
			      split /\n/, $text);
}

sub device_of
{
	my ($audit, $address) = @_;
	my ($device) = grep { $_->{address} eq $address } @{$audit->{devices}};
	return $device;
}

sub bar_of
{
	my ($audit, $address, $index) = @_;
	my ($bar) = grep { $_->{index} == $index } @{device_of($audit, $address)->{bars}};
	return $bar->{guest};
}

sub names { return [map { $_->{name} } @{$_[0]{findings}}] }

sub has
{
	my ($audit, $name, $object) = @_;
	return scalar grep { $_->{name} eq $name && (!$object || $_->{object} =~ /$object/) }
		@{$audit->{findings}};
}

# Facts against the model that QEMU was told to be.
sub test_facts
{
	my ($host, $audit) = @_;
	my %value = map { $_ => $audit->{facts}{$_}{value} } keys %{$audit->{facts}};
	is($value{arch}, 'arm64', 'architecture');
	is($value{kvm_rules}, $host->{rules}, 'rules');
	is($value{page_bytes}, 4096, 'page size');
	is($value{cpus}, 2, 'CPUs');
	is($value{dcache_line_bytes}, 64, 'cache line');
	is($value{ipa_bits}, $host->{ipa}, 'IPA size');
	is($value{block_bytes}, '4K 2M 1G', 'block sizes');
	is($value{kvm_mode}, 'vhe', 'KVM mode');
	is($value{"$_"} ? 1 : 0, $host->{$_}, $_) for qw(fwb dic mte);
	is($value{cacheable_pfnmap} ? 1 : 0, $host->{cacheable}, 'cached device memory');
	like($value{iommu}, qr/^smmu3/, 'IOMMU');
	ok($audit->{facts}{$_}{source}, "$_ has a source") for sort keys %value;
}

# What KVM answered to slots against what was said of them.
sub test_slots
{
	my ($host, $bar, $text) = @_;
	my %slot = $text =~ /^slot bar (\S+) (\S+)$/mg;
	is($slot{plain}, $bar->{slot_errno} // 'ok', 'a plain slot');
	is($slot{'read-only'}, 'ok', 'a read-only slot');
	is($slot{logged}, $bar->{log_errno} // 'ok', 'a slot that logs writes');
	is($slot{mte}, $bar->{mte_errno} // 'ok', 'a slot of a guest with MTE') if $host->{mte};
}

# The guest's own accesses.
sub test_accesses
{
	my ($bar, $ram, $text) = @_;
	for (['bar', $bar], ['ram', $ram]) {
		my ($what, $predicted) = @$_;
		my %got = $text =~ /^access $what (\S+) (\S+)$/mg;
		is($got{load}, 'ok', "$what: load");
		is($got{store}, 'ok', "$what: store");
		if ($predicted->{unaligned}) {
			is($got{$_}, 'ok', "$what: unaligned, $_") for qw(unaligned warm);
		} else {
			# With a cold TLB QEMU tells the hypervisor, and KVM gives up; see vfio.md.
			like($got{unaligned}, qr/^(EFAULT|alignment)$/, "$what: unaligned faults");
			is($got{warm}, 'alignment', "$what: unaligned faults in the guest");
		}
		is($got{fetch}, $predicted->{exec} ? 'ok' : 'external-abort-fetch', "$what: fetch");
	}
}

# Each area of the guest that stands still, against the leaf that translates it.
sub test_leaves
{
	my ($host, $audit, $text) = @_;
	my ($guest) = @{$audit->{guests}};
	my $compared = 0;
	for my $line (grep { /^held / } split /\n/, $text) {
		my (undef, $name, $gpa, $address, $outcome) = split ' ', $line;
		my $at = hex $address;
		my ($area) = grep { hex $_->{start} <= $at && $at < hex($_->{start}) + $_->{bytes} }
			@{$guest->{areas}};
		my $leaf = $leaves->{hex $gpa};
		is($outcome, 'ok', "$name: the guest reads it");
		ok($area, "$name: audit sees it") or next;
		is($area->{guest}{type}, Gdb::type($leaf), "$name: type, $leaf->{entry}");
		is($leaf->{fwb}, $host->{fwb}, "$name: HCR_EL2.FWB");
		# The slot around the BAR in RAM logs writes: single pages.
		is($leaf->{bytes}, $name eq 'inside' ? 4096 : $area->{guest}{block_bytes},
		   "$name: size of the leaf");
		# With DIC cached memory is executable at once; the rest never is.
		is($leaf->{exec}, $area->{guest}{exec} && ($host->{dic} || $name eq 'ram') ? 1 : 0,
		   "$name: execute") unless $name eq 'ram' && !$host->{dic};
		$compared++;
	}
	is($compared, 8, 'areas compared');
}

sub test_blocks
{
	my ($audit, $address, $text) = @_;
	my %held = $text =~ /^held (\S+) (\S+)/mg;
	for (['ivshmem', $address->{passed}, 2], ['nvme-memory', $address->{nvme}, 2],
	     ['nvme-registers', $address->{nvme}, 0]) {
		my ($name, $device, $bar) = @$_;
		is(bar_of($audit, $device, $bar)->{block_bytes}, $leaves->{hex $held{$name}}{bytes},
		   "$name: size of the leaf");
	}
}

# The holes of KVM's checks: they are there, and each is a finding.
sub test_holes
{
	my ($host, $audit, $text) = @_;
	my %over = $text =~ /^access (bar-over-\S+) store (\S+)$/mg;
	like($text, qr/^slot bar-over-logged ram ok$/m, 'a logged slot is made of RAM');
	is($over{'bar-over-logged'}, 'ok', 'a BAR over it is let in');
	like($text, qr/^log bar-over-logged 0x4$/m, 'and its writes are logged');
	ok(has($audit, 'bar-inside-ram', qr/^process/), 'finding: bar-inside-ram');
	ok(has($audit, 'bar-through-sysfs'), 'finding: bar-through-sysfs');
	is(scalar(grep { $_->{name} eq 'bar-through-sysfs' } @{$audit->{findings}}), 2,
	   'of resource2 and resource2_wc');
	if ($host->{mte}) {
		like($text, qr/^mte after-bar ok$/m, 'MTE is let in after a BAR');
		like($text, qr/^access mte-after-bar load ok$/m, 'and the guest runs');
		is($over{'bar-over-mte'}, 'ok', 'a BAR over RAM with MTE is let in');
		ok(has($audit, 'bar-and-mte'), 'finding: bar-and-mte');
	}
	is(has($audit, 'bar-device-only', qr/BAR 2$/), $host->{type} eq 'normal-nc' ? 0 : 2,
	   'finding: bar-device-only');
	is(has($audit, 'bar-registers-normal'), $host->{type} eq 'normal-nc' ? 1 : 0,
	   'finding: bar-registers-normal');
	is(has($audit, 'guest-past-cache'), $host->{fwb} ? 0 : 1, 'finding: guest-past-cache');
}

# From the host itself a mapping of resource2 is Device, of resource2_wc it is not.
sub test_probe
{
	my ($text) = @_;
	my ($device, $combining) = map { KvmHost::json({ text => $_ }) } split /^status \d+\n/m,
		$text =~ s/^status \d+\n//r;
	is($device->{type}, 'device', 'probe: resource2');
	is($device->{confidence}, 'certain', 'which is certain');
	is($device->{accesses}{'load-unaligned'}, 'SIGBUS', 'a child died of it');
	is($device->{accesses}{store}, 'works', 'aligned stores work');
	ok($device->{agrees}, 'as expected');
	is($combining->{type}, 'not-device', 'probe: resource2_wc');
	is($combining->{accesses}{$_}, 'works', $_) for qw(load-unaligned store-unaligned zero-block);
	ok(!$combining->{times}{caches_show}, 'emulation shows no caches, and probe knows');
}

# Someone without rights gets what there is, and is told what is missing.
sub test_nobody
{
	my ($host, $step) = @_;
	my $audit = KvmHost::json($step);
	my %missing = map { $_->{what} => $_->{why} } @{$audit->{missing}};
	cmp_ok($step->{status}, '<=', 1, 'without rights: it answers');
	ok(!defined $audit->{facts}{kvm}{value}, 'KVM is unknown');
	is($audit->{facts}{kvm_rules}{value}, $host->{rules} =~ s/17/17/r, 'the rules are known')
		unless $host->{cacheable};
	ok((grep { /^descriptors of \d+ processes$/ } keys %missing), 'descriptors are missing');
	is(scalar @{$audit->{guests}}, 0, 'so there are no guests');
	is(scalar(grep { $_->{passed} } @{$audit->{devices}}), 2, 'devices are there');
}

my @steps = qw(functions before probe bind slots hold wait held nobody passive same capture release);
for my $host (@hosts) {
	my $title = "$host->{suite}, $host->{cpu}";
	next if $ENV{HOST} && $title !~ /$ENV{HOST}/;
	SKIP: {
		skip "$title: the suite could not be read", 1
			unless -e "build/arm64-root/$host->{suite}/vmlinuz";
		my $step = KvmHost::boot(arch => 'arm64', suite => $host->{suite},
					 cpu => $host->{cpu}, steps => \@steps,
					 witness => \&witness);
		subtest $title => sub {
			is($step->{console}{status}, 0, 'the machine powers off')
				or do { diag($step->{console}{text}); return };
			my %address = $step->{functions}{text} =~ /(passed|other|nvme) (\S+)/g;
			my ($before, $held) = map { KvmHost::json($step->{$_}) } qw(before held);
			my $bar = bar_of($held, $address{passed}, 2);

			test_facts($host, $held);
			is($bar->{type}, $host->{type}, 'a BAR of vfio-pci');
			is($bar->{block_bytes}, $host->{block}, 'its leaves');
			for (['passed', 2], ['nvme', 0], ['nvme', 2]) {
				my ($which, $index) = @$_;
				is_deeply(bar_of($before, $address{$which}, $index),
					  bar_of($held, $address{$which}, $index),
					  "$which BAR $index: said before it was bound");
			}
			ok(!device_of($before, $address{passed})->{passed}, 'not bound at first');
			ok(device_of($held, $address{passed})->{passed}, 'bound later');
			ok(device_of($held, $address{passed})->{snoops}, 'its DMA snoops');
			is($step->{held}{status}, 1, 'findings: exit status');

			my $guest = $held->{guests}[0];
			is($guest->{name}, 'kvm', 'the guest: its process');
			is($guest->{vms}, 1, 'VMs');
			is($guest->{vcpus}, 1, 'vCPUs');
			is($guest->{vfio_devices}, 2, 'devices');
			my ($ram) = map { $_->{guest} } grep { $_->{kind} eq 'anonymous' }
				@{$guest->{areas}};
			my ($huge) = grep { $_->{huge_bytes} == 8 << 20 } @{$guest->{areas}};
			ok($huge, 'huge pages are seen');
			test_slots($host, $bar, $step->{slots}{text});
			test_accesses($bar, $ram, $step->{slots}{text});
			test_leaves($host, $held, $step->{hold}{text});
			test_blocks($held, \%address, $step->{hold}{text});
			test_holes($host, $held, $step->{slots}{text});
			test_probe($step->{probe}{text});
			test_nobody($host, $step->{nobody});

			my $passive = KvmHost::json($step->{passive});
			ok(!defined $passive->{facts}{kvm}{value}, 'passive: KVM was not asked');
			is($passive->{facts}{fwb}{value} ? 1 : 0, $host->{fwb},
			   'passive: FWB by the boot log');
			is($step->{same}{status}, 0, 'a capture gives the same answer')
				or diag($step->{same}{text});
			KvmHost::keep($step->{capture}, "$host->{suite}-$host->{cpu}")
				if $ENV{UPDATE_HOSTS};
		};
	}
}
done_testing();
