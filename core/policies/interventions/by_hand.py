"""A rollout written by hand, to try a method on numbers that can be checked by head."""

import jax
import jax.numpy as jnp
from jaxtyping import ArrayLike, PyTree

from core.policies.interventions.interface import Batch, Context, Effect, Live, neutral


def by_hand(memory: PyTree = (), step: int = 0, **fields: ArrayLike | list) -> tuple[Batch, Effect, Context]:
    """What `Intervention.shape` takes, for two answers of two tokens to one prompt, out of a vocabulary of two.

    Args:
        memory: what the method's rollout before this one left, `method.memory` for the first.
        step: number of the rollout, of a run of two.
        **fields: of `Batch`, broadcast to their shapes; the others are 0, and the mask 1. Nothing follows from
            anything else: an entropy need not be that of the logits.

    Returns:
        The batch, the plain effect with clip bounds 0.8 and 1.2, and the context.

    Examples:
        >>> batch, effect, context = by_hand(advantage=[[1.0], [-1.0]])
        >>> effect.advantage.tolist(), effect.weight.tolist(), context.size
        ([[1.0, 1.0], [-1.0, -1.0]], [[1.0, 1.0], [1.0, 1.0]], 2)
    """
    token, whole, pair = jnp.zeros((2, 2)), jnp.zeros((2, 2), int), jnp.zeros((2, 2, 2))
    answer, one = token[:, 0], jnp.ones_like(token)
    blank = Batch(whole[:, :1], whole, pair, token, token, token, token, pair, answer, token, one, whole[:, 0])
    given = {name: _shaped(value, getattr(blank, name, token)) for name, value in fields.items()}
    batch = blank._replace(**given)
    return batch, neutral(batch, 0.8, 1.2), Context(jnp.asarray(step), 2, 1, 2, jax.random.key(0), memory)


def unmoved(batch: Batch) -> Live:
    """The tokens of a batch under the policy that drew them: what the first update of a rollout sees.

    >>> batch, _, _ = by_hand(entropy=[[0.0, 1.0], [1.0, 2.0]])
    >>> live = unmoved(batch)
    >>> live.entropy.tolist(), live.ratio.tolist()
    ([[0.0, 1.0], [1.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]])
    """
    return Live(batch.logits, batch.log_prob, batch.entropy, jnp.ones_like(batch.log_prob))


def _shaped(value: ArrayLike | list, like: jax.Array) -> jax.Array:
    return jnp.broadcast_to(jnp.asarray(value, like.dtype), like.shape)
