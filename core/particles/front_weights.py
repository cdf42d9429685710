"""Weights that adapt (Borghi, Herty, Pareschi 2022): the images of the swarm push each other apart along the front.

    u_i' = P( u_i + (τ/N) Σ_j ∇U(g(x_i) - g(x_j)) ),    U(z) = exp(-|z|/ℓ),    P the projection onto the simplex

Fixed weights that are even in the simplex leave the front crowded where it is flat. A larger u_k asks for a smaller
g_k, so weights that go against the repulsion in the space of values move their images along with it.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


def repelled_weights(
    values: Float[Array, "objectives particles"],
    weights: Float[Array, "objectives particles"],
    rate: Real[ArrayLike, ""] = 0.01,
    reach: Real[ArrayLike, ""] = 0.05,
) -> Float[Array, "objectives particles"]:
    """The weights after one step of repulsion; give them to the state of `front_step`, every step or every few.

    Args:
        values: g(x_i).
        weights: u_i, each column in the simplex.
        rate: τ >= 0; small, since a particle whose weights move does not contract.
        reach: ℓ > 0, the distance in values at which neighbours stop to matter; some spacings of the front.

    >>> values, weights = jnp.array([[0.0, 0.1], [1.0, 0.9]]), jnp.array([[0.5, 0.5], [0.5, 0.5]])
    >>> pushed = jax.jit(repelled_weights)(values, weights)
    >>> bool(pushed[0, 0] > 0.5)  # the first wants an even smaller first value
    True
    """
    rate, reach = within("rate", rate, 0), within("reach", reach, 0, strict=True)

    def push(own: Float[Array, " objectives"]) -> Float[Array, " objectives"]:
        apart = own[:, None] - values
        distance = jnp.sqrt(jnp.sum(apart**2, axis=0))
        away = apart / jnp.where(distance > 0, distance, 1)[None]  # a particle does not push itself
        return -jnp.mean(away * jnp.exp(-distance / reach)[None], axis=1) / reach

    moved = weights + rate.astype(weights.dtype) * jax.lax.map(push, values.T, batch_size=min(256, values.shape[1])).T
    return on_simplex(moved)


def on_simplex(points: Float[Array, "objectives particles"]) -> Float[Array, "objectives particles"]:
    """The nearest point of the probability simplex to each column: max(x - t, 0) with the t that makes the sum 1.

    >>> jax.jit(on_simplex)(jnp.array([[2.0, 0.25], [0.0, 0.25]])).tolist()
    [[1.0, 0.5], [0.0, 0.5]]
    """
    falling = jnp.sort(points, axis=0)[::-1]
    count = jnp.arange(1, points.shape[0] + 1, dtype=points.dtype)[:, None]
    level = (jnp.cumsum(falling, axis=0) - 1) / count
    kept = jnp.sum(falling > level, axis=0, keepdims=True)  # entries that stay above 0
    return jnp.maximum(points - jnp.take_along_axis(level, kept - 1, axis=0), 0)
