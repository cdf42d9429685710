"""What README says about many runs, run as it stands there; the cluster commands are read, and given to a dry run."""

import re

import pytest

from core.run.request import parse
from launch import sweep
from tests.projects import REPOSITORY, command

SECTION = re.search(r"^## Many runs and clusters\n(.*?)^## ", (REPOSITORY / "README.md").read_text(), re.M | re.S)
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", SECTION[1] if SECTION else "", re.DOTALL)


def lines(block):
    return [line.partition(" #")[0].split() for line in block.splitlines() if line.strip() and line[0] != "#"]


def test_the_commands_do_what_they_say(tmp_path):
    (_, commands), (_, snippet), _ = BLOCKS
    said = []
    for python, *words in lines(commands):
        done = command(*words, cwd=tmp_path, PYTHONPATH=str(REPOSITORY))
        assert (python, done.returncode, done.stderr) == ("python", 0, ""), words
        said.append(done.stdout)
    assert "48 computed in" in said[0]
    assert re.search(r"first +48 +48 +0 .* done", said[1])
    assert "48 of 48 points" in said[2]
    read = command("-c", snippet, cwd=tmp_path, PYTHONPATH=str(REPOSITORY))
    assert read.returncode == 0, read.stderr
    rows = [list(map(float, line.split())) for line in read.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == [0.0, 0.125, 0.25]
    assert all(abs(measured - exact) < 5 / (16 * 32 * 16) ** 0.5 for _, measured, exact in rows)


def test_the_cluster_commands_name_what_exists(tmp_path, monkeypatch, capsys):
    (_, *words), (sbatch, *batch) = lines(BLOCKS[2][1])
    monkeypatch.setattr("launch.sweeps.dry_run._trial", lambda *_: "")
    assert sweep.main([*words[2:], "--dry-run", f"--out={tmp_path}"]) == 0
    assert "sbatch --array=0-3 " in capsys.readouterr().out
    assert sbatch == "sbatch"
    script, figure = (word for word in batch if not word.startswith("--"))
    assert (REPOSITORY / script).exists()
    assert parse(batch[3:]).preset == "paper"
    assert figure == "phase_transition/phase_diagram"


@pytest.mark.parametrize("name", ["launch/cluster/run.jobset.yaml", "make test-cluster"])
def test_what_is_named_is_there(name):
    assert SECTION
    assert name in SECTION[1]
    path = REPOSITORY / name.split()[-1]
    assert path.exists() or f"{name.split()[-1]}:" in (REPOSITORY / "Makefile").read_text()
