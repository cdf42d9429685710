"""Tokens of a 64-layer stack, by residual rule: how fast they become one.

A post-normalised stack of random attention and feed-forward layers, untrained; the tokens start with as much common as
own energy. Left: mean cosine of two tokens after each layer, 1 when they are all the same. Middle: energy of the
centred part over that of the mean. Right: share of the mean over tokens in the energy of ∂L/∂F, the gradient that
reaches what the layers write, for a random linear read-out of the last layer. Lines are medians over seeds, bands the
range. LayerScale multiplies the whole branch by 0.1; the split residual writes differences at full strength and the
mean at α, leaking 1 - α of the old mean. This is the state at initialisation: training curves are not shown. Here the
split residual goes to the other extreme, where normalisation starves the mean. Ratios below 10⁻⁸ are drawn there.

Shows: with the plain residual tokens align within ten layers; with the split residual they stay apart, and at α = 0 no
gradient arrives along the mean.
Source: arXiv 2605.06169 (equations from a third-party account; substitute stack).
Cost: smoke 2 s, laptop 4 s
Run: python -m experiments.mean_mode.depth
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.mean_mode._stack import RULES, Rule, forward, rules, sample_layers, sample_tokens
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.short.mean_mode import token_cosine, token_split


@dataclass(frozen=True)
class Config:
    """Of the stack."""

    layers: int = 64
    tokens: int = 16
    width: int = 32
    seeds: int = 6

    def __post_init__(self) -> None:
        """Refuses a single token or seed."""
        if self.tokens < 2 or self.seeds < 2:
            raise ValueError(f"tokens, seeds: {self.tokens}, {self.seeds}, must be at least 2")


PRESETS = {
    "smoke": Config(layers=4, tokens=4, width=8, seeds=2),
    "laptop": Config(),
    "paper": Config(layers=400, tokens=64, width=128, seeds=40),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Each array (rules, seeds, layers)."""
    return jax.jit(partial(_depths, config, run.mesh))(key)


def _depths(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    nothing = jnp.zeros((config.layers, 2, config.tokens, config.width))

    def one(rule: Rule, key: jax.Array) -> dict[str, jax.Array]:
        layer_key, token_key, read_key = jax.random.split(key, 3)
        layers = sample_layers(layer_key, config.layers, config.width)
        tokens = sample_tokens(token_key, config.tokens, config.width)
        readout = jax.random.normal(read_key, (config.tokens, config.width))
        stream = lambda writes: forward(tokens, layers, rule, writes)  # noqa: E731
        after, pull = jax.vjp(stream, nothing)
        (reached,) = pull(jnp.zeros_like(after).at[-1].set(readout))
        split, gradient = token_split(after), token_split(reached[:, 0])
        return {
            "cosine": token_cosine(after),
            "centred_over_mean": _energy(split.centred) / _energy(split.mean),
            "gradient_mean_share": _energy(gradient.mean) / (_energy(gradient.mean) + _energy(gradient.centred)),
        }

    seeds = jax.random.split(key, config.seeds)
    each = jax.vmap(one, (0, None))  # rules share the layers of a seed
    found = over_devices(mesh, lambda key: each(rules(), key), seeds)
    return {name: x.swapaxes(0, 1) for name, x in found.items()}


def _energy(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2, axis=(-2, -1))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Three panels over depth."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=3)
    layer = 1 + np.arange(config.layers)
    for index, name in enumerate(RULES):
        for ax, quantity in zip(axes, ("cosine", "centred_over_mean", "gradient_mean_share"), strict=True):
            values = arrays[quantity][index]
            shown = np.maximum(values, 1e-8) if ax is axes[1] else values
            line_with_band(ax, layer, shown, label=name, color=COLORS[index])
    axes[0].set(ylabel="mean cosine of two tokens", ylim=(None, 1.05))
    axes[1].set(ylabel="centred energy over energy of mean", yscale="log")
    axes[2].set(ylabel=r"share of the mean in $\partial L/\partial F$", ylim=(-0.03, 1.03))
    for ax in axes:
        ax.set_xlabel("layer")
    axes[1].legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
