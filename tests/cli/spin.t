#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A second judge: the same machine in Promela (tests/spin/), run by Spin with the policies' object
# code linked in, finds the same properties broken in the same number of configurations.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use JSON::PP;
use Mezzo;
use Test::More;

if (system('command -v spin >/dev/null 2>&1')) {
	plan skip_all => 'spin is not installed: run make deps';
}

my $root = `pwd`;
chomp $root;
my $dir = File::Temp->newdir;
my @flags = ('-w', '-O2', '-DSAFETY', '-DNOREDUCE', '-DVECTORSZ=256', '-DMEMLIM=1024',
	     "-I$root", map { "-I$root/$_" } qw(include cli tests/spin));
my @sources = map { "$root/$_" } 'tests/spin/bridge.c', glob('check/policies/*.c cli/linux/*.c');

is(system("cd $dir && spin -a $root/tests/spin/arm64.pml >spin.log 2>&1"), 0, 'spin -a')
	or diag(`cat $dir/spin.log`);
is(system("cd $dir && gcc @flags -o pan pan.c @sources $root/build/libmezzo.a >gcc.log 2>&1"), 0,
   'the verifier is built, with the policies in it') or diag(`cat $dir/gcc.log`);

# What Spin finds: property => configurations.
sub spin
{
	my (%environment) = @_;
	local @ENV{keys %environment} = values %environment;
	my $out = `cd $dir && ./pan -E -m2000000 -w20 2>&1`;
	my %verdict = $out =~ /^verdict (\S+) (\d+)$/mg;
	like($out, qr/errors: 0$/m, 'the search is complete') or diag($out);
	unlike($out, qr/max search depth too small|out of memory|aborted/, 'and was not cut short')
		or diag($out);
	return %verdict;
}

# The properties that both judge.
my %both = map { $_ => 1 } qw(S1 S2 S3 S3z S4 S5 S7 S7z S8 S8x S10 S11 L1);

my ($status, $json) = mezzo(qw(check --part arm64 --json));
is($status, 0, 'mezzo check');
my $part = decode_json($json)->{parts}[0];
for my $policy (@{$part->{policies}}) {
	my %verdict = spin(POLICY => $policy->{name});
	is(delete $verdict{accepted}, $policy->{accepted}, "$policy->{name}: as many slots accepted");
	my %ours = map { $_->{id} => $_->{refuted} }
		grep { $_->{refuted} && $both{$_->{id}} } @{$policy->{properties}};
	is_deeply(\%verdict, \%ours, "$policy->{name}: the same verdicts, as often");
}

# And both refute, when an action is left out of Mezzo's answers.
for my $action (qw(clean-before zero-tags icache-before log-dirty)) {
	my %verdict = spin(POLICY => 'mezzo', WITHOUT => $action);
	delete $verdict{accepted};
	($status, $json) = mezzo(qw(check --part arm64 --json --without), $action);
	my %ours = map { $_->{id} => $_->{refuted} }
		grep { $_->{part} eq 'arm64' && $both{$_->{id}} } @{decode_json($json)->{broken}};
	cmp_ok(scalar keys %ours, '>', 0, "without $action something breaks");
	is_deeply(\%verdict, \%ours, "without $action: the same, as often");
}

done_testing();
