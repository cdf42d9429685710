"""The paper that README adds, run as README says, in a copy of the project where it is the only one."""

import hashlib
import json

import numpy as np
import pytest

from tests.projects import command, copy_project, readme_files

FIGURE = "experiments.random_walk.spread"
MISTAKES = [
    ([FIGURE, "--config.step=3"], "no such field; there are: --config.steps=400"),
    ([FIGURE, "--config.steps=0.5"], "--config.steps=0.5: must be an int"),
    ([FIGURE, "--out=run_folder.py/x"], "can't write to"),
    (["launch.run", "nothing"], "no paper 'nothing'; there are: random_walk"),
    (["launch.run"], "name a paper or paper/figure, or say --all"),
    (["launch.verify", "random_walk/none"], "no claim 'none' in random_walk; there are: mean_square_is_time"),
    (["launch.verify", "--config.a=1"], "claims have no config fields"),
    (["launch.report", "--bogus"], "unknown flag --bogus"),
]
AGAIN = {
    "redrawn": [FIGURE, "--preset=smoke", "--redraw"],
    "kept": [FIGURE, "--preset=smoke"],
    "forced": [FIGURE, "--preset=smoke", "--force"],
    "other": [FIGURE, "--preset=smoke", "--seed=1", "--config.steps=30", "--x64"],
}
# Each as `python -m` would run it, one after the other: a process of its own for each would mostly import.
ONE_BY_ONE = """
import contextlib, hashlib, io, json, runpy, sys
from pathlib import Path
folder, commands = json.loads(sys.argv[1])
told = {}
for name, words in commands.items():
    sys.argv, out, err, status = words, io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        except SystemExit as left:
            status = left.code
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in Path(folder).iterdir()}
    told[name] = {"status": status, "out": out.getvalue(), "err": err.getvalue(), "files": files}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = copy_project(tmp_path_factory.mktemp("readme") / "project")
    for name, text in readme_files().items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


def run_folder(root, pattern="*"):
    (folder,) = (root / "results/random_walk/spread").glob(pattern)
    return folder


@pytest.fixture(scope="module")
def computed(project):
    done = command("-m", FIGURE, "--preset=smoke", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "random_walk/spread: computed in" in done.stdout
    assert done.stderr == ""  # no progress bar where there is no terminal
    return run_folder(project, "smoke-*")


def test_a_figure_leaves_arrays_record_and_pictures(computed):
    names = {path.name for path in computed.iterdir()}
    assert names == {"arrays.npz", "run.json", "figure.png", "figure.pdf", "figure.svg"}
    record = json.loads((computed / "run.json").read_text())
    assert record["config"] == {"steps": 20, "walkers": 1000, "seeds": 8}
    assert record["title"] == "Distance of a random walk from its start"
    assert {"preset", "seed", "versions", "device", "git", "seconds", "command"} <= set(record)


@pytest.fixture(scope="module")
def drawn(computed):
    """The bytes of the first result, before the commands of `told`."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in computed.iterdir()}


@pytest.fixture(scope="module")
def told(project, computed, drawn):
    """What each command said, left as its status, and left in the folder of the first result."""
    (project / "run_folder.py").touch()
    (computed / "figure.png").unlink()
    commands = {**AGAIN, **{" ".join(words): words for words, _ in MISTAKES}}
    done = command("-W", "ignore", "-c", ONE_BY_ONE, json.dumps([str(computed), commands]), cwd=project)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_redraw_makes_the_same_pictures_from_the_arrays_alone(drawn, told):
    assert ": redrawn in" in told["redrawn"]["out"]
    assert told["redrawn"]["files"] == drawn


def test_a_complete_result_is_kept_and_force_gives_the_same_bytes(drawn, told):
    assert ": kept in" in told["kept"]["out"]
    assert told["kept"]["files"] == drawn
    assert ": computed in" in told["forced"]["out"]
    assert told["forced"]["files"]["arrays.npz"] == drawn["arrays.npz"]
    assert told["forced"]["files"]["run.json"] != drawn["run.json"]  # which says when


def test_another_seed_and_another_config_get_folders_and_numbers_of_their_own(project, told):
    assert told["other"]["status"] == 0, told["other"]["err"]
    assert told["other"]["files"] == told["forced"]["files"]
    distance = np.load(run_folder(project, "custom-*-seed1") / "arrays.npz")["distance"]
    assert distance.shape == (8, 30)
    assert distance.dtype == np.float64


def test_list_knows_what_is_done(project, computed):
    done = command("-m", "launch.run", "--list", "--json", "--preset=smoke", cwd=project, seconds=20)
    (row,) = json.loads(done.stdout)
    assert row.items() >= {"paper": "random_walk", "figure": "spread", "done": True}.items()
    (row,) = json.loads(command("-m", "launch.run", "--list", "--json", cwd=project, seconds=20).stdout)
    assert row["done"] is False


def test_the_ledger_has_a_row_a_claim(project):
    done = command("-m", "launch.verify", "random_walk", "--json=rows.json", "--preset=smoke", cwd=project)
    assert done.returncode == 0, done.stderr + done.stdout
    (row,) = json.loads((project / "rows.json").read_text())
    assert (row["claim"], row["kind"], row["verdict"]) == ("mean_square_is_time", "law", "holds")
    assert row["statement"] == "The mean square distance after t steps of ±1 is t."
    keys = {
        "paper",
        "claim",
        "statement",
        "kind",
        "predicted",
        "measured",
        "tolerance",
        "interval",
        "verdict",
        "seconds",
    }
    assert keys <= set(row)


def test_a_false_claim_fails_and_a_broken_one_says_why(project):
    claims = project / "experiments/random_walk/claims.py"
    true = claims.read_text()
    claims.write_text(true.replace("64.0", "80.0") + '\n\ndef broken():\n    """Can\'t."""\n    return 1 / 0\n')
    done = command("-m", "launch.verify", "random_walk", "--json=rows.json", cwd=project)
    claims.write_text(true)
    assert done.returncode == 1
    assert [row["verdict"] for row in json.loads((project / "rows.json").read_text())] == ["fails", "fails"]
    assert "raised ZeroDivisionError: division by zero" in done.stdout


def test_the_report_shows_the_paper(project, computed):
    done = command("-m", "launch.report", cwd=project)
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text() for path in (project / "results/report").rglob("*.html"))
    assert "The spread of a random walk" in text
    assert "Distance of a random walk from its start" in text
    assert "mean_square_is_time" in text


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_mistakes_get_one_line_and_exit_status_2(told, words, message):
    answer = told[" ".join(words)]
    assert answer["status"] == 2
    assert message in answer["err"]
    assert answer["err"].count("\n") == 1


def test_a_mistake_ends_its_process_with_status_2(project):
    done = command("-m", "launch.run", "nothing", cwd=project, seconds=20)
    assert (done.returncode, done.stderr.count("\n"), "no paper" in done.stderr) == (2, 1, True)
