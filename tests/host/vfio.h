/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_HOST_VFIO_H
#define TESTS_HOST_VFIO_H
/*
 * What the test's own KVM programs share: BARs of functions bound to vfio-pci, by the group and
 * container interface, the only one that Debian's kernels have.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1ull << 20)

static inline void die(const char *what)
{
	printf("kvm: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Room for a mapping that begins at a multiple of 2 MiB, with nothing beside it. */
static inline void *aligned_room(size_t bytes)
{
	uint8_t *all = mmap(NULL, bytes + 4 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		die("address space");
	return (void *)(((uintptr_t)all + 2 * MIB) & ~(uintptr_t)(2 * MIB - 1));
}

static inline int vfio_container(void)
{
	static int container = -1;

	if (container < 0)
		container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		die("/dev/vfio/vfio");
	return container;
}

static inline int vfio_group(const char *bdf)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[128], target[256];
	ssize_t length;
	int group, container = vfio_container();

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		die(path);
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0 || ioctl(group, VFIO_GROUP_GET_STATUS, &status) != 0)
		die(path);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		die("group is not viable");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) != 0)
		die("VFIO_GROUP_SET_CONTAINER");
	/* Once per container: later groups join what is there. */
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0 && errno != EBUSY &&
	    errno != EINVAL)
		die("VFIO_SET_IOMMU");
	return group;
}

static inline int vfio_device(const char *bdf)
{
	int fd = ioctl(vfio_group(bdf), VFIO_GROUP_GET_DEVICE_FD, bdf);

	if (fd < 0)
		die(bdf);
	return fd;
}

/* A BAR of a device, at @at (MAP_FIXED) or in room of its own; its size into @bytes. */
static inline void *vfio_bar(int device, unsigned int bar, void *at, size_t *bytes)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = bar};
	void *p;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) != 0)
		die("VFIO_DEVICE_GET_REGION_INFO");
	*bytes = info.size;
	if (!at)
		at = aligned_room(info.size);
	p = mmap(at, info.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, device,
		 (off_t)info.offset);
	if (p == MAP_FAILED)
		die("mmap of a BAR");
	return p;
}

/* The same through sysfs: resource2, resource2_wc. */
static inline void *sysfs_bar(const char *bdf, const char *resource, size_t bytes)
{
	char path[128];
	void *p;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, resource);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	p = mmap(aligned_room(bytes), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	close(fd);
	return p;
}

static inline const char *error_name(int error)
{
	static char other[32];

	switch (error) {
	case 0:
		return "ok";
	case EINVAL:
		return "EINVAL";
	case EFAULT:
		return "EFAULT";
	case EEXIST:
		return "EEXIST";
	case ENOSYS:
		return "ENOSYS";
	default:
		snprintf(other, sizeof(other), "errno-%d", error);
		return other;
	}
}

#endif
