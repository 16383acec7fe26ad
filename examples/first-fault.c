/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest embedder: a space, a PCI BAR lent to it, and the guest's first fault.
 *
 *	cc first-fault.c $(pkg-config --cflags --libs mezzo)
 *
 * The hosted platform stands in for your own struct mezzo_platform.
 */
#include <mezzo/mezzo.h>
#include <mezzo/platform_hosted.h>
#include <stdio.h>

static struct mezzo_hosted host;
static struct mezzo_space space;
static struct mezzo_slot slots[4];
static struct mezzo_index_node nodes[MEZZO_INDEX_NODES(4)];
static struct mezzo_vcpu vcpus[1];
static struct mezzo_bar bar;

static int start(void)
{
	const struct mezzo_space_config config = {
		.size = sizeof(config),
		.arch = &mezzo_arch_arm64,
		.platform = &host.platform,
		.machine.arm64 = {.fwb = true, .idc = true},
		.ipa_bits = 40,
		.pa_bits = 48,
		.vmid = 1,
		.slots = slots,
		.index = nodes,
		.max_slots = 4,
		.vcpus = vcpus,
		.max_vcpus = 1,
	};
	int status = mezzo_hosted_init(&host, NULL);

	return status ? status : mezzo_space_init(&space, &config);
}

/* Lend the guest a BAR whose owner tolerates any uncached access. */
static int lend(void)
{
	struct mezzo_contract contract =
		mezzo_contract_preset(MEZZO_PRESET_COMBINING, MEZZO_MAINTENANCE_NONE);
	struct mezzo_slot_config slot = {.ipa = {0x80000000}, .pages = 1024, .object = &bar.object};
	struct mezzo_pa physical = {0x8000000000};
	struct mezzo_refusal why = {0};
	int status = mezzo_bar_init(&bar, &host.platform, &contract, physical, 1024);

	if (!status)
		status = mezzo_slot_create(&space, &slot, &why);
	if (status)
		puts(mezzo_reason(why.reason)->sentence);
	return status;
}

int main(void)
{
	struct mezzo_fault_info info = {.ipa = {0x80001000}, .access = MEZZO_ACCESS_WRITE};
	struct mezzo_fault_result result;
	int status = start();

	if (!status)
		status = lend();
	if (!status)
		status = mezzo_space_fault(&space, 0, &info, &result);
	if (status) {
		printf("status %s\n", mezzo_status_name(status));
		return 1;
	}
	puts(mezzo_reason(result.reason)->sentence);
	return result.outcome != MEZZO_GRANT;
}
