"""What a reward that is right or wrong can do to a policy, and what it leaves alone.

The tilt π_β ∝ q e^{βR}, R = 1 or 0 (the optimum of β E[R] - KL(π ‖ q), and what any number of exact natural-gradient
steps gives) moves mass between right and wrong and nothing else: the laws among the right and among the wrong answers
stay. So success is ρ_β = σ(logit ρ + β), and with the entropies H_R and H_W of those two laws

    H(ρ) = h(ρ) + ρ H_R + (1 - ρ) H_W,    dH/dρ = logit(1 - ρ) + H_R - H_W.

The entropy rises up to ρ* = σ(H_R - H_W), where it is log(e^{H_R} + e^{H_W}), and falls after it.

Source: arXiv 2507.14843.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import entr, logit
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


def tilted_success(success: Float[ArrayLike, "*#n"], strength: Float[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """ρ_β = ρ e^β / (1 + ρ (e^β - 1)): zero stays zero.

    >>> print(f"{tilted_success(0.2, 2.0):.4f}")
    0.6488
    """
    return jax.nn.sigmoid(logit(within("success", success, 0, 1)) + jnp.asarray(strength))


def split_entropy(
    success: Float[ArrayLike, "*#n"], right: Float[ArrayLike, "*#n"], wrong: Float[ArrayLike, "*#n"]
) -> Float[Array, "*#n"]:
    """H = h(ρ) + ρ H_R + (1 - ρ) H_W.

    >>> print(f"{split_entropy(0.25, 0.0, jnp.log(3.0)):.4f}")  # one right, three wrong, all alike: log 4
    1.3863
    """
    rho = within("success", success, 0, 1)
    return entr(rho) + entr(1 - rho) + rho * within("right", right, 0) + (1 - rho) * within("wrong", wrong, 0)


def entropy_peak(
    right: Float[ArrayLike, "*#n"], wrong: Float[ArrayLike, "*#n"]
) -> tuple[Float[Array, "*#n"], Float[Array, "*#n"]]:
    """The success ρ* = σ(H_R - H_W) up to which learning raises the entropy, and the entropy log(e^{H_R} + e^{H_W}).

    >>> print(" ".join(f"{x:.4f}" for x in entropy_peak(0.0, jnp.log(3.0))))  # one right, three wrong: 1/4 and log 4
    0.2500 1.3863
    """
    first, second = within("right", right, 0), within("wrong", wrong, 0)
    return jax.nn.sigmoid(first - second), jnp.logaddexp(first, second)


def pass_at(success: Float[ArrayLike, "*#n"], draws: Real[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """1 - (1 - ρ)^k: the chance that one of k answers is right.

    >>> print(f"{pass_at(0.5, 2):.4f}")
    0.7500
    """
    return -jnp.expm1(within("draws", draws, 0) * jnp.log1p(-within("success", success, 0, 1)))


def gradient_drift(
    first: Float[ArrayLike, "*#n"], second: Float[ArrayLike, "*#n"], success: Float[ArrayLike, "*#n"]
) -> Float[Array, "*#n"]:
    """Drift (p_a - p_b)(1 - ρ) of log(p_a/p_b) for two right answers along the softmax policy gradient.

    The tilt leaves the ratio alone; the plain gradient, dz = p (R - ρ), makes the more frequent one more frequent.

    >>> float(gradient_drift(0.5, 0.25, 0.75))
    0.0625
    """
    return (jnp.asarray(first) - jnp.asarray(second)) * (1 - within("success", success, 0, 1))
