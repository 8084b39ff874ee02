# `make demo` and `make test` need Python 3.11 or later with pip, make, git and gcc; everything else
# goes into .venv. Installing and downloading report their own time, apart from the pipeline's.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist loadfile
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

.DELETE_ON_ERROR:
.PHONY: demo test lint bench prove constraints clean

demo: $(VENV)/.installed
	@$(BIN)/llmops quickstart --workspace demo --json

test: $(VENV)/.installed-dev
	@$(BIN)/python labextension/hatch_build.py
	@$(BIN)/python -m tests.prefetch
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest tests/test_lint.py tests/test_layout.py

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.benchmarks

prove: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.proofs

# Writes down what .venv holds, once the suite has passed with it.
constraints:
	@{ sed '/^$$/q' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' | sort -f; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) demo build dist

# A stamp is older than pyproject.toml or constraints.txt when what they ask for has changed.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[dev])
	@touch $(VENV)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; run make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

define install
@echo "Installing $(1) into $(VENV): 0.6 to 0.8 GB to download and 3 GB on disk, the first time only."
@start=$$(date +%s); \
	$(PIP_INSTALL) -e '$(1)' && touch $@ && \
	echo "Installed in $$(( $$(date +%s) - start )) s, which no time below includes."
endef
