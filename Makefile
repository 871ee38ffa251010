# Two commands matter: `make demo` and `make test`. `make help` explains them all.
# Settings: PORT=8080, DATABASE_URL=…, REDIS_URL=…, S3_ENDPOINT=…, PYTHON=/path/to/python3, ARGS="…"

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo stop reset status logs manage test fuzz drills bench-org bench-messaging lint types format lock clean

help: ## Explain every target
	@printf '%s\n\n' 'make <target>   (同文 Tongwen)'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile \
	    | while IFS='|' read -r name text; do printf '  %-8s %s\n' "$$name" "$$text"; done
	@printf '\n%s\n' 'PORT, DATABASE_URL, REDIS_URL and S3_ENDPOINT are respected; docs/operations/running.md says how.'

demo: ## Bring up everything on this machine, print the address and the demo accounts, and return
	@bin/tongwen demo

stop: ## Stop the demo and its services; the data stays
	@bin/tongwen stop

reset: ## Stop the demo and delete its data (.local)
	@bin/tongwen reset

status: ## Tell what runs and whether the site is ready
	@bin/tongwen status

logs: ## Show the ends of the demo's logs, and follow them on a terminal
	@bin/tongwen logs

manage: ## Run a management command in the demo: make manage ARGS="check_org_tree"
	@bin/tongwen manage $(ARGS)

test: ## Run linters, types, contracts and all tests on services of their own; ARGS="tests/org -k x" for some
	@bin/tongwen test

fuzz: ## Send the whole API what nobody writes by hand: three fixed seeds against a site of its own
	@bin/tongwen fuzz

drills: ## Break a site of its own while people talk in it, and look up what was promised; ARGS="--quick"
	@bin/tongwen drills $(ARGS)

bench-org: ## Measure org at full size in the scratch database that DATABASE_URL names, targets beside
	@bin/bench-org

bench-messaging: ## Measure messaging beside C, the Channels tutorial, ejabberd, Prosody and Synapse, targets beside
	@bin/bench-messaging $(ARGS)

lint: ## Check the code's form and who imports whom
	@bin/tongwen lint

types: ## Check the types
	@bin/tongwen types

format: ## Bring the code into the house's form
	@bin/tongwen format

lock: ## Resolve the dependencies of pyproject.toml anew into requirements/*.lock
	@bin/lock

clean: stop ## Stop the demo and delete the Python environment and the tools' caches; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
