# Two commands for a fresh machine: `make demo` and `make test`. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: chaos demo endure test check lint types imports run bench mutants clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   the dashboard on a simulated market"
	@echo "make test   the tests, and the coverage of the core"
	@echo "make check  what CI runs: ruff, mypy --strict, import contracts, make test"
	@echo "make bench  every figure against its peer, in one run (a gigabyte of peers, under ten minutes)"
	@echo "make chaos  each fault of the simulator alone through a whole run (minutes)"
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

test: $(VENV)/.test
	$(BIN)/python -m pytest --cov --cov-report=
	$(BIN)/coverage report --include='orderflow_tui/core/*' --skip-covered --fail-under=95

# Minutes: each fault of the simulator alone through a whole run, compared with the server's truth.
chaos: $(VENV)/.test
	$(BIN)/python -m pytest tests/chaos -m chaos

# Over an hour; `make endure MINUTES=15` is a bounded one. Needs Linux.
MINUTES ?= 60
endure: $(VENV)/.test
	$(BIN)/python -m benchmarks.endurance --minutes $(MINUTES)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

imports: $(VENV)/.test
	$(BIN)/lint-imports

check: lint types imports test

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
	rm -rf $(VENV) $(BENCH) .mypy_cache .ruff_cache .hypothesis .coverage .import_linter_cache
