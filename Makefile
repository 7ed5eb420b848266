# Needs python3 (3.11 or newer) and make; everything else goes into .venv.
#   make demo   answers five questions from the starter knowledge base
#   make test   ruff, mypy and pytest
#   make bench  prints how fast it is on this machine: every part, on the labels in MEDRAG_BENCH_DATA or on made ones
#   make bench-peers  installs its peers into a venv of their own and measures both side by side, hit rates too
#   make bench-growth  how cost grows from 10,000 to 1,000,000 passages, with curves and exponents: an hour
#   make bench-registry  the same for a whole registry of made labels (LABELS=54000 are 3 million passages: hours) and its graph
#   make bench-sizing KB=labels.kb  prints docs/scale.md's table of memory, disk and cores from what the others left
#   make bench-serve KB=labels.kb  how many questions the server answers in a second, and how many streams it holds
#   make soak-serve KB=labels.kb  asks the server for ten minutes while another process writes: no error, no mixed answer
#   make fuzz-server  sends the server thousands of requests that its description allows, or nearly
#   make soak-kill  kills every operation that writes at 500 random moments, while others read, and checks what is left
#   make soak-power  cuts the power at every sync of every operation, on a disk rebuilt from its file operations
#   make soak-disk  has every write of every operation refused: a full disk, and one that fails
#   make fuzz-readers  reads hostile files for MINUTES a format (10): no crash, hang or blow-up of memory
#   make fuzz-properties  tries the tests that draw their inputs on TIMES (20) times as many other inputs
#   make soak-access  asks in 10,000 random ways for documents that the one who asks may not see
#   make clean  removes what the others made

PYTHON ?= python3
VENV := .venv
PEERS := .venv-bench
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test bench bench-peers bench-growth bench-registry bench-sizing bench-serve soak-serve fuzz-server soak-kill soak-power soak-disk fuzz-readers fuzz-properties soak-access clean

demo: $(VENV)/.demo
	@PYTHONUTF8=1 $(RUN) examples/demo.py

test: $(VENV)/.test $(VENV)/.browser
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy --strict medrag examples ingest
	$(RUN) -m pytest -q -n 2 --dist loadfile

bench: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.bench

bench-peers: $(VENV)/.test $(PEERS)/.made
	@$(RUN) -m tests.benchmarks.peers.run

bench-growth: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.growth

LABELS ?= 54000
bench-registry: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.registry --labels $(LABELS)

bench-sizing: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.sizing --kb $(KB)

bench-serve: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.serve --kb $(KB)

MINUTES ?= 10
soak-serve: $(VENV)/.test
	@$(RUN) -m tests.benchmarks.soak_serve --kb $(KB) --minutes $(MINUTES)

fuzz-server: $(VENV)/.test
	@MEDRAG_FUZZ=200 $(RUN) -m pytest -q -s tests/server/test_schema.py

soak-kill: $(VENV)/.test
	@MEDRAG_KILLS=500 $(RUN) -m pytest -q -s tests/contracts/test_kill.py tests/contracts/test_grown.py tests/kb/test_migrate.py \
	  tests/contracts/test_migrate_engines.py

soak-power: $(VENV)/.test
	@MEDRAG_POWER=0 $(RUN) -m pytest -q -s tests/contracts/test_power.py

soak-disk: $(VENV)/.test
	@MEDRAG_DISK=0 $(RUN) -m pytest -q -s tests/contracts/test_disk.py

fuzz-readers: $(VENV)/.test
	@$(RUN) -m tests.ingest.fuzz.run --minutes $(MINUTES)

TIMES ?= 20
fuzz-properties: $(VENV)/.test
	@for time in $$(seq $(TIMES)); do \
	  $(RUN) -m pytest -q -x --hypothesis-profile=others $$(grep -rl --include='test_*.py' hypothesis tests) || exit 1; \
	done

soak-access: $(VENV)/.test
	@MEDRAG_ACCESS_DRAWS=10000 $(RUN) -m pytest -q tests/contracts/test_access.py tests/server/test_restricted.py

clean:
	rm -rf $(VENV) $(PEERS) demo.kb build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

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
	@echo "Installing medrag[cpu,documents,evaluate,http,milvus,models,postgres,ray,server,dev] into $(VENV) ..."
	@$(INSTALL) torch==2.13.0
	@$(INSTALL) --editable '.[cpu,documents,evaluate,http,milvus,models,postgres,ray,server,dev]'
	@touch $(VENV)/.demo $@

# The peers, of which none goes into the other venv; torch comes first here too, since some of them want it.
$(PEERS)/.made: pyproject.toml
	@echo "Installing medrag[cpu,bench] into $(PEERS) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[cpu,bench]'
	@touch $@

# The browser that walks the page: Debian's, where it can be had; where not, those tests skip and this is tried again.
$(VENV)/.browser: $(VENV)/.made tests/server/browser/install.sh
	@sh tests/server/browser/install.sh $@
