"""How fast the mean-field law contracts, and where a finite swarm no longer does.

Mean square distance of the swarm to the minimiser over time at α = 10^15, isotropic (left) and anisotropic (right)
noise, Rastrigin energy (amplitude 2.5), start N(1, I). Lines: mean of the seeds, band: their range; dashed: the exact
factor of the explicit scheme with the consensus at the minimiser, from the start. N is the same in every dimension.

Shows: for small d the slope is the predicted one, which depends on d only for isotropic noise; for large d the swarm
stays behind, because its consensus is still far from the minimiser: a matter of N, not of the rate.
Source: arXiv 2306.09778 and 2103.15130, 2111.08136 (rates 2λ - dσ² and 2λ - σ²; here those of the scheme).
Cost: smoke 2 s, laptop 10 s
Run: python -m experiments.gradient_is_all_you_need.decay_rates
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.particles.cbo import CboParameters
from core.particles.objectives import rastrigin_soft, sphere
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run, isotropic_or_not
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.consensus.decay import euler_square_factor

NOISES = ("isotropic", "anisotropic")
SIGMA = 0.32


@dataclass(frozen=True)
class Config:
    """Dimensions, particles, seeds and time."""

    dimensions: tuple[int, ...] = (1, 2, 4, 16)
    particles: int = 10000
    seeds: int = 3
    steps: int = 100
    dt: float = 0.02


PRESETS = {
    "smoke": Config(dimensions=(4,), particles=1000, steps=30),
    "laptop": Config(),
    "paper": Config(dimensions=(4, 8, 12, 16), particles=320000, steps=400, dt=0.01),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Mean squares (noises, dimensions, seeds, steps) and the factors of a step."""
    return jax.jit(partial(_decays, config, run.mesh))(key)


def _decays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    def path(d: int, same: jax.Array, key: jax.Array) -> jax.Array:
        start = 1 + jax.random.normal(key, (d, config.particles))
        parameters = CboParameters(1.0, SIGMA, 1e15, config.dt)
        noise = partial(isotropic_or_not, same)
        record = lambda swarm, _: jnp.mean(sphere(swarm.position))  # noqa: E731
        return consensus_run(rastrigin_soft, parameters, key, start, config.steps, noise, record)[1]

    keys, same = jax.random.split(key, config.seeds), np.array([name == "isotropic" for name in NOISES])
    both = lambda d: over_devices(mesh, lambda key: jax.vmap(partial(path, d), (0, None))(same, key), keys)  # noqa: E731
    rows = np.where(same[:, None], config.dimensions, 1)
    return {
        "paths": jnp.stack([both(d) for d in config.dimensions]).transpose(2, 0, 1, 3),
        "factors": euler_square_factor(config.dt, SIGMA * np.sqrt(config.dt), rows),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a noise."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2, sharey=True)
    time = config.dt * np.arange(1, config.steps + 1)
    for ax, name, paths, factors in zip(axes, NOISES, arrays["paths"], arrays["factors"], strict=True):
        for color, d, path, factor in zip(COLORS, config.dimensions, paths, factors, strict=False):
            line_with_band(ax, time, path / (2 * d), f"d={d}", color)
            ax.plot(time, factor ** np.arange(1, config.steps + 1), "--", color=color, linewidth=0.8)
        ax.set(yscale="log", xlabel="time $t$")
        ax.set_title(name, loc="left")
    axes[0].set_ylabel(r"$E|X_t-x^*|^2 \,/\, E|X_0-x^*|^2$")
    axes[0].legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
