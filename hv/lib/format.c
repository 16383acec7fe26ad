/* SPDX-License-Identifier: BSD-2-Clause */
#include "print.h"

#include <stdbool.h>
#include <string.h>

struct out {
	char *buffer;
	size_t bytes;
	size_t length;
};

struct spec {
	bool left, zero;
	unsigned int width;
	unsigned int longs; /* l's; z counts as one */
};

static void put(struct out *out, char c)
{
	if (out->length + 1 < out->bytes)
		out->buffer[out->length] = c;
	out->length++;
}

static void put_padded(struct out *out, const char *s, size_t n, const struct spec *spec)
{
	size_t pad = spec->width > n ? spec->width - n : 0;

	for (; pad && !spec->left; pad--)
		put(out, spec->zero ? '0' : ' ');
	while (n--)
		put(out, *s++);
	for (; pad; pad--)
		put(out, ' ');
}

static void put_number(struct out *out, uint64_t value, unsigned int base, bool upper,
		       bool negative, const struct spec *spec)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	if (negative)
		text[--at] = '-';
	put_padded(out, text + at, sizeof(text) - at, spec);
}

static const char *parse(const char *p, struct spec *spec)
{
	for (; *p == '-' || *p == '0'; p++) {
		spec->left |= *p == '-';
		spec->zero |= *p == '0';
	}
	for (; *p >= '0' && *p <= '9'; p++)
		spec->width = spec->width * 10 + (unsigned int)(*p - '0');
	for (; *p == 'l' || *p == 'z'; p++)
		spec->longs++;
	return p;
}

size_t hv_vformat(char *buffer, size_t bytes, const char *format, va_list args)
{
	struct out out = {buffer, bytes, 0};

	for (const char *p = format; *p; p++) {
		struct spec spec = {0};
		const char *s;
		int64_t i;
		char c;

		if (*p != '%') {
			put(&out, *p);
			continue;
		}
		p = parse(p + 1, &spec);
		switch (*p) {
		case 's':
			s = va_arg(args, const char *);
			s = s ? s : "(null)";
			put_padded(&out, s, strlen(s), &spec);
			break;
		case 'c':
			c = (char)va_arg(args, int);
			put_padded(&out, &c, 1, &spec);
			break;
		case 'd':
		case 'i':
			i = spec.longs ? va_arg(args, int64_t) : va_arg(args, int);
			put_number(&out, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, 10, false, i < 0,
				   &spec);
			break;
		case 'u':
		case 'x':
		case 'X':
			put_number(&out,
				   spec.longs ? va_arg(args, uint64_t) : va_arg(args, unsigned int),
				   *p == 'u' ? 10 : 16, *p == 'X', false, &spec);
			break;
		case 'p':
			put_number(&out, (uint64_t)(uintptr_t)va_arg(args, void *), 16, false,
				   false, &spec);
			break;
		case '\0':
			p--;
			break;
		default:
			put(&out, *p);
		}
	}
	if (bytes)
		buffer[out.length < bytes ? out.length : bytes - 1] = '\0';
	return out.length;
}

size_t hv_format(char *buffer, size_t bytes, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = hv_vformat(buffer, bytes, format, args);
	va_end(args);
	return length;
}
