"""A network as a pair of pure functions, so that nothing else needs to know which library wrote it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from flax import nnx
from jaxtyping import Array, Float, Int, Key, PyTree


class Model(NamedTuple):
    """A next-token policy: `apply(init(key), sequences)[..., i, :]` are the logits of what follows position i."""

    init: Callable[[Key[Array, ""]], PyTree]
    apply: Callable[[PyTree, Int[Array, "batch length"]], Float[Array, "batch length vocab"]]


def pure(build: Callable[[nnx.Rngs], Any]) -> Model:
    """Splits a Flax module into its parameters and a function of them.

    Args:
        build: rngs -> module; called once for its structure and once an `init`.

    >>> import jax.numpy as jnp
    >>> model = pure(lambda rngs: nnx.Embed(3, 3, rngs=rngs))
    >>> model.apply({"embedding": jnp.eye(3)}, jnp.array([[2, 0]])).tolist()
    [[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    structure = nnx.split(nnx.eval_shape(lambda: build(nnx.Rngs(0))))[0]

    def init(key: Key[Array, ""]) -> PyTree:
        return nnx.to_pure_dict(nnx.split(build(nnx.Rngs(params=key)), nnx.Param)[1])

    def apply(params: PyTree, sequences: Int[Array, "batch length"]) -> Float[Array, "batch length vocab"]:
        return nnx.merge(structure, nnx.State(params))(sequences)

    return Model(init, apply)


def parameter_count(params: PyTree) -> int:
    """Number of scalars in a tree.

    >>> import jax.numpy as jnp
    >>> parameter_count({"weight": jnp.zeros((3, 2)), "bias": jnp.zeros(2)})
    8
    """
    return sum(leaf.size for leaf in jax.tree.leaves(params))
