# smalti: `make demo` and `make test` set up everything they need in .venv.
# Needs Python 3.10 or later, Rust 1.89 or later and a C compiler.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find crates -name '*.rs' -o -name Cargo.toml)

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.demo ## Set up, then compress real photographs into demo-output/
	$(BIN)/smalti demo

.PHONY: test
test: $(VENV)/.test ## Set up, then run every test
	cargo test --package smalti-core --package smalti-deflate --locked
	$(BIN)/python -m pytest

.PHONY: lint
lint: $(VENV)/.lint ## Check formatting and style of Rust and Python
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --package smalti-core --package smalti-deflate --no-deps --locked --quiet
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.lint ## Check types, and the extension's stub against the extension
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest smalti._core

.PHONY: bench
bench: $(VENV)/.bench ## Measure speed, memory and file sizes; install the peers first
	$(BIN)/python -m bench

.PHONY: bench-core
bench-core: ## Measure each kernel of the engine
	cargo bench --package smalti-core --locked

.PHONY: docs
docs: $(VENV)/.demo ## Bring docs/cli.md and the README's pictures up to date
	$(BIN)/python docs/generate.py

.PHONY: golden
golden: $(VENV)/.test ## Write the table of hashes that outputs must have anew
	$(BIN)/python -m tests.golden

.PHONY: fuzz
fuzz: $(VENV)/.test ## Feed damaged files to the readers for a minute
	$(BIN)/python fuzz/readers.py --seconds 60

# What tells libFuzzer which branches are met; the stable compiler has it, too. It needs a target
# named, so that build scripts go without.
COVERAGE := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares

.PHONY: fuzz-deflate
fuzz-deflate: ## Feed made-up streams to the deflate encoder for a minute
	cd fuzz/deflate && mkdir -p corpus artifacts && RUSTFLAGS="$(COVERAGE)" \
		cargo run --release --locked --target $$(rustc --print host-tuple) -- \
		corpus -artifact_prefix=artifacts/ -max_total_time=60

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf $(VENV) target bench/crates/target fuzz/deflate/target demo-output dist
	find python -name '_core*.so' -delete -o -name '_core*.pyd' -delete

# One stamp for each set of extras. pip builds the extension in release mode; cargo keeps
# what did not change, so building again is quick.
$(VENV)/.%: $(SOURCES) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	@touch $@
