#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo probe` of files that are what they are on every machine; BARs are tests/boot/audit_arm64.t's.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use Host;
use JSON::PP;
use Mezzo;
use Test::More;

my $directory = File::Temp->newdir;
my $file = "$directory/memory";
open my $new, '>', $file or die;
truncate $new, 1 << 20;
close $new;

my ($status, $out, $err) = mezzo('probe', '--json', $file);
my $answer = decode_json($out);
is($status, 0, 'ordinary memory: exit status');
ok(!$answer->{wrote}, 'nothing is written unless a range is named');
is($answer->{accesses}{$_}, 'works', $_)
	for qw(load load-unaligned load-wide load-wide-unaligned);
is($answer->{accesses}{$_}, 'not-tried', $_) for qw(store store-unaligned atomic);
is($answer->{times}{store_mib_s}, 0, 'no stores are timed');
is(-s $file, 1 << 20, 'the file is as long');
is(slurp_file($file), "\0" x (1 << 20), 'and as empty as before');

($status, $out) = mezzo('probe', '--json', '--range', '0x1000-0x3000', $file);
$answer = decode_json($out);
ok($answer->{wrote}, 'a range is named');
is($answer->{accesses}{$_}, 'works', $_) for qw(store store-unaligned atomic);
cmp_ok($answer->{times}{store_mib_s}, '>', 0, 'stores are timed');
my $text = slurp_file($file);
is(substr($text, 0, 0x1000), "\0" x 0x1000, 'nothing below the range is written');
is(substr($text, 0x3000), "\0" x ((1 << 20) - 0x3000), 'nothing above it');
SKIP: {
	skip 'this machine shows no caches', 2 unless $answer->{times}{caches_show};
	is($answer->{type}, 'cached', 'it is cached memory');
	ok($answer->{agrees}, 'as expected');
	($status, $out) = mezzo('probe', '--expect', 'device', $file);
	is($status, 1, 'not as expected: exit status');
	like($out, qr/^  agrees +no$/m, 'and it says so');
}

sub refused
{
	my ($title, $why, @words) = @_;
	my ($code, $stdout, $stderr) = mezzo('probe', @words);
	is($code, 2, "$title: exit status");
	like($stderr, $why, "$title: why");
	is($stdout, '', "$title: nothing else");
}
refused('no range', qr/not START-END: 'all'/, '--range', 'all', $file);
refused('not in lines', qr/two multiples of 64/, '--range', '1-0x2000', $file);
refused('too small', qr/needs 4096 bytes or more/, '--range', '0-64', $file);
refused('beyond the end', qr/within the 1048576/, '--range', '0-0x200000', $file);
refused('the wrong way', qr/needs 4096/, '--range', '0x2000-0x1000', $file);
refused('no file', qr/No such file/, "$directory/none");
refused('a directory', qr/Is a directory/, "$directory");
refused('no host', qr/it is no tar/, '--host', 'LICENSE', $file);

# A function as sysfs shows it: a file stands for the BAR.
my $functions = 0;
sub function
{
	my ($flags, $driver) = @_;
	my $path = "$directory/function" . ++$functions;
	edit_file($path, 'resource', sprintf("0x%x 0x%x 0x%x\n", 0x10000000, 0x100fffff, $flags) .
		  "0x0 0x0 0x0\n" x 6);
	edit_file($path, 'vendor', "0x1af4\n");
	edit_file($path, 'device', "0x1110\n");
	edit_file($path, $_, "\0" x (1 << 20)) for qw(resource0 resource0_wc);
	link_file($path, 'driver', "../../bus/pci/drivers/$driver") if $driver;
	return $path;
}
my $registers = function(0x40200);
refused('registers', qr/not prefetchable.*--range/s, "$registers/resource0");
($status) = mezzo('probe', '--range', '0-0x1000', "$registers/resource0");
cmp_ok($status, '<=', 1, 'registers with a safe range');
my $held = function(0x14220c, 'nvidia');
# No terminal is there to say yes.
SKIP: {
	skip 'no setsid', 3 if system('command -v setsid >/dev/null');
	my $binary = $ENV{MEZZO} // 'build/mezzo';
	my $said = `setsid -w $binary probe $held/resource0 2>&1 </dev/null`;
	is($? >> 8, 2, 'a driver holds it, and nobody says yes');
	like($said, qr/held by nvidia: not touched/, 'whose it is');
}
($status) = mezzo('probe', '--yes', "$held/resource0");
cmp_ok($status, '<=', 1, '--yes');
my $memory = function(0x14220c);
refused('no such BAR', qr/no such memory BAR/, "$memory/resource3");

# What is expected: of the file's name, of the host's audit, and of both.
sub expects
{
	my ($title, $type, $by, @words) = @_;
	my (undef, $json) = mezzo('probe', '--json', @words);
	my $one = decode_json($json);
	is($one->{expected}, $type, "$title: expected");
	like($one->{expected_by}, $by, "$title: by whom");
}
expects('resource0', 'device', qr/resourceN file/, "$memory/resource0");
expects('resource0_wc', 'combining', qr/resourceN_wc/, "$memory/resource0_wc");
expects('on a host of 6.12', 'combining', qr/host's audit/, '--host', captured('trixie-max'),
	"$memory/resource0_wc");
expects('on a host of 6.1', 'device', qr/host's audit/, '--host', captured('bookworm-max'),
	"$memory/resource0_wc");
expects('as Device on a host of 6.12', 'device', qr/host's audit/, '--host', captured('trixie-max'),
	"$memory/resource0");
edit_file($memory, 'device', "0x9999\n");
expects('unknown to the host', 'unknown', qr/no such function/, '--host', captured('trixie-max'),
	"$memory/resource0");

done_testing();
