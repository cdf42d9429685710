"""Completion of the command line: what it offers is there, and a real shell offers it."""

import shutil
import subprocess
import sys

import pytest

from core.run.catalogue import papers
from launch.completion import SCRIPTS, candidates
from tests.projects import REPOSITORY, command


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("python -m launch", "launch.verify"),
        ("python -m experiments.phase_transition.", "experiments.phase_transition.phase_diagram"),
        ("python -m launch ver", "verify"),
        ("python -m launch verify phase_transition/c02", "phase_transition/c02_majority_map"),
        ("python -m launch.run --preset=s", "--preset=smoke"),
        ("python -m launch.run --li", "--list"),
        ("python -m experiments.phase_transition.depth_curves --config.d", "--config.depth="),
        ("python -m launch.completion z", "zsh"),
    ],
)
def test_it_offers_what_fits(line, offered):
    found = candidates(line)
    assert offered in found
    assert all(name.startswith(line.split(" ")[-1]) for name in found)


@pytest.mark.parametrize("line", ["", "python", "python -m", "python -m json.tool x", "python -m launch.run nothing/"])
def test_it_offers_nothing_where_it_knows_nothing(line):
    assert candidates(line) == []


def test_all_papers_are_offered():
    assert [name.rstrip("/") for name in candidates("python -m launch.run ") if name.endswith("/")] == papers()


def test_it_answers_without_jax():
    code = "import sys; from launch.completion import main; main(['candidates', 'python -m launch.gallery --']); "
    done = command("-c", code + "sys.exit('jax' in sys.modules or 'numpy' in sys.modules)", cwd=REPOSITORY, seconds=20)
    assert done.returncode == 0
    assert "--preset=" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_a_shell_completes():
    script = (
        SCRIPTS["bash"]
        + f"""
COMP_LINE="python -m launch.run phase_transition/cob"; COMP_POINT=${{#COMP_LINE}}; compopt() {{ :; }}
_tipping {sys.executable}; echo "${{COMPREPLY[@]}}"
"""
    )
    done = subprocess.run(["bash", "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=20)
    assert done.stdout == "phase_transition/cobweb\n", done.stderr


def test_other_shells_are_refused():
    done = command("-m", "launch.completion", "fish", cwd=REPOSITORY, seconds=20)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "bash or zsh" in done.stderr
