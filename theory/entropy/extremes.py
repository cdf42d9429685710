"""How large the discriminator can be: its exact range for every vocabulary.

Given p_k = q, the entropy lies between h(q), all the rest on one token, and h(q) + (1 - q) log(V - 1), the rest
spread evenly. Since log q + h(q) = (1 - q) log(q / (1 - q)), with q = σ(x) both ends of S = q (log q + H) are

    S = σ(x) σ(-x) (x + L),    L = 0 for the lower end and L = log(V - 1) for the upper one.

Stationary where (x + L) tanh(x/2) = 1, with one root x > 0; the lower end is that of two tokens with its sign flipped.

Source: derived here, for the S_* of arXiv 2602.03392.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within

_HALVINGS = 70  # of an interval of width 2: beyond float64


def _peak(spread: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Maximum over x of σ(x) σ(-x) (x + spread), and the q = σ(x) where it is."""

    def halve(_, ends):
        low, high = ends
        x = (low + high) / 2
        before = (x + spread) * jnp.tanh(x / 2) < 1
        return jnp.where(before, x, low), jnp.where(before, high, x)

    low = jnp.zeros_like(spread)  # the root for two tokens, 1.543, is the largest
    x = jax.lax.fori_loop(0, _HALVINGS, halve, (low, low + 2))[0]
    q = jax.nn.sigmoid(x)
    return q * (1 - q) * (x + spread), q


def discriminator_range(vocabulary: Real[ArrayLike, "*batch"]) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The smallest and the largest S_k = p_k (log p_k + H) that a softmax over V >= 2 tokens can have.

    >>> low, high = discriminator_range(151_936)
    >>> print(f"{low:.4f} {high:.4f}")
    -0.2239 3.0036
    """
    size = within("vocabulary", vocabulary, low=2) * 1.0
    return -_peak(jnp.zeros_like(size))[0], _peak(jnp.log(size - 1))[0]


def extreme_probabilities(
    vocabulary: Real[ArrayLike, "*batch"],
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The p_k at which the smallest and the largest S_k occur.

    >>> low, high = extreme_probabilities(151_936)
    >>> print(f"{low:.2f} {high:.2f}")
    0.18 0.54
    """
    size = within("vocabulary", vocabulary, low=2) * 1.0
    return 1 - _peak(jnp.zeros_like(size))[1], _peak(jnp.log(size - 1))[1]
