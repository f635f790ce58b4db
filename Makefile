# The commands of this project. Each does its own set-up: packages with apt when run by root, everything else in
# ~/.cache/evergate. What the targets do is in scripts/, one short file each.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check lint audit bench bench-full setup

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build and start the demo: open the address that it prints
	@scripts/cargo run --release -- demo $(ARGS)

test: ## Run every test; ARGS="--test rooms" for some of them
	@scripts/test $(ARGS)

check: ## Shell, format, lints, docs, licences and sources of dependencies
	@scripts/check

lint: ## The quick part of check: format and lints
	@scripts/check fmt clippy

audit: ## Look for security advisories about dependencies (clones the RustSec database)
	@scripts/check audit

bench: ## Measure beside nginx and others, count broken images: under 5 minutes; ARGS for evergate-bench compare
	@scripts/bench quick $(ARGS)

bench-full: ## The same with figures to keep: half an hour, on a machine that does nothing else; ARGS=--keep
	@scripts/bench full $(ARGS)

setup: ## Install what all of the above need
	@scripts/setup build test check
	@echo "Everything that building, testing and checking need is here."
