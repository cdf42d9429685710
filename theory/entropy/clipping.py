"""What a clipped surrogate does to the entropy when the rewards say nothing.

Let rewards be independent of the action, with E[A] = 0 and E[max(A, 0)] = m. The surrogate
E[min(r A, clip(r) A)] then has no gradient but through what it clips: a positive advantage with r > 1 + ε_high is
dropped, and so is a negative one with r < 1 - ε_low. With X = {r < 1 - ε_low} and Y = {r > 1 + ε_high} the expected
step is dz = η m Σ_k p_k (1_X - 1_Y)(e_k - p), so that

    dH = η m { p_X (E_p[S] - E_p[S | X]) - p_Y (E_p[S] - E_p[S | Y]) } + O(η²).

Clipping below counts with one sign and clipping above with the other; tokens of X are mostly rare ones, with S below
its mean, and those of Y frequent ones: this is why the two bounds push the entropy apart.

Source: arXiv 2509.26114, Theorem 1.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within
from theory.entropy.softmax import discriminator, softmax_row


def _clipped_sets(
    logits: Float[ArrayLike, "*batch vocab"],
    old_logits: Float[ArrayLike, "*batch vocab"],
    low: Float[ArrayLike, ""],
    high: Float[ArrayLike, ""],
) -> tuple[Float[Array, "*batch vocab"], Float[Array, "*batch vocab"]]:
    """Indicators of X = {r < 1 - ε_low} and Y = {r > 1 + ε_high}, r = p / p_old."""
    low, high = within("low", low, 0), within("high", high, 0)
    prob, old = softmax_row(logits).prob, softmax_row(old_logits).prob
    return 1.0 * (prob < (1 - low) * old), 1.0 * (prob > (1 + high) * old)


def clipping_step(
    logits: Float[ArrayLike, "*batch vocab"],
    old_logits: Float[ArrayLike, "*batch vocab"],
    low: Float[ArrayLike, ""],
    high: Float[ArrayLike, ""],
    positive_part: Float[ArrayLike, ""],
) -> Float[Array, "*batch vocab"]:
    """The step m {p (1_X - 1_Y) - p (p_X - p_Y)}: the gradient that clipping alone leaves, m = E[max(A, 0)].

    >>> from jax import jit
    >>> z = jnp.log(jnp.array([3.0, 1.0]))  # from (1/2, 1/2) to (3/4, 1/4): clipping alone leads back
    >>> print(jit(clipping_step)(z, jnp.zeros(2), 0.2, 0.2, 1.0).round(4))
    [-0.375  0.375]
    """
    below, above = _clipped_sets(logits, old_logits, low, high)
    force = softmax_row(logits).prob * (below - above)
    return jnp.asarray(positive_part) * (force - softmax_row(logits).prob * jnp.sum(force, -1, keepdims=True))


def change_by_clipping(
    logits: Float[ArrayLike, "*batch vocab"],
    old_logits: Float[ArrayLike, "*batch vocab"],
    low: Float[ArrayLike, ""],
    high: Float[ArrayLike, ""],
    strength: Float[ArrayLike, ""],
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The two terms of dH, that of the lower and that of the upper bound; strength is η m.

    >>> from jax import jit
    >>> lower, upper = jit(change_by_clipping)(jnp.log(jnp.array([3.0, 1.0])), jnp.zeros(2), 0.2, 0.2, 1.0)
    >>> print(f"{lower:.4f} {upper:.4f}")  # (9/128) log 3 each
    0.0772 0.0772
    """
    below, above = _clipped_sets(logits, old_logits, low, high)
    prob, score = softmax_row(logits).prob, discriminator(logits)
    mean = jnp.sum(prob * score, -1, keepdims=True)
    # p_X (E S - E[S|X]) = Σ_X p (E S - S), also where X is empty
    lower = jnp.sum(prob * below * (mean - score), -1)
    upper = -jnp.sum(prob * above * (mean - score), -1)
    return jnp.asarray(strength) * lower, jnp.asarray(strength) * upper
