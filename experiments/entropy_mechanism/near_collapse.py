"""How many digits of the entropy are left when the policy has almost collapsed.

Relative error of the entropy of one sampled token's distribution, over the entropy itself: ours (streamed, the peak
kept apart), log-sum-exp less the mean logit, as trainers compute it, and -Σ p log p by log-softmax. Logits are float32
or bfloat16, all arithmetic is float32; the exact values are float64 sums of the same rounded logits. Lines: the worst
of some rows; a method that gives 0 or less has an error of 1 or more. Grey: the 1e-5 that we ask for.

Shows: ours keeps five digits and more down to H = 1e-10; log-sum-exp has lost all of them near H = 1e-6, which
reinforcement fine-tuning does reach; -Σ p log p is wrong by some per cent there and below.
Source: arXiv 2505.22617, the entropy of its Figures 1 and 2; the comparison is ours.
Cost: 3 s
Run: python -m experiments.entropy_mechanism.near_collapse
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.figure import Figure

from core.probes.tokens import token_stats
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import BLUE, GREEN, SINGLE, VERMILION, new_figure

METHODS = {"ours": BLUE, "log-sum-exp − ⟨p, z⟩": VERMILION, "−Σ p log p": GREEN}
DTYPES = {"float32": "-", "bfloat16": "--"}


@dataclass(frozen=True)
class Config:
    """Distances of the peak from the rest, each in some rows with the rest spread differently."""

    vocabulary: int = 4096
    least_gap: float = 8.0
    most_gap: float = 36.0
    gaps: int = 29
    rows: int = 16
    peak: float = 20.0  # where the largest logit lies: shifts must not matter, but cost digits


PRESETS = {"smoke": Config(gaps=9, rows=4), "laptop": Config(), "paper": Config(vocabulary=151_936)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    """Exact entropies (dtypes, gaps) and worst relative errors (dtypes, methods, gaps)."""
    exact, errors = [], []
    logits = jax.jit(partial(_all_logits, config))(key)
    measure = jax.jit(partial(jax.lax.map, jax.vmap(lambda z: jnp.stack(entropies(z)))))
    for z in logits:
        truth = np.stack([_exact_entropy(rows) for rows in np.asarray(z, np.float64)])
        exact.append(np.median(truth, axis=1))
        errors.append(np.abs(np.asarray(measure(z), np.float64) / truth[..., None] - 1).max(axis=1).T)
    return {"entropy": np.stack(exact), "error": np.stack(errors)}


def entropies(logits: Float[Array, " vocabulary"]) -> tuple[Float[Array, ""], ...]:
    """The entropy of one distribution by each of the methods, in float32."""
    z = logits.astype(jnp.float32)
    ours = token_stats(logits[None], jnp.array([0])).entropy[0]
    log_p = jax.nn.log_softmax(z)
    return ours, jax.nn.logsumexp(z) - jnp.sum(jax.nn.softmax(z) * z), -jnp.sum(jnp.exp(log_p) * log_p)


def _all_logits(config: Config, key: jax.Array) -> list[Float[Array, "gaps rows vocabulary"]]:
    """The logits, in each of the dtypes."""

    def of_gap(key: jax.Array, gap: Float[Array, ""]) -> Float[Array, "rows vocabulary"]:
        rest = config.peak - gap + jax.random.normal(key, (config.rows, config.vocabulary))
        return rest.at[:, 0].set(config.peak)

    gaps = jnp.linspace(config.least_gap, config.most_gap, config.gaps)
    logits = jax.vmap(of_gap)(jax.random.split(key, config.gaps), gaps)
    return [logits.astype(dtype) for dtype in DTYPES]


def _exact_entropy(z: np.ndarray) -> np.ndarray:
    """Σ p (-log p), the peak's own term by log1p: no subtraction of equal numbers."""
    u = z[:, 1:] - z[:, :1]
    rest = np.exp(u).sum(axis=1)
    return np.log1p(rest) - (np.exp(u) * u).sum(axis=1) / (1 + rest)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Error over entropy, the axis of entropy running down as training does."""
    figure, ax = new_figure(SINGLE, 2.6)
    for row, (dtype, dash) in enumerate(DTYPES.items()):
        for column, (method, color) in enumerate(METHODS.items()):
            error = np.maximum(arrays["error"][row, column], 1e-9)
            ax.plot(arrays["entropy"][row], error, dash, color=color, label=f"{method}, {dtype}")
    ax.axhline(1e-5, color="0.5", linewidth=0.6)
    ax.set(xscale="log", yscale="log", xlabel="entropy $H$ (nats)", ylabel="relative error of $H$")
    ax.set_ylim(3e-9, 30)
    ax.invert_xaxis()
    ax.legend(loc="center right", fontsize=6)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
