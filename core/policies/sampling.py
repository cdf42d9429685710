"""Drawing responses token by token, and looking at them again under a policy."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

Apply = Callable[[PyTree, Int[Array, "batch length"]], Float[Array, "batch length vocab"]]


def draw(
    apply: Apply,
    params: PyTree,
    prompts: Int[Array, "batch prompt"],
    length: int,
    key: Key[Array, ""],
    *,
    temperature: float | Float[Array, " batch"] = 1.0,
    written: Int[Array, "batch response"] | None = None,
    forced: Bool[Array, "batch response"] | None = None,
) -> Int[Array, "batch response"]:
    """Responses of `length` tokens; where `forced` is set, the token of `written` is taken instead of a fresh one.

    The sequence has its full length from the start: a causal policy does not look at what is still blank, and one
    program serves every position.
    """
    count, begin = prompts.shape
    warmth = jnp.broadcast_to(jnp.asarray(temperature, jnp.float32), (count,))[:, None]
    blank = jnp.zeros((count, length), prompts.dtype)
    given = blank if written is None else written.astype(prompts.dtype)
    held = jnp.zeros(blank.shape, bool) if forced is None else forced

    def write(sequence: Int[Array, "batch length"], step):
        place, at = step
        logits = apply(params, sequence[:, :-1])[:, begin - 1 + place]
        token = jax.random.categorical(at, logits / warmth).astype(prompts.dtype)
        token = jnp.where(held[:, place], given[:, place], token)
        return sequence.at[:, begin + place].set(token), None

    steps = jnp.arange(length), jax.random.split(key, length)
    return jax.lax.scan(write, jnp.concatenate([prompts, blank], axis=1), steps)[0][:, begin:]


def response_logits(
    apply: Apply, params: PyTree, prompts: Int[Array, "batch prompt"], responses: Int[Array, "batch response"]
) -> Float[Array, "batch response vocab"]:
    """The logits that each token of the responses was, or would be, drawn from."""
    sequence = jnp.concatenate([prompts, responses], axis=1)
    return apply(params, sequence[:, :-1])[:, prompts.shape[1] - 1 :]
