#!/bin/sh
# Makes .venv from the lock, once. Says in one line what is wrong, and starts afresh after a half-made attempt.
#   PYTHON=<interpreter>  which Python to use (default: the first of 3.12, 3.13, 3.11, python3 that runs)
set -eu
cd "$(dirname "$0")/.."

fail() { echo "setup: $*" >&2; exit 1; }
new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    new_enough "$PYTHON" || fail "PYTHON=$PYTHON does not run, is older than 3.11, or lacks the venv module"
    echo "$PYTHON"; return
  fi
  # A pyenv shim may exist and refuse to run; the interpreter itself then lies under pyenv's versions.
  for version in 3.12 3.13 3.11; do
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/"python$version"; do
      if new_enough "$candidate"; then echo "$candidate"; return; fi
    done
  done
  if new_enough python3; then echo python3; return; fi
  fail "no Python >= 3.11 with the venv module found; install one, or name it: make test PYTHON=/path/to/python3.12"
}

lock="$(cat requirements.lock pyproject.toml | cksum)"
stamp="$lock $(pwd)" # a moved folder needs a new .venv: its scripts hold absolute paths
if [ -x .venv/bin/python ] && [ "$(cat .venv/.ready 2>/dev/null)" = "$stamp" ]; then
  if [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of .venv/bin/python)" ]; then exit 0; fi
fi

python="$(find_python)" || exit 1
echo "setup: making .venv with $("$python" --version 2>&1) (once; about half a minute)" >&2
rm -rf .venv 2>/dev/null || fail "can't remove the old .venv; remove it by hand and run again"
"$python" -m venv .venv >/dev/null 2>&1 || fail "could not make .venv here: is this folder writable, and the disk not full?"
log=.venv/setup.log
# Not compiled here: Python compiles what is imported, which is a small part of it. Not resolved: the lock is whole, which
# is checked at the end.
install=".venv/bin/python -m pip install --disable-pip-version-check --no-input --no-compile --no-deps --retries 3"
# Every second package of the lock, from the first or the second on: pip unpacks on one core, so two share the work.
for odd in 0 1; do
  awk -v odd=$odd '/^[^ #]/ { entry++ } entry % 2 == odd' requirements.lock >.venv/half$odd.lock
done
failed=0
$install --require-hashes -r .venv/half0.lock >>"$log" 2>&1 & half=$!
trap 'kill $half 2>/dev/null; exit 130' INT TERM # what a script starts with & does not hear Ctrl-C
$install --require-hashes -r .venv/half1.lock >>"$log" 2>&1 || failed=1
wait $half || failed=1
trap - INT TERM
[ $failed = 0 ] && $install --no-build-isolation -e . >>"$log" 2>&1 && .venv/bin/python -m pip check >>"$log" 2>&1 ||
  fail "packages could not be installed ($(grep -iE 'error|no space|which is not installed' "$log" | tail -n 1 | cut -c1-160)); is the network there? Details: $log"
echo "$stamp" >.venv/.ready
