#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Stage-2 tables of every geometry on trial against the MMU: granule x IPA size x LPA2 x Contiguous x
# FEAT_BBM level. build/tests/el2.img makes each with the engine's objects as they ship, changes it in
# every way that a live table may change, and compares AT S12E1R and S12E1W with the engine's own walk
# (tests/el2/matrix.h). A row that no CPU here has must be in the list below, with the test that judges
# it by the model.
use strict;
use warnings;
use Test::More;

my $qemu = $ENV{QEMU} // 'qemu-system-aarch64';
my $image = ($ENV{B} // 'build') . '/tests/el2.img';

# The table, as the issue that asked for it counts: every row is tried on each CPU.
my %ipa = (
	'4K plain' => [32, 40, 44, 48], '4K' => [32, 40, 44, 48], '4K lpa2' => [40, 48, 52],
	'16K' => [32, 36, 44, 48], '16K lpa2' => [36, 48, 52], '64K' => [32, 42, 44, 48, 52]);
my %row;
for my $geometry (keys %ipa) {
	for my $ipa (@{$ipa{$geometry}}) {
		for my $contiguous (0, $geometry =~ /plain/ ? () : 1) {
			$row{"$geometry ipa $ipa contiguous $contiguous bbm $_"} = [] for 0 .. 2;
		}
	}
}
is(scalar keys %row, 126, 'rows in the matrix');

# CPU, how many rows it has, and what it has not. cortex-a72: no FEAT_S2FWB, no 16 KiB granule, 44-bit
# addresses. neoverse-n1: no FEAT_BBM. cortex-a710: 40-bit addresses. max without lpa2: 52-bit
# addresses at 64 KiB alone.
my @cpus = (['max', 126], ['max,lpa2=off', 90], ['neoverse-v1', 84], ['cortex-a710', 36],
	['neoverse-n1', 28], ['cortex-a72', 15], ['a64fx', 8]);

# Rows that no CPU above has. None: QEMU's max has them all.
my %model_only = ();

# What has no column in the matrix, because AT cannot ask for it or no CPU of QEMU has it.
my @elsewhere = (
	['tables that devices walk, too', 'tests/unit/stage2_beside.c'],
	['what a walker meets in the middle of a live change', 'tests/unit/stage2_events.c'],
	['stale translations while a block is exchanged', 'tests/property/stage2_trace.c'],
	['dirty state that the hardware notes', 'tests/property/stage2_trace.c'],
	['execution at one exception level (FEAT_XNX)', 'tests/unit/stage2_format.c'],
	['NoTagAccess (FEAT_MTE_PERM)', 'tests/unit/stage2_format.c'],
	['every IPA size from 32 bits up', 'tests/unit/stage2_shape.c'],
);

# QEMU 10.0.0 to 10.0.12 abort where AT ends in a permission fault of stage 2; see tests/el2/probe.h.
my ($major, $minor, $patch) = `$qemu --version` =~ /version (\d+)\.(\d+)\.(\d+)/;
my $permissions = $major < 10 || ($major == 10 && $minor == 0 && $patch >= 13) ? ' permissions' : '';
note("QEMU $major.$minor.$patch: permission faults are ", $permissions ? 'asked' : 'not asked');

# Returns exit status and console.
sub el2
{
	my ($cpu, $arguments) = @_;
	open(my $pipe, '-|', 'timeout', '120', $qemu, '-M', 'virt,gic-version=3,virtualization=on',
		'-cpu', $cpu, '-m', '512M', '-display', 'none', '-serial', 'stdio', '-nic', 'none',
		'-no-reboot', '-semihosting', '-kernel', $image,
		'-append', "matrix exit=semihosting$arguments") or die "$qemu: $!";
	my $console = join '', <$pipe>;
	close($pipe);
	$console =~ s/\r//g;
	return ($? >> 8, $console);
}

for my $cpu (@cpus) {
	my ($model, $rows) = @$cpu;

	subtest $model => sub {
		my ($status, $console) = el2($model, $permissions);
		my @ran = $console =~ /^ok \d+ - (.* bbm \d): \d+ answers/mg;
		my @absent = $console =~ /^# absent: (.* bbm \d): /mg;
		my ($fewest) = sort { $a <=> $b } $console =~ /: (\d+) answers/g;

		is($status, 0, 'exit status') or diag($console);
		unlike($console, qr/^not ok/m, 'nothing disagrees');
		is(scalar @ran, $rows, 'rows that this CPU has');
		is_deeply([sort @ran, @absent], [sort keys %row], 'and the others are named');
		like($console, qr/^1\.\.$rows$/m, 'came to its end');
		cmp_ok($fewest // 0, '>', 200, 'every row was asked many questions');
		push @{$row{$_}}, $model for @ran;
	};
}

my @nowhere = grep { !@{$row{$_}} } sort keys %row;
is_deeply(\@nowhere, [sort keys %model_only], 'rows judged by the model only are those listed');
note(scalar(keys %row) - @nowhere, ' rows booted, ', scalar(@nowhere), ' judged by the model only');
for (@elsewhere) {
	ok(-s $_->[1], "$_->[0]: judged by the model only, in $_->[1]");
}

for my $plant ('address', 'size') {
	subtest "a wrong $plant, planted in every row, is found" => sub {
		my ($status, $console) = el2('max', "$permissions plant=$plant");
		my @failed = $console =~ /^not ok/mg;

		is($status, 1, 'exit status');
		is(scalar @failed, 126, 'in every row');
	};
}

done_testing();
