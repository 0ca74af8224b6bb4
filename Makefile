# Every target sets up what it needs in .venv. `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# The first Python that is new enough and can make virtual environments. Choose another with: make PYTHON=/path/to/python3
CANDIDATES := python3 python3.13 python3.12 python3.11
USABLE     := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON     ?= $(shell for p in $(CANDIDATES); do $$p -c '$(USABLE)' >/dev/null 2>&1 && echo $$p && break; done)

BIN         := .venv/bin
CONFORMANCE := build/conformance
DRAIN       := spec/*/*.drain tests/specs/good/*.drain tools/authoring/*.drain

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Set up .venv (the other targets do it themselves)
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
	    echo "make: found no Python 3.11 or newer with venv and ensurepip (on Debian: apt install python3-venv); set PYTHON=..." >&2; exit 1; \
	elif ! "$$python" -c '' >/dev/null 2>&1; then \
	    echo "make: $$python does not run; set PYTHON to Python 3.11 or newer" >&2; exit 1; \
	elif ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	    echo "make: $$("$$python" --version 2>&1) is too old; set PYTHON to Python 3.11 or newer" >&2; exit 1; \
	elif ! "$$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	    echo "make: $$python cannot make virtual environments (on Debian: apt install python3-venv)" >&2; exit 1; \
	fi; \
	exec "$$python" .ci/environment.py

.PHONY: check-spec
check-spec: setup ## Check every variant, and that docs/review.md says what was found
	@$(BIN)/pcpdrain check
	@$(BIN)/pcpdrain review --check
	@$(BIN)/pcpdrain engines install apalache --attempt
	@$(BIN)/pcpdrain check --engine apalache --if-installed --scope solo_one_zone --property drain_complete --bound 1

.PHONY: report
report: setup ## Check every variant, and write the report: build/report/index.html
	@$(BIN)/pcpdrain check
	@$(BIN)/pcpdrain report

.PHONY: docs
docs: setup ## Check every variant, and write docs/review.md and docs/benchmarks.md again (measures nothing)
	@$(BIN)/pcpdrain check
	@$(BIN)/pcpdrain review
	@$(BIN)/pcpdrain bench --render

.PHONY: picture
picture: setup ## Make docs/report.png again (needs a Chromium)
	@$(BIN)/python -m pcpdrain.tools.pages.picture

.PHONY: test
test: setup ## Run all tests, tiny generated conformance suites of every variant included
	@$(BIN)/pcpdrain conformance --size tiny --out $(CONFORMANCE)/tiny
	@$(BIN)/pytest -n auto --dist worksteal -m "not exhaustive" tests $(CONFORMANCE)/tiny

.PHONY: conformance
conformance: setup ## Generate and run the large conformance suites, too
	@$(BIN)/pcpdrain conformance --size tiny --out $(CONFORMANCE)/tiny
	@$(BIN)/pcpdrain conformance --size large --out $(CONFORMANCE)/large
	@$(BIN)/pytest -n auto --dist worksteal $(CONFORMANCE)/tiny $(CONFORMANCE)/large

.PHONY: test-exhaustive
test-exhaustive: setup ## Run the tests that repeat what `make test` shows on more inputs
	@$(BIN)/pytest -n auto --dist worksteal -m exhaustive tests

# The programs of another night: make fuzz SEED=7
PROGRAMS := 1000
SEED     := 0
.PHONY: fuzz
fuzz: setup ## Compare what all backends make of a thousand random programs
	@$(BIN)/pytest -n auto tests/codegen/test_backends_random.py -k same_graph --programs $(PROGRAMS) --seed $(SEED)

.PHONY: scorecard
scorecard: setup ## Measure how strong the suites are, and write SCORECARD.md
	@$(BIN)/pcpdrain scorecard --out SCORECARD.md

.PHONY: bars
bars: setup ## Measure the tiny suites; fails when a number is below its bar
	@$(BIN)/pcpdrain scorecard --size tiny --no-cache

# How long one measurement may take, in seconds: make bench LIMIT=60
LIMIT := 600
.PHONY: bench
bench: setup ## Measure the explorer beside other model checkers, and write docs/benchmarks.md
	@$(BIN)/pcpdrain simulate --growth docs/benchmarks-drains.json
	@$(BIN)/pcpdrain bench --limit $(LIMIT)

.PHONY: numbers
numbers: setup ## Simulate the figures of the changelog anew, and write docs/numbers.md
	@$(BIN)/pcpdrain simulate --page docs/numbers.md

.PHONY: versions
versions: setup ## Compare the suites that Python 3.11 to 3.13 generate, where they are here
	@$(BIN)/python .ci/versions.py

.PHONY: lint
lint: setup ## Check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pcpdrain fmt --check $(DRAIN)

.PHONY: types
types: setup ## Check types
	@out=$$($(BIN)/mypy 2>&1); code=$$?; printf '%s\n' "$$out" | sed 's,^\.venv/links/pcpdrain/,,'; exit $$code

.PHONY: fmt
fmt: setup ## Format Python and .drain files, and fix what can be fixed
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/pcpdrain fmt $(DRAIN)

.PHONY: clean
clean: ## Remove what was generated; .venv stays
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +
