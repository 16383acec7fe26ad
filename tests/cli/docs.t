#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What is written beside the command agrees with it: manual page, JSON schema, completions.
use strict;
use warnings;
use lib 'tests/cli';
use Host;
use JSON::PP;
use Mezzo;
use Test::More;

sub slurp
{
	open my $file, '<', $_[0] or return '';
	local $/;
	return scalar <$file>;
}

my (undef, $listed) = mezzo('help');
my @listed = grep { $_ ne 'help' } $listed =~ /^  (\w+) +/mg;
for my $command ('', @listed) {
	my $file = 'docs/man/mezzo' . ($command ? "-$command" : '') . '.1';
	my ($status, $page) = mezzo('man', $command ? $command : ());
	is($status, 0, "mezzo man $command");
	is(slurp($file), $page, "$file is up to date (build/mezzo man $command >$file)");
	SKIP: {
		skip 'no groff', 1 if system('command -v groff >/dev/null 2>&1');
		is(`groff -man -Tutf8 -ww -z $file 2>&1`, '', 'groff has no complaint');
	}
}
my @pages = glob 'docs/man/*.1';
is(scalar @pages, 1 + @listed, 'no page of a command that is not there');
is((mezzo('man', 'nothing'))[0], 2, 'no page of nothing');

my (undef, $debates) = mezzo('debates');
is(slurp('docs/debates.md'), $debates,
   'docs/debates.md is up to date (build/mezzo debates >docs/debates.md)');
my $picture = File::Temp->new;
mezzo(qw(check --scenario fallback-to-device --policy linux-legacy --svg), $picture->filename);
is(slurp('docs/fallback-to-device.svg'), slurp($picture->filename), 'and so is its picture');

# Every key that the command writes is described, as `key` in docs/json.md.
my $schema = slurp('docs/json.md');
my %keys;
sub collect
{
	my ($value, $path) = @_;
	if (ref $value eq 'HASH') {
		for my $key (keys %$value) {
			my $here = $path eq '' ? $key : "$path.$key";
			# Keys that are names of types or options are described as a whole.
			next if $path =~ /(^|\.)(combined|assumed)$/;
			# Every fact has the same two.
			$here =~ s/^facts\.\w+\.(value|source)$/facts.*.$1/;
			$keys{$here} = 1;
			collect($value->{$key}, $here);
		}
	} elsif (ref $value eq 'ARRAY') {
		collect($_, "$path\[\]") for @$value;
	}
}
my $tables = changed('trixie-max', sub {
	edit_file($_[0], "sys/kernel/debug/kvm/$_[1]-9/stage2_page_tables",
		  "0x0000000040000000-0x0000000040200000           2M 2   R W px ux AF BLK\n");
});
my $denied = changed('trixie-x86', sub {
	edit_file($_[0], 'mezzo/processes', "view hidden\ndenied 3\n");
});
for my $words ('audit --json --root ' . captured('trixie-max'), "audit --json --stage2 --root $tables",
	       "audit --json --root $denied", 'audit --json --root ' . captured('trixie-x86'),
	       'compat --json ' . captured('trixie-max') . ' ' . captured('trixie-neoverse-n1'),
	       'compat --json tests/cli/requirements/gpu.json --cpu neoverse-n1',
	       'compat --json tests/cli/requirements/x86.json --arch x86-npt --cpu self-snoop',
	       'probe --json LICENSE',
	       'explain --json', 'explain --json --cpu none --contract cached --maintenance none',
	       'explain --json --no-slot', 'explain --json --policy linux-6.17',
	       'explain --json --policy linux-6.8 --cpu none --vma pfnmap,cached',
	       'explain --json --arch x86-ept --policy kvm-2025-quirk --pat wc',
	       'explain --json --arch x86-npt --contract device',
	       'reason --json', 'reason --json cached-forced', 'table --json',
	       'check --json --list', 'check --json --part arm64,private',
	       'check --json --part arm64,private --property S13',
	       'check --json --part arm64 --policy linux-legacy --property S1',
	       'check --json --part race --without no-tlbi',
	       'check --json --scenario fallback-to-device',
	       'check --json --policy linux-6.17 --synthesise',
	       'replay --json tests/replay/qemu-q35-kvm.strace',
	       'replay --json tests/replay/damaged.txt') {
	my ($code, $out) = mezzo(split ' ', $words);
	collect(decode_json($out), '') if $code < 2;
}
cmp_ok(scalar keys %keys, '>', 40, 'keys were found');
like($schema, qr/`\Q$_\E`/, "docs/json.md describes $_") for sort keys %keys;
# And nothing is described that no answer has.
for my $key ($schema =~ /^\| `([^`]+)` \|/mg) {
	ok($keys{$key}, "$key is written by the command");
}

# Completions name every option of every command, and the shells accept them.
my (undef, $commands) = mezzo('help');
my @commands = grep { $_ ne 'help' } $commands =~ /^  (\w+) +/mg;
cmp_ok(scalar @commands, '>=', 7, 'help lists the commands');
my %option;
for my $command (@commands) {
	my (undef, $help) = mezzo('help', $command);
	$option{$_} = 1 for $help =~ /^  --([a-z0-9-]+)/mg;
}
for my $shell (qw(bash zsh fish)) {
	my ($code, $script) = mezzo('completion', $shell);
	is($code, 0, "completion $shell");
	my @missing = grep { $script !~ /(--| -l )\Q$_\E\b/ } sort keys %option;
	is("@missing", '', "$shell: every option");
	like($script, qr/\b$_\b/, "$shell: $_") for @commands;
	SKIP: {
		skip "no $shell", 1 if system("command -v $shell >/dev/null 2>&1");
		my $file = File::Temp->new;
		print $file $script;
		close $file;
		my $check = $shell eq 'fish' ? 'fish --no-execute' : "$shell -n";
		is(system("$check " . $file->filename), 0, "$shell: syntax");
	}
}

# bash really completes.
SKIP: {
	skip 'no bash', 13 if system('command -v bash >/dev/null 2>&1');
	my %completes = (
		'mezzo expl' => 'explain',
		'mezzo explain --maint' => '--maintenance',
		'mezzo explain --contract excl' => 'exclusive',
		'mezzo explain --cpu fwb,neoverse-n2' => 'fwb,neoverse-n2',
		'mezzo reason write-l' => 'write-logged',
		'mezzo replay tests/replay/qemu' => 'tests/replay/qemu-q35-kvm.strace',
		'mezzo audit --dev' => '--device',
		'mezzo check --scenario fault-ag' => 'fault-against-revocation',
		'mezzo check --without zero,clean-la' => 'zero,clean-last',
		'mezzo audit --root LICEN' => 'LICENSE',
		'mezzo compat LICEN' => 'LICENSE',
		'mezzo probe --expect comb' => 'combining',
		'mezzo reason bar-device' => 'bar-device-only',
	);
	my (undef, $script) = mezzo('completion', 'bash');
	my $file = File::Temp->new;
	print $file $script;
	close $file;
	for my $line (sort keys %completes) {
		my $run = 'compopt() { :; }; . "$1"; COMP_WORDS=($2); ' .
			  'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mezzo; echo "${COMPREPLY[@]}"';
		open my $pipe, '-|', 'bash', '-c', $run, 'bash', $file->filename, $line or die;
		chomp(my $got = <$pipe> // '');
		is($got, $completes{$line}, "bash: $line");
	}
}

done_testing();
