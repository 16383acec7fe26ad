/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few functions of <string.h> and <stdlib.h> that the engine, libfdt and we need. Only aligned
 * accesses. The empty asm keeps the compiler from recognising a loop as a call of itself.
 */
#define _POSIX_C_SOURCE 200809L /* strnlen */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_LOOP() __asm__ volatile("")

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	if (((uintptr_t)d | (uintptr_t)s) % 8 == 0) {
		uint64_t *to8 = (uint64_t *)(void *)d;
		const uint64_t *from8 = (const uint64_t *)(const void *)s;

		for (; n >= 32; n -= 32, to8 += 4, from8 += 4) {
			uint64_t a = from8[0], b = from8[1], c = from8[2], e = from8[3];

			to8[0] = a;
			to8[1] = b;
			to8[2] = c;
			to8[3] = e;
			KEEP_LOOP();
		}
		for (; n >= 8; n -= 8) {
			*to8++ = *from8++;
			KEEP_LOOP();
		}
		d = (unsigned char *)to8;
		s = (const unsigned char *)from8;
	}
	while (n--) {
		*d++ = *s++;
		KEEP_LOOP();
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(to, from, n);
	while (n--) {
		d[n] = s[n];
		KEEP_LOOP();
	}
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	unsigned char *d = to;
	uint64_t word = (unsigned char)byte * UINT64_C(0x0101010101010101);

	for (; n && (uintptr_t)d % 8; n--) {
		*d++ = (unsigned char)byte;
		KEEP_LOOP();
	}
	for (; n >= 32; n -= 32, d += 32) {
		uint64_t *to8 = (uint64_t *)(void *)d;

		to8[0] = word;
		to8[1] = word;
		to8[2] = word;
		to8[3] = word;
		KEEP_LOOP();
	}
	for (; n >= 8; n -= 8, d += 8) {
		*(uint64_t *)(void *)d = word;
		KEEP_LOOP();
	}
	while (n--) {
		*d++ = (unsigned char)byte;
		KEEP_LOOP();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *from, int byte, size_t n)
{
	const unsigned char *p = from;

	for (; n; n--, p++)
		if (*p == (unsigned char)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n]) {
		n++;
		KEEP_LOOP();
	}
	return n;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = (char *)(uintptr_t)s;
		if (!*s)
			return last;
	}
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned int)(c - 'a' + 10);
	if (c >= 'A' && c <= 'Z')
		return (unsigned int)(c - 'A' + 10);
	return 99;
}

/* No blanks, no sign: numbers in boot arguments and unit addresses have neither. */
unsigned long strtoul(const char *s, char **end, int base)
{
	unsigned long value = 0;

	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		s += 2;
		base = 16;
	} else if (base == 0) {
		base = 10;
	}
	for (; digit(*s) < (unsigned int)base; s++)
		value = value * (unsigned int)base + digit(*s);
	if (end)
		*end = (char *)(uintptr_t)s;
	return value;
}
