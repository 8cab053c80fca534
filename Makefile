# What one does with this project, by name; `make` alone lists it.
# Environments are made on first use: .venv for everything, .venv-ministack, .venv-sam and the like for the tools that want their own.

PORT ?= 8000
ENGINE ?= moto
PYTHON ?= python3.13 python3.12 python3.11 python3
PYTHON313 ?= python3.13 python3 $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.13.*/bin/python3)

ARCHITECTURE ?= arm64
SAM_CLI = PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} sam

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test lint types imports template pytest engine e2e soak reliability bench browser verifiers build checkov

READY := .venv/.ready
MINISTACK := .venv-ministack/.ready
SAM := .venv-sam/.ready
VERIFIERS := .venv-verifiers/.ready
CHECKOV := .venv-checkov/.ready
BENCH := .venv-bench/.ready
BIN := .venv/bin
PIP_INSTALL := -m pip install --disable-pip-version-check --no-input

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) $(if $(filter ministack,$(ENGINE)),$(MINISTACK)) ## serve everything on this machine, with the sample (PORT=8000, ENGINE=moto or ministack)
	@$(BIN)/python -m infra.local run --port $(PORT) --engine $(ENGINE)

demo: $(READY) $(if $(filter ministack,$(ENGINE)),$(MINISTACK)) ## play the whole journey in the terminal; PDFs and credentials go to build/demo (ENGINE=)
	@$(BIN)/python -m infra.local demo --engine $(ENGINE)

test: lint types imports template pytest ## every check that needs no engine but moto

lint: $(READY) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

imports: $(READY) ## which package may import which
	$(BIN)/lint-imports

template: $(READY) ## cfn-lint
	$(BIN)/cfn-lint template.yaml

pytest: $(READY) ## unit, contract, integration and flow tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --figures-of "make test"

engine: $(READY) $(MINISTACK) ## concurrency, on an engine whose conditional writes are real (needs Python 3.13)
	$(BIN)/python -m pytest --figures-of "make engine" tests/engine

e2e: $(READY) $(MINISTACK) $(SAM) verifiers ## build and deploy template.yaml to an AWS emulator, and play the journey there; the verifiers too (needs Python 3.13)
	$(SAM_CLI) build --cached --parallel --build-dir .aws-sam/e2e --parameter-overrides Architecture=x86_64
	$(BIN)/python -m pytest tests/e2e

soak: $(READY) ## long explorations: every call of the journey disturbed in every way, every operation asked in many
	$(BIN)/python -m pytest -n auto --dist load --soak -m soak --figures-of "make soak" tests/flow

reliability: $(READY) ## what the last make test, engine and soak have tried, and what of it held, as a table
	@$(BIN)/python -m tests.support.reliability

bench: $(READY) $(BENCH) $(MINISTACK) ## the figures of docs/performance.md, beside their floors; also in build/bench.json (FAST=1: in a minute)
	@.venv-bench/bin/python -m tests.bench $(if $(FAST),--fast)

browser: $(READY) ## the verification page in a real browser (needs Chromium and chromedriver); pictures in build/browser
	$(BIN)/python -m pytest tests/browser

verifiers: demo $(VERIFIERS) ## verify what the demo left, offline, with libraries of others (needs Node.js 20 or newer and npm)
	@cp tests/verifiers/verify.mjs .venv-verifiers/
	node .venv-verifiers/verify.mjs build/demo
	.venv-verifiers/bin/python tests/verifiers/verify_jwt.py build/demo

build: $(SAM) ## sam validate --lint and sam build: what is deployed, in .aws-sam (ARCHITECTURE=arm64 or x86_64)
	$(SAM_CLI) validate --lint
	$(SAM_CLI) build --cached --parallel --parameter-overrides Architecture=$(ARCHITECTURE)
	@# Compiled here: a function's own disk can't be written to, so every cold start would compile it all anew.
	.venv-sam/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .aws-sam/build

checkov: $(CHECKOV) ## what checkov thinks of the template; which of its checks do not apply, and why, is in .checkov.yaml
	.venv-checkov/bin/checkov --config-file .checkov.yaml

# A Python is found when it runs: a version manager's shim may be on the PATH and fail.
# $(call find,CANDIDATES,CONDITION on sys.version_info[:2],what is missing) leaves the first that fits in $$python.
define find
python=; for each in $(1); do \
	if "$$each" -c 'import ensurepip, sys, venv; sys.exit(not ($(2)))' >/dev/null 2>&1; then python="$$each"; break; fi; \
done; \
if [ -z "$$python" ]; then echo "error: $(3)" >&2; exit 1; fi
endef

$(READY): requirements-dev.txt pyproject.toml
	@$(call find,$(PYTHON),(3$(,) 11) <= sys.version_info[:2] <= (3$(,) 13),no Python 3.11 to 3.13 with venv was found; install one or say where it is: make PYTHON=/path/to/python3); \
	if ! $(BIN)/python -c '' 2>/dev/null; then \
		echo "Setting up .venv with $$("$$python" --version) (first start only, about a minute)..."; \
		"$$python" -m venv --clear .venv; \
	else echo "Bringing .venv up to date..."; fi
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps -e .
	@touch $@

$(MINISTACK): Makefile
	@$(call find,$(PYTHON313),sys.version_info[:2] == (3$(,) 13),the engine ministack needs Python 3.13 and none was found; say where it is: make PYTHON313=/path/to/python3.13$(,) or take ENGINE=moto); \
	echo "Setting up .venv-ministack (first start only, half a minute)..."; \
	"$$python" -m venv --clear .venv-ministack
	@.venv-ministack/bin/python $(PIP_INSTALL) ministack==1.5.33 cryptography aws-sam-translator==1.115.0
	@touch $@

$(SAM):
	@$(call find,$(PYTHON313),sys.version_info[:2] == (3$(,) 13),sam build needs Python 3.13$(,) the deployed runtime$(,) and none was found; say where it is: make PYTHON313=/path/to/python3.13); \
	echo "Setting up .venv-sam (first start only, about a minute)..."; \
	"$$python" -m venv --clear .venv-sam
	@.venv-sam/bin/python $(PIP_INSTALL) aws-sam-cli==1.170.0
	@touch $@

$(CHECKOV):
	@$(call find,$(PYTHON),(3$(,) 11) <= sys.version_info[:2] <= (3$(,) 13),no Python 3.11 to 3.13 with venv was found; say where it is: make PYTHON=/path/to/python3); \
	echo "Setting up .venv-checkov (first start only, about a minute)..."; \
	"$$python" -m venv --clear .venv-checkov
	@.venv-checkov/bin/python $(PIP_INSTALL) checkov==3.3.30
	@touch $@

# Its own tools, and all that .venv has.
$(BENCH): $(READY)
	@echo "Setting up .venv-bench (first start only)..."
	@$(BIN)/python -m venv --clear .venv-bench
	@.venv-bench/bin/python $(PIP_INSTALL) awslambdaric==4.2.2 pyinstrument==5.1.3
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$(.venv-bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/project.pth"
	@touch $@

# Node looks for libraries beside the script that asks for them.
$(VERIFIERS): tests/verifiers/package.json
	@$(call find,$(PYTHON),(3$(,) 11) <= sys.version_info[:2],no Python 3.11 or newer with venv was found; say where it is: make PYTHON=/path/to/python3); \
	if ! npm --version >/dev/null 2>&1; then echo "error: the verifiers need Node.js and npm; install them" >&2; exit 1; fi; \
	echo "Setting up .venv-verifiers (first start only, half a minute)..."; \
	"$$python" -m venv --clear .venv-verifiers
	@.venv-verifiers/bin/python $(PIP_INSTALL) openbadgeslib==4.6.3
	@cp tests/verifiers/package.json .venv-verifiers/
	@npm install --prefix .venv-verifiers --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

, := ,
