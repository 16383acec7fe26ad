#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The text of a few answers, to the letter: tests/cli/golden/*.txt, each with its question in the
# first line. UPDATE_GOLDEN=1 writes them anew; look at the difference before you commit it.
use strict;
use warnings;
use lib 'tests/cli';
use Mezzo;
use Test::More;

delete $ENV{COLUMNS};
for my $file (sort glob 'tests/cli/golden/*.txt') {
	open my $in, '<', $file or die "$file: $!";
	my $question = <$in>;
	local $/;
	my $wanted = <$in> // '';
	close $in;
	my ($words) = $question =~ /^\$ mezzo (.*)$/ or die "$file: no question";
	my ($status, $out, $err) = mezzo(split ' ', $words);
	my $got = "$out${err}exit $status\n";
	if ($ENV{UPDATE_GOLDEN}) {
		open my $new, '>', $file or die "$file: $!";
		print $new $question, $got;
		close $new;
		$wanted = $got;
	}
	is($got, $wanted, "mezzo $words");
}

# The colours of a terminal, and none where they are not wanted.
SKIP: {
	skip 'no script(1)', 3 if system('command -v script >/dev/null 2>&1');
	my $binary = $ENV{MEZZO} // 'build/mezzo';
	local $ENV{TERM} = 'xterm';
	delete local $ENV{NO_COLOR};
	my $run = "script -qec '$binary explain --cpu none --maintenance none' /dev/null";
	like(scalar `$run`, qr/\e\[31mrefused/, 'colour on a terminal');
	local $ENV{NO_COLOR} = 1;
	unlike(scalar `$run`, qr/\e\[/, 'none with NO_COLOR');
	delete $ENV{NO_COLOR};
	$ENV{TERM} = 'dumb';
	unlike(scalar `$run`, qr/\e\[/, 'none on a dumb terminal');
}

done_testing();
