/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_DECODE_H
#define HV_VCPU_DECODE_H
/*
 * Why a guest stopped: from the syndrome registers to one record. Pure: tests feed syndromes that
 * no emulator produces. Source: Arm ARM, ESR_EL2 and the ISS encodings.
 */
#include <mezzo/decide.h>

/* ESR_EL2 exception classes that come from a guest. */
enum {
	EC_UNKNOWN = 0x00,
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_SYSREG = 0x18,
	EC_FETCH_ABORT = 0x20, /* from a lower level; | 1: from the same */
	EC_DATA_ABORT = 0x24,  /* likewise */
	EC_SERROR = 0x2f,
};

/* Fault status codes (ESR_ELx.IFSC and DFSC); those by level are for level 0. */
enum {
	FSC_TRANSLATION = 0x04,
	FSC_ACCESS_FLAG = 0x08,
	FSC_PERMISSION = 0x0c,
	FSC_EXTERNAL = 0x10,
	FSC_TAG_CHECK = 0x11,
	FSC_EXTERNAL_WALK = 0x14,
	FSC_ALIGNMENT = 0x21,
	FSC_TLB_CONFLICT = 0x30,
	FSC_UNSUPPORTED_UPDATE = 0x31,
	FSC_UNSUPPORTED_EXCLUSIVE = 0x35,
};

/* A system register access that trapped. */
struct hv_sysreg_access {
	uint32_t reg; /* HV_SYSREG() */
	bool write;
	uint64_t value; /* written, or to be filled for a read */
};
#define HV_SYSREG(op0, op1, crn, crm, op2)                                                         \
	((uint32_t)(op0) << 14 | (uint32_t)(op1) << 11 | (uint32_t)(crn) << 7 |                    \
	 (uint32_t)(crm) << 3 | (uint32_t)(op2))

/* What a fault status code means, apart from its level. */
enum {
	HV_FSC_STAGE2 = 1,  /* stage 2 stopped it: MEMORY */
	HV_FSC_PRESENT = 2, /* there is an entry */
	HV_FSC_HPFAR = 4,   /* HPFAR_EL2 holds the address */
	HV_FSC_MAY_NOT = 8, /* a permission fault */
	HV_FSC_OTHER = 16,  /* an unsupported exclusive or an unaligned access */
	HV_FSC_CONFLICT = 32,
	HV_FSC_AS_IS = 64, /* ABORT, with this very code */
};

enum hv_exit_kind {
	HV_EXIT_MEMORY,       /* stage 2 stopped an access: ask the engine */
	HV_EXIT_ABORT,        /* the machine aborted an access of the guest: give it `fsc` */
	HV_EXIT_TLB_CONFLICT, /* invalidate the guest's TLB entries and run it again */
	HV_EXIT_HVC,
	HV_EXIT_SMC,
	HV_EXIT_SYSREG,
	HV_EXIT_UNDEFINED, /* what we do not offer: an undefined instruction */
};

/*
 * What every exit needs is decoded at once; the rest of the syndrome by whoever needs it, with the
 * functions below: a fault that only fills the tables costs the guest as little as can be.
 */
struct hv_exit {
	uint64_t ipa;   /* of MEMORY, if HV_FSC_HPFAR; else translate FAR_EL2 by stage 1 */
	uint32_t esr;   /* ESR_EL2 without ISS2 */
	uint8_t kind;   /* enum hv_exit_kind */
	uint8_t fsc;    /* of MEMORY and ABORT: as the guest would be told */
	uint8_t access; /* of MEMORY: enum mezzo_access */
	uint8_t means;  /* of MEMORY: HV_FSC_PRESENT, HV_FSC_HPFAR */
};

/* More of MEMORY and ABORT. */
struct hv_abort {
	bool fetch;
	bool write;
	bool cache_op;
	bool far_valid;
};

/* A data access that the syndrome describes well enough to be emulated. */
struct hv_transfer {
	uint8_t bytes;
	uint8_t reg; /* general register, 31: zero register */
	bool write;
	bool sign_extend;
	bool wide; /* the register is 64 bits wide */
};

struct hv_syndrome {
	uint64_t esr, far, hpfar;
};

/* decode_exit.h has the first step, from a syndrome to a record; here are the others. */

struct hv_abort hv_exit_abort(const struct hv_exit *exit);

/* Of MEMORY. False: it was no single load or store without write-back, or there was none. */
bool hv_exit_transfer(const struct hv_exit *exit, struct hv_transfer *transfer);

/* Of SYSREG: the general register; @access is filled but for the value. */
unsigned int hv_exit_sysreg(const struct hv_exit *exit, struct hv_sysreg_access *access);

/* What a load puts into its register: @value extended as @transfer says. */
uint64_t hv_transfer_extend(const struct hv_transfer *transfer, uint64_t value);

#endif
