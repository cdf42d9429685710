"""How fast the first-order laws become exact.

Root mean square over random rows of what the laws leave over: for a single logit, dH = -ε S_k, for a sampled-token
step, dH = -α (S_k - E S), and for the single logit after its closed second-order term is taken off too. Rows: normal
logits with log-normal scales (one fixed set; the slopes come from all of them together). The realised change is
recomputed as -Σ p log p, in float64: exact but for rounding.

Shows: slopes 2, 2 and 3 over three decades.
Source: arXiv 2602.03392, Theorems 3.2 and 3.3 (re-derived); second order and exact step are ours.
Cost: 2 s
Run: python -m experiments.entropy_dynamics.residual_order
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import order_plot
from figures.render import render
from figures.style import COLORS, SINGLE, new_figure
from theory.entropy.laws import change_one_logit, change_sampled_token, second_change_one_logit
from theory.entropy.softmax import entropy, log_prob

LAWS = ("one logit", "sampled token", "one logit, 2nd order")


@dataclass(frozen=True)
class Config:
    """Rows to average over, and the step sizes."""

    rows: int = 2000
    vocabulary: int = 50
    smallest: float = 1e-4
    largest: float = 3e-2
    points: int = 10


PRESETS = {"smoke": Config(rows=100), "laptop": Config(), "paper": Config(rows=20_000, vocabulary=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Residuals (laws, steps)."""
    return jax.jit(partial(_laws, config))(key)


def _laws(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    keys = jax.random.split(key, 3)
    scale = jnp.exp(0.7 * jax.random.normal(keys[0], (config.rows, 1)))
    logits = 2 * scale * jax.random.normal(keys[1], (config.rows, config.vocabulary))
    steps = jnp.geomspace(config.smallest, config.largest, config.points)
    over_steps = jax.vmap(_residuals, (None, None, 0), out_axes=1)
    return {"step": steps, "residual": over_steps(logits, jax.random.categorical(keys[2], logits), steps)}


def _residuals(logits: jax.Array, token: jax.Array, step: jax.Array) -> jax.Array:
    """Root mean squares of what each law leaves over."""
    hot, prob, size = jax.nn.one_hot(token, logits.shape[1]), jax.nn.softmax(logits), jnp.full(len(logits), step)

    def plain(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), axis=-1)

    bump, push = (plain(logits + step * d) - plain(logits) for d in (hot, hot - prob))
    first = bump - change_one_logit(logits, token, size)
    sampled = push - change_sampled_token(logits, token, size)
    second = first - step**2 / 2 * second_change_one_logit(log_prob(logits, token), entropy(logits))
    return jnp.stack([jnp.sqrt(jnp.mean(x**2)) for x in (first, sampled, second)])


def draw(config: Config, arrays: Arrays) -> Figure:
    """Log-log, one line a law."""
    figure, ax = new_figure(SINGLE, 3.0)
    for index, (law, slope) in enumerate(zip(LAWS, (2, 2, 3), strict=True)):
        order_plot(ax, arrays["step"], arrays["residual"][index], slope, law, COLORS[index], floor=1e-13)
    ax.set(xlabel=r"step $\varepsilon$ or $\alpha$", ylabel=r"r.m.s. residual of $\Delta H$ (nats)")
    ax.get_legend().remove()  # it would cover data
    figure.legend(loc="outside lower center")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
