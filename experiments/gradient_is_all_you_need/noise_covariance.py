"""Quiet where it is steep: the noise of a swarm against the noise of mini-batches.

Variance of a hop in the direction of each curvature h of a quadratic energy, at its minimum, over s²/N, measured over
swarms (dots, 95 %) against (1+t)(1+2t)^(-3/2), t = τh, with the effective sample size of the other directions divided
out; and the gradient noise of stochastic gradient descent for least squares with batches of size B, over σ²/B, which is
the curvature itself (measured over batches, dots, against h, line).

Shows: the first falls with curvature like t^(-1/2), the second rises like h; dots on their lines.
Source: arXiv 2306.09778 compares the two methods; the covariance is derived here.
Cost: smoke 2 s, laptop 4 s
Run: python -m experiments.gradient_is_all_you_need.noise_covariance
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.draws import normal
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import BLUE, SINGLE, VERMILION, new_figure
from theory.consensus.gibbs import consensus_point
from theory.consensus.quadratic import consensus_noise


@dataclass(frozen=True)
class Config:
    """Curvatures times τ, particles of a swarm, and repetitions."""

    curvatures: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    particles: int = 2000
    repetitions: int = 2000


PRESETS = {"smoke": Config(repetitions=100), "laptop": Config(), "paper": Config(repetitions=40000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Variances by curvature, of hops and of mini-batch gradients."""
    return jax.jit(partial(_variances, config, run.mesh))(key)


def _variances(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    curvatures = np.array(config.curvatures)

    def hop(curvature: jax.Array, key: jax.Array) -> jax.Array:  # α = s = 1, so τ h = h; one direction at a time
        x = normal(key, (1, config.particles))
        return consensus_point(x, curvature * x[0] ** 2 / 2, 1.0)[0]

    def gradient(curvature: jax.Array, key: jax.Array) -> jax.Array:  # y = noise, inputs of variance h, at the solution
        features, noise = normal(key, (2, 64))
        return jnp.mean(jnp.sqrt(curvature) * features * noise)

    both = lambda key: jax.vmap(lambda h: (hop(h, key), gradient(h, key)))(curvatures)  # noqa: E731
    hops, gradients = over_devices(mesh, both, jax.random.split(key, config.repetitions), together=50)
    return {
        "curvatures": curvatures,
        "hops": jnp.var(hops, axis=0, ddof=1) * config.particles,
        "gradients": jnp.var(gradients, axis=0, ddof=1) * 64,
        "exact": consensus_noise(curvatures),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Both noises on logarithmic axes."""
    figure, ax = new_figure(SINGLE, 2.6)
    h = arrays["curvatures"]
    relative = 1.96 * np.sqrt(2 / (config.repetitions - 1))
    for name, exact, color, label in (
        ("hops", arrays["exact"], BLUE, r"swarm: $(1+t)(1+2t)^{-3/2}$"),
        ("gradients", h, VERMILION, r"mini-batches: $\propto h$"),
    ):
        ax.errorbar(h, arrays[name], relative * arrays[name], fmt="o", color=color, elinewidth=0.8)
        ax.plot(h, exact, color=color, label=label)
    ax.set(xscale="log", yscale="log", xlabel=r"curvature, $t=\tau h$", ylabel="variance of the step (own unit)")
    ax.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
