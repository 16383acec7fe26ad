# SPDX-License-Identifier: BSD-2-Clause
#
# One Makefile for everything. Sources are found by wildcard: to add a file, add the file.
# `make help` lists the targets; V=1 prints commands; WERROR=1 makes warnings errors.

VERSION	 = $(shell sed -n 's/^#define MEZZO_VERSION "\(.*\)"/\1/p' include/mezzo/mezzo.h)
B	:= build
CC	:= gcc
CROSS	:= aarch64-linux-gnu-
PREFIX	:= /usr/local
LIBDIR	:= $(PREFIX)/lib

FUZZ_SECONDS	:= 5
JOBS		:= $(shell nproc)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
$(if $(B),,$(error B is empty))
MAKEFLAGS += --no-builtin-rules --no-print-directory $(if $(filter 0,$(MAKELEVEL)),-j$(JOBS))

ifeq ($(V),1)
else
Q   := @
say  = @printf '  %-7s %s\n' '$1' '$2'
endif

# need WHAT,WHERE: stop with a clear message where a target has no sources yet
need = $(if $(strip $1),,@echo 'make: $@ has no sources: $2' >&2; exit 1)

# ---------------------------------------------------------------------------- sources

LIB_SRC		:= $(wildcard src/policy/*.c src/table/*.c src/space/*.c)
HOSTED_SRC	:= $(wildcard src/platform/hosted/*.c)
MODEL_SRC	:= $(wildcard src/platform/model/*.c)
HV_SRC		:= $(wildcard hv/*.[cS] hv/*/*.[cS])
# What tests at EL2 boot: the hypervisor with a main of its own
EL2_SRC		:= $(wildcard tests/el2/*.c)
CHECK_SRC	:= $(wildcard check/*.c check/*/*.c)
CLI_SRC		:= $(wildcard cli/*.c cli/*/*.c) $(CHECK_SRC)
BENCH_SRC	:= $(wildcard bench/*.c)
SUPPORT_SRC	:= $(wildcard tests/support/*.c)
UNIT_SRC	:= $(wildcard tests/property/*.c tests/unit/*.c)
# A NAME_sweep.c visits a whole space: sanitizers would make it take minutes, so it has none.
SWEEP_SRC	:= $(filter %_sweep.c,$(UNIT_SRC))
THREAD_SRC	:= $(wildcard tests/thread/*.c)
FUZZ_SRC	:= $(wildcard tests/fuzz/*.c)
KVM_SRC		:= $(wildcard tests/kvm/*.c)
SCRIPT_TESTS	:= $(wildcard tests/*/*.t)

# A guest is tests/guests/NAME.S with an optional NAME.c, or a directory tests/guests/NAME/;
# what lies in tests/guests/lib/ is linked into each.
GUESTS	:= $(basename $(notdir $(wildcard tests/guests/*.S))) \
	   $(filter-out lib,$(patsubst tests/guests/%/,%,$(dir $(wildcard tests/guests/*/*.S))))
GUESTS	:= $(sort $(GUESTS))
guest_sources = $(wildcard tests/guests/$1.[cS] tests/guests/$1/*.[cS] tests/guests/lib/*.[cS])

# The judges of x86 tables: what makes disk images for them, and what runs there
ORACLE		:= tests/oracle/x86
PAYLOAD		:= $(ORACLE)/payload
ORACLE_SRC	:= $(wildcard $(ORACLE)/*.c)
PAYLOAD_SRC	:= $(filter-out %/boot.S,$(wildcard $(PAYLOAD)/*.[cS]))

# A test that needs sources besides the libraries names them in a comment:
#	/* sources: hv/gic/dist.c hv/pci/config.c */
# which arrives here as words like tests/unit/gic.c=hv/gic/dist.c
EXTRA		:= $(shell awk -f scripts/test-sources.awk $(UNIT_SRC) $(THREAD_SRC) $(FUZZ_SRC) /dev/null)
extra_sources	 = $(patsubst $1=%,%,$(filter $1=%,$(EXTRA)))

# ------------------------------------------------------------------ variants and flags

# Every variant compiles a source into its own tree, build/VARIANT/.
VARIANTS := host pic san tsan fuzz cov arm64 arm64-linux x86 $(addprefix lint/,gcc analyzer clang gcc-arm64 clang-arm64)

WARN	:= -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	   -Wimplicit-fallthrough
COMMON	:= -std=c11 -g -fno-common $(WARN) -Iinclude -Isrc $(if $(filter 1,$(WERROR)),-Werror)
FDT	:= build/arm64-root/libfdt
JANSSON	:= build/arm64-root/libjansson
SAN	:= -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	   -DMEZZO_PARANOID=1
EL2	:= -march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics -fno-pie \
	   -fno-stack-protector -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	   -isystem $(FDT)/include
EL2_CLANG := --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include $(EL2)

CC_host		:= $(CC)
FLAGS_host	:= -O2
# the shared library
CC_pic		:= $(CC)
FLAGS_pic	:= -O2 -fPIC
CC_cov		:= $(CC)
FLAGS_cov	:= -O1 --coverage -fprofile-update=atomic -fprofile-abs-path -Dalways_inline=noinline -Wno-attributes
CC_san		:= $(CC)
FLAGS_san	:= -O2 -fsanitize=address,undefined $(SAN)
CC_tsan		:= $(CC)
FLAGS_tsan	:= -O2 -fsanitize=thread $(SAN)
CC_fuzz		:= clang
FLAGS_fuzz	:= -O1 -fsanitize=fuzzer-no-link,address,undefined $(SAN)
CC_arm64	:= $(CROSS)gcc
FLAGS_arm64	:= -O2 $(EL2) -falign-functions=8 -falign-jumps=1 -falign-loops=1
# the command for an arm64 Linux host
CC_arm64-linux	:= $(CROSS)gcc
FLAGS_arm64-linux := -O2 -isystem $(JANSSON)/include

# what runs on the bare machines that judge x86 tables
CC_x86		:= x86_64-linux-gnu-gcc
FLAGS_x86	:= -O2 -mgeneral-regs-only -mno-red-zone -fno-pie -fno-stack-protector \
		   -fno-asynchronous-unwind-tables -fcf-protection=none

# For lint, whose warnings are always errors
CC_lint/gcc		:= gcc
FLAGS_lint/gcc		:= -O2 -Werror
CC_lint/analyzer	:= gcc
FLAGS_lint/analyzer	:= -O2 -Werror -fanalyzer
CC_lint/clang		:= clang
FLAGS_lint/clang	:= -O2 -Werror
CC_lint/gcc-arm64	:= $(CROSS)gcc
FLAGS_lint/gcc-arm64	:= -O2 -Werror $(EL2)
CC_lint/clang-arm64	:= clang
FLAGS_lint/clang-arm64	:= -O2 -Werror $(EL2_CLANG)

# What a source may rely on follows from where it lies. The engine and the hypervisor have
# no libc; the rest is an ordinary POSIX program.
FREE		:= -ffreestanding -Wconversion
POSIX		:= -D_GNU_SOURCE -pthread
PATH_src	:= $(FREE)
PATH_platform	:= $(POSIX) -Wconversion
PATH_hv		:= $(FREE) -Ihv
PATH_cli	 = $(POSIX) -Icli -I. -DVERSION='"$(VERSION)"' $(CLI_CFLAGS)
PATH_check	:= $(POSIX) -I.
PATH_bench	:= $(POSIX) -I.
PATH_tests	:= $(POSIX) -Itests/support -I. -Icli
PATH_el2	:= $(FREE) -Ihv
PATH_guests	:= -ffreestanding -Itests/guests/lib
PATH_payload	:= -ffreestanding
# asked when first needed, and once
CLI_CFLAGS	 = $(eval CLI_CFLAGS := $(shell pkg-config --cflags jansson))$(CLI_CFLAGS)
CLI_LIBS	 = $(eval CLI_LIBS := $(shell pkg-config --libs jansson))$(CLI_LIBS)
path_flags	 = $(PATH_$(if $(filter src/platform/%,$1),platform,$(if \
		  $(filter tests/guests/%,$1),guests,$(if \
		  $(filter tests/el2/%,$1),el2,$(if \
		  $(filter $(PAYLOAD)/%,$1),payload,$(firstword $(subst /, ,$1))))))) \
		  $(if $(filter $(ONCE),$1),-Os)
# The hypervisor's work at boot, and what is rare: small rather than fast. At EL2 that goes for
# the engine too, where no guest waits.
ONCE		:= $(addprefix hv/,$(addsuffix /%,boot console guest host monitor pci psci selftest) \
		   lib/format.c lib/panic.c lib/print.c gic/hw.c gic/vgic.c gic/vgic_lr.c gic/vgic_mmio.c gic/virtual.c \
		   arch/id.c arch/machine.c vcpu/plant.c \
		   heap.c map.c ram.c vm.c vcpu/el1.c vcpu/idregs.c vcpu/inject.c vcpu/sysreg.c) \
		   tests/el2/%
ONCE_arm64	:= src/policy/% $(addprefix src/table/,memory.c flush.c stage1.c check.c) \
		   $(filter-out $(addprefix src/space/,fault.c pool.c epoch.c),$(wildcard src/space/*.c))

# Objects of a source list in a variant; C and assembler of one name do not collide.
objects	= $(patsubst %.S,$(B)/$1/%.S.o,$(patsubst %.c,$(B)/$1/%.o,$2))
libdir	= $(B)$(if $(filter-out host,$1),/$1)
tag	= $(if $(filter-out host,$1), [$1])

define variant
$(B)/$1/%.o: %.c $(B)/$1/.flags
	$$(call say,CC$(call tag,$1),$$<)
	@mkdir -p $$(@D)
	$$Q$$(CC_$1) $$(COMMON) $$(FLAGS_$1) $$(call path_flags,$$<) \
		$$(if $$(filter $$(ONCE_$1),$$<),-Os) -MMD -MP -c -o $$@ $$<

$(B)/$1/%.S.o: %.S $(B)/$1/.flags
	$$(call say,AS$(call tag,$1),$$<)
	@mkdir -p $$(@D)
	$$Q$$(CC_$1) $$(COMMON) $$(FLAGS_$1) $$(call path_flags,$$<) -MMD -MP -c -o $$@ $$<

# Compile again when the compiler or its flags change.
$(B)/$1/.flags: FORCE
	@mkdir -p $$(@D)
	@command -v $$(CC_$1) >/dev/null || { echo 'make: no $$(CC_$1): run: make deps' >&2; exit 1; }
	@echo '$$(CC_$1) $$(COMMON) $$(FLAGS_$1) small: $$(ONCE) $$(ONCE_$1)' | cmp -s - $$@ || \
		echo '$$(CC_$1) $$(COMMON) $$(FLAGS_$1) small: $$(ONCE) $$(ONCE_$1)' >$$@
endef

# archive,FILE,OBJECTS,DIRECTORIES,TOOL PREFIX: a directory changes when a source goes away
define archive
$1: $2 $3
	$$(call say,AR,$$@)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$Q$4ar qcsD $$@ $$(filter %.o,$$^)
endef
library	= $(call archive,$(call libdir,$1)/lib$2.a,$(call objects,$1,$3),$(sort $(dir $3)),$4)

# The libraries of a variant, in link order
define libraries
$(call library,$1,support,$(SUPPORT_SRC))

$(call library,$1,mezzo-model,$(MODEL_SRC))

$(call library,$1,mezzo-hosted,$(HOSTED_SRC))

$(call library,$1,check,$(CHECK_SRC))

$(call library,$1,mezzo,$(LIB_SRC))
endef
libs	= $(patsubst %,$(call libdir,$1)/lib%.a,support mezzo-model mezzo-hosted check mezzo)

# program,VARIANT,OUTPUT,SOURCE,FLAGS,LIBRARIES: a program of one source (and its extra sources)
define program
$2: $(call objects,$1,$3 $(call extra_sources,$3)) $(call libs,$1)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$Q$$(CC_$1) $$(FLAGS_$1) $4 -pthread -o $$@ $$^ $5
endef

# ------------------------------------------------------------------------- products

# The first number of the version, which says what keeps its ABI (docs/embedding.md)
SONAME	 = libmezzo.so.$(firstword $(subst ., ,$(VERSION)))
SO	 = libmezzo.so.$(VERSION)

all:	lib $(if $(HV_SRC),hv) $(if $(CLI_SRC),cli) ## library, hypervisor image, command
lib:	$(addprefix $(B)/,libmezzo.a libmezzo-hosted.a libmezzo-model.a $(SO)) ## the host libraries
hv:	$(B)/mezzo-hv.img ## the EL2 hypervisor
cli:	$(B)/mezzo ## the command
cli-arm64: $(B)/mezzo-arm64 ## the command for an arm64 host
guests:	$(GUESTS:%=$(B)/guests/%.bin) $(B)/tests/el2.img ## the bare-metal test guests, and tests at EL2

$(foreach v,$(VARIANTS),$(eval $(call variant,$v)))
$(foreach v,host san tsan fuzz cov,$(eval $(call libraries,$v)))
$(eval $(call library,arm64,mezzo,$(LIB_SRC),$(CROSS)))
$(eval $(call library,arm64-linux,mezzo-hosted,$(HOSTED_SRC),$(CROSS)))
$(eval $(call library,arm64-linux,mezzo,$(LIB_SRC),$(CROSS)))

$(B)/$(SO): src/mezzo.map $(call objects,pic,$(LIB_SRC) $(HOSTED_SRC)) $(sort $(dir $(LIB_SRC) $(HOSTED_SRC)))
	$(call say,LD,$@)
	$Q$(CC) $(FLAGS_pic) -shared -pthread -Wl,-soname,$(SONAME) -Wl,--version-script=$< \
		-Wl,-z,defs -o $@ $(filter %.o,$^)

# As one source for who compiles it into something else
DIST	 = $(B)/mezzo-$(VERSION)
dist: ## the library as mezzo.c and mezzo.h, into build/mezzo-VERSION/ and a .tar.gz of it
	@rm -rf $(DIST) && mkdir -p $(DIST)
	$(call say,GEN,$(DIST)/mezzo.c)
	$Qscripts/amalgamate $(DIST) $(VERSION) $(LIB_SRC)
	@cp LICENSE $(DIST) && echo $(VERSION) >$(DIST)/VERSION
	@tar -C $(B) --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - \
		mezzo-$(VERSION) | gzip -9n >$(DIST).tar.gz

# el2_image,FILE,SOURCES: linked as the hypervisor is
define el2_image
$1: $(call objects,arm64,$2) $(B)/arm64/libmezzo.a $(FDT)/libfdt.a hv/mezzo.lds $(sort $(dir $2))
	$$(call need,$2,hv/)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$Q$(CROSS)gcc -nostdlib -static -no-pie -Wl,-T,hv/mezzo.lds -Wl,--gc-sections \
		-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
		-Wl,--fix-cortex-a53-843419=adr -o $$@ $$(filter %.o %.a,$$^)
	$$Q$(CROSS)size -A $$@ | awk '$$$$1 == ".text" { print "  SIZE   ", $$$$2, "bytes of text:", "$1" }'
endef
$(eval $(call el2_image,$(B)/mezzo-hv.elf,$(HV_SRC)))
$(eval $(call el2_image,$(B)/tests/el2.elf,$(EL2_SRC) $(filter-out hv/boot/main.c,$(HV_SRC))))

$(B)/guests/%.elf: tests/guests/guest.lds
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$Q$(CROSS)gcc -nostdlib -static -no-pie -Wl,-T,$< -Wl,--build-id=none \
		-Wl,--no-warn-rwx-segments -o $@ $(filter %.o %.a,$^)
$(foreach g,$(GUESTS),$(eval $(B)/guests/$g.elf: $(call objects,arm64,$(call guest_sources,$g))))

$(B)/%.img $(B)/%.bin: $(B)/%.elf
	$(call say,OBJCOPY,$@)
	$Q$(CROSS)objcopy -O binary $< $@

$(FDT)/libfdt.a:
	$Qscripts/fetch-arm64 libfdt

$(B)/mezzo: $(call objects,host,$(CLI_SRC)) $(B)/libmezzo-hosted.a $(B)/libmezzo.a $(sort $(dir $(CLI_SRC)))
	$(call need,$(CLI_SRC),cli/)
	$(call say,LD,$@)
	$Q$(CC) $(FLAGS_host) -static -o $@ $(filter %.o %.a,$^) $(CLI_LIBS)

$(JANSSON)/libjansson.a:
	$Qscripts/fetch-arm64 libjansson
$(call objects,arm64-linux,$(CLI_SRC)): | $(JANSSON)/libjansson.a

$(B)/mezzo-arm64: $(call objects,arm64-linux,$(CLI_SRC)) $(B)/arm64-linux/libmezzo-hosted.a \
		  $(B)/arm64-linux/libmezzo.a $(JANSSON)/libjansson.a $(sort $(dir $(CLI_SRC)))
	$(call say,LD,$@)
	$Q$(CROSS)gcc $(FLAGS_arm64-linux) -static -o $@ $(filter %.o %.a,$^)

# ---------------------------------------------------------------------------- tests

$(B)/$(ORACLE)/boot.elf: $(B)/x86/$(PAYLOAD)/boot.S.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$Q$(CC_x86) -nostdlib -static -no-pie -Wl,-Ttext=0x7c00,-e,boot,--build-id=none -o $@ $<

$(B)/$(ORACLE)/payload.elf: $(call objects,x86,$(PAYLOAD_SRC)) $(PAYLOAD)/payload.lds
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$Q$(CC_x86) -nostdlib -static -no-pie -Wl,-T,$(PAYLOAD)/payload.lds -Wl,--build-id=none \
		-Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o $@ $(filter %.o,$^)

$(B)/$(ORACLE)/%.bin: $(B)/$(ORACLE)/%.elf
	$(call say,OBJCOPY,$@)
	$Qx86_64-linux-gnu-objcopy -O binary $< $@

$(B)/$(ORACLE)/image: $(call objects,host,$(ORACLE_SRC)) $(B)/libmezzo.a $(sort $(dir $(ORACLE_SRC)))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$Q$(CC) $(FLAGS_host) -o $@ $(filter %.o %.a,$^)

$(B)/$(ORACLE)/probe.img: $(addprefix $(B)/$(ORACLE)/,image boot.bin payload.bin)
	$(call say,IMAGES,$(@D))
	$Q$^ $(@D)

# Tests may link anything a tested source needs; what is not used is not linked.
TEST_LIBS = -Wl,--as-needed -lcmocka -lfdt $(CLI_LIBS)

test = $(eval $(call program,$1,$(B)/$(2:.c=),$2,$3,$$(TEST_LIBS)))
$(foreach t,$(filter-out $(SWEEP_SRC),$(UNIT_SRC)),$(call test,san,$t))
$(foreach t,$(SWEEP_SRC),$(call test,host,$t))
$(foreach t,$(THREAD_SRC),$(call test,tsan,$t))
$(foreach t,$(FUZZ_SRC),$(call test,fuzz,$t,-fsanitize=fuzzer))
$(foreach t,$(KVM_SRC),$(call test,host,$t))

TESTS := $(patsubst %.c,$(B)/%,$(UNIT_SRC) $(THREAD_SRC) $(FUZZ_SRC)) $(SCRIPT_TESTS)
RUN   := $(if $(T),$(foreach t,$(TESTS),$(if $(findstring $(T),$t),$t)),$(TESTS))
UNIT  := $(filter $(B)/tests/unit/% $(B)/tests/property/%,$(RUN))
PROVE  = FUZZ_SECONDS=$(FUZZ_SECONDS) prove -j$(JOBS) --timer --exec scripts/run-test $(if $(Q),,-v)

test: deps-test ## every test, or those whose name contains T
	@$(MAKE) run-tests

# Tests of audit boot KVM hosts with the command in them, not the hypervisor; and x86 tables have
# judges of their own.
AUDIT	:= $(filter tests/boot/audit_%,$(RUN))
X86	:= $(filter $(ORACLE).t,$(RUN))

run-tests: $(filter $(B)/%,$(RUN)) $(if $(filter tests/cli/%,$(RUN)),lib cli) \
	   $(if $(AUDIT),cli cli-arm64) \
	   $(if $(X86),$(B)/$(ORACLE)/probe.img) \
	   $(if $(filter-out tests/cli/% $(AUDIT) $(X86),$(filter %.t,$(RUN))),all guests)
	$(call need,$(RUN),tests/ (T=$(T)))
	$(if $(filter tests/boot/% tests/oracle/%,$(filter-out $(X86),$(RUN))),$Qscripts/fetch-arm64 kernels busybox)
	$(if $(AUDIT),$Qscripts/fetch-arm64 backports && scripts/fetch-amd64)
	$Q$(PROVE) $(RUN)

# What the sanitizers' tests visit of src/, and what no sweep needs to
COV	:= $(patsubst %.c,$(B)/cov/%,$(filter-out $(SWEEP_SRC),$(UNIT_SRC)) $(THREAD_SRC))
$(foreach t,$(COV),$(eval $(call program,cov,$t,$(t:$(B)/cov/%=%.c),,$$(TEST_LIBS))))

coverage: deps-coverage ## lines and branches of src/ that tests reach; fails below 95 % and 90 %
	@$(MAKE) run-coverage

run-coverage: $(COV)
	$Qfind $(B)/cov -name '*.gcda' -delete
	$Q$(PROVE) $(COV)
	$Qscripts/coverage $(B)/cov $(B)/coverage

check-unit: $(UNIT) ## unit and property tests alone: no QEMU, no network
	$(call need,$(UNIT),tests/unit/ (T=$(T)))
	$Q$(PROVE) $(UNIT)

test-kvm: $(patsubst %.c,$(B)/%,$(KVM_SRC)) ## what this machine's /dev/kvm answers; skipped without one
	$Q$(PROVE) $^

fuzz: export FUZZ_CORPUS := $(B)/corpus
fuzz: $(patsubst %.c,$(B)/%,$(FUZZ_SRC)) ## fuzz each target for FUZZ_SECONDS; build/corpus keeps what is found
	$Q$(PROVE) $(if $(T),$(foreach t,$^,$(if $(findstring $T,$t),$t)),$^)

# ------------------------------------------------------------------------ benchmarks

$(foreach b,$(BENCH_SRC),$(eval $(call program,host,$(B)/$(b:.c=),$b,,)))

BENCHES	:= $(patsubst %.c,$(B)/%,$(BENCH_SRC))

bench: $(BENCHES) ## native benchmarks, into build/bench.json
	$(call need,$(BENCH_SRC),bench/)
	$Qfor bench in $(BENCHES); do $$bench $$bench.json || exit; done
	$Qscripts/join-json $(BENCHES:%=%.json) >$(B)/bench.json

bench-hv: hv guests ## instructions a guest loses per fault, into build/bench-hv.json
	$Qscripts/bench-hv

# ------------------------------------------------------------------------------ lint

# Of these two every version has its own opinions. Debian 12 and 13 both have this one.
LLVM	:= 19

# What lint reads: sources that a host compiler compiles, those of EL2 and EL1, headers, scripts
HOST_C	:= $(LIB_SRC) $(HOSTED_SRC) $(MODEL_SRC) $(CLI_SRC) $(BENCH_SRC) $(SUPPORT_SRC) $(UNIT_SRC) \
	   $(THREAD_SRC) $(FUZZ_SRC) $(KVM_SRC) $(ORACLE_SRC)
ARM64_C	:= $(filter %.c,$(HV_SRC) $(EL2_SRC) $(foreach g,$(GUESTS),$(call guest_sources,$g)))
HEADERS	:= $(shell find include src hv cli check tests bench -name '*.h' 2>/dev/null)
LAID_OUT := $(HOST_C) $(ARM64_C) $(HEADERS) $(filter %.c,$(PAYLOAD_SRC)) \
	    $(wildcard demo/*.c tests/host/*.c)
SCRIPTS	:= .ci/run $(shell grep -lE '^#!/bin/(sh|bash)' scripts/* $(SCRIPT_TESTS) tests/lib/* 2>/dev/null)
stamps	 = $(patsubst %,$(B)/lint/$1/%,$2)

# stamp,NAME,COMMAND: a check of one file, done again when the file or what it includes changes;
# says nothing unless it fails
define stamp
$(B)/lint/$1/%: %
	$$(call say,$(shell echo $1 | tr a-z A-Z),$$<)
	@mkdir -p $$(@D)
	$$Q$2 >$$@.log 2>&1 || { cat $$@.log >&2; exit 1; }
	@touch $$@
endef
layout	= clang-format-$(LLVM) $$< | cmp -s - $$< || { echo "$$<: not laid out: make format"; false; }
tidy	= clang-tidy-$(LLVM) --quiet $$< -- $$(COMMON) $1 $$(call path_flags,$$<)
$(eval $(call stamp,format,{ $(layout); }))
$(eval $(call stamp,tidy,$(call tidy)))
$(eval $(call stamp,tidy-arm64,$(call tidy,$$(EL2_CLANG))))
$(eval $(call stamp,sparse,sparse -Wsparse-error $$(COMMON) $$(call path_flags,$$<)))
$(eval $(call stamp,shell,shellcheck -x $$<))
$(eval $(call stamp,header,$$(CC) $$(COMMON) -fsyntax-only -x c $$<))

# The compiler's dependencies are the checkers' too.
$(call stamps,tidy,$(HOST_C)): $(B)/lint/tidy/%.c: $(B)/lint/clang/%.o .clang-tidy
$(call stamps,tidy-arm64,$(ARM64_C)): $(B)/lint/tidy-arm64/%.c: $(B)/lint/clang-arm64/%.o .clang-tidy
$(call stamps,sparse,$(LIB_SRC)): $(B)/lint/sparse/%.c: $(B)/lint/clang/%.o
$(call stamps,format,$(LAID_OUT)): .clang-format
$(foreach v,arm64 lint/gcc-arm64 lint/clang-arm64,$(call objects,$v,$(HV_SRC) $(EL2_SRC))): \
	| $(FDT)/libfdt.a

# Linker symbols are subtracted; register variables are not in its grammar; tests may run out
# of memory.
CPPCHECK_KNOWS := comparePointers:hv/* subtractPointers:hv/* syntaxError:hv/* \
		  nullPointerOutOfMemory:tests/*
$(B)/lint/cppcheck.ok: $(HOST_C) $(ARM64_C) $(HEADERS)
	$(call say,CPPCHECK,$(words $(filter %.c,$^)) files)
	@mkdir -p $(B)/lint/cppcheck
	$Qcppcheck --quiet -j$(JOBS) --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --cppcheck-build-dir=$(B)/lint/cppcheck \
		$(CPPCHECK_KNOWS:%=--suppress=%) -Iinclude -Isrc -Ihv -Icli $(filter %.c,$^)
	@touch $@

$(B)/lint/el2.ok: scripts/check-el2 $(B)/arm64/libmezzo.a $(B)/mezzo-hv.elf
	$(call say,EL2,$(B)/mezzo-hv.elf)
	$Q$^ $(call objects,arm64,$(HV_SRC) $(LIB_SRC))
	@touch $@

lint: deps-lint ## format, warnings of gcc and clang, clang-tidy, cppcheck, sparse, analyzer, ...
	@$(MAKE) run-lint

run-lint: $(call objects,lint/gcc,$(HOST_C)) $(call objects,lint/clang,$(HOST_C)) \
	  $(call objects,lint/gcc-arm64,$(ARM64_C) $(LIB_SRC)) \
	  $(call objects,lint/clang-arm64,$(ARM64_C) $(LIB_SRC)) \
	  $(call objects,lint/analyzer,$(LIB_SRC) $(HOSTED_SRC)) \
	  $(call stamps,tidy,$(HOST_C)) $(call stamps,tidy-arm64,$(ARM64_C)) \
	  $(call stamps,sparse,$(LIB_SRC)) $(call stamps,header,$(wildcard include/mezzo/*.h)) \
	  $(call stamps,format,$(LAID_OUT)) $(call stamps,shell,$(SCRIPTS)) \
	  $(B)/lint/cppcheck.ok $(if $(HV_SRC),$(B)/lint/el2.ok)
	$(call say,CHECK,sources)
	$Qscripts/check-source
	@echo 'lint: passed'

format: ## lay out every C file and header by .clang-format
	clang-format-$(LLVM) -i $(LAID_OUT)

# ------------------------------------------------------------------------------ rest

demo: deps-demo ## boot Linux on Mezzo and show what it sees
	@$(MAKE) all guests
	$Qscripts/fetch-arm64 kernels busybox libfdt
	$Qscripts/demo

deps: ## install the Debian packages that are missing
	$Qscripts/deps
deps-%:
	$Qscripts/deps $*

# The completions come from the command's own tables, as docs/man/ does.
$(B)/share/reference.md: $(wildcard include/mezzo/*.h) scripts/reference
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$Qscripts/reference $(VERSION) $(filter %.h,$^) >$@
reference: $(B)/share/reference.md ## the public headers as one document, build/share/reference.md

$(B)/share/completion_%: $(B)/mezzo
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$Q$(B)/mezzo completion $* >$@

# Archives for others: what only the library's own files share is renamed, so that no name but
# mezzo_* can collide with an embedder's.
$(B)/share/lib%.a: $(B)/lib%.a
	@mkdir -p $(@D)
	$Qnm -g --defined-only $< | awk 'NF == 3 && $$3 !~ /^mezzo_/ { print $$3, "mezzo__" $$3 }' >$@.names
	$Qobjcopy --redefine-syms=$@.names $< $@

$(B)/mezzo.pc: src/mezzo.pc.in FORCE
	@sed 's,@PREFIX@,$(PREFIX),; s,@LIBDIR@,$(LIBDIR),; s,@VERSION@,$(VERSION),' $< >$@

GENERATED := $(addprefix $(B)/share/,libmezzo.a libmezzo-hosted.a reference.md completion_bash \
	     completion_zsh completion_fish)
SHARE	  := $(DESTDIR)$(PREFIX)/share
install: lib cli $(B)/mezzo.pc $(GENERATED) ## library, headers, mezzo.pc, command, man page
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(B)/share/libmezzo.a $(B)/share/libmezzo-hosted.a
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(B)/$(SO)
	ln -sf $(SO) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SO) $(DESTDIR)$(LIBDIR)/libmezzo.so
	install -D -m 644 -t $(DESTDIR)$(LIBDIR)/pkgconfig $(B)/mezzo.pc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/mezzo $(wildcard include/mezzo/*.h)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(B)/mezzo
	install -D -m 644 -t $(SHARE)/man/man1 $(wildcard docs/man/*.1)
	install -D -m 644 -t $(SHARE)/doc/mezzo $(B)/share/reference.md docs/embedding.md
	install -D -m 644 $(B)/share/completion_bash $(SHARE)/bash-completion/completions/mezzo
	install -D -m 644 $(B)/share/completion_zsh $(SHARE)/zsh/site-functions/_mezzo
	install -D -m 644 $(B)/share/completion_fish $(SHARE)/fish/vendor_completions.d/mezzo.fish

clean: ## remove what was built; downloads and what fuzzing found stay
	rm -rf $(filter-out $(B)/apt $(B)/arm64-root $(B)/amd64-root $(B)/corpus,$(wildcard $(B)/* $(B)/.[!.]*))

distclean: ## remove downloads too
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

FORCE:
.PHONY: all lib hv cli cli-arm64 guests dist test run-tests test-kvm check-unit coverage run-coverage fuzz bench \
	bench-hv lint run-lint format demo deps reference install clean distclean help FORCE

-include $(shell find $(VARIANTS:%=$(B)/%) -name '*.d' 2>/dev/null)
