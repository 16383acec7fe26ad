/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of one vCPU on a real KVM, to compare what audit says with what happens:
 *
 *	kvm_arm64 slots IVSHMEM		what KVM answers to slots, and accesses to a BAR
 *	kvm_arm64 hold IVSHMEM NVME SYSFS	a guest that touched its memory and then runs on
 *
 * Arguments are functions of an ivshmem with 4 MiB and an NVMe controller with a memory buffer,
 * both bound to vfio-pci, and an ivshmem that is not. The guest has its MMU on, with everything
 * from 2 GiB up mapped Normal Non-cacheable, so that stage 2 decides about unaligned accesses.
 */
#include "vfio.h"

#include <linux/kvm.h>
#include <stddef.h>

#define RAM_GPA 0x40000000ull
#define RAM_BYTES (4 * MIB)
#define BAR_GPA 0x80000000ull
#define TABLE 0x10000 /* in RAM: the guest's page table */
#define VECTORS 0x20000
#define CODE 0x30000

/* Results leave the guest as stores to where no slot is: 0 fine, 8 an exception, its syndrome. */
#define DOOR "movz x2, #0x0900, lsl #16\n"
#define FINE DOOR "str x1, [x2]\nb .\n"

/* One access each, to the address in x0. */
#define ACCESS(name, code)                                                                         \
	extern const char name[], name##_end[];                                                    \
	__asm__(".globl " #name ", " #name "_end\n" #name ":\n" code FINE #name "_end:\n")
ACCESS(load, "ldr x1, [x0]\n");
ACCESS(store, "str x0, [x0]\n");
ACCESS(unaligned, "ldur x1, [x0, #1]\n");
ACCESS(warm, "ldr x1, [x0]\nldur x1, [x0, #1]\n");
ACCESS(fetch, "blr x0\n");
ACCESS(spin, "b .\n");
ACCESS(vector, "mrs x1, esr_el1\n" DOOR "add x2, x2, #8\nstr x1, [x2]\nb .\n");

struct vm {
	int fd, vcpu;
	struct kvm_run *run;
	uint8_t *ram;
};

static int kvm;

static void set_register(struct vm *vm, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {id, (uintptr_t)&value};

	if (ioctl(vm->vcpu, KVM_SET_ONE_REG, &reg) != 0)
		die("KVM_SET_ONE_REG");
}

#define CORE(field)                                                                                \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define SYSTEM(op1, crn, crm, op2) ARM64_SYS_REG(3, op1, crn, crm, op2)

static int slot(struct vm *vm, unsigned int id, uint64_t gpa, void *memory, size_t bytes,
		unsigned int flags)
{
	struct kvm_userspace_memory_region region = {
		id, flags, gpa, bytes, (uintptr_t)memory,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

static struct vm vm_new(bool mte)
{
	struct vm vm = {.vcpu = -1};
	struct kvm_enable_cap cap = {.cap = KVM_CAP_ARM_MTE};

	vm.fd = ioctl(kvm, KVM_CREATE_VM, 0ul);
	if (vm.fd < 0)
		die("KVM_CREATE_VM");
	if (mte && ioctl(vm.fd, KVM_ENABLE_CAP, &cap) != 0)
		die("KVM_CAP_ARM_MTE");
	vm.ram = mmap(aligned_room(RAM_BYTES), RAM_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (vm.ram == MAP_FAILED || slot(&vm, 0, RAM_GPA, vm.ram, RAM_BYTES, 0))
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

/* MMU on: 1 GiB blocks, the first Device, the second write-back, the rest Non-cacheable. */
static void vcpu_new(struct vm *vm)
{
	uint64_t *table = (uint64_t *)(vm->ram + TABLE);
	struct kvm_vcpu_init init;

	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0ul);
	if (vm->vcpu < 0 || ioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, &init) != 0 ||
	    ioctl(vm->vcpu, KVM_ARM_VCPU_INIT, &init) != 0)
		die("vCPU");
	vm->run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		die("kvm_run");
	for (uint64_t i = 0; i < 8; i++)
		table[i] = i << 30 | 0x701 | (i < 2 ? i : 2) << 2; /* AF, inner shareable, block */
	for (unsigned int i = 0; i < 16; i++)
		memcpy(vm->ram + VECTORS + 128 * i, vector, (size_t)(vector_end - vector));
	set_register(vm, SYSTEM(0, 10, 2, 0), 0x44ff04);       /* MAIR: nGnRE, WB, NC */
	set_register(vm, SYSTEM(0, 2, 0, 0), RAM_GPA + TABLE); /* TTBR0 */
	set_register(vm, SYSTEM(0, 2, 0, 2), 25 | 0x3500 | 1u << 23 | 2ull << 32); /* TCR */
	set_register(vm, SYSTEM(0, 12, 0, 0), RAM_GPA + VECTORS);                  /* VBAR */
	set_register(vm, SYSTEM(0, 1, 0, 0), 0x30d00801 | 1u << 2 | 1u << 12); /* SCTLR: M C I */
}

/* A pending MMIO store is completed by entering once more, without running anything. */
static void complete(struct vm *vm)
{
	vm->run->immediate_exit = 1;
	ioctl(vm->vcpu, KVM_RUN, 0);
	vm->run->immediate_exit = 0;
}

static void aim(struct vm *vm, const char *code, const char *end, uint64_t gpa)
{
	memcpy(vm->ram + CODE, code, (size_t)(end - code));
	__builtin___clear_cache((char *)vm->ram + CODE, (char *)vm->ram + CODE + 4096);
	set_register(vm, CORE(regs.pc), RAM_GPA + CODE);
	set_register(vm, CORE(regs.regs[0]), gpa);
	set_register(vm, CORE(regs.pstate), 0x3c5);
}

/* "ok", "alignment", "external-abort-fetch", "EFAULT", "mmio", or a syndrome. */
static const char *ran(struct vm *vm)
{
	static char other[32];
	uint64_t syndrome, door;

	if (ioctl(vm->vcpu, KVM_RUN, 0) != 0)
		return error_name(errno);
	door = vm->run->mmio.phys_addr;
	if (vm->run->exit_reason != KVM_EXIT_MMIO || door >> 12 != 0x9000)
		return "mmio";
	memcpy(&syndrome, vm->run->mmio.data, sizeof(syndrome));
	syndrome &= UINT32_MAX; /* Linux 6.1 extends its sign */
	complete(vm);
	if (door == 0x9000000)
		return "ok";
	if (syndrome >> 26 == 0x25 && (syndrome & 63) == 0x21)
		return "alignment";
	if (syndrome >> 26 == 0x21 && (syndrome & 63) == 0x10)
		return "external-abort-fetch";
	snprintf(other, sizeof(other), "esr-%#llx", (unsigned long long)syndrome);
	return other;
}

static const char *try(struct vm *vm, const char *code, const char *end, uint64_t gpa)
{
	aim(vm, code, end, gpa);
	return ran(vm);
}
#define TRY(vm, name, gpa) try(vm, name, name##_end, gpa)

static void accesses(const char *what, struct vm *vm, uint64_t gpa)
{
	printf("access %s load %s\n", what, TRY(vm, load, gpa));
	printf("access %s store %s\n", what, TRY(vm, store, gpa));
	printf("access %s unaligned %s\n", what, TRY(vm, unaligned, gpa + 0x3000));
	printf("access %s warm %s\n", what, TRY(vm, warm, gpa));
	printf("access %s fetch %s\n", what, TRY(vm, fetch, gpa + 0x1000));
}

static void write_return(void *page)
{
	*(volatile uint32_t *)page = 0xd65f03c0; /* ret */
}

static void slots_of_bar(void *bar, size_t bytes)
{
	static const struct {
		const char *name;
		unsigned int flags;
	} kinds[] = {{"plain", 0},
		     {"read-only", KVM_MEM_READONLY},
		     {"logged", KVM_MEM_LOG_DIRTY_PAGES}};

	for (unsigned int i = 0; i < 3; i++) {
		struct vm vm = vm_new(false);

		printf("slot bar %s %s\n", kinds[i].name,
		       error_name(slot(&vm, 1, BAR_GPA, bar, bytes, kinds[i].flags)));
		vm_end(&vm);
	}
}

/* MTE first and then the BAR; the BAR first and then MTE. */
static void slots_and_mte(void *bar, size_t bytes)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_ARM_MTE};
	struct vm vm;

	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_MTE) != 1) {
		printf("mte none\n");
		return;
	}
	vm = vm_new(true);
	printf("slot bar mte %s\n", error_name(slot(&vm, 1, BAR_GPA, bar, bytes, 0)));
	vm_end(&vm);
	vm = vm_new(false);
	if (slot(&vm, 1, BAR_GPA, bar, bytes, 0))
		die("BAR");
	printf("mte after-bar %s\n", ioctl(vm.fd, KVM_ENABLE_CAP, &cap) ? error_name(errno) : "ok");
	vcpu_new(&vm);
	printf("access mte-after-bar load %s\n", TRY(&vm, load, BAR_GPA));
	vm_end(&vm);
}

/* A BAR over the middle of RAM that is logged, or of a guest with MTE. */
static void bar_over_ram(int device, bool mte)
{
	const char *name = mte ? "bar-over-mte" : "bar-over-logged";
	uint64_t log[16] = {0};
	struct kvm_dirty_log get = {.slot = 1, .dirty_bitmap = log};
	struct vm vm;
	uint8_t *ram;
	size_t bytes;

	if (mte && ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_MTE) != 1)
		return;
	vm = vm_new(mte);
	ram = mmap(aligned_room(4 * MIB), 4 * MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	printf("slot %s ram %s\n", name,
	       error_name(slot(&vm, 1, BAR_GPA, ram, 4 * MIB, mte ? 0 : KVM_MEM_LOG_DIRTY_PAGES)));
	vfio_bar(device, 2, ram, &bytes);
	vcpu_new(&vm);
	printf("access %s store %s\n", name, TRY(&vm, store, BAR_GPA + 0x2000));
	if (!mte && ioctl(vm.fd, KVM_GET_DIRTY_LOG, &get) == 0)
		printf("log %s %#llx\n", name, (unsigned long long)log[0]);
	vm_end(&vm);
	munmap(ram, 4 * MIB);
}

static void slots(const char *ivshmem)
{
	int device = vfio_device(ivshmem);
	size_t bytes;
	void *bar = vfio_bar(device, 2, NULL, &bytes);
	struct vm vm;

	slots_of_bar(bar, bytes);
	slots_and_mte(bar, bytes);
	bar_over_ram(device, false);
	bar_over_ram(device, true);

	vm = vm_new(false);
	if (slot(&vm, 1, BAR_GPA, bar, bytes, 0))
		die("BAR");
	write_return((uint8_t *)bar + 0x1000);
	write_return(vm.ram + 0x101000);
	vcpu_new(&vm);
	accesses("ram", &vm, RAM_GPA + 0x100000);
	accesses("bar", &vm, BAR_GPA);
	vm_end(&vm);
}

/* Touch an address through the guest, and say where on the host it lies. */
static void touch(struct vm *vm, const char *name, uint64_t gpa, void *memory)
{
	printf("held %s %#llx %#llx %s\n", name, (unsigned long long)gpa,
	       (unsigned long long)(uintptr_t)memory, TRY(vm, load, gpa));
}

static void hold_one(struct vm *vm, const char *name, unsigned int id, uint64_t gpa, void *memory,
		     size_t bytes)
{
	int error = slot(vm, id, gpa, memory, bytes, 0);

	printf("slot %s held %s\n", name, error_name(error));
	if (!error)
		touch(vm, name, gpa, memory);
}

static void hold(const char *ivshmem, const char *nvme, const char *sysfs)
{
	int device = vfio_device(ivshmem), disk = vfio_device(nvme);
	struct vm vm = vm_new(false);
	uint8_t *huge, *inside;
	size_t bytes;
	void *bar;

	vcpu_new(&vm);
	touch(&vm, "ram", RAM_GPA + 0x100000, vm.ram + 0x100000);

	huge = mmap(aligned_room(8 * MIB), 8 * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	madvise(huge, 8 * MIB, MADV_HUGEPAGE);
	memset(huge, 1, 8 * MIB);
	hold_one(&vm, "huge", 1, 0x50000000, huge, 8 * MIB);

	bar = vfio_bar(device, 2, NULL, &bytes);
	hold_one(&vm, "ivshmem", 2, BAR_GPA, bar, bytes);
	bar = vfio_bar(disk, 2, NULL, &bytes);
	hold_one(&vm, "nvme-memory", 3, BAR_GPA + 16 * MIB, bar, bytes);
	bar = vfio_bar(disk, 0, NULL, &bytes);
	hold_one(&vm, "nvme-registers", 4, BAR_GPA + 32 * MIB, bar, bytes);

	bar = sysfs_bar(sysfs, "resource2", 4 * MIB);
	hold_one(&vm, "sysfs", 5, BAR_GPA + 48 * MIB, bar, 4 * MIB);
	bar = sysfs_bar(sysfs, "resource2_wc", 4 * MIB);
	hold_one(&vm, "sysfs-wc", 6, BAR_GPA + 64 * MIB, bar, 4 * MIB);

	inside = mmap(aligned_room(12 * MIB), 12 * MIB, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (slot(&vm, 7, BAR_GPA + 80 * MIB, inside, 12 * MIB, KVM_MEM_LOG_DIRTY_PAGES))
		die("logged RAM");
	vfio_bar(device, 2, inside + 4 * MIB, &bytes);
	touch(&vm, "inside", BAR_GPA + 84 * MIB, inside + 4 * MIB);

	aim(&vm, spin, spin_end, 0);
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
