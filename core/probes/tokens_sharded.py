"""The token statistics where no device sees all tokens or the whole vocabulary, or nobody ever builds the logits."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from core.blocks import Axis, fold, in_blocks
from core.chunks import over_chunks
from core.probes.tokens import (
    Sums,
    TokenStats,
    check_tokens,
    empty_sums,
    finish,
    gradient_to_logits,
    merge,
    sums_of,
    token_stats,
)


def _merged_over(sums: Sums, axis_name: str) -> Sums:
    """Merges the sums of all devices along a named axis, each over its own shard of the vocabulary.

    The peak is agreed on first; then every device moves its sums there, and sums of sums finish the work. The result is
    the same on all devices. A device whose shard is masked altogether adds nothing.
    """
    peak = jax.lax.pmax(sums.peak, axis_name)
    absent = jnp.isneginf(sums.peak)
    gap = jnp.where(absent, 0, sums.peak - peak)
    scale = jnp.where(absent, 0, jnp.exp(gap))
    device = jax.lax.axis_index(axis_name)
    # the peak's own 1 belongs to the first device that has it; every other device adds its own
    owner = jax.lax.pmin(jnp.where(sums.peak == peak, device, jax.lax.axis_size(axis_name)), axis_name)
    lead = device == owner
    total, square = 1 + sums.rest, 1 + sums.rest_square
    parts = (
        jnp.where(lead, sums.rest, scale * total),
        scale * (sums.first + gap * total),
        jnp.where(lead, sums.rest_square, scale**2 * square),
        scale**2 * (sums.first_square + gap * square),
    )
    rest, first, rest_square, first_square = jax.lax.psum(parts, axis_name)
    return Sums(peak, rest, first, rest_square, first_square, jax.lax.pmax(sums.picked, axis_name))


def token_stats_of_shard(
    logits: Float[Array, "*tokens shard"], tokens: Int[Array, "*tokens"], axis: Axis = None, *, exact: bool = True
) -> TokenStats:
    """`token_stats` inside `jax.shard_map`, the vocabulary cut evenly along a mesh axis; indices stay global.

    Gradients flow through the merge only if the caller differentiates outside; use the probe for measurements, and
    `token_stats` or `token_stats_from_hidden` in a loss.

    Args:
        logits: this device's part.
        tokens: indices in the whole vocabulary.
        axis: of the mesh; None where this is the only device.
        exact: the same bits on any number of devices, see `core.blocks`; else equal to rounding. It costs 1.0 to 1.4
            times the time on a CPU.

    >>> round(jax.jit(token_stats_of_shard)(np.zeros((1, 8)), np.array([3])).entropy.item(), 4)  # log 8
    2.0794
    """
    logits = jax.lax.stop_gradient(logits)
    if exact:

        def of_block(number: Array, piece: Array) -> Sums:
            return sums_of(piece, tokens, number.astype(tokens.dtype) * piece.shape[-1])

        sums = fold(in_blocks(of_block, [logits], axis, dimension=logits.ndim - 1), merge, axis)
    elif axis is None:
        sums = sums_of(logits, tokens)
    else:
        start = jax.lax.axis_index(axis).astype(tokens.dtype) * logits.shape[-1]
        sums = _merged_over(sums_of(logits, tokens, start), axis)
    return finish(sums)


def token_stats_of_rows(
    logits: Float[Array, "tokens vocabulary"], tokens: Int[Array, " tokens"], axis: Axis = None
) -> TokenStats:
    """`token_stats` inside `jax.shard_map`, the tokens cut evenly along a mesh axis: the same bits on any number.

    The statistics stay on the device of their token. Nothing is exchanged, but a row must not be reduced in another
    order because fewer rows stand beside it: so they come in blocks of a number that does not depend on the devices.

    >>> round(jax.jit(token_stats_of_rows)(np.zeros((1, 8)), np.array([3])).entropy.item(), 4)  # log 8
    2.0794
    """
    rows = in_blocks(lambda _, *block: token_stats(*block), [logits, tokens], axis)
    return jax.tree.map(lambda x: x.reshape(-1), rows)


def token_stats_from_hidden(
    hidden: Float[Array, "..."],
    head: Float[Array, "..."],
    tokens: Int[Array, "..."],
    *,
    chunk: int = 8192,
) -> TokenStats:
    """`token_stats(hidden @ head, tokens)`, one piece of the vocabulary at a time, in both directions.

    Shapes (..., d), (d, vocabulary) and (...). The product accumulates in float32. The backward pass computes each
    piece of the logits again: a third product of the head's size buys not keeping the logits.

    >>> stats = jax.jit(token_stats_from_hidden)(np.ones((1, 2)), np.ones((2, 8)), np.array([3]))
    >>> round(stats.entropy.item(), 4)  # log 8
    2.0794
    """
    if hidden.ndim == 0 or head.ndim != 2 or hidden.shape[-1] != head.shape[0]:
        raise ValueError(
            f"hidden has shape {hidden.shape} and head {head.shape}; allowed are (..., d) and (d, vocabulary)"
        )
    check_tokens((*hidden.shape[:-1], head.shape[1]), tokens)
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}; allowed is a whole number >= 1")
    return _from_hidden(min(chunk, head.shape[1]), hidden, head, tokens)


def _piece_of_logits(hidden: Array, head: Array, start: Any, width: int) -> tuple[Array, Array]:
    piece = jax.lax.dynamic_slice_in_dim(head, start, width, axis=1)
    return jnp.matmul(hidden, piece, preferred_element_type=jnp.promote_types(hidden.dtype, jnp.float32)), piece


def _forward(chunk, hidden, head, tokens):
    def step(sums, start, width):
        return merge(sums, sums_of(_piece_of_logits(hidden, head, start, width)[0], tokens, start))

    begin = empty_sums(hidden.shape[:-1], jnp.promote_types(hidden.dtype, jnp.float32))
    sums = over_chunks(step, begin, head.shape[1], chunk)
    return finish(sums), (hidden, head, tokens, sums)


def _backward(chunk, kept, pull):
    hidden, head, tokens, sums = kept

    def step(carry, start, width):
        to_hidden, to_head = carry
        logits, piece = _piece_of_logits(hidden, head, start, width)
        change = gradient_to_logits(logits, tokens, start, sums, pull)
        to_hidden = to_hidden + change @ piece.T.astype(change.dtype)
        to_piece = jnp.einsum("...d,...v->dv", hidden.astype(change.dtype), change).astype(head.dtype)
        return to_hidden, jax.lax.dynamic_update_slice_in_dim(to_head, to_piece, start, axis=1)

    begin = jnp.zeros(hidden.shape, sums.peak.dtype), jnp.zeros_like(head)
    to_hidden, to_head = over_chunks(step, begin, head.shape[1], chunk)
    return to_hidden.astype(hidden.dtype), to_head, np.zeros(tokens.shape, jax.dtypes.float0)


_from_hidden = jax.custom_vjp(
    lambda chunk, hidden, head, tokens: _forward(chunk, hidden, head, tokens)[0], nondiff_argnums=(0,)
)
_from_hidden.defvjp(_forward, _backward)
