"""Graphs of dependence that the figures and claims share, and who matters most on them."""

import jax
import jax.numpy as jnp

from core.trees.graphs import complete, random_graph, ring, star

NAMES = ("complete", "random", "star", "ring")


def four_graphs(key: jax.Array, agents: int, degree: float) -> jax.Array:
    """Adjacency matrices of the graphs in `NAMES`, stacked."""
    return jnp.stack([complete(agents), random_graph(key, agents, degree), star(agents), ring(agents)])


def influence(graph: jax.Array) -> jax.Array:
    """The left Perron vector u of W, u W = λ_1 u, largest entry 1: what an error at each agent leads to in the end."""

    def hear(_, u: jax.Array) -> jax.Array:
        u = u @ graph + u  # the identity keeps a graph of period two from oscillating
        return u / jnp.max(u)

    return jax.lax.fori_loop(0, 3000, hear, jnp.ones(graph.shape[0]))
