import dataclasses
import fcntl
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run import store
from core.run.catalogue import Figure
from core.run.execute import execute
from core.run.experiment import Experiment
from core.run.loop import NotFinite
from core.run.main import guarded
from core.run.request import parse
from core.run.stopping import Preempted, Superseded


@dataclasses.dataclass(frozen=True)
class Config:
    value: float = 1.0


def compute(config, key, run):
    noise = jax.random.normal(key, (3,))
    return {"noise": noise, "value": config.value * jnp.ones(2)}


def draw(config, arrays):
    return f"{config.value} {sorted(arrays)}"


def render(draw, folder, provenance):
    for name in store.FIGURE_FILES:
        (folder / name).write_text(f"{draw()} {provenance['Data']}")


EXPERIMENT = Experiment({"laptop": Config()}, compute, draw, x64=True)


@pytest.fixture
def go(tmp_path):
    """Executes an experiment whose code is a script of the test's own."""
    script = tmp_path / "script.py"
    script.write_text('"""A title.\n\nA caption.\n"""\n')

    def go(*arguments, experiment=EXPERIMENT, render=render):
        request = parse([*arguments, f"--out={tmp_path / 'results'}"])
        return execute(experiment, Figure("paper", "figure", script), request, render)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.run.execute.fingerprint", lambda path, drawing=False: script.read_text())
        go.script = script
        yield go


def failing(*_):
    raise RuntimeError("no picture")


def test_a_result_is_computed_once_and_again_when_its_code_changes(go):
    assert go().did == "computed"
    assert go().did == "kept"
    go.script.write_text('"""Another title.\n\nA caption.\n"""\n')
    assert go().did == "computed"


@pytest.mark.parametrize("age", [1, -1])
def test_what_a_kill_after_publishing_left_is_cleared_and_a_newer_run_is_not(go, age):
    folder = go().folder
    step = folder.with_name(f".{folder.name}.partial") / "source/walk/40"
    step.mkdir(parents=True)
    published = (folder / "run.json").stat().st_mtime
    for path in (step, *list(step.parents)[:3]):
        os.utime(path, (published - age, published - age))
    assert go().did == "kept"
    assert step.exists() == (age < 0)


def test_a_damaged_result_is_named_and_computed_again(go, capsys):
    folder = go().folder
    whole = (folder / "arrays.npz").read_bytes()
    (folder / "arrays.npz").write_bytes(whole[:-1])
    assert go().did == "computed"
    assert "arrays.npz differs from its checksum" in capsys.readouterr().err
    assert (folder / "arrays.npz").read_bytes() == whole


def test_a_damaged_picture_is_drawn_again(go):
    folder = go().folder
    (folder / "figure.pdf").write_text("")
    assert go().did == "redrawn"
    assert go().did == "kept"


@pytest.mark.parametrize("when", ["computing", "drawing"])
def test_a_newer_copy_of_the_run_makes_the_older_one_stop_before_it_writes(go, monkeypatch, when):
    monkeypatch.setattr("core.run.fence._locked", lambda file: True)  # as on another host
    happened = []

    def overtaken(config, key, run):
        if when == "computing":
            happened.append(go().did)  # the same command from the beginning to the end
        return {"noise": jnp.zeros(3), "value": jnp.zeros(2)}

    def drawing(draw, folder, provenance):
        happened.append(go().did if when == "drawing" else "drawn")

    with pytest.raises(Superseded):
        go(experiment=EXPERIMENT._replace(compute=overtaken), render=drawing)
    assert happened == ["computed"]
    assert go().did == "kept"
    assert store.read_arrays(go().folder)["noise"].any()


def test_the_numbers_depend_on_seed_and_config_and_nothing_else(go):
    arrays = [store.read_arrays(go(*a).folder) for a in ([], ["--force"], ["--seed=1"], ["--config.value=2"])]
    np.testing.assert_array_equal(arrays[0]["noise"], arrays[1]["noise"])
    assert (arrays[0]["noise"] != arrays[2]["noise"]).all()
    np.testing.assert_array_equal(arrays[0]["noise"], arrays[3]["noise"])
    assert arrays[3]["value"][0] == 2


def test_precision_is_the_experiments_own_unless_asked_for(go):
    assert store.read_arrays(go().folder)["noise"].dtype == np.float64
    assert store.read_arrays(go("--nox64").folder)["noise"].dtype == np.float32


def test_numbers_survive_a_picture_that_fails(go):
    with pytest.raises(RuntimeError, match="no picture"):
        go(render=failing)
    assert go().did == "redrawn"


def test_a_redraw_that_fails_leaves_the_old_picture(go):
    folder = go().folder
    before = (folder / "figure.png").read_bytes()
    with pytest.raises(RuntimeError, match="no picture"):
        go("--redraw", render=failing)
    assert (folder / "figure.png").read_bytes() == before


def test_redraw_without_a_result_is_refused(go):
    with pytest.raises(ValueError, match="--redraw: nothing to draw yet"):
        go("--redraw")


def test_a_result_that_is_not_finite_is_refused_unless_it_is_declared(go):
    bad = EXPERIMENT._replace(compute=lambda config, key, run: {"x": jnp.array([1.0, jnp.nan])})
    with pytest.raises(NotFinite, match=r"result 'x' is nan at index \(1,\)"):
        go(experiment=bad)
    assert go(experiment=bad._replace(gaps=("x",))).did == "computed"


def test_two_processes_do_not_compute_one_result(go):
    folder = go().folder
    with open(folder.with_name(f".{folder.name}.lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="another process is computing"):
            go("--force")
    assert go("--force").did == "computed"


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (KeyboardInterrupt(), 130, "interrupted; run the same command again"),
        (Preempted(), 75, "stopped by SIGTERM; run the same command again"),
        (Superseded("a newer attempt has begun"), 3, "a newer attempt has begun"),
        (NotFinite("state.x is not finite after step 3"), 1, "error: state.x is not finite after step 3"),
        (RuntimeError("odd"), 1, "error: RuntimeError: odd (--debug shows where)"),
    ],
)
def test_errors_become_one_line_and_an_exit_status(error, status, text, capsys):
    def act():
        raise error

    assert guarded(act, debug=False) == status
    err = capsys.readouterr().err
    assert text in err
    assert err.count("\n") == 1
