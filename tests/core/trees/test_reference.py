import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from core.trees.bits import Dyadic
from core.trees.law import Law, Shape
from core.trees.reference import simulate_float
from core.trees.simulate import simulate_words
from tests.compiled import compiled

SHAPE, TREES = Shape(3, 2), 20_000


def test_plain_trees_and_trees_in_words_have_one_law():
    """Two samples that share no code but the cipher, at eight dyadic settings (μ_0, γ, ρ in sixteenths)."""

    @compiled
    def counts(settings):
        def count(setting):
            (one, other), (bias, gamma, rho) = setting
            law = Law(Dyadic(16 + bias, 5), Dyadic(16 - gamma, 5), Dyadic(rho, 4))
            plain = simulate_float(one, TREES, SHAPE, bias / 16, gamma / 16, rho / 16).sum()
            return plain, simulate_words(other, law, SHAPE, TREES // 32)

        return jax.lax.map(count, settings)

    sixteenths = np.random.default_rng(0).integers([1, 8, 0], [12, 17, 9], (8, 3))
    keys = jax.random.split(jax.random.key(2), (8, 2))
    plain, words = (count.astype(float) for count in counts((keys, sixteenths.astype(np.uint32))))
    pooled = (plain + words) / (2 * TREES)
    scores = (plain - words) / np.sqrt(2 * TREES * pooled * (1 - pooled))
    assert 1e-4 < stats.chi2.sf(np.sum(scores**2), 8) < 1 - 1e-4


def test_limits():
    simulate = compiled(simulate_float, static_argnums=(1, 2))
    assert simulate(jax.random.key(0), 5, SHAPE, 1.0).all()
    assert not simulate(jax.random.key(0), 5, SHAPE, -1.0).any()


@pytest.mark.parametrize(
    ("trees", "leaf_bias", "fidelity", "correlation", "message"),
    [
        (0, 0.1, 1.0, 0.0, "trees"),
        (2, 1.1, 1.0, 0.0, "leaf_bias"),
        (2, 0.1, -0.1, 0.0, "fidelity"),
        (2, 0.1, 1.0, 1.5, "correlation"),
    ],
)
def test_bad_input_is_refused(trees, leaf_bias, fidelity, correlation, message):
    with pytest.raises(ValueError, match=message):
        simulate_float(jax.random.key(0), trees, SHAPE, jnp.float64(leaf_bias), fidelity, correlation)
