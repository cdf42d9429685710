"""Where rewarding a token lowers the entropy.

Exact change of the entropy when one logit rises by 1 (left), over the probability p of the token and the entropy H of
its row, and its first order -S = -p (log p + H) (right). Both need nothing of the row but p and H. The black line is
log p = -H, where S changes sign: tokens likelier than e^{-H} sharpen the policy when rewarded, rarer ones spread it. At
a finite bump the exact boundary (dashed) lies lower. Colours end at ±0.4 nats; the greatest falls are four times that.
Grey: no row of the vocabulary has that p and H. Nothing is random.

Shows: one boundary through all of the plane; the two panels differ in sign only in the strip between the two lines.
Source: arXiv 2602.03392, Theorem 3.2 (re-derived), and the exact finite step.
Cost: 2 s
Run: python -m experiments.entropy_dynamics.sign_map
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import entr
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import phase_diagram
from figures.render import render
from figures.style import DOUBLE, INK, new_figure
from theory.entropy.estimators import token_discriminator
from theory.entropy.laws import exact_change_one_logit


@dataclass(frozen=True)
class Config:
    """Resolution of the plane, and the size of the bump."""

    vocabulary: int = 1000
    cells: int = 160
    bump: float = 1.0

    def __post_init__(self):
        if self.vocabulary < 2 or self.cells < 2:
            raise ValueError(f"vocabulary={self.vocabulary}, cells={self.cells}: must be >= 2")


PRESETS = {"smoke": Config(cells=30), "laptop": Config(), "paper": Config(vocabulary=151_936, cells=400)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Changes on the plane (entropies, probabilities)."""
    return jax.jit(partial(_changes, config))()


def _changes(config: Config) -> dict[str, jax.Array]:
    log_prob = jnp.linspace(jnp.log(1e-4), jnp.log(0.98), config.cells)
    entropy = jnp.linspace(0.02, jnp.log(config.vocabulary) - 0.02, config.cells)
    l, h = log_prob[None, :], entropy[:, None]
    p = jnp.exp(l)
    least = entr(p) + entr(1 - p)
    possible = (h >= least) & (h <= least + (1 - p) * jnp.log(config.vocabulary - 1))
    return {
        "probability": jnp.exp(log_prob),
        "entropy": entropy,
        "exact": jnp.where(possible, exact_change_one_logit(l, h, config.bump), jnp.nan),
        "first": jnp.where(possible, -config.bump * token_discriminator(l, h), jnp.nan),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """The exact change and its first order, in the same colours."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=2, sharey=True)
    p, h = arrays["probability"], arrays["entropy"]
    for ax, name, title in zip(axes, ("exact", "first"), ("exact", r"first order, $-\varepsilon S$"), strict=True):
        ax.set(xscale="log", xlim=(p[0], p[-1]), ylim=(h[0], h[-1]))
        phase_diagram(ax, p, h, arrays[name], centre=0.0, label=r"$\Delta H$ (nats)", limits=(-0.4, 0.4))
        edge = h[0] < -jnp.log(p)
        ax.plot(p[edge], -jnp.log(p)[edge], color=INK, lw=1)
        if name == "exact":
            ax.contour(p, h, arrays["exact"], levels=[0.0], colors=INK, linestyles="--", linewidths=0.8)
        ax.set(xlabel=r"probability $p$ of the token", title=f"{title}, $\\varepsilon={config.bump:g}$")
    axes[0].set_ylabel("entropy $H$ of the row (nats)")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("exact", "first"))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
