"""Five statistics of each sampled token from one streaming pass over the vocabulary, safe near collapse.

With u = z - max z, s0 = Σ e^u, s1 = Σ u e^u, q0 = Σ e^{2u}, q1 = Σ u e^{2u} (one exponential an entry), ū = s1/s0:

    log p_k = u_k - log s0,  H = log s0 - ū,  S_k = p_k (u_k - ū),  E_p[S] = (q1 - ū q0)/s0²,  Σ p² = q0/s0².

s0 is carried as s0 - 1, the sum without the peak: H = log1p(s0 - 1) + (-ū) then adds two numbers that are never
negative, and keeps its relative accuracy where lse - <p, z> has lost every digit. Sums of disjoint pieces of the
vocabulary merge, so the pieces may be chunks in time or shards in space.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int

from core.chunks import over_chunks
from core.probes.power_of_two import LEAST, power_of_two
from core.probes.token_lanes import lane_parts, peak_by_lanes, tile_width


class TokenStats(NamedTuple):
    """What the entropy dynamics of one sampled token needs to know; float32, or float64 for float64 logits."""

    log_prob: Float[Array, "*tokens"]  # l_k
    entropy: Float[Array, "*tokens"]  # H
    discriminator: Float[Array, "*tokens"]  # S_k = p_k (l_k + H)
    expected: Float[Array, "*tokens"]  # E_p[S]
    collision: Float[Array, "*tokens"]  # Σ p²


class Sums(NamedTuple):
    """Sums over a piece of the vocabulary, relative to the piece's own peak; an empty piece has peak -inf."""

    peak: Float[Array, "*tokens"]  # max z
    rest: Float[Array, "*tokens"]  # s0 - 1
    first: Float[Array, "*tokens"]  # s1
    rest_square: Float[Array, "*tokens"]  # q0 - 1
    first_square: Float[Array, "*tokens"]  # q1
    picked: Float[Array, "*tokens"]  # logit of the sampled token; -inf if it lies in another piece or is masked


def empty_sums(shape: tuple[int, ...], dtype: Any) -> Sums:
    """The neutral element of `merge`.

    >>> sums = jax.jit(sums_of)(np.zeros((1, 8)), np.array([3]))
    >>> jax.jit(merge)(sums, empty_sums((1,), sums.rest.dtype)).rest.tolist() == sums.rest.tolist()
    True
    """
    nothing, zero = jnp.full(shape, -jnp.inf, dtype), jnp.zeros(shape, dtype)
    return Sums(nothing, zero, zero, zero, zero, nothing)


def sums_of(
    logits: Float[Array, "*tokens piece"],
    tokens: Int[Array, "*tokens"],
    start: int | Int[Array, ""] = 0,
    *,
    tile: int | None = None,
) -> Sums:
    """The sums over the piece of the vocabulary that begins at index `start`.

    In tiles of so many columns, or plainly where that is 0; by default what is faster here.

    >>> jax.jit(sums_of)(np.zeros((1, 8)), np.array([3])).rest.tolist()  # eight equal ones, without the peak
    [7.0]
    """
    # Which entry is the peak is asked in several kernels, which must see the same bits. Were the logits worked out in
    # each of them, they might round otherwise, and the peak be nowhere.
    logits = jax.lax.optimization_barrier(logits)
    dtype = _working_dtype(logits.dtype)
    if tile is None:
        tile = tile_width(math.prod(tokens.shape), logits.shape[-1]) if jax.default_backend() == "cpu" else 0
    peak = (peak_by_lanes(logits) if tile else jnp.max(logits, axis=-1)).astype(dtype)
    base = jnp.where(jnp.isneginf(peak), 0, peak)
    parts = lane_parts(logits, base, tile) if tile else plain_parts(logits, base)
    below, ones, first, square, first_square = parts
    place = tokens - start
    inside = (place >= 0) & (place < logits.shape[-1])
    near = jnp.take_along_axis(logits, jnp.clip(place, 0, logits.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    picked = jnp.where(inside, near.astype(dtype), -jnp.inf)
    return Sums(peak, below + (ones - 1), first, square + (ones - 1), first_square, picked)


def plain_parts(
    logits: Float[Array, "*tokens piece"], base: Float[Array, "*tokens"]
) -> tuple[Float[Array, "*tokens"], ...]:
    """Σ e^u without its ones, their number, Σ u e^u, Σ e^{2u} without its ones, Σ u e^{2u}; u = z - base <= 0.

    >>> parts = jax.jit(plain_parts)(np.zeros((1, 8)), np.full(1, math.log(2)))  # eight times u = -log 2
    >>> [round(part.item(), 4) for part in parts]
    [4.0, 0.0, -2.7726, 2.0, -1.3863]
    """
    u = logits.astype(base.dtype) - base[..., None]
    weight = jnp.exp(u)
    u = jnp.maximum(u, -1e4)  # e^u is 0 long before; an infinity times 0 would not be
    below, moment = jnp.where(u == 0, 0, weight), u * weight
    ones = jnp.sum(u == 0, axis=-1, dtype=base.dtype)
    parts = below, moment, below * weight, moment * weight
    first, *others = (jnp.sum(part, axis=-1) for part in parts)
    return first, ones, *others


def merge(one: Sums, other: Sums) -> Sums:
    """The sums over two disjoint pieces: both are moved to the higher peak, and the lower one's own peak counts.

    >>> first, second = (jax.jit(sums_of)(np.zeros((1, 8)), np.array([3]), start) for start in (0, 8))
    >>> jax.jit(merge)(first, second).rest.tolist()
    [15.0]
    """
    swap = other.peak > one.peak
    high, low = (jax.tree.map(lambda a, b: jnp.where(swap, a, b), *pair) for pair in ((other, one), (one, other)))
    absent = jnp.isneginf(low.peak)
    gap = jnp.where(absent, 0, low.peak - high.peak)
    scale = jnp.where(absent, 0, jnp.exp(gap))
    return Sums(
        high.peak,
        high.rest + scale * (1 + low.rest),
        high.first + scale * (low.first + gap * (1 + low.rest)),
        high.rest_square + scale**2 * (1 + low.rest_square),
        high.first_square + scale**2 * (low.first_square + gap * (1 + low.rest_square)),
        jnp.maximum(one.picked, other.picked),
    )


def finish(sums: Sums) -> TokenStats:
    """From the sums over the whole vocabulary to the statistics; a row of masked tokens only gives NaN.

    >>> sums = jax.jit(sums_of)(np.zeros((1, 8)), np.array([3]))
    >>> round(jax.jit(finish)(sums).entropy.item(), 4)  # log 8
    2.0794
    """
    log_partition, total = jnp.log1p(sums.rest), 1 + sums.rest
    mean = sums.first / total
    shifted = sums.picked - sums.peak
    log_prob = shifted - log_partition
    surprise = jnp.where(jnp.isneginf(shifted), 0, shifted - mean)
    square = (1 + sums.rest_square) / total**2
    return TokenStats(
        log_prob,
        log_partition - mean,
        jnp.exp(log_prob) * surprise,
        sums.first_square / total**2 - mean * square,
        square,
    )


def token_stats(logits: Float[Array, "..."], tokens: Int[Array, "..."], *, chunk: int | None = None) -> TokenStats:
    """Log-probability, entropy, S, E_p[S] and Σ p² of each sampled token.

    The gradient of all five is exact and is recomputed in the backward pass: nothing of the logits' size is kept.

    Args:
        logits: shape (..., vocabulary), of any float type; -inf masks a token. Sums are float32, or float64 for
            float64.
        tokens: one index a row. Under jit an index outside the vocabulary can't be refused: it gets log_prob -inf.
        chunk: entries of the vocabulary a step of the pass; by default all of it, which the compiler of an accelerator
            fuses, and which a CPU takes in tiles that fit its cache.

    >>> stats = jax.jit(token_stats)(np.zeros((1, 8)), np.array([3]))
    >>> print(f"{stats.entropy.item():.4f} {stats.log_prob.item():.4f} {stats.collision.item():.4f}")
    2.0794 -2.0794 0.1250
    """
    check_tokens(np.shape(logits), tokens)
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk is {chunk}; allowed is a whole number >= 1")
    vocabulary = logits.shape[-1]
    return _token_stats(min(chunk or vocabulary, vocabulary), logits, tokens)


def check_tokens(shape: tuple[int, ...], tokens: Int[Array, "..."]) -> None:
    """A ValueError where logits of this shape and these tokens do not belong together.

    >>> check_tokens((1, 8), jnp.array([8]))
    Traceback (most recent call last):
    ValueError: tokens run from 8 to 8; allowed is 0 to 7
    """
    if len(shape) == 0 or shape[-1] == 0:
        raise ValueError(f"logits has shape {shape}; allowed is (..., vocabulary) with at least one token")
    if tokens.shape != shape[:-1]:
        raise ValueError(f"tokens has shape {tokens.shape}; allowed is one index a row of logits, {shape[:-1]}")
    if not isinstance(tokens, Tracer) and tokens.is_fully_addressable:
        known = np.asarray(tokens)
        if ((known < 0) | (known >= shape[-1])).any():
            raise ValueError(f"tokens run from {known.min()} to {known.max()}; allowed is 0 to {shape[-1] - 1}")


def gradient_to_logits(
    logits: Float[Array, "*tokens piece"], tokens: Int[Array, "*tokens"], start: Any, sums: Sums, pull: TokenStats
) -> Float[Array, "*tokens piece"]:
    """The cotangent of a piece of the logits, given those of the five statistics.

    With x = l + H: ∂l_k = δ - p, ∂H = -p x, ∂S_k = p_k {(δ - p)(x_k + 1) - p x},
    ∂E[S] = p {2 p x - 2 E[S] + p - Σp² (1 + x)}, ∂Σp² = 2 p (p - Σp²), δ marking the sampled token.

    >>> logits, tokens = np.zeros((1, 8)), np.array([3])
    >>> pull = TokenStats(*(np.full(1, x) for x in (1.0, 0.0, 0.0, 0.0, 0.0)))  # of log_prob alone: δ - p
    >>> gradient = jax.jit(gradient_to_logits)(logits, tokens, 0, jax.jit(sums_of)(logits, tokens), pull)
    >>> gradient.tolist()[0][2:4]
    [-0.125, 0.875]
    """
    stats = finish(sums)
    total = 1 + sums.rest
    mean = sums.first / total
    u = logits.astype(mean.dtype) - jnp.where(jnp.isneginf(sums.peak), 0, sums.peak)[..., None]
    p = power_of_two(jnp.maximum(u * math.log2(math.e), LEAST)) * (1 / total)[..., None]
    x = jnp.maximum(u - mean[..., None], -1e4)
    lone = jnp.exp(stats.log_prob)
    weight = pull.discriminator * (stats.discriminator + lone)  # g_S p_k (x_k + 1)
    place = jax.lax.broadcasted_iota(tokens.dtype, u.shape, u.ndim - 1)
    hit = place == (tokens - start)[..., None]
    square = stats.collision
    on_constant = (
        -(pull.log_prob + weight) - pull.expected * (2 * stats.expected + square) - 2 * pull.collision * square
    )
    on_x = -(pull.entropy + pull.discriminator * lone) - pull.expected * square
    on_p, on_px = pull.expected + 2 * pull.collision, 2 * pull.expected
    constant, of_x, of_p, of_px = (c[..., None] for c in (on_constant, on_x, on_p, on_px))
    spread = p * (constant + of_x * x + p * (of_p + of_px * x))
    return (spread + jnp.where(hit, (pull.log_prob + weight)[..., None], 0)).astype(logits.dtype)


def _working_dtype(dtype: Any) -> Any:
    return jnp.promote_types(dtype, jnp.float32)


def _all_sums(chunk: int, logits: Array, tokens: Array) -> Sums:
    def step(sums, start, width):
        piece = jax.lax.dynamic_slice_in_dim(logits, start, width, axis=-1)
        return merge(sums, sums_of(piece, tokens, start))

    shape, dtype = logits.shape[:-1], _working_dtype(logits.dtype)
    if chunk == logits.shape[-1]:
        return sums_of(logits, tokens)
    return over_chunks(step, empty_sums(shape, dtype), logits.shape[-1], chunk)


def _forward(chunk, logits, tokens):
    sums = _all_sums(chunk, logits, tokens)
    return finish(sums), (logits, tokens, sums)


def _backward(chunk, kept, pull):
    logits, tokens, sums = kept
    return gradient_to_logits(logits, tokens, 0, sums, pull), np.zeros(tokens.shape, jax.dtypes.float0)


_token_stats = jax.custom_vjp(lambda chunk, logits, tokens: _forward(chunk, logits, tokens)[0], nondiff_argnums=(0,))
_token_stats.defvjp(_forward, _backward)
