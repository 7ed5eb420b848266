# Needs python3 (3.11 or newer) and make; everything else goes into .venv.
#   make demo   answers five questions from the starter knowledge base
#   make test   ruff, mypy and pytest
#   make bench  prints how fast it is on this machine
#   make bench-large  the same for questions to 300,000 passages and 1,000,000 facts
#   make bench-claims  what checking a claim costs, and how long the first one waits
#   make soak   kills an ingest at 50 random moments and checks what is left
#   make clean  removes what the others made

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test bench bench-large bench-claims soak clean

demo: $(VENV)/.demo
	@PYTHONUTF8=1 $(RUN) examples/demo.py

test: $(VENV)/.test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy --strict medrag examples ingest
	$(RUN) -m pytest -q

bench: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.bench

bench-large: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.bench --passages 300000 --facts 1000000

bench-claims: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.claims

soak: $(VENV)/.test
	@MEDRAG_KILLS=50 $(RUN) -m pytest -q -s tests/contracts/test_kill.py

clean:
	rm -rf $(VENV) demo.kb build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# One venv serves all targets: what the tests need holds what the demo needs, and a demo's venv is added to.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("medrag needs Python 3.11 or newer, this is " + sys.version.split()[0] + \
	  ": run make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	@echo "Installing medrag[cpu] into $(VENV) ..."
	@$(INSTALL) --editable '.[cpu]'
	@touch $@

# torch comes first and pinned, so that the extra "models" does not bring another, larger build of it.
$(VENV)/.test: $(VENV)/.made pyproject.toml
	@echo "Installing medrag[cpu,documents,evaluate,http,models,dev] into $(VENV) ..."
	@$(INSTALL) torch==2.13.0
	@$(INSTALL) --editable '.[cpu,documents,evaluate,http,models,dev]'
	@touch $(VENV)/.demo $@
