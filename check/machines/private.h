/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHECK_MACHINES_PRIVATE_H
#define CHECK_MACHINES_PRIVATE_H
/*
 * A private page and whose word is taken for it: thread 002. A guest faults a page of device
 * memory in, looks what it is and accepts it. The VMM may change its own mapping; the driver may
 * revoke the page. Who resolves the page, and whose invalidations are followed?
 */
#include "check/policies/policy.h"
#include "check/properties/properties.h"
#include "check/search/search.h"

/* Who is asked at fault time, and who is followed at notify time. */
enum private_source {
	PRIVATE_BY_HVA, /* the VMM's mapping */
	PRIVATE_BY_FD,  /* the object itself */
	PRIVATE_NOBODY,
};

struct private_design {
	const char *name;
	const char *summary;
	const char *source;
	bool reconstruction;
	enum private_source resolves, invalidates;
};

/* A name; NULL after the last. */
extern const struct private_design private_designs[];
extern const unsigned int private_designs_count;

struct private_model {
	enum private_source resolves, invalidates;
};

/*
 * Mezzo asks its rule: a private object that a host address reaches is refused, so that of the
 * designs only one can be had. false: refused, and @answer says why.
 */
bool private_compile(const struct private_design *design, const struct check_policy *policy,
		     struct private_model *model, struct check_answer *answer);

extern const struct check_machine private_machine;

#define PRIVATE_JUDGES                                                                             \
	(CHECK_BIT(CHECK_S12_NO_REUSED_PAGE) | CHECK_BIT(CHECK_S13_ACCEPTED_STAYS) |               \
	 CHECK_BIT(CHECK_S14_NO_SILENT_LOSS) | CHECK_BIT(CHECK_S16_ONE_SOURCE))

void private_tell(const struct check_step *step, char *text, size_t size);
const char *private_actor(const struct check_step *step);

#endif
