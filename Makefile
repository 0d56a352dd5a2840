# procready: `make` builds and shows the main job, `make test` tests it; both install what is missing (Debian).
# `make help` lists everything.

SHELL = /bin/bash
.DEFAULT_GOAL = demo
.DELETE_ON_ERROR:

VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
# The processor of this machine, as Node names it, and the other one.
ARCH := $(patsubst x86_64,x64,$(patsubst aarch64,arm64,$(shell uname -m)))
OTHER_ARCH = $(if $(filter arm64,$(ARCH)),x64,arm64)
# As the compilers of Debian name them.
MULTIARCH.x64 = x86_64-linux-gnu
MULTIARCH.arm64 = aarch64-linux-gnu
OTHER_MULTIARCH = $(MULTIARCH.$(OTHER_ARCH))
# The libraries and headers of the other one.
SYSROOT = build/sysroot/$(OTHER_ARCH)
# The root file system of a machine with that processor.
ARM64_ROOT = build/root/arm64

# What compiles for each of them, with musl and with the C library of Debian; and what must be there before.
# musl has no kernel headers: those of the host come after its own.
C = -std=gnu2x -D_GNU_SOURCE
STATIC = $(C) -static -Os -DVERSION='"$(VERSION)"'
MUSL.$(ARCH) = musl-gcc $(STATIC) -idirafter /usr/include -idirafter /usr/include/$(MULTIARCH.$(ARCH))
MUSL.$(OTHER_ARCH) = $(OTHER_MULTIARCH)-gcc -specs=$(SYSROOT)/musl-gcc.specs $(STATIC) \
	-idirafter $(SYSROOT)/usr/include -idirafter $(SYSROOT)/usr/include/$(OTHER_MULTIARCH)
CC.$(ARCH) = $(CC)
CC.$(OTHER_ARCH) = $(OTHER_MULTIARCH)-gcc
SECCOMP.$(ARCH) = -lseccomp
SECCOMP.$(OTHER_ARCH) = -idirafter $(SYSROOT)/usr/include $(SYSROOT)/usr/lib/$(OTHER_MULTIARCH)/libseccomp.a
NEEDS.$(ARCH) = .packages .packages-seccomp
NEEDS.$(OTHER_ARCH) = $(SYSROOT)

WARNINGS = -Wall -Wextra -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wframe-larger-than=20000 -Werror
# Only what a static program that allocates nothing can use: a guarded stack, none of it executable, read-only tables.
HARDENING = -fstack-protector-strong -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now
# Not PIE: at a fixed address tables of pointers need no relocation, and stand with the code.
SMALL = -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -Wl,--gc-sections,-z,noseparate-code -s

# The last one has the largest buffer: what is used of the others is close together then, below one page table.
SHIM_SOURCES = $(filter-out shim/config.c,$(wildcard shim/*.c)) shim/config.c
TS_SOURCES = $(shell find controller test -name '*.ts' -o -name '*.cts')
CONTROLLER_SOURCES = $(filter controller/%,$(TS_SOURCES))
# Of a processor.
programs_of = $(addprefix dist/$1/procready-,shim seccomp)
test_programs_of = $(addprefix dist/test/$1/,probe true bare call racer die die-dynamic inject)
PROGRAMS = $(call programs_of,$(ARCH))
TEST_PROGRAMS = $(call test_programs_of,$(ARCH))
VALIDATORS = dist/controller/model/validators.cjs
NODE_MODULES = node_modules/.installed

# Files and directories, as in `make test TESTS=test/system/cli.test.ts`; JOBS says how many files run side by side.
FAST_TESTS = test/unit test/contract test/protocol
TESTS = $(FAST_TESTS) test/init test/system test/faults
# Runs test files; build/NAME.tap has what they say, the last line how many passed.
RUN_TESTS = mkdir -p build; run() { node dist/test/run.js "$${@:2}" >build/$$1.tap; node .ci/count.js $$? build/$$1.tap; }; run

.PHONY: demo build pack image test test-fast test-programs test-browser test-package test-engines test-faults test-faults-shim test-faults-controller test-vm test-vm-nightly test-arm64 check lint format fuzz bench ways exactness bench-vm clean help

demo: build .packages-demo ## build, then show the main job on real programs
	@./test/demo.sh

build: $(PROGRAMS) dist/procready ## build the shim and the controller into dist/

test: build $(TEST_PROGRAMS) .packages-programs ## unit, contract, protocol, init, system and fault tests (as root); TESTS=test/system/cli.test.ts …
	@$(RUN_TESTS) test $(TESTS)

test-fast: $(PROGRAMS) $(VALIDATORS) ## unit, contract and protocol tests: without root, without the command line
	@$(RUN_TESTS) test-fast $(FAST_TESTS)

test-programs: build .packages-tested ## suites of programs from Debian: nginx, redis, PostgreSQL with their clients, python3, node, java, go, gcc, git (as root)
	dist/procready test --reporter pretty --reporter tap=build/test-programs.tap test/programs/*.procready.yaml

test-browser: build dist/test/$(ARCH)/probe .packages-browser ## the page of a run in headless Chromium, on screens and on paper
	@$(RUN_TESTS) test-browser test/browser

test-package: pack image ## the package, installed in projects outside: the command line, the library, and helpers under node:test, tap, vitest and jest
	@$(RUN_TESTS) test-package test/package

test-engines: build $(TEST_PROGRAMS) image .packages-engines ## procready as the OCI runtime of podman and containerd, beside crun; and --observe inside of podman (as root)
	@$(RUN_TESTS) test-engines test/engines

test-faults: test-faults-shim test-faults-controller ## launches in which one call fails: all of the next two

test-faults-shim: build $(TEST_PROGRAMS) .packages-programs ## one system call of the shim fails, or its process is killed or stopped; FILTER= PART=1/4 COUNT= SEED= JOBS=2
	node dist/test/faults/sweep.js

test-faults-controller: build $(TEST_PROGRAMS) .packages-programs ## one call of the controller fails, each of them, and many random texts; SEED=
	@export FAULTS=all TEXTS=100000 TAP_TIMEOUT=7200; $(RUN_TESTS) test-faults test/faults test/unit/texts.test.ts

test-vm: build $(TEST_PROGRAMS) .packages-programs ## the system tests again in virtual machines with pure cgroup v2, Linux 6.12 and 6.1; VM_RUN names vm-run
	./test/vm.sh test

test-vm-nightly: build $(TEST_PROGRAMS) .packages-programs ## those of the tests that take long there, about half an hour
	./test/vm.sh nightly

test-arm64: build $(call programs_of,arm64) $(call test_programs_of,arm64) $(ARM64_ROOT) .packages-arm64 ## the init and protocol tests, and a few others, on arm64: an emulated processor with Debian's kernel (as root)
	ARM64_ROOT=$(ARM64_ROOT) ./test/vm.sh arm64

check: ## all of the above tests and lint, as CI does; the last line is `N passed, N failed`
	@./test/check.sh

lint: build build/$(ARCH)/system-calls.inc .packages-lint ## check formatting, types and common mistakes, TypeScript and C
	node_modules/.bin/biome check --config-path=.biome.json
	clang-format --dry-run --Werror shim/*.[ch] controller/seccomp/*.c test/*.c test/bench/*.c test/fuzz/*.c
	clang-tidy --quiet shim/*.c controller/seccomp/*.c test/*.c test/bench/*.c test/fuzz/*.c -- -std=gnu2x -D_GNU_SOURCE -Ibuild/$(ARCH) -DVERSION='"$(VERSION)"'

format: .packages-lint $(NODE_MODULES) ## bring TypeScript and C into form
	node_modules/.bin/biome check --config-path=.biome.json --write
	clang-format -i shim/*.[ch] controller/seccomp/*.c test/*.c test/bench/*.c test/fuzz/*.c

.PHONY: man
man: build ## for people: the manual, dist/procready.1 and a page for each subcommand, and dist/completion for bash and zsh
	node dist/controller/build/generate-manual.js man
	node dist/controller/build/generate-completion.js dist/completion

.PHONY: generate
generate: node_modules ## write anew what is generated and committed: types from schema/, the schemas of reports from their types, controller/cli/README.md
	@# the types first: without them nothing compiles that uses what is new
	node_modules/.bin/esbuild controller/build/generate-types.ts --outfile=dist/controller/build/generate-types.mjs --log-level=warning
	node dist/controller/build/generate-types.mjs
	$(MAKE) build
	node dist/controller/build/generate-schemas.js
	node dist/controller/build/generate-manual.js

fuzz: .packages-fuzz ## fuzz the shim's decoder with sanitizers; FUZZ_SECONDS=60
	./test/fuzz/run.sh

.PHONY: fuzz-coverage
fuzz-coverage: .packages-fuzz ## which branches of the decoder seeds and corpus reach; fails below 95 %
	@./test/fuzz/run.sh coverage

bench: build $(TEST_PROGRAMS) .packages-bench ## measure beside crun, runc and a bare C parent; ratios
	node dist/test/bench/main.js $(BENCH_ARGS)

ways: build $(TEST_PROGRAMS) ## a thousand programs that die in one of ten ways, and whether each verdict is right; WAYS_ARGS="RUNS SEED"
	node dist/test/soak/ways.js $(WAYS_ARGS)

.PHONY: soak
soak: build $(TEST_PROGRAMS) .packages-programs ## commands of many kinds while their processes are killed and stopped (as root); MINUTES=10 SEED=
	node dist/test/soak/soak.js

exactness: build $(TEST_PROGRAMS) .packages-bench ## how exact limits and account of OCI runtimes are; RUNTIMES="/usr/bin/crun runc …"
	node dist/test/bench/main.js $(RUNTIMES:%=--runtime %) exactness

bench-vm: build $(TEST_PROGRAMS) .packages-bench ## the same in a virtual machine with pure cgroup v2
	./test/vm.sh bench

pack: man $(call programs_of,$(OTHER_ARCH)) ## the package for npm, with programs for x64 and arm64: dist/procready-VERSION.tgz
	node dist/controller/build/make-package.js build/package
	npm pack ./build/package --pack-destination dist --loglevel warn

image: pack .packages-image ## an OCI image of the package with Node and a shell: the layout dist/image
	./controller/build/make-image.sh dist/procready-$(VERSION).tgz dist/image $(VERSION)

clean: ## remove all that was built
	rm -rf dist build .tap

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

vpath %.c test test/bench
# What is compiled from C, for a processor. libseccomp.a is made for the C library of Debian: static, so that it can be used
# where there is no libseccomp, and is all one version. system-calls.inc has their names by number; die-dynamic is as most
# programs are: with the C library of the host, and loaded by its loader.
define compiled_for
dist/$1/procready-shim: $$(SHIM_SOURCES) shim/shim.h package.json | $$(NEEDS.$1)
	@mkdir -p $$(@D)
	$$(MUSL.$1) $$(WARNINGS) $$(HARDENING) $$(SMALL) -Wl,-Map=$$@.map -o $$@ $$(SHIM_SOURCES)

dist/$1/procready-seccomp: controller/seccomp/compiler.c package.json | $$(NEEDS.$1)
	@mkdir -p $$(@D)
	$$(CC.$1) $$(STATIC) $$(WARNINGS) $$(HARDENING) $$(SMALL) -o $$@ $$< $$(SECCOMP.$1)

build/$1/system-calls.inc: | $$(NEEDS.$1)
	@mkdir -p $$(@D)
	printf '#include <sys/syscall.h>' | $$(MUSL.$1) -E -dM - | sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/[SYS_\1] = "\1",/p' >$$@

dist/test/$1/probe: test/see.c test/see.h
dist/test/$1/inject: build/$1/system-calls.inc
dist/test/$1/die-dynamic: test/die.c | $$(NEEDS.$1)
	@mkdir -p $$(@D)
	$$(CC.$1) $$(C) $$(WARNINGS) -o $$@ $$<

dist/test/$1/%: %.c | $$(NEEDS.$1)
	@mkdir -p $$(@D)
	$$(MUSL.$1) $$(WARNINGS) -Ibuild/$1 -s -o $$@ $$(filter %.c,$$^)
endef
$(foreach arch,$(ARCH) $(OTHER_ARCH),$(eval $(call compiled_for,$(arch))))

# Those of an emulated machine: the kernel, what its commands need, and Node.
$(ARM64_ROOT): | .packages-arm64
	SUITE=trixie ./controller/build/sysroot.sh whole arm64 $@ '?essential' linux-image-arm64 nodejs procps $(FOR_PROGRAMS)

$(SYSROOT): | .packages-cross
	./controller/build/sysroot.sh alone $(OTHER_ARCH) $@ musl-dev linux-libc-dev libseccomp-dev

# tsc looks again only at what has changed, and at what that may break: see dist/.tsbuildinfo.
dist/.compiled: $(TS_SOURCES) tsconfig.json $(NODE_MODULES)
	node_modules/.bin/tsc
	@touch $@

$(VALIDATORS): schema/*.json controller/build/generate-validators.ts $(NODE_MODULES) | dist/.compiled
	node dist/controller/build/generate-validators.js
	@touch $@

# Where cgroups are missing less is compiled.
dist/procready: $(CONTROLLER_SOURCES) controller/cli/start.sh $(VALIDATORS) $(NODE_MODULES) | dist/.compiled
	node dist/controller/build/make-bundle.js
	node dist/controller/build/compile-bundle.js run --dry-run -- true >/dev/null || true
	ln -sf controller/cli/start.cjs dist/procready
	ln -sf controller/cli/start.cjs dist/procready-oci
	@touch $@

# Only where others are asked for than those that are there: a file that was touched is no reason.
$(NODE_MODULES): package-lock.json
	@cmp -s $< $@ || { echo 'installing the packages of $<' && npm ci --no-audit --no-fund && cp $< $@; }
	@touch $@

# What Debian packages bring, only when it is missing.
INSTALL = packages() { \
	[ $$(id -u) = 0 ] && as= || as=sudo; \
	echo "installing $$*"; $$as apt-get update -qq && $$as apt-get install -yqq --no-install-recommends "$$@" >/dev/null; }

.PHONY: .packages .packages-arm64 .packages-cross .packages-demo .packages-engines .packages-image .packages-seccomp .packages-programs .packages-tested .packages-browser .packages-lint .packages-fuzz .packages-bench
.packages:
	@command -v musl-gcc >/dev/null && [ -e /usr/include/linux/mount.h ] || { $(INSTALL); packages musl-tools linux-libc-dev; }
.packages-seccomp:
	@[ -e /usr/include/seccomp.h ] && [ -e /usr/include/errno.h ] || { $(INSTALL); packages libseccomp-dev libc6-dev; }
.packages-cross:
	@command -v $(OTHER_MULTIARCH)-gcc >/dev/null || { $(INSTALL); packages gcc-$(subst _,-,$(OTHER_MULTIARCH)) libc6-dev-$(if $(filter arm64,$(OTHER_ARCH)),arm64,amd64)-cross; }
.packages-image:
	@command -v umoci >/dev/null && [ -e /bin/busybox ] || { $(INSTALL); packages umoci busybox-static binutils; }
.packages-demo:
	@[ -e /usr/bin/python3 ] || { $(INSTALL); packages python3; }
.packages-arm64:
	@command -v qemu-system-aarch64 depmod busybox xz | [ $$(wc -l) = 4 ] || { $(INSTALL); packages qemu-system-arm kmod busybox-static xz-utils; }
FOR_PROGRAMS = zsh python3-pyte busybox-static strace uidmap iproute2 nftables iputils-ping util-linux
.packages-programs:
	@[ -e /usr/lib/python3/dist-packages/pyte ] && [ -e /bin/busybox ] && \
		command -v strace newuidmap ip nft ping nsenter zsh redis-server redis-benchmark | [ $$(wc -l) = 9 ] || \
		{ $(INSTALL); packages $(FOR_PROGRAMS) redis-server redis-tools; }
.packages-engines:
	@command -v podman crun runc conmon ctr | [ $$(wc -l) = 5 ] || { $(INSTALL); packages podman crun runc conmon containerd; }
.packages-tested:
	@for program in nginx wrk curl ip redis-server redis-benchmark psql pgbench python3 node java go gcc git; do command -v $$program >/dev/null || missing=1; done; \
		[ -z "$$missing" ] && [ -e "$$(echo /usr/lib/postgresql/*/bin/initdb)" ] || { $(INSTALL); packages nginx wrk curl iproute2 redis-server redis-tools postgresql python3 openjdk-17-jre-headless golang-go gcc git; }
.packages-browser:
	@command -v chromium >/dev/null && command -v pdftotext >/dev/null || { $(INSTALL); packages chromium poppler-utils; }
.packages-lint:
	@command -v clang-format >/dev/null && command -v clang-tidy >/dev/null || { $(INSTALL); packages clang-format clang-tidy; }
.packages-fuzz:
	@command -v clang-14 >/dev/null && [ -e /usr/lib/llvm-14/lib/clang/14.0.6/lib/linux ] || { $(INSTALL); packages clang-14 libclang-rt-14-dev; }
.packages-bench:
	@command -v crun >/dev/null && command -v runc >/dev/null && command -v bwrap >/dev/null && command -v strace >/dev/null || \
		{ $(INSTALL); packages crun runc bubblewrap strace busybox-static; }
