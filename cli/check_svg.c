/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace as a picture: time runs downwards, a lane for whoever acts and for what holds data. */
#include "check.h"

#include <errno.h>
#include <string.h>

#define LANE 96u
#define TEXT_WIDTH 460u
#define TEXT_CHARS 68
#define LINE_HEIGHT 17u
#define TOP 56u
#define MARGIN 16u
#define LANES_MAX 8

struct picture {
	FILE *out;
	const struct judge_story *story;
	const char *lane[LANES_MAX];
	unsigned int lanes;
	bool cells; /* the last two lanes hold data */
};

static void escaped(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length && text[i]; i++)
		switch (text[i]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(text[i], out);
		}
}

static unsigned int lane_of(struct picture *p, const char *name)
{
	for (unsigned int i = 0; i < p->lanes; i++)
		if (strcmp(p->lane[i], name) == 0)
			return i;
	if (p->lanes == LANES_MAX)
		return 0;
	p->lane[p->lanes] = name;
	return p->lanes++;
}

/* In this order where they occur, others after them; cache and memory last. */
static void find_lanes(struct picture *p)
{
	static const char *const order[] = {"host",    "driver", "owner", "guest A",
					    "guest B", "CPU 0",  "CPU 1", "device"};

	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (unsigned int s = 0; s < p->story->length; s++)
			if (strcmp(p->story->step[s].actor, order[i]) == 0)
				lane_of(p, order[i]);
	p->cells = p->story->run->subject->cells != NULL;
	if (!p->cells)
		return;
	lane_of(p, "cache");
	lane_of(p, "memory");
}

static unsigned int middle(unsigned int lane)
{
	return MARGIN + lane * LANE + LANE / 2;
}

/* The text of a step in lines; returns how many. With @y 0 nothing is drawn. */
static unsigned int lines(const struct picture *p, const char *text, unsigned int x, unsigned int y)
{
	unsigned int count = 0;

	while (*text) {
		size_t length = strlen(text);

		if (length > TEXT_CHARS) {
			length = TEXT_CHARS;
			while (length > 1 && text[length] != ' ')
				length--;
		}
		if (y) {
			fprintf(p->out, "<text x=\"%u\" y=\"%u\">", x, y + count * LINE_HEIGHT);
			escaped(p->out, text, length);
			fputs("</text>\n", p->out);
		}
		text += length;
		while (*text == ' ')
			text++;
		count++;
	}
	return count;
}

static void cell(const struct picture *p, unsigned int lane, unsigned int y, const char *what,
		 bool secret, bool dirty)
{
	unsigned int x = middle(lane) - LANE / 2 + 3;

	if (!what)
		return;
	fprintf(p->out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"18\" rx=\"3\" class=\"%s%s\"/>\n", x,
		y - 13, LANE - 6, secret ? "secret" : "plain", dirty ? " dirty" : "");
	fprintf(p->out, "<text x=\"%u\" y=\"%u\" class=\"cell\">", middle(lane), y);
	escaped(p->out, what, strlen(what));
	fputs("</text>\n", p->out);
}

static unsigned int step_height(const struct picture *p, unsigned int i)
{
	return lines(p, p->story->step[i].text, 0, 0) * LINE_HEIGHT + 14;
}

static void draw_step(struct picture *p, unsigned int i, unsigned int y)
{
	const struct check_cells *cells = &p->story->step[i].cells;
	unsigned int lane = lane_of(p, p->story->step[i].actor);
	bool last = i + 1 == p->story->length;

	fprintf(p->out, "<circle cx=\"%u\" cy=\"%u\" r=\"11\" class=\"%s\"/>\n", middle(lane),
		y - 4, last ? "end" : "step");
	fprintf(p->out, "<text x=\"%u\" y=\"%u\" class=\"number\">%u</text>\n", middle(lane), y,
		i + 1);
	if (p->cells) {
		/* Beside the cache's own step its content would be hidden. */
		if (strcmp(p->story->step[i].actor, "cache") != 0)
			cell(p, p->lanes - 2, y, cells->cache, cells->secret[0], cells->dirty);
		cell(p, p->lanes - 1, y, cells->memory, cells->secret[1], false);
	}
	lines(p, p->story->step[i].text, MARGIN * 2 + p->lanes * LANE, y);
}

static void draw(struct picture *p)
{
	const struct check_property_text *property = &check_property_texts[p->story->property];
	unsigned int height = TOP + MARGIN, width = MARGIN * 3 + p->lanes * LANE + TEXT_WIDTH, y;

	for (unsigned int i = 0; i < p->story->length; i++)
		height += step_height(p, i);
	fprintf(p->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"13\">\n",
		width, height, width, height);
	fputs("<style>.lane{stroke:#bbb;stroke-dasharray:3 3}.head{font-weight:bold;text-anchor:middle}"
	      ".number,.cell{text-anchor:middle;font-size:11px}.step{fill:#fff;stroke:#333}"
	      ".end{fill:#fbb;stroke:#a00}.plain{fill:#e8f0e8;stroke:#9a9}"
	      ".secret{fill:#f6d0d0;stroke:#a00}.dirty{stroke-width:3}</style>\n"
	      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
	      p->out);
	fprintf(p->out, "<text x=\"%u\" y=\"20\" font-weight=\"bold\">%s: %s %s</text>\n", MARGIN,
		p->story->run->policy->name, property->id, property->name);
	for (unsigned int i = 0; i < p->lanes; i++) {
		fprintf(p->out, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" class=\"lane\"/>\n",
			middle(i), TOP, middle(i), height - MARGIN);
		fprintf(p->out, "<text x=\"%u\" y=\"%u\" class=\"head\">%s</text>\n", middle(i),
			TOP - 10, p->lane[i]);
	}
	y = TOP + 22;
	for (unsigned int i = 0; i < p->story->length; i++) {
		draw_step(p, i, y);
		y += step_height(p, i);
	}
	fputs("</svg>\n", p->out);
}

bool check_svg(const char *path, const struct judge_story *story)
{
	struct picture p = {.out = fopen(path, "w"), .story = story};
	bool written;

	if (!p.out)
		return false;
	find_lanes(&p);
	draw(&p);
	written = !ferror(p.out);
	if (fclose(p.out) != 0)
		written = false;
	return written;
}
