/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each operation asks of the hardware: counts, which do not vary. tests/unit/space_hardware.c
 * pins them.
 *
 * bench/hardware [FILE]: writes FILE, or build/bench/hardware.json.
 */
#include "tests/support/hardware.h"

#include "measure.h"

static void write_counts(struct measure_report *report, const char *operation, const char *machine,
			 const struct hardware_counts *c)
{
	const struct {
		const char *unit;
		unsigned int value;
	} part[] = {
		{"tlbi", c->entry + c->range + c->combined + c->space},
		{"dsb", c->dsb},
		{"isb", c->isb},
		{"icache", c->icache},
		{"KiB cleaned", c->cleaned_kib},
		{"KiB zeroed", c->zeroed_kib},
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		fprintf(report->json,
			"%s\n  {\"name\": \"%s_%s\", \"value\": %u, \"unit\": \"%s\"}",
			report->separator, operation, machine, part[i].value, part[i].unit);
		report->separator = ",";
	}
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : "build/bench/hardware.json";
	struct measure_report report;
	const char *name;

	measure_open(&report, file);
	for (size_t i = 0; (name = hardware_operation_name(i)); i++) {
		for (int m = 0; m < HARDWARE_MACHINES; m++) {
			struct hardware_counts counts;
			char text[160];

			if (!hardware_measure((enum hardware_machine)m, i, &counts)) {
				fprintf(stderr, "bench: %s on %s failed\n", name,
					hardware_machine_name[m]);
				fclose(report.json);
				return 1;
			}
			hardware_print(&counts, text, sizeof(text));
			printf("  %-28s %-16s %s\n", name, hardware_machine_name[m], text);
			write_counts(&report, name, hardware_machine_name[m], &counts);
		}
	}
	measure_close(&report, file);
	return 0;
}
