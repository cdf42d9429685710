"""Descents from random starts, and the closed form beside them, for the claims of this paper."""

import jax
import jax.numpy as jnp

from core.features.starts import descend_from_random
from core.features.unconstrained import Penalty, class_targets
from theory.collapse.deep_linear import DeepLinearMinimum, deep_linear_minimum

DECAY = 5e-3
minimum_of = jax.jit(deep_linear_minimum, static_argnames=("rank", "branch"))
_run = jax.jit(descend_from_random, static_argnames=("starts", "widths", "biased", "loss", "steps"))


def penalty_at_load(depth: int, sizes: tuple[int, ...], load: jax.Array) -> Penalty:
    """Equal decays at which the smallest class has this load."""
    samples = sum(sizes)
    total = min(sizes) * load  # = M N (N λ^(M+1))^(1/M)
    return equal_penalty(depth, float(((total / (depth * samples)) ** depth / samples) ** (1 / (depth + 1))))


def equal_penalty(depth: int, decay: float) -> Penalty:
    return Penalty(jnp.full(depth, decay), jnp.asarray(decay))


def closed_form(sizes: tuple[int, ...], depth: int, decay: float) -> DeepLinearMinimum:
    return minimum_of(jnp.array(sizes, float), sum(sizes), jnp.full(depth, decay), decay)


def descents(key, starts, sizes, widths, penalty, **options):
    return _run(key, starts, jnp.asarray(class_targets(sizes)), widths, penalty, **options)


def lowest_descent(key, sizes, penalty, *, widths=None, starts=4, spread=0.5, **options):
    """The best of a few random starts, and its loss."""
    widths = (8,) * len(penalty.layers) if widths is None else widths
    models, values = descents(key, starts, sizes, widths, penalty, spread=spread, **options)
    best = jnp.argmin(values)
    return jax.tree.map(lambda x: x[best], models), values[best]
