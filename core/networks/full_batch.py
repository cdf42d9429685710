"""Training on all samples at once by Adam with a cosine schedule, watched at intervals."""

from collections.abc import Callable
from typing import Any

import jax
import optax
from jaxtyping import Array, Float, PyTree


def train_full_batch(
    loss_fn: Callable[[Any], Float[Array, ""]],
    start: PyTree,
    observe: Callable[[Any], PyTree],
    *,
    steps: int,
    records: int,
    rate: float = 3e-3,
) -> tuple[PyTree, PyTree]:
    """Descends and observes `records` times, the start first and the end last.

    Args:
        loss_fn: pure, of the parameters.
        start: the parameters.
        observe: of the parameters; what is to be recorded.
        steps: in all, a multiple of records - 1.
        records: at least 2.
        rate: Adam's first; it falls to zero along a cosine.

    Returns:
        The parameters, and the observations stacked.

    >>> import jax.numpy as jnp
    >>> _, seen = train_full_batch(lambda x: x**2, jnp.array(1.0), lambda x: x, steps=1, records=2, rate=0.1)
    >>> [round(float(x), 4) for x in seen]  # Adam's first step is as long as its rate
    [1.0, 0.9]
    """
    if records < 2 or steps % (records - 1):
        raise ValueError(
            f"records is {records}, steps {steps}; allowed are records >= 2 and steps a multiple of records - 1"
        )
    optimiser = optax.adam(optax.cosine_decay_schedule(rate, steps))

    def step(_, state):
        params, moments = state
        updates, moments = optimiser.update(jax.grad(loss_fn)(params), moments, params)
        return optax.apply_updates(params, updates), moments

    def stretch(state, _):
        state = jax.lax.fori_loop(0, steps // (records - 1), step, state)
        return state, observe(state[0])

    first = observe(start)
    (params, _), seen = jax.lax.scan(stretch, (start, optimiser.init(start)), None, length=records - 1)
    return params, jax.tree.map(lambda a, b: jax.numpy.concatenate([a[None], b]), first, seen)
