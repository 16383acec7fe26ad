#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo replay`: recordings of KVM's memory calls, real ones, altered ones and damaged ones.
use strict;
use warnings;
use lib 'tests/cli';
use File::Temp;
use JSON::PP;
use List::Util qw(shuffle);
use Mezzo;
use Test::More;

my $q35 = 'tests/replay/qemu-q35-kvm.strace';

sub slurp_lines
{
	open my $file, '<', $_[0] or die "$_[0]: $!";
	return <$file>;
}

# Exit status, the answer, what was said on standard error.
sub replayed
{
	my ($text, @options) = @_;
	my $file = File::Temp->new;
	print $file $text;
	close $file;
	my ($status, $out, $err) = mezzo('replay', '--json', @options, $file->filename);
	return ($status, $out eq '' ? undef : decode_json($out), $err);
}

sub lines_of
{
	my ($answer, $verdict) = @_;
	return map { $_->{line} } grep { $_->{verdict} eq $verdict } @{$answer->{calls}};
}

sub region
{
	my ($fd, $slot, $flags, $gpa, $size, $user, $result) = @_;
	return sprintf "ioctl(%d, KVM_SET_USER_MEMORY_REGION, {slot=%s, flags=%s, " .
		"guest_phys_addr=%s, memory_size=%s, userspace_addr=%s}) = %s\n",
		$fd, $slot, $flags, $gpa, $size, $user, $result;
}

my $vm = "ioctl(3, KVM_CREATE_VM, 0) = 8\n";

# --- recordings --------------------------------------------------------------------------------

# Real ones agree throughout.
for my $file (glob 'tests/replay/*.strace') {
	my ($status, $out, $err) = mezzo('replay', '--json', $file);
	my $answer = decode_json($out);
	subtest $file => sub {
		is($status, 0, 'exit status');
		is($err, '', 'nothing to say');
		is_deeply([lines_of($answer, 'disagrees'), lines_of($answer, 'follows')], [],
			  'agrees throughout');
		cmp_ok($answer->{totals}{agree}, '>=', 59, 'and there was something to agree about');
		is($answer->{totals}{damaged}, 0, 'no line is damaged');
		is(scalar @{$answer->{calls}},
		   $answer->{totals}{agree} + $answer->{totals}{not_judged}, 'calls are counted');
	};
}

# All ways to print one program say the same of it.
{
	my @maps;
	for my $file (glob 'tests/replay/strace-6.1-*.strace') {
		my ($status, $out) = mezzo('replay', '--json', $file);
		my $answer = decode_json($out);
		delete $_->{line} for @{$answer->{vms}};
		push @maps, encode_json({vms => $answer->{vms}, totals => $answer->{totals}});
		is(scalar @{$answer->{vms}}, 3, "$file: a descriptor that is used again is a new VM");
	}
	is(scalar @maps, 4, 'four recordings');
	is_deeply([map { decode_json($_) } @maps], [(decode_json($maps[0])) x 4], 'say the same');
}

# The map is what the guest had in the end.
{
	my ($status, $out) = mezzo('replay', '--json', $q35);
	my $vms = decode_json($out)->{vms};
	is(scalar @$vms, 1, 'one VM');
	my @slots = @{$vms->[0]{spaces}[0]{slots}};
	is(join(' ', map { $_->{slot} } @slots), '0 4 5 6 7 8 9 2 3 1', 'slots by address');
	is_deeply([@{$slots[-1]}{qw(start end read_only dirty_log userspace_addr guest_memfd)}],
		  ['0xfffc0000', '0x100000000', JSON::PP::true, JSON::PP::false, '0x7f25d2200000',
		   undef], 'the ROM');
	is($slots[7]{dirty_log}, JSON::PP::true, 'the framebuffer logs');
	my ($code, $text) = mezzo('replay', $q35);
	is($code, 0, 'as text');
	like($text, qr/^  2 +0xfd000000 +0xfe000000 +0x7f25aac00000 +dirty-log$/m, 'with the map');
	like($text, qr/^  disagrees +0$/m, 'with the count');
	like($text, qr/^  83 +VM 1, KVM_SET_USER_MEMORY_REGION slot 0: 0 \+ 0x20000000/m,
	     'with the calls');
}

# --- altered -----------------------------------------------------------------------------------

# Twenty results, whichever: the answers disagree there and nowhere else.
srand 1;
my @original = slurp_lines($q35);
my @judged = grep {
	$original[$_] =~ /KVM_SET_USER_MEMORY_REGION|CAP_(USER_MEMORY|SYNC_MMU|READONLY_MEM|NR_MEMSLOTS)/
} 0 .. $#original;
cmp_ok(scalar @judged, '>=', 50, 'calls that can be altered');
for my $round (1 .. 25) {
	my @copy = @original;
	my @chosen = sort { $a <=> $b } (shuffle @judged)[0 .. 19];
	for (@chosen) {
		my $other = (' -1 EINVAL (Invalid argument)', ' -1 EEXIST (File exists)',
			     ' -1 ENOMEM (Cannot allocate memory)', ' 7')[rand 4];
		$copy[$_] =~ s/= .*?$/=$other/ if $copy[$_] !~ /REGION/;
		$copy[$_] =~ s/\) = 0$/) =$other/;
	}
	my ($status, $answer) = replayed(join '', @copy);
	is($status, 1, "round $round: exit status");
	is_deeply([lines_of($answer, 'disagrees')], [map { $_ + 1 } @chosen],
		  "round $round: exactly the twenty");
	is_deeply([lines_of($answer, 'follows')], [], "round $round: nothing follows");
}

# Twenty slots that KVM would have refused: what comes of them later follows.
my %spoil = (
	'a size that is no pages' => sub { s/memory_size=(\d+)/'memory_size=' . ($1 + 1)/e },
	'a guest address within a page' =>
		sub { s/guest_phys_addr=(\w+)/sprintf 'guest_phys_addr=%#x', hex($1) + 16/e },
	'a host address within a page' => sub { s/userspace_addr=0x(\w+)/userspace_addr=0x${1}1/ },
	'an unknown flag' => sub { s/flags=[A-Z_0]+/flags=0x80 \/* KVM_MEM_??? *\// },
	'a number beyond the host\'s' => sub { s/slot=\d+/slot=40000/ },
	'addresses beyond the guest\'s' => sub { s/guest_phys_addr=\w+/guest_phys_addr=0x20000000000000/ },
);
my @creations = grep { $original[$_] =~ /MEMORY_REGION.*memory_size=[1-9]/ } 0 .. $#original;
for my $round (1 .. 25) {
	my @copy = @original;
	my @chosen = sort { $a <=> $b } (shuffle @creations)[0 .. 19];
	for my $line (@chosen) {
		my $how = (sort keys %spoil)[rand keys %spoil];
		$spoil{$how}->() for $copy[$line];
		isnt($copy[$line], $original[$line], "round $round: line $line has $how");
	}
	my ($status, $answer) = replayed(join '', @copy);
	is($status, 1, "spoilt round $round: exit status");
	is_deeply([lines_of($answer, 'disagrees')], [map { $_ + 1 } @chosen],
		  "spoilt round $round: exactly the twenty");
	for my $call (grep { $_->{verdict} eq 'follows' } @{$answer->{calls}}) {
		ok((grep { $_ + 1 == $call->{cause} } @chosen),
		   "round $round: line $call->{line} follows from one of them");
	}
}

# A refusal says which rule, and what would do.
{
	my ($status, $answer) = replayed($vm . region(8, 0, 0, 0, 1048576, '0x10000', 0) .
		region(8, 3, 0, '0x80000', 1048576, '0x10000', 0));
	is($status, 1, 'a slot over another');
	my $call = $answer->{calls}[2];
	is($call->{engine}{error}, 'EEXIST', 'is refused');
	is($call->{engine}{reason}{name}, 'slot-overlaps', 'by name');
	is($call->{engine}{detail},
	   'guest_phys_addr 0x80000: 0x100000 would do; slot 0 is in the way', 'and in detail');
	is($call->{recorded}{value}, 0, 'beside what was recorded');
}

# --- what is not known -------------------------------------------------------------------------

# strace does not print the second call's argument: afterwards nobody knows the slots.
{
	my $second = "ioctl(8, _IOC(_IOC_WRITE, 0xae, 0x49, 0xa0), 0x7ffe1000) = 0\n";
	my ($status, $answer) = replayed($vm . region(8, 0, 0, 0, 4096, '0x1000', 0) . $second .
		region(8, 1, 0, 0, 0, '0x1000', 0) . region(8, 0, 0, 0, 0, '0x1000', 0));
	is($status, 0, 'the second call, its arguments not shown');
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}),
	   'agrees agrees not-judged follows agrees', 'what depends on it follows');
	is($answer->{calls}[3]{cause}, 3, 'from that line');
	# A later strace may print it.
	($status, $answer) = replayed($vm . "ioctl(8, KVM_CREATE_GUEST_MEMFD, 0x7ffe1000) = 11\n" .
		'ioctl(8, KVM_SET_USER_MEMORY_REGION2, {slot=0, flags=KVM_MEM_GUEST_MEMFD, ' .
		'guest_phys_addr=0, memory_size=2097152, userspace_addr=0x10000, ' .
		"guest_memfd_offset=0, guest_memfd=11}) = 0\n" .
		'ioctl(8, KVM_SET_USER_MEMORY_REGION2, {slot=0, flags=KVM_MEM_GUEST_MEMFD, ' .
		'guest_phys_addr=0, memory_size=2097152, userspace_addr=0x10000, ' .
		"guest_memfd_offset=0, guest_memfd=11}) = -1 EINVAL (Invalid argument)\n" .
		'ioctl(8, KVM_SET_USER_MEMORY_REGION2, {slot=1, flags=KVM_MEM_GUEST_MEMFD, ' .
		'guest_phys_addr=0x200000, memory_size=2097152, userspace_addr=0, ' .
		"guest_memfd_offset=0, guest_memfd=-1}) = -1 EBADF (Bad file descriptor)\n");
	is($status, 0, 'the second call, its arguments shown');
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}),
	   'agrees not-judged agrees agrees agrees', 'is judged');
	is($answer->{vms}[0]{spaces}[0]{slots}[0]{guest_memfd}, 11, 'and mapped');
}

# A recording that begins in the middle of a VM's life.
{
	my ($status, $answer) = replayed(region(8, 4, 0, 0, 0, '0x1000', 0) .
		region(8, 5, 0, 0, 4096, '0x1000', 0) .
		region(8, 5, 0, 0, 8192, '0x1000', '-1 EINVAL (Invalid argument)'));
	is($status, 0, 'a recording that begins late');
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}), 'follows agrees agrees',
	   'does not blame the engine');
	is($answer->{vms}[0]{line}, undef, 'a VM without a beginning');
	($status, $answer) = replayed(region(99, 0, 0, 0, 4096, '0x1000', '-1 EBADF (Bad file descriptor)')
		. $vm);
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}), 'not-judged agrees',
	   'what is no VM is not judged');
}

# Dirty logs and capabilities, should strace show them.
{
	my ($status, $answer) = replayed($vm .
		region(8, 0, 'KVM_MEM_LOG_DIRTY_PAGES', 0, 1048576, '0x10000', 0) .
		"ioctl(8, KVM_GET_DIRTY_LOG, {slot=0, dirty_bitmap=0x7f00}) = 0\n" .
		"ioctl(8, KVM_GET_DIRTY_LOG, {slot=1, dirty_bitmap=0x7f00}) = -1 ENOENT (No such file or directory)\n" .
		"ioctl(8, KVM_ENABLE_CAP, {cap=KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, flags=0, args=[1, 0, 0, 0]}) = 0\n" .
		"ioctl(8, KVM_ENABLE_CAP, {cap=168, flags=0, args=[4, 0, 0, 0]}) = -1 EINVAL (Invalid argument)\n" .
		"ioctl(8, KVM_ENABLE_CAP, {cap=KVM_CAP_X86_USER_SPACE_MSR, flags=0, args=[1, 0, 0, 0]}) = 0\n" .
		"ioctl(8, KVM_CLEAR_DIRTY_LOG, {slot=0, num_pages=64, first_page=64, dirty_bitmap=0x7f00}) = 0\n" .
		"ioctl(8, KVM_CLEAR_DIRTY_LOG, {slot=0, num_pages=1, first_page=0, dirty_bitmap=0x7f00}) = 0\n" .
		"ioctl(8, KVM_GET_DIRTY_LOG, 0x7ffe1000) = 0\n");
	is($status, 1, 'logs');
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}),
	   'agrees agrees agrees agrees agrees agrees not-judged agrees disagrees not-judged',
	   'are judged where their arguments are shown');
}

# Hosts differ; numbers that no host has are wrong.
{
	my $ask = 'ioctl(3, KVM_CHECK_EXTENSION, KVM_CAP_';
	my ($status, $answer) = replayed("${ask}NR_MEMSLOTS) = 509\n${ask}MULTI_ADDRESS_SPACE) = 2\n" .
		$vm . region(8, 600, 0, 0, 4096, '0x1000', '-1 EINVAL (Invalid argument)') .
		region(8, 65536, 0, 0, 4096, '0x1000', 0) .
		"${ask}NR_MEMSLOTS) = 509\n${ask}NR_MEMSLOTS) = 510\n");
	is(join(' ', map { $_->{verdict} } @{$answer->{calls}}),
	   'not-judged not-judged agrees agrees agrees agrees disagrees', 'another host');
	is($answer->{calls}[-1]{engine}{value}, 509, 'is remembered');
	is($answer->{vms}[0]{spaces}[1]{slots}[0]{slot}, 0, 'its second address space has a slot');
	($status, $answer) = replayed("ioctl(3, KVM_CREATE_VM, 0x24) = 8\n" .
		region(8, 0, 0, '0xfff000000', 16777216, '0x10000', 0) .
		region(8, 1, 0, '0x1000000000', 4096, '0x10000', '-1 EFAULT (Bad address)'),
		'--arch', 'arm64');
	is($status, 0, 'arm64: 36 bits of guest addresses, and EFAULT beyond');
	($status, $answer) = replayed($vm . region(8, 0, 0, 0, 4096, '0x10000',
						   '-1 EINVAL (Invalid argument)'), '--page', '64K');
	is($status, 0, 'a host of 64 KiB pages');
	($status, $answer) = replayed("ioctl(3, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE) = 40\n" .
		"ioctl(3, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) = 32767\n");
	is($answer->{arch}, 'arm64', 'the host is known by its names');
	is($status, 0, 'and has its own number of slots');
}

# --- lines ---------------------------------------------------------------------------------------

# Damaged lines are reported by number and passed over; the rest is judged.
{
	my @damaged = (
		'gibberish',
		'23537 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_ad',
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = ",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = 0 zero",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = -1 ENOSUCHERROR (?)",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, memory_size=4096, userspace_addr=0}) = -1 EINVAL (Invalid argument)",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=4294967296, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = -1 EINVAL (Invalid argument)",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=99999999999999999999, flags=0, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = -1 EINVAL (Invalid argument)",
		"ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=KVM_MEM_PURPLE, guest_phys_addr=0, memory_size=4096, userspace_addr=0}) = -1 EINVAL (Invalid argument)",
		"ioctl(KVM_SET_USER_MEMORY_REGION) = 0",
		"ioctl(8) = 0",
		"77 <... ioctl resumed>) = 0",
		"\0\0\0",
		"<... ioctl",
	);
	my @text = ($vm, map({ "$_\n" } @damaged), region(8, 0, 0, 0, 4096, '0x1000', 0));
	my ($status, $answer) = replayed(join '', @text);
	is_deeply([map { $_->{line} } @{$answer->{damaged}}], [2 .. 1 + @damaged], 'damaged lines');
	ok(!(grep { $_->{what} eq '' } @{$answer->{damaged}}), 'each says what is wrong');
	is($status, 0, 'are no disagreement');
	is(join(' ', lines_of($answer, 'agrees')), '1 ' . scalar @text, 'the others are judged');
	# Every line of a recording cut short: never a crash, and never more than one line is lost.
	for my $cut (1, 30, 60, 120) {
		my @short = map { substr($_, 0, rand length) . "\n" } @original;
		($status, $answer) = replayed(join '', @short);
		cmp_ok($status, '<=', 2, "cut short ($cut)");
	}
}

# Threads: a call that is split is one call, at the line where it ends.
{
	my ($status, $answer) = replayed($vm .
		"11 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, " .
		"memory_size=4096, userspace_addr=0x1000} <unfinished ...>\n" .
		"12 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, " .
		"memory_size=4096, userspace_addr=0x2000} <unfinished ...>\n" .
		"11 <... ioctl resumed>) = 0\n" .
		"12 <... ioctl resumed>)              = -1 EINVAL (Invalid argument)\n" .
		"13 ioctl(12, KVM_RUN, 0 <unfinished ...>\n" .
		"13 +++ killed by SIGKILL +++\n" .
		"14 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=9, flags=0, guest_phys_addr=0, " .
		"memory_size=4096, userspace_addr=0x1000} <unfinished ...>\n" .
		"14 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, " .
		"memory_size=4096, userspace_addr=0x1000}) = 0\n" .
		"15 ioctl(8, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, " .
		"memory_size=4096, userspace_addr=0x1000}) = ? ERESTARTSYS (To be restarted)\n");
	is($status, 0, 'threads');
	is(join(' ', lines_of($answer, 'agrees')), '1 4 5 9', 'split calls');
	is_deeply([map { $_->{thread} } @{$answer->{calls}}], [undef, 11, 12, 14, 15], 'of whom');
	is(join(' ', map { $_->{line} } @{$answer->{damaged}}), '8', 'one was never resumed');
	is(join(' ', lines_of($answer, 'not-judged')), '10', 'one never returned');
}

# --- usage ---------------------------------------------------------------------------------------

{
	my ($status, $out, $err) = mezzo('replay', '/nonexistent');
	is($status, 2, 'no such file');
	like($err, qr{/nonexistent: No such file}, 'is said');
	($status, $out, $err) = mezzo('replay');
	is($status, 2, 'FILE is missing');
	my $answer;
	($status, $answer, $err) = replayed("ioctl(1, TCGETS, 0x7ffe) = 0\n");
	is($status, 2, 'a recording of something else');
	like($err, qr/no memory call of KVM's/, 'is no agreement');
	is($answer->{totals}{passed_over}, 1, 'though it is counted');
	($status, $answer) = replayed('');
	is($status, 2, 'an empty file');
	my $binary = $ENV{MEZZO} // 'build/mezzo';
	is(system("$binary replay - <$q35 >/dev/null") >> 8, 0, 'standard input');
}

done_testing();
