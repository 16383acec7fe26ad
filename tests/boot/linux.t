#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Both Debian kernels boot to a shell, on one CPU and on two, take what is typed, and power off.
. tests/boot/lib.sh

cat >"$tmp/init" <<'END'
#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
cd /tmp
PS1='mezzo# ' exec sh
END
chmod +x "$tmp/init"
initrd -i "$tmp/init"

# Wait for the prompt, then type: what comes before a UART is on is lost, as on a wire.
type_in()
{
	for _ in $(seq 1200); do
		if grep -q 'mezzo#' "$tmp/log"; then
			# shellcheck disable=SC2016 # expanded in the guest
			echo 'echo "release $(uname -r) cpus $(nproc) sum $((6 * 7))"'
			echo 'sha256sum /bin/busybox | cut -c 1-16'
			echo 'poweroff -f'
			return
		fi
		sleep 0.1
	done
}

sum=$(sha256sum build/arm64-root/busybox | cut -c 1-16)
for suite in bookworm trixie; do
	release=$(sed 's/linux-image-//; s/+/[+]/g' build/arm64-root/$suite/version)
	for smp in 1 2; do
		: >"$tmp/log"
		status=0
		type_in | scripts/run-guest --hv "$HV" --kernel build/arm64-root/$suite/vmlinuz \
			--initrd "$tmp/initrd" --append 'console=ttyAMA0 quiet panic=-1' \
			--smp $smp --timeout 300 >"$tmp/log" 2>&1 || status=$?
		is "$status" 0 "$suite, $smp CPUs: boots and powers off"
		says "^release $release cpus $smp sum 42" "$suite, $smp CPUs: the shell answers"
		says "^$sum" "$suite, $smp CPUs: what was loaded is what was built"
	done
done
done_testing
