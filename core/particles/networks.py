"""A neural network as an objective: its parameters, flattened, are a particle, its loss on data the energy.

A Flax module in five lines; batches of data come from `data_batch`, and `evaluated_anew` changes them:

>>> import flax.linen as nn
>>> from core.particles.minimise import minimise
>>> x, y = jnp.linspace(-1, 1, 8)[:, None], jnp.linspace(0, 2, 8)[:, None]
>>> net = nn.Dense(1)
>>> flat, unravel = flat_parameters(jax.jit(net.init)(jax.random.key(0), x))
>>> loss = lambda parameters, data: jnp.mean((net.apply(parameters, data[0]) - data[1]) ** 2)
>>> best = minimise(network_objective(loss, unravel, (x, y)), flat.size, batched=True, steps=300)
>>> print({name: round(float(value.squeeze()), 1) for name, value in unravel(best.point)["params"].items()})
{'bias': 1.0, 'kernel': 1.0}
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Key, PyTree

from core.particles.swarm import Objective, Swarm, energies, with_energies

Loss = Callable[[PyTree, Any], Float[Array, ""]]  # (parameters, data) -> mean loss


def flat_parameters(parameters: PyTree) -> tuple[Float[Array, " d"], Callable[[Float[Array, " d"]], PyTree]]:
    """A tree of parameters, such as Flax gives, as one vector, and the way back.

    >>> flat, unravel = flat_parameters({"b": jnp.zeros(1), "w": jnp.ones(2)})
    >>> flat.tolist(), unravel(2 * flat)["w"].tolist()
    ([0.0, 1.0, 1.0], [2.0, 2.0])
    """
    return ravel_pytree(parameters)


def network_objective(loss: Loss, unravel: Callable[[Float[Array, " d"]], PyTree], data: Any) -> Objective:
    """The loss at each particle, on this data. The data may be traced: a batch of the step.

    >>> flat, unravel = flat_parameters({"w": jnp.ones(2), "b": jnp.zeros(1)})
    >>> loss = lambda p, data: jnp.mean((data @ p["w"] + p["b"]) ** 2)
    >>> network_objective(loss, unravel, jnp.eye(2))(flat[:, None]).tolist()
    [1.0]
    """
    return jax.vmap(lambda flat: loss(unravel(flat), data), in_axes=1)


def data_batch(key: Key[Array, ""], step: Int[Array, ""], data: PyTree, size: int) -> PyTree:
    """`size` rows of the data, in a new random order each epoch; rows that fill no batch wait for the next epoch.

    >>> batch = jax.jit(data_batch, static_argnums=3)
    >>> sorted(batch(jax.random.key(0), step, jnp.array([5, 8]), 1).item() for step in (0, 1))
    [5, 8]
    """
    rows = jax.tree.leaves(data)[0].shape[0]
    if not 1 <= size <= rows:
        raise ValueError(f"size is {size}; allowed is 1 to {rows}, the rows of the data")
    batches = rows // size
    order = jax.random.permutation(jax.random.fold_in(key, step // batches), rows)
    chosen = jax.lax.dynamic_slice_in_dim(order, (step % batches) * size, size)
    return jax.tree.map(lambda array: array[chosen], data)


def evaluated_anew(objective: Objective, swarm: Swarm) -> Swarm:
    """The swarm with its energies under another objective, such as the next batch of data; its record starts anew.

    A best energy of one batch says nothing about another.

    >>> from core.particles.swarm import swarm_init
    >>> anew = evaluated_anew(lambda x: (x[0] - 3) ** 2, swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]])))
    >>> anew.best_point.tolist(), int(anew.step)
    ([3.0], 0)
    """
    energy = energies(objective, swarm.position)
    forgetful = swarm._replace(best_energy=jnp.full_like(swarm.best_energy, jnp.inf), step=swarm.step - 1)
    return with_energies(forgetful, swarm.position, energy)
