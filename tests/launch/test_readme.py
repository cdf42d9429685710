"""Every command and every snippet in README: run here, or named with the test that runs it."""

import re
import shlex
import subprocess
import tomllib

import pytest

from tests.projects import REPOSITORY, command

TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
LINES = [
    line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if line.strip() and line[0] != "#"
]
SNIPPETS = {body.partition("\n")[0].lstrip("# "): body for kind, body in BLOCKS if kind == "python"}
# Where a command or a snippet is run that is not run here: what it begins with, a test's file and its name.
ELSEWHERE = {
    "python -m experiments.random_walk": ("tests/launch/test_readme_example.py", "test_a_figure_leaves_arrays"),
    "python -m launch.verify random_walk": ("tests/launch/test_readme_example.py", "test_the_ledger_has_a_row_a_claim"),
    "experiments/random_walk": ("tests/launch/test_readme_example.py", "readme_files"),
    "python -m launch.run phase_transition ": ("tests/experiments/test_all_papers.py", "test_a_figure_computes_and"),
    "python -m launch.verify phase_transition ": ("tests/experiments/test_all_papers.py", "test_a_claim_has_the"),
    **dict.fromkeys(
        ("python -m launch.sweep", "python -m launch.collect", "the table of a sweep"),
        ("tests/launch/test_readme_sweep.py", "test_the_commands_do_what_they_say"),
    ),
    "python -m experiments.phase_transition.phase_diagram --devices=8": ("tests/launch/test_devices.py", "--devices=8"),
    "sbatch": ("tests/cluster/slurm.py", "run.sbatch"),
}
SMALL = ("experiments.", "launch.run", "launch.verify", "launch.report")  # what takes a preset


def words(line):
    return shlex.split(line.partition(" #")[0].strip().removesuffix("&"))


def elsewhere(text):
    return [place for begin, place in ELSEWHERE.items() if text.startswith(begin)]


def here(line):
    return not elsewhere(line) and words(line)[0] == "python" and "--distributed" not in line


def test_commands_run_in_their_order(tmp_path):
    """As a reader goes through them, at the smallest sizes: what one leaves is there for the next."""
    for line in (line for line in LINES if here(line)):
        rest = words(line)[1:]
        small = ["--preset=smoke"] * (rest[1].startswith(SMALL) and "--preset=smoke" not in rest)
        done = command(*rest, *small, cwd=tmp_path, PYTHONPATH=str(REPOSITORY))
        assert (done.returncode, bool(done.stdout)) == (0, True), (line, done.stderr)


def test_snippets_run_each_in_a_namespace_of_its_own(tmp_path):
    snippets = {title: body for title, body in SNIPPETS.items() if not elsewhere(title)}
    code = f"for title, body in {snippets!r}.items(): print(title); exec(body, {{'__name__': '__main__'}})"
    done = command("-c", code, cwd=tmp_path, PYTHONPATH=str(REPOSITORY))
    assert (done.returncode, "nan" in done.stdout) == (0, False), done.stderr
    said = done.stdout.splitlines()
    assert all(said[said.index(title) + 1] not in snippets for title in snippets), "each prints something"


@pytest.mark.parametrize("line", [line for line in LINES if not here(line)])
def test_any_other_line_is_accounted_for(line):
    first, *rest = words(line)
    if first == "make":
        assert subprocess.run(["make", "-n", *rest], cwd=REPOSITORY, capture_output=True, timeout=20).returncode == 0
    elif first == "pip":
        extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        assert {"cuda", "tpu"} <= extras.keys()
    elif first == "source":
        assert rest == [".venv/bin/activate"]  # which launch/setup.sh makes
    elif "--distributed" in rest:
        assert "--coordinator" in (REPOSITORY / "tests/launch/test_devices.py").read_text()
    else:
        ((file, name),) = elsewhere(line)
        assert name in (REPOSITORY / file).read_text()


@pytest.mark.parametrize("title", [title for title in SNIPPETS if elsewhere(title)])
def test_any_other_snippet_is_accounted_for(title):
    ((file, name),) = elsewhere(title)
    assert name in (REPOSITORY / file).read_text()


def test_inline_commands_are_commands():
    for line in re.findall(r"`(python -m launch[^`]*)`", TEXT):
        assert (REPOSITORY / (line.split()[2].replace(".", "/") + ".py")).exists() or line == "python -m launch"
