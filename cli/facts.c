/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts from options, and what is assumed where nothing was said. */
#include "facts.h"

#include "cpu.h"
#include <string.h>

static const uint8_t block_order[] = {MEZZO_ORDER_4K, MEZZO_ORDER_2M, MEZZO_ORDER_1G};

/* Values of --allow: the three classes, two short forms, all. */
static unsigned int allow_set(uint64_t words)
{
	static const uint8_t classes[] = {
		MEZZO_CLASS_DEVICE, MEZZO_CLASS_NC,  MEZZO_CLASS_WB,     MEZZO_CLASS_NC,
		MEZZO_CLASS_WB,     MEZZO_CLASS_ALL, MEZZO_CLASS_DEVICE, MEZZO_CLASS_NC,
	};
	unsigned int set = 0;

	for (unsigned int i = 0; i < sizeof(classes); i++)
		if (words & UINT64_C(1) << i)
			set |= classes[i];
	return set;
}

static bool has(const struct cli_args *args, enum explain_vma word)
{
	return args->set[EXPLAIN_VMA] & UINT64_C(1) << word;
}

/* The preset meant by --aliases or --allow alone, or by the look of --vma. */
static enum mezzo_preset guess_preset(const struct cli_args *args, const char **why)
{
	if (args->given[EXPLAIN_ALIASES]) {
		static const uint8_t preset[] = {
			[MEZZO_ALIASES_NONE] = MEZZO_PRESET_EXCLUSIVE,
			[MEZZO_ALIASES_DEVICE] = MEZZO_PRESET_DEVICE,
			[MEZZO_ALIASES_UNCACHED] = MEZZO_PRESET_COMBINING,
			[MEZZO_ALIASES_CACHED] = MEZZO_PRESET_CACHED,
		};

		*why = "the usual preset with these aliases";
		return (enum mezzo_preset)preset[args->one[EXPLAIN_ALIASES]];
	}
	if (args->given[EXPLAIN_ALLOW]) {
		unsigned int allow = allow_set(args->set[EXPLAIN_ALLOW]);

		*why = "the usual preset with these types";
		if (!(allow & MEZZO_CLASS_WB))
			return allow & MEZZO_CLASS_NC ? MEZZO_PRESET_COMBINING
						      : MEZZO_PRESET_DEVICE;
		return allow == MEZZO_CLASS_WB ? MEZZO_PRESET_CACHED : MEZZO_PRESET_EXCLUSIVE;
	}
	if (args->given[EXPLAIN_VMA]) {
		*why = "what --vma looks like";
		if (has(args, VMA_ANY_UNCACHED) || has(args, VMA_WC))
			return MEZZO_PRESET_COMBINING;
		return has(args, VMA_DEVICE) ? MEZZO_PRESET_DEVICE : MEZZO_PRESET_CACHED;
	}
	*why = "ordinary RAM";
	return MEZZO_PRESET_CACHED;
}

static int preset_of(const struct mezzo_contract *memory)
{
	for (int preset = 0; preset < MEZZO_PRESETS; preset++) {
		struct mezzo_contract c =
			mezzo_contract_preset((enum mezzo_preset)preset, MEZZO_MAINTENANCE_NONE);

		if (c.aliases == memory->aliases && c.allow == memory->allow)
			return preset;
	}
	return -1;
}

static void take_declaration(const struct cli_args *args, struct question *q)
{
	struct mezzo_contract *memory = &q->facts.memory;
	enum mezzo_preset preset;

	if (args->given[EXPLAIN_CONTRACT])
		preset = (enum mezzo_preset)args->one[EXPLAIN_CONTRACT];
	else
		preset = guess_preset(args, &q->assumed[EXPLAIN_CONTRACT]);
	*memory = mezzo_contract_preset(preset, MEZZO_MAINTENANCE_NONE);
	if (args->given[EXPLAIN_ALIASES])
		memory->aliases = (uint8_t)args->one[EXPLAIN_ALIASES];
	if (args->given[EXPLAIN_ALLOW])
		memory->allow = (uint8_t)allow_set(args->set[EXPLAIN_ALLOW]);
	if (args->given[EXPLAIN_ALIASES] && args->given[EXPLAIN_ALLOW])
		q->assumed[EXPLAIN_CONTRACT] = NULL;
	q->preset = preset_of(memory);
}

static void take_maintenance(const struct cli_args *args, struct question *q)
{
	struct mezzo_contract *memory = &q->facts.memory;
	const char **assumed = q->assumed;

	if (args->given[EXPLAIN_MAINTENANCE]) {
		memory->maintenance = (uint8_t)args->one[EXPLAIN_MAINTENANCE];
	} else if (memory->aliases == MEZZO_ALIASES_NONE) {
		memory->maintenance = MEZZO_MAINTENANCE_WINDOW;
		assumed[EXPLAIN_MAINTENANCE] = "with no aliases only a temporary mapping is left";
	} else if (memory->aliases == MEZZO_ALIASES_CACHED) {
		bool linear = !args->given[EXPLAIN_BACKING] ||
			      args->one[EXPLAIN_BACKING] == LINUX_BACKING_LINEAR;

		memory->maintenance = linear ? MEZZO_MAINTENANCE_DIRECT : MEZZO_MAINTENANCE_NONE;
		assumed[EXPLAIN_MAINTENANCE] = linear ? "RAM that the host maps cached anyway"
						      : "--backing says there is no linear map";
	} else {
		assumed[EXPLAIN_MAINTENANCE] = "device memory that the host does not map cached";
	}
}

static void take_frame(const struct cli_args *args, struct question *q)
{
	struct mezzo_contract *memory = &q->facts.memory;
	struct mezzo_frame_state state;

	if (args->given[EXPLAIN_LINES]) {
		state.lines = args->one[EXPLAIN_LINES] & 1;
	} else {
		bool device = memory->aliases == MEZZO_ALIASES_DEVICE ||
			      memory->aliases == MEZZO_ALIASES_UNCACHED;

		state.lines = device ? MEZZO_LINES_CLEAN : MEZZO_LINES_MAYBE;
		q->assumed[EXPLAIN_LINES] =
			device ? "nobody maps it cached" : "somebody may have mapped it cached";
	}
	if (args->given[EXPLAIN_CONTENT]) {
		state.data = args->one[EXPLAIN_CONTENT] & 1;
	} else {
		bool none = memory->maintenance == MEZZO_MAINTENANCE_NONE;

		state.data = none ? MEZZO_CONTENT_INITIALISED : MEZZO_CONTENT_UNOWNED;
		q->assumed[EXPLAIN_CONTENT] =
			none ? "with maintenance none the owner has to promise it"
			     : "nothing was promised";
	}
	state.tags =
		args->given[EXPLAIN_TAG_CONTENT] ? args->one[EXPLAIN_TAG_CONTENT] & 1 : state.data;
	q->facts.frame = state;
	memory->promise = state;
}

static void take_fault(const struct cli_args *args, struct question *q)
{
	struct mezzo_fault *fault = &q->facts.fault;
	unsigned int order = MEZZO_ORDER_1G;

	if (args->given[EXPLAIN_BLOCK])
		order = block_order[args->one[EXPLAIN_BLOCK]];
	else
		q->assumed[EXPLAIN_BLOCK] = "nothing smaller was said";
	q->facts.memory.max_order = (uint8_t)order;
	fault->order = (uint8_t)order;
	fault->kind = args->given[EXPLAIN_PERMISSION_FAULT] ? MEZZO_FAULT_PERMISSION
							    : MEZZO_FAULT_MISSING;
	if (args->given[EXPLAIN_NO_SLOT])
		fault->slot = MEZZO_SLOT_NONE;
	else if (args->given[EXPLAIN_READ_ONLY] && args->one[EXPLAIN_READ_ONLY] == 0)
		fault->slot = MEZZO_SLOT_READ_ONLY;
	if (args->given[EXPLAIN_READ_ONLY] && args->one[EXPLAIN_READ_ONLY] == 1)
		q->facts.memory.writable = false;
	if (args->given[EXPLAIN_ACCESS])
		fault->access = (uint8_t)args->one[EXPLAIN_ACCESS];
	else
		q->assumed[EXPLAIN_ACCESS] = "the first touch";
}

/* The slot check: the same function on (missing, read) with what the object promises. */
static void take_creation(struct question *q)
{
	q->creation = q->facts;
	q->creation.fault.kind = MEZZO_FAULT_MISSING;
	q->creation.fault.access = MEZZO_ACCESS_READ;
	q->creation.frame = q->facts.memory.promise;
}

static void default_vma(const struct mezzo_contract *memory, struct linux_facts *host)
{
	bool ordinary = memory->aliases == MEZZO_ALIASES_CACHED;
	bool device = !(memory->allow & MEZZO_CLASS_WB);

	host->pfnmap = host->io = !ordinary;
	host->mte_allowed = ordinary;
	host->any_uncached = device && (memory->allow & MEZZO_CLASS_NC);
	host->attr = device ? LINUX_ATTR_DEVICE : LINUX_ATTR_CACHED;
}

static void take_vma(const struct cli_args *args, const struct mezzo_contract *memory,
		     struct linux_facts *host)
{
	host->pfnmap = has(args, VMA_PFNMAP);
	host->mixedmap = has(args, VMA_MIXEDMAP);
	host->io = has(args, VMA_IO);
	host->any_uncached = has(args, VMA_ANY_UNCACHED);
	host->mte_allowed = has(args, VMA_MTE_ALLOWED);
	host->host_writable = host->host_writable && !has(args, VMA_READ_ONLY);
	if (has(args, VMA_CACHED))
		host->attr = LINUX_ATTR_CACHED;
	else if (has(args, VMA_WC))
		host->attr = LINUX_ATTR_WC;
	else if (has(args, VMA_DEVICE) || !(memory->allow & MEZZO_CLASS_WB))
		host->attr = LINUX_ATTR_DEVICE;
}

static void take_linux(const struct cli_args *args, struct question *q)
{
	const struct mezzo_facts *facts = &q->facts;
	struct linux_facts *host = &q->linux_host;

	q->has_linux = args->given[EXPLAIN_POLICY] && !question_is_x86(q);
	if (!q->has_linux)
		return;
	*host = (struct linux_facts){
		.version = (enum linux_version)args->one[EXPLAIN_POLICY],
		.host_writable = facts->memory.writable,
		.fwb = facts->machine.arm64.fwb,
		.dic = facts->machine.arm64.dic,
		.vm_mte = facts->guest.mte,
		.logging = facts->guest.dirty_log,
		.slot = (enum mezzo_slot_kind)facts->fault.slot,
		.access = (enum mezzo_access)facts->fault.access,
		.kind = (enum mezzo_fault_kind)facts->fault.kind,
		.order = facts->fault.order,
	};
	if (args->given[EXPLAIN_VMA]) {
		take_vma(args, &facts->memory, host);
	} else {
		default_vma(&facts->memory, host);
		q->assumed[EXPLAIN_VMA] = "what a driver of such memory makes";
	}
	if (args->given[EXPLAIN_BACKING]) {
		host->backing = (enum linux_backing)args->one[EXPLAIN_BACKING];
	} else {
		host->backing = host->pfnmap ? LINUX_BACKING_NONE : LINUX_BACKING_LINEAR;
		q->assumed[EXPLAIN_BACKING] = host->pfnmap ? "device memory" : "RAM";
	}
}

/* What arm64 has not; and that Linux's arm64 policies are named with it. */
static int check_arm64(const struct cli_args *args)
{
	static const uint8_t strangers[] = {EXPLAIN_PAT, EXPLAIN_MTRR, EXPLAIN_HOST_MTRR,
					    EXPLAIN_CR0_CD};
	const struct cli_command *me = &cli_explain;
	const char *stranger = cpu_stranger(args->set[EXPLAIN_CPU], false);

	for (unsigned int i = 0; i < sizeof(strangers); i++)
		if (args->given[strangers[i]])
			return cli_usage(me, "--%s is about x86: say --arch x86-ept or x86-npt",
					 explain_options[strangers[i]].name);
	if (stranger)
		return cli_usage(me, "--cpu %s is about x86: say --arch x86-ept", stranger);
	if (args->set[EXPLAIN_GUEST] >> GUEST_NONCOHERENT_DMA)
		return cli_usage(me, "--guest noncoherent-dma and honour-mtrr are about x86; on "
				     "arm64 say --dma unsnooped");
	if (args->given[EXPLAIN_POLICY] && args->one[EXPLAIN_POLICY] >= LINUX_VERSIONS)
		return cli_usage(me, "that policy is x86's: say --arch x86-ept or x86-npt");
	return 0;
}

static int check(const struct cli_args *args)
{
	const struct cli_command *me = &cli_explain;
	int status = args->one[EXPLAIN_ARCH] == ARCH_ARM64 ? check_arm64(args) : x86_check(args);

	if (status)
		return status;

	if (args->given[EXPLAIN_NO_SLOT] && args->given[EXPLAIN_READ_ONLY])
		return cli_usage(me, "--no-slot and --read-only exclude each other");
	if (!args->given[EXPLAIN_POLICY] &&
	    (args->given[EXPLAIN_VMA] || args->given[EXPLAIN_BACKING]))
		return cli_usage(me, "--%s speaks of a Linux host: name one with --policy",
				 args->given[EXPLAIN_VMA] ? "vma" : "backing");
	if (has(args, VMA_CACHED) + has(args, VMA_WC) + has(args, VMA_DEVICE) > 1)
		return cli_usage(me, "--vma: cached, wc and device exclude each other");
	if (has(args, VMA_ORDINARY) + has(args, VMA_PFNMAP) + has(args, VMA_MIXEDMAP) > 1)
		return cli_usage(me, "--vma: ordinary, pfnmap and mixedmap exclude each other");
	return 0;
}

static void take_machine(const struct cli_args *args, struct question *q)
{
	bool x86 = question_is_x86(q);

	q->cpu = args->set[EXPLAIN_CPU];
	if (!args->given[EXPLAIN_CPU]) {
		q->cpu = UINT64_C(1) << cpu_value(x86 ? "self-snoop" : "max");
		q->assumed[EXPLAIN_CPU] =
			x86 ? "every processor of the last twenty years" : "QEMU's newest model";
	}
	if (x86)
		q->facts.machine.x86 = (struct mezzo_x86_machine){
			.engine = q->arch == ARCH_X86_NPT ? MEZZO_X86_NPT : MEZZO_X86_EPT,
			.self_snoop = cpu_self_snoop(q->cpu),
		};
	else
		q->facts.machine.arm64 = cpu_machine(q->cpu);
}

int question_from(const struct cli_args *args, struct question *q)
{
	int status = check(args);

	if (status)
		return status;
	*q = (struct question){.arch = (enum explain_arch)args->one[EXPLAIN_ARCH], .pat = -1};
	take_machine(args, q);
	take_declaration(args, q);
	take_maintenance(args, q);
	take_frame(args, q);
	q->facts.memory.dma = (uint8_t)args->one[EXPLAIN_DMA]; /* MEZZO_DMA_NONE is 0 */
	q->facts.memory.tag_storage = args->given[EXPLAIN_TAGS];
	q->facts.memory.is_private = args->given[EXPLAIN_PRIVATE];
	q->facts.memory.mmio = args->given[EXPLAIN_MMIO];
	q->facts.guest.mte = args->set[EXPLAIN_GUEST] >> GUEST_MTE & 1;
	q->facts.guest.dirty_log = args->set[EXPLAIN_GUEST] >> GUEST_DIRTY_LOG & 1;
	if (!args->given[EXPLAIN_DMA])
		q->assumed[EXPLAIN_DMA] = "no device was named";
	if (!args->given[EXPLAIN_GUEST])
		q->assumed[EXPLAIN_GUEST] = "none was named";
	if (question_is_x86(q))
		x86_take(args, q);
	take_fault(args, q);
	take_creation(q);
	take_linux(args, q);
	return 0;
}
