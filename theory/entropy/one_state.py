"""Identities of a single softmax state that several training tricks rest on."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float

from theory.door import within
from theory.entropy.softmax import discriminator, softmax_row


def mean_square_score(logits: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch"]:
    """E_{k~p} |∇_z log p_k|² = 1 - Σ p² = 1 - e^{-H_2}: uncertain tokens pull harder on the logits."""
    return 1 - jnp.sum(softmax_row(logits).prob ** 2, axis=-1)


def success_rate(
    logits: Float[ArrayLike, "*batch vocab"], right: Bool[ArrayLike, "*batch vocab"]
) -> Float[Array, "*batch"]:
    """R = P(k is right)."""
    return jnp.sum(softmax_row(logits).prob * jnp.asarray(right), axis=-1)


def half_updates(
    logits: Float[ArrayLike, "*batch vocab"], right: Bool[ArrayLike, "*batch vocab"], *, normalised: bool = False
) -> tuple[Float[Array, "*batch vocab"], Float[Array, "*batch vocab"]]:
    """Expected updates E[A ∇_z log p] from the right samples alone and from the wrong samples alone.

    With rewards ±1 and no baseline both are ∇_z R, because E[∇ log p] = 0: learning from success and learning from
    failure cannot differ in expectation. `normalised` uses group advantages (1[right] - R)/σ with σ² = R (1 - R),
    under which they are (1 - R)/σ ∇R and R/σ ∇R: the same direction, weighted otherwise over prompts.
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
    """∇_z R = p (1[right] - R)."""
    prob, mask = softmax_row(logits).prob, jnp.asarray(right)
    return prob * (mask - jnp.sum(prob * mask, -1, keepdims=True))


def tilted(
    log_base: Float[ArrayLike, "*batch vocab"],
    rewards: Float[ArrayLike, "*batch vocab"],
    strength: Float[ArrayLike, ""],
) -> Float[Array, "*batch vocab"]:
    """π ∝ q e^{βR}: the maximiser of β E[R] - KL(π ‖ q)."""
    return softmax_row(jnp.asarray(log_base) + jnp.asarray(strength) * jnp.asarray(rewards)).prob


def bonus_fixed_point(
    rewards: Float[ArrayLike, "*batch vocab"], bonus: Float[ArrayLike, ""]
) -> Float[Array, "*batch vocab"]:
    """softmax(R / α): where the gradient of E[R] + α H vanishes."""
    return softmax_row(jnp.asarray(rewards) / within("bonus", bonus, 0, strict=True)).prob


def regularised_gradient(
    logits: Float[ArrayLike, "*batch vocab"], rewards: Float[ArrayLike, "*batch vocab"], bonus: Float[ArrayLike, ""]
) -> Float[Array, "*batch vocab"]:
    """∇_z (E[R] + α H) = p (R - R̄) - α S."""
    prob, value = softmax_row(logits).prob, jnp.asarray(rewards)
    centred = value - jnp.sum(prob * value, -1, keepdims=True)
    return prob * centred - jnp.asarray(bonus) * discriminator(logits)
