/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HV_MMIO_H
#define HV_MMIO_H
/*
 * Devices that the hypervisor emulates, as ranges of guest-physical addresses.
 *
 * A vCPU's access that no slot answers is decoded to a struct hv_mmio and given to the device that
 * covers it. A device is a range, one function and its own state. The function runs on the CPU of
 * the vCPU that made the access; several may run at once, so a device that has state takes its own
 * lock. It must be bounded and must not fail the host, whatever the guest asks.
 */
#include <mezzo/types.h>

/* One access, as decoded: 1, 2, 4 or 8 bytes, naturally aligned or not, inside one device. */
struct hv_mmio {
	uint64_t ipa;
	uint8_t bytes;
	bool write;
	uint64_t value; /* written, or to be filled for a read; bits above @bytes are zero */
	uint32_t vcpu;  /* number of the vCPU in its VM */
};

enum hv_mmio_result {
	HV_MMIO_DONE,  /* step over the instruction; a read takes `value` */
	HV_MMIO_FAULT, /* give the guest an external abort */
	HV_MMIO_RETRY, /* run the same instruction again */
};

typedef enum hv_mmio_result hv_mmio_access_fn(void *dev, struct hv_mmio *mmio);

struct hv_mmio_device {
	uint64_t ipa;
	uint64_t bytes;
	hv_mmio_access_fn *access;
	void *dev;
};

#define HV_MMIO_DEVICES_MAX 16

/* The devices of one VM. Filled before the VM runs, read without a lock afterwards. */
struct hv_mmio_bus {
	struct hv_mmio_device device[HV_MMIO_DEVICES_MAX];
	unsigned int count;
};

/*
 * Add a device. INVALID: empty, wrapping, or no access function; EXISTS: overlaps another; LIMIT:
 * the bus is full. Before the VM runs only.
 */
MEZZO_MUST_CHECK int hv_mmio_add(struct hv_mmio_bus *bus, const struct hv_mmio_device *device);

/*
 * Let the device that covers the whole access do it. FAULT where there is none, as an interconnect
 * answers an address that nothing decodes. Linear in the number of devices.
 */
enum hv_mmio_result hv_mmio_access(const struct hv_mmio_bus *bus, struct hv_mmio *mmio);

#endif
