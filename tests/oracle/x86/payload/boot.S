/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first sector: read the payload behind it to 64 KiB, enter long mode over identity tables of
 * 2 MiB leaves for 4 GiB, and jump there. Runs under SeaBIOS and Bochs's BIOS.
 */
#define PAYLOAD 0x10000
#define TABLES 0x70000 /* PML4, PDPT, four PDs */

#include "../layout.h"

	.code16
	.text
	.globl boot
boot:	ljmp	$0, $1f
1:	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$boot, %sp
	cld
	movw	$PAYLOAD_CHUNKS, %cx
2:	pushw	%cx
	movb	$0x42, %ah		/* extended read; DL is the drive that we came from */
	movw	$packet, %si
	int	$0x13
	jc	fail
	popw	%cx
	addw	$CHUNK_SECTORS * SECTOR_BYTES / 16, packet_segment
	addl	$CHUNK_SECTORS, packet_lba
	loop	2b

	inb	$0x92, %al		/* A20 */
	orb	$2, %al
	andb	$0xfe, %al
	outb	%al, $0x92
	cli
	lgdt	gdtr
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmp	$0x08, $protected

fail:	movb	$'!', %al
	outb	%al, $0xe9
	hlt
	jmp	fail

	.code32
protected:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$TABLES, %edi
	xorl	%eax, %eax
	movl	$6 * 1024, %ecx
	rep stosl
	movl	$TABLES + 0x1003, TABLES
	movl	$TABLES + 0x1000, %edi
	movl	$TABLES + 0x2003, %eax
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	1b
	movl	$TABLES + 0x2000, %edi
	movl	$0x87, %eax
	movl	$4 * 512, %ecx
2:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	2b

	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$TABLES, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER: LME, NXE */
	rdmsr
	orl	$0x900, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax	/* PG */
	movl	%eax, %cr0
	ljmp	$0x18, $PAYLOAD

	.balign	4
packet:	.byte	16, 0
	.word	CHUNK_SECTORS
	.word	0
packet_segment:
	.word	PAYLOAD / 16
packet_lba:
	.long	PAYLOAD_LBA, 0

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 08: 32-bit code */
	.quad	0x00cf93000000ffff	/* 10: data */
	.quad	0x00af9b000000ffff	/* 18: 64-bit code */
gdtr:	.word	. - gdt - 1
	.long	gdt

	.org	510
	.word	0xaa55
