from importlib import import_module

import jax
import numpy as np
import pytest

from core.run.experiment import Run
from core.run.mesh import device_mesh
from experiments.linguistic_collapse._published import permutation_p, published_rows

COLUMNS = ("model,val_loss,cdnv,norms_log_mean,norms_log_var,interfere_var,log_kern_mean,log_kern_var,"
           "simcos_mean,simcos_var,hits,misses,etf_error")  # fmt: skip


FIGURES = ("duality", "floors", "metrics_against_loss", "seeds", "training_length", "variability_over_scale")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(f"{COLUMNS}\n02x0768_01d07@0,2.5,0.1,2,4,9,-0.3,0.09,0.5,0.01,1,3,1.3\n"
                    "12x1024_10L@9,1.5,0.1,2,4,9,-0.3,0.09,0.5,0.01,1,3,1.3\n")  # fmt: skip
    return path


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_takes_the_published_rows_in_place_of_training(name, path):
    experiment = import_module(f"experiments.linguistic_collapse.{name}").EXPERIMENT
    config = type(experiment.presets["laptop"])(published=str(path))
    found = experiment.compute(config, jax.random.key(0), Run(device_mesh(), None))
    assert found["loss"].tolist() == ([2.5] if name == "seeds" else [2.5, 1.5])


def test_published_rows_are_read_by_name(path):
    rows = published_rows(path)
    assert rows["width"].tolist() == [768, 1024]
    assert rows["layers"].tolist() == [2, 12]
    assert rows["seed"].tolist() == [7, 0]
    assert rows["steps"].tolist() == [1, 10]
    np.testing.assert_allclose([rows[n][0] for n in ("log_norm", "cosine", "kernel", "uniform_duality", "agreement")],
                               [1.0, 3.0, 1.0, 0.2, 0.25])  # fmt: skip


def test_a_path_that_is_none_and_a_file_without_the_columns_are_refused(tmp_path):
    with pytest.raises(ValueError, match="can't be read"):
        published_rows(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_text("model\n02x0768_01L@0\n")
    with pytest.raises(ValueError, match="lacks columns"):
        published_rows(tmp_path / "other.csv")


def test_permutation_p_is_small_for_a_law_and_uniform_for_chance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=20)
    assert permutation_p(x, -3 * x, 999) == 1 / 1000
    chance = [permutation_p(rng.normal(size=12), rng.normal(size=12), 199, seed) for seed in range(200)]
    assert abs(np.mean(chance) - 0.5) < 4 * np.sqrt(1 / 12 / 200)


def test_spread_of_cosines_has_no_floor_when_only_the_means_are_centred():
    means = np.append(np.ones(99), -99.0)[:, None]  # one class far on the other side
    assert means.sum() == 0
    cosines = (np.sign(means) @ np.sign(means).T)[~np.eye(100, dtype=bool)]
    floor = np.sqrt((100 / 1 - 1 - 1 / 99) / 99)
    assert cosines.std() < 0.3 * floor
