# SPDX-License-Identifier: BSD-2-Clause
# Running the command and looking at what it says. Tests run from the root of the tree.
package Mezzo;
use strict;
use warnings;
use Exporter 'import';
use File::Temp;
use JSON::PP;

our @EXPORT = qw(mezzo asked answer);

my $binary = $ENV{MEZZO} // 'build/mezzo';
die "no $binary: run make\n" unless -x $binary;

sub slurp
{
	open my $file, '<', $_[0] or die "$_[0]: $!";
	local $/;
	return scalar <$file>;
}

# Exit status (or 128 and the signal), standard output, standard error.
sub mezzo
{
	my @words = @_;
	my ($out, $err) = (File::Temp->new, File::Temp->new);
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', $out->filename or die;
		open STDERR, '>', $err->filename or die;
		exec $binary, @words or die "$binary: $!";
	}
	waitpid $pid, 0;
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	return ($status, slurp($out->filename), slurp($err->filename));
}

# `mezzo explain` with the words of one string, as a person types them.
sub asked
{
	return mezzo('explain', split ' ', $_[0]);
}

# Exit status and the parsed JSON answer to a question.
sub answer
{
	my ($status, $out, $err) = asked("--json $_[0]");
	die "mezzo explain --json $_[0]: $status, $err" if $status > 1;
	return ($status, JSON::PP->new->decode($out));
}

1;
