# The two commands: `make run` and `make test`. Both set up everything they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
DEMO ?= 1
INPUTS ?= 10000000
STORES ?= sqlite:///bench-stores.sqlite=1000000
WORKERS ?= 2
# What needs real sensors, a kill or a compiler runs one after the other; all other tests side by side,
# those of stores with a database of each kind for each side.
ALONE := peers or faults or compiled
SIDE_BY_SIDE := -n $(WORKERS) --dist worksteal -m "not ($(ALONE) or browser)"
IN_BROWSERS := -n $(WORKERS) --dist loadfile -m browser
ON_DATABASES := -n $(WORKERS) --dist loadfile -m peers tests/contract

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup  ## set up and start Bartizan on SQLite, with demo traffic on the map (DEMO=0: without)
	$(VENV)/bin/bartizan serve $(if $(filter 0,$(DEMO)),,--demo)

test: setup-dev  ## everything: lint, types, layers, unit, contract, faults, real peers, real browser
	scripts/install_test_servers.sh
	scripts/install_oidc_provider.sh
	$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest -q $(SIDE_BY_SIDE); first=$$?; \
	$(PYTHON) -m pytest -q $(IN_BROWSERS); second=$$?; \
	$(PYTHON) -m pytest -q $(ON_DATABASES); third=$$?; \
	$(PYTHON) -m pytest -q -m "($(ALONE)) and not browser" --ignore=tests/contract \
	&& exit $$((first + second + third))

check: setup-dev lint  ## the fast loop: lint, types, layers, unit and contract tests
	$(PYTHON) -m pytest -q $(SIDE_BY_SIDE) tests/unit tests/contract

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	cd web && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm run --silent check

bench: setup-dev  ## Bartizan beside the recipe rebuilt in PHP; writes docs/performance.md
	scripts/install_test_servers.sh --bench
	$(PYTHON) -m bench.run

bench-decode: setup-dev  ## decoding beside other public parsers; writes docs/performance.md
	$(PYTHON) -m bench.parsers

bench-stores: setup-dev  ## a month of transactions in each store (STORES="URL=COUNT ..."); writes docs/performance.md
	nice -n 5 $(PYTHON) -m bench.store_sizes $(STORES)

bench-console: setup-dev  ## the transactions page in Chromium with 2 million of them; writes docs/performance.md
	$(PYTHON) -m bench.console

fuzz: setup-dev  ## mutated entries against the decoders (INPUTS=10000000)
	$(PYTHON) -m tests.fuzz.mutate --inputs $(INPUTS) --processes 2

golden: setup-dev  ## renew the golden files; review the diff
	BARTIZAN_UPDATE_GOLDEN=1 $(PYTHON) -m pytest -q -k golden tests

images: setup-dev  ## renew the pictures in docs/images
	scripts/install_test_servers.sh
	BARTIZAN_UPDATE_IMAGES=1 $(PYTHON) -m pytest -q -m browser tests/browser

lock: setup-dev  ## renew the locked versions
	scripts/lock.sh

setup:  ## what `make run` needs
	@scripts/setup.sh run

setup-dev:  ## what tests and checks need
	@scripts/setup.sh dev

clean:  ## remove what was built (not bartizan-data)
	rm -rf $(VENV) web/node_modules src/bartizan/present/static .mypy_cache .ruff_cache .pytest_cache

.PHONY: help run test check lint bench bench-decode bench-stores bench-console fuzz golden images lock setup setup-dev clean
