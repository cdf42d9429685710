"""What most tests call functions through: a program for the function, and none for what is done with its results."""

import inspect
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import jax


def compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """`jax.jit` with NumPy results: each operation on JAX's arrays is compiled again for each of their shapes.

    Unless told, arguments annotated as plain numbers, switches, names, tuples of them or functions are static.
    """
    program = jax.jit(function, **(options or {"static_argnames": _static(function)}))

    def call(*arguments: Any, **named: Any) -> Any:
        result = program(*arguments, **named)
        traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(result))
        return result if traced else jax.device_get(result)

    return call


def _static(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.items()
    return [name for name, parameter in parameters if _no_array(parameter.annotation)]


def _no_array(kind: Any) -> bool:
    parts = get_args(kind)
    simple = kind in (int, float, bool, str, None, type(None), ...) or get_origin(kind) in (Callable, Literal)
    return simple or (bool(parts) and all(map(_no_array, parts)))
