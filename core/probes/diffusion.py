"""Diffusion spectral entropy of samples, in bits, and what a label takes away from it.

Source: Liao et al., arXiv 2312.04823, and the authors' code.

A statistic of a sample, of O(N³): it can't be merged. Keep a random sample of some thousand rows.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, Real


def diffusion_entropy(
    points: Float[Array, "N d"],
    bandwidth: Real[ArrayLike, ""],
    steps: Real[ArrayLike, ""] = 1,
    *,
    counted: Bool[Array, " N"] | None = None,
    anisotropy: int = 0,
) -> Float[Array, ""]:
    """Entropy of the eigenvalues, to the power t, of the random walk on a Gaussian kernel.

    Args:
        points: rows.
        bandwidth: σ of exp(-‖x - y‖²/(2σ²)).
        steps: t; above 1 noise is forgotten.
        counted: which rows take part; all by default.
        anisotropy: 0 walks on the kernel itself, as the authors' code does; 1 divides out the density first.

    >>> round(float(jax.jit(diffusion_entropy)(100 * jnp.eye(4), 1.0)), 4)  # four points that never meet: log₂ 4
    2.0
    """
    if points.ndim != 2 or anisotropy not in (0, 1):
        raise ValueError(f"points has shape {points.shape}, anisotropy is {anisotropy}; allowed are (N, d) and 0 or 1")
    counted = jnp.ones(points.shape[0], bool) if counted is None else counted
    points = points - points.mean(0)[None, :]
    norms = jnp.sum(points**2, axis=1)
    inner = jnp.matmul(points, points.T, precision=jax.lax.Precision.HIGHEST)
    square = jnp.maximum(norms[:, None] + norms[None, :] - 2 * inner, 0)
    kernel = jnp.exp(-square / (2 * jnp.asarray(bandwidth) ** 2)) * (counted[:, None] & counted[None, :])
    for power in (1.0,) * anisotropy + (0.5,):
        degree = jnp.where(counted, kernel.sum(1), 1) ** -power
        kernel = kernel * degree[:, None] * degree[None, :]
    share = jnp.abs(jnp.linalg.eigvalsh(kernel)) ** steps
    share = share / share.sum()
    return -jnp.sum(xlogy(share, share)) / jnp.log(2.0)


def diffusion_information(
    key: Key[Array, ""],
    points: Float[Array, "N d"],
    labels: Int[Array, " N"],
    classes: int,
    bandwidth: Real[ArrayLike, ""],
    steps: Real[ArrayLike, ""] = 1,
) -> Float[Array, ""]:
    """Diffusion spectral mutual information with the labels.

    Mean over samples of the entropy of a random subset as large as the sample's class, less that of the class: log₂ K
    for K collapsed classes that lie far apart, of any sizes, where each of the subsets meets all of them.

    >>> import numpy as np
    >>> points, labels = 100 * np.repeat(np.eye(2), 4, axis=0), np.repeat(np.arange(2), 4)
    >>> information = jax.jit(diffusion_information, static_argnums=3)(jax.random.key(0), points, labels, 2, 1.0)
    >>> round(float(information), 4)  # two collapsed classes far apart: log₂ 2
    1.0
    """
    if classes < 2:
        raise ValueError(f"classes is {classes}; allowed is a whole number >= 2")
    shuffled = jax.random.permutation(key, labels)

    def entropies(names: Int[Array, " N"]) -> Float[Array, " K"]:
        return jax.lax.map(
            lambda c: diffusion_entropy(points, bandwidth, steps, counted=names == c), jnp.arange(classes)
        )

    counts = jnp.zeros(classes, points.dtype).at[labels].add(1.0, mode="drop")
    gain = jnp.where(counts > 0, entropies(shuffled) - entropies(labels), 0)
    return jnp.sum(counts * gain) / jnp.sum(counts)
