# Two commands for a fresh machine: `make demo` and `make test`. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
CONFORMANCE := .venv-conformance
LOWEST := .venv-lowest
AUDIT := .venv-audit
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: audit chaos conformance demo endure pictures evaluate test check lint types imports lowest run bench mutants clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   the dashboard on a simulated market"
	@echo "make test   the tests, and the coverage of the core"
	@echo "make check  what CI runs: ruff, deptry, mypy --strict, import contracts, make test"
	@echo "make lowest core, feeds and report with the lowest versions pyproject.toml allows (minutes)"
	@echo "make audit  licences of all dependencies, and what is known against their versions"
	@echo "make bench  every figure against its peer, in one run (a gigabyte of peers, under ten minutes)"
	@echo "make conformance  the vendors' own clients against the simulated market (half a gigabyte of clients, minutes)"
	@echo "make chaos  each fault of the simulator alone through a whole run (minutes)"
	@echo "make evaluate  what the rules were worth on recorded days, written into docs/rules.md and the cards' figures (minutes)"
	@echo "make pictures  the README's recording and pictures anew, from the demo (a minute)"
	@echo "make endure  a fast day of 6.5 hours and 60 real minutes, with faults: memory, leaks, latency (over an hour)"
	@echo "make mutants  which changes to the core no test of it notices"

# A stamp is touched only after its install has finished, so an interrupted install starts over.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "orderflow-tui needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: pyproject.toml $(VENV)/.made
	$(PIP) install -e .
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.made
	$(PIP) install -e '.[test]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	$(BIN)/orderflow-tui demo

# Bytecode is kept, whatever the environment says: to read all tests without it takes each process 14 s instead of 4.
test: export PYTHONDONTWRITEBYTECODE =
SERIAL = $(shell grep -rl --include='test_*.py' 'pytest\.mark\.serial' tests)
test: $(VENV)/.test
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -p tests.core_coverage -m 'not chaos and not serial and not conformance'
	$(BIN)/python -m pytest -n 3 -m serial $(SERIAL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --fail-under=95

# Minutes: each fault of the simulator alone through a whole run, compared with the server's truth.
chaos: $(VENV)/.test
	$(BIN)/python -m pytest tests/chaos -m chaos

# Minutes: measures what docs/rules.md and the cards quote, and writes it there. The recordings are not part of the project.
SESSIONS ?= ../shared/data/sessions
DAYS := $(foreach name,bac aig ibm,$(foreach day,07 08 09 10,$(SESSIONS)/$(name)_201310$(day)))
evaluate: $(VENV)/.test
	$(BIN)/orderflow-tui evaluate $(DAYS) --profile guarded --held-back 1 --json > $(VENV)/evaluated.json
	$(BIN)/python -m tests.docs.rules_worth < $(VENV)/evaluated.json

pictures: $(VENV)/.test
	$(BIN)/python -m tests.docs.pictures

# Over an hour; `make endure MINUTES=15` is a bounded one. Needs Linux.
MINUTES ?= 60
endure: $(VENV)/.test
	$(BIN)/python -m benchmarks.endurance --minutes $(MINUTES)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry orderflow_tui
	$(BIN)/deptry tests benchmarks --exclude '\.venv' --ignore DEP002,DEP004

types: $(VENV)/.test
	$(BIN)/mypy

imports: $(VENV)/.test
	$(BIN)/lint-imports

check: lint types imports test

# The lowest versions allowed, in an environment of their own.
$(LOWEST)/.made: pyproject.toml
	@rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip --disable-pip-version-check --quiet install 'uv>=0.5'
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct -e '.[test]'
	@touch $@

lowest: $(LOWEST)/.made
	$(LOWEST)/bin/python -m pytest tests/core tests/feeds tests/report tests/config/test_schema.py tests/config/test_load.py tests/config/test_edit.py tests/tui/test_theme.py tests/packaging

# Every extra a user may choose, so that its licence is looked at too. Ends with 3 where versions cannot be looked up.
$(AUDIT)/.made: pyproject.toml
	@rm -rf $(AUDIT)
	$(PYTHON) -m venv $(AUDIT)
	extras=$$($(AUDIT)/bin/python -c 'import tomllib; e = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; print(",".join(sorted(set(e) - {"test", "bench", "conformance"})))') && \
	$(AUDIT)/bin/python -m pip --disable-pip-version-check --quiet install -e ".[$$extras]" 'pip-audit>=2.7'
	@touch $@

audit: $(AUDIT)/.made
	$(AUDIT)/bin/python -m tests.packaging.audit

# The vendors' own clients: a misreading of a wire cannot hide in both our server and our source.
DATABENTO_CLIENT := databento==0.88.0
$(CONFORMANCE)/.made: pyproject.toml
	@rm -rf $(CONFORMANCE)
	$(PYTHON) -m venv $(CONFORMANCE)
	$(CONFORMANCE)/bin/python -m pip --disable-pip-version-check --quiet install -e '.[conformance]'
# By itself: it wants a newer certifi than polygon-api-client allows, and pip refuses both in one call.
	$(CONFORMANCE)/bin/python -m pip --disable-pip-version-check --quiet install $(DATABENTO_CLIENT)
	@touch $@

conformance: $(CONFORMANCE)/.made
	$(CONFORMANCE)/bin/python -m pytest -n 0 -m conformance tests/conformance

# Stock-market libraries to measure against, in an environment of their own: they want an older numpy.
$(BENCH)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the benchmarks need Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@rm -rf $(BENCH)
	$(PYTHON) -m venv $(BENCH)
	@touch $@

$(BENCH)/.bench: pyproject.toml $(BENCH)/.made
	$(BENCH)/bin/python -m pip --disable-pip-version-check --quiet install -e '.[bench]'
	@touch $@

bench: $(BENCH)/.bench
	$(BENCH)/bin/python -m benchmarks.run

mutants: $(BENCH)/.bench
	$(BENCH)/bin/python -m benchmarks.mutants

clean:
	rm -rf $(VENV) $(BENCH) $(LOWEST) $(AUDIT) $(CONFORMANCE) .mypy_cache .ruff_cache .hypothesis .coverage .import_linter_cache
