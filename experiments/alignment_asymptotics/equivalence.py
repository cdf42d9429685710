"""In what sense best of N is the tilt: laws of the reward, and divergence between them as words grow.

Left: law of the reward of a word under the policy, under best of N = e^{nD} and under the tilt with the same
divergence. Best of N sits within a few levels of the largest reward that N draws can find, the tilt is as wide as √n.
Right: KL(best of N ‖ tilt) in total and a symbol, and the total variation, against n; dashed ½ log n. Exact.

Shows: a symbol the divergence goes to 0; in total it grows like ½ log n, and the total variation goes to 1.
Source: arXiv 2404.01730, asymptotic equivalence a symbol (re-derived); its limit is derived here.
Cost: smoke 2 s, laptop 4 s, paper 1 min
Run: python -m experiments.alignment_asymptotics.equivalence
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.alignment_asymptotics._words import compare, two_laws
from figures.annotate import direct_labels
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, GREY, INK, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """The left panel shows words of the length `shown`."""

    prob: tuple[float, ...] = (0.5, 0.3, 0.2)
    rate: float = 0.2
    shown: int = 128
    lengths: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256)

    def __post_init__(self) -> None:
        """Refuses more divergence than there is."""
        if not 0 < self.rate < -np.log(self.prob[-1]):
            raise ValueError(f"rate: {self.rate}, must lie between 0 and {-np.log(self.prob[-1]):g}")


PRESETS = {
    "smoke": Config(shown=8, lengths=(2, 4, 8)),
    "laptop": Config(),
    "paper": Config(shown=512, lengths=(2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Three laws (sums) and the comparison by length."""
    return jax.jit(partial(_laws, config))()


def _laws(config: Config) -> dict[str, jax.Array]:
    prob, lengths, rate = jnp.array(config.prob), jnp.array(config.lengths), jnp.array(config.rate)
    capacity = max(config.lengths)
    base, best, tilt = two_laws(prob, jnp.array(config.shown), rate, config.shown)
    table = jax.lax.map(lambda length: compare(prob, length, rate, capacity), lengths)
    return {"base": jnp.exp(base), "best": best, "tilt": tilt, "apart": table["apart"], "variation": table["variation"]}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Laws on the left, distances on the right."""
    figure, (laws, apart) = new_figure(DOUBLE, 2.6, cols=2)
    level = np.arange(len(arrays["base"])) / config.shown
    for name, label, color in (
        ("base", "policy", GREY),
        ("tilt", "tilt", BLUE),
        ("best", r"best of $e^{nD}$", VERMILION),
    ):
        laws.fill_between(level, arrays[name] * config.shown, step="mid", color=color, alpha=0.35, label=label)
    laws.set(xlabel="reward a symbol", ylabel="density", title=f"$n={config.shown}$, $D={config.rate:g}$")
    laws.set_xlim(0, 0.9 * level[-1])
    laws.legend(loc="upper left")
    n = np.array(config.lengths)
    apart.plot(n, arrays["apart"], "o-", color=INK, label="KL in total")
    apart.plot(n, 0.5 * np.log(n), "--", color=INK, linewidth=0.8)
    apart.plot(n, arrays["apart"] / n, "o-", color=GREEN, label="KL a symbol")
    apart.plot(n, arrays["variation"], "o-", color=VERMILION, label="total variation")
    apart.set(xscale="log", xlabel="length $n$", ylabel="best of $N$ from the tilt", ylim=(0, None))
    apart.set_title(r"dashed: $\frac{1}{2}\log n$")
    direct_labels(apart)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
