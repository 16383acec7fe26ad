/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_READER_H
#define CLI_READER_H
/*
 * Reading JSON that somebody wrote by hand: nothing is guessed, and the first thing that is wrong is
 * named with its key.
 */
#include "audit/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct reader {
	struct arena *arena;
	const char *where; /* of keys: "", "slots[3]." */
	const char *why;   /* what is wrong; NULL: nothing so far */
};

/* Names of an enumeration, by value. */
struct words {
	const char *(*name)(unsigned int value);
	unsigned int count;
};

/* "WHERE.KEY WHAT", if nothing was wrong before. */
void reader_blame(struct reader *r, const char *key, const char *what);
/* The object in @text whose "format" is @format; NULL: see why. */
json_t *reader_open(struct reader *r, const char *text, size_t length, const char *format);
/* A key that is not among @known (ends with NULL) is a mistake. */
void reader_keys(struct reader *r, json_t *object, const char *const *known);

/* A number up to @max, or text that is one, as JSON has no hexadecimal; @otherwise NULL: needed. */
uint64_t reader_number(struct reader *r, const json_t *object, const char *key, uint64_t max,
		       const uint64_t *otherwise);
bool reader_bool(struct reader *r, const json_t *object, const char *key, bool otherwise);
/* The order of a power of two of at least 4 KiB. */
uint8_t reader_order(struct reader *r, const json_t *object, const char *key, uint8_t otherwise);
/* A set of such orders, as bits, from a list. */
uint64_t reader_orders(struct reader *r, const json_t *object, const char *key, uint64_t otherwise);
uint8_t reader_word(struct reader *r, const json_t *object, const char *key,
		    const struct words *words, unsigned int otherwise);
/* A set of words, as bits, from a list that is not empty. */
uint8_t reader_words(struct reader *r, const json_t *object, const char *key,
		     const struct words *words, unsigned int otherwise);
/* The list of that key, or NULL. */
const json_t *reader_list(struct reader *r, const json_t *object, const char *key);

#endif
