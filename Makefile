# The tasks of this repository. Bare `make` lists them; the logic is in tools/.
PYTHON ?= python3
# .python-version is for those who deploy: here python3 is the machine's, under pyenv too.
export PYENV_VERSION := $(or $(PYENV_VERSION),$(shell cd / && pyenv version-name 2>/dev/null))

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres test-sqlite test-browser test-forward storm bench bench-quick lint format translations types shell services clean

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up what is missing and serve with demo data (PORT=8000)
	@$(PYTHON) -m tools.run

test: ## Run every check and test (ARGS="-k name" goes to pytest)
	@$(PYTHON) -m tools.test

test-postgres: ## Run the main suite on PostgreSQL and Redis
	@$(PYTHON) -m tools.test postgres

test-sqlite: ## Run the main suite on SQLite and in memory
	@$(PYTHON) -m tools.test sqlite

test-browser: ## Run the browser tests
	@$(PYTHON) -m tools.test browser

test-forward: ## Run the main suite with the Django to come on Python 3.13, strictly
	@$(PYTHON) -m tools.forward

storm: ## Break everything for a minute and count what was lost (ARGS="--seed 1")
	@$(PYTHON) -m tools.environment -m storm $(ARGS)

bench: ## Measure Leadbell against its peer; takes an hour (ARGS="connects --runs 1")
	@$(PYTHON) -m tools.environment -m bench $(ARGS)

bench-quick: ## A first look at most of it, in three minutes
	@$(PYTHON) -m tools.environment -m bench --quick $(ARGS)

lint: ## Check style, import layers, settings and migrations
	@$(PYTHON) -m tools.test lint

format: ## Rewrite the code in the house style
	@$(PYTHON) -m tools.environment -m ruff check --fix-only --quiet .
	@$(PYTHON) -m tools.environment -m ruff format .

translations: ## Bring the catalogs in locale/ up to date; says what is not translated
	@$(PYTHON) -m tools.environment -m tools.translations

types: ## Write the types of the API for TypeScript
	@$(PYTHON) -m tools.environment -m tools.typescript

shell: ## Open a Django shell on the data of `make run`
	@$(PYTHON) -m tools.run shell

services: ## Start a private PostgreSQL and Redis until Ctrl-C
	@$(PYTHON) -m tools.services

clean: ## Remove the virtual environments and the caches, keep the data
	rm -rf .venv .venv-forward .cache .hypothesis .import_linter_cache .pytest_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
