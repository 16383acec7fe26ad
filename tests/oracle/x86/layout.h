/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ORACLE_X86_LAYOUT_H
#define ORACLE_X86_LAYOUT_H
/*
 * What the image's maker and the payload agree on: where things lie on the disk and in memory, and
 * what a probe is.
 *
 * Disk: sector 0 boots; the payload behind it; at DATA_LBA a header, probes and tables, as they
 * shall lie in memory from DATA_PA on.
 */
#define SECTOR_BYTES 512
#define PAYLOAD_LBA 1
#define PAYLOAD_CHUNKS 2 /* that the boot sector reads, of CHUNK_SECTORS */
#define CHUNK_SECTORS 32 /* never across 64 KiB */
#define DATA_LBA 1024    /* 512 KiB */
#define DISK_SECTORS (20 * 16 * 63)

/* Memory of the emulated machine. */
#define DATA_PA 0x1000000      /* 16 MiB: the data of the disk */
#define ENV_PA 0x2f00000       /* the guest's own pages: code, stack, its tables */
#define FRAMES_PA 0x3000000    /* 48 MiB: what tables map, full of slots */
#define FRAMES_BYTES 0x1000000 /* 16 MiB */
#define MEMORY_BYTES 0x8000000 /* 128 MiB */

/* The guest's own pages, by guest-physical address: every scene maps them. */
#define ENV_PAGES 6
#define ENV_CODE 0x0000
#define ENV_STACK 0x1000
#define ENV_PML4 0x2000
#define ENV_PDPT 0x3000
#define ENV_PD_LOW 0x4000  /* identity of the first 2 MiB: the pages above */
#define ENV_PD_HIGH 0x5000 /* the window through which probes look */
#define ENV_GPA 0x10000

/* Linear address of the window. */
#define WINDOW 0x40000000

/*
 * Frames consist of slots: code that loads the slot's own machine address and returns. What is read
 * and written is that address inside the code; so whoever reads, writes or executes tells where it
 * arrived.
 */
#define SLOT_BYTES 16
#define SLOT_ADDRESS 2                /* where in a slot the address is */
#define SLOT_WRITTEN 0x6e657474697277 /* what a write leaves there */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define MAGIC 0x6f7a7a654d363878u /* "x86Mezzo" */

enum probe_format {
	FORMAT_EPT,
	FORMAT_NPT,
};

enum probe_access {
	PROBE_READ,
	PROBE_WRITE,
	PROBE_EXEC,
};

enum probe_option {
	PROBE_WALK = 1, /* the guest's table that leads to the page is at `walk` */
	PROBE_SUPERVISOR =
		2, /* the guest's page is a supervisor-mode address, not a user-mode one */
	PROBE_MODE_BASED = 4, /* with mode-based execute control */
};

struct probe {
	uint64_t root;    /* machine address of the table at which the processor begins */
	uint64_t gpa;     /* of the slot to be touched */
	uint64_t pa;      /* its machine address, by the engine's walk; 0: nothing is there */
	uint64_t walk;    /* PROBE_WALK: guest address of the last table of the guest's walk */
	uint64_t walk_pa; /* the machine address behind it; 0: none */
	uint64_t leaf;    /* machine address of the entry whose flags are looked at; 0: none */
	uint32_t access;  /* enum probe_access */
	uint32_t format;  /* enum probe_format */
	uint32_t levels;  /* of the tables: 4 or 5 */
	uint32_t options; /* enum probe_option */
};

enum payload_mode {
	MODE_PROBE, /* run the probes */
	MODE_TYPES, /* touch a page under every MTRR and PAT type; the debugger watches */
};

struct data_header {
	uint64_t magic;
	uint32_t sectors; /* of the whole data */
	uint32_t probes;  /* they follow the header */
	uint32_t mode;    /* enum payload_mode */
	uint32_t reserved;
};
#endif

#endif
