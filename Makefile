# offtake: the front door. Everything is built by Meson; this file only names the ways in.
# `make run` and `make test` install what is missing on Debian 12 and say what they install.
BUILD    ?= build
PREFIX   ?= /usr/local
PLAN     ?= examples/openai-amazon/plan.yaml
REPORT   ?= out/openai-amazon.html
# The outside figures and traces that some tests want; unset, those tests say "skipped".
ORIGINALS := $(wildcard ../shared/data/README.md)
export OFFTAKE_ORIGINALS ?= $(if $(ORIGINALS),$(abspath $(dir $(ORIGINALS))))
export DEBIAN_FRONTEND := noninteractive
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what the build needs
	@tools/deps.sh build
deps-test:
	@tools/deps.sh build test
$(BUILD)/build.ninja:
	@meson setup $(BUILD) -Doptimization=2 -Db_ndebug=true >$(BUILD).setup.log || { cat $(BUILD).setup.log; exit 1; }
	@rm -f $(BUILD).setup.log

build: deps $(BUILD)/build.ninja ## build the program: build/offtake
	@ninja -C $(BUILD) --quiet
run: build ## the flagship plan, from chip to contract, with its report
	@mkdir -p $(dir $(REPORT))
	@if $(BUILD)/offtake doctor --json | grep -q '"page_built": true'; then \
	    $(BUILD)/offtake plan $(PLAN) --html $(REPORT) && \
	    echo "The report, with pictures: $(abspath $(REPORT))"; \
	else \
	    $(BUILD)/offtake plan $(PLAN) && echo "No npm, so no page was built and no report with pictures."; \
	fi
check: build deps-test ## plain build and unit tests (under a minute)
	@tools/run_tests.sh plain
test: deps-test ## everything CI runs: sanitizers, threads, floors, format
	@tools/run_tests.sh all
golden: build ## rewrite the stored outputs of tests/golden, then look at the diff
	@tools/golden.sh --update
fuzz: deps-test ## 60 s of every fuzz target
	@tools/fuzz.sh 60
bench: build ## measure what has to be fast
	@ninja -C $(BUILD) --quiet bench-all && tools/bench.sh $(BUILD)
tidy: deps-test ## clang-tidy over the whole tree
	@tools/tidy.sh
format: deps-test ## clang-format the whole tree
	@tools/format.sh --write
cover: deps-test ## line coverage of floors F0-F7
	@tools/cover.sh
install: build ## install program, data, page and man page under PREFIX
	@meson configure $(BUILD) --prefix $(abspath $(PREFIX)) && meson install -C $(BUILD) --quiet
clean: ## remove what was built
	@rm -rf build build-* out

.PHONY: help deps deps-test build run check test golden fuzz bench tidy format cover install clean
