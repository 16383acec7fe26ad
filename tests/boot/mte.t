#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Memory tags work in a guest that was given them; elsewhere the guest does not see them, and their
# registers are undefined.
. tests/boot/lib.sh

cat >"$tmp/tags.c" <<'END'
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

static sigjmp_buf fault;

static void on_fault(int sig)
{
	siglongjmp(fault, sig);
}

int main(void)
{
	volatile uint64_t *p;
	uint64_t tag = 0;
	int hwcap = !!(getauxval(AT_HWCAP2) & 1 << 18);
	int set, mismatch;

	signal(SIGSEGV, on_fault);
	/* PR_SET_TAGGED_ADDR_CTRL: enable, synchronous faults, every tag */
	set = !prctl(55, 1 | 1 << 1 | 0xffff << 3, 0, 0, 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | (hwcap ? 0x20 : 0), MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	if (p == MAP_FAILED)
		return 1;
	*p = 1;
	p = (volatile uint64_t *)((uintptr_t)p | (uintptr_t)5 << 56);
	if (hwcap) {
		__asm__ volatile("stg %0, [%0]" ::"r"(p) : "memory");
		tag = (uintptr_t)p;
		__asm__ volatile("ldg %0, [%1]" : "+r"(tag) : "r"(p));
		*p = 2;
	}
	mismatch = sigsetjmp(fault, 1);
	if (!mismatch)
		*(volatile uint64_t *)((uintptr_t)p ^ (uintptr_t)1 << 56) = 3;
	printf("tags: hwcap %d set %d tag %d mismatch %s\n", hwcap, set, (int)(tag >> 56 & 15),
	       mismatch ? "faulted" : "worked");
	return 0;
}
END
cat >"$tmp/init" <<'END'
#!/bin/sh
/bin/busybox --install -s /bin
/bin/tags || echo 'tags: failed'
poweroff -f
END
chmod +x "$tmp/init"
aarch64-linux-gnu-gcc -O2 -static -march=armv8.5-a+memtag -o "$tmp/tags" "$tmp/tags.c"
ok $? 'the probe compiles'
initrd -i "$tmp/init" "$tmp/tags=bin/tags"

linux()
{
	guest --kernel build/arm64-root/trixie/vmlinuz --initrd "$tmp/initrd" \
		--append 'console=ttyAMA0 quiet panic=-1' "$@"
	is "$status" 0 "Linux: $* powers off"
}

linux --smp 2 --guest-mte
says '^tags: hwcap 1 set 1 tag 5 mismatch faulted' 'tags are stored and checked'
linux --smp 2 --host-mte
says '^tags: hwcap 0 .* tag 0 mismatch worked' 'the guest does not see the tags of the machine'

# ID_AA64PFR1_EL1.MTE as a digit, then GCR_EL1: R where it can be read, U where it is undefined.
flat registers <<'END'
	adr x1, vectors
	msr vbar_el1, x1
	isb
	movz x3, #0x900, lsl #16
	mrs x2, id_aa64pfr1_el1
	ubfx x2, x2, #8, #4
	add x2, x2, #'0'
	strb w2, [x3]
	mov w2, #'R'
	mrs x4, s3_0_c1_c0_6
	b end
	.balign 2048
vectors:
	.space 512
	mrs x4, esr_el1
	lsr x4, x4, #26
	mov w2, #'U'
	cbz x4, end
	mov w2, #'?'
end:	strb w2, [x3]
	mov w2, #10
	strb w2, [x3]
	ldr w0, =0x84000008
	hvc #0
	b .
END
guest --kernel "$tmp/registers" --timeout 20 --guest-mte
says '^3R' 'given: the registers are there'
guest --kernel "$tmp/registers" --timeout 20 --host-mte
says '^0U' 'not given: hidden, and undefined'
guest --kernel "$tmp/registers" --timeout 20
says '^0U' 'not there: the same'
done_testing
