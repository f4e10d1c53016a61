# `make` alone tells what there is. Everything runs on the Node of node_modules (see package.json),
# whatever Node this machine has; the machine's npm only installs it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where Debian keeps ip and OVS, which a root shell made by `su` does not look into.
export PATH := $(PATH):/usr/sbin:/sbin

NODE := node_modules/.bin/node
NPM_RUN := npm run --silent
DESTDIR ?=
CNI_BIN := $(DESTDIR)/opt/cni/bin

SOURCES := $(shell find bin src schemas scripts -type f 2>/dev/null) package-lock.json pkg.config.json

.PHONY: help demo build build-arm64 test e2e bench lint install clean setup setup-e2e setup-npm

help:
	@echo 'antrea: a CNI plugin for Pods on VLAN networks of Open vSwitch. One executable, dist/antrea.'
	@echo
	@echo '  make demo         see it work: a private OVS, two namespaces on VLAN 100, one on VLAN 200 (root)'
	@echo '  make test         types, lint, build, all tests (root)'
	@echo '  make e2e          Pods of a real kubelet and containerd on this machine, in namespaces of their own (root)'
	@echo '  make build        dist/antrea for linux-x64;  make build-arm64: for linux-arm64 too'
	@echo '  make install      copy it to $$(DESTDIR)/opt/cni/bin/antrea'
	@echo '  make bench        compare it with other plugins on this machine (root, minutes)'
	@echo '  make lint         oxlint and oxfmt'
	@echo '  make clean        remove what was built'
	@echo
	@echo 'Each installs what it needs first, and names it: Debian packages (no service is started) and npm ci.'
	@echo 'One test file: npx vitest run test/ipam/pool.test.ts'

demo: setup dist/antrea
	@$(NODE) demo/demo.ts

build: setup-npm dist/antrea

dist/antrea: $(SOURCES) | setup-npm
	@$(NPM_RUN) build
	@touch $@

build-arm64: setup-npm
	@$(NPM_RUN) build -- --arm64

test: setup
	@$(NPM_RUN) typecheck
	@$(NPM_RUN) lint
	@$(MAKE) dist/antrea
	@$(NPM_RUN) test

e2e: setup-e2e dist/antrea
	@$(NPM_RUN) e2e

bench: setup-e2e dist/antrea
	@$(NODE) bench/main.ts

lint: setup-npm
	@$(NPM_RUN) lint

# A runtime may be running the old one: "text file busy" for a copy onto it, nothing for a rename. Written in large pieces,
# it lies in memory in large pages, and starts sooner (docs/adr/0002-bundle.md).
install: build
	@mkdir -p '$(CNI_BIN)'
	@trap 'rm -f "$(CNI_BIN)/.antrea.$$$$"' EXIT; \
	  dd if=dist/antrea of="$(CNI_BIN)/.antrea.$$$$" bs=16M status=none; \
	  chmod 755 "$(CNI_BIN)/.antrea.$$$$"; \
	  mv -f "$(CNI_BIN)/.antrea.$$$$" '$(CNI_BIN)/antrea'
	@echo 'installed $(CNI_BIN)/antrea'

clean:
	rm -rf build dist coverage

setup:
	@scripts/setup.sh

setup-e2e:
	@scripts/setup.sh e2e

setup-npm:
	@scripts/setup.sh npm
