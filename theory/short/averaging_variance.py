"""Averaging networks that were initialised apart shrinks their weights, and the signal with them.

Weights of variance s² and correlation ρ between any two networks, mixed with weights m_j that sum to 1, have variance
s² (ρ + (1-ρ) Σ m_j²): s²/N when N independent networks are averaged evenly. Gossip applies a mixing matrix M in every
round; over the nodes of a symmetric M the mean of Σ_j (M^t)_ij² is tr(M^{2t})/N, which falls to 1/N at the pace of the
second eigenvalue, squared. Where Xavier's (linear) or He's (rectified) initialisation keeps the energy of a signal from
layer to layer, weights with a share f of that variance multiply it by f: by f^L over L layers.

Source: arXiv 2404.04616.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import concrete, count, within


def mixed_variance(
    weights: Float[ArrayLike, "*n networks"], correlation: Float[ArrayLike, "*#n"] = 0.0
) -> Float[Array, "*n"]:
    """ρ + (1-ρ) Σ m_j²: variance of a mixture over that of one network.

    >>> print(f"{mixed_variance(jnp.full(4, 0.25)):.4f}")
    0.2500

    Args:
        weights: m_j, summing to 1 over networks.
        correlation: ρ between the same weight of any two networks.
    """
    known = concrete(weights)
    if known is not None and abs(known.sum(axis=-1) - 1).max() > 1e-6:
        raise ValueError(f"weights must sum to 1 over networks, but sum to {known.sum(axis=-1)}")
    rho = within("correlation", correlation, 0, 1)
    return rho + (1 - rho) * jnp.sum(jnp.asarray(weights) ** 2, axis=-1)


def metropolis(adjacency: Float[Array, "N N"]) -> Float[Array, "N N"]:
    """Metropolis mixing: M_ij = 1/(1 + max(d_i, d_j)) on edges, d the degrees; the rest on the diagonal; symmetric.

    >>> metropolis(jnp.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    degree = jnp.sum(adjacency, axis=1)
    off = adjacency / (1 + jnp.maximum(degree[:, None], degree[None]))
    return off + jnp.diag(1 - jnp.sum(off, axis=1))


def gossip_variance(mixing: Float[Array, "N N"], rounds: int) -> Float[Array, " rounds"]:
    """The sequence tr(M^{2t})/N for t = 0, ..., rounds - 1 of a symmetric M, from its eigenvalues.

    >>> import numpy as np
    >>> from jax import jit
    >>> ring = (np.eye(5) + np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), -1, axis=1)) / 3
    >>> [round(variance, 4) for variance in jit(gossip_variance, static_argnums=1)(ring, 3).tolist()]
    [1.0, 0.3333, 0.2346]
    """
    times = 2 * jnp.arange(count("rounds", rounds, 1))
    return jnp.mean(jnp.linalg.eigvalsh(mixing)[None] ** times[:, None], axis=1)


def ring_spectrum(nodes: int) -> Float[Array, " N"]:
    """Eigenvalues (1 + 2 cos(2πk/N))/3 of Metropolis mixing on a ring.

    >>> print(ring_spectrum(4).round(4))
    [ 1.      0.3333 -0.3333  0.3333]
    """
    return (1 + 2 * jnp.cos(2 * jnp.pi * jnp.arange(count("nodes", nodes, 3)) / nodes)) / 3


def signal_gain(variance_share: Float[ArrayLike, "*n"], layers: int) -> Float[Array, "*n"]:
    """E|h_L|²/|h_0|² = f^L: N^{-L} after N independent networks were averaged.

    >>> float(signal_gain(0.5, 3))
    0.125
    """
    return within("variance_share", variance_share, 0) ** count("layers", layers)


def restore_spread(weight: Float[Array, "*shape"], target: Float[ArrayLike, ""]) -> Float[Array, "*shape"]:
    """W + (σ_target/σ(W) - 1)(W - W̄): the same mean over entries, and the standard deviation that is wanted.

    >>> restore_spread(jnp.array([1.0, 3.0]), 2.0).tolist()
    [0.0, 4.0]
    """
    centred = weight - jnp.mean(weight)
    spread = jnp.sqrt(jnp.mean(centred**2))
    return weight + (jnp.asarray(target) / spread - 1) * centred


def restored_gain(
    width: int, alignment: Float[ArrayLike, "*#n"], variance_share: Float[ArrayLike, "*#n"]
) -> Float[Array, "*n"]:
    """Energy through one square layer after `restore_spread`: (1 - c/d) d²/(d²-1) + f c/d, of order 1 - c(1-f)/d.

    The mean over entries stays as small as averaging made it, so that a signal along the constant vector misses it.

    Args:
        width: d >= 2.
        alignment: c = (Σ x)²/(d |x|²) of the incoming signal, 1 for a constant one.
        variance_share: f, of the weights before they were rescaled.

    >>> print(f"{restored_gain(2, 0.0, 0.25):.4f} {restored_gain(2, 1.0, 0.25):.4f}")  # (4/3) and (2/3) + 0.25/2
    1.3333 0.7917
    """
    d, c = count("width", width, 2), within("alignment", alignment, 0, 1)
    return (1 - c / d) * d**2 / (d**2 - 1) + jnp.asarray(variance_share) * c / d
