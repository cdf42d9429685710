"""Identities of a single softmax state that several training tricks rest on.

Source: arXiv 2509.09265, Proposition 1 (mean square score); arXiv 2506.01347 (right and wrong samples; that they cannot
differ is derived here); arXiv 2507.14843 (tilt).
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float

from theory.entropy.softmax import softmax_row


def mean_square_score(logits: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch"]:
    """E_{k~p} |∇_z log p_k|² = 1 - Σ p² = 1 - e^{-H_2}: uncertain tokens pull harder on the logits.

    >>> float(mean_square_score(jnp.zeros(4)))
    0.75
    """
    return 1 - jnp.sum(softmax_row(logits).prob ** 2, axis=-1)


def half_updates(
    logits: Float[ArrayLike, "*batch vocab"], right: Bool[ArrayLike, "*batch vocab"], *, normalised: bool = False
) -> tuple[Float[Array, "*batch vocab"], Float[Array, "*batch vocab"]]:
    """Expected updates E[A ∇_z log p] from the right samples alone and from the wrong samples alone.

    With rewards ±1 and no baseline both are ∇_z R, because E[∇ log p] = 0: learning from success and learning from
    failure cannot differ in expectation. `normalised` uses the group advantages (r - R)/σ of rewards r = 1 and r = 0,
    σ² = R (1 - R), under which they are (1 - R)/σ ∇R and R/σ ∇R: one direction, weighted otherwise over prompts.

    >>> [update.tolist() for update in half_updates(jnp.zeros(2), jnp.array([True, False]))]
    [[0.25, -0.25], [0.25, -0.25]]
    """
    prob, mask = softmax_row(logits).prob, jnp.asarray(right)
    rate = jnp.sum(prob * mask, -1, keepdims=True)
    spread = jnp.sqrt(rate * (1 - rate))
    gain, loss = ((1 - rate) / spread, rate / spread) if normalised else (1.0, 1.0)
    on_right, on_wrong = prob * mask, prob * ~mask
    from_right = gain * (on_right - prob * jnp.sum(on_right, -1, keepdims=True))
    from_wrong = -loss * (on_wrong - prob * jnp.sum(on_wrong, -1, keepdims=True))
    return from_right, from_wrong


def success_gradient(
    logits: Float[ArrayLike, "*batch vocab"], right: Bool[ArrayLike, "*batch vocab"]
) -> Float[Array, "*batch vocab"]:
    """∇_z R = p (r - R), with r = 1 for the right tokens and r = 0 for the others.

    >>> success_gradient(jnp.zeros(4), jnp.array([True, False, False, False])).tolist()
    [0.1875, -0.0625, -0.0625, -0.0625]
    """
    prob, mask = softmax_row(logits).prob, jnp.asarray(right)
    return prob * (mask - jnp.sum(prob * mask, -1, keepdims=True))


def tilted(
    log_base: Float[ArrayLike, "*batch vocab"],
    rewards: Float[ArrayLike, "*batch vocab"],
    strength: Float[ArrayLike, ""],
) -> Float[Array, "*batch vocab"]:
    """π ∝ q e^{βR}: the maximiser of β E[R] - KL(π ‖ q).

    >>> print(tilted(jnp.zeros(2), jnp.array([1.0, 0.0]), jnp.log(3.0)).round(4))
    [0.75 0.25]
    """
    return softmax_row(jnp.asarray(log_base) + jnp.asarray(strength) * jnp.asarray(rewards)).prob
