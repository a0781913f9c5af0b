# Everything starts here. Only Python 3.11 or newer and make are assumed.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet
LOCKED := --require-hashes
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.PHONY: help install develop run test check bench acceptance lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run          backtest the built-in market; the report is out/demo/report.html"
	@echo "make test         install what the tests need and run all of them"
	@echo "make check        style, types, layers, contract"
	@echo "make bench        compare with other systems (ARGS=... goes to python -m benchmarks)"
	@echo "make acceptance   the long runs, resumable (PART=name for one)"
	@echo "make install      the virtual environment alone"
	@echo "make lock         compile the lock files anew"

install: $(RUNTIME)

develop: $(DEVELOPMENT)

$(PY):
	@sh .ci/venv $(VENV)

$(RUNTIME): locks/build.txt locks/runtime.txt pyproject.toml | $(PY)
	@echo "Installing what Gal-Friday needs to run (once) ..."
	@$(PIP) $(LOCKED) -r locks/build.txt -r locks/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): locks/development.txt $(RUNTIME)
	@echo "Installing what the tests need (once) ..."
	@$(PIP) $(LOCKED) -r locks/development.txt
	@touch $@

run: $(RUNTIME)
	@$(PY) -m gal_friday demo --out out/demo

test: $(DEVELOPMENT)
	$(PY) -m pytest -q -n 2

check: $(DEVELOPMENT)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --quiet .
	$(PY) -m mypy --strict src
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m pytest -q tests/architecture

bench: $(DEVELOPMENT)
	$(PY) -m benchmarks $(or $(ARGS),all)

acceptance: $(DEVELOPMENT)
	$(PY) tests/run_acceptance.py $(PART)

lock: $(DEVELOPMENT)
	$(COMPILE) pyproject.toml -o locks/runtime.txt
	$(COMPILE) pyproject.toml --extra dev -c locks/runtime.txt -o locks/development.txt
	$(COMPILE) locks/build.in -c locks/development.txt -o locks/build.txt

clean:
	rm -rf out dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
