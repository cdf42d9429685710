"""Mean and differences under gradients, attention and softmax: three exact laws.

Left: energy of the coherent and the centred part of a writer's gradient against the number of tokens, independent
tokens with a common part; dots are Monte Carlo means with 95 % intervals, lines exact expectations. Middle: norm of the
centred part after several layers of pure random attention without residuals (dots: median of the draws, bars their
range) and the product of ‖PAP‖₂ (line: its median), for logits of two scales. Right: norm of the gradient that reaches
the logits when the values are v̄ + ε ṽ_t, against ε (dots, autodiff) and the bound ε ‖PṼ‖₂ ‖G‖/2 (line).

Shows: slopes 2 and 1 on the left, geometric decay below the product in the middle, slope 1 below the bound on the
right.
Source: arXiv 2605.06169 (re-derived).
Cost: smoke 2 s, laptop 3 s
Run: python -m experiments.mean_mode.three_laws
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normal, normals
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.short.mean_mode import centred_gain, expected_gradient_energy, token_split, writer_gradient_split


@dataclass(frozen=True)
class Config:
    """Sizes of the three panels."""

    log2_tokens: int = 9
    width: int = 8
    draws: int = 400
    mean: float = 0.4
    layers: int = 8
    attention_tokens: int = 32
    scales: tuple[float, ...] = (1.0, 2.0)
    spreads: int = 10


PRESETS = {
    "smoke": Config(log2_tokens=3, draws=20, layers=3, attention_tokens=8, spreads=4),
    "laptop": Config(),
    "paper": Config(log2_tokens=12, draws=2000, attention_tokens=128),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Energies, decay and gradients."""
    return jax.jit(everything, static_argnums=0)(config, key)


def everything(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """One program, since many small ones take longer to compile."""
    keys = jax.random.split(key, 4)
    counts = 2 ** np.arange(1, config.log2_tokens + 1, 2)  # each compiles a program
    noise = normal(keys[0], (config.draws, 2, int(counts[-1]), config.width)) / config.width**0.5
    rows = noise + config.mean / config.width**0.5

    def energies(rows: jax.Array) -> jax.Array:
        parts = jax.vmap(writer_gradient_split)(rows[:, 0], rows[:, 1])
        return jnp.stack([jnp.sum(part**2, axis=(1, 2)) for part in parts])

    energy = jnp.stack([energies(rows[:, :, :n]) for n in counts], axis=-1)  # (parts, draws, counts)
    exact = expected_gradient_energy(jnp.asarray(counts, float), config.mean, 1.0, config.mean, 1.0)
    return {
        "tokens": jnp.asarray(counts),
        "energy": energy.mean(axis=1),
        "error": energy.std(axis=1, ddof=1) / config.draws**0.5,
        "expected": jnp.stack(exact),
        **decay(config, keys[1]),
        **logit_gradients(config, keys[2]),
    }


def decay(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """Centred norm under random attention and the product of the layers' gains, (scales, draws, layers)."""
    size, draws = config.attention_tokens, 12
    noise = normal(key, (draws, config.layers, size, size))
    start = token_split(normal(jax.random.fold_in(key, 1), (draws, size, config.width))).centred

    @jax.vmap
    def paths(scale: jax.Array) -> tuple[jax.Array, jax.Array]:
        attention = jax.nn.softmax(scale * noise)

        def step(x: jax.Array, layer: jax.Array) -> tuple[jax.Array, jax.Array]:
            after = layer @ x
            return after, jnp.linalg.norm(token_split(after).centred, axis=(1, 2))

        norms = jax.lax.scan(step, start, jnp.moveaxis(attention, 1, 0))[1]
        return norms.T / jnp.linalg.norm(start, axis=(1, 2))[:, None], jnp.cumprod(centred_gain(attention), axis=1)

    norms, products = paths(jnp.array(config.scales))
    return {"norm": norms, "product": products}


def logit_gradients(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """Norm of the logits' gradient over the spread of the values, and its bound."""
    size, keys = config.attention_tokens, jax.random.split(key, 4)
    shapes = (size, size), (2, size, config.width), (1, config.width)
    logits, (own, upstream), common = normals(keys[:3], shapes)
    spread = jnp.logspace(-3, 0, config.spreads)

    def norm(spread: jax.Array) -> jax.Array:
        loss = lambda z: jnp.sum(upstream * (jax.nn.softmax(z) @ (common + spread * own)))  # noqa: E731
        return jnp.linalg.norm(jax.grad(loss)(logits))

    limit = jnp.linalg.norm(token_split(own).centred, 2) * jnp.linalg.norm(upstream) / 2
    return {"spread": spread, "gradient": jax.vmap(norm)(spread), "limit": limit * spread}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Three log-log panels."""
    figure, (left, middle, right) = new_figure(DOUBLE, 2.5, cols=3)
    for part, (name, color) in enumerate((("coherent", COLORS[1]), ("centred", COLORS[0]))):
        left.plot(arrays["tokens"], arrays["expected"][part], color=color)
        bar = 1.96 * arrays["error"][part]
        left.errorbar(arrays["tokens"], arrays["energy"][part], bar, fmt="o", color=color, label=name)
    small_print(left, "bars: 95 % of the mean")
    left.set(xscale="log", yscale="log", xlabel="tokens $T$", ylabel=r"energy of $\nabla W$")
    layer = 1 + np.arange(config.layers)
    for index, scale in enumerate(config.scales):
        norm, product = arrays["norm"][index], np.median(arrays["product"][index], axis=0)
        middle.plot(layer, product, color=COLORS[index], label=rf"$\prod\|PAP\|_2$, scale {scale:g}")
        centre = np.median(norm, axis=0)
        middle.errorbar(layer, centre, (centre - norm.min(0), norm.max(0) - centre), fmt="o", color=COLORS[index])
    small_print(middle, f"bars: range of {arrays['norm'].shape[1]} draws")
    middle.set(yscale="log", xlabel="layers of attention", ylabel="centred norm, relative")
    right.plot(arrays["spread"], arrays["limit"], color=COLORS[7], label="bound")
    right.plot(arrays["spread"], arrays["gradient"], "o", color=COLORS[0], label="autodiff")
    right.set(
        xscale="log",
        yscale="log",
        xlabel=r"spread $\epsilon$ of the values",
        ylabel=r"$\|\partial L/\partial$logits$\|$",
    )
    for ax in (left, middle, right):
        ax.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
