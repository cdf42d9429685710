"""NC4: how often the head decides as the nearest class mean does. A second pass, once the means are known."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from core.probes.pairs import centred_means


class Agreement(NamedTuple):
    """Samples seen, and those on which both rules agree."""

    agreed: Int[Array, ""]  # samples on which both rules choose the same class
    seen: Int[Array, ""]  # all samples


def agreement_init() -> Agreement:
    """Nothing seen.

    >>> int(agreement_init().seen)
    0
    """
    return Agreement(jnp.asarray(0, jnp.int32), jnp.asarray(0, jnp.int32))


def agreement_update(
    state: Agreement,
    features: Float[Array, "B d"],
    head: Float[Array, "K d"],
    bias: Float[Array, " K"],
    means: Float[Array, "K d"],
    seen: Bool[Array, " K"],
    *,
    tile: int = 4096,
) -> Agreement:
    """Takes a batch; needs O(B tile) memory.

    Args:
        state: so far.
        features: rows.
        head: W; the rule is argmax W h + b over the classes seen.
        bias: b.
        means: the class means; the rule is argmin ‖h - μ‖.
        seen: which classes have a mean.
        tile: classes at a time.

    >>> features = head = means = jnp.eye(2)
    >>> batch = features, head, jnp.array([0.0, 9.0]), means, jnp.ones(2, bool)
    >>> state = jax.jit(agreement_update)(agreement_init(), *batch)
    >>> int(state.agreed), int(state.seen)  # such a bias decides for the second class every time
    (1, 2)
    """
    by_head = best_class(features, head, jnp.where(seen, bias, -jnp.inf), tile=tile)
    # distances know no offset, but their digits do
    anchor = jnp.sum(jnp.where(seen[:, None], means, 0), axis=0) / jnp.maximum(jnp.sum(seen), 1)
    centred = centred_means(means, seen)
    half = jnp.where(seen, -jnp.sum(centred**2, axis=1) / 2, -jnp.inf)
    by_mean = best_class(features - anchor[None, :], centred, half, tile=tile)
    agreed = jnp.sum(by_head == by_mean, dtype=jnp.int32)
    return Agreement(state.agreed + agreed, state.seen + jnp.asarray(features.shape[0], jnp.int32))


def agreement_rate(state: Agreement) -> Float[Array, ""]:
    """The share of samples on which both rules agree.

    >>> float(agreement_rate(Agreement(jnp.array(3), jnp.array(4))))
    0.75
    """
    return state.agreed / jnp.maximum(state.seen, 1)


def best_class(
    features: Float[Array, "B d"], head: Float[Array, "K d"], bias: Float[Array, " K"], *, tile: int = 4096
) -> Int[Array, " B"]:
    """argmax_k (W h + b)_k, tile by tile; of equals the first.

    >>> best_class(jnp.array([[1.0, 2.0], [3.0, 0.0]]), jnp.eye(2), jnp.zeros(2)).tolist()
    [1, 0]
    """
    classes = head.shape[0]
    tile = min(tile, classes)
    padding = -classes % tile
    heads = jnp.pad(head, ((0, padding), (0, 0))).reshape(-1, tile, head.shape[1])
    biases = jnp.pad(bias, (0, padding), constant_values=-jnp.inf).reshape(-1, tile)

    def look(best, block):
        (value, index), (weight, offset, start) = best, block
        scores = jnp.matmul(features, weight.T, precision=jax.lax.Precision.HIGHEST) + offset[None, :]
        here = jnp.argmax(scores, axis=1)
        top = jnp.take_along_axis(scores, here[:, None], axis=1)[:, 0]
        return (jnp.maximum(value, top), jnp.where(top > value, start + here.astype(jnp.int32), index)), None

    nothing = jnp.full(features.shape[0], -jnp.inf, features.dtype), jnp.zeros(features.shape[0], jnp.int32)
    starts = tile * jnp.arange(heads.shape[0], dtype=jnp.int32)
    (_, index), _ = jax.lax.scan(look, nothing, (heads, biases, starts))
    return index
