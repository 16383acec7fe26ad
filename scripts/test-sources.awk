# SPDX-License-Identifier: BSD-2-Clause
#
# Print TEST=SOURCE for each source that a test names in a comment near its top:
#	/* sources: hv/gic/dist.c hv/pci/config.c */
FNR > 20 { nextfile }
match($0, /^\/\* sources: .*\*\//) {
	n = split(substr($0, 12, RLENGTH - 13), name, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (name[i] != "")
			print FILENAME "=" name[i]
}
