# `make run` opens the page, `make test` proves it. Each makes its own environment in .venv the first time.

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
JS_TESTS := $(wildcard tests/ui/*.test.mjs tests/ui/*.test.js)

.PHONY: run test lint

run: .venv/run-ready
	$(BIN)/python app.py

test: lint
	$(BIN)/python -m tests.browser
	$(if $(JS_TESTS),if command -v node >/dev/null; then node --test $(JS_TESTS); else echo "No node here: skipping JavaScript tests."; fi)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A stamp is newer than all it was made from, so a second call does nothing.
.venv/run-ready: requirements.txt constraints.txt $(BIN)/python
	@echo "Installing requirements.txt into .venv; the first time this takes minutes."
	$(PIP) -r requirements.txt
	@touch $@

.venv/test-ready: requirements-dev.txt requirements-judges.txt .venv/run-ready
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps -r requirements-judges.txt
	@touch $@

# The first Python from 3.10 to 3.12 that starts: a name on the path may be a shim with nothing behind it.
$(BIN)/python:
	@for python in python3 python3.12 python3.11 python3.10; do \
	    if $$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
	        echo "Making .venv with $$($$python --version)"; \
	        $$python -m venv .venv && exit 0; \
	        rm -rf .venv; \
	    fi; \
	done; \
	echo "This needs Python 3.10, 3.11 or 3.12 with its venv module (python.org, or apt-get install python3 python3-venv)." >&2; exit 1
