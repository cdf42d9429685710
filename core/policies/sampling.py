"""Drawing responses, all positions at once, and looking at them again under a policy."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

Apply = Callable[[PyTree, Int[Array, "batch length"]], Float[Array, "batch length vocab"]]


class Drawn(NamedTuple):
    """Responses, and the logits that they were drawn from (before the temperature)."""

    responses: Int[Array, "batch response"]
    logits: Float[Array, "batch response vocab"]


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
) -> Drawn:
    """Responses of `length` tokens; where `forced` is set, the token of `written` is taken instead of a fresh one.

    With the noise of every position drawn beforehand a response is a function of the noise, and the fixed point of
    drawing all positions at once, each given the guess before it. A causal policy puts at least one more position right
    a round, so that the last of at most `length` rounds gives what drawing token by token would give, to the bit;
    where tokens depend little on each other, a few rounds do.

    >>> def count_on(params, tokens):  # after each token, almost certainly the next number
    ...     return 99.0 * jax.nn.one_hot(tokens + 1, 5)
    >>> draw(count_on, None, jnp.array([[1]]), 3, jax.random.key(0)).responses.tolist()
    [[2, 3, 4]]
    """
    count = len(prompts)
    warmth = jnp.broadcast_to(jnp.asarray(temperature, jnp.float32), (count,))[:, None, None]
    blank = jnp.zeros((count, length), prompts.dtype)
    given = blank if written is None else written.astype(prompts.dtype)
    held = jnp.zeros(blank.shape, bool) if forced is None else forced
    at_places = jax.random.split(key, length)

    def look(tokens: Int[Array, "batch response"]) -> Float[Array, "batch response vocab"]:
        return response_logits(apply, params, prompts, tokens)

    def again(state) -> Bool[Array, ""]:
        return (state[2] < length) & ~state[3]

    def improve(state):
        guess, _, rounds, _ = state
        logits = look(guess)
        fresh = jax.vmap(jax.random.categorical, (0, 1), 1)(at_places, logits / warmth).astype(prompts.dtype)
        tokens = jnp.where(held, given, fresh)
        return tokens, logits, rounds + 1, jnp.all(tokens == guess)

    like = jax.eval_shape(look, given)
    start = given, jnp.zeros(like.shape, like.dtype), jnp.asarray(0), jnp.asarray(False)
    return Drawn(*jax.lax.while_loop(again, improve, start)[:2])


def response_logits(
    apply: Apply, params: PyTree, prompts: Int[Array, "batch prompt"], responses: Int[Array, "batch response"]
) -> Float[Array, "batch response vocab"]:
    """The logits that each token of the responses was, or would be, drawn from.

    >>> def count_on(params, tokens):
    ...     return jax.nn.one_hot(tokens + 1, 4)
    >>> response_logits(count_on, None, jnp.array([[1]]), jnp.array([[2, 3]])).tolist()  # which look back at 1 and 2
    [[[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]]
    """
    sequence = jnp.concatenate([prompts, responses], axis=1)
    return apply(params, sequence[:, :-1])[:, prompts.shape[1] - 1 :]
