/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "id.h"
#include "lock.h"

static struct {
	struct hv_lock lock;
	bool joined, frozen;
	struct hv_id id;
} machine;

bool hv_machine_join(void)
{
	struct hv_id id;
	bool may;

	hv_id_read(&id);
	hv_lock_acquire(&machine.lock);
	if (!machine.joined)
		machine.id = id;
	may = !machine.frozen || !hv_id_lowers(&machine.id, &id);
	if (!machine.frozen)
		hv_id_merge(&machine.id, &id);
	machine.joined = true;
	hv_lock_release(&machine.lock);
	return may;
}

void hv_machine_freeze(void)
{
	hv_lock_acquire(&machine.lock);
	machine.frozen = true;
	hv_lock_release(&machine.lock);
}

const struct hv_id *hv_machine_id(void)
{
	return &machine.id;
}
