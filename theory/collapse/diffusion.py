"""Diffusion spectral entropy of idealised data: what a probe should say of collapsed classes.

The probe takes the Gaussian kernel of all pairs of samples, normalises it to a random walk, and returns the entropy, in
bits, of its eigenvalues to the power t.

Source: derived here, for the probe of arXiv 2312.04823.
"""

import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, ArrayLike, Float, Real


def collapsed_diffusion_entropy(
    clusters: Real[ArrayLike, "*#batch"],
    distance: Real[ArrayLike, "*#batch"],
    bandwidth: Real[ArrayLike, "*#batch"],
    steps: Real[ArrayLike, "*#batch"] = 1,
) -> Float[Array, "*#batch"]:
    """Entropy of k point-like clusters of equal size at equal distances D: from log2 k (far apart) to 0 (merged).

    With g = exp(-D²/(2σ²)) the walk has the eigenvalues 1, once, (1 - g)/(1 + (k-1) g), k - 1 times, and 0.

    >>> from jax import jit
    >>> round(float(jit(collapsed_diffusion_entropy)(8, 100.0, 1.0)), 6)
    3.0
    """
    clusters = jnp.asarray(clusters) * 1.0
    leak = jnp.exp(-((jnp.asarray(distance) / bandwidth) ** 2) / 2)
    second = ((1 - leak) / (1 + (clusters - 1) * leak)) ** steps
    total = 1 + (clusters - 1) * second
    entropy = -(xlogy(1 / total, 1 / total) + (clusters - 1) * xlogy(second / total, second / total))
    return entropy / jnp.log(2.0)
