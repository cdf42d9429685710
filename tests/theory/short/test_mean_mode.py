import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.short import mean_mode

centred_gain = compiled(mean_mode.centred_gain)
dobrushin = compiled(mean_mode.dobrushin)
expected_gradient_energy = compiled(mean_mode.expected_gradient_energy)
logit_gradient = compiled(mean_mode.logit_gradient)
split_residual = compiled(mean_mode.split_residual)
token_cosine = compiled(mean_mode.token_cosine)
token_split = compiled(mean_mode.token_split)
writer_gradient_split = compiled(mean_mode.writer_gradient_split)

RNG = np.random.default_rng(0)
T, D = 6, 4
ATTENTION = softmax(RNG.normal(size=(T, T)), axis=-1)
X, Y, G = (np.asarray(RNG.normal(size=(T, D))) for _ in range(3))
J = np.full((T, T), 1 / T)
P = np.eye(T) - J


def test_the_parts_are_the_projections():
    np.testing.assert_allclose(token_split(X).mean, J @ X, atol=1e-15)
    np.testing.assert_allclose(token_split(X).centred, P @ X, atol=1e-15)


def test_the_writer_gradient_is_the_sum_of_its_parts_and_they_are_what_they_say():
    mean, centred = writer_gradient_split(G, X)
    np.testing.assert_allclose(mean + centred, np.asarray(G).T @ X, atol=1e-14)
    np.testing.assert_allclose(mean, T * np.outer(G.mean(0), X.mean(0)), atol=1e-14)


def test_expected_energies_at_one_token_and_without_spread():
    assert [float(e) for e in expected_gradient_energy(1.0, 2.0, 0.0, 3.0, 0.0)] == [36.0, 0.0]
    assert [float(e) for e in expected_gradient_energy(5.0, 0.0, 2.0, 0.0, 1.0)] == [4.0, 16.0]
    with pytest.raises(ValueError, match="tokens"):
        mean_mode.expected_gradient_energy(0.0, 1.0, 1.0, 1.0, 1.0)


def test_gains_against_dense_projectors():
    np.testing.assert_allclose(centred_gain(ATTENTION), np.linalg.norm(P @ ATTENTION @ P, 2), rtol=1e-13)
    two_stars = np.repeat(np.eye(T)[:2], T // 2, axis=0)
    np.testing.assert_allclose([centred_gain(two_stars), dobrushin(two_stars)], [np.sqrt(T / 2), 1.0], rtol=1e-12)
    assert dobrushin(np.full((T, T), 1 / T)) == 0


def test_logit_gradient_is_the_derivative():
    logits = np.log(ATTENTION)
    exact = compiled(jax.grad(lambda z: jnp.sum(G * (jax.nn.softmax(z) @ X))))(logits)
    np.testing.assert_allclose(logit_gradient(ATTENTION, X, G), exact, atol=1e-14)


def test_residual_of_ones_is_the_plain_sum_on_the_centred_part_only():
    z = split_residual(X, Y, 0.3, 2.0)
    np.testing.assert_allclose(J @ z, J @ (0.7 * X + 0.3 * Y), atol=1e-14)
    np.testing.assert_allclose(P @ z, P @ (X + 2.0 * Y), atol=1e-14)


def test_cosine_by_pairs():
    unit = np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True))
    pairs = [unit[i] @ unit[j] for i in range(T) for j in range(T) if i != j]
    np.testing.assert_allclose(token_cosine(X), np.mean(pairs), rtol=1e-12)
