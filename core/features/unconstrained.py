"""Unconstrained-feature models: layers on top of features that are themselves free parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, Real

from core.draws import normals


class FreeModel(NamedTuple):
    """What is trained; features are columns, the first layer acts first."""

    layers: tuple[Float[Array, "out in"], ...]  # W_1, ..., W_M
    features: Float[Array, "d N"]  # H
    bias: Float[Array, " K"]  # zero, and without a slope, in models that have none


class Penalty(NamedTuple):
    """The decays: λ_m/2 ‖W_m‖² for each layer and λ_H/2 ‖H‖², neither divided by N nor by K."""

    layers: Float[Array, " M"]  # λ_1, ..., λ_M
    features: Float[Array, ""]  # λ_H


def sample_model(key: Key[Array, ""], widths: Sequence[int], samples: int, spread: Real[ArrayLike, ""]) -> FreeModel:
    """Independent normal entries of standard deviation `spread`; no bias.

    Args:
        key: typed key.
        widths: of the features, the hidden layers and the output: (d, d_1, ..., K).
        samples: N.
        spread: standard deviation of the entries.

    >>> model = jax.eval_shape(lambda key: sample_model(key, (3, 5, 2), 4, 0.1), jax.random.key(0))
    >>> [layer.shape for layer in model.layers], model.features.shape
    ([(5, 3), (2, 5)], (3, 4))
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths is {tuple(widths)}; allowed are two or more positive numbers (d, ..., K)")
    shapes = [*zip(widths[1:], widths[:-1], strict=True), (widths[0], samples)]
    *layers, features = (jnp.asarray(spread) * part for part in normals(jax.random.split(key, len(widths)), shapes))
    return FreeModel(tuple(layers), features, jnp.zeros(widths[-1]))


def plant_model(
    layer_energy: Float[Array, "M K"],
    vectors: Float[Array, "K K"],
    targets: Float[Array, "K N"],
    penalty: Penalty,
    key: Key[Array, ""],
    width: int,
) -> FreeModel:
    """A model with given singular values in each layer, the left vectors V in the last, and the best features for it.

    Args:
        layer_energy: squared singular values of each layer.
        vectors: V, the output basis.
        targets: what the outputs, bias aside, are fitted to.
        penalty: the decays.
        key: for the bases inside, any orthonormal ones.
        width: of the features and of all hidden layers, at least K.

    >>> energy, penalty = jnp.array([[4.0, 1.0]]), Penalty(jnp.array([0.1]), jnp.array(0.1))
    >>> head = plant_model(energy, jnp.eye(2), jnp.eye(2), penalty, jax.random.key(0), 2).layers[0]
    >>> bool(jnp.allclose(head @ head.T, jnp.diag(energy[0]), atol=1e-5))
    True
    """
    depth, classes = layer_energy.shape
    if width < classes:
        raise ValueError(f"width is {width}; allowed is at least the number of classes, {classes}")
    keys = jax.random.split(key, depth)
    bases = [*jax.vmap(lambda key: jax.random.orthogonal(key, width)[:, :classes])(keys), vectors]
    layers = tuple((bases[m + 1] * jnp.sqrt(layer_energy[m])[None, :]) @ bases[m].T for m in range(depth))
    energy = jnp.prod(layer_energy, axis=0)  # σ²: of the ridge regression on A = V diag(σ) B'
    shrunk = jnp.sqrt(energy) / (energy + targets.shape[1] * penalty.features)
    return FreeModel(layers, (bases[0] * shrunk[None, :]) @ (vectors.T @ targets), jnp.zeros(classes))


def layer_product(layers: Sequence[Float[Array, "_ _"]]) -> Float[Array, "K d"]:
    """A = W_M ... W_1.

    >>> layer_product((jnp.array([[1.0, 1.0]]), jnp.array([[2.0], [3.0]]))).tolist()
    [[2.0, 2.0], [3.0, 3.0]]
    """
    product = layers[0]
    for layer in layers[1:]:
        product = layer @ product
    return product


def outputs(model: FreeModel) -> Float[Array, "K N"]:
    """A H + b 1ᵀ, from the features up.

    >>> outputs(FreeModel((2 * jnp.eye(2),), jnp.eye(2), jnp.array([0.5, 0.0]))).tolist()
    [[2.5, 0.5], [0.0, 2.0]]
    """
    activity = model.features
    for layer in model.layers:
        activity = layer @ activity
    return activity + model.bias[:, None]


def _weight_penalty(model: FreeModel, penalty: Penalty) -> Float[Array, ""]:
    """Σ λ_m/2 ‖W_m‖² + λ_H/2 ‖H‖²."""
    layers = sum(penalty.layers[m] * jnp.sum(layer**2) for m, layer in enumerate(model.layers))
    return (layers + penalty.features * jnp.sum(model.features**2)) / 2


def _held(model: FreeModel, biased: Bool[ArrayLike, ""]) -> FreeModel:
    """Its bias without a slope unless there is one to train: a traced switch, so that both are one program."""
    return model._replace(bias=jnp.where(biased, model.bias, jax.lax.stop_gradient(model.bias)))


def squared_loss(
    model: FreeModel, targets: Float[Array, "K N"], penalty: Penalty, *, biased: Bool[ArrayLike, ""] = False
) -> Float[Array, ""]:
    """1/(2N) ‖A H + b 1ᵀ - Y‖² + penalty.

    >>> perfect, penalty = FreeModel((jnp.eye(2),), jnp.eye(2), jnp.zeros(2)), Penalty(jnp.array([0.1]), jnp.array(0.1))
    >>> round(float(squared_loss(perfect, jnp.eye(2), penalty)), 4)  # 0.1/2 · 2 twice: only the penalty is left
    0.2
    """
    errors = outputs(_held(model, biased)) - targets
    return jnp.sum(errors**2) / (2 * targets.shape[1]) + _weight_penalty(model, penalty)


def cross_entropy_loss(
    model: FreeModel, labels: Int[Array, " N"], penalty: Penalty, *, biased: Bool[ArrayLike, ""] = False
) -> Float[Array, ""]:
    """Mean cross-entropy of softmax(A H + b 1ᵀ) + penalty.

    >>> blank, free = FreeModel((jnp.eye(2),), jnp.zeros((2, 2)), jnp.zeros(2)), Penalty(jnp.zeros(1), jnp.array(0.0))
    >>> round(float(jax.jit(cross_entropy_loss)(blank, jnp.array([0, 1]), free)), 4)  # log 2
    0.6931
    """
    logits = outputs(_held(model, biased))
    correct = jnp.take_along_axis(logits, labels[None, :], axis=0)[0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=0) - correct) + _weight_penalty(model, penalty)


def class_targets(class_sizes: Sequence[int]) -> Float[np.ndarray, "K N"]:
    """One-hot columns, class after class.

    >>> class_targets([2, 1]).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if len(class_sizes) < 1 or min(class_sizes) < 1:
        raise ValueError(f"class_sizes is {tuple(class_sizes)}; allowed are positive numbers")
    return np.repeat(np.eye(len(class_sizes)), np.asarray(class_sizes), axis=1)


def class_means(features: Float[Array, "d N"], targets: Float[Array, "K N"]) -> Float[Array, "d K"]:
    """H̄, columns; targets are one-hot.

    >>> class_means(jnp.array([[1.0, 3.0, 7.0]]), jnp.asarray(class_targets([2, 1]))).tolist()
    [[2.0, 7.0]]
    """
    return features @ targets.T / targets.sum(1)[None, :]


def balance_residual(model: FreeModel, penalty: Penalty) -> Float[Array, ""]:
    """The worst relative error in λ_{m+1} W_{m+1}ᵀ W_{m+1} = λ_m W_m W_mᵀ and λ_1 W_1ᵀ W_1 = λ_H H Hᵀ.

    >>> model = FreeModel((2 * jnp.eye(2),), jnp.eye(2), jnp.zeros(2))
    >>> round(float(balance_residual(model, Penalty(jnp.array([1.0]), jnp.array(1.0)))), 4)  # (4 - 1) / 1
    3.0
    >>> float(balance_residual(model, Penalty(jnp.array([1.0]), jnp.array(4.0))))
    0.0
    """
    factors = (model.features, *model.layers)
    decays = (penalty.features, *penalty.layers)
    worst = jnp.zeros(())
    for below, above, low, high in zip(factors[:-1], factors[1:], decays[:-1], decays[1:], strict=True):
        left, right = high * (above.T @ above), low * (below @ below.T)
        worst = jnp.maximum(worst, jnp.linalg.norm(left - right) / jnp.linalg.norm(right))
    return worst
