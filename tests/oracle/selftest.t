#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The engine on trial against the MMU: the hypervisor's self-test on CPUs with and without FWB,
# DIC, XNX and tags. A wrong encoding, planted, must be found.
use strict;
use warnings;
use Test::More;

my $qemu = $ENV{QEMU} // 'qemu-system-aarch64';
my $image = ($ENV{B} // 'build') . '/mezzo-hv.img';

# Returns exit status and console.
sub selftest
{
	my ($cpu, $machine, $arguments) = @_;
	my @command = ('timeout', '60', $qemu, '-M', "virt,gic-version=3,virtualization=on$machine",
		'-cpu', $cpu, '-m', '512M', '-display', 'none', '-serial', 'stdio', '-nic', 'none',
		'-no-reboot', '-semihosting', '-kernel', $image,
		'-append', "selftest exit=semihosting $arguments");
	open(my $pipe, '-|', @command) or die "$qemu: $!";
	my $console = join '', <$pipe>;
	close($pipe);
	$console =~ s/\r//g;
	return ($? >> 8, $console);
}

# What QEMU 10.0.2 answers otherwise than the rule, and how often in the cells that are tried;
# hv/selftest/deviations.c has the evidence.
my @no_fwb = ('Device-nGRE at stage 1, normal-nc at stage 2, no FWB: Device-nGnRE, 8 times',
	'Device-GRE at stage 1, normal-nc at stage 2, no FWB: Device-nGnRE, 8 times');
my @fwb = ('Device-nGnRnE at stage 1, device-nGnRE at stage 2, FWB: Device-nGnRE, 8 times', @no_fwb);

sub deviations
{
	return [ map { /^# deviation(.*?): (.*)/ ? ($1 ? "$1: $2" : $2) : () } split /\n/, shift ];
}

for my $case (
	['max', '', 64, \@fwb],
	['max', ',mte=on', 64, \@fwb],
	['cortex-a710', '', 64, \@fwb],
	['cortex-a710', ',mte=on', 64, \@fwb],
	['neoverse-n1', '', 32, \@no_fwb],
	['cortex-a72', '', 32, \@no_fwb],
) {
	my ($cpu, $machine, $settings, $deviations) = @$case;

	subtest "$cpu$machine" => sub {
		my ($status, $console) = selftest($cpu, $machine, '');
		my @tried = $console =~ /^ok \d+ - .*every stage-1 type/mg;

		is($status, 0, 'exit status') or diag($console);
		like($console, qr/^1\.\.(\d+)$/m, 'came to its end');
		unlike($console, qr/^not ok/m, 'nothing disagrees');
		like($console, qr/^ok \d+ - a device's abort is survived/m, 'EL2 outlives a device');
		is(scalar @tried, $settings, 'settings tried');
		is_deeply(deviations($console), $deviations, 'deviations are the known ones');
		like($console, $machine ? qr/ mte 1 / : qr/ mte 0 /, 'tags as the machine has them');
		like($console, qr/^ok \d+ - a tagged window/m, 'zeroed') if $machine;
	};
}

for my $cpu ('max', 'cortex-a72') {
	for my $preset ('device', 'combining', 'cached', 'exclusive') {
		subtest "$cpu: a wrong type planted where $preset is mapped is found" => sub {
			my ($status, $console) = selftest($cpu, '', "plant=$preset");
			my @failed = $console =~ /^not ok \d+ - (\w+),/mg;
			my @tried = $console =~ /^(?:not )?ok \d+ - $preset,/mg;

			is($status, 1, 'exit status');
			is(scalar @failed, scalar @tried, 'in every setting');
			is(scalar(grep { $_ ne $preset } @failed), 0, 'and nowhere else');
		};
	}
}

# EL2's own failures are told with registers, a stack that overflows too, and end the machine.
for my $plant ('fault', 'overflow') {
	subtest "EL2 reports its own $plant" => sub {
		my ($status, $console) = selftest('max', '', "plant=$plant");

		is($status, 1, 'exit status');
		like($console, qr/^x0 +[0-9a-f]{16} /m, 'registers');
		like($console, qr/^mezzo: panic: synchronous exception at EL2, cpu 0: pc c00/m, 'why');
	};
}

done_testing();
