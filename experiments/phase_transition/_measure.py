"""Simulated trees at many settings of one shape: the dots on this paper's figures."""

from functools import partial

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import ArrayLike

from core.trees.bits import Dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded
from figures.statistics import NORMAL_95

LEAF_BITS = 8
FLIP_BITS = 9
CORRELATION_BITS = 4


def root_bias(
    mesh: Mesh, key: jax.Array, shape: Shape, settings: tuple[np.ndarray, np.ndarray, np.ndarray], words: int
) -> jax.Array:
    """Measured bias of the root at each setting, from 32 * words trees.

    Args:
        mesh: one axis, "devices".
        key: one key for all settings.
        shape: fan-in and depth.
        settings: leaf bias, fidelity and correlation, (settings,) each, as `nearest` gives them.
        words: of 32 trees.
    """
    leaf, fidelity, correlation = settings
    numerators = (
        (1 + leaf) * 2 ** (LEAF_BITS - 1),
        (1 - fidelity) * 2 ** (FLIP_BITS - 1),
        correlation * 2**CORRELATION_BITS,
    )
    return _root_bias(mesh, shape, words, key, *(np.round(part).astype(np.uint32) for part in numerators))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _root_bias(
    mesh: Mesh, shape: Shape, words: int, key: jax.Array, leaf: jax.Array, flip: jax.Array, same: jax.Array
) -> jax.Array:
    # at the top level, so that two calls with one shape compile once
    def count(setting: tuple[jax.Array, ...]) -> jax.Array:
        key, leaf, flip, same = setting
        law = Law(Dyadic(leaf, LEAF_BITS), Dyadic(flip, FLIP_BITS), Dyadic(same, CORRELATION_BITS))
        return simulate_sharded(mesh, key, law, shape, words, axis="devices")

    return 2 * jax.lax.map(count, (jax.random.split(key, len(leaf)), leaf, flip, same)) / (32 * words) - 1


def nearest(leaf: ArrayLike, fidelity: ArrayLike, correlation: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The settings that can be drawn exactly, multiples of 2^-7, 2^-8 and 2^-4, next to those asked for."""
    steps = 2 ** (LEAF_BITS - 1), 2 ** (FLIP_BITS - 1), 2**CORRELATION_BITS
    together = np.broadcast_arrays(leaf, fidelity, correlation)
    leaf, fidelity, correlation = (np.round(x * n) / n for x, n in zip(together, steps, strict=True))
    return leaf, fidelity, correlation


def standard_error(exact: np.ndarray, words: int) -> np.ndarray:
    """Standard error of `root_bias` where the bias is `exact`."""
    return np.sqrt((1 - exact**2) / (32 * words))


def half_interval(exact: np.ndarray, words: int) -> np.ndarray:
    """Half a 95 % interval of `root_bias`."""
    return NORMAL_95 * standard_error(exact, words)


def worst_score(measured: np.ndarray, exact: np.ndarray, words: int) -> float:
    """The largest distance of measured from exact, in standard errors; certain outcomes count where they differ."""
    error = standard_error(exact, words)
    return float(np.max(np.abs(measured - exact) / np.maximum(error, 1e-12)))
