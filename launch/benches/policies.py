"""Eight seeds of group-relative policy optimisation on a table of bandits: together against one by one."""

from collections.abc import Iterator
from functools import partial

import jax
import numpy as np

from core.policies.testbed import bandit_recipe
from core.policies.training import train
from launch.measure import Curve, Line, Peer


def lines(quick: bool) -> Iterator[Line]:
    """One comparison, and the growth in the number of seeds."""
    horizon = 10 if quick else 100
    yield _line(horizon, 8)
    yield from (_growth(horizon, seeds) for seeds in ((1, 4) if quick else (2, 8, 32)))


def _line(horizon: int, seeds: int) -> Line:
    recipe, table = bandit_recipe(jax.random.key(0), horizon=horizon)
    keys = jax.random.split(jax.random.key(1), seeds)
    single = jax.jit(lambda key: train(recipe, table, key)[1]["entropy"])
    together = jax.jit(jax.vmap(lambda key: train(recipe, table, key)[1]["entropy"]))
    return Line(
        f"policies GRPO {seeds} seeds",
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
