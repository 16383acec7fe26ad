/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of enumerators, as the command, the monitor and the documents print them. */
#include <mezzo/decide.h>
#include <mezzo/status.h>

#define NAME_OF(table, value)                                                                      \
	((size_t)(value) < sizeof(table) / sizeof((table)[0]) && (table)[value] ? (table)[value]   \
										: "unknown")

const char *mezzo_aliases_name(enum mezzo_aliases aliases)
{
	static const char *const name[MEZZO_ALIASES_VALUES] = {
		[MEZZO_ALIASES_NONE] = "none",
		[MEZZO_ALIASES_DEVICE] = "device",
		[MEZZO_ALIASES_UNCACHED] = "uncached",
		[MEZZO_ALIASES_CACHED] = "cached",
	};

	return NAME_OF(name, aliases);
}

const char *mezzo_maintenance_name(enum mezzo_maintenance maintenance)
{
	static const char *const name[MEZZO_MAINTENANCE_VALUES] = {
		[MEZZO_MAINTENANCE_NONE] = "none",
		[MEZZO_MAINTENANCE_WINDOW] = "window",
		[MEZZO_MAINTENANCE_DIRECT] = "direct",
	};

	return NAME_OF(name, maintenance);
}

const char *mezzo_dma_name(enum mezzo_dma dma)
{
	static const char *const name[MEZZO_DMA_VALUES] = {
		[MEZZO_DMA_NONE] = "none",
		[MEZZO_DMA_SNOOPED] = "snooped",
		[MEZZO_DMA_UNSNOOPED] = "unsnooped",
	};

	return NAME_OF(name, dma);
}

const char *mezzo_content_name(enum mezzo_content content)
{
	static const char *const name[MEZZO_CONTENT_VALUES] = {
		[MEZZO_CONTENT_INITIALISED] = "initialised",
		[MEZZO_CONTENT_UNOWNED] = "unowned",
	};

	return NAME_OF(name, content);
}

const char *mezzo_lines_name(enum mezzo_lines lines)
{
	static const char *const name[MEZZO_LINES_VALUES] = {
		[MEZZO_LINES_CLEAN] = "clean",
		[MEZZO_LINES_MAYBE] = "maybe",
	};

	return NAME_OF(name, lines);
}

const char *mezzo_action_name(enum mezzo_action action)
{
	static const char *const name[MEZZO_ACTIONS] = {
		[MEZZO_ACTION_NONE] = "none",
		[MEZZO_ACTION_CLEAN_INVALIDATE] = "clean-invalidate",
		[MEZZO_ACTION_ZERO] = "zero",
		[MEZZO_ACTION_ZERO_UNCACHED] = "zero-uncached",
		[MEZZO_ACTION_ZERO_TAGS] = "zero-tags",
		[MEZZO_ACTION_INVALIDATE_ICACHE] = "invalidate-icache",
		[MEZZO_ACTION_LOG_DIRTY] = "log-dirty",
	};

	return NAME_OF(name, action);
}

const char *mezzo_outcome_name(enum mezzo_outcome outcome)
{
	static const char *const name[MEZZO_OUTCOMES] = {
		[MEZZO_GRANT] = "grant", [MEZZO_ABORT] = "abort",   [MEZZO_EXIT] = "exit",
		[MEZZO_SKIP] = "skip",   [MEZZO_REFUSE] = "refuse",
	};

	return NAME_OF(name, outcome);
}

const char *mezzo_access_name(enum mezzo_access access)
{
	static const char *const name[MEZZO_ACCESS_KINDS] = {
		[MEZZO_ACCESS_READ] = "read",
		[MEZZO_ACCESS_WRITE] = "write",
		[MEZZO_ACCESS_EXEC] = "exec",
		[MEZZO_ACCESS_WALK] = "walk",
		[MEZZO_ACCESS_WALK_WRITE] = "walk-write",
		[MEZZO_ACCESS_CACHE_OP] = "cache-op",
		[MEZZO_ACCESS_EXCLUSIVE] = "exclusive",
		[MEZZO_ACCESS_UNALIGNED] = "unaligned",
	};

	return NAME_OF(name, access);
}

const char *mezzo_field_name(enum mezzo_field field)
{
	static const char *const name[MEZZO_FIELDS] = {
		[MEZZO_FIELD_NONE] = "none",
		[MEZZO_FIELD_ALIASES] = "aliases",
		[MEZZO_FIELD_ALLOW] = "allow",
		[MEZZO_FIELD_MAINTENANCE] = "maintenance",
		[MEZZO_FIELD_DMA] = "dma",
		[MEZZO_FIELD_TAG_STORAGE] = "tag-storage",
		[MEZZO_FIELD_PRIVATE] = "private",
		[MEZZO_FIELD_MMIO] = "mmio",
		[MEZZO_FIELD_DATA] = "data",
		[MEZZO_FIELD_TAGS] = "tags",
		[MEZZO_FIELD_LINES] = "lines",
		[MEZZO_FIELD_GUEST_MTE] = "guest-mte",
		[MEZZO_FIELD_DIRTY_LOG] = "dirty-log",
		[MEZZO_FIELD_FWB] = "fwb",
		[MEZZO_FIELD_IDC] = "idc",
		[MEZZO_FIELD_MTE] = "mte",
		[MEZZO_FIELD_MTE_PERM] = "mte-perm",
		[MEZZO_FIELD_ENGINE] = "engine",
		[MEZZO_FIELD_SELF_SNOOP] = "self-snoop",
		[MEZZO_FIELD_SLOT_ID] = "slot-id",
		[MEZZO_FIELD_IPA] = "ipa",
		[MEZZO_FIELD_PAGES] = "pages",
		[MEZZO_FIELD_OFFSET] = "offset",
		[MEZZO_FIELD_FLAGS] = "flags",
		[MEZZO_FIELD_OBJECT] = "object",
		[MEZZO_FIELD_BITMAP] = "bitmap",
		[MEZZO_FIELD_FIRST_PAGE] = "first-page",
		[MEZZO_FIELD_ENTRIES] = "entries",
		[MEZZO_FIELD_WRITABLE] = "writable",
		[MEZZO_FIELD_MAX_ORDER] = "max-order",
		[MEZZO_FIELD_BASE] = "base",
		[MEZZO_FIELD_BYTES] = "bytes",
		[MEZZO_FIELD_IPA_BITS] = "ipa-bits",
		[MEZZO_FIELD_DIC] = "dic",
		[MEZZO_FIELD_FAMILY] = "arch",
	};

	return NAME_OF(name, field);
}

const char *mezzo_family_name(enum mezzo_family family)
{
	static const char *const name[MEZZO_FAMILIES] = {
		[MEZZO_FAMILY_ARM64] = "arm64",
		[MEZZO_FAMILY_X86] = "x86",
	};

	return NAME_OF(name, family);
}

const char *mezzo_status_name(enum mezzo_status status)
{
	static const char *const name[] = {
		[0] = "OK",
		[-MEZZO_ERR_INVALID] = "INVALID",
		[-MEZZO_ERR_REFUSED] = "REFUSED",
		[-MEZZO_ERR_EXISTS] = "EXISTS",
		[-MEZZO_ERR_NOENT] = "NOENT",
		[-MEZZO_ERR_NOMEM] = "NOMEM",
		[-MEZZO_ERR_AGAIN] = "AGAIN",
		[-MEZZO_ERR_LIMIT] = "LIMIT",
		[-MEZZO_ERR_REVOKED] = "REVOKED",
		[-MEZZO_ERR_LIVE] = "LIVE",
		[-MEZZO_ERR_POISONED] = "POISONED",
	};
	int value = -(int)status;

	return value >= 0 ? NAME_OF(name, value) : "unknown";
}
