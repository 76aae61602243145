# Credence: every task of the project by one name. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export CREDENCE_HOME ?= $(CURDIR)/.credence
WORLD := $(CREDENCE_HOME)/world
CARDS := $(CREDENCE_HOME)/cards
REAL := $(or $(CREDENCE_REAL_DATA),../shared/data)

.PHONY: help setup run test check bench fuzz bench-serve bench-scale faults bento cards claims evidence evaluate-real docs lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 12

setup: $(VENV)/.ready ## make .venv with the locked packages (python3.11 or newer, nothing else)

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: setup ## world, train, publish, serve on 127.0.0.1:3000, and a request with its answer
	$(BIN)/credence world --out $(WORLD)
	$(BIN)/credence train all --tables $(WORLD)
	$(BIN)/credence publish --tables $(WORLD)
	$(BIN)/credence serve --example

test: setup ## run the tests, with branch coverage
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term

check: setup ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: setup ## run the benchmarks
	$(BIN)/python -m benchmarks.world_hardness
	$(BIN)/python -m benchmarks.start_up
	$(BIN)/python -m benchmarks.follower_risk
	$(BIN)/python -m benchmarks.trees_speed
	$(BIN)/python -m benchmarks.reasons_speed
	$(BIN)/python -m benchmarks.audit_speed

bench-serve: setup ## compare credence serve with a bare app, FastAPI and BentoML (a quarter of an hour)
	$(BIN)/python -m benchmarks.serve_bench

bench-scale: setup ## features, batch, store and clusters at full size, beside their peers (an hour; QUICK=--quick: minutes)
	$(BIN)/python -m benchmarks.scale_bench $(QUICK)

faults: setup ## overload, killed processes, swapped and damaged models, silent registries, full disks: after `make run`, half an hour
	$(BIN)/python -m benchmarks.fault_overload
	$(BIN)/python -m benchmarks.fault_processes
	$(BIN)/python -m benchmarks.fault_swaps
	$(BIN)/python -m benchmarks.fault_bundles
	$(BIN)/python -m benchmarks.fault_registry
	$(BIN)/python -m benchmarks.fault_disk
	$(BIN)/python -m benchmarks.bento_alone

fuzz: setup ## schemathesis with every check and 2,000 cases an operation, without keys and with one
	$(BIN)/python -m tests.fuzz

bento: setup ## build a Bento with code, champions, store and compiled kernels (docs/operations.md)
	$(BIN)/python -m serving.packing --out build/bento
	BENTOML_HOME=$(CREDENCE_HOME)/bentoml BENTOML_DO_NOT_TRACK=True $(BIN)/bentoml build --output tag build/bento

cards: setup ## write the model cards of docs/cards/ from a world trained on afresh
	rm -rf $(CARDS)
	mkdir -p $(CARDS) $(CREDENCE_HOME)/kernels
	ln -s $(CREDENCE_HOME)/kernels $(CARDS)/kernels
	$(BIN)/credence world --out $(CARDS)/world --creators 2000 --seed 7
	CREDENCE_HOME=$(CARDS) $(BIN)/credence train fake-accounts --seed 7
	CREDENCE_HOME=$(CARDS) $(BIN)/credence train fake-followers --tables $(CARDS)/world --seed 7
	CREDENCE_HOME=$(CARDS) $(BIN)/credence train conversion --tables $(CARDS)/world --seed 7
	CREDENCE_HOME=$(CARDS) $(BIN)/python -m training.cards --tables $(CARDS)/world --out docs/cards

claims: setup ## write the claims ledger docs/claims.md from a world learned from afresh
	rm -rf $(CREDENCE_HOME)/claims
	$(BIN)/credence world --out $(CREDENCE_HOME)/claims --creators 2000 --seed 8
	$(BIN)/python -m training.claims --tables $(CREDENCE_HOME)/claims --out docs/claims.md

evidence: setup ## print what the conversion model is worth in simulated worlds, beside rivals and the truth
	$(BIN)/python -m benchmarks.conversion_worlds --worlds $(CREDENCE_HOME)/worlds --plot $(CREDENCE_HOME)/plots/conversion-worlds.png
	$(BIN)/python -m benchmarks.conversion_other_worlds --worlds $(CREDENCE_HOME)/worlds
	$(BIN)/python -m benchmarks.conversion_labels --worlds $(CREDENCE_HOME)/worlds
	$(BIN)/python -m benchmarks.conversion_learning --plot $(CREDENCE_HOME)/plots/conversion-learning.png

evaluate-real: setup ## print the figures that real data can give (CREDENCE_REAL_DATA, default ../shared/data)
	$(BIN)/python -m training.evaluate_real --data $(REAL) --plots $(CREDENCE_HOME)/plots
	$(BIN)/python -m benchmarks.share_intervals --data $(REAL)

docs: setup ## write the generated pages of docs/
	$(BIN)/python -m features.documentation

lock: setup ## write the two locks anew from pyproject.toml: all packages, and those of a server
	$(BIN)/uv pip compile pyproject.toml --extra train --extra scale --extra dev --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --constraint requirements.lock --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements-serving.lock

clean: ## remove the environment, caches and local state
	rm -rf $(VENV) $(CREDENCE_HOME) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
