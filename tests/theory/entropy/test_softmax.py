from decimal import Decimal, localcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from tests.compiled import compiled
from theory.entropy import door, softmax

entropy, discriminator, covariance = map(compiled, (softmax.entropy, softmax.discriminator, softmax.covariance))
entropy_curvature, log_prob = compiled(softmax.entropy_curvature), compiled(softmax.log_prob)
expected_discriminator = compiled(softmax.expected_discriminator)


@pytest.fixture(scope="module")
def logits():
    return np.asarray(3 * np.random.default_rng(0).normal(size=(64, 12)))


def written_out(z):
    """-Σ p log p as everyone writes it, through jax.nn: shares nothing with the one-pass form."""
    return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)


def test_entropy_and_its_gradient_and_curvature_against_autodiff(logits):
    direction = np.random.default_rng(1).normal(size=logits.shape)
    np.testing.assert_allclose(entropy(logits), written_out(logits), rtol=1e-13)
    slope = compiled(jax.vmap(jax.grad(written_out)))(logits)
    np.testing.assert_allclose(-discriminator(logits), slope, atol=1e-14)
    bend = compiled(jax.vmap(lambda z, v: v @ jax.hessian(written_out)(z) @ v))(logits, direction)
    np.testing.assert_allclose(entropy_curvature(logits, direction), bend, rtol=1e-11, atol=1e-12)


def test_autodiff_of_the_stable_form_is_the_closed_gradient(logits):
    np.testing.assert_allclose(compiled(jax.vmap(jax.grad(entropy)))(logits), -discriminator(logits), atol=1e-14)


def test_invariants(logits):
    shifted = logits + 1e4
    np.testing.assert_allclose(np.sum(discriminator(logits), -1), 0, atol=1e-15)
    np.testing.assert_allclose(entropy(shifted), entropy(logits), rtol=1e-10)
    np.testing.assert_allclose(entropy_curvature(logits, np.full_like(logits, 7.0)), 0, atol=1e-13)
    prob = special.softmax(logits, axis=-1)
    np.testing.assert_allclose(
        expected_discriminator(logits), covariance(logits, prob, np.log(prob)), rtol=1e-10, atol=1e-16
    )
    assert (expected_discriminator(logits) >= 0).all()
    assert (abs(expected_discriminator(np.zeros_like(logits))) < 1e-17).all()


def test_masked_tokens_do_not_exist(logits):
    masked = np.concatenate([logits, np.full((64, 5), -np.inf)], -1)
    np.testing.assert_allclose(entropy(masked), entropy(logits), rtol=1e-14)  # sums of 17 and of 12 terms
    np.testing.assert_array_equal(discriminator(masked)[:, :12], discriminator(logits))
    assert (discriminator(masked)[:, 12:] == 0).all()
    assert np.isfinite(compiled(jax.vmap(jax.grad(entropy)))(masked)).all()
    assert (log_prob(masked, np.full(64, 14)) == -np.inf).all()


def test_digits_survive_collapse():
    """H down to 1e-300 against fifty-digit arithmetic: lse - <p, z> would have lost them all at 1e-16."""
    for gap in (1.0, 30.0, 100.0, 690.0):
        z = np.array([gap, 0.0, -1.5])
        with localcontext() as context:
            context.prec = 400
            u = [Decimal(float(x)) - Decimal(gap) for x in z]
            weight = [x.exp() for x in u]
            total = sum(weight)
            exact = total.ln() - sum(w * x for w, x in zip(weight, u, strict=True)) / total
        assert float(entropy(np.asarray(z))) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("bad", [np.array(1.0), np.zeros((3, 0)), np.array([np.nan, 0.0]), np.full(3, -np.inf)])
def test_the_door(bad):
    with pytest.raises(ValueError, match="logits"):
        door.rows_of_logits(bad)
    with pytest.raises(ValueError, match="tokens"):
        softmax.log_prob(np.zeros(3), np.array(3))
