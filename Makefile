# The commands of a contributor.  `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

# Use the system's certificates, for networks where a proxy re-signs TLS connections.
export UV_SYSTEM_CERTS ?= 1
CA_BUNDLE := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt))
ifneq ($(CA_BUNDLE),)
export PIP_CERT ?= $(CA_BUNDLE)
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Python starts often here; without bytecode each start compiles Celery and Listgate again (5 s).
export UV_COMPILE_BYTECODE := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# A stamp file, newer than the lock file, makes a second run start at once.
$(VENV)/installed: requirements/development.txt pyproject.toml
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python --require-hashes -r requirements/development.txt && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install -q --require-hashes -r requirements/development.txt && \
	  $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

.PHONY: install
install: $(VENV)/installed ## install into .venv

.PHONY: demo
demo: install ## moderate three messages and push a list, with real servers
	@$(BIN)/python -m sandbox.demo

.PHONY: up
up: install ## run the demo stack until Ctrl-C, to try it in a browser
	@$(BIN)/python -m sandbox.up

.PHONY: test
test: install ## run the test suite, with real servers
	@$(BIN)/python -m pytest -n 3 --dist worksteal

# Debian's browser; elsewhere set CHROMIUM to the path of one.
CHROMIUM ?= /usr/bin/chromium
export CHROMIUM

$(VENV)/browser: requirements/browser.txt $(VENV)/installed
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/browser.txt
	@touch $@

.PHONY: chromium
chromium:
	@[ -x "$(CHROMIUM)" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } && \
	  [ -x "$(CHROMIUM)" ] || { \
	  echo "There is no browser at $(CHROMIUM). Install Debian's chromium, or name another one:" \
	    "make test-browser CHROMIUM=/path/to/chromium" >&2; exit 1; }

.PHONY: test-browser
test-browser: $(VENV)/browser chromium ## test the portal in Chromium, and check every page with axe
	@$(BIN)/python -m pytest tests/browser

.PHONY: test-install
test-install: install ## install as the runbook and the Dockerfile do, start every program, and try `make up` (minutes)
	@$(BIN)/python -m pytest tests/deploy/installed tests/clients/installed

FUZZ_REQUESTS ?= 5000
.PHONY: fuzz
fuzz: install ## send 5,000 hostile requests to the forms of the portal, 5,000 to the HTTP API (minutes)
	@seed=$${FUZZ_SEED:-$$(date +%s)} && echo "FUZZ_SEED=$$seed" && \
	  FUZZ_SEED=$$seed FUZZ_REQUESTS=$(FUZZ_REQUESTS) API_REQUESTS=$$(($(FUZZ_REQUESTS) * 11 / 10)) \
	  $(BIN)/python -m pytest -s tests/portal/fuzz tests/portal/api/test_contract.py

FAULTS_RECIPIENTS ?= 20000
.PHONY: faults
faults: install ## send to 20,000 people while workers and servers are killed (about 5 minutes)
	@seed=$${FAULTS_SEED:-$$(date +%s)} && echo "FAULTS_SEED=$$seed" && \
	  FAULTS_SEED=$$seed FAULTS_RECIPIENTS=$(FAULTS_RECIPIENTS) $(BIN)/python -m pytest tests/faults/test_fault_run.py

.PHONY: tour
tour: $(VENV)/browser chromium ## take the pictures of docs/tour.md again
	@TOUR=docs/tour $(BIN)/python -m pytest tests/browser/test_tour.py

.PHONY: bench
bench: install ## measure the speed that the README states (about 40 minutes)
	@$(BIN)/python -m benchmarks

.PHONY: bench-mailman
bench-mailman: install ## compare a sendout with GNU Mailman 3, which it downloads (about 10 minutes)
	@$(BIN)/python -m benchmarks mailman

.PHONY: sure
sure: format lint types imports migrations test ## run everything that CI checks

.PHONY: format
format: install ## check that every file is formatted (`make fix` formats)
	@$(BIN)/ruff format --check .

.PHONY: lint
lint: install
	@$(BIN)/ruff check .

.PHONY: types
types: install
	@$(BIN)/mypy

.PHONY: imports
imports: install ## check the order of layers and folders (import-linter)
	@$(BIN)/lint-imports --no-cache

.PHONY: migrations
migrations: install ## check that the migrations match the models
	@$(BIN)/python -m pytest tests/models/test_schema.py

.PHONY: fix
fix: install ## format, apply ruff's fixes, draw the generated pages
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .
	@SECRET_KEY=no-secret-is-drawn-into-any-page-of-ours MAILLISTS_ENABLED=false $(BIN)/python -m docs.draw

.PHONY: catalogs
catalogs: install ## update the catalogs with the sentences to translate
	@pot=$$(mktemp) && trap 'rm -f "$$pot"' EXIT && \
	refusals=$$(grep -rhoE '^class \w+\((Refusal|Invalid|Trespass|Unknown)\)' models notifications workflows portal | \
	  sed -E 's/^class (\w+).*/-k \1/') && \
	$(BIN)/pybabel -q extract -F pyproject.toml -k Refusal $$refusals -o "$$pot" --no-location --sort-output . && \
	for language in de fr; do \
	  $(BIN)/pybabel -q update -i "$$pot" -o notifications/catalogs/$$language.po -l $$language -w 100 \
	    --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date || exit; \
	done

.PHONY: lock
lock: install ## lock the newest versions that pyproject.toml allows (uv)
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra operations pyproject.toml -o requirements/production.txt
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra operations --group dev pyproject.toml -o requirements/development.txt
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra operations --group dev --group browser -c requirements/development.txt pyproject.toml \
	  -o requirements/browser.txt
