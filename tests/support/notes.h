/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_NOTES_H
#define TEST_NOTES_H
/*
 * A CPU whose hardware manages access flag and dirty state (FEAT_HAFDBS), where a space is on the
 * hosted platform: it walks tables of 4 KiB pages by the manual's bits, and changes a descriptor as
 * a TLB miss would.
 */
#include <mezzo/mezzo.h>

/*
 * A guest writes to @ipa. True: it may, and what has to be noted of that is. False: it faults. @vcpu
 * is inside the engine meanwhile, so that no table goes away.
 */
bool notes_write(struct mezzo_space *space, uint32_t vcpu, struct mezzo_ipa ipa);

#endif
