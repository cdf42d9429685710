"""What Theorem 1 keeps of the baseline.

The exact law subtracts E S = Σ_j p_j S_j from the discriminator of the sampled token; moving the sampled logit alone
keeps only its own term p_k S_k. Left: both, over the probability of the sampled token, in a row of two tokens (exact:
E S = (2p - 1) S and S_2 = -S). Right: their ratio on sampled tokens of synthetic rows (500 tokens, Zipf-like tails).

Shows: the kept term has the wrong sign for the less likely of two tokens; on rows the kept share goes from about 0 for
rare tokens, where Theorem 1 and the exact law part, to 1 for dominant ones, by way of up to a quarter too much.
Source: arXiv 2510.10150, Theorem 1; the comparison is ours.
Cost: 2 s
Run: python -m experiments.steer.dropped_baseline
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.steer._rows import population
from figures.annotate import panel_letters
from figures.render import render
from figures.style import BLUE, DOUBLE, VERMILION, new_figure
from theory.entropy.softmax import at_token, discriminator, expected_discriminator, log_prob


@dataclass(frozen=True)
class Config:
    """How many synthetic tokens."""

    tokens: int = 2000


PRESETS = {"smoke": Config(50), "laptop": Config(), "paper": Config(20_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Own and whole baseline along the rows of two tokens, and for sampled tokens."""
    return jax.jit(partial(_baselines, config))(key)


def _baselines(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    p = jnp.linspace(1e-4, 1 - 1e-4, 300)
    rows = jnp.log(jnp.stack([p, 1 - p], axis=1))
    logits, token, _ = population(key, config.tokens)
    prob = jnp.exp(log_prob(logits, token))
    return {
        "p": p,
        "own": p * discriminator(rows)[:, 0],
        "whole": expected_discriminator(rows),
        "sampled_p": prob,
        "sampled_share": prob * at_token(discriminator(logits), token) / expected_discriminator(logits),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """The baseline and its kept part; the share on sampled tokens."""
    figure, (left, right) = new_figure(DOUBLE, 2.4, cols=2)
    left.plot(arrays["p"], arrays["whole"], color=BLUE, label=r"$\mathrm{E}\,S=\sum_j p_j S_j$")
    left.plot(arrays["p"], arrays["own"], color=VERMILION, label="kept, $p_k S_k$")
    left.set(xlabel="probability $p_k$ of the sampled token", ylabel="baseline (nats)")
    left.legend(loc="upper center")
    right.plot(arrays["sampled_p"], arrays["sampled_share"], ".", color=BLUE, markersize=2, alpha=0.5, rasterized=True)
    right.set(xlabel="probability $p_k$ of the sampled token", ylabel=r"kept share $p_k S_k/\mathrm{E}\,S$")
    panel_letters((left, right))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
