# Trailwatch: what a developer or a curious user does. `make help` lists it.
# Python: the newest installed one from 3.11 to 3.14, unless PYTHON names another.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell scripts/find-python.sh 3.11 3.14)
VENV := .venv
SANDBOX_VENV := .venv-sandbox
IMPORTER_VENV := .venv-importer
BENCH_VENV := .venv-bench
OLDEST_VENV := .venv-oldest
# The oldest release that has amazon.aws 10.1, 10.1.1: nothing that PyPI has brings 10.1.0.
OLDEST_ANSIBLE := 12.0.0
INVENTORY ?= accounts.ini
# Tests that break runs off after a few of their writes, or after each (make sweep).
SWEPT := $(addprefix tests/integration/,test_broken_off.py test_grouping_broken_off.py)
# Integration tests that are left to the night, so that make test stays below 25 minutes on two processors.
NIGHTLY := $(addprefix tests/integration/,test_faults.py test_grouping_broken_off.py test_second_opinion.py test_slices.py)
WORKFLOWS := $(addprefix examples/github/,plan.yml deploy.yml drift.yml)
COLLECTIONS := $(VENV)/collections/ansible_collections/trailwatch

# Our tools first, and nothing of the user's own Ansible.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export SANDBOX_PYTHON := $(CURDIR)/$(SANDBOX_VENV)/bin/python

.PHONY: help setup demo preview test lint unit page sanity docs integration molecule artifact nightly \
    oldest mutants update site links bench soak sweep catalogue costs permissions variables screenshots release clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.run ## Prepare .venv/ with Ansible, ready for ansible-playbook

demo: $(VENV)/.run $(SANDBOX_VENV)/.ready ## Try it all on a local AWS: deploy, alert, tear down (KEEP=1 leaves it up)
	@$(VENV)/bin/python -m sandbox.demo $(if $(KEEP),--keep)

preview: $(VENV)/.run ## Show the mail of a record, or count those of a folder of log files (RECORD=path)
	@test -n "$(RECORD)" || { echo "Say which: make preview RECORD=record.json, or a folder of log files" >&2; exit 2; }
	@$(VENV)/bin/ansible-playbook playbooks/preview.yml -i $(INVENTORY) -e '{"iam_alerting_preview": "$(RECORD)"}' \
	    $(if $(HOST),-e iam_alerting_preview_host=$(HOST))

test: ## Run every check, integration tests last
	@$(MAKE) --no-print-directory --jobs=3 --output-sync unit oldest sanity lint docs page
	@$(MAKE) --no-print-directory integration
	@$(MAKE) --no-print-directory --jobs=2 --output-sync molecule artifact
	@echo "All checks passed."

lint: $(VENV)/.test ## Format and lint: ruff, mypy, yamllint, ansible-lint, cfn-lint, zizmor
	ruff format --check .
	ruff check .
	scripts/mypy.sh
	yamllint --strict .
	scripts/ansible-lint.sh
	cfn-lint --include-checks I -- files/deployer/role.yml examples/github/oidc-roles.yml
	zizmor --offline --no-progress --quiet --persona pedantic $(WORKFLOWS)
	check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*))
	check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci examples/gitlab/.gitlab-ci.yml

unit: $(VENV)/.test ## Unit tests, and that they cover 95 % of lines and branches
	pytest -n 2 --cov --cov-report=term tests/unit

page: $(VENV)/.test ## The status page in a headless Chromium, if there is one
	pytest tests/page

sanity: $(VENV)/.test ## ansible-test sanity
	scripts/sanity.sh

integration: $(VENV)/.test $(SANDBOX_VENV)/.ready ## Real playbook runs against the sandbox
	pytest -n 4 --dist loadfile --no-loadscope-reorder --durations=15 tests/sandbox tests/integration \
	    $(NIGHTLY:%=--ignore %)

sweep: $(VENV)/.test $(SANDBOX_VENV)/.ready ## Break deploy, teardown and grouping off after each write (integration: a few)
	SWEEP_EVERY=1 pytest -n 2 --dist loadfile $(SWEPT)

oldest: $(OLDEST_VENV)/.ready $(SANDBOX_VENV)/.ready ## Unit tests, sanity, a hub with a member and some integration tests, on the oldest versions that are admitted
	scripts/oldest.sh

mutants: $(VENV)/.test ## Change the code in small ways, and see that a test notices each (a quarter of an hour)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-mutants.txt
	scripts/mutants.sh

nightly: sweep $(OLDEST_VENV)/.ready ## What takes too long for each change: also failing calls, slices, moto, all on the oldest
	pytest -n 2 --dist loadfile $(filter-out $(SWEPT),$(NIGHTLY))
	scripts/oldest.sh integration

molecule: $(VENV)/.test $(SANDBOX_VENV)/.ready ## The role's molecule scenarios
	scripts/molecule.sh

artifact: $(VENV)/.test $(IMPORTER_VENV)/.ready $(SANDBOX_VENV)/.ready ## Build, install elsewhere, run; Galaxy's importer
	scripts/artifact.sh

docs: $(VENV)/.test ## Lint documentation and changelog, build the site
	scripts/docs.sh
	scripts/site.sh

site: $(VENV)/.test ## Build the documentation as a site: build/site/index.html
	scripts/site.sh

links: $(VENV)/.test ## Visit the documentation's links to other sites (asks the network; no test does)
	scripts/site.sh linkcheck

update: $(VENV)/.test ## Write constraints/ anew: the newest versions of all that the environments have
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	scripts/update.sh

catalogue: $(VENV)/.run ## Write docs/catalogue.md anew from files/catalogue.yml
	PYTHONPATH=$(VENV)/collections $(VENV)/bin/python scripts/catalogue_page.py > docs/catalogue.md

costs: $(VENV)/.run ## Print what the alerting costs on AWS, and write docs/costs.md anew from scripts/costs/
	@PYTHONPATH=$(VENV)/collections:. $(VENV)/bin/python -m scripts.costs

permissions: $(VENV)/.run ## Write files/deployer/ and docs/deployer-policy.md anew from files/permissions.yml
	PYTHONPATH=$(VENV)/collections $(VENV)/bin/python scripts/deployer_policy.py

variables: $(VENV)/.run ## Write docs/variables.md anew from the role's argument specs
	$(VENV)/bin/python scripts/variables_page.py > docs/variables.md

screenshots: $(VENV)/.test ## Take the pictures of the status page and of a mail in docs/ anew
	PYTHONPATH=$(VENV)/collections:. $(VENV)/bin/python scripts/screenshots.py

bench: $(VENV)/.run $(SANDBOX_VENV)/.ready $(BENCH_VENV)/.ready ## Measure beside plain tasks and plain boto3 (N="1 10 100")
	@$(VENV)/bin/python -m benchmarks --accounts "$(or $(N),1 10 100)" $(BENCH)

soak: $(VENV)/.test $(SANDBOX_VENV)/.ready ## A storm, and each AWS call failed once (SOAK="storm --events 500", SOAK="faults --every 8")
	@$(VENV)/bin/python -m soak $(SOAK)

release: $(VENV)/.test $(IMPORTER_VENV)/.ready ## Version, changelog, artifact, bill of materials, commit and tag (VERSION=0.2.0)
	@scripts/release.sh "$(VERSION)"

clean: ## Remove all that these targets made
	rm -rf $(VENV) $(SANDBOX_VENV) $(IMPORTER_VENV) $(BENCH_VENV) $(OLDEST_VENV) .cache .ansible build

# --- environments ----------------------------------------------------------------------------------------------------
$(VENV)/.run: requirements.txt requirements-run.txt constraints/checks.txt
	@python=$(PYTHON); test -n "$$python" || exit 1; \
	echo "Setting up $(VENV) with $$($$python --version): Ansible from PyPI, about a minute ..."; \
	$$python -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints/checks.txt -r requirements-run.txt
	@# The clone is the collection: Ansible finds it under its name.
	@mkdir -p $(COLLECTIONS) && ln -sfn ../../../.. $(COLLECTIONS)/aws
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-test.txt requirements-pytest.txt
	@echo "Setting up the tools of the checks, about a minute ..."
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-run.txt -r requirements-test.txt
	@touch $@

$(OLDEST_VENV)/.ready: requirements-oldest.txt requirements-pytest.txt constraints/oldest.txt
	@python=$$(scripts/find-python.sh 3.11 3.11); test -n "$$python" || exit 1; \
	echo "Setting up $(OLDEST_VENV) with the oldest versions, about a minute ..."; $$python -m venv $(OLDEST_VENV)
	@$(OLDEST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-oldest.txt
	@$(OLDEST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps ansible==$(OLDEST_ANSIBLE)
	@touch $@

$(SANDBOX_VENV)/.ready: requirements-sandbox.txt constraints/sandbox.txt
	@python=$(PYTHON); test -n "$$python" || exit 1; \
	echo "Setting up $(SANDBOX_VENV) for the local AWS ..."; $$python -m venv $(SANDBOX_VENV)
	@$(SANDBOX_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-sandbox.txt
	@touch $@

$(IMPORTER_VENV)/.ready: requirements-importer.txt requirements-run.txt constraints/importer.txt
	@python=$(PYTHON); test -n "$$python" || exit 1; \
	echo "Setting up $(IMPORTER_VENV) for galaxy-importer, about a minute ..."; $$python -m venv $(IMPORTER_VENV)
	@$(IMPORTER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-importer.txt
	@touch $@

$(BENCH_VENV)/.ready: requirements-bench.txt constraints/bench.txt
	@python=$(PYTHON); test -n "$$python" || exit 1; \
	echo "Setting up $(BENCH_VENV) for plot and profile ..."; $$python -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@
