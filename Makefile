# Everything runs in .venv: made on first use, brought up to date when pyproject.toml or constraints.txt changes.

VENV := .venv
BIN := $(VENV)/bin

# The first Python that is new enough. Another one: make PYTHON=python3.12 demo
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	if $$python -c '$(NEW_ENOUGH)' 2>/dev/null; then command -v $$python; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format docs bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# One thread: in a network this small, several would wait for each other longer than they compute.
demo: $(VENV)/demo.stamp  ## train LeNet on handwritten digits, save it, load it and look at what it reads
	OMP_NUM_THREADS=1 $(BIN)/python examples/demo.py

test: lint  ## check style, types and imports, then run all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

test-fast: $(VENV)/dev.stamp  ## run the tests that take moments, up to the first failure
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -x -m "not slow"

lint: $(VENV)/dev.stamp  ## check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/make_stubs.py
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/dev.stamp  ## put every file into shape and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/dev.stamp  ## write anew what is generated: stubs, examples in help, reference, environment variables
	$(BIN)/python tools/make_examples.py
	$(BIN)/python tools/make_stubs.py
	$(BIN)/python tools/make_reference.py
	$(BIN)/python tools/make_environment_page.py

bench: $(VENV)/dev.stamp  ## run the benchmarks
	$(BIN)/python benchmarks/run.py

clean:  ## remove the environment, the caches and what the demo wrote
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache demo-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/made.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

# The dev extra contains the demo's, so its stamp speaks for both.
$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/made.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(VENV)/demo.stamp $@

$(VENV)/made.stamp:
	@$(or $(PYTHON),false) -c '$(NEW_ENOUGH)' 2>/dev/null || { echo "Symnet needs Python 3.10 or newer;" \
		"found: $(or $(if $(PYTHON),$(shell $(PYTHON) --version 2>/dev/null)),none)." \
		"Install one, or say where it is: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON). The first time this downloads PyTorch, which takes a few minutes."
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) could not make a virtual environment." \
		"On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@
