"""Many descents of one unconstrained-feature model, from random starts."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, Real

from core.features.quasi_newton import minimise
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    cross_entropy_loss,
    sample_model,
    squared_loss,
)
from theory.door import within


def descend_from_random(
    key: Key[Array, ""],
    starts: int,
    targets: Float[Array, "K N"],
    widths: Sequence[int],
    penalty: Penalty,
    *,
    biased: Bool[ArrayLike, ""] = False,
    loss: str = "squared",
    spread: Real[ArrayLike, ""] = 0.3,
    steps: Int[ArrayLike, ""] = 600,
) -> tuple[FreeModel, Float[Array, " starts"]]:
    """L-BFGS from `starts` random models, side by side; float64.

    Args:
        key: typed key.
        starts: how many.
        targets: one-hot columns.
        widths: (d, ..., d_{M-1}); the output width K is added.
        penalty: the decays.
        biased: whether there is a free bias.
        loss: "squared" or "cross-entropy".
        spread: standard deviation of the entries of a start.
        steps: at most so many.

    Returns:
        The models, stacked, and their losses.

    >>> penalty = Penalty(jnp.array([0.1]), jnp.array(0.1))
    >>> run = jax.jit(lambda key: descend_from_random(key, 2, jnp.eye(2), (2,), penalty, steps=50))
    >>> _, losses = run(jax.random.key(0))
    >>> [round(float(loss), 4) for loss in losses]  # 2 λ (1 - λ), where σ = 1 - 2 λ in both directions
    [0.18, 0.18]
    """
    within("penalty.layers", penalty.layers, 0)
    within("penalty.features", penalty.features, 0)
    labels = jnp.argmax(targets, axis=0)

    objectives = {
        "squared": lambda model: squared_loss(model, targets, penalty, biased=biased),
        "cross-entropy": lambda model: cross_entropy_loss(model, labels, penalty, biased=biased),
    }
    if loss not in objectives:
        raise ValueError(f"loss is {loss!r}; allowed are {', '.join(objectives)}")

    def descend(key: Key[Array, ""]) -> tuple[FreeModel, Float[Array, ""]]:
        start = sample_model(key, (*widths, targets.shape[0]), targets.shape[1], spread)
        model, value, _ = minimise(objectives[loss], start, steps, slope_norm=1e-10)
        return model, value

    return jax.vmap(descend)(jax.random.split(key, starts))
