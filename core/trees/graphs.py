"""Who listens to whom: adjacency matrices with a one in row i, column j where agent i hears agent j.

Nobody hears itself; add `jnp.eye` where it should. All are symmetric but the random graph.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from theory.door import count, within

Adjacency = Float[Array, "agents agents"]


def complete(agents: int) -> Adjacency:
    """Everybody hears everybody else.

    >>> complete(3).astype(int).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    """
    return jnp.ones((count("agents", agents, 1),) * 2) - jnp.eye(agents)


def star(agents: int) -> Adjacency:
    """Agent 0 and each other hear each other.

    >>> star(3).astype(int).tolist()
    [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    """
    hub = jnp.arange(count("agents", agents, 1)) == 0
    return (hub[:, None] != hub[None]).astype(float)


def ring(agents: int) -> Adjacency:
    """Everybody hears both neighbours; the last is a neighbour of the first.

    >>> ring(4).astype(int).tolist()
    [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    """
    apart = jnp.abs(jnp.arange(count("agents", agents, 3))[:, None] - jnp.arange(agents)[None])
    return ((apart == 1) | (apart == agents - 1)).astype(float)


def chain(agents: int) -> Adjacency:
    """Everybody hears both neighbours; the ends have one.

    >>> chain(3).astype(int).tolist()
    [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    """
    return jnp.eye(count("agents", agents, 1), k=1) + jnp.eye(agents, k=-1)


def random_graph(key: Key[Array, ""], agents: int, degree: float) -> Adjacency:
    """Each of the n(n - 1) directed edges is there with chance degree/(n - 1), independently.

    >>> bool((random_graph(jax.random.key(0), 3, degree=2.0) == complete(3)).all())  # chance 1
    True
    """
    chance = degree / (count("agents", agents, 2) - 1)
    within("degree/(agents - 1)", chance, 0, 1)
    return jax.random.bernoulli(key, chance, (agents, agents)) * complete(agents)
