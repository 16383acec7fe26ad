#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# `mezzo audit` of captured hosts: what it finds on them, and every finding on a host that was
# changed to have it.
use strict;
use warnings;
no warnings 'portable';	# addresses have 64 bits
use lib 'tests/cli';
use Host;
use JSON::PP;
use Mezzo;
use Test::More;
use Time::HiRes 'time';

# --- the captured hosts ------------------------------------------------------------------------

my %found = (
	'bookworm-max' => [qw(bar-inside-ram bar-device-only bar-through-sysfs bar-and-mte)],
	'trixie-max' => [qw(bar-inside-ram bar-through-sysfs bar-registers-normal bar-and-mte)],
	'trixie-backports-max' => [qw(bar-inside-ram bar-through-sysfs bar-registers-normal
				      bar-and-mte guest-memfd-needs-mmap)],
	'trixie-neoverse-n1' => [qw(bar-inside-ram bar-through-sysfs bar-registers-normal
				    guest-past-cache)],
	'bookworm-x86' => [],
	'trixie-x86' => [],
);
for my $name (sort keys %found) {
	my ($status, $audit) = audited(captured($name));
	is_deeply(finding_names($audit), $found{$name}, "$name: findings, worst first");
	is($status, @{$found{$name}} ? 1 : 0, "$name: exit status");
	is(scalar @{$audit->{guests}}, 1, "$name: its guest");
	is($audit->{guests}[0]{name}, undef, "$name: which has no name, as captured");
	my $directory = changed($name);
	is_deeply([audited($directory)], [$status, $audit], "$name: the same of its directory");
}
my %severity = (danger => 0, broken => 1, slow => 2, note => 3);

# --- every finding -----------------------------------------------------------------------------

my $function = 'sys/bus/pci/devices/0000:00:04.0';

sub answers
{
	my ($directory, $key, $value) = @_;
	my $text = slurp_file("$directory/mezzo/answers");
	$text =~ s/^\Q$key\E .*$/$key $value/m or $text .= "$key $value\n";
	edit_file($directory, 'mezzo/answers', $text);
}

sub release
{
	my ($directory, $release, $version) = @_;
	edit_file($directory, 'proc/sys/kernel/osrelease', "$release\n");
	edit_file($directory, 'proc/sys/kernel/version', $version // "#1 SMP\n");
}

# One more area of the guest, at an address of its own.
sub area
{
	my ($directory, $pid, $path, $flags, %field) = @_;
	my $file = "$directory/mezzo/smaps/$pid";
	my $offset = sprintf '%08x', $field{offset} // 0;
	my $start = sprintf '%x', 0x100000000;
	my $end = sprintf '%x', 0x100000000 + ($field{bytes} // 1 << 20);
	my $perms = $field{perms} // 'rw-s';
	edit_file($directory, "mezzo/smaps/$pid",
		  "$start-$end $perms $offset 00:00 0 $path\n" .
		  "KernelPageSize:        4 kB\nRss: " . ($field{resident} // 0) . " kB\n" .
		  "AnonHugePages: " . ($field{huge} // 0) . " kB\nVmFlags: $flags\n" .
		  slurp_file($file));
}

# BARs of the function: index => [start, bytes, prefetchable]
sub bars
{
	my ($directory, $path, %bar) = @_;
	my @line = ('0x0000000000000000 0x0000000000000000 0x0000000000000000') x 7;
	for my $index (keys %bar) {
		my ($start, $bytes, $prefetchable) = @{$bar{$index}};
		$line[$index] = sprintf '0x%016x 0x%016x 0x%016x', $start, $start + $bytes - 1,
			0x40200 | ($prefetchable ? 0x10200c : 0) | ($prefetchable ? 0x2000 : 0);
	}
	edit_file($directory, "$path/resource", join("\n", @line) . "\n");
}

sub ept { edit_file($_[0], 'sys/module/kvm_intel/parameters/ept', "Y\n") }

sub nvgrace
{
	my ($directory) = @_;
	link_file($directory, "$function/driver", '../../../bus/pci/drivers/nvgrace-gpu-vfio-pci');
	bars($directory, $function, 4 => [0x10000000000, 64 << 30, 1]);
}

my %cases = (
	'device-memory-read-past-cache' => ['trixie-max', \&nvgrace, qr/^0000:00:04.0 BAR 4$/,
		qr/as device-nGnRE: it reads past/],
	'cached-device-memory-refused' => ['trixie-neoverse-n1', sub {
		nvgrace(@_);
		release($_[0], '6.17.0');
	}, qr/BAR 4$/, qr/EINVAL/],
	'bar-device-only' => ['trixie-max', sub {
		link_file($_[0], 'sys/bus/platform/drivers/vfio-platform/fsl-dma.0',
			  '../../../../devices/platform/fsl-dma.0');
	}, qr/^fsl-dma\.0$/, qr/vfio-platform gives a guest device-nGnRE/],
	'bar-registers-normal' => ['trixie-max', undef, qr/^host$/, qr/^2 BARs/],
	'bar-smaller-than-page' => ['trixie-max', sub { answers($_[0], 'page_size', 65536) },
		qr/^0000:00:05.0 BAR 0$/, qr/16384 bytes/],
	'bar-by-small-pages' => ['bookworm-max', sub {
		bars($_[0], $function, 2 => [0x8000000000, 4 << 30, 1]);
	}, qr/^0000:00:04.0 BAR 2$/, qr/4 GiB .* 1048576 faults/],
	'bar-memory-disabled' => ['trixie-max', sub {
		my $config = slurp_file("$_[0]/$function/config");
		substr($config, 4, 1) = "\0";
		edit_file($_[0], "$function/config", $config);
	}, qr/^0000:00:04.0$/, qr/memory decoding is off/],
	'bar-inside-ram' => ['trixie-max', undef, qr/^process \d+, 0x/, qr/4096 KiB/],
	'bar-through-sysfs' => ['trixie-max', undef, qr/^process/, qr/resource2_wc .* on the host/],
	'bar-and-mte' => ['trixie-max', undef, qr/^host$/, qr/one of the 2 functions/],
	'no-iommu-group' => ['trixie-max', sub {
		edit_file($_[0], 'mezzo/boot-log', slurp_file("$_[0]/mezzo/boot-log") .
			  "vfio-pci 0000:00:06.0: probe with driver vfio-pci failed with error -22\n");
		unlink "$_[0]/sys/bus/pci/devices/0000:00:06.0/iommu_group";
	}, qr/^0000:00:06.0$/, qr/no IOMMU group/],
	'group-not-viable' => ['trixie-max', sub {
		my $other = 'sys/bus/pci/devices/0000:00:06.0';
		link_file($_[0], "$other/iommu_group", readlink "$_[0]/$function/iommu_group");
		link_file($_[0], "$other/driver", '../../../bus/pci/drivers/uio_ivshmem');
	}, qr/^0000:00:04.0$/, qr/0000:00:06.0 too, which the host drives by uio_ivshmem/],
	'iommu-unsafe' => ['trixie-max', sub {
		edit_file($_[0], 'sys/module/vfio/parameters/enable_unsafe_noiommu_mode', "Y\n");
	}, qr/enable_unsafe_noiommu_mode/, qr/reach what is not its own/],
	'dma-not-snooped' => ['trixie-max', sub {
		edit_file($_[0], 'sys/devices/platform/4010000000.pcie/of_node/dma-coherent', undef);
	}, qr/^0000:00:04.0$/, qr/FWB forces/],
	'iommufd-peer-to-peer' => ['trixie-max', sub {
		my $text = slurp_file("$_[0]/mezzo/processes");
		$text =~ s/(process $_[1] .*\n)/$1fd $_[1] 99 \/dev\/iommu\n/;
		edit_file($_[0], 'mezzo/processes', $text);
	}, qr/^process/, qr/through iommufd/],
	'guest-past-cache' => ['trixie-neoverse-n1', undef, qr/^process/, qr/framebuffer/],
	'ram-by-small-pages' => ['trixie-x86', sub {
		area(@_, '', 'rd wr mr mw me ac', perms => 'rw-p', bytes => 256 << 20,
		     resident => 256 << 10);
	}, qr/^process/, qr/of 2\d\d MiB of RAM .*: always/],
	'gpu-buffer-read-only' => ['trixie-backports-max', sub {
		area(@_, '/dev/dri/renderD128', 'rd wr sh mr mw me ms pf io de dd');
	}, qr/0x100000000$/, qr/Bad address/],
	'gpu-buffer-alias' => ['trixie-max', sub {
		area(@_, '/dmabuf:', 'rd wr sh mr mw me ms pf io de dd');
	}, qr/0x100000000$/, qr/write-combining/],
	'mixedmap-late-refusal' => ['trixie-neoverse-n1', sub {
		release($_[0], '6.17.3');
		area(@_, '/dev/some-gpu', 'rd wr sh mr mw me ms mm io de dd');
	}, qr/0x100000000$/, qr/this CPU has no FWB/],
	'guest-memfd-needs-mmap' => ['trixie-backports-max', undef, qr/^host$/, qr/MMAP/],
	'stage2-smaller-than-host' => ['trixie-max', sub {
		area(@_, '', 'rd wr mr mw me ac hg', perms => 'rw-p', bytes => 256 << 20,
		     resident => 256 << 10, huge => 256 << 10);
		edit_file($_[0], "sys/kernel/debug/kvm/$_[1]-9/stage2_page_tables",
			  "---[ Guest IPA ]---\n" .
			  "0x0000000040000000-0x0000000050000000         256M 3   R W px ux AF   \n");
	}, qr/^process/, qr/256 of 256 MiB at stage 2/, '--stage2'],
	'isa-hole-write-back' => ['trixie-x86', sub {
		ept(@_);
		area(@_, '/dev/mem', 'rd wr sh mr mw me ms pf io de dd', offset => 0xa0000,
		     bytes => 0x20000);
	}, qr/^process/, qr/ISA hole at 0xa0000/],
	'guest-mtrr-honoured' => ['bookworm-x86', \&ept, qr/^0000:00:04.0$/, qr/MTRRs and CR0\.CD/],
	'guest-pat-honoured' => ['trixie-x86', sub {
		ept(@_);
		edit_file($_[0], 'sys/class/iommu/dmar0/intel-iommu/ecap', "0\n");
	}, qr/^0000:00:04.0$/, qr/the guest's PAT decides/],
	'hostmem-under-uncached-mtrr' => ['trixie-x86', sub {
		my $path = 'sys/bus/pci/devices/0000:00:06.0';
		edit_file($_[0], "$path/device", "0x1050\n");
		bars($_[0], $path, 4 => [0xc0000000, 256 << 20, 1]);
		edit_file($_[0], 'proc/mtrr',
			  "reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable\n");
	}, qr/^0000:00:06.0 BAR 4$/, qr/MTRR at 0xc0000000/],
	'rules-uncertain' => ['bookworm-x86', sub { release($_[0], '5.14.0-503.el9.x86_64') },
		qr/^host$/, qr/later rules/],
	'no-kvm' => ['trixie-x86', sub { answers($_[0], 'kvm', 'error 2') }, qr/^host$/, qr/cannot/],
);

my (undef, $reasons) = mezzo('reason', '--json');
my @all = map { $_->{name} } grep { $_->{group} eq 'finding' } @{decode_json($reasons)->{reasons}};
is_deeply([sort @all], [sort keys %cases], 'every finding has a case');
for my $name (sort keys %cases) {
	my ($base, $change, $object, $what, @options) = @{$cases{$name}};
	subtest $name => sub {
		my (undef, $before) = audited(captured($base));
		ok(!grep({ $_->{name} eq $name && $_->{object} =~ $object } @{$before->{findings}}),
		   'the host did not have it') if $change;
		my $directory = changed($base, $change);
		my ($status, $audit) = audited($directory, @options);
		my ($one) = grep { $_->{name} eq $name && $_->{object} =~ $object &&
				   $_->{what} =~ $what } @{$audit->{findings}};
		ok($one, 'found') or do { diag(explain($audit->{findings})); return };
		ok($one->{why} ne '' && @{$one->{change}}, 'it says why and what to do');
		is($status, 1, 'exit status') if $one->{severity} ne 'note';
		my @order = map { $severity{$_->{severity}} } @{$audit->{findings}};
		is_deeply(\@order, [sort { $a <=> $b } @order], 'worst first');
		my ($code, $text) = mezzo('audit', '--root', "$directory", @options);
		is($code, $status, 'the same as text');
		like($text, qr/^  $one->{severity} +\Q$name\E$/m, 'named in the text');
	};
}

# --- what a finding must not be ----------------------------------------------------------------

sub without
{
	my ($title, $name, $base, $change) = @_;
	my (undef, $audit) = audited(changed($base, $change));
	ok(!grep({ $_->{name} eq $name } @{$audit->{findings}}), $title);
}
without('RAM beside a BAR is not around it', 'bar-inside-ram', 'trixie-max', sub {
	my ($directory, $pid) = @_;
	my $text = slurp_file("$directory/mezzo/smaps/$pid");
	# The area above the hole grows a flag: it is another mapping.
	my @areas = split /^(?=[0-9a-f]+-)/m, $text;
	for my $i (1 .. $#areas) {
		$areas[$i] =~ s/VmFlags: /VmFlags: nh / if $areas[$i - 1] =~ /vfio-device/;
	}
	edit_file($directory, "mezzo/smaps/$pid", join '', @areas);
});
without('a page of the host\'s size is none too small', 'bar-smaller-than-page', 'trixie-max');
without('a bridge in the group does no harm', 'group-not-viable', 'trixie-max', sub {
	my $other = 'sys/bus/pci/devices/0000:00:06.0';
	link_file($_[0], "$other/iommu_group", readlink "$_[0]/$function/iommu_group");
	link_file($_[0], "$other/driver", '../../../bus/pci/drivers/pcieport');
});
without('a function that nobody holds may sleep', 'bar-memory-disabled', 'trixie-max', sub {
	edit_file($_[0], 'sys/bus/pci/devices/0000:00:06.0/power_state', "D3hot\n");
});

without('a device of which nobody knows whether it snoops', 'dma-not-snooped', 'trixie-max', sub {
	unlink glob "$_[0]/sys/devices/platform/4010000000.pcie/of_node/*";
});

# --- rules by what is seen ---------------------------------------------------------------------

sub fact
{
	my ($name, $base, $change) = @_;
	my (undef, $audit) = audited(changed($base, $change));
	return $audit->{facts}{$name};
}
my $el9 = '5.14.0-503.11.1.el9_5.aarch64';
is(fact('kvm_rules', 'bookworm-max', sub { release($_[0], $el9) })->{value}, 'linux-6.8?',
   'a vendor\'s kernel: its rules are uncertain');
is(fact('kvm_rules', 'trixie-max', sub { release($_[0], $el9) })->{value}, 'linux-6.9?',
   'a mapping with VM_ALLOW_ANY_UNCACHED shows the rule of 6.9 at work');
is(fact('kvm_rules', 'trixie-backports-max', sub { release($_[0], $el9) })->{value}, 'linux-6.17',
   'and the capability that of 6.17, which settles it');
is(fact('kvm_rules', 'bookworm-max', sub { release($_[0], '6.9.0') })->{value}, 'linux-6.9', '6.9');
is(fact('kvm_rules', 'bookworm-max', sub { release($_[0], '6.8.12') })->{value}, 'linux-6.8', '6.8');
is(fact('guest_pat_quirk', 'trixie-x86', sub {
	ept(@_);
	answers($_[0], 'kvm.vm.DISABLE_QUIRKS2', 0x7ff);
})->{value}, 'by-default', 'x86: the quirk that may be disabled');
is(fact('kvm_rules', 'trixie-x86', sub {
	ept(@_);
	answers($_[0], 'kvm.vm.DISABLE_QUIRKS2', 0x7ff);
})->{value}, 'linux-6.16', 'x86: which shows the rule of 6.16 on 6.12');

# Each source by itself.
sub no_log { edit_file($_[0], 'mezzo/boot-log', undef) }
for my $case (['trixie-max', JSON::PP::true], ['trixie-neoverse-n1', JSON::PP::false]) {
	my ($base, $value) = @$case;
	my $register = fact('fwb', $base, \&no_log);
	is($register->{value}, $value, "$base: FWB by a vCPU alone");
	like($register->{source}, qr/^ID_AA64MMFR2_EL1/, "$base: and it says so");
}
my $capability = fact('fwb', 'trixie-backports-max', sub {
	no_log(@_);
	my $text = slurp_file("$_[0]/mezzo/answers");
	edit_file($_[0], 'mezzo/answers', $text =~ s/^kvm\.vcpu.*\n//mgr);
});
is($capability->{value}, JSON::PP::true, 'FWB by the capability alone');
like($capability->{source}, qr/CACHEABLE_PFNMAP/, 'and it says so');
is(fact('iommu', 'trixie-max')->{value}, 'smmu3.0x0000000009050000', 'IOMMU by a directory\'s names');
is(fact('kvm_mode', 'trixie-max')->{value}, 'vhe', 'KVM\'s mode by the boot log');
is(fact('kvm_mode', 'trixie-max', \&no_log)->{value}, undef, 'and unknown without');

# Nothing is guessed: where no source is left, a fact is unknown, and says what it needs.
sub forget_kvm
{
	my ($directory) = @_;
	my $text = slurp_file("$directory/mezzo/answers");
	edit_file($directory, 'mezzo/answers', join '', grep { !/^kvm/ } $text =~ /(.*\n)/g);
}
is(fact('fwb', 'trixie-max', \&forget_kvm)->{value}, JSON::PP::true, 'FWB by the boot log');
is(fact('fwb', 'trixie-neoverse-n1', \&forget_kvm)->{value}, JSON::PP::false,
   'no FWB by a boot log that is whole');
my $fwb = fact('fwb', 'trixie-neoverse-n1', sub {
	forget_kvm(@_);
	my $log = slurp_file("$_[0]/mezzo/boot-log") =~ s/^complete yes/complete no/r;
	edit_file($_[0], 'mezzo/boot-log', $log);
});
is($fwb->{value}, undef, 'FWB is unknown by one that is not');
like($fwb->{source}, qr/^needs \/dev\/kvm/, 'and it says what it needs');

# What depends on an unknown fact is unknown; what does not is still said.
{
	my $directory = changed('trixie-max', sub {
		nvgrace(@_);
		release($_[0], '6.17.0');
		forget_kvm(@_);
		edit_file($_[0], 'mezzo/boot-log', undef);
	});
	my (undef, $audit) = audited($directory);
	my %device = map { $_->{address} => $_ } @{$audit->{devices}};
	my $cached = $device{'0000:00:04.0'}{bars}[0]{guest};
	ok(!$cached->{known}, 'cached device memory without knowing FWB: unknown');
	like($cached->{why_unknown}, qr/FWB/, 'and why');
	my ($bar) = grep { $_->{index} == 2 } @{$device{'0000:00:05.0'}{bars}};
	is($bar->{guest}{type}, 'normal-nc', 'a BAR of vfio-pci is the same with and without');
}

# Partial answers: what could not be looked at is named.
sub missing
{
	my ($change) = @_;
	my ($status, $audit) = audited(changed('trixie-max', $change));
	return join '; ', map { "$_->{what}: $_->{why}" } @{$audit->{missing}};
}
sub processes
{
	my ($directory, $from, $to) = @_;
	my $text = slurp_file("$directory/mezzo/processes");
	$text =~ s/$from/$to/ or die "no $from";
	edit_file($directory, 'mezzo/processes', $text);
}
is(missing(), '', 'of a host that was seen whole nothing is missing');
like(missing(sub { processes($_[0], 'view all', 'view hidden') }), qr/hidepid/, 'a hidden /proc');
like(missing(sub { processes($_[0], 'view all', 'view namespace') }), qr/PID namespace/,
     'a PID namespace');
like(missing(sub { processes($_[0], 'denied 0', 'denied 12') }),
     qr/descriptors of 12 processes: needs root/, 'processes of others');
like(missing(sub { edit_file($_[0], 'mezzo/processes', undef) }), qr/guests/, 'no /proc at all');
sub errors
{
	my ($directory, $line) = @_;
	edit_file($directory, 'mezzo/errors', slurp_file("$directory/mezzo/errors") . "$line\n");
}
like(missing(sub {
	edit_file($_[0], 'mezzo/boot-log', undef);
	errors($_[0], 'EPERM mezzo/boot-log');
}), qr/boot log: needs CAP_SYSLOG/, 'a boot log that may not be read');
for my $case (['EACCES', qr/needs root/], ['ENOENT', qr/is gone/]) {
	my ($error, $why) = @$case;
	my (undef, $audit) = audited(changed('trixie-max', sub {
		edit_file($_[0], "mezzo/smaps/$_[1]", undef);
		errors($_[0], "$error mezzo/smaps/$_[1]");
	}));
	my $guest = $audit->{guests}[0];
	is($guest->{vms}, 1, "a guest without its areas ($error)");
	like($guest->{areas_missing}, $why, 'and why');
	is_deeply($guest->{areas}, [], 'none are made up');
}

# --- other hosts -------------------------------------------------------------------------------

{
	my ($status, $audit) = audited(changed('trixie-max', sub { answers($_[0], 'machine', 'riscv64') }));
	is($audit->{facts}{arch}{value}, 'riscv64', 'another architecture is named');
	is($audit->{facts}{kvm_rules}{value}, undef, 'and its rules are unknown');
}
for my $bad (['no such file', '/nonexistent'], ['an empty directory', File::Temp->newdir],
	     ['no tar', 'Makefile']) {
	my ($title, $path) = @$bad;
	my ($status, $out, $err) = mezzo('audit', '--root', "$path");
	is($status, 2, "$title: could not look");
	is($out, '', "$title: nothing on standard output");
	like($err, qr/^mezzo audit: \Q$path\E: /, "$title: which and why");
}
{
	my $cut = File::Temp->new;
	print $cut substr slurp_file(captured('trixie-max')), 0, 20000;
	close $cut;
	my ($status, undef, $err) = mezzo('audit', '--root', $cut->filename);
	is($status, 2, 'a tar that was cut short');
	like($err, qr/cut short/, 'is called so');
}

# One device.
{
	my ($status, $out, $err) = mezzo('audit', '--root', captured('trixie-max'), '--device',
					 '0000:00:06.0');
	is($status, 0, 'one device, of which nothing is wrong: exit status');
	like($out, qr/^  0000:00:06\.0 .*by vfio-pci, group 1$/m, 'what if it were passed through');
	unlike($out, qr/0000:00:04\.0/, 'no other');
	($status, $out) = mezzo('audit', '--root', captured('bookworm-max'), '--device', '0000:00:06.0');
	is($status, 1, 'one that is not bound, of which something would be');
	like($out, qr/bar-device-only/, 'which is named');
	my $directory = changed('trixie-max', sub {
		unlink "$_[0]/sys/bus/pci/devices/0000:00:06.0/iommu_group";
	});
	($status, $out) = mezzo('audit', '--root', "$directory", '--device', '0000:00:06.0');
	is($status, 1, 'one that could not be passed through at all');
	like($out, qr/no-iommu-group/, 'and why');
	($status, $out) = mezzo('audit', '--json', '--root', captured('bookworm-max'), '--device',
				'0000:00:06.0');
	my $one = decode_json($out);
	is(scalar @{$one->{devices}}, 1, 'JSON has it alone');
	ok(!$one->{devices}[0]{passed}, 'as it is now');
	($status, $out, $err) = mezzo('audit', '--root', captured('trixie-max'), '--device', '1:2.3');
	is($status, 2, 'a device that is not there');
	like($err, qr/no device 1:2\.3/, 'is named');
}

# --- Prometheus --------------------------------------------------------------------------------

for my $name (sort keys %found) {
	my ($status, $out) = mezzo('audit', '--prometheus', '--root', captured($name));
	my @wrong = grep { !/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9]+)$/ }
		split /\n/, $out;
	is("@wrong", '', "$name: metrics are well formed");
	my %type = $out =~ /^# TYPE (\S+) (\S+)$/mg;
	my %metric = map { $_ => 1 } $out =~ /^([a-z_]+)[{ ]/mg;
	is_deeply([sort keys %type], [sort keys %metric], "$name: each has a type");
	my @counts = $out =~ /^mezzo_findings\{name="\S+",severity="\S+"\} (\d+)$/mg;
	is(scalar @counts, scalar @all, "$name: every finding is counted, those at 0 too");
}

# --- the host under us -------------------------------------------------------------------------

{
	my $start = time;
	my ($status, $out, $err) = mezzo('audit', '--passive', '--json');
	my $seconds = time - $start;
	cmp_ok($status, '<=', 1, 'this host, without asking KVM');
	is($err, '', 'quietly');
	cmp_ok($seconds, '<', 1, sprintf 'in %.3f seconds', $seconds);
	my $audit = decode_json($out);
	is($audit->{facts}{kvm}{value}, undef, 'KVM is unknown');
	ok(defined $audit->{facts}{$_}{value}, "$_ is known") for qw(arch kernel page_bytes);
	ok($audit->{facts}{$_}{source} ne '', "$_ has a source") for sort keys %{$audit->{facts}};
}

done_testing();
