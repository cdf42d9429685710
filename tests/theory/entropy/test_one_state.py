import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import one_state

half_updates = compiled(one_state.half_updates)
mean_square_score = compiled(one_state.mean_square_score)
success_gradient = compiled(one_state.success_gradient)
tilted = compiled(one_state.tilted)


@pytest.fixture(scope="module")
def state():
    return np.asarray(2 * np.random.default_rng(0).normal(size=7)), np.array([0, 1, 0, 0, 1, 0, 0], bool)


def scores(logits):
    """∇_z log p_k = e_k - p for every k."""
    return np.eye(7) - softmax(logits)


def test_the_mean_square_score(state):
    logits, _ = state
    by_enumeration = softmax(logits) @ np.sum(scores(logits) ** 2, -1)
    np.testing.assert_allclose(mean_square_score(logits), by_enumeration, rtol=1e-13)


def test_success_and_failure_teach_the_same(state):
    logits, right = state
    prob, score = softmax(logits), scores(logits)
    slope = compiled(jax.grad(lambda z: jax.nn.softmax(z) @ right))(logits)
    for normalised, advantage in ((False, (1.0, -1.0)), (True, None)):
        rate = float(prob @ right)
        spread = np.sqrt(rate * (1 - rate))
        gain, loss = advantage or ((1 - rate) / spread, -rate / spread)
        wins, losses = half_updates(logits, right, normalised=normalised)
        np.testing.assert_allclose(wins, (prob * right * gain) @ score, atol=1e-15)
        np.testing.assert_allclose(losses, (prob * ~right * loss) @ score, atol=1e-15)
        np.testing.assert_allclose(wins / gain, slope, atol=1e-15)
        np.testing.assert_allclose(losses / -loss, slope, atol=1e-15)
    np.testing.assert_allclose(success_gradient(logits, right), slope, atol=1e-15)


def test_the_tilt_maximises_its_objective(state):
    logits, right = state

    def objective(p):
        return 3.0 * p @ right - p @ (jnp.log(p) - jax.nn.log_softmax(logits))

    best = tilted(logits, 1.0 * right, 3.0)
    rivals = np.log(best) + 0.1 * np.random.default_rng(1).normal(size=(200, 7))
    values = compiled(jax.vmap(lambda z: objective(jax.nn.softmax(z))))(np.vstack([np.log(best), rivals]))
    assert (values[1:] < values[0]).all()
