"""Random trees for claims that are to hold for all of them."""

import jax

from core.verify.trial import Trial
from theory.trees.recursion import Tree


def random_trees(trial: Trial, count: int, most: int = 25) -> Tree:
    """Trees of any odd fan-in, fidelity and correlation away from the ends."""
    odd, gamma, rho = jax.random.split(trial.key, 3)
    return Tree(
        2.0 * jax.random.randint(odd, (count,), 1, most) + 1,
        jax.random.uniform(gamma, (count,), minval=0.1, maxval=1.0),
        jax.random.uniform(rho, (count,), maxval=0.9),
    )
