# Two commands: `make run` opens the demonstration, `make test` proves it. Both set themselves up.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
DATA ?= .remit/demo
PORT ?= 8420

.PHONY: run up setup test test-all lint browser postgresql java cdk bench lock clean

run: setup
	$(VENV)/bin/remit up --demo --data $(DATA) --port $(PORT)

up: setup
	$(VENV)/bin/remit up --port $(PORT)

setup: $(VENV)/.run

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Remit needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what running needs ..."
	$(PIP) install --require-hashes -r requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.test: requirements/test.lock $(VENV)/.run
	@echo "Installing what testing needs ..."
	$(PIP) install --require-hashes -r requirements/test.lock
	touch $@

# Tests start hundreds of interpreters. Each would compile the whole project, where the machine keeps no bytecode.
test test-all: export PYTHONDONTWRITEBYTECODE :=

test: setup $(VENV)/.test lint browser postgresql
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile

$(VENV)/.heavy: requirements/heavy.lock $(VENV)/.test
	@echo "Installing what the heavy tests need (Spark is 450 MB) ..."
	$(PIP) install --require-hashes -r requirements/heavy.lock
	touch $@

test-all: setup $(VENV)/.heavy lint browser postgresql java cdk
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile -m 'heavy or not heavy'

browser:
	@scripts/install_browser.sh

postgresql:
	@scripts/install_postgresql.sh

java:
	@scripts/install_java.sh

cdk:
	@scripts/install_cdk.sh

lint: $(VENV)/.test
	$(VENV)/bin/ruff check src tests bench scripts
	$(VENV)/bin/ruff format --check src tests bench scripts
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: setup $(VENV)/.test
	$(VENV)/bin/python bench/run.py

# Needs uv. The locks name no index, so they install from whichever one the machine is set to.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet
lock:
	$(LOCK) pyproject.toml requirements/build.in -o requirements/run.lock
	$(LOCK) pyproject.toml requirements/build.in --extra test --extra postgresql -o requirements/test.lock
	$(LOCK) pyproject.toml requirements/build.in --extra test --extra postgresql --extra spark --extra fuzz --extra cdk -c requirements/test.lock -o requirements/heavy.lock

clean:
	rm -rf $(VENV) .remit dist
