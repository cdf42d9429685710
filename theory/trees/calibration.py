"""What to measure, and how, before trusting a prediction: estimators of ρ, γ, β and the effective number of agents.

Source: arXiv 2601.17311.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


class PowerLaw(NamedTuple):
    """A leaf law μ = c x^β fitted to measurements.

    Attributes:
        scale: c.
        exponent: β.
    """

    scale: Float[Array, ""]
    exponent: Float[Array, ""]


def estimate_bias(votes: Real[ArrayLike, "tasks agents"]) -> Float[Array, "agents"]:
    """μ_i, the mean signed correctness (+1 right, -1 wrong) of each agent.

    >>> estimate_bias(jnp.array([[1, 1], [1, -1]])).tolist()
    [1.0, 0.0]
    """
    return jnp.mean(within("votes", votes, -1, 1) * 1.0, axis=0)


def estimate_correlation(votes: Real[ArrayLike, "tasks agents"]) -> Float[Array, ""]:
    """ρ, the mean Pearson correlation between the signed correctness of two agents.

    An agent that is always right, or always wrong, has no correlation and is left out of the mean; with fewer than
    two others the result is NaN.

    >>> from jax import jit
    >>> votes = jnp.array([[1, 1, 1], [1, 1, -1], [-1, -1, 1], [-1, -1, -1]])  # of three pairs one copies
    >>> print(f"{jit(estimate_correlation)(votes):.4f}")
    0.3333
    """
    centred = within("votes", votes, -1, 1) - estimate_bias(votes)[None]
    deviation = jnp.sqrt(jnp.mean(centred**2, axis=0))
    varies = deviation > 0
    scores = jnp.where(varies[None], centred / jnp.where(varies, deviation, 1)[None], 0)
    agents = jnp.sum(varies)
    # (Σ_i z_i)² = Σ_i z_i² + the off-diagonal pairs
    pairs = jnp.where(agents > 1, agents * (agents - 1.0), jnp.nan)
    return (jnp.mean(jnp.sum(scores, axis=1) ** 2) - agents) / pairs


def estimate_fidelity(sent: Real[ArrayLike, "messages"], received: Real[ArrayLike, "messages"]) -> Float[Array, ""]:
    """γ = E[X X̃], the mean agreement of an echo test, whatever the mix of votes that were sent.

    >>> float(estimate_fidelity(jnp.array([1, 1, -1, -1]), jnp.array([1, 1, -1, 1])))  # one flip in four
    0.5
    """
    return jnp.mean(within("sent", sent, -1, 1) * within("received", received, -1, 1) * 1.0)


def estimate_leaf_law(
    compute: Float[ArrayLike, "points"], bias: Float[ArrayLike, "points"], ceiling: Float[ArrayLike, ""] = 1.0
) -> PowerLaw:
    """Fit c and β by least squares of ln μ on ln x, over the points with 0 < μ < ceiling: the clip would flatten it.

    NaN where fewer than two different x remain.

    >>> law = estimate_leaf_law(jnp.array([1.0, 4.0, 99.0]), jnp.array([0.25, 0.5, 1.0]))
    >>> print(f"{law.scale:.4f} {law.exponent:.4f}")
    0.2500 0.5000
    """
    bias = jnp.asarray(bias)
    kept = (bias > 0) & (bias < ceiling)
    x = jnp.log(within("compute", compute, 0, strict=True))
    y = jnp.log(jnp.where(kept, bias, 1))
    centre_x, centre_y = (jnp.sum(part, where=kept) / jnp.sum(kept) for part in (x, y))
    away = x - centre_x
    exponent = jnp.sum(away * y, where=kept) / jnp.sum(away**2, where=kept)
    return PowerLaw(jnp.exp(centre_y - exponent * centre_x), exponent)


def effective_agents(
    agents: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """Kish's N_eff = N/(1 + (N - 1)ρ) <= 1/ρ: as many independent agents would have a mean of the same variance.

    >>> float(effective_agents(9.0, 0.25))
    3.0
    """
    n = within("agents", agents, 1)
    return n / (1 + (n - 1) * within("correlation", correlation, 0, 1))
