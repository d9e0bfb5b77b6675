# `make help` lists what there is. Each target installs what it needs into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

ifneq ($(DB),)
SERVE := serve --db "$(DB)"
else ifneq ($(DASHBOARD_DB)$(shell grep -s '^DASHBOARD_DB=.' .env),)
SERVE := serve
else
SERVE := serve --demo
endif

# What `make check` tests: modules that need no engine process, no server and no browser.
FAST := tests/docs/test_pages.py tests/docs/test_docstrings.py \
	$(addprefix tests/engine/test_,clock.py colours.py errors.py layers.py payload.py rollup_files.py settings.py \
		sql_files.py) \
	$(addprefix tests/dash_app/test_,axes.py cards.py chart_text.py figures.py formats.py jobs.py page_text.py pages.py \
		table_windows.py unfinished.py value_axes.py) \
	tests/oracle/test_reading.py tests/oracle/test_compare.py

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# Without bytecode each of some hundred programs that tests start would compile the whole dashboard.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest
FRONTEND := $(BIN)/python -m dash_app.frontend.build
# Node comes from a wheel if npm is missing; `node` is then what pip is to install.
INSTALL_NODE := { test -z "$$node" || $(INSTALL) -r requirements-node.txt; }

.PHONY: help run dev check test test-long frontend frontend-checks frontend-node lint format types contracts fast compiled \
	pytest programs bench soak release docs pictures lock audit clean
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/installed frontend ## serve the demo, or DB=path/to/sites.db, on http://127.0.0.1:8050
	@exec $(BIN)/dashboard $(SERVE)

# The port is free again as soon as the old process has ended, in order.
dev: $(VENV)/installed frontend ## the same, and start again whenever Python, SQL or a file of the front end changes
	@exec $(BIN)/watchfiles --target-type command --sigint-timeout 10 \
		--ignore-paths dash_app/assets,dash_app/frontend/.fresh,dash_app/frontend/node_modules \
		"sh -c '$(FRONTEND) && exec $(BIN)/dashboard $(subst ",\",$(SERVE))'" engine dash_app sql

check: $(VENV)/installed-tests ## what to run before each commit: format, lint, types, contracts, fast tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint contracts types frontend-checks fast

# Debian's packages come while pip works, and the tests are compiled while mypy, which has one core, does.
test: ## everything; installs the programs it needs from Debian's packages
	@$(MAKE) --no-print-directory --jobs 2 --output-sync programs $(VENV)/installed-tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types lint contracts frontend-checks compiled
	@$(MAKE) --no-print-directory pytest

test-long: ## everything, with many more random histories, values and kills of each kind
	@TESTS=long $(MAKE) --no-print-directory test

# The scripts and styles that pages load: built if their sources have changed.
frontend: $(VENV)/bin/python
	@node=$$($(FRONTEND) requirements build) && $(INSTALL_NODE)
	@$(FRONTEND)

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/installed-tests frontend-node ## write all Python and JavaScript as the formatters would
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(FRONTEND) format

# The linter and the tests of the front end.
frontend-checks: frontend-node
	$(FRONTEND) check

frontend-node: frontend
	@node=$$($(FRONTEND) requirements check) && $(INSTALL_NODE)

types: $(VENV)/installed-tests
	$(BIN)/mypy

contracts: $(VENV)/installed-tests
	$(BIN)/lint-imports --no-cache

fast: $(VENV)/installed-tests frontend
	$(PYTEST) $(FAST)

# Two processes more than most machines of CI have cores, as tests often wait; with six the short soak was starved. tests/conftest.py has the order.
pytest: $(VENV)/installed-tests programs frontend-node
	$(PYTEST) --numprocesses 4 --dist loadfile --no-loadscope-reorder

# Collecting compiles the tests and all that they import, which each of pytest's processes would do by itself.
compiled: $(VENV)/installed-tests frontend
	@$(PYTEST) --collect-only --quiet >/dev/null || { $(PYTEST) --collect-only --quiet; exit 1; }

programs:
	@sh tests/install.sh

bench: $(VENV)/installed-tests frontend ## measure runs and serving; ARGS="browser", ARGS="runs --scale 5" and the like
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/installed-tests frontend ## ten minutes of a busy life, in which things go wrong; ARGS="--minutes 30" and the like
	$(BIN)/python -m benchmarks.soak $(ARGS)

# The wheel is made from the sdist, so that both are known to be whole.
release: $(VENV)/installed-tests ## build sdist and wheel, and try the wheel outside the checkout
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tests/release/check_wheel.py dist requirements.txt

docs: $(VENV)/installed-tests ## write the tables of docs/ that are made from the code
	$(BIN)/python -m tests.docs.write_tables

pictures: $(VENV)/installed-tests programs frontend ## take the pictures of docs/ again, of the demo in Chromium
	$(BIN)/python -m tests.docs.write_pictures

# The lock holds exact versions, the hashes of their archives for all machines, and no address of an index.
COMPILE := $(VENV)/tools/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate

lock: $(VENV)/installed-tests $(VENV)/tools/installed frontend-node ## pin what pyproject.toml and package.json allow
	$(FRONTEND) lock
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --output-file requirements-test.txt --extra test pyproject.toml
	$(COMPILE) --output-file requirements-tools.txt requirements-tools.in
	$(BIN)/python -c 'from dash_app.frontend.build import NODE_WHEEL; print(NODE_WHEEL)' \
		| $(COMPILE) --output-file requirements-node.txt -

audit: $(VENV)/tools/installed ## ask whether a package of the lock has a known weakness
	@$(BIN)/python tests/release/audit.py $(VENV)/tools/bin/pip-audit requirements.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@# Debian keeps what `venv` needs for pip in a package of its own; pip itself can do without it.
	$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) \
			&& $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } \
		|| { rm -rf $(VENV); echo "$(VENV) cannot be made: install pip and the venv module of $(PYTHON)" >&2; exit 1; }

$(VENV)/installed: $(VENV)/bin/python requirements.txt pyproject.toml | frontend
	$(INSTALL) -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed requirements-test.txt
	$(INSTALL) --no-compile -r requirements-test.txt
	@touch $@

# What locks and audits has an environment of its own, so that it decides no version of the dashboard's.
$(VENV)/tools/installed: requirements-tools.txt | $(VENV)/bin/python
	$(PYTHON) -m venv --without-pip $(VENV)/tools
	$(BIN)/python -m pip --quiet --disable-pip-version-check --python $(VENV)/tools/bin/python install \
		--require-hashes -r requirements-tools.txt
	@touch $@

clean: ## remove what the targets have made
	rm -rf $(VENV) dist dash_app/assets dash_app/frontend/node_modules
	rm -rf .demo .dashboard .mypy_cache .ruff_cache .pytest_cache
