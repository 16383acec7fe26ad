/* SPDX-License-Identifier: BSD-2-Clause */
/* Words out, sectors in. */
#include "payload.h"

void print(const char *text)
{
	while (*text)
		outb(0xe9, (uint8_t)*text++);
}

void print_hex(uint64_t value)
{
	char text[17], *at = text + sizeof(text) - 1;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	print(at);
}

void print_field(const char *name, uint64_t value)
{
	print(name);
	print("=");
	print_hex(value);
	print(" ");
}

/* ATA PIO, LBA28, primary master: both emulators have it at its old address. */
static void wait_ready(void)
{
	while (inb(0x1f7) & 0x80)
		;
}

static void read_sector(uint32_t lba, uint16_t *to)
{
	uint32_t words = SECTOR_BYTES / 2;

	wait_ready();
	outb(0x1f6, (uint8_t)(0xe0 | (lba >> 24 & 0xf)));
	outb(0x1f2, 1);
	outb(0x1f3, (uint8_t)lba);
	outb(0x1f4, (uint8_t)(lba >> 8));
	outb(0x1f5, (uint8_t)(lba >> 16));
	outb(0x1f7, 0x20);
	wait_ready();
	while (!(inb(0x1f7) & 0x08))
		;
	__asm__ volatile("rep insw" : "+D"(to), "+c"(words) : "d"((uint16_t)0x1f0) : "memory");
}

void disk_read(uint32_t lba, uint32_t count, void *to)
{
	uint8_t *at = to;

	for (uint32_t i = 0; i < count; i++)
		read_sector(lba + i, (uint16_t *)(void *)(at + (size_t)i * SECTOR_BYTES));
}

_Noreturn void finish(void)
{
	const char *shutdown = "Shutdown";

	print("end\n");
	while (*shutdown)
		outb(0x8900, (uint8_t)*shutdown++);
	outb(0xf4, 0);
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void give_up(const char *why)
{
	print("failed: ");
	print(why);
	print("\n");
	finish();
}
