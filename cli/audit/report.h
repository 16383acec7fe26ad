/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_AUDIT_REPORT_H
#define CLI_AUDIT_REPORT_H
/* An audit for people, for programs, and for Prometheus. */
#include "audit/findings.h"

#include <jansson.h>

/* @verbose: sources of facts, every function; @whole: facts and guests of the host, too. */
void report_text(struct host *host, const struct findings *findings, bool verbose, bool whole);
json_t *report_json(struct host *host, const struct findings *findings);
/* node_exporter's textfile format. */
void report_prometheus(struct host *host, const struct findings *findings);

/* "4K", "256M" into @text. */
const char *report_size(uint64_t bytes, char *text, size_t size);

#endif
