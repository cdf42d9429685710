"""The tabular softmax policy: one row of logits a prompt, nothing shared."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from core.networks.model import Model


def tabular(logits: Float[Array, "states answers"]) -> Model:
    """A policy over one-token answers whose parameters are its logits; `init` gives back the table it was made from.

    >>> policy = tabular(jnp.array([[0.0, 1.0], [2.0, 3.0]]))
    >>> params = policy.init(jax.random.key(0))
    >>> policy.apply(params, jnp.array([[1]])).tolist()
    [[[2.0, 3.0]]]
    """

    def init(key: Key[Array, ""]) -> PyTree:
        return {"logits": jnp.asarray(logits)}

    def apply(params: PyTree, sequences: Int[Array, "batch length"]) -> Float[Array, "batch length vocab"]:
        return params["logits"][sequences]

    return Model(init, apply)


def exact_ascent(
    kind: str, logits: Float[Array, "states answers"], rewards: Float[Array, "states answers"], rate: float
) -> Float[Array, "states answers"]:
    """One step of the expected update, for every state: no sampling, no noise.

    Args:
        kind: "gradient" p (R - R̄), "natural" R - R̄, or "group" p (R - R̄)/σ, the expectation of group-normalised
            advantages with the state's own reward deviation σ.
        logits: the policy.
        rewards: of every answer.
        rate: step size.

    Examples:
        >>> logits, rewards = jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])  # p = 1/2, R̄ = 1/2
        >>> [exact_ascent(kind, logits, rewards, 2.0).tolist() for kind in ("gradient", "natural")]
        [[[0.5, -0.5]], [[1.0, -1.0]]]
    """
    prob = jax.nn.softmax(logits)
    centred = rewards - jnp.sum(prob * rewards, -1, keepdims=True)
    if kind == "natural":
        return logits + rate * centred
    if kind == "gradient":
        return logits + rate * prob * centred
    if kind == "group":
        deviation = jnp.sqrt(jnp.sum(prob * centred**2, -1, keepdims=True))
        return logits + rate * prob * centred / (deviation + 1e-6)
    raise ValueError(f"kind is {kind!r}; allowed are 'gradient', 'natural' and 'group'")
