# Requires Python 3.11 or later and make. The first target that needs more installs it into .venv, from
# requirements/dev.txt.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
# Generated clients have an environment of their own, because they need other versions than the project.
CLIENTS := .venv/clients
# So have clients and servers of other authors.
COUNTERPARTS := .venv/counterparts
# And the generator of the documentation site.
DOCS := .venv/docs
SITE := src/letmepost/http/docs/built/index.html
# Each worker of pytest starts its own PostgreSQL and Valkey. One worker more than cores, because tests also wait.
PYTEST_ARGS ?= -n $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)') --dist worksteal

# uv installs in seconds what takes pip a minute. It does not read pip's settings, so the index is passed to it.
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(PIP) config list | \
	sed -nE "s/^(global|:env:)\.index-url='(.*)'/\2/p" | head -n 1)}" $(BIN)/uv --quiet pip
COMPILE := $(UV) compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

# Check that a program is installed. As root on Debian, install it if it is missing; otherwise print its name and stop.
need = command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	echo "Installing $(2)…" && apt-get -qq update && \
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $(2) >/dev/null; } || \
	{ echo "This target needs $(1). Install $(2), then run it again."; exit 1; }

# Let Python cache its bytecode. Otherwise every process that the tests and `letmepost dev` start compiles for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install dev test test-slow test-all test-counterparts test-pds test-browser test-clients test-first-run \
	test-image faults faults-short faults-video bench docs lint format openapi env-example requirements secrets clean

# The port of the API that `make dev` starts; 0 selects a free one.
PORT ?= 8080

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## Create .venv with this package and its dependencies

dev: install $(SITE)  ## Run the whole service on this machine until Ctrl-C (PORT=8081 to choose the port)
	@$(BIN)/letmepost dev --port $(PORT)

test: install  ## Run the tests (PYTEST_ARGS='-n 0 -x tests/domain' to select some)
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_ARGS)

test-slow: install  ## Run the tests that take seconds each: whole deployments, servers, migrations
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

test-all: test test-slow test-processes test-counterparts test-browser test-clients test-first-run test-image faults-short  ## Run every test; as root on Debian, install Node and Chromium

test-processes: install  ## Run the tests that start whole commands, and the commands of the documentation
	$(BIN)/python -m pytest $(PYTEST_ARGS) tests/processes

# A package that is missing from the environment skips its tests: the summary names it.
test-counterparts: test-pds $(COUNTERPARTS)/installed  ## Publish to servers of other authors, and with their clients (requires npm)
	$(BIN)/python -m pytest -r s tests/counterparts

test-pds: install  ## Run the tests against a real Bluesky server (requires npm)
	@$(call need,node,nodejs)
	@$(call need,npm,npm)
	$(BIN)/python -m pytest tests/pds

test-browser: docs  ## Test the pages with Chromium, and save screenshots (requires npm)
	@$(call need,chromium,chromium)
	@$(call need,node,nodejs)
	@$(call need,npm,npm)
	$(BIN)/python -m pytest -s tests/browser

test-clients: install $(CLIENTS)/installed  ## Lint the OpenAPI description, test the clients, and run the documentation's programs (requires Node)
	@$(call need,node,nodejs)
	@$(call need,npm,npm)
	$(BIN)/python -m pytest -v -r s tests/clients

test-first-run: install  ## Follow README and quickstart in a clean copy, and print how long it takes (requires a package index)
	$(BIN)/python -m pytest -s tests/first_run

test-image: install  ## Run the steps of the Dockerfile and docker-compose.yml as processes (requires a package index)
	$(BIN)/python -m pytest tests/image

faults: install  ## Inject faults for 20 minutes, and count lost and repeated posts (FAULTS='--seed 1' to select)
	$(BIN)/python -m tests.faults $(FAULTS)

faults-short: install  ## Inject a few faults of each kind, and count lost and repeated posts
	$(BIN)/python -m tests.faults --short $(FAULTS)

faults-video: install  ## Kill workers while they upload videos, for an hour, and compare the bytes (FAULTS='--seed 1' to select)
	$(BIN)/python -m tests.faults.videos $(FAULTS)

bench: install  ## Run the benchmarks, and print ratios to what this machine can do
	$(BIN)/python -m tests.benchmarks.http_client
	$(BIN)/python -m tests.benchmarks.emulator_start
	$(BIN)/python -m tests.benchmarks.at_rest
	$(BIN)/python -m tests.benchmarks.cpu
	$(BIN)/python -m tests.benchmarks.accept
	$(BIN)/python -m tests.benchmarks.blocking
	$(BIN)/python -m tests.benchmarks.upload_memory
	$(BIN)/python -m tests.benchmarks.video_uploads
	$(BIN)/python -m tests.benchmarks.many_waiting 1000000
	$(BIN)/python -m tests.benchmarks.due_at_once 2000 1
	$(BIN)/python -m tests.benchmarks.due_at_once 2000 2

# `make dev` needs a site, even if it is not the newest.
$(SITE):
	@$(MAKE) --no-print-directory docs

docs: install $(DOCS)/installed  ## Build the documentation site that the API serves below /docs
	$(BIN)/python -m letmepost.http.docs.build . $(DOCS)

lint: install  ## Check style, types and imports; list long files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.lint.words
	@find src clients/python/src -name '*.py' -exec wc -l {} + | \
		awk '$$1 > 250 && $$2 != "total" { print "long file, consider splitting it: " $$2 " (" $$1 " lines)" }'

format: install  ## Format the code, and apply automatic fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

openapi: install  ## Regenerate openapi/openapi.json
	$(BIN)/letmepost openapi

env-example: install  ## Regenerate .env.example and docker-compose.platforms.yml
	$(BIN)/letmepost env-example

requirements: install  ## Regenerate requirements/*.txt from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) --group install --output-file requirements/uv.txt
	$(COMPILE) pyproject.toml clients/python/pyproject.toml --extra mcp --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml clients/python/pyproject.toml --extra mcp --extra dev-servers --group dev --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt
	$(COMPILE) --group clients --output-file requirements/clients.txt
	$(COMPILE) --group counterparts --output-file requirements/counterparts.txt
	$(COMPILE) --group docs --output-file requirements/docs.txt

# A secret that becomes part of a URL has only letters, digits, - and _. Existing values are kept: a secret is added if
# its name is missing or has no value. The file is replaced in one step.
secrets:  ## Write random secrets for docker compose to .env; keep existing ones
	@umask 077; touch .env; $(PYTHON) -c 'import base64 as b, re, secrets as s; \
		old = open(".env").read(); \
		old += "\n" if old and not old.endswith("\n") else ""; \
		made = {name: s.token_urlsafe(32) for name in ("POSTGRES_PASSWORD", "LETMEPOST_API_DATABASE_PASSWORD", \
			"LETMEPOST_WORKER_DATABASE_PASSWORD", "LETMEPOST_OPERATOR_TOKEN", "LETMEPOST_SANDBOX_TOKEN", \
			"LETMEPOST_SANDBOX_LINK_KEY")}; \
		made["LETMEPOST_KEYS"] = f"k1:{b.b64encode(s.token_bytes(32)).decode()}"; \
		missing = [name for name in made if not re.search(rf"^{name}=[ \t]*[^\s]", old, re.M)]; \
		names = "|".join(missing); \
		old = re.sub(rf"^(?:{names})=[ \t]*\n", "", old, flags=re.M) if names else old; \
		open(".env.new", "w").write(old + "".join(f"{name}={made[name]}\n" for name in missing)); \
		print("Added to .env:", ", ".join(missing) or "nothing, because every secret has a value.")'
	@mv .env.new .env
	@echo "Keep a copy of .env in a safe place: without LETMEPOST_KEYS, stored credentials cannot be decrypted."

clean:  ## Remove .venv and caches, but not .letmepost, which contains data
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find clients src tests migrations -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(INSTALLED): requirements/dev.txt requirements/uv.txt pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is required. Choose another: make PYTHON=/path/to/python3")'
	@echo "Installing into .venv…"
	@$(PYTHON) -m venv .venv
	@$(PIP) --quiet install --no-deps --require-hashes -r requirements/uv.txt
	@$(UV) sync --python $(BIN)/python --require-hashes requirements/dev.txt || \
		$(PIP) --quiet install --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/uv --quiet pip install --python $(BIN)/python --no-deps --no-build-isolation \
		--editable clients/python --editable .
	@$(BIN)/python -c 'import letmepost.bootstrap.api, letmepost.bootstrap.sandbox, letmepost.bootstrap.worker, \
		letmepost.cli.dev, letmepost.storage.migrating, letmepost_client; letmepost.platforms.discover()'
	@touch $@

# Environments of their own: .venv/NAME has the packages of requirements/NAME.txt.
$(CLIENTS)/installed $(COUNTERPARTS)/installed $(DOCS)/installed: .venv/%/installed: requirements/%.txt | $(INSTALLED)
	@echo "Installing into $(@D)…"
	@$(PYTHON) -m venv $(@D)
	@$(UV) sync --python $(@D)/bin/python --require-hashes $< || \
		$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@touch $@
