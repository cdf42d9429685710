"""Random words by address: Threefry-2x32 with 20 rounds, written out so that it fuses with what consumes it.

A word here has an address (key, high, low) instead of a place in a queue. Draws therefore do not depend on how the
work is cut into blocks or spread over devices. `jax.random` uses the same cipher, but rolls its rounds into a loop,
which XLA can't fuse on CPU; the numbers are the same (see `threefry_block`).
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Key, UInt32

Words = UInt32[Array, "..."]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))  # of four rounds, in turn; Salmon et al. (SC 2011), table 2
KEY_PARITY = np.uint32(0x1BD11BDA)  # from Skein: keeps the three key words from all being zero


def threefry_block(key: Key[Array, ""], high: Words, low: Words) -> tuple[Words, Words]:
    """Two independent uniform words for each address (high, low) under `key`.

    Equal to element `high * 2**32 + low` of `jax.random.bits(key, shape, "uint64")`, of which the first word is the
    upper half; and, for `high = 0`, to `jax.random.key_data(jax.random.fold_in(key, low))`.

    >>> key = jax.random.key(7)
    >>> first, second = threefry_block(key, jnp.uint32(0), jnp.uint32(5))
    >>> jax.random.key_data(jax.random.fold_in(key, 5)).tolist() == [int(first), int(second)]
    True
    """
    require_threefry(key)
    first_key, second_key = jax.random.key_data(key)
    schedule = (first_key, second_key, first_key ^ second_key ^ KEY_PARITY)
    first, second = high + schedule[0], low + schedule[1]
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            first = first + second
            second = first ^ _rotate_left(second, distance)
        first = first + schedule[(group + 1) % 3]
        second = second + (schedule[(group + 2) % 3] + np.uint32(group + 1))
    return first, second


def split_keys(key: Key[Array, ""], count: int) -> Key[Array, " count"]:
    """Keys 0, 1, ..., the same as `jax.random.fold_in(key, index)` but in one unrolled piece of code.

    >>> keys = split_keys(jax.random.key(7), 3)
    >>> bool(keys[2] == jax.random.fold_in(jax.random.key(7), 2))
    True
    """
    words = jnp.stack(threefry_block(key, jnp.uint32(0), lax.iota(jnp.uint32, count)), axis=-1)
    # The barrier keeps XLA from computing a key anew wherever it is used, which compiles for several times as long.
    return jax.random.wrap_key_data(lax.optimization_barrier(words), impl="threefry2x32")


def require_threefry(key: Any) -> None:
    """Raise unless `key` is a typed scalar Threefry key: words are addressed by its cipher.

    >>> require_threefry(0)
    Traceback (most recent call last):
    ValueError: key must be one typed threefry2x32 key, as from jax.random.key(seed); got int
    """
    typed = hasattr(key, "dtype") and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    came = f"{jax.random.key_impl(key)} of shape {key.shape}" if typed else type(key).__name__
    if not typed or str(jax.random.key_impl(key)) not in ("threefry2x32", "fry") or key.shape != ():
        raise ValueError(f"key must be one typed threefry2x32 key, as from jax.random.key(seed); got {came}")


def _rotate_left(words: Words, distance: int) -> Words:
    return (words << np.uint32(distance)) | (words >> np.uint32(32 - distance))
