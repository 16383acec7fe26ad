/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `mezzo explain`. Values stand in the order of the enumerations they name. */
#include "cpu.h"
#include "facts.h"

const struct cli_value explain_arch_values[] = {
	[ARCH_ARM64] = {"arm64", NULL},
	[ARCH_X86_EPT] = {"x86-ept", "Intel's extended page tables"},
	[ARCH_X86_NPT] = {"x86-npt", "AMD's nested page tables"},
	{NULL, NULL},
};

static const struct cli_value contract_values[] = {
	{"device", "registers"},
	{"combining", "a prefetchable BAR: any uncached access is tolerated"},
	{"cached", "RAM and other memory shared through caches"},
	{"exclusive", "memory handed over whole"},
	{NULL, NULL},
};

static const struct cli_value aliases_values[] = {
	{"none", NULL}, {"device", NULL}, {"uncached", NULL}, {"cached", NULL}, {NULL, NULL},
};

static const struct cli_value allow_values[] = {
	{"device", NULL}, {"normal-nc", NULL}, {"normal-wb", NULL}, {"nc", NULL}, {"wb", NULL},
	{"all", NULL},    {"uc", NULL},        {"wc", NULL},        {NULL, NULL},
};

static const struct cli_value maintenance_values[] = {
	{"none", "it cannot"},
	{"window", "a mapping made for the operation"},
	{"direct", "a permanent cached mapping"},
	{NULL, NULL},
};

static const struct cli_value lines_values[] = {{"clean", NULL}, {"maybe", NULL}, {NULL, NULL}};

static const struct cli_value content_values[] = {
	{"initialised", "its present owner's, or zero"},
	{"unowned", "somebody else's: zeroing is due"},
	{NULL, NULL},
};

static const struct cli_value dma_values[] = {
	{"none", NULL},
	{"snooped", "coherent"},
	{"unsnooped", NULL},
	{NULL, NULL},
};

static const struct cli_value read_only_values[] = {
	{"slot", "flash, ROM: the slot says so"},
	{"object", "the memory itself cannot be written"},
	{NULL, NULL},
};

static const struct cli_value block_values[] = {
	{"4K", NULL},
	{"2M", NULL},
	{"1G", NULL},
	{NULL, NULL},
};

static const struct cli_value guest_values[] = {
	[GUEST_MTE] = {"mte", "arm64: it may use allocation tags"},
	[GUEST_DIRTY_LOG] = {"dirty-log", "the slot logs writes"},
	[GUEST_NONCOHERENT_DMA] = {"noncoherent-dma", "x86: short for --dma unsnooped"},
	[GUEST_HONOUR_MTRR] = {"honour-mtrr", "x86: its MTRRs and CR0.CD count"},
	{NULL, NULL},
};

static const struct cli_value access_values[] = {
	{"read", NULL},
	{"write", NULL},
	{"exec", "an instruction fetch"},
	{"walk", "the guest's own page-table walk"},
	{"walk-write", "the same, setting a flag"},
	{"cache-op", "cache maintenance by address"},
	{"exclusive", "an exclusive or atomic that the type does not support"},
	{"unaligned", "an alignment fault taken to EL2"},
	{NULL, NULL},
};

static const struct cli_value pat_values[X86_PAT_WORDS + 1] = {
	{"uc", NULL}, {"uc-", NULL}, {"wc", NULL}, {"wp", NULL},
	{"wt", NULL}, {"wb", NULL},  {NULL, NULL},
};

static const struct cli_value mtrr_values[] = {
	{"uc", NULL}, {"wc", NULL}, {"wp", NULL}, {"wt", NULL}, {"wb", NULL}, {NULL, NULL},
};

static const struct cli_value policy_values[] = {
	{"linux-6.8", NULL},
	{"linux-6.9", NULL},
	{"linux-6.17", NULL},
	{"kvm-2008-wb", NULL},
	{"kvm-2008-mtrr", NULL},
	{"kvm-2009-mtrr", NULL},
	{"kvm-2015-mtrr", NULL},
	{"kvm-2024-pat", NULL},
	{"kvm-2025-quirk", NULL},
	{"kvm-npt", NULL},
	{NULL, NULL},
};

static const struct cli_value vma_values[] = {
	[VMA_ORDINARY] = {"ordinary", "neither of the next two"},
	[VMA_PFNMAP] = {"pfnmap", "VM_PFNMAP"},
	[VMA_MIXEDMAP] = {"mixedmap", "VM_MIXEDMAP"},
	[VMA_IO] = {"io", "VM_IO: decides nothing"},
	[VMA_CACHED] = {"cached", "the page protection's type"},
	[VMA_WC] = {"wc", "pgprot_writecombine"},
	[VMA_DEVICE] = {"device", "pgprot_noncached or pgprot_device"},
	[VMA_ANY_UNCACHED] = {"any-uncached", "VM_ALLOW_ANY_UNCACHED"},
	[VMA_MTE_ALLOWED] = {"mte-allowed", "VM_MTE_ALLOWED"},
	[VMA_READ_ONLY] = {"read-only", "the host's mapping cannot be written"},
	[VMA_WORDS] = {NULL, NULL},
};

static const struct cli_value backing_values[] = {
	{"linear", "in the kernel's linear map: pfn_is_map_memory()"},
	{"page", "a struct page only"},
	{"none", "neither"},
	{NULL, NULL},
};

const struct cli_option explain_options[EXPLAIN_OPTIONS + 1] = {
	[EXPLAIN_ARCH] = {"arch", "ARCH", explain_arch_values, CLI_ONE, "The architecture",
			  "arm64"},
	[EXPLAIN_CPU] =
		{"cpu", "LIST", cpu_values, CLI_LIST,
		 "The machine: features that every CPU has, or a QEMU CPU model, or both, "
		 "joined by commas; no-X takes a feature away again. fwb implies idc, and "
		 "mte_perm implies mte. A model's mte stands for QEMU without -machine mte=on: "
		 "say max,mte for a machine with tags. x86 has self-snoop alone",
		 "max; on x86 self-snoop"},
	[EXPLAIN_CONTRACT] =
		{"contract", "PRESET", contract_values, CLI_ONE,
		 "What the memory declares: a preset of --aliases and --allow",
		 "the preset that --aliases or --allow point to; else what --vma looks "
		 "like; else cached"},
	[EXPLAIN_ALIASES] = {"aliases", "WAY", aliases_values, CLI_ONE,
			     "The strongest way anybody else still reaches the memory",
			     "the contract's"},
	[EXPLAIN_ALLOW] =
		{"allow", "LIST", allow_values, CLI_LIST,
		 "The memory types a guest may get; uc is device, nc and wc are normal-nc, wb is "
		 "normal-wb",
		 "the contract's"},
	[EXPLAIN_MAINTENANCE] =
		{"maintenance", "METHOD", maintenance_values, CLI_ONE,
		 "How the host reaches the memory to zero and clean it",
		 "window where nobody else reaches the memory, direct where others "
		 "do through caches (none if --backing says that there is no linear "
		 "map), none otherwise"},
	[EXPLAIN_LINES] = {"lines", "STATE", lines_values, CLI_ONE,
			   "May a line of the memory, dirty or stale, be in a cache",
			   "clean for device and combining, maybe otherwise"},
	[EXPLAIN_CONTENT] = {"content", "STATE", content_values, CLI_ONE,
			     "What the memory holds when it is handed out, data and tags",
			     "initialised where --maintenance is none, else unowned"},
	[EXPLAIN_TAG_CONTENT] = {"tag-content", "STATE", content_values, CLI_ONE,
				 "What its allocation tags hold, if not the same", "as --content"},
	[EXPLAIN_DMA] = {"dma", "KIND", dma_values, CLI_ONE, "Devices that reach the memory",
			 "none"},
	[EXPLAIN_TAGS] = {"tags", NULL, NULL, CLI_FLAG,
			  "Allocation tags have storage behind this memory", NULL},
	[EXPLAIN_PRIVATE] = {"private", NULL, NULL, CLI_FLAG,
			     "Never reachable through a host address", NULL},
	[EXPLAIN_MMIO] = {"mmio", NULL, NULL, CLI_FLAG, "Registers: an access has side effects",
			  NULL},
	[EXPLAIN_READ_ONLY] =
		{"read-only", "WHAT", read_only_values, CLI_MAYBE,
		 "The slot, or the object behind it, is read-only; alone it means the "
		 "slot",
		 NULL},
	[EXPLAIN_NO_SLOT] = {"no-slot", NULL, NULL, CLI_FLAG,
			     "Ask about an address that no slot covers", NULL},
	[EXPLAIN_BLOCK] =
		{"block", "SIZE", block_values, CLI_ONE,
		 "The largest leaf that object, slot and alignment allow; of a permission "
		 "fault, the leaf that is there",
		 "1G"},
	[EXPLAIN_GUEST] = {"guest", "LIST", guest_values, CLI_LIST, "Options of the guest",
			   "none of them"},
	[EXPLAIN_ACCESS] = {"access", "KIND", access_values, CLI_ONE, "The access that faults",
			    "read"},
	[EXPLAIN_PERMISSION_FAULT] = {"permission-fault", NULL, NULL, CLI_FLAG,
				      "An entry is there and does not allow the access; otherwise "
				      "there is none yet",
				      NULL},
	[EXPLAIN_PAT] = {"pat", "TYPE", pat_values, CLI_ONE,
			 "x86: the type that the guest's PAT selects, to be pointed out among all",
			 "all of them, none pointed out"},
	[EXPLAIN_MTRR] = {"mtrr", "TYPE", mtrr_values, CLI_ONE,
			  "x86: what the guest's MTRRs say of the address; counts with --guest "
			  "honour-mtrr, and to old policies",
			  "wb"},
	[EXPLAIN_HOST_MTRR] = {"host-mtrr", "TYPE", mtrr_values, CLI_ONE,
			       "x86-npt: what the host's MTRRs say of the memory",
			       "uc for device and combining, wb otherwise"},
	[EXPLAIN_CR0_CD] = {"cr0-cd", NULL, NULL, CLI_FLAG,
			    "x86: the guest runs with caches disabled, CR0.CD = 1", NULL},
	[EXPLAIN_POLICY] = {"policy", "LINUX", policy_values, CLI_ONE,
			    "Also say what KVM of that Linux does: linux-X on arm64, kvm-YEAR on "
			    "x86-ept, kvm-npt on x86-npt",
			    "Mezzo alone"},
	[EXPLAIN_VMA] =
		{"vma", "LIST", vma_values, CLI_LIST,
		 "With --policy: the host mapping behind the slot. Flags hold as listed; the "
		 "type, if none is listed, is cached for cached and exclusive, device "
		 "otherwise",
		 "what a driver of such memory makes: ordinary,cached,mte-allowed for cached; "
		 "pfnmap,io,device for device; the same with any-uncached for combining "
		 "(vfio-pci); pfnmap,io,cached for exclusive"},
	[EXPLAIN_BACKING] = {"backing", "KIND", backing_values, CLI_ONE,
			     "With --policy: what the host kernel has for the page",
			     "none for pfnmap, linear otherwise"},
	[EXPLAIN_JSON] = {"json", NULL, NULL, CLI_FLAG, "Answer in JSON (docs/json.md)", NULL},
	[EXPLAIN_OPTIONS] = {NULL, NULL, NULL, CLI_FLAG, NULL, NULL},
};

_Static_assert(EXPLAIN_OPTIONS <= CLI_OPTIONS_MAX, "room for every option in struct cli_args");
