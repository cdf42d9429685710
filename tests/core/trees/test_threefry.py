import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.trees.threefry import split_keys, threefry_block
from tests.compiled import compiled

block = compiled(lambda words, *counter: threefry_block(jax.random.wrap_key_data(words, impl="threefry2x32"), *counter))


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [  # known answers of the Random123 distribution, threefry 2x32, 20 rounds
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_published_known_answers(key, counter, expected):
    assert tuple(map(int, block(np.array(key, np.uint32), *map(np.uint32, counter)))) == expected


def test_words_are_those_of_jax_random():
    @compiled
    def both(key):
        library = jax.random.bits(key, (7, 64), "uint64").reshape(-1)
        return library, *threefry_block(key, jnp.uint32(0), jnp.arange(library.size, dtype=jnp.uint32))

    library, first, second = both(jax.random.key(2024))
    assert np.array_equal(library >> 32, first)
    assert np.array_equal(library & 0xFFFFFFFF, second)


def test_split_keys_fold_in_the_index():
    @compiled
    def same(key):
        return split_keys(key, 6) == jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(6))

    key = jax.random.key(5)
    assert same(key).all()
    assert jax.eval_shape(lambda: split_keys(key, 0)).shape == (0,)


@pytest.mark.parametrize(
    "key", [jax.random.key(0, impl="rbg"), jax.random.split(jax.random.key(0)), np.zeros(2, np.uint32)]
)
def test_a_wrong_key_is_refused(key):
    with pytest.raises((ValueError, TypeError), match="key"):
        threefry_block(key, jnp.uint32(0), jnp.uint32(0))
