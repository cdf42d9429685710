"""The door of every check: arrays of real numbers, at least one, and no silent broadcasting."""

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Shaped

Points = Shaped[ArrayLike, "..."]  # many numbers, any shape
Scalar = Shaped[ArrayLike, ""]  # one number of the mathematics
Number = float | int  # one option, such as a tolerance


def real_points(**arrays: Points) -> list[Float[np.ndarray, "..."]]:
    """Named arrays in float64 at one common shape.

    Only a scalar is repeated: `(n,)` against `(n, 1)` would compare everything with everything.

    Raises:
        ValueError: naming the array that is empty, not real, or of another shape.

    Examples:
        >>> real_points(closed_form=np.ones(3), other_route=2)[1]
        array([2., 2., 2.])
    """
    raw = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in raw.items():
        if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
            raise ValueError(f"{name} has dtype {array.dtype}; a check compares real numbers")
        if array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}; an empty comparison shows nothing")
    shapes = {array.shape for array in raw.values() if array.ndim}
    if len(shapes) > 1:
        found = ", ".join(f"{name} {array.shape}" for name, array in raw.items())
        raise ValueError(f"shapes must be equal, or scalar: got {found}")
    shape = shapes.pop() if shapes else ()
    return [np.broadcast_to(array.astype(np.float64), shape) for array in raw.values()]


def real_scalars(**values: Scalar) -> list[float]:
    """Named scalars as Python floats, through the same door.

    >>> real_scalars(expected=2, tolerance=np.float64(0.5))
    [2.0, 0.5]
    """
    for name, value in values.items():
        if np.ndim(value):
            raise ValueError(f"{name} has shape {np.shape(value)}; allowed is one number")
    return [float(array) for array in real_points(**values)]


def at(index: tuple[np.intp, ...] | tuple[int, ...]) -> str:
    """An array index in words, for notes.

    >>> at((1, 2)), at(())
    ('point (1, 2)', 'the only point')
    """
    return f"point {tuple(int(i) for i in index)}" if len(index) else "the only point"
