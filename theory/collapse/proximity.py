"""Features that want to collapse but stay near what the layers below made: the proximity model and its flow.

Balanced, n samples in each of K classes, in blocks of n columns; targets Y = I_K ⊗ 1_nᵀ:

    f(W, H; H0) = ‖W H - Y‖²/(2Kn) + λ_W ‖W‖²/(2K) + λ_H ‖H‖²/(2Kn) + β ‖H - H0‖²/(2Kn)

L(H) is f without the last term at its best head. The penalties are those of `deep_linear` for one layer when there
λ_W/K and λ_H/(Kn) are put in.

Source: arXiv 2210.16658, Theorems 3.1 (flow) and 4.2 (near collapse); the exact map and attenuation are derived here.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, within


class Scatter(NamedTuple):
    """Traces of the covariances of features.

    Attributes:
        within: tr Σ_W, of the samples about their class means.
        between: tr Σ_B, of the class means about their mean.
    """

    within: Float[Array, ""]
    between: Float[Array, ""]


def _block_targets(classes: int, per_class: int) -> Float[Array, "K N"]:
    """Y = I_K ⊗ 1_nᵀ."""
    return jnp.kron(jnp.eye(classes), jnp.ones((1, per_class)))


def best_head(features: Float[Array, "d N"], classes: int, head_decay: Real[ArrayLike, ""]) -> Float[Array, "K d"]:
    """W*(H) = Y Hᵀ (H Hᵀ + n λ_W I)⁻¹.

    >>> best_head(jnp.eye(2), 2, 1.0).tolist()  # one sample a class: I/(1 + λ_W)
    [[0.5, 0.0], [0.0, 0.5]]
    """
    dimension, samples = features.shape
    per_class = samples // classes
    ridge = features @ features.T + per_class * head_decay * jnp.eye(dimension)
    sums = features.reshape(dimension, classes, per_class).sum(2)
    return jnp.linalg.solve(ridge, sums).T


def reduced_loss(
    features: Float[Array, "d N"], classes: int, head_decay: Real[ArrayLike, ""], feature_decay: Real[ArrayLike, ""]
) -> Float[Array, ""]:
    """L(H) = min_W f(W, H) without the proximity term.

    >>> float(reduced_loss(jnp.eye(2), 2, 1.0, 0.0))  # half residual, half head
    0.25
    """
    samples = features.shape[1]
    head = best_head(features, classes, head_decay)
    residual = head @ features - _block_targets(classes, samples // classes)
    return (
        jnp.sum(residual**2) / (2 * samples)
        + head_decay * jnp.sum(head**2) / (2 * classes)
        + feature_decay * jnp.sum(features**2) / (2 * samples)
    )


def flow_velocity(
    features: Float[Array, "d N"], classes: int, head_decay: Real[ArrayLike, ""], feature_decay: Real[ArrayLike, ""]
) -> Float[Array, "d N"]:
    """dH/dt = -K n ∇L(H) = -(W*ᵀ (W* H - Y) + λ_H H); W* is stationary, so its own motion adds nothing.

    >>> h = collapsed_features(2, 2, 1, 0.25, 0.25)
    >>> bool(jnp.allclose(flow_velocity(h, 2, 0.25, 0.25), 0, atol=1e-6))
    True
    """
    head = best_head(features, classes, head_decay)
    residual = head @ features - _block_targets(classes, features.shape[1] // classes)
    return -(head.T @ residual + feature_decay * features)


def class_scatter(features: Float[Array, "d N"], classes: int) -> Scatter:
    """Traces of Σ_W and Σ_B; their quotient is ÑC1.

    >>> [float(x) for x in jax.jit(class_scatter, static_argnums=1)(jnp.array([[1.0, 3.0, -1.0, -3.0]]), 2)]  # means ±2
    [1.0, 4.0]
    """
    dimension, samples = features.shape
    blocks = features.reshape(dimension, classes, samples // classes)
    means = blocks.mean(2)
    spread = jnp.sum((blocks - means[:, :, None]) ** 2) / samples
    return Scatter(spread, jnp.sum((means - means.mean(1, keepdims=True)) ** 2) / classes)


def collapsed_features(
    dimension: int, classes: int, per_class: int, head_decay: Real[ArrayLike, ""], feature_decay: Real[ArrayLike, ""]
) -> Float[Array, "d N"]:
    """H* on the first K axes: orthogonal class means of squared length (1 - c)√(λ_W/λ_H), c = √(λ_W λ_H) < 1.

    >>> [round(float(x) ** 2, 4) for x in collapsed_features(2, 2, 1, 0.25, 0.25)[0]]  # 1 - c = 3/4
    [0.75, 0.0]
    """
    if count("dimension", dimension, 1) < classes:
        raise ValueError(f"dimension must be >= classes = {classes}, but came as {dimension}")
    head_decay, feature_decay = _decays(head_decay, feature_decay)
    balance = within("head_decay * feature_decay", head_decay * feature_decay, 0, 1, strict=True)
    energy = (1 - jnp.sqrt(balance)) * jnp.sqrt(head_decay / feature_decay)
    return jnp.sqrt(energy) * jnp.kron(jnp.eye(dimension, classes), jnp.ones((1, per_class)))


def collapse_map(
    features: Float[Array, "d N"],
    classes: int,
    head_decay: Real[ArrayLike, ""],
    feature_decay: Real[ArrayLike, ""],
    pull: Real[ArrayLike, ""],
) -> Float[Array, "N d N d"]:
    """F with δH = F δH0: how the minimiser near a collapsed H* answers a displacement of the features it is tied to.

    F = β (K n ∇²L + β I)⁻¹, exact to first order for every β. Sample-major, so that F[i, :, j, :] is the block by
    which sample j moves sample i. Forms all (Nd)² numbers.

    Args:
        features: H*, a minimiser of L.
        classes: K.
        head_decay: λ_W.
        feature_decay: λ_H.
        pull: β > 0.

    >>> h = collapsed_features(3, 2, 2, 0.25, 0.25)
    >>> F = jax.jit(collapse_map, static_argnums=1)(h, 2, 0.25, 0.25, 1.0)
    >>> print(f"{F[0, 2, 0, 2] - F[0, 2, 1, 2]:.4f}")  # within a class and outside the head: 1/(1 + λ_H/β)
    0.8000
    """
    dimension, samples = features.shape

    def velocity(flat):
        moved = flat.reshape(samples, dimension).T
        return -flow_velocity(moved, classes, head_decay, feature_decay).T.reshape(-1)

    hessian = jax.jacfwd(velocity)(features.T.reshape(-1))
    size = samples * dimension
    answer = jnp.linalg.inv(jnp.eye(size) + (hessian + hessian.T) / (2 * pull))
    return answer.reshape(samples, dimension, samples, dimension)


def within_attenuation(
    head_decay: Real[ArrayLike, "*#batch"],
    feature_decay: Real[ArrayLike, "*#batch"],
    pull: Real[ArrayLike, "*#batch"],
    head_share: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """Quotient tr Σ_W(H) / tr Σ_W(H0) near collapse: p (1 + √(λ_H/λ_W)/β)⁻² + (1 - p)(1 + λ_H/β)⁻², to first order.

    Displacements within a class leave the head alone. In its row space they meet λ_H + w² = √(λ_H/λ_W), outside λ_H.

    Args:
        head_decay: λ_W.
        feature_decay: λ_H with λ_W λ_H < 1.
        pull: β.
        head_share: p, the share of the within-class energy of H0 that lies in the row space of the head.

    >>> print(f"{within_attenuation(2.0, 0.1, 10.0, 0.5):.4f}")
    0.9685
    """
    head_decay, feature_decay = _decays(head_decay, feature_decay)
    pull = within("pull", pull, 0, strict=True)
    share = within("head_share", head_share, 0, 1)
    inside = (1 + jnp.sqrt(feature_decay / head_decay) / pull) ** -2
    return share * inside + (1 - share) * (1 + feature_decay / pull) ** -2


def near_collapse_levels(
    head_decay: Real[ArrayLike, ""], feature_decay: Real[ArrayLike, ""], pull: Real[ArrayLike, ""]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """First order in 1/β: the smallest singular value of a diagonal class block, and the one of an off-diagonal block.

    1 - √(λ_H/λ_W)/β and 2 λ_H (1 - √(λ_W λ_H))/β.

    >>> [round(float(x), 4) for x in near_collapse_levels(1.0, 0.25, 10.0)]
    [0.95, 0.025]
    """
    head_decay, feature_decay = _decays(head_decay, feature_decay)
    smallest = 1 - jnp.sqrt(feature_decay / head_decay) / jnp.asarray(pull)
    return smallest, 2 * feature_decay * (1 - jnp.sqrt(head_decay * feature_decay)) / jnp.asarray(pull)


def _decays(head: Real[ArrayLike, "*#batch"], feature: Real[ArrayLike, "*#batch"]) -> tuple[Array, Array]:
    """λ_W > 0 and λ_H >= 0, checked one by one: a product of two negative ones would pass."""
    return within("head_decay", head, 0, strict=True), within("feature_decay", feature, 0)
