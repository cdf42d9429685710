# make reproduce   figures, ledger of verified claims and report, into results/   (PAPER=<name> for one paper,
#                    JOBS=<n> for n processes; it takes one a core)
# make test        the tests
# make test-cluster  a sweep and a run of two nodes on a real SLURM, brought up on this host from Debian's packages
# make test-chaos  kill -9, more than a hundred times, of runs, of jobs of two processes and of workers of sweeps
# make lint        ruff, and pyright on core and theory
# make report      the report again, from what is in results/
# make gallery     the pictures of README again
# make lock        new locks from pyproject.toml (needs uv)
# make clean       removes results/ and .venv
#
# Both main commands set themselves up: they need nothing but make and Python >= 3.11 (PYTHON=<interpreter> picks one).

RESULTS ?= results
PRESET ?= laptop
JOBS ?= 0
PY := .venv/bin/python
WORKERS := -n auto --maxprocesses=4 --dist=worksteal
OPTIMISED := XLA_FLAGS=--xla_backend_optimization_level=3
AS_USERS := -o addopts="-q -ra --import-mode=importlib --durations=5"

.PHONY: reproduce test test-chaos test-cluster lint report gallery lock clean setup
.DEFAULT_GOAL := reproduce

setup:
	@PYTHON="$(PYTHON)" sh launch/setup.sh

# A figure or a claim that fails does not hide the others: all three run, and the worst exit status counts; but who is
# asked to stop (by hand 130, by a cluster 75, by a newer copy 3) stops.
reproduce: setup
	@status=0; \
	$(PY) -m launch.run $(or $(PAPER),--all) --preset=$(PRESET) --out=$(RESULTS) --jobs=$(JOBS) || status=$$?; \
	case $$status in 3|75|130) exit $$status;; esac; \
	$(PY) -m launch.verify $(PAPER) --preset=$(PRESET) --out=$(RESULTS) --jobs=$(JOBS) || status=$$?; \
	case $$status in 3|75|130) exit $$status;; esac; \
	$(PY) -m launch.report --out=$(RESULTS) || status=$$?; \
	exit $$status

# The library is tested with its shapes checked at run time; the experiments, which are users of it, without.
test: setup
	@status=0; \
	$(PY) -m pytest $(WORKERS) $(or $(TESTS),--ignore=tests/experiments) || status=$$?; \
	$(if $(TESTS),,$(PY) -m pytest $(WORKERS) $(AS_USERS) tests/experiments || status=$$?;) \
	exit $$status

# Needs SLURM, or apt and root to install it; says so in one line, with a non-zero status, where it can't. Chaos and
# this one compile as users do, where the other tests optimise little.
test-cluster: setup
	@launch/cluster/one_host.sh check && $(OPTIMISED) $(PY) -m pytest -q -n0 tests/cluster/slurm.py

test-chaos: setup
	@KILLS=36 $(OPTIMISED) $(PY) -m pytest -n0 -s tests/chaos

lint: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-lint.lock
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m basedpyright

report: setup
	@$(PY) -m launch.report --out=$(RESULTS)

gallery: setup
	@$(PY) -m launch.gallery --out=$(RESULTS)

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
lock:
	$(LOCK) pyproject.toml --extra dev --output-file requirements.lock
	$(LOCK) --group lint --output-file requirements-lint.lock

clean:
	rm -rf $(RESULTS) .venv
