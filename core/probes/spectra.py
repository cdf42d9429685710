"""Effective rank and decay of a spectrum of features."""

import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, Float

from core.probes.tally import Moments, moments_covariance


def spectrum_of(moments: Moments, *, centred: bool = True) -> Float[Array, " d"]:
    """Eigenvalues of the covariance, or of E[x xᵀ], falling.

    >>> spectrum_of(Moments(jnp.array(4.0), jnp.zeros(2), jnp.array([[4.0, 0.0], [0.0, 8.0]]))).tolist()
    [2.0, 1.0]
    """
    return jnp.maximum(jnp.linalg.eigvalsh(moments_covariance(moments, centred=centred))[::-1], 0)


def effective_rank(eigenvalues: Float[Array, "*batch d"], *, of: str = "singular") -> Float[Array, "*batch"]:
    """RankMe: exp of the entropy of the normalised spectrum; between 1 and d, and free of scale.

    Args:
        eigenvalues: of a covariance.
        of: "singular" takes their roots (Roy and Vetterli; Garrido et al.), "eigen" takes them as they are.

    >>> round(float(effective_rank(jnp.array([1.0, 1.0, 1.0, 0.0]))), 6)
    3.0
    """
    if of not in ("singular", "eigen"):
        raise ValueError(f"of is {of!r}; allowed are 'singular' and 'eigen'")
    values = jnp.sqrt(eigenvalues) if of == "singular" else eigenvalues
    share = values / jnp.sum(values, axis=-1, keepdims=True)
    return jnp.exp(-jnp.sum(xlogy(share, share), axis=-1))


def spectral_decay(eigenvalues: Float[Array, "*batch d"], first: int, last: int) -> Float[Array, "*batch"]:
    """Alpha-ReQ: α of λ_i ~ i^(-α), least squares of ln λ on ln i over the ranks first..last, counted from 1.

    >>> round(float(spectral_decay(jnp.arange(1.0, 5.0) ** -2, 1, 4)), 4)
    2.0
    """
    if not 1 <= first < last <= eigenvalues.shape[-1]:
        raise ValueError(f"first is {first}, last {last}; allowed are 1 <= first < last <= {eigenvalues.shape[-1]}")
    logs = jnp.log(jnp.maximum(eigenvalues[..., first - 1 : last], jnp.finfo(eigenvalues.dtype).tiny))
    ranks = jnp.log(jnp.arange(first, last + 1, dtype=eigenvalues.dtype))
    ranks = ranks - ranks.mean()
    return -(logs @ ranks) / (ranks @ ranks)
