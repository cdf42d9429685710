import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.tokens import empty_sums, finish, merge, sums_of, token_stats
from tests.compiled import compiled

ROWS, VOCAB = 24, 37
stats_of = compiled(token_stats, static_argnames="chunk")


@pytest.fixture(scope="module")
def rows():
    """Spread out, peaked, collapsed to one token, tied, with masked tokens; offsets of ±20."""
    draw = np.random.default_rng(0)
    logits = np.logspace(-1, 2, ROWS)[:, None] * draw.normal(size=(ROWS, VOCAB)) + 20 * draw.normal(size=(ROWS, 1))
    logits[3, :5], logits[4, ::2], logits[5] = logits[3].max() + 1, -np.inf, 0.0
    token = draw.integers(0, VOCAB, ROWS)
    token[4] = 1
    return logits, token


def by_definition(logits, token):
    """-Σ p log p and its relatives in float64, token by token, through jax.nn."""
    p, l = jax.nn.softmax(logits), jax.nn.log_softmax(logits)
    l = jnp.where(p > 0, l, 0.0)
    h = -jnp.sum(p * l)
    score = p * (l + h)
    return jnp.stack([l[token], h, score[token], p @ score, p @ p])


def test_against_the_definitions(rows):
    exact = compiled(jax.vmap(by_definition))(*rows)
    np.testing.assert_allclose(np.stack(stats_of(*rows), axis=1), exact, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("columns", [VOCAB, 3 * VOCAB])
def test_logits_made_in_the_same_program_have_the_statistics_of_given_ones(columns):
    """Kernels that work them out anew, each with its own rounding, would disagree about which entry is the peak."""

    def made(scale):
        return scale * jax.random.normal(jax.random.key(0), (ROWS, columns))

    token = np.zeros(ROWS, int)
    found = compiled(lambda scale: token_stats(made(scale), jnp.asarray(token)))(300.0)
    for a, b in zip(found, stats_of(compiled(made)(300.0), token), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("chunk", [1, 10, 36, 37, 1000])
def test_pieces_merge_to_the_whole(rows, chunk):
    for found, whole in zip(stats_of(*rows, chunk=chunk), stats_of(*rows), strict=True):
        np.testing.assert_allclose(found, whole, rtol=1e-11, atol=1e-15)


def test_merge_commutes_and_has_a_neutral_element(rows):
    @compiled
    def both_ways(logits, token):
        left, right = sums_of(logits[:, :11], token), sums_of(logits[:, 11:], token, 11)
        nothing = merge(empty_sums((ROWS,), jnp.float64), right)
        return finish(merge(left, right)), finish(merge(right, left)), nothing, right

    one, other, nothing_and_right, right = both_ways(*rows)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-16)
    for a, b in zip(nothing_and_right, right, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def slopes(rows):
    """Of each of the five, by their own rule and by autodiff of the definitions: (5, rows, vocabulary)."""
    closed = compiled(jax.jacrev(lambda z, k: jnp.stack([x.sum() for x in token_stats(z, k, chunk=10)])))(*rows)
    by_autodiff = compiled(jax.vmap(jax.jacrev(by_definition), out_axes=1))(*rows)
    return np.asarray(closed), np.asarray(by_autodiff)


@pytest.mark.parametrize("which", range(5))
def test_gradients_of_all_five(slopes, which):
    closed, by_autodiff = (slope[which] for slope in slopes)
    unmasked = np.delete(np.arange(ROWS), 4)  # autodiff of the definition stumbles over infinities
    np.testing.assert_allclose(closed[unmasked], by_autodiff[unmasked], rtol=1e-9, atol=1e-12)
    assert np.isfinite(closed[4]).all()
    np.testing.assert_array_equal(closed[4, ::2], 0)


def two_term(gap, others, dtype):
    return np.array([[0.0] + others * [-gap]]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16])
def test_digits_near_collapse(dtype):
    """H down to 1e-10 in float32 to a relative 1e-5, where lse - <p, z> has none left."""
    for gap in (4.0, 16.0, 32.0):
        z = two_term(gap, 1000, dtype)
        exact = stats_of(np.asarray(z, np.float64), np.array([0]))
        found = stats_of(z, np.array([0]), chunk=300)
        assert found.entropy.dtype == np.float32
        for a, b in zip(found, exact, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-37)
    z = np.asarray(z, np.float32) + np.float32(20)
    mass = np.exp(z - z.max())
    common = z.max() + np.log(mass.sum()) - (mass / mass.sum() * z).sum()
    assert abs(float(common) / float(exact.entropy[0]) - 1) > 0.5
    assert 1e-11 < float(exact.entropy[0]) < 1e-9


def test_shapes_and_precision_are_kept():
    z, k = np.zeros((2, 3, 7), jnp.bfloat16), np.zeros((2, 3), int)
    found = jax.eval_shape(lambda z, k: token_stats(z, k, chunk=2), z, k)
    assert all(x.shape == (2, 3) and x.dtype == np.float32 for x in found)
    slope = jax.eval_shape(jax.grad(lambda z, k: token_stats(z, k).entropy.sum()), z, k)
    assert (slope.shape, slope.dtype) == (z.shape, jnp.bfloat16)
    assert all(x.shape == (0,) for x in stats_of(np.zeros((0, 7)), np.zeros((0,), int), chunk=2))
    assert all(x.shape == () for x in jax.eval_shape(token_stats, np.zeros(7), np.array(3)))
    mapped = compiled(jax.vmap(lambda z, k: token_stats(z, k, chunk=2)))(z, k)
    np.testing.assert_allclose(mapped.entropy, np.log(7), rtol=1e-6)


def test_the_door(rows):
    with pytest.raises(ValueError, match=r"tokens run from 9 to 9; allowed is 0 to 6"):
        token_stats(jnp.zeros((1, 7)), jnp.array([9]))
    with pytest.raises(ValueError, match="one index a row"):
        token_stats(jnp.zeros((1, 7)), jnp.array([1, 2]))
    with pytest.raises(ValueError, match="vocabulary"):
        token_stats(jnp.zeros((3, 0)), jnp.zeros(3, int))
    with pytest.raises(ValueError, match="chunk"):
        token_stats(jnp.zeros((1, 7)), jnp.array([1]), chunk=0)
    assert (stats_of(rows[0], np.full(ROWS, VOCAB)).log_prob == -np.inf).all()
