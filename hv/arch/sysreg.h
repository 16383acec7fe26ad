/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_ARCH_SYSREG_H
#define HV_ARCH_SYSREG_H
/*
 * System registers, barriers and the bits of EL2's own control registers. Names are the
 * assembler's; registers newer than Armv8.0 are written by encoding (S3_op1_Cn_Cm_op2), because
 * the hypervisor is compiled for Armv8.0. Source of every bit: Arm ARM, the register's page.
 */
#include <stdint.h>

#define hv_sysreg_read(reg)                                                                        \
	__extension__({                                                                            \
		uint64_t value_;                                                                   \
		__asm__ volatile("mrs %0, " #reg : "=r"(value_));                                  \
		value_;                                                                            \
	})
#define hv_sysreg_write(reg, value) __asm__ volatile("msr " #reg ", %x0" ::"rZ"((uint64_t)(value)))

#define hv_isb() __asm__ volatile("isb" ::: "memory")
#define hv_dsb(domain) __asm__ volatile("dsb " #domain ::: "memory")
#define hv_dmb(domain) __asm__ volatile("dmb " #domain ::: "memory")

#define HV_BIT(n) (UINT64_C(1) << (n))

static inline uint64_t hv_field(uint64_t value, unsigned int shift, unsigned int width)
{
	return value >> shift & (HV_BIT(width) - 1);
}

/* HCR_EL2 */
#define HCR_VM HV_BIT(0)
#define HCR_SWIO HV_BIT(1)
#define HCR_PTW HV_BIT(2)
#define HCR_FMO HV_BIT(3)
#define HCR_IMO HV_BIT(4)
#define HCR_AMO HV_BIT(5)
#define HCR_VSE HV_BIT(8)
#define HCR_FB HV_BIT(9)
#define HCR_BSU_INNER HV_BIT(10)
#define HCR_DC HV_BIT(12)
#define HCR_TID0 HV_BIT(15)
#define HCR_TID3 HV_BIT(18)
#define HCR_TSC HV_BIT(19)
#define HCR_TIDCP HV_BIT(20)
#define HCR_TACR HV_BIT(21)
#define HCR_TSW HV_BIT(22)
#define HCR_TVM HV_BIT(26)
#define HCR_RW HV_BIT(31)
#define HCR_TLOR HV_BIT(35)
#define HCR_TERR HV_BIT(36)
#define HCR_TEA HV_BIT(37)
#define HCR_APK HV_BIT(40)
#define HCR_API HV_BIT(41)
#define HCR_FWB HV_BIT(46)
#define HCR_ATA HV_BIT(56)
#define HCR_TID5 HV_BIT(58)

#endif
