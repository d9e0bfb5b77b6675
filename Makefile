# `make run` serves the dashboard, `make test` checks everything; both install what they need.

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

.PHONY: run test lint types pytest browser lock clean

run: $(VENV)/installed
	@exec $(BIN)/dashboard $(SERVE)

test: $(VENV)/installed-tests browser lint types pytest

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/installed-tests
	$(BIN)/mypy

pytest: $(VENV)/installed-tests browser
	$(BIN)/python -m pytest

browser:
	@sh tests/browser/install.sh

# The lock holds exact versions and no address of an index.
lock: $(VENV)/installed-tests
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --no-annotate --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --no-annotate --extra test \
		--output-file requirements-test.txt pyproject.toml

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@# Debian keeps what `venv` needs for pip in a package of its own; pip itself can do without it.
	$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) \
			&& $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } \
		|| { rm -rf $(VENV); echo "$(VENV) cannot be made: install pip and the venv module of $(PYTHON)" >&2; exit 1; }

$(VENV)/installed: $(VENV)/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

clean:
	rm -rf $(VENV) .demo .dashboard .mypy_cache .ruff_cache .pytest_cache
