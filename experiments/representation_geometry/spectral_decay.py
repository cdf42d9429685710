"""Decay of the spectrum through training.

Left: eigenvalues of the frequency-weighted covariance of free features of 96 tokens in 32 dimensions at the start, at
the dip of the effective rank and at the end (Zipf exponent 1, one seed). Right: exponent α of λ_i ~ i^(-α) over the
ranks 2 to 24 and the effective rank, through training; median and range over seeds.

Shows: the exponent rises where the effective rank dips, and falls again: one fact told by two probes.
Source: arXiv 2509.23024, RankMe and alpha-ReQ (toy is ours).
Cost: smoke 2 s, laptop 10 s, paper 1 min
Run: python -m experiments.representation_geometry.spectral_decay
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.probes.spectra import effective_rank, spectral_decay
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.representation_geometry._training import record_times, train
from figures.forms import line_with_band
from figures.render import render
from figures.style import DOUBLE, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """The vocabulary, the training, and the ranks that are fitted."""

    skew: float = 1.0
    tokens: int = 96
    dimension: int = 32
    rate: float = 2.0
    spread: float = 0.3
    steps: int = 1500
    records: int = 40
    seeds: int = 3
    first: int = 2
    last: int = 24

    def __post_init__(self):
        """Refuses ranks that are not there."""
        if not 1 <= self.first < self.last <= self.dimension:
            raise ValueError(f"first: {self.first}, last: {self.last}, must satisfy 1 <= first < last <= dimension")


PRESETS = {
    "smoke": Config(tokens=8, dimension=4, steps=10, records=4, seeds=2, first=1, last=4),
    "laptop": Config(),
    "paper": Config(tokens=512, dimension=128, steps=40_000, records=80, seeds=10, last=100),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Spectra (seeds, times, d)."""
    return jax.jit(partial(_spectra, config, run.mesh))(key)


def _spectra(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    times = tuple(record_times(config.steps, config.records))

    def one(key):
        return train(key, config.skew, config.tokens, config.dimension, times, config.rate, config.spread)[1]

    spectrum = over_devices(mesh, one, jax.random.split(key, config.seeds))
    decay, rank = spectral_decay(spectrum, config.first, config.last), effective_rank(spectrum, of="eigen")
    return {"time": jnp.array(times), "spectrum": spectrum, "decay": decay, "rank": rank}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Spectra left, their exponent right."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2)
    dip = int(np.argmin(arrays["rank"][0]))
    index = np.arange(1, config.dimension + 1)
    for at, name in ((0, "start"), (dip, f"dip, step {arrays['time'][dip]:.0f}"), (-1, "end")):
        values = arrays["spectrum"][0, at]
        left.plot(index, values / values.sum(), label=name)
    left.axvspan(config.first, config.last, color="k", alpha=0.05, linewidth=0)
    left.set(xscale="log", yscale="log", xlabel="rank $i$", ylabel=r"share $\lambda_i/\sum\lambda$")
    left.legend(loc="lower left")
    time = np.maximum(arrays["time"], 0.7)
    line_with_band(right, time, arrays["decay"], label=r"exponent $\alpha$")
    right.set(xscale="log", xlabel="steps (start drawn at 0.7)", ylabel=r"exponent $\alpha$")
    other = right.twinx()
    other.spines["right"].set_visible(True)
    line_with_band(other, time, arrays["rank"], label="RankMe", color=VERMILION)
    other.texts[0].remove()
    other.set_ylabel("RankMe", color=VERMILION)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
