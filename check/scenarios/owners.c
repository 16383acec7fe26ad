/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may take a page away, and when. */
#include "check/machines/private.h"
#include "check/machines/race.h"
#include "check/scenarios/table.h"

const struct check_scenario check_owners[] = {
	{
		.name = "private-page",
		.title = "Whose word is taken for a private page",
		.thread = "thread 002",
		.argument =
			"Xu Yilun: why does KVM believe the mapping at fault time but not at notify "
			"time? Peter Xu: keep the host pointer, skip the notifier",
		.setting =
			"A confidential guest accepts a page of a device. The VMM can change what its "
			"own address shows; the driver can take the device away.",
		.mezzo =
			"A private page is resolved by its object and taken back by its object. Asked "
			"through a host address it is refused: private-with-alias.",
		.subject = &private_subject,
		.family = &private_family,
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("hva-followed", S13_ACCEPTED_STAYS, 5),
				BREAKS("hva-ignored", S12_NO_REUSED_PAGE, 3),
			},
	},
	{
		.name = "fault-against-revocation",
		.title = "A fault and a revocation at the same time",
		.thread = "thread 002",
		.argument =
			"Xu Yilun and Peter Xu on mmu notifiers: what is taken away while a fault is "
			"under way",
		.setting =
			"A guest's processor has asked for a page and is about to enter it into the "
			"tables. Meanwhile the page's owner takes it away and gives it to somebody else.",
		.mezzo =
			"A sequence is noted before the page is looked up, raised before anything is "
			"taken away, and looked at again while the entry is held.",
		.subject = &race_subject,
		.family = &check_family_object,
		.facts = {{F(ALIASES, MEZZO_ALIASES_CACHED), F(ALLOW, MEZZO_CLASS_WB - 1),
			   F(MAINTENANCE, MEZZO_MAINTENANCE_DIRECT)}},
		.without = "no-sequence",
		.expect =
			{
				HOLDS("mezzo"),
				BREAKS("mezzo with no-sequence", S12_NO_REUSED_PAGE, 15),
			},
	},
	{0},
};
