#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo table`: every table, in every form; and docs/memory-types.md cannot drift from it.
use strict;
use warnings;
use lib 'tests/cli';
use JSON::PP;
use Mezzo;
use Test::More;

my ($status, $out, $err) = mezzo('table', '--json');
is($status, 0, 'json');
is($err, '', 'quietly');
my $tables = decode_json($out)->{tables};
my %table = map { $_->{name} => $_ } @$tables;
cmp_ok(scalar @$tables, '>=', 22, 'all tables');
is(scalar keys %table, scalar @$tables, 'each with a name of its own');

# Row and column by name.
sub cell
{
	my ($table, $row, $column) = @_;
	my ($r) = grep { $_->{name} eq $row } @{$table{$table}{rows}};
	my ($c) = grep { $table{$table}{columns}[$_] eq $column } 0 .. $#{$table{$table}{columns}};
	die "$table: $row, $column" unless defined $r && defined $c;
	return $r->{cells}[$c];
}

my @known = (
	# table, row, column, text, source
	['intel', 'WP', 'UC-', 'WC', 'SDM PAT x MTRR'],
	['intel', 'WB', 'UC', 'UC (page)', 'SDM PAT x MTRR'],
	['intel', 'UC', 'WC', 'WC', 'SDM PAT x MTRR'],
	['ept', 'uc-only', 'WC', 'UC', 'SDM EPT'],
	['ept', 'uc', 'WC', 'WC', 'SDM PAT x MTRR'],
	['ept', 'wb-only', 'UC', 'WB', 'SDM EPT'],
	['amd-nested', 'WC', 'WB', 'WC+', 'APM 15-19'],
	['amd-nested', 'UC', 'WB', 'UC', 'APM 15-19'],
	['amd-mtrr', 'UC-', 'WC', 'WC', 'APM 7-11'],
	['amd-mtrr', 'WC+', 'UC', 'WC', 'APM 15-20'],
	['npt', 'wb, MTRR WB', 'WC', 'WC+', 'APM 15-19, 15-20'],
	['npt', 'uc, MTRR WB', 'WB', 'CD', 'APM 15-19, 15-20'],
	['npt-cr0-cd', 'wb, MTRR WB, CR0.CD', 'WB', 'CD', 'APM CR0.CD'],
	['arm64', 'normal-wb', 'Normal-NC', 'Normal-NC', 'Arm stage 1 x stage 2'],
	['arm64-fwb', 'normal-wb', 'Normal-NC', 'Normal-WB', 'Arm FEAT_S2FWB'],
	['pat', 'PA6', 'after reset', 'UC-', 'SDM, APM PAT'],
	['encodings', '7', 'in an MTRR', '#GP', 'SDM, APM PAT'],
	['mtrr-overlaps', 'WT', 'WB', 'WT', 'SDM, APM MTRR'],
	['mtrr-overlaps', 'WC', 'WB', 'undefined', 'SDM, APM MTRR'],
	['mtrr-writes', 'MTRRcap', 'result', 'MTRRcap is read-only: #GP.', 'SDM, APM MTRR'],
	['aliases', 'WB', 'WC', 'forbidden', 'SDM aliases'],
	['aliases-self-snoop', 'WB', 'WC', 'tolerated', 'ours'],
	['x86', 'DEVICE', 'NPT', 'refused: wc-not-forbiddable', undef],
	['x86', 'CACHED', 'EPT', 'wb-only (cached-pat-ignored)', undef],
	['x86-unsnooped', 'CACHED', 'EPT', 'refused: no-safe-type-beside-dma', undef],
	['x86-unsnooped', 'CACHED', 'NPT', 'wb (cached-pat-honoured), clean before, after', undef],
	['x86-mtrr', 'CACHED', 'UC', 'wb', undef],
	['x86-mtrr', 'EXCLUSIVE', 'WC', 'wc', undef],
	['arm64-rule', 'CACHED', 'FWB, unsnooped device', 'refused: forced-beside-unsnooped-dma', undef],
	['kvm', 'device memory', '2008-wb', 'WB, PAT ignored', undef],
	['kvm', 'RAM, non-coherent DMA, guest MTRR UC', '2009-mtrr', 'UC', undef],
	['sources', 'APM 15-19', 'standing', 'one text', undef],
);
for my $row (@known) {
	my ($table, $name, $column, $text, $source) = @$row;
	my $cell = cell($table, $name, $column);
	is($cell->{text}, $text, "$table: $name, $column");
	is($cell->{source} ? $cell->{source}{name} : undef, $source, "$table: $name, $column: source");
}

# Of hardware every cell says where it was read.
for my $name (qw(intel ept amd-nested amd-mtrr npt npt-cr0-cd arm64 arm64-fwb pat encodings
		 mtrr-overlaps mtrr-writes aliases aliases-self-snoop alias-reasons)) {
	my @without = grep { !$_->{source} } map { @{$_->{cells}} } @{$table{$name}{rows}};
	is(scalar @without, 0, "$name: every cell has its source");
}
for my $table (@$tables) {
	my @ragged = grep { @{$_->{cells}} != @{$table->{columns}} } @{$table->{rows}};
	is(scalar @ragged, 0, "$table->{name}: every row is whole");
	my @empty = grep { $_->{text} eq '' } map { @{$_->{cells}} } @{$table->{rows}};
	is(scalar @empty, 0, "$table->{name}: no cell is empty");
}
my @undefined = grep { $_->{formerly_undefined} } map { @{$_->{cells}} } @{$table{intel}{rows}};
is(scalar @undefined, 5, 'five cells were undefined');
# What is from memory alone would have to say so, everywhere.
my %standing = map { $_->{name} => $_->{cells}[0]{text} } @{$table{sources}{rows}};
my @used = map { $_->{source} ? $_->{source}{name} : () } map { @{$_->{cells}} }
	map { @{$_->{rows}} } @$tables;
is(scalar(grep { !defined $standing{$_} } @used), 0, 'every source is in the list');
my @unverified = grep { $standing{$_} eq 'UNVERIFIED' } keys %standing;
is("@unverified", '', 'nothing is from memory');

# Whatever a cell names as its reason is explained.
my %explained = map { $_->{name} => 1 } @{$table{reasons}{rows}};
for my $name (qw(x86 x86-unsnooped arm64-rule)) {
	for my $text (map { $_->{text} } map { @{$_->{cells}} } @{$table{$name}{rows}}) {
		my ($reason) = $text =~ /^refused: (\S+)$|\((\S+)\)/ ? ($1 // $2) : ();
		ok($reason && $explained{$reason}, "$name: why $text");
	}
}

# --- text, one table, all of them ---------------------------------------------------------------

for my $name (sort keys %table) {
	($status, $out) = mezzo('table', $name);
	is($status, 0, "table $name");
	like($out, qr/^\Q$table{$name}{title}\E$/m, "$name: title");
	unlike($out, qr/[ \t]$/m, "$name: no space at the end of a line");
	for my $row (@{$table{$name}{rows}}) {
		my ($word) = $row->{name} =~ /^(\S+)/;
		like($out, qr/^  \Q$word\E/m, "$name: row $row->{name}");
	}
	my ($one, $json) = mezzo('table', '--json', $name);
	is_deeply(decode_json($json)->{tables}, [$table{$name}], "$name: json");
}
($status, my $all) = mezzo('table');
is($status, 0, 'all tables as text');
like($all, qr/^  Alone: mezzo table \Q$_\E$/m, "$_: named") for keys %table;

($status, $out, $err) = mezzo('table', 'intle');
is($status, 2, 'an unknown table');
like($err, qr/did you mean 'intel'/, 'and the nearest');
($status) = mezzo('table', '--json', '--markdown');
is($status, 2, 'one form at a time');

# --- docs/memory-types.md -------------------------------------------------------------------------

my (undef, $markdown) = mezzo('table', '--markdown');
open my $file, '<', 'docs/memory-types.md' or die "docs/memory-types.md: $!";
my $written = do { local $/; <$file> };
is($written, $markdown,
   'docs/memory-types.md is up to date (build/mezzo table --markdown >docs/memory-types.md)');
like($markdown, qr/^### \Q$table{$_}{title}\E$/m, "$_: in the document") for keys %table;
# Tables are well formed: as many bars in every line of one.
my $bars;
for my $line (split /\n/, $markdown) {
	if ($line !~ /^\|/) {
		undef $bars;
		next;
	}
	my $count = () = $line =~ /\|/g;
	$bars //= $count;
	fail("as many columns: $line") if $count != $bars;
}
like($markdown, qr/no executable judge/, 'and says what has no judge');

done_testing();
