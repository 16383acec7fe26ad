/* SPDX-License-Identifier: BSD-2-Clause */
#include "kvm_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_FILE "tests/replay/kvm-slot-errno.tsv"

const struct kvm_row kvm_rows[] = {
	{"A01", {{VM}}, {SET(0, 0, 0, M, U)}, NULL},
	{"A02", {{VM}}, {SET(0, 0, 0, 4 * K, U)}, NULL},
	{"A04", {{VM}}, {SET(0, 0, 0, 0x800, U)}, "kvm-size-misaligned"},
	{"A05", {{VM}}, {SET(0, 0, 0x800, M, U)}, "slot-misaligned"},
	{"A06", {{VM}}, {SET(0, 0, 0, M, U + 1)}, "kvm-user-address"},
	{"A08", {{VM}}, {SET(0, 0, 0, M, 0)}, NULL},
	{"A09", {{VM}}, {SET(0, 0, 0, M, T)}, NULL},
	{"A10", {{VM}}, {SET(0, 0, 0, M, UINT64_C(0xffff800000000000))}, "kvm-user-address"},
	{"A12", {{VM}}, {SET(0, 0, 0, 4 * K, 128 * T - 8 * K)}, NULL},
	{"A13", {{VM}}, {SET(0, 0, 0, M, 128 * T)}, "kvm-user-address"},
	{"A14", {{VM}}, {SET(0, 0, 0, M, U | UINT64_C(1) << 62)}, "kvm-user-address"},
	{"A16", {{VM}}, {SET(0, 0, -4 * K, 4 * K, U)}, "slot-wraps"},
	{"A18", {{VM}}, {SET(0, 0, 256 * T - M, M, U)}, NULL},
	{"A21", {{VM}}, {SET(0, 0, 4096 * T, M, U)}, "slot-beyond-ipa"},
	{"A22", {{VM}}, {SET(0, 0, 4096 * T - M, 2 * M, U)}, "slot-beyond-ipa"},
	{"A24", {{VM}}, {SET(0, 0, 0, UINT64_C(1) << 63, 0)}, "kvm-user-address"},
	{"A25", {{VM}}, {SET(0, 0, 0, T, UINT64_C(0x7fff00000000))}, "kvm-user-address"},

	{"B26", {{VM}}, {SET(32763, 0, 0, M, U)}, NULL},
	{"B28", {{VM}}, {SET(32767, 0, 0, M, U)}, "kvm-slot-number"},
	{"B29", {{VM}}, {SET(65535, 0, 0, M, U)}, "kvm-slot-number"},
	{"B30", {{VM}}, {SET(0x10000, 0, 0, M, U)}, "kvm-address-space"},
	{"B32", {{VM}}, {SET(0xffff0000, 0, 0, M, U)}, "kvm-address-space"},
	{"B33", {{VM}}, {SET(0x10000, 0, 0, 0, U)}, "kvm-address-space"},

	{"C34", {{VM}, {SET(0, 0, 0, M, U)}}, {SET(1, 0, 0, M, U)}, "slot-overlaps"},
	{"C36", {{NONE}}, {SET(1, 0, 4 * K, 4 * K, U + 2 * M)}, "slot-overlaps"},
	{"C37", {{NONE}}, {SET(1, 0, M, M, U + M)}, NULL},
	{"C38", {{NONE}}, {SET(2, 0, 0, 4 * M, U)}, "slot-overlaps"},
	{"C40", {{SET(2, 0, 16 * M, M, U)}}, {SET(0, 0, 0, 2 * M, U)}, "slot-fixed"},
	{"C41", {{NONE}}, {SET(0, 0, 0, 512 * K, U)}, "slot-fixed"},
	{"C42", {{NONE}}, {SET(0, 0, 0, M, U)}, NULL},
	{"C44", {{NONE}}, {SET(0, 0, 32 * M, M, U + 8 * M)}, "slot-fixed"},
	{"C45", {{NONE}}, {SET(0, 0, M, M, U)}, "slot-overlaps"},
	{"C46", {{NONE}}, {SET(0, 0, 4 * K, M, U)}, "slot-overlaps"},
	{"C48", {{SET(2, 0, 16 * M + 4 * K, M, U)}}, {SET(0, 0, 64 * M, M, U)}, NULL},
	{"C49", {{NONE}}, {SET(0, 0, 64 * M + 0x10, M, U)}, "slot-misaligned"},
	{"C50", {{NONE}}, {SET(0, 0, 4096 * T, M, U)}, "slot-beyond-ipa"},
	{"C52", {{SET(0, LOG, 80 * M, M, U)}}, {SET(3, 0, 64 * M, M, U + 4 * M)}, NULL},
	{"C53", {{NONE}}, {SET(9, 0, 0, 0, U)}, "slot-id-unknown"},
	{"C54", {{NONE}}, {SET(0, 0, 80 * M, 0, U)}, NULL},
	{"C56", {{NONE}}, {SET(1, 0, 512 * M, 0, U + 5 * M)}, NULL},
	{"C57", {{NONE}}, {SET(2, 0, 0, 0, 0)}, NULL},
	{"C58", {{NONE}}, {SET(3, 0, 1, 0, U)}, "kvm-deletion-checked"},
	{"C60", {{NONE}}, {SET(3, 0x80, 0, 0, U)}, "kvm-deletion-checked"},
	{"C61", {{NONE}}, {SET(3, LOG | RO, 0, 0, U)}, NULL},
	{"C62", {{NONE}}, {SET(100, 0, 0, 0, 0)}, "slot-id-unknown"},

	{"D64", {{VM}}, {SET(0, UINT64_C(1) << 31, 0, M, U)}, "slot-flags"},
	{"D65", {{VM}}, {SET(0, 1 << 16, 0, M, U)}, "slot-flags"},
	{"D66", {{VM}}, {SET2(0, 1 << 16, 0, M, U, 0, -1)}, "slot-flags"},
	{"D68", {{VM}}, {SET(0, RO, 0, M, U)}, NULL},
	{"D69", {{NONE}}, {SET(0, 0, 0, M, U)}, "slot-fixed"},
	{"D70", {{NONE}}, {SET(0, RO | LOG, 0, M, U)}, NULL},
	{"D72", {{VM}, {SET(0, 0, 0, M, U)}}, {SET(0, LOG, 0, M, U)}, NULL},
	{"D73", {{NONE}}, {SET(0, 0, 0, M, U)}, NULL},
	{"D74", {{NONE}}, {SET(0, LOG, 0, M, U + M)}, "slot-fixed"},
	{"D76", {{NONE}}, {SET2(0, LOG, 0, M, U, UINT64_MAX, -1)}, NULL},

	{"E80", {{VM}, {SET(0, 0, 0, M, U)}}, {GET(0)}, "slot-not-logging"},
	{"E81", {{NONE}}, {GET(5)}, "slot-id-unknown"},
	{"E82", {{NONE}}, {GET(40000)}, "kvm-slot-number"},
	{"E84", {{SET(0, LOG, 0, M, U)}}, {GET(0)}, NULL},
	{"E86", {{NONE}}, {CLEAR(0, 0, 256)}, NULL},
	{"E88", {{NONE}}, {CAP(168, 2)}, "kvm-capability-argument"},
	{"E89", {{NONE}}, {CAP(168, 4)}, "kvm-capability-argument"},
	{"E90", {{CAP(168, 1)}}, {CLEAR(0, 0, 256)}, NULL},
	{"E92", {{NONE}}, {CLEAR(0, 0, 1)}, "log-range"},
	{"E93", {{NONE}}, {CLEAR(0, 64, 192)}, NULL},
	{"E94", {{NONE}}, {CLEAR(0, 192, 128)}, "log-range"},
	{"E96", {{NONE}}, {CLEAR(0, UINT64_C(1) << 63, 64)}, "log-range"},
	{"E97", {{VM}}, {CAP(192, 0)}, "kvm-dirty-ring-size"},
	{"E98", {{NONE}}, {CAP(192, 12288)}, "ring-size"},
	{"E100", {{NONE}}, {CAP(192, 4096)}, NULL},
	{"E101", {{NONE}}, {CAP(192, 32 * M)}, "ring-size"},
	{"E102", {{NONE}}, {CAP(192, 65536)}, "ring-set"},
	{"E104", {{SET(0, LOG, 0, M, U)}}, {GET(0)}, "kvm-dirty-ring-instead"},
	{"E105", {{NONE}}, {RESET_RINGS}, NULL},
	{"E106", {{VM}}, {RESET_RINGS}, "kvm-no-dirty-ring"},

	{"G120", {{VM}}, {SET2(0, GMEM, 0, 2 * M, U, 0, F)}, NULL},
	{"G121", {{NONE}}, {SET2(0, GMEM, 0, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G122", {{NONE}}, {SET2(0, GMEM, 64 * M, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G124", {{NONE}}, {SET2(0, 0, 0, 2 * M, U, 0, F)}, "kvm-memfd-slot-fixed"},
	{"G125", {{NONE}}, {SET2(0, GMEM, 0, 2 * M, U, 2 * M, F)}, "kvm-memfd-slot-fixed"},
	{"G126", {{NONE}}, {SET(0, 0, 0, 2 * M, U)}, "kvm-memfd-slot-fixed"},
	{"G128",
	 {{NONE}},
	 {SET2(1, GMEM, 16 * M, 2 * M, U, 2 * M - 4 * K, F)},
	 "exclusive-mapped-twice"},
	{"G129", {{NONE}}, {SET2(1, GMEM, 16 * M, 2 * M, U, 2 * M, F)}, NULL},
	{"G130", {{NONE}}, {SET2(2, GMEM, 32 * M, 2 * M, U, 4 * M, F)}, "slot-beyond-object"},
	{"G132", {{NONE}}, {SET2(2, GMEM, 32 * M, M, U, 0x800, F3)}, "kvm-memfd-offset"},
	{"G133", {{NONE}}, {SET2(2, GMEM, 32 * M, M, U, 4 * K, F3)}, NULL},
	{"G134", {{NONE}}, {SET2(3, GMEM, 48 * M, 2 * M, U, -4 * K, F3)}, "kvm-memfd-offset"},
	{"G136", {{NONE}}, {SET2(3, GMEM, 0, M, U, 2 * M, F3)}, "slot-overlaps"},
	{"G137", {{NONE}}, {SET2(3, GMEM, 48 * M, M, U, 0, -1)}, "kvm-memfd-descriptor"},
	{"G138", {{NONE}}, {SET2(3, GMEM, 48 * M, M, U, 0, 0x7fffffff)}, "kvm-memfd-descriptor"},
	{"G141", {{NONE}}, {SET2(3, GMEM | RO, 48 * M, M, U, 2 * M, F3)}, "kvm-memfd-flags"},
	{"G142", {{NONE}}, {SET2(3, GMEM | LOG, 48 * M, M, U, 2 * M, F3)}, "kvm-memfd-flags"},
	{"G144", {{NONE}}, {SET2(3, GMEM, 48 * M, M, 0, 2 * M, F3)}, NULL},
	{"G145", {{NONE}}, {SET2(4, GMEM, 96 * M, M + 1, U, 3 * M, F3)}, "kvm-size-misaligned"},
	{"G148", {{SET2(0, 0, 0, 0, U, 0, F)}}, {SET2(1, GMEM, 0, 0, U, 0, -1)}, NULL},
	{"G149", {{NONE}}, {SET2(6, GMEM, 128 * M, 2 * M, U, 0, F)}, NULL},
};

const size_t kvm_rows_count = sizeof(kvm_rows) / sizeof(kvm_rows[0]);

const struct kvm_row *kvm_row_of(const char *id)
{
	for (size_t i = 0; i < kvm_rows_count; i++)
		if (strcmp(kvm_rows[i].id, id) == 0)
			return &kvm_rows[i];
	return NULL;
}

int64_t kvm_result_of(const char *word)
{
	if (strcmp(word, "0") == 0)
		return 0;
	for (int error = 1; error < 134; error++)
		if (strerrorname_np(error) && strcmp(strerrorname_np(error), word) == 0)
			return -error;
	fail_msg("%s is no error", word);
	return 1;
}

unsigned int kvm_golden_read(struct kvm_golden golden[KVM_GOLDEN_MAX])
{
	FILE *file = fopen(ROWS_FILE, "r");
	unsigned int count = 0;
	char line[1024];

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file)); /* the heading */
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *field[4];

		for (unsigned int i = 0; i < 4; i++)
			field[i] = strsep(&rest, "\t");
		assert_in_range(count, 0, KVM_GOLDEN_MAX - 1);
		assert_non_null(field[3]);
		snprintf(golden[count].id, sizeof(golden[count].id), "%s", field[0]);
		golden[count].of_config =
			rest && (strstr(rest, "config-dependent") || strstr(rest, "without TDP"));
		golden[count++].result = kvm_result_of(field[3]);
	}
	fclose(file);
	return count;
}
