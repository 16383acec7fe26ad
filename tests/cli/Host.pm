# SPDX-License-Identifier: BSD-2-Clause
# Captured hosts (tests/cli/hosts/, made by tests/boot/audit_*.t), and the same with changes.
package Host;
use strict;
use warnings;
use Exporter 'import';
use File::Basename;
use File::Path 'make_path';
use File::Temp;
use JSON::PP;
use Mezzo;

our @EXPORT = qw(captured changed audited finding_names slurp_file edit_file link_file);

sub captured { return "tests/cli/hosts/$_[0].tar" }

sub slurp_file
{
	open my $file, '<:raw', $_[0] or return undef;
	local $/;
	return scalar <$file>;
}

# Write a file of a host's directory; undef takes it away.
sub edit_file
{
	my ($directory, $path, $text) = @_;
	return unlink "$directory/$path" unless defined $text;
	make_path(dirname("$directory/$path"));
	open my $file, '>:raw', "$directory/$path" or die "$path: $!";
	print $file $text;
	close $file;
}

sub link_file
{
	my ($directory, $path, $target) = @_;
	make_path(dirname("$directory/$path"));
	unlink "$directory/$path";
	symlink $target, "$directory/$path" or die "$path: $!";
}

# A directory of a captured host, after `change` was called with it and the guest's process.
sub changed
{
	my ($name, $change) = @_;
	my $directory = File::Temp->newdir('mezzo-host.XXXXXX', TMPDIR => 1);
	system('tar', 'xf', captured($name), '-C', "$directory") == 0 or die "tar: $?";
	my ($pid) = map { basename $_ } glob "$directory/mezzo/smaps/*";
	$change->("$directory", $pid) if $change;
	return $directory;
}

# Exit status and JSON of an audit of a capture or its directory.
sub audited
{
	my ($path, @options) = @_;
	my ($status, $out, $err) = mezzo('audit', '--json', '--root', "$path", @options);
	die "audit of $path: $status, $err" if $status > 1;
	return ($status, decode_json($out));
}

sub finding_names
{
	my %seen;
	return [grep { !$seen{$_}++ } map { $_->{name} } @{$_[0]{findings}}];
}

1;
