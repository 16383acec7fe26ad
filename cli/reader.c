/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include <errno.h>
#include <mezzo/types.h>
#include <stdlib.h>
#include <string.h>

void reader_blame(struct reader *r, const char *key, const char *what)
{
	if (!r->why)
		r->why = arena_printf(r->arena, "%s%s %s", r->where, key, what);
}

json_t *reader_open(struct reader *r, const char *text, size_t length, const char *format)
{
	json_error_t error;
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	const char *is = json_string_value(json_object_get(root, "format"));

	if (!root)
		r->why = arena_printf(r->arena, "line %d: %s", error.line, error.text);
	else if (!is || strcmp(is, format) != 0)
		r->why = arena_printf(r->arena, "its \"format\" is not \"%s\"", format);
	if (!r->why)
		return root;
	json_decref(root);
	return NULL;
}

void reader_keys(struct reader *r, json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		unsigned int i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			reader_blame(r, key, "is no key that is known here");
	}
}

static bool number_of(const json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);
	char *end;

	if (json_is_integer(value)) {
		*out = (uint64_t)json_integer_value(value);
		return json_integer_value(value) >= 0;
	}
	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return !*end && !errno;
}

uint64_t reader_number(struct reader *r, const json_t *object, const char *key, uint64_t max,
		       const uint64_t *otherwise)
{
	const json_t *value = json_object_get(object, key);
	uint64_t number = 0;

	if (!value && otherwise)
		return *otherwise;
	if (!value)
		reader_blame(r, key, "is missing");
	else if (!number_of(value, &number) || number > max)
		reader_blame(r, key,
			     arena_printf(r->arena, "is not a number up to %#llx",
					  (unsigned long long)max));
	return number;
}

bool reader_bool(struct reader *r, const json_t *object, const char *key, bool otherwise)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		reader_blame(r, key, "is not true or false");
	return value ? json_is_true(value) : otherwise;
}

static uint8_t order_of(struct reader *r, const json_t *value, const char *key)
{
	uint64_t bytes = 0;

	if (number_of(value, &bytes) && bytes >= MEZZO_PAGE_BYTES && !(bytes & (bytes - 1)) &&
	    bytes <= mezzo_order_bytes(MEZZO_ORDER_MAX))
		return (uint8_t)(__builtin_ctzll(bytes) - MEZZO_PAGE_SHIFT);
	reader_blame(r, key, "is no power of two from 4096 on");
	return 0;
}

uint8_t reader_order(struct reader *r, const json_t *object, const char *key, uint8_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return value ? order_of(r, value, key) : otherwise;
}

const json_t *reader_list(struct reader *r, const json_t *object, const char *key)
{
	const json_t *list = json_object_get(object, key);

	if (list && (!json_is_array(list) || !json_array_size(list)))
		reader_blame(r, key, "is not a list, or an empty one");
	return list;
}

uint64_t reader_orders(struct reader *r, const json_t *object, const char *key, uint64_t otherwise)
{
	const json_t *list = reader_list(r, object, key);
	uint64_t set = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		set |= UINT64_C(1) << order_of(r, json_array_get(list, i), key);
	return list ? set : otherwise;
}

static unsigned int word_of(struct reader *r, const json_t *value, const char *key,
			    const struct words *words)
{
	const char *text = json_string_value(value), *all = words->name(0);

	for (unsigned int i = 0; text && i < words->count; i++)
		if (strcmp(text, words->name(i)) == 0)
			return i;
	for (unsigned int i = 1; i < words->count; i++)
		all = arena_printf(r->arena, "%s, %s", all, words->name(i));
	reader_blame(r, key, arena_printf(r->arena, "is none of %s", all));
	return 0;
}

uint8_t reader_word(struct reader *r, const json_t *object, const char *key,
		    const struct words *words, unsigned int otherwise)
{
	const json_t *value = json_object_get(object, key);

	return (uint8_t)(value ? word_of(r, value, key, words) : otherwise);
}

uint8_t reader_words(struct reader *r, const json_t *object, const char *key,
		     const struct words *words, unsigned int otherwise)
{
	const json_t *list = reader_list(r, object, key);
	unsigned int set = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		set |= 1u << word_of(r, json_array_get(list, i), key, words);
	return (uint8_t)(list ? set : otherwise);
}
