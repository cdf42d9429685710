"""Global minimisers of deep linear unconstrained-feature models with squared error, for any class sizes.

    f = 1/(2N) ‖W_M ... W_1 H + b 1ᵀ - Y‖² + Σ_m λ_m/2 ‖W_m‖² + λ_H/2 ‖H‖²

over the layers, the features H (d, N) and, where there is one, a bias b that pays no decay. The penalties are not
divided by N or K. Re-derived: layers first (Schatten-Hölder), features next (ridge), then von Neumann's trace
inequality leaves one scalar problem for each eigenvalue ν of the labels' Gram matrix, see `theory.collapse.modes`.

Source: arXiv 2301.00437; the free bias of unequal classes is derived here.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.collapse.modes import mode_cost, mode_root
from theory.door import count, within


class DeepLinearMinimum(NamedTuple):
    """A minimiser, mode by mode; without a bias, mode k is class k.

    Attributes:
        roots: x_k, zero for a dead mode.
        head_energy: w_k², eigenvalues of A Aᵀ: without a bias the squared lengths of its rows.
        mean_energy: h_k²: without a bias the squared lengths of the class means.
        outputs: singular values of A H̄: what the network answers where 1 is asked.
        layer_energy: s_{m,k}², eigenvalues of W_m W_mᵀ.
        value: f*.
    """

    roots: Float[Array, " K"]
    head_energy: Float[Array, " K"]
    mean_energy: Float[Array, " K"]
    outputs: Float[Array, " K"]
    layer_energy: Float[Array, "M K"]
    value: Float[Array, ""]


def collapse_load(
    samples: Real[ArrayLike, ""], decays: Float[ArrayLike, " M"], feature_decay: Real[ArrayLike, ""]
) -> Float[Array, ""]:
    """The price b = M N (N λ_H Π_m λ_m)^(1/M): class k dies globally iff n_k <= b / T1(M).

    >>> round(float(collapse_load(400, jnp.array([5e-4]), 5e-4)), 6)  # M = 1: N² λ_W λ_H
    0.04
    """
    decays = within("decays", decays, 0, strict=True)
    depth = decays.shape[0]
    # a geometric mean in logarithms: a product of fifty decays would underflow in float32
    ridge = jnp.asarray(samples) * within("feature_decay", feature_decay, 0, strict=True)
    log_product = jnp.log(decays).sum() + jnp.log(ridge)
    return depth * jnp.asarray(samples) * jnp.exp(log_product / depth)


def deep_linear_minimum(
    spectrum: Real[ArrayLike, " K"],
    samples: Real[ArrayLike, ""],
    decays: Float[ArrayLike, " M"],
    feature_decay: Real[ArrayLike, ""],
    *,
    rank: int | None = None,
    branch: str = "global",
) -> DeepLinearMinimum:
    """The global minimiser, or with branch="metastable" the local one in which every mode lives as long as it can.

    Args:
        spectrum: ν_k: the class sizes n_k without a bias, `centred_spectrum(n)` with one.
        samples: N.
        decays: λ_1 ... λ_M, first layer first, positive.
        feature_decay: λ_H > 0.
        rank: the smallest width, if below K: the `rank` largest modes stay, of equal ones the first.
        branch: "global" or "metastable".

    >>> import jax
    >>> m = jax.jit(deep_linear_minimum)(jnp.array([200.0, 100.0, 50.0, 50.0]), 400, jnp.full(3, 5e-4), 5e-4)
    >>> [round(float(w) ** 0.5, 3) for w in m.head_energy], round(float(m.value), 7)
    ([7.272, 5.597, 4.301, 4.301], 0.0122184)
    """
    spectrum = within("spectrum", spectrum, 0) * 1.0
    kept, decays = spectrum.shape[0] if rank is None else count("rank", rank, 1), jnp.asarray(decays)
    depth, ridge = decays.shape[0], jnp.asarray(samples) * jnp.asarray(feature_decay)
    total = collapse_load(samples, decays, feature_decay)
    roots = mode_root(total / spectrum, depth, branch)
    if kept < spectrum.shape[0]:
        order = jnp.argsort(-spectrum, stable=True)
        roots = jnp.zeros_like(roots).at[order[:rank]].set(roots[order[:rank]])
    power = roots**depth
    costs = spectrum * mode_cost(roots, 0.0, depth) + total * roots  # keeps ν = 0 finite
    return DeepLinearMinimum(
        roots,
        ridge * power,
        power / (ridge * (1 + power) ** 2),
        power / (1 + power),
        total * roots[None, :] / (depth * samples * decays[:, None]),
        costs.sum() / (2 * samples),
    )


def centred_spectrum(class_sizes: Real[ArrayLike, " K"]) -> tuple[Float[Array, " K"], Float[Array, "K K"]]:
    """Eigenvalues ν (falling, the last is 0) and eigenvectors V of D - n nᵀ / N: the labels' Gram with a free bias.

    The best bias centres the labels. The ν interlace the class sizes; A Aᵀ = V diag(w²) Vᵀ, and with P = I - n 1ᵀ/N the
    class means have H̄ᵀ H̄ = Pᵀ V diag(h²) Vᵀ P; b* = n/N. For equal sizes that is the simplex ETF, else not.

    >>> from jax import jit
    >>> print(" ".join(f"{nu:.2f}" for nu in jit(centred_spectrum)(jnp.full(4, 5.0))[0].tolist()))
    5.00 5.00 5.00 0.00
    """
    sizes = within("class_sizes", class_sizes, 0, strict=True) * 1.0
    values, vectors = jnp.linalg.eigh(jnp.diag(sizes) - jnp.outer(sizes, sizes) / sizes.sum())
    values = jnp.maximum(values[::-1], 0).at[-1].set(0.0)
    return values, vectors[:, ::-1]


def head_gram(minimum: DeepLinearMinimum, vectors: Float[Array, "K K"]) -> Float[Array, "K K"]:
    """A Aᵀ = V diag(w²) Vᵀ; V = I without a bias.

    >>> import jax
    >>> spectrum, vectors = jax.jit(centred_spectrum)(jnp.ones(4))
    >>> m = jax.jit(deep_linear_minimum)(spectrum, 4, jnp.array([0.02]), 0.02)  # w² = √(ν λ_H/λ_W) - N λ_H = 0.92
    >>> [round(x, 4) for x in head_gram(m, vectors).tolist()[0]]  # a simplex: 0.92 (I - J/4)
    [0.69, -0.23, -0.23, -0.23]
    """
    return (vectors * minimum.head_energy[None, :]) @ vectors.T


def mean_gram(
    minimum: DeepLinearMinimum, vectors: Float[Array, "K K"], class_sizes: Real[ArrayLike, " K"]
) -> Float[Array, "K K"]:
    """H̄ᵀ H̄ of the class means under a free bias; the weighted mean of the features is zero.

    >>> import jax
    >>> spectrum, vectors = jax.jit(centred_spectrum)(jnp.ones(4))
    >>> m = jax.jit(deep_linear_minimum)(spectrum, 4, jnp.array([0.02]), 0.02)  # λ_W = λ_H: as the head, so the means
    >>> bool(jnp.allclose(mean_gram(m, vectors, jnp.ones(4)), head_gram(m, vectors), atol=1e-5))
    True
    """
    sizes = jnp.asarray(class_sizes) * 1.0
    centring = jnp.eye(sizes.shape[0]) - jnp.outer(sizes, jnp.ones_like(sizes)) / sizes.sum()
    root = jnp.sqrt(minimum.mean_energy)[:, None] * (vectors.T @ centring)
    return root.T @ root
