"""Random trees for claims that are to hold for all of them."""

from functools import partial

import jax
import numpy as np

from core.verify.trial import Trial
from theory.trees.recursion import Tree


def random_trees(trial: Trial, count: int, most: int = 25) -> Tree:
    """Trees of any odd fan-in, fidelity and correlation away from the ends.

    The first of always as many: a key's first numbers don't depend on how many follow, and all claims share a program.
    """
    trees = _random_trees(trial.key, 60 * trial.effort, most)
    return jax.tree.map(lambda part: np.asarray(part)[:count], trees)


@partial(jax.jit, static_argnums=1)
def _random_trees(key: jax.Array, count: int, most: int) -> Tree:
    odd, gamma, rho = jax.random.split(key, 3)
    return Tree(
        2.0 * jax.random.randint(odd, (count,), 1, most) + 1,
        jax.random.uniform(gamma, (count,), minval=0.1, maxval=1.0),
        jax.random.uniform(rho, (count,), maxval=0.9),
    )
