# If something can be done, a target does it. `make` alone prints the list; a target's description stands after `##`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARCH := $(if $(filter aarch64,$(shell uname -m)),arm64,x64)
NODE := $(shell [ -x node_modules/node-linux-$(ARCH)/bin/node ] && echo node_modules/node-linux-$(ARCH)/bin/node || echo node)
# The pinned Node comes first for every tool that npm installed.
export PATH := $(CURDIR)/node_modules/node-linux-$(ARCH)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

SOURCES := $(shell find src -name '*.ts' -not -name '*.test.ts' 2>/dev/null) $(shell find src -name '*.json' 2>/dev/null)
# Tests run make themselves, which is to know nothing of this one, and speak with this machine, past any proxy.
VITEST := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u NODE_USE_ENV_PROXY \
  no_proxy="localhost,127.0.0.1,::1$${no_proxy:+,$$no_proxy}" vitest run --no-color
# Runs targets beside each other, as many as there are processors, each to its end whatever becomes of the others.
SIDE_BY_SIDE := $(MAKE) --keep-going --jobs=$(shell nproc)
# What only computes makes way for what lives by the clock beside it; not by more, lest a busy machine starve it.
COMPUTING := nice -n 3
INTERFACE ?= lo

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- set up -------------------------------------------------------------------------------------------------------

# OFFLINE=yes builds with the node_modules that is there, as a source package does.
OFFLINE ?= no
node_modules/.installed: package-lock.json
	@[ $(OFFLINE) = yes ] || tools/retry.sh npm ci --no-fund --no-audit
	@touch $@

.PHONY: install
install: node_modules/.installed ## install the npm packages, the pinned Node among them

.PHONY: packages
packages: ## install the Debian packages that building BPF and testing need (root), or say which are missing
	@tools/packages.sh build test

# --- build and run ------------------------------------------------------------------------------------------------

dist/tidemark.mjs: node_modules/.installed $(SOURCES) tools/build.ts tools/bundle-options.ts package.json
	@node tools/build.ts

.PHONY: build
build: dist/tidemark.mjs ## build the command into dist/

.PHONY: dist
dist: build/dist/tidemark ## make the self-contained executable, its checksums and its SBOM in build/dist/

build/dist/tidemark: node_modules/.installed $(SOURCES) $(wildcard bpf/*.bpf.o) tools/dist.ts tools/bundle-options.ts package.json
	@[ $(OFFLINE) = yes ] || tools/packages.sh dist
	@node tools/dist.ts

.PHONY: generated
generated: install ## write manual pages, sample configurations and shell completions to build/generated/
	@node tools/generated.ts

.PHONY: man
man: generated ## write the manual pages to build/generated/man/

.PHONY: deb
deb: dist generated ## build the Debian package into build/release/
	@tools/packages.sh deb
	@packaging/deb/build.sh

.PHONY: srpm
srpm: install ## build the source RPM into build/release/; building from it needs no network
	@tools/packages.sh rpm
	@packaging/rpm/build.sh srpm

.PHONY: rpm
rpm: srpm ## build the RPM from the source RPM into build/release/
	@packaging/rpm/build.sh rpm

.PHONY: rpm-mock
rpm-mock: srpm ## rebuild the source RPM in mock, where mock is installed
	@command -v mock >/dev/null || { echo 'mock is not installed: dnf install mock' >&2; exit 1; }
	@mock --rebuild build/release/*.src.rpm --resultdir build/release

.PHONY: test-vm
test-vm: deb ## install the package in virtual machines with Debian's kernels 6.1 and 6.12 and exercise it there
	@tools/packages.sh vm
	@test/vm/run.sh

.PHONY: release
release: install ## set the version, date the changelog, commit and tag (VERSION=1.2.3)
	@node tools/release.ts $(VERSION)

FLAVOUR ?= release
IMAGE := localhost/tidemark:$(FLAVOUR)
CONTAINERS := $(or $(shell command -v podman || command -v docker),podman)
NEEDS_CONTAINERS = @command -v $(CONTAINERS) >/dev/null || { echo '$(CONTAINERS) is not installed: apt-get install podman' >&2; exit 1; }
# What a container of each flavour may do and runs. The release is flowd with two capabilities on a root that nobody can
# write; dev and test hold these sources, and may make network namespaces, mount and trace.
ON_SOURCES := --privileged --volume $(CURDIR):/src --workdir /src
RUN_dev := $(ON_SOURCES) $(IMAGE) sleep infinity
RUN_test := $(ON_SOURCES) $(IMAGE) sleep infinity
RUN_release := --network host --user 0:10514 --cap-drop ALL --cap-add BPF --cap-add NET_ADMIN --security-opt no-new-privileges \
  --read-only --tmpfs /run/tidemark --tmpfs /var/lib/tidemark --volume $(CURDIR)/packaging/container/flowd.yaml:/etc/tidemark/flowd.yaml:ro \
  $(IMAGE) flowd run

.PHONY: docker-build
docker-build: ## build the container image FLAVOUR (dev, test or release) with podman or docker
	$(NEEDS_CONTAINERS)
	@$(CONTAINERS) build --target $(FLAVOUR) -t $(IMAGE) -f packaging/container/Containerfile \
	  --build-arg COMMIT="$$(git rev-parse --short=12 HEAD)" --build-arg COMMIT_DATE="$$(git show -s --format=%cI HEAD)" .

.PHONY: docker-start
docker-start: ## start a container of FLAVOUR: flowd with its capabilities, or a place to develop and test
	$(NEEDS_CONTAINERS)
	@$(CONTAINERS) run --detach --rm --name tidemark-$(FLAVOUR) $(RUN_$(FLAVOUR))

.PHONY: docker-shell
docker-shell: ## open a shell in that container
	$(NEEDS_CONTAINERS)
	@$(CONTAINERS) exec -it tidemark-$(FLAVOUR) /bin/bash

.PHONY: docker-stop
docker-stop: ## stop it
	$(NEEDS_CONTAINERS)
	@$(CONTAINERS) stop tidemark-$(FLAVOUR)

.PHONY: run
run: build ## start flowd and the collector on loopback with the quick-start configuration
	@tools/packages.sh run
	@tools/run.sh

.PHONY: demo
demo: build ## two network namespaces, one declared transfer: marked packets captured, decoded and judged (root)
	@tools/packages.sh run
	@bin/tidemark demo

.PHONY: demo-picture
demo-picture: build ## run the demo and draw its output as docs/images/demo.svg (root)
	@tools/packages.sh run
	@mkdir -p build
	@FORCE_COLOR=1 bin/tidemark demo > build/demo.txt
	@node tools/terminal-picture.ts 'sudo make demo' < build/demo.txt > docs/images/demo.svg

.PHONY: bpf
bpf: ## compile the BPF programs and check that the committed objects match
	@tools/packages.sh build
	@$(MAKE) -C bpf verify

.PHONY: bpf-update
bpf-update: ## compile the BPF programs and replace the committed objects
	@tools/packages.sh build
	@$(MAKE) -C bpf update

# --- check and test -----------------------------------------------------------------------------------------------

.PHONY: check
check: install ## format, lint, types, import rules, unused code; each rule proved by a planted violation
	@biome check --error-on-warnings .
	@tsc --noEmit
	@oxlint --type-aware --deny-warnings src test bench tools
	@node tools/import-rules.ts
	@knip
	@node tools/planted-violations.ts

.PHONY: format
format: install ## rewrite the sources in the project's format
	@biome check --write .

.PHONY: docs
docs: install ## renew the reference pages that are generated from the code
	@node tools/reference-pages.ts

.PHONY: unit
unit: install ## the tests that stand beside their source; no privileges needed
	@$(COMPUTING) $(VITEST) --project unit

.PHONY: system
system: build ## the tests across rooms, on the real kernel when root, with real peers
	@$(VITEST) --project system

.PHONY: test
test: build ## every test that fits in ten minutes, on the real kernel when root
	@tools/packages.sh build test
	@$(MAKE) -C bpf verify
	@$(SIDE_BY_SIDE) system unit

.PHONY: long
long: build ## the tests that take longer
	@$(VITEST) --project long

.PHONY: properties
properties: build ## what holds for anything, a million times
	@$(COMPUTING) $(VITEST) --project properties

.PHONY: test-packages
test-packages: build ## the packages, the image and the command on arm64, then the packages in virtual machines
	@$(COMPUTING) $(VITEST) --project packages
	@$(COMPUTING) $(MAKE) test-vm

.PHONY: test-all
test-all: build ## everything that takes longer than `make test`, virtual machines among it (at most 30 minutes)
	@tools/packages.sh build test dist deb rpm packaging arm64 vm
	@$(SIDE_BY_SIDE) long test-packages properties

.PHONY: bench
bench: build ## every benchmark, one claim a file; BENCH=name runs one
	@tools/packages.sh build test
	@node tools/bench.ts $(BENCH)

# --- a developer's day --------------------------------------------------------------------------------------------

.PHONY: tc-show
tc-show: ## show the qdiscs and egress filters of INTERFACE (lo)
	@tc -s qdisc show dev $(INTERFACE); tc -s filter show dev $(INTERFACE) egress; bpftool net show dev $(INTERFACE)

.PHONY: tc-clean
tc-clean: build ## remove what Tidemark left on INTERFACE (lo)
	@bin/tidemark flowd marker clean --target-interface $(INTERFACE)

.PHONY: prog-list
prog-list: ## list the loaded BPF programs of Tidemark
	@bpftool prog show | grep -A 3 -E 'tidemark' || echo 'none is loaded'

.PHONY: ebpf-trace
ebpf-trace: ## follow the kernel's BPF trace pipe
	@mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
	@cat /sys/kernel/tracing/trace_pipe

FLOW ?= tcp ::1 2345 ::1 5777 cms 14
CONF ?= conf/quickstart-flowd.yaml
.PHONY: flow-start
flow-start: build ## declare a flow to the flowd of `make run` (FLOW="tcp ::1 2345 ::1 5777 cms 14")
	@bin/tidemark --conf $(CONF) flowd send start $(FLOW)

.PHONY: flow-end
flow-end: build ## end that flow
	@bin/tidemark --conf $(CONF) flowd send end $(FLOW)

.PHONY: compile-commands
compile-commands: ## write compile_commands.json for clangd
	@$(MAKE) -C bpf compile-commands

.PHONY: clean
clean: ## remove what was built
	@rm -rf dist build coverage compile_commands.json
	@$(MAKE) -C bpf clean
