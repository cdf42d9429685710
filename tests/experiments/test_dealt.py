"""Figures deal their independent runs to all devices, and show the same on four of them as on one."""

import json

import pytest

from tests.projects import REPOSITORY, command

FIGURES = [
    "accumulate_or_replace.language",  # six runs, one at a time
    "diffusion_spectral_entropy.noise_resilience",  # four, together where a device has several
]

CHILD = """
import json
import sys
from importlib import import_module

import jax
import numpy as np

from core.run.experiment import Run
from core.run.mesh import device_mesh
from core.run.platform import set_devices, use_compile_cache, use_wide_vectors

set_devices(4)
use_wide_vectors()
use_compile_cache()
jax.config.update("jax_enable_x64", True)


def computed(name, count):
    experiment = import_module(f"experiments.{name}").EXPERIMENT
    run = Run(device_mesh(jax.devices()[:count]), None)
    return experiment.compute(experiment.presets["smoke"], jax.random.key(0), run)


def seen(name):
    one, four = computed(name, 1), computed(name, 4)
    assert one.keys() == four.keys()
    apart = max(np.abs(np.subtract(four[k], one[k], dtype=float)).max() / (1e-300 + np.abs(one[k]).max()) for k in one)
    return {"apart": float(apart), "devices": max(len(x.sharding.device_set) for x in four.values())}


print(json.dumps({name: seen(name) for name in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def seen():
    done = command("-c", CHILD, *FIGURES, cwd=REPOSITORY, seconds=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_deals_its_runs_to_the_devices_and_shows_the_same(seen, name):
    assert seen[name]["devices"] == 4
    assert seen[name]["apart"] < 1e-10
