/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of one vCPU on a real x86 KVM, to compare what audit says with what happens:
 *
 *	kvm_x86 slots IVSHMEM		what KVM answers to slots, and accesses to a BAR
 *	kvm_x86 hold IVSHMEM NVME SYSFS	a guest that touched its memory and then runs on
 *
 * Arguments as those of kvm_arm64. The guest is in 32-bit protected mode without paging.
 */
#include "vfio.h"

#include <linux/kvm.h>

#define RAM_BYTES (4 * MIB)
#define BAR_GPA 0x80000000ull
#define CODE 0x1000

struct vm {
	int fd, vcpu;
	struct kvm_run *run;
	uint8_t *ram;
};

static int kvm;

static int slot(struct vm *vm, unsigned int id, uint64_t gpa, void *memory, size_t bytes,
		unsigned int flags)
{
	struct kvm_userspace_memory_region region = {
		id, flags, gpa, bytes, (uintptr_t)memory,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

static struct vm vm_new(void)
{
	struct vm vm = {.vcpu = -1};

	vm.fd = ioctl(kvm, KVM_CREATE_VM, 0ul);
	if (vm.fd < 0)
		die("KVM_CREATE_VM");
	vm.ram = mmap(aligned_room(RAM_BYTES), RAM_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (vm.ram == MAP_FAILED || slot(&vm, 0, 0, vm.ram, RAM_BYTES, 0))
		die("RAM");
	return vm;
}

static void vm_end(struct vm *vm)
{
	if (vm->vcpu >= 0) {
		munmap(vm->run, 4096);
		close(vm->vcpu);
	}
	munmap(vm->ram, RAM_BYTES);
	close(vm->fd);
}

static void vcpu_new(struct vm *vm)
{
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0ul);
	if (vm->vcpu < 0)
		die("vCPU");
	vm->run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		die("kvm_run");
}

static void flat(struct kvm_segment *s, unsigned int type)
{
	*s = (struct kvm_segment){
		.limit = UINT32_MAX,
		.selector = 8,
		.type = (uint8_t)type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

static void aim(struct vm *vm, const uint8_t *code, size_t bytes, uint64_t gpa)
{
	struct kvm_regs regs = {.rip = CODE, .rsi = gpa, .rflags = 2, .rsp = 0x8000};
	struct kvm_sregs sregs;

	memcpy(vm->ram + CODE, code, bytes);
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs) != 0)
		die("KVM_GET_SREGS");
	flat(&sregs.cs, 11);
	flat(&sregs.ds, 3);
	sregs.es = sregs.ss = sregs.ds;
	sregs.cr0 |= 1;
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) != 0 ||
	    ioctl(vm->vcpu, KVM_SET_REGS, &regs) != 0)
		die("registers");
}

/* out %al, $0x42 ends each. */
static const uint8_t load[] = {0x8b, 0x06, 0xe6, 0x42};            /* mov (%esi), %eax */
static const uint8_t store[] = {0x89, 0x36, 0xe6, 0x42};           /* mov %esi, (%esi) */
static const uint8_t unaligned[] = {0x8b, 0x46, 0x01, 0xe6, 0x42}; /* mov 1(%esi), %eax */
static const uint8_t atomic[] = {0xf0, 0x01, 0x06, 0xe6, 0x42};    /* lock add %eax, (%esi) */
static const uint8_t fetch[] = {0xff, 0xd6, 0xe6, 0x42};           /* call *%esi */
static const uint8_t spin[] = {0xeb, 0xfe};

static const char *try(struct vm *vm, const uint8_t *code, size_t bytes, uint64_t gpa)
{
	static char other[32];

	aim(vm, code, bytes, gpa);
	if (ioctl(vm->vcpu, KVM_RUN, 0) != 0)
		return error_name(errno);
	if (vm->run->exit_reason == KVM_EXIT_IO && vm->run->io.port == 0x42)
		return "ok";
	if (vm->run->exit_reason == KVM_EXIT_MMIO)
		return "mmio";
	snprintf(other, sizeof(other), "exit-%u", vm->run->exit_reason);
	return other;
}
#define TRY(vm, code, gpa) try(vm, code, sizeof(code), gpa)

static void accesses(const char *what, struct vm *vm, uint64_t gpa)
{
	printf("access %s load %s\n", what, TRY(vm, load, gpa));
	printf("access %s store %s\n", what, TRY(vm, store, gpa));
	printf("access %s unaligned %s\n", what, TRY(vm, unaligned, gpa));
	printf("access %s atomic %s\n", what, TRY(vm, atomic, gpa));
	printf("access %s fetch %s\n", what, TRY(vm, fetch, gpa + 0x1000));
}

static void slots(const char *ivshmem)
{
	static const struct {
		const char *name;
		unsigned int flags;
	} kinds[] = {{"plain", 0},
		     {"read-only", KVM_MEM_READONLY},
		     {"logged", KVM_MEM_LOG_DIRTY_PAGES}};
	int device = vfio_device(ivshmem);
	size_t bytes;
	uint8_t *bar = vfio_bar(device, 2, NULL, &bytes);
	struct vm vm;

	for (unsigned int i = 0; i < 3; i++) {
		vm = vm_new();
		printf("slot bar %s %s\n", kinds[i].name,
		       error_name(slot(&vm, 1, BAR_GPA, bar, bytes, kinds[i].flags)));
		vm_end(&vm);
	}
	vm = vm_new();
	if (slot(&vm, 1, BAR_GPA, bar, bytes, 0))
		die("BAR");
	*(volatile uint8_t *)(bar + 0x1000) = 0xc3; /* ret */
	vm.ram[0x101000] = 0xc3;
	vcpu_new(&vm);
	accesses("ram", &vm, 0x100000);
	accesses("bar", &vm, BAR_GPA);
	vm_end(&vm);
}

static void hold_one(struct vm *vm, const char *name, unsigned int id, uint64_t gpa, void *memory,
		     size_t bytes)
{
	int error = slot(vm, id, gpa, memory, bytes, 0);

	printf("slot %s held %s\n", name, error_name(error));
	if (!error)
		printf("held %s %#llx %#llx %s\n", name, (unsigned long long)gpa,
		       (unsigned long long)(uintptr_t)memory, TRY(vm, load, gpa));
}

static void hold(const char *ivshmem, const char *nvme, const char *sysfs)
{
	int device = vfio_device(ivshmem), disk = vfio_device(nvme);
	struct vm vm = vm_new();
	size_t bytes;
	void *bar;

	vcpu_new(&vm);
	bar = vfio_bar(device, 2, NULL, &bytes);
	hold_one(&vm, "ivshmem", 2, BAR_GPA, bar, bytes);
	bar = vfio_bar(disk, 0, NULL, &bytes);
	hold_one(&vm, "nvme-registers", 4, BAR_GPA + 32 * MIB, bar, bytes);
	bar = sysfs_bar(sysfs, "resource2_wc", 4 * MIB);
	hold_one(&vm, "sysfs-wc", 6, BAR_GPA + 64 * MIB, bar, 4 * MIB);
	aim(&vm, spin, sizeof(spin), 0);
	printf("holding\n");
	fflush(stdout);
	for (;;)
		ioctl(vm.vcpu, KVM_RUN, 0);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		die("/dev/kvm");
	if (argc == 3 && strcmp(argv[1], "slots") == 0)
		slots(argv[2]);
	else if (argc == 5 && strcmp(argv[1], "hold") == 0)
		hold(argv[2], argv[3], argv[4]);
	else
		return 2;
	return 0;
}
