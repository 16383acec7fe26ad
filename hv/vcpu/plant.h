/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_VCPU_PLANT_H
#define HV_VCPU_PLANT_H
#include <mezzo/mezzo.h>

/**
 * hv_plant_error() - put a wrong memory type into the live entry at @ipa
 *
 * For tests of the tests: a judge that does not find it is no judge. The entry is changed behind
 * the engine's back to a type that was not declared, other than the one it says. False: no leaf.
 */
bool hv_plant_error(struct mezzo_space *space, struct mezzo_ipa ipa);

#endif
