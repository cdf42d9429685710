from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.tokens import empty_sums, finish, merge, sums_of, token_stats

ROWS, VOCAB = 24, 37


@pytest.fixture(scope="module")
def rows():
    """Spread out, peaked, collapsed to one token, tied, with masked tokens; offsets of ±20."""
    keys = jax.random.split(jax.random.key(0), 4)
    scale = jnp.logspace(-1, 2, ROWS)[:, None]
    logits = scale * jax.random.normal(keys[0], (ROWS, VOCAB)) + 20 * jax.random.normal(keys[1], (ROWS, 1))
    logits = logits.at[3, :5].set(logits[3].max() + 1).at[4, ::2].set(-jnp.inf).at[5].set(0.0)
    return logits, jax.random.randint(keys[2], (ROWS,), 0, VOCAB).at[4].set(1)


def by_definition(logits, token):
    """-Σ p log p and its relatives in float64, token by token, through jax.nn."""
    p, l = jax.nn.softmax(logits), jax.nn.log_softmax(logits)
    l = jnp.where(p > 0, l, 0.0)
    h = -jnp.sum(p * l)
    score = p * (l + h)
    return l[token], h, score[token], p @ score, p @ p


def test_against_the_definitions(rows):
    for found, exact in zip(token_stats(*rows), jax.vmap(by_definition)(*rows), strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("chunk", [1, 10, 36, 37, 1000])
def test_pieces_merge_to_the_whole(rows, chunk):
    for found, whole in zip(token_stats(*rows, chunk=chunk), token_stats(*rows), strict=True):
        np.testing.assert_allclose(found, whole, rtol=1e-11, atol=1e-15)


def test_merge_commutes_and_has_a_neutral_element(rows):
    logits, token = rows
    left, right = sums_of(logits[:, :11], token), sums_of(logits[:, 11:], token, 11)
    for a, b in zip(finish(merge(left, right)), finish(merge(right, left)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-16)
    nothing = empty_sums((ROWS,), logits.dtype)
    for a, b in zip(merge(nothing, right), right, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("which", range(5))
def test_gradients_of_all_five(rows, which):
    logits, token = rows
    closed = jax.grad(lambda z: jnp.sum(token_stats(z, token, chunk=10)[which]))(logits)
    unmasked = np.delete(np.arange(ROWS), 4)  # autodiff of the definition stumbles over infinities
    by_autodiff = jax.vmap(jax.grad(lambda z, k: by_definition(z, k)[which]))(logits[unmasked], token[unmasked])
    np.testing.assert_allclose(closed[unmasked], by_autodiff, rtol=1e-9, atol=1e-12)
    assert np.isfinite(closed[4]).all()
    np.testing.assert_array_equal(closed[4, ::2], 0)


def two_term(gap, others, dtype):
    return jnp.concatenate([jnp.zeros(1), jnp.full(others, -gap)]).astype(dtype)[None]


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_digits_near_collapse(dtype):
    """H down to 1e-10 in float32 to a relative 1e-5, where lse - <p, z> has none left."""
    for gap in (4.0, 16.0, 32.0):
        z = two_term(gap, 1000, dtype)
        exact = token_stats(z.astype(jnp.float64), jnp.array([0]))
        found = token_stats(z, jnp.array([0]), chunk=300)
        assert found.entropy.dtype == jnp.float32
        for a, b in zip(found, exact, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-37)
    common = jax.nn.logsumexp(z.astype(jnp.float32) + 20) - jnp.sum(jax.nn.softmax(z + 20) * (z + 20))
    assert abs(float(common) / float(exact.entropy[0]) - 1) > 0.5
    assert 1e-11 < float(exact.entropy[0]) < 1e-9


def test_shapes_and_precision_are_kept():
    z, k = jnp.zeros((2, 3, 7), jnp.bfloat16), jnp.zeros((2, 3), int)
    assert all(x.shape == (2, 3) and x.dtype == jnp.float32 for x in token_stats(z, k, chunk=2))
    assert jax.grad(lambda z: token_stats(z, k).entropy.sum())(z).dtype == jnp.bfloat16
    assert all(x.shape == (0,) for x in token_stats(jnp.zeros((0, 7)), jnp.zeros((0,), int), chunk=2))
    assert all(x.shape == () for x in token_stats(jnp.zeros(7), jnp.array(3)))
    compiled = jax.jit(partial(token_stats, chunk=2))
    np.testing.assert_allclose(jax.vmap(compiled)(z, k).entropy, np.log(7), rtol=1e-6)


def test_the_door():
    with pytest.raises(ValueError, match=r"tokens run from 9 to 9; allowed is 0 to 6"):
        token_stats(jnp.zeros((1, 7)), jnp.array([9]))
    with pytest.raises(ValueError, match="one index a row"):
        token_stats(jnp.zeros((1, 7)), jnp.array([1, 2]))
    with pytest.raises(ValueError, match="vocabulary"):
        token_stats(jnp.zeros((3, 0)), jnp.zeros(3, int))
    with pytest.raises(ValueError, match="chunk"):
        token_stats(jnp.zeros((1, 7)), jnp.array([1]), chunk=0)
    assert jax.jit(token_stats)(jnp.zeros((1, 7)), jnp.array([9])).log_prob[0] == -jnp.inf
