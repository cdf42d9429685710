"""Descents, and the closed form beside them: compiled once for all of this paper, and NumPy around it."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.features.quasi_newton import minimise
from core.features.starts import descend_from_random
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    balance_residual,
    class_means,
    class_targets,
    layer_product,
    plant_model,
    squared_loss,
)
from theory.collapse.deep_linear import (
    DeepLinearMinimum,
    centred_spectrum,
    deep_linear_minimum,
    head_gram,
    mean_gram,
)
from theory.collapse.modes import death_threshold, mode_root, spinodal_threshold

DECAY = 5e-3


class Ends(NamedTuple):
    """Where descents came to rest; every array has one row for each of them."""

    model: FreeModel
    value: Any  # the loss
    head: Any  # A
    means: Any  # H̄, columns


class BiasedMinimum(NamedTuple):
    """The minimum under a free bias."""

    value: Any  # f*
    head: Any  # A Aᵀ
    means: Any  # H̄ᵀ H̄


def at_once(function: Callable) -> Callable:
    """A jitted function of known numbers, static ones by name: answers in NumPy, even where what calls it is traced."""

    def answer(*args, **static):
        return jax.device_get(function.lower(*args, **static).compile()(*args))

    return answer


balance = jax.jit(balance_residual)
roots = at_once(jax.jit(mode_root, static_argnames="branch"))
_minimum = at_once(jax.jit(deep_linear_minimum, static_argnames=("rank", "branch")))


def stacked(rows: Any) -> Any:
    """Trees of arrays as one tree, (rows, ...)."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *rows)


def thresholds(depth: Any) -> tuple[Any, Any]:
    """T1 and T2."""
    return _thresholds(np.asarray(depth, float))


def equal_penalty(depth: int, decay: float) -> Penalty:
    return Penalty(np.full(depth, float(decay)), np.asarray(float(decay)))


def penalty_at_load(depth: int, sizes: tuple[int, ...], load: float) -> Penalty:
    """Equal decays at which the smallest class has this load."""
    samples = sum(sizes)
    total = min(sizes) * float(load)  # = M N (N λ^(M+1))^(1/M)
    return equal_penalty(depth, ((total / (depth * samples)) ** depth / samples) ** (1 / (depth + 1)))


def closed_form(sizes: tuple[int, ...], penalty: Penalty, **options) -> DeepLinearMinimum:
    """The minimum without a bias."""
    return _minimum(np.array(sizes, float), float(sum(sizes)), *penalty, **options)


def biased_minimum(sizes: tuple[int, ...], penalty: Penalty) -> BiasedMinimum:
    """The minimum with one."""
    return _biased_minimum(np.array(sizes, float), penalty)


def descents(
    key: jax.Array,
    starts: int,
    sizes: tuple[int, ...],
    widths: tuple[int, ...],
    penalty: Penalty,
    *,
    biased: bool = False,
    loss: str = "squared",
    spread: float = 0.3,
    steps: int = 600,
) -> Ends:
    """From random starts, by L-BFGS."""
    targets = class_targets(sizes)
    ends = descend(key, starts, targets, widths, penalty, biased=biased, loss=loss, spread=spread, steps=steps)
    return jax.device_get(ends)


def lowest_descent(
    key: jax.Array,
    sizes: tuple[int, ...],
    penalty: Penalty,
    *,
    widths: tuple[int, ...] | None = None,
    starts: int = 4,
    spread: float = 0.5,
    **options,
) -> Ends:
    """The best of a few random starts."""
    widths = (8,) * len(penalty.layers) if widths is None else widths
    return lowest(descents(key, starts, sizes, widths, penalty, spread=spread, **options))


def settled(
    models: FreeModel, sizes: list[tuple[int, ...]], penalties: list[Penalty], steps: int, slope_norm: float = 0.0
) -> Ends:
    """From each of several models to rest, by L-BFGS under its own class sizes and penalty."""
    targets = np.stack([class_targets(own) for own in sizes])
    return jax.device_get(settle(models, targets, stacked(penalties), steps, slope_norm))


@partial(jax.jit, static_argnames="width")
def planted(energies, targets, penalties, key, *, width) -> FreeModel:
    """On the classes' own axes, a model for each of several layer energies and penalties."""

    def plant(energy, penalty):
        return plant_model(energy, jnp.eye(targets.shape[0]), targets, penalty, key, width)

    return jax.vmap(plant)(energies, penalties)


@partial(jax.jit, static_argnames=("starts", "widths", "loss"))
def descend(key, starts, targets, widths, penalty, *, biased=False, loss="squared", spread=0.3, steps=600) -> Ends:
    """`descents`, traced."""
    models, values = descend_from_random(
        key, starts, targets, widths, penalty, biased=biased, loss=loss, spread=spread, steps=steps
    )
    return jax.vmap(_end, (0, 0, None))(models, values, targets)


@jax.jit
def settle(models, targets, penalties, steps, slope_norm=0.0) -> Ends:
    """`settled`, traced."""

    def to_rest(model, targets, penalty):
        model, value, _ = minimise(
            lambda model: squared_loss(model, targets, penalty), model, steps, slope_norm=slope_norm
        )
        return _end(model, value, targets)

    return jax.vmap(to_rest)(models, targets, penalties)


def lowest(ends: Ends) -> Ends:
    """The best of them."""
    return jax.tree.map(lambda rows: rows[ends.value.argmin()], ends)


def _end(model, value, targets) -> Ends:
    return Ends(model, value, layer_product(model.layers), class_means(model.features, targets))


@at_once
@jax.jit
def _thresholds(depth):
    return death_threshold(depth), spinodal_threshold(depth)


@at_once
@jax.jit
def _biased_minimum(sizes, penalty) -> BiasedMinimum:
    spectrum, vectors = centred_spectrum(sizes)
    minimum = deep_linear_minimum(spectrum, sizes.sum(), *penalty)
    return BiasedMinimum(minimum.value, head_gram(minimum, vectors), mean_gram(minimum, vectors, sizes))
