# SPDX-License-Identifier: BSD-2-Clause
# QEMU's gdbstub as a witness: registers of an arm64 machine, and the stage-2 leaf that really
# stands in its memory. The machine stands still while one is connected.
package Gdb;
use strict;
use warnings;
no warnings 'portable';	# addresses have 64 bits
use IO::Socket::UNIX;

# Of the second try on, a machine that was at EL2 may be in its guest.
use constant TRIES => 40;

sub new
{
	my ($class, $path) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";
	my $self = bless { socket => $socket, buffer => '' }, $class;
	$self->ask('qSupported:xmlRegisters=aarch64;qXfer:features:read+');
	return $self;
}

sub byte
{
	my ($self) = @_;
	if ($self->{buffer} eq '') {
		my $ready = '';
		vec($ready, fileno($self->{socket}), 1) = 1;
		select($ready, undef, undef, 10) > 0 or die "gdbstub: no answer\n";
		sysread($self->{socket}, $self->{buffer}, 65536) or die "gdbstub: gone\n";
	}
	return substr $self->{buffer}, 0, 1, '';
}

# A packet and its answer.
sub ask
{
	my ($self, $text) = @_;
	my $sum = 0;
	$sum += ord for split //, $text;
	syswrite $self->{socket}, sprintf('$%s#%02x', $text, $sum & 255);
	my ($answer, $byte) = ('');
	while (($byte = $self->byte) ne '$') { }
	while (($byte = $self->byte) ne '#') {
		$answer .= $byte;
	}
	$self->byte for 1, 2;
	syswrite $self->{socket}, '+';
	return $answer;
}

sub feature
{
	my ($self, $name) = @_;
	my $text = '';
	while (1) {
		my $part = $self->ask(sprintf 'qXfer:features:read:%s:%x,3000', $name, length $text);
		$part =~ s/^([lm])// or die "gdbstub: no $name\n";
		my $more = $1 eq 'm';
		$part =~ s/\}(.)/chr(ord($1) ^ 0x20)/ges;
		$text .= $part;
		return $text unless $more;
	}
}

# Names of registers to their numbers, which count on where a description names none.
sub registers
{
	my ($self) = @_;
	return $self->{registers} if $self->{registers};
	my ($next, %number) = (0);
	for my $file ($self->feature('target.xml') =~ /<xi:include href="([^"]+)"/g) {
		for my $tag ($self->feature($file) =~ /<reg ([^>]*)>/g) {
			my ($name) = $tag =~ /\bname="([^"]+)"/;
			$next = $1 if $tag =~ /\bregnum="(\d+)"/;
			$number{$name} = $next++;
		}
	}
	return $self->{registers} = \%number;
}

# The little-endian value of a register; undef where this CPU has none of that name.
sub register
{
	my ($self, $name) = @_;
	my $number = $self->registers->{$name} // return undef;
	my $text = $self->ask(sprintf 'p%x', $number);
	return undef unless $text =~ /^(?:[0-9a-f]{2})+$/;
	my $value = 0;
	$value = $value << 8 | hex for reverse $text =~ /../g;
	return $value;
}

sub physical
{
	my ($self, $address) = @_;
	my $text = $self->ask(sprintf 'm%x,8', $address);
	die "gdbstub: cannot read $text\n" unless $text =~ /^[0-9a-f]{16}$/;
	return unpack 'Q<', pack 'H*', $text;
}

# Select a CPU that is in a guest: below EL2 with stage 2 on. False: none is just now.
sub in_guest
{
	my ($self) = @_;
	# QEMU names one CPU in an answer.
	my @cpus;
	for (my $answer = $self->ask('qfThreadInfo'); $answer =~ /^m(.+)/;
	     $answer = $self->ask('qsThreadInfo')) {
		push @cpus, split /,/, $1;
	}
	for my $cpu (@cpus) {
		$self->ask("Hg$cpu");
		my ($hcr, $cpsr) = ($self->register('HCR_EL2'), $self->register('cpsr'));
		next unless defined $hcr && defined $cpsr;
		return 1 if ($hcr & 1) && ($cpsr >> 2 & 3) < 2;
	}
	return 0;
}

# The leaf that translates a guest-physical address under a 4 KiB granule:
# {level, bytes, entry, attr, read, write, exec, fwb}, or undef.
sub leaf
{
	my ($self, $gpa) = @_;
	my ($vttbr, $vtcr, $hcr) = map { $self->register($_) } qw(VTTBR_EL2 VTCR_EL2 HCR_EL2);
	my $wide = $vtcr >> 32 & 1;	# DS: 52-bit output addresses
	my $start = 2 - ($vtcr >> 6 & 3);
	$start = -1 if $wide && $start == 2 && $vtcr >> 33 & 1;
	my $table = $vttbr & 0x0000fffffffff000;

	# Tables side by side at the first level make its index longer.
	for (my ($level, $mask) = ($start, 0x1fff); $level <= 3; $level++, $mask = 0x1ff) {
		my $shift = 12 + 9 * (3 - $level);
		my $entry = $self->physical($table + 8 * ($gpa >> $shift & $mask));
		return undef unless $entry & 1;
		if ($level < 3 && ($entry & 2)) {
			$table = $entry & 0x0000fffffffff000;
			next;
		}
		return {
			level => $level,
			bytes => 1 << $shift,
			entry => sprintf('%#018x', $entry),
			attr => $entry >> 2 & 15,
			read => $entry >> 6 & 1,
			write => $entry >> 7 & 1,
			exec => ($entry >> 53 & 3) == 0 ? 1 : 0,
			fwb => $hcr >> 46 & 1,
		};
	}
}

# "normal-wb", ... of a leaf
sub type
{
	my ($leaf) = @_;
	return 'none' unless $leaf;
	my %type = $leaf->{fwb} ? (6 => 'normal-wb', 5 => 'normal-nc', 1 => 'device-nGnRE',
				   7 => 'guest-choice')
				: (15 => 'normal-wb', 5 => 'normal-nc', 1 => 'device-nGnRE');
	return $type{$leaf->{attr}} // "attr-$leaf->{attr}";
}

# Leaves of several addresses of the guest that runs on the machine behind a socket.
sub leaves
{
	my ($path, @addresses) = @_;
	for (1 .. TRIES) {
		my $gdb = Gdb->new($path);
		my %leaf;
		if ($gdb->in_guest) {
			$gdb->ask('Qqemu.PhyMemMode:1');
			%leaf = map { $_ => $gdb->leaf($_) } @addresses;
			$gdb->ask('Qqemu.PhyMemMode:0');
		}
		$gdb->ask('D');
		close $gdb->{socket};
		return \%leaf if %leaf;
		select undef, undef, undef, 0.05;
	}
	die "no CPU was seen in a guest\n";
}

1;
