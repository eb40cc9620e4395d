# Needs Python 3.11 or later and make, nothing else. Everything else is put into .venv by the first target that
# needs it, from requirements/dev.txt.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
# Each worker starts a PostgreSQL and a Valkey of its own. One more than cores: tests wait as well as work.
PYTEST_ARGS ?= -n $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)') --dist worksteal

# uv does in seconds what takes pip a minute, but does not read pip's settings: it is told the index they name.
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(PIP) config list | \
	sed -nE "s/^(global|:env:)\.index-url='(.*)'/\2/p" | head -n 1)}" $(BIN)/uv --quiet pip
COMPILE := $(UV) compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

# Install a program that a test needs, if it is missing and this is Debian and root; otherwise name it and stop.
need = command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	echo "Installing $(2)…" && apt-get -qq update && \
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $(2) >/dev/null; } || \
	{ echo "This target needs $(1). Install $(2), then run it again."; exit 1; }

# Compiled once, not by each of the processes that the tests and `letmepost dev` start: that takes seconds every time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install dev test test-all test-pds test-browser faults faults-short bench lint format openapi env-example requirements secrets clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## Make .venv, with this package and everything it needs

dev: install  ## Run the whole service on this machine until Ctrl-C
	@$(BIN)/letmepost dev

test: install  ## Run the tests (PYTEST_ARGS='-n 0 -x tests/domain' to choose)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-all: test test-pds test-browser faults-short  ## Run every test; installs Node and Chromium on Debian as root

test-pds: install  ## Run the tests against a real Bluesky server (needs Node)
	@$(call need,node,nodejs)
	@$(call need,npm,npm)
	$(BIN)/python -m pytest tests/pds

test-browser: install  ## Run the tests that look at the pages with Chromium, and keep screenshots
	@$(call need,chromium,chromium)
	$(BIN)/python -m pytest -s tests/browser

faults: install  ## Break everything for 20 minutes, and count what was lost or doubled (FAULTS='--seed 1' to choose)
	$(BIN)/python -m tests.faults $(FAULTS)

faults-short: install  ## Break a little of everything, and count what was lost or doubled
	$(BIN)/python -m tests.faults --short $(FAULTS)

bench: install  ## Measure, and print ratios to what this machine can do
	$(BIN)/python -m tests.benchmarks.http_client
	$(BIN)/python -m tests.benchmarks.at_rest
	$(BIN)/python -m tests.benchmarks.cpu
	$(BIN)/python -m tests.benchmarks.accept
	$(BIN)/python -m tests.benchmarks.blocking
	$(BIN)/python -m tests.benchmarks.many_waiting 1000000
	$(BIN)/python -m tests.benchmarks.due_at_once 2000 1
	$(BIN)/python -m tests.benchmarks.due_at_once 2000 2

lint: install  ## Check style, types and the direction of imports; report long files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@find src -name '*.py' -exec wc -l {} + | \
		awk '$$1 > 250 && $$2 != "total" { print "long, could it be two nouns? " $$1 " lines: " $$2 }'

format: install  ## Format, and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

openapi: install  ## Write openapi/*.json anew
	$(BIN)/letmepost openapi

env-example: install  ## Write .env.example anew
	$(BIN)/letmepost env-example

requirements: install  ## Compile requirements/*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) --group install --output-file requirements/uv.txt
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra dev-servers --group dev --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt

# Letters, digits, - and _ alone where a secret becomes part of a URL. The file is replaced as a whole, and what it says
# stays: a secret is added where its name is missing.
secrets:  ## Write .env with random secrets for docker compose; keep those that are there
	@umask 077; touch .env; $(PYTHON) -c 'import base64 as b, re, secrets as s; \
		old = open(".env").read(); \
		old += "\n" if old and not old.endswith("\n") else ""; \
		made = {name: s.token_urlsafe(32) for name in ("POSTGRES_PASSWORD", "LETMEPOST_API_DATABASE_PASSWORD", \
			"LETMEPOST_WORKER_DATABASE_PASSWORD", "LETMEPOST_OPERATOR_TOKEN", "LETMEPOST_SANDBOX_TOKEN")}; \
		made["LETMEPOST_KEYS"] = f"k1:{b.b64encode(s.token_bytes(32)).decode()}"; \
		missing = [name for name in made if not re.search(f"^{name}=", old, re.M)]; \
		open(".env.new", "w").write(old + "".join(f"{name}={made[name]}\n" for name in missing)); \
		print("Added to .env:", ", ".join(missing) or "nothing. Every secret is there.")'
	@mv .env.new .env
	@echo "Keep a copy of .env elsewhere: without LETMEPOST_KEYS no stored credential can be opened."

clean:  ## Remove .venv and caches; .letmepost, which holds data, stays
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests migrations -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(INSTALLED): requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=…")'
	@echo "Installing into .venv…"
	@$(PYTHON) -m venv .venv
	@$(PIP) --quiet install --no-deps --require-hashes -r requirements/uv.txt
	@$(UV) sync --python $(BIN)/python --require-hashes requirements/dev.txt || \
		$(PIP) --quiet install --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/uv --quiet pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import letmepost.bootstrap.api, letmepost.bootstrap.sandbox, letmepost.bootstrap.worker, \
		letmepost.cli.dev, letmepost.storage.migrating; letmepost.platforms.discover()'
	@touch $@
