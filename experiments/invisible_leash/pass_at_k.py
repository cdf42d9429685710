"""Better at the first try, worse at the hundredth: pass@k before and after, and what it takes.

Left: every prompt is answered in one of a few modes, whose weights all prompts share; learning tilts the weights
towards the modes with more reward on average. pass@1 rises, and at large k the base policy wins, because prompts that
only a rare mode solves are given up. Right: the same prompts, each with weights of its own: a tilt never lowers any
pass@k. Exact; random tables of modes, averaged; band: range over tables.

Shows: curves that cross on the left, and none on the right.
Source: arXiv 2507.14843, pass@k crossing (own minimal mechanism).
Cost: smoke 2 s, laptop 3 s, paper 10 s
Run: python -m experiments.invisible_leash.pass_at_k
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.invisible_leash._bandits import shared_modes
from figures.forms import line_with_band
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, INK, VERMILION, new_figure
from theory.short.support import pass_at


@dataclass(frozen=True)
class Config:
    """`strengths` multiply the mean reward of a mode; 0 is the base policy."""

    strengths: tuple[float, ...] = (0.0, 10.0, 20.0, 40.0)
    count: int = 300
    modes: int = 8
    tables: int = 10
    largest: int = 10

    def __post_init__(self) -> None:
        """Refuses to compare with nothing."""
        if self.strengths[0] != 0:
            raise ValueError(f"strengths: {self.strengths}, must begin with 0")


PRESETS = {
    "smoke": Config(strengths=(0.0, 20.0), count=20, tables=2, largest=5),
    "laptop": Config(),
    "paper": Config(count=3000, tables=50, largest=14),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """pass@k (strengths, tables, k) with shared and with private weights."""
    return jax.jit(partial(_curves, config))(key)


def _curves(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    draws = 2.0 ** jnp.arange(config.largest + 1)

    def one(key: jax.Array, strength: jax.Array) -> tuple[jax.Array, jax.Array]:
        success = shared_modes(key, config.count, config.modes)
        shared = success @ jax.nn.softmax(strength * success.mean(0))
        # a prompt's own rewards differ more than the modes' means do: a fifth of the strength is plenty
        private = jnp.sum(success * jax.nn.softmax(strength * success / 5), 1)
        return tuple(pass_at(rho[:, None], draws[None]).mean(0) for rho in (shared, private))

    keys = jax.random.split(key, config.tables)
    shared, private = jax.vmap(jax.vmap(one, (0, None)), (None, 0))(keys, jnp.array(config.strengths))
    return {"draws": draws, "shared": shared, "private": private}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Shared weights on the left, private ones on the right."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=2, sharey=True)
    for ax, name in zip(axes, ("shared", "private"), strict=True):
        for row, (strength, color) in enumerate(zip(config.strengths, (INK, BLUE, GREEN, VERMILION), strict=False)):
            label = "base" if strength == 0 else rf"$\beta={strength:g}$"
            line_with_band(ax, arrays["draws"], arrays[name][row], label=label, color=color)
        ax.set(xscale="log", xlabel="$k$", title=f"weights of the modes: {name}")
    axes[0].set_ylabel("pass@$k$, mean over prompts")
    axes[0].legend(loc="lower right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
