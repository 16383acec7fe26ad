# SPDX-License-Identifier: BSD-2-Clause
# A Debian kernel as a KVM host in QEMU, which does the steps of tests/host/init.
package KvmHost;
use strict;
use warnings;
use File::Temp;
use IO::Handle;
use IPC::Open2;
use JSON::PP;
use MIME::Base64;
use Gdb;

my $build = $ENV{B} // 'build';
my $boots = 0;
our $tmp = File::Temp->newdir('mezzo-audit.XXXXXX', TMPDIR => 1);

sub run_or_die
{
	system(@_) == 0 or die "@_: $?\n";
}

# The test's own KVM program for that architecture.
sub kvm_program
{
	my ($arch) = @_;
	my $program = "$tmp/kvm-$arch";
	my $cc = $arch eq 'arm64' ? 'aarch64-linux-gnu-gcc' : 'gcc';
	run_or_die($cc, qw(-O2 -Wall -Wextra -Werror -static -fno-pie -no-pie -o), $program,
		   "tests/host/kvm_$arch.c") unless -e $program;
	return $program;
}

sub initrd
{
	my ($arch, $suite) = @_;
	my $debian = { arm64 => 'arm64', x86 => 'amd64' }->{$arch};
	my $root = "build/$debian-root";
	my $mezzo = $arch eq 'arm64' ? "$build/mezzo-arm64" : "$build/mezzo";
	my @modules = map { /([^\/]+)$/ ? "$_=modules/$1" : () } glob "$root/$suite/modules/*.ko";
	my $file = "$tmp/initrd-$arch-$suite";
	run_or_die('scripts/mkinitramfs', '-o', $file, '-i', 'tests/host/init', '-b',
		   "$root/busybox", "$mezzo=bin/mezzo", kvm_program($arch) . '=bin/kvm', @modules);
	return ("$root/$suite/vmlinuz", $file);
}

my @devices = (
	'-object', 'memory-backend-ram,id=iv0,size=4M,share=on',
	'-device', 'ivshmem-plain,memdev=iv0,addr=4',
	'-device', 'nvme,serial=1,drive=n0,cmb_size_mb=4,addr=5',
	'-object', 'memory-backend-ram,id=iv1,size=4M,share=on',
	'-device', 'ivshmem-plain,memdev=iv1,addr=6',
);

# Boots, does the steps; at the step "wait" the code of `witness` is called with the gdbstub's
# socket and what the step before it said. Returns steps to {status, text}.
sub boot
{
	my (%host) = @_;
	my ($kernel, $initrd) = initrd($host{arch}, $host{suite});
	my $socket = "$tmp/gdb-" . ++$boots;
	my $disk = "$tmp/disk";
	open my $new, '>', $disk or die;
	truncate $new, 1 << 20;
	close $new;
	# On a busy machine an emulated CPU may not get the ticks that Linux counts: it would panic.
	my $console = $host{arch} eq 'arm64' ? 'ttyAMA0' : 'ttyS0 no_timer_check';
	my @machine = $host{arch} eq 'arm64'
		? ('qemu-system-aarch64', '-M', 'virt,virtualization=on,gic-version=3,iommu=smmuv3' .
		   ($host{cpu} eq 'max' ? ',mte=on' : ''))
		: ('qemu-system-x86_64', '-M', 'q35', '-accel', 'tcg,thread=multi', '-device',
		   'intel-iommu,snoop-control=' . ($host{snoop} // 'on'));
	my @command = ('timeout', '240', @machine, '-cpu', $host{cpu}, '-smp', '2', '-m', '1024',
		'-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot',
		'-nic', 'none', '-gdb', "unix:$socket,server=on,wait=off",
		'-drive', "file=$disk,format=raw,if=none,id=n0,snapshot=on", @devices,
		'-kernel', $kernel, '-initrd', $initrd, '-append',
		"console=$console panic=-1 quiet steps=" . join(',', @{$host{steps}}));
	my $pid = open2(my $out, my $in, @command);
	my (%step, $name, $last, @console);
	my $witness = 0;
	while (my $line = <$out>) {
		$line =~ s/\r?\n$//;
		push @console, $line;
		if ($line =~ /^begin (\S+)$/) {
			$last = $name;
			$name = $1;
			$step{$name} = { text => '', status => -1 };
			next if $name ne 'wait';
			# A witness that dies must not leave the machine behind.
			if (!eval { $host{witness}->($socket, $step{$last}{text}); 1 }) {
				push @console, "witness: $@";
				$witness = 1;
				kill 'TERM', $pid;
			}
			print $in "\n";
			$in->flush;
		} elsif ($line =~ /^end (\S+) (\d+)$/ && $name && $1 eq $name) {
			$step{$name}{status} = $2;
		} elsif ($name) {
			$step{$name}{text} .= "$line\n";
		}
	}
	waitpid $pid, 0;
	$? ||= $witness << 8;
	my @missing = grep { !$step{$_} } @{$host{steps}};
	push(@console, "steps that never began: @missing"), $? ||= 1 << 8 if @missing;
	$step{console} = { text => join("\n", @console), status => $? & 127 ? 128 + ($? & 127) : $? >> 8 };
	return \%step;
}

# A file that a step sent.
sub file
{
	my ($step) = @_;
	my ($text) = $step->{text} =~ m{((?:^[A-Za-z0-9+/=]+\n)+)}m;
	my $name = "$tmp/sent.gz";
	open my $out, '>:raw', $name or die;
	print $out decode_base64($text // '');
	close $out;
	open my $in, '-|', 'gzip', '-dc', $name or die;
	local $/;
	return scalar <$in>;
}

# A capture that a step sent, for tests/cli.
sub keep
{
	my ($step, $name) = @_;
	mkdir 'tests/cli/hosts';
	open my $out, '>:raw', "tests/cli/hosts/$name.tar" or die;
	print $out file($step);
}

sub json
{
	return decode_json(file(@_));
}

1;
