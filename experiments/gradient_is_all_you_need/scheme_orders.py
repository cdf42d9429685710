"""Weak and strong order of the explicit scheme.

Left: error of the exponential rate of E|X-c|^p for p = 2, 4, 6 against the step (exact moments by Gauss-Hermite, no
sampling), and for Rademacher increments at p = 4. Right: root mean square distance at time 1 to the exact path
exp((-λ-σ²/2)t + σB_t) with the same Brownian increments; mean over paths. The consensus point is frozen at 0.

Shows: weak order 1 for normal and Rademacher increments, strong order 1/2.
Source: arXiv 2306.09778 uses this scheme; orders of Euler-Maruyama, measured.
Cost: smoke 2 s, laptop 2 s
Run: python -m experiments.gradient_is_all_you_need.scheme_orders
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normal
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import order_plot
from figures.render import render
from figures.style import DOUBLE, new_figure
from figures.ticks import plain_numbers
from theory.consensus.decay import euler_moment_factor, moment_rate

DRIFT, SIGMA = 1.0, 0.5
POWERS = (2, 4, 6)


@dataclass(frozen=True)
class Config:
    """Finest grid 2^levels steps over the unit of time; paths of the strong error."""

    levels: int = 10
    paths: int = 8000


PRESETS = {"smoke": Config(levels=8, paths=1000), "laptop": Config(), "paper": Config(levels=12, paths=200000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Weak errors (powers + 1, levels) and strong errors (levels,)."""
    return jax.jit(partial(_errors, config))(key)


def _errors(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    counts = 2 ** np.arange(config.levels - 4, config.levels + 1)
    steps = 1.0 / counts
    weak = []
    for power in POWERS:
        rate = jax.vmap(lambda h, p=power: jnp.log(euler_moment_factor(p, DRIFT * h, SIGMA * jnp.sqrt(h))) / h)(steps)
        weak.append(jnp.abs(rate - moment_rate(power, DRIFT, SIGMA)))
    two = [(1 - DRIFT * steps + sign * SIGMA * jnp.sqrt(steps)) ** 4 for sign in (1, -1)]
    weak.append(jnp.abs(jnp.log((two[0] + two[1]) / 2) / steps - moment_rate(4, DRIFT, SIGMA)))
    finest = normal(key, (2**config.levels, config.paths)) * 2.0 ** (-config.levels / 2)
    exact = jnp.exp(-DRIFT - SIGMA**2 / 2 + SIGMA * finest.sum(0))
    strong = []
    for count in counts.tolist():
        increments = finest.reshape(count, -1, config.paths).sum(1)
        end = jnp.prod(1 - DRIFT / count + SIGMA * increments, axis=0)
        strong.append(jnp.sqrt(jnp.mean((end - exact) ** 2)))
    return {"steps": steps, "weak": jnp.stack(weak), "strong": jnp.stack(strong)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two order plots."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=2)
    for name, errors in zip((*(f"p={p}" for p in POWERS), "p=4, Rademacher"), arrays["weak"], strict=True):
        order_plot(axes[0], arrays["steps"], errors, 1, label=name)
    order_plot(axes[1], arrays["steps"], arrays["strong"], 0.5)
    axes[0].set(xlabel="dt", ylabel="error of the rate")
    axes[1].set(xlabel="dt", ylabel="root mean square error")
    axes[0].set_ylim(top=6 * arrays["weak"].max())  # room for the legend
    axes[0].legend(fontsize=6, loc="upper left")
    for ax in axes:
        plain_numbers(ax.xaxis, ax.yaxis)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
