# Two commands for a fresh machine: `make demo` and `make test`. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check lint types imports cover run clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   the dashboard on a simulated market"
	@echo "make test   the tests"
	@echo "make check  what CI runs: ruff, mypy --strict, import contracts, tests with coverage"

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
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

imports: $(VENV)/.test
	$(BIN)/lint-imports

cover: $(VENV)/.test
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered
	$(BIN)/coverage report --include='orderflow_tui/core/*' --fail-under=95

check: lint types imports cover

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage .import_linter_cache
