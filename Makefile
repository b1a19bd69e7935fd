# Everything here sets itself up into .venv on a machine with Python >= 3.11 (with venv) and make.
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
export PYTHON
export PYTHONUTF8 := 1

# make demo DB=postgresql, make serve ARGS="--port 9000"
DB ?=
ARGS ?=
KILLS ?= 100
EXAMPLES ?= 50
WITH_DB = $(if $(strip $(DB)),--db $(DB))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev assets demo serve test check gates fix bench simulate crash fuzz proof lock screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install Holdfast and what it needs to run into .venv
	@scripts/setup runtime
	@scripts/assets

setup-dev:
	@scripts/setup dev
	@scripts/assets

assets: ## Build the script of staff's calendar (with Node 20.19 or newer; running needs none)
	@scripts/assets

demo: ## Show Holdfast at work (DB=postgresql, ARGS="…")
	@scripts/setup $(if $(filter postgresql,$(DB)),demo,runtime)
	@scripts/assets
	@$(BIN)/holdfast demo $(WITH_DB) $(ARGS)

serve: setup ## Run the server (ARGS="…")
	@$(BIN)/holdfast serve $(ARGS)

test: gates ## Run everything that CI runs: the gates and all tests
	@$(BIN)/python scripts/test

check: gates ## Run the gates and the fast tests, before every commit
	@$(BIN)/python scripts/test --fast

gates: setup-dev
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Some files are not formatted; run: make fix" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: setup-dev ## Repair what the linter and the formatter can
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format

bench: setup-dev ## Measure, beside the machine's limit in the same run (ARGS="holds --json")
	@$(BIN)/holdfast bench $(ARGS)

simulate: setup-dev ## Let random customers, clocks and failures attack the rules (ARGS="…")
	@$(BIN)/holdfast simulate $(ARGS)

crash: setup-dev ## Kill servers and workers under load (KILLS=100)
	@HOLDFAST_TEST_KILLS=$(KILLS) $(BIN)/python -m pytest -q -m "not proof" tests/crashes

fuzz: setup-dev ## Send random requests made from the OpenAPI document (EXAMPLES=50)
	@HOLDFAST_TEST_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest -q -m "not proof" --timeout 7200 tests/api/test_fuzz.py

proof: setup-dev ## Run the long proofs that make test leaves out
	@$(BIN)/python scripts/test --proof

lock: ## Pin the newest versions of all dependencies in constraints.txt
	@scripts/lock

screenshots: setup-dev ## Take pictures of every page (ARGS="slots booked")
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

clean: ## Remove builds and caches (.venv stays; it repairs itself)
	rm -rf build dist src/holdfast/web/static/built assets/node_modules .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
