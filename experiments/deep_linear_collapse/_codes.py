"""What the two codes cost and what their prices are, one program for all depths and decays of a number of classes."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.deep_linear_collapse._descents import at_once
from theory.collapse.codes import best_code_scale, code_price, cross_polytope_code, etf_code


class ByCode(NamedTuple):
    """A number for each depth."""

    simplex: np.ndarray
    cross_polytope: np.ndarray


def code_costs(classes: int, per_class: int, depths: Sequence[int], decay: float) -> ByCode:
    """Cross-entropy and penalty at the best scale, all decays equal."""
    return ByCode(*_costs(float(per_class), np.array(depths, float), decay, classes=classes))


def code_prices(classes: int, depths: Sequence[int]) -> ByCode:
    """What decides as the decay vanishes."""
    return ByCode(*_prices(np.array(depths, float), classes=classes))


@at_once
@partial(jax.jit, static_argnames="classes")
def _costs(per_class, depths, decay, *, classes):
    def cost(code, depth):
        return best_code_scale(code, per_class, depth, decay)[1]

    return _by_code(cost, classes, depths)


@at_once
@partial(jax.jit, static_argnames="classes")
def _prices(depths, *, classes):
    return _by_code(code_price, classes, depths)


def _by_code(function, classes, depths):
    codes = jnp.stack([etf_code(classes), cross_polytope_code(classes)])
    return jax.vmap(lambda code: jax.vmap(partial(function, code))(depths))(codes)
