"""Eight seeds of group-relative policy optimisation on a table of bandits: together against one by one.

One prompt a rollout is mostly the cost of starting operations, which eight seeds share; 32 are mostly arithmetic.
"""

from collections.abc import Iterator
from functools import partial

import jax
import numpy as np

from core.policies.testbed import bandit_recipe
from core.policies.training import train
from launch.measure import Curve, Line, Peer


def lines(quick: bool) -> Iterator[Line]:
    """A comparison at each size, and the growth in the number of seeds."""
    horizon = 10 if quick else 100
    yield from (_line(horizon, 8, states) for states in (2, 8, 64))
    yield from (_growth(horizon, seeds) for seeds in ((1, 4) if quick else (2, 8, 32)))


def _line(horizon: int, seeds: int, states: int) -> Line:
    recipe, table = bandit_recipe(jax.random.key(0), states=states, horizon=horizon, prompts=states // 2)
    keys = jax.random.split(jax.random.key(1), seeds)
    single = jax.jit(lambda key: train(recipe, table, key)[1]["entropy"])
    together = jax.jit(jax.vmap(lambda key: train(recipe, table, key)[1]["entropy"]))
    return Line(
        f"policies GRPO {seeds} seeds states={states}",
        "µs per rollout",
        float(seeds * horizon),
        lambda: np.asarray(together(keys)),
        Peer(
            "one by one",
            lambda: np.array([single(key) for key in keys]),
            lambda ours, theirs: bool(np.allclose(ours[:, :3], theirs[:, :3], rtol=1e-3)),  # rounding grows later
        ),
        goal="≥ 3x",
    )


def _growth(horizon: int, seeds: int) -> Line:
    recipe, table = bandit_recipe(jax.random.key(0), horizon=horizon)
    keys = jax.random.split(jax.random.key(1), seeds)
    together = jax.jit(jax.vmap(partial(_entropies, recipe, table)))
    return Line(
        f"policies growth seeds={seeds}",
        "µs per rollout",
        float(seeds * horizon),
        lambda: np.asarray(together(keys)),
        curve=Curve("GRPO on bandits", "seeds", seeds, 1.0),
    )


def _entropies(recipe, table, key):
    return train(recipe, table, key)[1]["entropy"]
