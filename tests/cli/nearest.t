#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What a refusal says would be accepted is accepted, when it is typed as it was printed.
use strict;
use warnings;
use lib 'tests/cli';
use Mezzo;
use Test::More;

my ($asked, $refused, @wrong) = (0, 0);

# The question again with the printed changes applied.
sub changed
{
	my ($question, $nearest) = @_;
	for my $change (@$nearest) {
		my $option = $change->{option};
		if ($option =~ /^no (--\S+)(?: (\S+))?$/) {
			my ($name, $value) = ($1, $2);
			if (defined $value) {
				$question =~ s/\Q$name\E \S*\K,?\b\Q$value\E\b//;
				$question =~ s/\Q$name\E ,/$name /;
				$question =~ s/\Q$name\E \S*\K,(?= |$)//;
				$question =~ s/\Q$name\E +(?=--|$)//;
			} else {
				$question =~ s/\Q$name\E( |$)//;
			}
		} elsif ($option =~ /^--cpu \.\.\.,(\S+)$/) {
			my $feature = $1;
			my $opposite = $feature =~ /^no-(.*)/ ? $1 : "no-$feature";
			$question =~ s/--cpu (\S+)/--cpu $1,$feature/;
			$question =~ s/(--cpu \S*?),\Q$opposite\E(?=,| |$)/$1/;
		} else {
			$question .= " $option";
		}
	}
	return $question;
}

sub ask
{
	my ($question) = @_;
	my ($status, $a) = answer($question);
	$asked++;
	return if $status == 0;
	$refused++;
	if (!@{$a->{nearest}}) {
		push @wrong, "$question: nothing near";
		return;
	}
	my $again = changed($question, $a->{nearest});
	my ($now) = answer($again);
	push @wrong, "$question -> $again" if $now != 0;
}

for my $contract ('--contract device', '--contract combining', '--contract cached',
		  '--contract exclusive', '--aliases cached --allow all',
		  '--aliases uncached --allow nc', '--aliases none --allow wb') {
	for my $maintenance (qw(none window direct)) {
		for my $cpu (('none', 'cortex-a710', 'max,mte', 'fwb,no-idc')) {
			ask("$contract --maintenance $maintenance --cpu $cpu --content unowned " .
			    "--lines $_") for qw(clean maybe);
		}
	}
	for my $arch ('--arch x86-ept --cpu none', '--arch x86-ept --cpu self-snoop',
		      '--arch x86-npt --cpu none') {
		ask("$arch $contract --dma $_") for qw(none snooped unsnooped);
		ask("$arch $contract --maintenance $_ --guest noncoherent-dma,dirty-log")
			for qw(none window direct);
		ask("$arch $contract $_")
			for '--mmio', '--private', '--content unowned --maintenance none',
			    '--lines maybe --maintenance none';
	}
	ask("$contract --cpu max,mte --guest mte --dma $_") for qw(none snooped unsnooped);
	ask("$contract --cpu max --guest dirty-log --dma snooped");
	ask("$contract --cpu max --guest mte");
	ask("$contract --cpu max --private");
	ask("$contract --cpu max --mmio");
}

cmp_ok($asked, '>', 200, 'questions were asked');
cmp_ok($refused, '>', 80, 'and many were refused');
is(scalar @wrong, 0, 'what was said to be accepted is accepted') or diag(join "\n", @wrong);

done_testing();
