"""Features that follow their gradient, or the nearest good ones: flow and proximal step of the reduced loss."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from core.features.quasi_newton import minimise
from theory.collapse.proximity import flow_velocity, reduced_loss


def feature_flow(
    features: Float[Array, "d N"],
    classes: int,
    head_decay: Real[ArrayLike, ""],
    feature_decay: Real[ArrayLike, ""],
    *,
    duration: float,
    records: int,
    substeps: int = 20,
) -> tuple[Float[Array, " records"], Float[Array, "records d N"]]:
    """dH/dt = -K n ∇L(H) by the classical Runge-Kutta method, at equally spaced times from 0 on.

    Args:
        features: H(0), in blocks of n columns a class.
        classes: K.
        head_decay: λ_W.
        feature_decay: λ_H.
        duration: the last time.
        records: how many times, the first and last included.
        substeps: steps between two records.

    >>> from theory.collapse.proximity import collapsed_features
    >>> rest = collapsed_features(2, 2, 1, 0.1, 0.1)
    >>> times, path = feature_flow(rest, 2, 0.1, 0.1, duration=1.0, records=2, substeps=2)
    >>> bool(jnp.allclose(path[1], rest, atol=1e-5))  # at the least loss nothing moves
    True
    """
    if records < 2 or substeps < 1:
        raise ValueError(f"records is {records}, substeps {substeps}; allowed are >= 2 and >= 1")
    step = duration / ((records - 1) * substeps)

    def velocity(h):
        return flow_velocity(h, classes, head_decay, feature_decay)

    def advance(h, _):
        first = velocity(h)
        second = velocity(h + step / 2 * first)
        third = velocity(h + step / 2 * second)
        return h + step / 6 * (first + 2 * second + 2 * third + velocity(h + step * third)), None

    def between(h, _):
        return jax.lax.scan(advance, h, None, length=substeps)[0], h

    last, path = jax.lax.scan(between, features, None, length=records - 1)
    return jnp.linspace(0, duration, records), jnp.concatenate([path, last[None]])


def proximal_features(
    anchor: Float[Array, "d N"],
    classes: int,
    head_decay: Real[ArrayLike, ""],
    feature_decay: Real[ArrayLike, ""],
    pull: Real[ArrayLike, ""],
    *,
    steps: int = 400,
) -> Float[Array, "d N"]:
    """argmin_H of L(H) + β/(2Kn) ‖H - H0‖², by L-BFGS from H0 = `anchor`.

    >>> from theory.collapse.proximity import collapsed_features
    >>> rest = collapsed_features(2, 2, 1, 0.1, 0.1)
    >>> bool(jnp.allclose(proximal_features(rest, 2, 0.1, 0.1, 1.0, steps=3), rest, atol=1e-3))
    True
    """

    def loss(features):
        away = jnp.sum((features - anchor) ** 2) / (2 * anchor.shape[1])
        return reduced_loss(features, classes, head_decay, feature_decay) / (1 + pull) + pull / (1 + pull) * away

    return minimise(loss, anchor, steps, slope_norm=1e-14)[0]
