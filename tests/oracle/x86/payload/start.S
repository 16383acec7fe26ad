/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's entry, in long mode; its GDT with the task state that VMX wants; exceptions, which
 * end the run and say where; and the guest's code, which is copied to a page of its own.
 */
#include "../layout.h"

	.section .start, "ax"
	.globl start
start:	movl	$stack_end, %esp
	lgdt	gdtr
	pushq	$0x08
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$bss_start, %edi
	movl	$bss_end, %ecx
	subl	%edi, %ecx
	xorl	%eax, %eax
	rep stosb
	/* the task state descriptor's base */
	movl	$task_state, %eax
	movw	%ax, gdt + 0x1a
	shrl	$16, %eax
	movb	%al, gdt + 0x1c
	movl	$0x18, %eax
	ltr	%ax
	call	idt_load
	call	payload_main
2:	hlt
	jmp	2b

/*
 * set_paging(CR3, CR4): CR4.LA57 can be changed with paging off only, and paging cannot be turned
 * off in 64-bit mode. All of this lies below 4 GiB, where addresses are the machine's.
 */
	.globl	set_paging
set_paging:
	movl	%esp, %edx
	pushq	$0x28
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
	.code32
1:	movl	%cr0, %eax
	andl	$0x7fffffff, %eax
	movl	%eax, %cr0
	movl	%esi, %cr4
	movl	%edi, %cr3
	orl	$0x80000000, %eax
	movl	%eax, %cr0
	ljmp	$0x08, $2f
	.code64
2:	movl	%edx, %esp
	ret

/* Every vector pushes its number and comes here. */
	.globl	vectors
	.balign	16
vectors:
	.set	i, 0
	.rept	32
	.balign	16
	pushq	$i
	jmp	trapped
	.set	i, i + 1
	.endr
trapped:
	popq	%rdi
	popq	%rsi
	popq	%rdx
	call	payload_trapped

/* --- the guest ---
 * RDI is the slot to be touched; which way is where it is entered. R8 is what was found there. The
 * result is an exit: VMCALL and VMMCALL, of which a processor has one and the other is patched over.
 */
	.globl	guest_code, guest_read, guest_write, guest_exec, guest_code_end, guest_call
	.balign	16
guest_code:
guest_read:
	movq	SLOT_ADDRESS(%rdi), %r8
	jmp	guest_call
guest_write:
	movabsq	$SLOT_WRITTEN, %rax
	movq	%rax, SLOT_ADDRESS(%rdi)
	jmp	guest_call
guest_exec:
	call	*%rdi
guest_call:
	vmcall
	hlt
guest_code_end:

/* --- data --- */
	.data
	.balign	16
	.globl	gdt
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 08: code */
	.quad	0x00cf93000000ffff	/* 10: data */
	.quad	0x0000890000000067	/* 18: task state, base filled in */
	.quad	0
	.quad	0x00cf9b000000ffff	/* 28: 32-bit code */
gdtr:	.word	. - gdt - 1
	.quad	gdt

	.bss
	.balign	4096
	.skip	16384
stack_end:
	.globl	task_state
task_state:
	.skip	0x68
