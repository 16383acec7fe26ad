#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Allocation tags switched on and off for a space that has slots (tests/el2/mte.h), on machines with
# tags; one without is told apart.
use strict;
use warnings;
use Test::More;

my $qemu = $ENV{QEMU} // 'qemu-system-aarch64';
my $image = ($ENV{B} // 'build') . '/tests/el2.img';

# Returns exit status and console.
sub el2
{
	my ($cpu, $machine) = @_;
	open(my $pipe, '-|', 'timeout', '60', $qemu, '-M', "virt,gic-version=3,virtualization=on$machine",
		'-cpu', $cpu, '-m', '512M', '-display', 'none', '-serial', 'stdio', '-nic', 'none',
		'-no-reboot', '-semihosting', '-kernel', $image, '-append', 'mte exit=semihosting')
		or die "$qemu: $!";
	my $console = join '', <$pipe>;
	close($pipe);
	$console =~ s/\r//g;
	return ($? >> 8, $console);
}

for my $cpu ('max', 'cortex-a710') {
	subtest "$cpu with tags" => sub {
		my ($status, $console) = el2($cpu, ',mte=on');

		is($status, 0, 'exit status') or diag($console);
		like($console, qr/^1\.\.13$/m, 'came to its end');
		unlike($console, qr/^not ok/m, 'and all of it holds');
		like($console, qr/^# refused: mte-no-tag-storage$/m, 'the reason is the storage');
	};
}

my ($status, $console) = el2('max', '');
is($status, 1, 'without tags nothing is claimed');
like($console, qr/^not ok 1 - the machine has tags/m, 'and why is said');

done_testing();
