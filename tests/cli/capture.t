#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo capture`: what it writes is what docs/audit.md lists, and gives the same answer.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use Host;
use JSON::PP;
use Mezzo;
use Test::More;

my $directory = File::Temp->newdir;
my $file = "$directory/host.tar";

sub members
{
	my ($tar) = @_;
	my @names = split /\n/, `tar tf $tar`;
	is($?, 0, "tar reads $tar");
	return @names;
}

# The live host.
my ($status, $out, $err) = mezzo('capture', $file);
is($status, 0, 'this host is captured');
is("$out$err", '', 'quietly');
my (undef, $live) = mezzo('audit', '--json');
my (undef, $root) = mezzo('audit', '--json', '--root', $file);
sub settled
{
	# Guests may come and go between the two, and the log grows.
	my $audit = decode_json($_[0]);
	delete @$audit{qw(guests findings missing)};
	return $audit;
}
is_deeply(settled($root), settled($live), 'and gives the same answer');
ok(!-e "$file.new", 'nothing is left beside it');

($status, $out, $err) = mezzo('capture', '--anonymous', '--passive', '-');
is($status, 0, 'to standard output');
is($err, '', 'quietly');
like($out, qr/^mezzo\/answers\0/, 'as a tar');
like($out, qr/^kvm passive$/m, 'KVM was not asked');
unlike($out, qr/^process \d+ [^-]/m, 'no names of processes');

($status, $out, $err) = mezzo('capture', '/nonexistent/host.tar');
is($status, 2, 'a file that cannot be written');
like($err, qr/^mezzo capture: \/nonexistent\/host\.tar: No such file/, 'and why');

# What docs/audit.md lists, as patterns.
my @listed = map { s/`//gr } slurp_file('docs/audit.md') =~ /^\| (`(?:mezzo|proc|sys)\/\S+) \|/mg;
cmp_ok(scalar @listed, '>', 25, 'docs/audit.md lists paths');
my %pattern = map {
	my $pattern = quotemeta;
	# N of a device in the tree stands for its whole path.
	$pattern =~ s/^(sys\\\/devices\\\/)N/$1.+/;
	$pattern =~ s/\bN\b/[^\/]+/g;
	$_ => qr/^$pattern$/
} @listed;
my (%used, @hosts);
push @hosts, $_ for $file, glob('tests/cli/hosts/*.tar');
for my $tar (@hosts) {
	my @unlisted;
	for my $member (members($tar)) {
		my @matching = grep { $member =~ $pattern{$_} } @listed;
		push @unlisted, $member unless @matching;
		$used{$_}++ for @matching;
	}
	is("@unlisted", '', "$tar: every file is listed");
}
# Files that none of these hosts has.
my %elsewhere = map { $_ => 1 } ('mezzo/vfio-aliases', 'sys/bus/N/drivers/N/N',
				 'sys/kernel/debug/kvm/N/stage2_page_tables');
for my $path (@listed) {
	ok($used{$path} || $elsewhere{$path}, "$path is read");
}

# Nothing in a capture tells of processes, files or users.
for my $tar (glob 'tests/cli/hosts/*.tar') {
	my $text = slurp_file($tar);
	unlike($text, qr/^process \d+ [^-\n]/m, "$tar: no names of processes");
	unlike($text, qr{/home/|/root/|/tmp/|/etc/}, "$tar: no files of anybody");
}

done_testing();
