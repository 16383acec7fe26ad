/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_CHECK_MODES_H
#define CLI_CHECK_MODES_H
/* What `mezzo check` can be asked for. Each returns an exit status. */
#include "check.h"

struct check_session {
	const struct cli_args *args;
	struct judge *judge;
	double began;
	bool shown; /* progress stands on the terminal */
};

/* After searches: @status, with its message printed when it is not CHECK_OK. */
int check_searched(struct check_session *session, int status);
/* Is a part asked for? Those of --part are, that know the policy of --policy. */
bool check_part_wanted(const struct cli_args *args, unsigned int part);
/* Everything that --part and --policy ask for. */
int check_run_parts(struct check_session *session, struct check_results *results);

/* Paragraphs of the page of debates; each ends with NULL. */
extern const char *const check_page_primer[], *const check_page_epilogue[];

int check_list(const struct cli_args *args);
int check_mode_scenario(struct check_session *session);
int check_mode_synthesise(struct check_session *session);
int check_mode_without(struct check_session *session);
int check_mode_property(struct check_session *session);

#endif
