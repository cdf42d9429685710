"""One aggregator that hears everybody, as far as its context window reaches.

Source: arXiv 2601.17311.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import concrete, within
from theory.trees.budget import Leaf, leaf_bias
from theory.trees.recursion import Tree, tree_step


def star_bias(
    leaf_bias: Real[ArrayLike, "*#batch"],
    agents: Real[ArrayLike, "*#batch"],
    fidelity: Real[ArrayLike, "*#batch"],
    correlation: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """ρ γμ + (1 - ρ) f_N(γμ), the bias of the majority of N agents: a tree of one level.

    Its gain is about γ (1 - ρ) √(2N/π), so its exponent is 1/2, which no tree of more levels reaches.

    >>> print(f"{star_bias(0.1, 101, 0.9, 0.0):.4f}")
    0.6364
    """
    return tree_step(leaf_bias, Tree(agents, fidelity, correlation))


def context_fan_in(
    window: Real[ArrayLike, "*#batch"], message_length: Real[ArrayLike, "*#batch"]
) -> Real[Array, "*#batch"]:
    """The largest odd number of messages of m tokens that a window of W tokens holds: N m <= W.

    >>> [int(context_fan_in(1000, tokens)) for tokens in (100, 300)]
    [9, 3]
    """
    window, message_length = within("window", window, 0), within("message_length", message_length, 0, strict=True)
    known, length = concrete(window), concrete(message_length)
    if known is not None and length is not None and not (known >= length).all():
        raise ValueError(f"window must hold at least one message of {length} tokens, but came as {known}")
    messages = jnp.floor_divide(window, message_length)
    return messages - 1 + messages % 2


def star_bias_at_budget(
    budget: Real[ArrayLike, "*#batch"],
    agents: Real[ArrayLike, "*#batch"],
    fidelity: Real[ArrayLike, "*#batch"],
    correlation: Real[ArrayLike, "*#batch"],
    leaf: Leaf,
    message_length: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """The bias of a star of N agents that costs B = N (x + 2m); 0 where the messages cost more than the budget.

    >>> bias = star_bias_at_budget(18.0, 3, 1.0, 0.0, Leaf(0.25, 0.5), message_length=1.0)  # x = 4, μ_0 = 1/2
    >>> print(f"{bias:.4f}")
    0.6875
    """
    compute = within("budget", budget, 0) / jnp.asarray(agents) - 2 * within("message_length", message_length, 0)
    return star_bias(leaf_bias(jnp.maximum(compute, 0), leaf), agents, fidelity, correlation)
