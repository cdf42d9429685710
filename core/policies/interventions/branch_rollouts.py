"""CURE: start some answers again at an uncertain token of another answer.

Slot: P. The last members of each group copy the first members up to one of the most uncertain positions, drawn at
random, and go on from there. Effect: up, by diversity of the samples. Source: arXiv 2508.11016: 4 fresh answers and 3
continuations, forks among the 20 most uncertain positions; its second stage is plain DAPO.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention


def branch_rollouts(continued: int = 3) -> Intervention:
    """`continued` answers of each group are branches; 0 leaves sampling alone.

    A rollout is drawn twice, the second time with the prefixes forced. Forks are uniform over positions: for responses
    of at most 20 tokens, which ours are, that is the paper's rule.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> from core.policies.sampling import Drawn
    >>> def draw(key, written=0, forced=True):  # a first answer is 0 0, what is new in a second one is 1
    ...     return Drawn(jnp.where(forced, written * jnp.ones((2, 2), int), 1), jnp.zeros((2, 2, 2)))
    >>> drawn = jax.jit(lambda key: branch_rollouts(1).sample(draw, key, by_hand()[2]))(jax.random.key(0))
    >>> drawn.responses[:, -1].tolist()  # the second answer branches off, at its last token at the latest
    [0, 1]
    """

    def sample(draw, key, context):
        at_first, at_fork, at_second = jax.random.split(key, 3)
        first = draw(at_first)
        if not continued:
            return first
        rows, length = first.responses.shape
        member = jnp.arange(rows) % context.size
        is_branch = member >= context.size - continued
        parent = jnp.arange(rows) - jnp.where(is_branch, (context.size - continued) % context.size, 0)
        parent = jnp.maximum(parent, jnp.arange(rows) - member)
        fork = jax.random.randint(at_fork, (rows,), 0, length)
        forced = (jnp.arange(length)[None] < fork[:, None]) | ~is_branch[:, None]
        return draw(at_second, written=first.responses[parent], forced=forced)

    return Intervention(sample=sample)
