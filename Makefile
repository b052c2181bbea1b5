# One word each. What is missing is set up first; what is there is left alone. `make` alone tells the words.
PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
PORT ?= 8000
# Hundreds of tests start a command of ours: compiled once, not each time, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=
SETUP_INPUTS := scripts/setup.py pyproject.toml $(wildcard requirements/*.lock)
# Tests that press, kill or type at one moment have the machine for themselves; the rest runs two files at a time, in the
# order of their names: `unit`, whose files take seconds, comes last, so that neither of the two ends long after the other.
TIMED := tests/browser/test_scanner_ime.py tests/faults/test_page_browser_dies.py tests/unit/test_cli_check.py
TEST_INPUTS := $(SETUP_INPUTS) tests/browser/package-lock.json scripts/native.py src/shirorom/register/_native.pyx
LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links
LOCK += --custom-compile-command "make lock"

.PHONY: help setup run check test bench soak audit lock pictures reference verifier extension changelog clean
help:
	@sed -n 's/^## //p' Makefile

## make setup      everything that running, checking and testing need
setup: .venv/.ready-test
## make run        the web app on 127.0.0.1:8000 with the practice carriers (PORT=…)
run: .venv/.ready-run
	$(BIN)/shirorom serve --practice --port $(PORT)
## make check      format, lint, types, layers, locks
check: .venv/.ready-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m scripts.locks
	$(BIN)/python -m scripts.tree
## make test       make check, then every test
test: check
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(BIN)/python -m pytest $(TIMED)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TIMED:%=--ignore=%)
endif
## make bench      measures, and writes docs/benchmarks.md (ARGS="peers --size 3000000": those alone, and writes nothing)
bench: .venv/.ready-bench
	$(BIN)/python -m bench $(ARGS)
## make soak       every test at its full count (hours)
soak: check
	SHIROROM_SOAK=1 $(BIN)/python -m pytest --timeout=0 $(ARGS)
## make audit      known vulnerabilities of the locked packages; "could not look" is not "clean"
audit: .venv/.ready-test
	$(BIN)/python -m scripts.audit
## make lock       new lock files, hashes and no addresses (needs uv)
lock:
	$(LOCK) --upgrade --extra shop --extra analytics --extra native --extra postgres -o requirements/dev.lock pyproject.toml requirements/dev.in
	$(LOCK) -c requirements/dev.lock -o requirements/build.lock requirements/build.in
	$(LOCK) -c requirements/dev.lock -o requirements/bench.lock requirements/bench.in
	$(LOCK) -c requirements/dev.lock -o requirements/core.lock pyproject.toml
	$(LOCK) -c requirements/dev.lock --extra shop -o requirements/shop.lock pyproject.toml
## make pictures   pictures of the running app into docs/pictures
pictures: .venv/.ready-test
	$(BIN)/python -m scripts.pictures
## make reference  docs/reference from the code
reference: .venv/.ready-test
	$(BIN)/python -m scripts.reference
## make verifier   the one HTML file that checks a record sheet with the network off, from its sources
verifier: .venv/.ready-run
	$(BIN)/python -m scripts.verifier
## make extension  the browser extension, for Chrome and Edge and for Firefox, into dist/
extension: .venv/.ready-run
	$(BIN)/python -m scripts.extension
## make changelog  CHANGELOG.md from changes/ (VERSION=…)
changelog: .venv/.ready-test
	$(BIN)/towncrier build --yes --version $(VERSION)
## make clean      away with the virtual environment and everything set up in the tree
clean:
	rm -rf .venv tests/browser/node_modules .mypy_cache .ruff_cache .hypothesis dist

.venv/.ready-run: $(SETUP_INPUTS)
	@$(PYTHON) scripts/setup.py run
	@touch $@
.venv/.ready-test: $(TEST_INPUTS)
	@$(PYTHON) scripts/setup.py test
	@touch .venv/.ready-run $@
.venv/.ready-bench: .venv/.ready-test requirements/bench.lock
	@$(PYTHON) scripts/setup.py bench
	@touch $@
