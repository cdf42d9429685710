"""A finite swarm has a temperature.

Left: stationary variance of N-particle hopping on ½hx², measured over runs with many steps after a burn-in, against
V/N/(1 - (1+τh)⁻²) with the closed-form V; each dot a setting (α, τ, N). Bars: 95 % over independent runs. Right: law of
the consensus point of one setting against the normal law of that variance.

Shows: dots on the diagonal over two decades; the O(1/N) bias of a weighted mean is below the bars.
Source: arXiv 2306.09778, "stochastic relaxation of gradient descent" (temperature derived here: T = 1/(2αN)).
Cost: smoke 3 s, laptop 6 s
Run: python -m experiments.gradient_is_all_you_need.temperature
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.particles.hopping import HoppingParameters
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import hopping_run
from figures.forms import histogram_density, predicted_measured
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, new_figure
from theory.consensus.envelope import hopping_width
from theory.consensus.finite_swarm import effective_temperature
from theory.consensus.quadratic import hopping_variance


@dataclass(frozen=True)
class Config:
    """Settings, and how long they are watched."""

    alphas: tuple[float, ...] = (5.0, 50.0, 500.0)
    taus: tuple[float, ...] = (0.1, 1.0)
    particles: tuple[int, ...] = (50, 400)
    runs: int = 16
    steps: int = 600
    burn_in: int = 100


PRESETS = {"smoke": Config(alphas=(5.0,), particles=(50,), steps=200), "laptop": Config(), "paper": Config(steps=6000)}


def half_square(x: jax.Array) -> jax.Array:
    """½x² on the line."""
    return x[0] ** 2 / 2


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Variances (settings, runs) with their prediction, and a path (runs, steps) of the first setting."""
    return jax.jit(partial(_variances, config, run.mesh))(key)


def _variances(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    alphas, taus = (grid.ravel() for grid in np.meshgrid(config.alphas, config.taus))
    sizes = np.repeat(config.particles, len(alphas))

    def path(particles: int, alpha: jax.Array, tau: jax.Array, key: jax.Array) -> jax.Array:
        parameters, start = HoppingParameters(alpha, hopping_width(alpha, tau)), jnp.zeros((1, particles))
        whole = hopping_run(half_square, parameters, key, start, config.steps, lambda s, a: a.point[0])[1]
        return whole[config.burn_in :]

    def settings(key: jax.Array) -> jax.Array:  # which share the random numbers of a run
        over = (jax.vmap(partial(path, particles), (0, 0, None)) for particles in config.particles)
        return jnp.concatenate([each(alphas, taus, key) for each in over])

    paths = over_devices(mesh, settings, jax.random.split(key, config.runs), together=config.runs).swapaxes(0, 1)
    alphas_of, taus_of = np.tile((alphas, taus), len(config.particles))
    return {
        "measured": jnp.mean(paths**2, axis=-1),
        "predicted": hopping_variance(taus_of, hopping_width(alphas_of, taus_of), sizes),
        "temperature": effective_temperature(alphas_of, sizes),
        "path": paths[0],
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Diagonal and histogram."""
    figure, axes = new_figure(DOUBLE, 2.8, cols=2)
    settings = len(config.alphas) * len(config.taus)
    for index, particles in enumerate(config.particles):
        part = slice(index * settings, (index + 1) * settings)
        runs = arrays["measured"][part]
        error = runs.std(1, ddof=1) / np.sqrt(runs.shape[1])
        predicted_measured(
            axes[0], arrays["predicted"][part], runs.mean(1), error, f"N={particles}", COLORS[index], "log"
        )
    axes[0].set(xlabel="predicted variance", ylabel="measured variance")
    axes[0].legend(loc="upper left")
    deviation = float(np.sqrt(arrays["predicted"][0]))
    x = np.linspace(-4 * deviation, 4 * deviation, 201)
    density = np.exp(-((x / deviation) ** 2) / 2) / deviation / np.sqrt(2 * np.pi)
    histogram_density(axes[1], arrays["path"][:, ::10], x, density, color=BLUE)
    setting = f"α={config.alphas[0]:g}, τ={config.taus[0]:g}, N={config.particles[0]}"
    axes[1].set(xlabel="consensus point", ylabel="density", ylim=(0, 1.35 * density.max()))
    axes[1].annotate(f"{setting}\n$T=${arrays['temperature'][0]:.2g}", (0.97, 0.97), xycoords="axes fraction",
                     ha="right", va="top", fontsize=6)  # fmt: skip
    axes[1].legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
