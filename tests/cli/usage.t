#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Usage errors: exit 2, nothing on standard output, what was wrong and what would be accepted.
use strict;
use warnings;
use lib 'tests/cli';
use Mezzo;
use Test::More;

sub wrong
{
	my ($words, @patterns) = @_;
	my ($status, $out, $err) = mezzo(split ' ', $words);
	subtest "mezzo $words" => sub {
		is($status, 2, 'exit status');
		is($out, '', 'standard output');
		like($err, $_, "says $_") for @patterns;
	};
}

wrong('', qr/^Usage: mezzo COMMAND/m);
wrong('explian', qr/unknown command 'explian'; did you mean 'explain'\?/, qr/^Accepted: explain/m);
wrong('help frobnicate', qr/unknown command 'frobnicate'/);
wrong('explain --contrat cached', qr/unknown option '--contrat'; did you mean '--contract'\?/,
      qr/--maintenance/, qr/^See: mezzo help explain$/m);
wrong('explain --contract excl', qr/value of --contract: 'excl'; did you mean 'exclusive'\?/,
      qr/^Accepted: device combining cached exclusive$/m);
wrong('explain --cpu max,cortex-a7', qr/'cortex-a7'; did you mean 'cortex-a7/);
wrong('explain --cpu max,', qr/unknown value of --cpu: ''/);
wrong('explain --cpu fwb,,idc', qr/unknown value of --cpu: ''/);
wrong('explain --maintenance windows', qr/did you mean 'window'/);
wrong('explain --policy linux-6.1', qr/Accepted: linux-6.8 linux-6.9 linux-6.17/);
wrong('explain --vma cached', qr/name one with --policy/);
wrong('explain --backing none', qr/name one with --policy/);
wrong('explain --policy linux-6.8 --vma cached,wc', qr/exclude each other/);
wrong('explain --policy linux-6.8 --vma pfnmap,mixedmap', qr/exclude each other/);
wrong('explain --no-slot --read-only', qr/exclude each other/);
wrong('explain --lines', qr/--lines needs a value: STATE/);
wrong('explain --json=yes', qr/--json takes no value/);
wrong('explain --read-only=disk', qr/Accepted: slot object/);
wrong('explain -j', qr/options begin with --/);
wrong('explain cached', qr/unexpected word 'cached'/);
wrong('explain -- --json', qr/unexpected word '--json'/);
wrong('explain --zzzzzzzzzz', qr/unknown option '--zzzzzzzzzz'$/m);
wrong('audit here', qr/unexpected word 'here'/);
wrong('audit --root', qr/--root needs a value: PATH/);
wrong('audit --root=', qr/--root needs a value: PATH/);
wrong('audit --verbos', qr/did you mean '--verbose'/);
wrong('capture', qr/FILE is missing/);
wrong('capture a b', qr/unexpected word 'b'/);
wrong('compat', qr/A B\|SPACE is missing/);
wrong('compat a', qr/two hosts are needed/);
wrong('compat a b c', qr/unexpected word 'c'/);
wrong('probe', qr/FILE is missing/);
wrong('probe --expect warm LICENSE', qr/Accepted: device combining cached/);
wrong('reason a b', qr/unexpected word 'b'/);
wrong('completion', qr/SHELL is missing/);
wrong('completion tcsh', qr/unknown shell 'tcsh'/);
wrong('explain --' . 'x' x 5000, qr/unknown option/);
wrong('explain --contract ' . 'y' x 5000, qr/unknown value/);

# Every option and value that help shows is accepted, and every option needs what it says.
my (undef, $help) = mezzo('help', 'explain');
my @options = $help =~ /^  (--[a-z-]+(?:\[=| )?[A-Z]*\]?)$/mg;
cmp_ok(scalar @options, '>=', 20, 'help lists the options');
my (undef, undef, $err) = mezzo('explain', '--nonsense');
for my $option (map { /^(--[a-z0-9-]+)/ } @options) {
	like($err, qr/ \Q$option\E(\s|$)/, "$option is among those accepted");
	next if $option =~ /^--(tags|private|mmio|no-slot|permission-fault|json|read-only|cr0-cd)$/;
	my (undef, undef, $accepted) = mezzo('explain', $option, '?');
	my ($words) = $accepted =~ /^Accepted:(.*)^See/ms;
	my @policy = $option =~ /vma|backing/ ? ('--policy', 'linux-6.17') : ();
	for my $value (split ' ', $words) {
		# Each is somebody's: arm64's, EPT's or NPT's.
		my $taken = grep { $_ <= 1 } map { (mezzo('explain', @$_, @policy, $option, $value))[0] }
			[], ['--arch', 'x86-ept'], ['--arch', 'x86-npt'];
		cmp_ok($taken, '>', 0, "$option $value");
	}
}

# Help goes to standard output when it was asked for.
for my $words ('help', '--help', '-h', 'help explain', 'explain --help', 'reason -h',
	       'help completion', '--version', 'help audit', 'capture --help', 'compat -h',
	       'probe --help') {
	my ($status, $out, $stderr) = mezzo(split ' ', $words);
	ok($status == 0 && $out ne '' && $stderr eq '', "mezzo $words");
}
cmp_ok(length, '<=', 86, 'help is narrow') for grep { !/^  mezzo / } split /\n/, $help;

# Output that cannot be written is not silently lost.
SKIP: {
	skip 'no /dev/full', 1 unless -c '/dev/full';
	my $binary = $ENV{MEZZO} // 'build/mezzo';
	my $status = system("$binary reason >/dev/full 2>/dev/null");
	is($status >> 8, 2, 'a full disk is noticed');
}

done_testing();
