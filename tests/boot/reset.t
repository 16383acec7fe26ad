#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A guest of two vCPUs resets itself and finds its machine as new, its memory as it was.
use strict;
use warnings;
use Test::More;

my $build = $ENV{B} // 'build';

for my $cpu ('max', 'cortex-a72') {
	subtest $cpu => sub {
		my $console = `scripts/run-guest --hv $build/mezzo-hv.img --cpu $cpu --smp 2 \\
			--memory 64M --kernel $build/guests/reset.bin --timeout 30`;
		my ($first, $second) = split /^resetting\r?$/m, $console;

		is($? >> 8, 0, 'powered off');
		is(scalar(() = $first =~ /^ok /mg), 5, 'the first time');
		is(scalar(() = ($second // '') =~ /^ok /mg), 6, 'the second time');
		unlike($console, qr/^not ok|Bail out/m, 'nothing is wrong') or diag($console);
	};
}

done_testing();
