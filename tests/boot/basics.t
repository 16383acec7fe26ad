#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A bare-metal guest meets what the core does for it, with and without FWB, and powers off.
use strict;
use warnings;
use Test::More;

my $build = $ENV{B} // 'build';

for my $cpu ('max', 'cortex-a710', 'neoverse-n1', 'cortex-a72') {
	subtest $cpu => sub {
		my $console = `scripts/run-guest --hv $build/mezzo-hv.img --cpu $cpu --memory 64M \\
			--kernel $build/guests/basics.bin --timeout 30`;
		my @lines = $console =~ /^((?:not )?ok .*?)\r?$/mg;

		is($? >> 8, 0, 'powered off');
		like($console, qr/^hello from EL1/m, 'prints');
		like($console, qr/^1\.\.@{[scalar @lines]}\r?$/m, 'came to its end');
		unlike($_, qr/^not/, $_) for @lines;
	};
}

done_testing();
