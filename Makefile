# Needs python3 (3.11 or newer) and make; everything else goes into .venv.
#   make demo   answers five questions from the starter knowledge base
#   make test   ruff, mypy and pytest
#   make bench  prints how fast it is on this machine
#   make bench-large  the same for questions to 300,000 passages and 1,000,000 facts
#   make bench-serve KB=labels.kb  how many questions the server answers in a second, and how many streams it holds
#   make soak-serve KB=labels.kb  asks the server for ten minutes while another process writes: no error, no mixed answer
#   make fuzz-server  sends the server thousands of requests that its description allows, or nearly
#   make bench-claims  what checking a claim costs, and how long the first one waits
#   make soak   kills an ingest at 50 random moments and checks what is left
#   make soak-access  asks in 10,000 random ways for documents that the one who asks may not see
#   make clean  removes what the others made

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test bench bench-large bench-claims bench-serve soak-serve fuzz-server soak soak-access clean

demo: $(VENV)/.demo
	@PYTHONUTF8=1 $(RUN) examples/demo.py

test: $(VENV)/.test $(VENV)/.browser
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy --strict medrag examples ingest
	$(RUN) -m pytest -q -n 2 --dist loadfile

bench: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.bench

bench-large: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.bench --passages 300000 --facts 1000000

bench-claims: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.claims

bench-serve: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.serve --kb $(KB)

MINUTES ?= 10
soak-serve: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.soak_serve --kb $(KB) --minutes $(MINUTES)

fuzz-server: $(VENV)/.test
	@MEDRAG_FUZZ=200 $(RUN) -m pytest -q -s tests/server/test_schema.py

soak: $(VENV)/.test
	@MEDRAG_KILLS=50 $(RUN) -m pytest -q -s tests/contracts/test_kill.py

soak-access: $(VENV)/.test
	@MEDRAG_ACCESS_DRAWS=10000 $(RUN) -m pytest -q tests/contracts/test_access.py tests/server/test_restricted.py

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
	@echo "Installing medrag[cpu,documents,evaluate,http,models,server,dev] into $(VENV) ..."
	@$(INSTALL) torch==2.13.0
	@$(INSTALL) --editable '.[cpu,documents,evaluate,http,models,server,dev]'
	@touch $(VENV)/.demo $@

# The browser that walks the page: Debian's, where it can be had; where not, those tests skip and this is tried again.
$(VENV)/.browser: $(VENV)/.made tests/server/browser/install.sh
	@sh tests/server/browser/install.sh $@
