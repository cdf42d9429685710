"""A few tokens carry the covariance.

Mean of (log p - mean)(A - mean) over the top share of the tokens, ranked by that covariance, before any reward has
acted. Dots: Table 1 of the paper (Qwen2.5-7B, at its first step). Blue: the base policy of a tiny transformer that
adds three digits (the substitute), batches of 32 prompts x 8 answers x 3 tokens; the band is the central 95 % over
sets of 8 batches, the shares go down to one token of a set. Dashed, exact: a table of 512 bandits, all answers of all
states weighted by their probability, A = (R - p)/σ.

Shows: the top share agrees with the paper to a factor of 2; the bulk does not, since all decisions of the substitutes
matter to the reward and most tokens of a language model do not.
Source: arXiv 2505.22617, Table 1.
Cost: smoke 4 s, laptop 6 s
Run: python -m experiments.entropy_mechanism.covariance_ranks
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.policies.interventions.interface import Context
from core.policies.testbed import sum_policy, sum_recipe
from core.policies.training import rollout, training_init
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import bandit_table
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import Band
from figures.style import BLUE, INK, SINGLE, VERMILION, new_figure
from theory.entropy.estimators import batch_covariance

PUBLISHED = {2e-4: 5.654, 2e-3: 3.112, 2e-2: 1.385, 0.2: 0.351, 0.5: 0.152, 1.0: 0.003}


@dataclass(frozen=True)
class Config:
    """Sets of eight batches of the transformer, and the table of bandits."""

    sets: int = 40
    imitation: int = 600
    states: int = 512
    answers: int = 50

    def __post_init__(self):
        if self.sets < 2:
            raise ValueError(f"sets={self.sets}: must be >= 2 for a band")


PRESETS = {"smoke": Config(2, 5, states=16), "laptop": Config(), "paper": Config(1000, 1000, states=4096)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Mean covariance of the top tokens: sampled (sets, shares), and exact (entries)."""
    at_base, at_rollouts, at_table = jax.random.split(key, 3)
    recipe = sum_recipe()[0]
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)

    def ranked(params, key):
        state = training_init(recipe, params)
        context = Context(state.step, recipe.horizon, recipe.prompts, recipe.size, key, ())
        batch = jax.lax.map(lambda k: rollout(recipe, state, context, k), jax.random.split(key, 8))
        covariance = batch_covariance(batch.log_prob, batch.advantage, batch.mask).ravel()
        return jnp.cumsum(jnp.sort(covariance)[::-1]) / jnp.arange(1, len(covariance) + 1)

    def sampled(params, key):
        return over_devices(run.mesh, partial(ranked, params), jax.random.split(key, config.sets))

    return {"sampled": jax.jit(sampled)(params, at_rollouts)} | jax.jit(partial(_exact, config))(at_table)


def _exact(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """Shares and means of the top entries of the table, weighted by the policy."""
    rewards, table = bandit_table(key, config.states, config.answers)
    log_prob = jax.nn.log_softmax(table)
    weight = jnp.exp(log_prob) / config.states
    success = jnp.sum(jnp.exp(log_prob) * rewards, -1, keepdims=True)
    advantage = (rewards - success) / jnp.sqrt(success * (1 - success))
    covariance = ((log_prob - jnp.sum(weight * log_prob)) * advantage).ravel()  # E[A] = 0
    order = jnp.argsort(-covariance)
    share = jnp.cumsum(weight.ravel()[order])
    return {"share": share, "exact": jnp.cumsum((weight.ravel() * covariance)[order]) / share}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Mean covariance over the share of tokens."""
    figure, ax = new_figure(SINGLE, 2.6)
    sampled = arrays["sampled"]
    share = np.arange(1, sampled.shape[1] + 1) / sampled.shape[1]
    low, middle, high = np.quantile(sampled, (0.025, 0.5, 0.975), axis=0)
    band = Band(middle, low, high, f"band: central 95 % of {len(sampled)} sets of batches")
    line_with_band(ax, share, band, "tiny transformer", BLUE)
    shown = arrays["share"] > 1e-4
    ax.plot(arrays["share"][shown], arrays["exact"][shown], "--", color=VERMILION, label="bandits, exact")
    ax.plot(list(PUBLISHED), list(PUBLISHED.values()), "o", color=INK, label="published, Qwen2.5-7B")
    ax.set(xscale="log", yscale="log", xlim=(1e-4, 1.3), ylim=(2e-3, 30))
    ax.set(xlabel="share of tokens, from the top", ylabel="mean covariance (nats)")
    ax.legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
