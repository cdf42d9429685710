import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.consensus import gibbs

consensus_point = compiled(gibbs.consensus_point)
effective_sample_size = compiled(gibbs.effective_sample_size)
gibbs_weights = compiled(gibbs.gibbs_weights)
soft_minimum = compiled(gibbs.soft_minimum)

POINT, SIZE = consensus_point, compiled(lambda energy, a: effective_sample_size(gibbs_weights(energy, a)))
ALPHAS = (0.0, 1e-3, 1.0, 1e2, 1e5, 1e15, np.inf)


def swarm(dtype, seed=0, particles=257, dimension=3):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(dimension, particles)).astype(dtype), draw.uniform(size=particles).astype(dtype)


def exact_consensus(points, energy, alpha):
    """In extended precision, over numbers that the swarm's own dtype holds exactly."""
    points, energy = points.astype(np.longdouble), energy.astype(np.longdouble)
    excess = energy - energy.min()
    weight = np.where(excess == 0, 1, 0) if np.isinf(alpha) else np.exp(-np.longdouble(alpha) * excess)
    return np.asarray((points * weight).sum(1) / weight.sum(), np.float64)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_consensus_is_exact_inside_the_hull_and_indifferent_to_shift_and_order(alpha, dtype, tolerance):
    points, energy = swarm(dtype)
    # powers of two, so that adding 64 rounds nothing
    energy = np.round(energy * 2**12).astype(dtype) / 2**12
    found = np.asarray(POINT(points, energy, alpha))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, exact_consensus(points, energy, alpha), atol=tolerance)
    assert (found >= points.min(1) - tolerance).all()
    assert (found <= points.max(1) + tolerance).all()
    shifted = POINT(points, energy + dtype(64), alpha)
    np.testing.assert_array_equal(found, shifted)
    order = np.random.default_rng(1).permutation(points.shape[1])
    np.testing.assert_allclose(POINT(points[:, order], energy[order], alpha), found, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_tied_minima_far_above_zero_give_their_middle(dtype):
    points, energy = np.array([[1.0, 3.0, 9.0]], dtype), np.array([1000, 1000, 1001], dtype)
    assert float(POINT(points, energy, 1e5)[0]) == 2
    assert float(POINT(points, energy, np.inf)[0]) == 2


def test_equal_points_far_from_the_origin_are_their_own_consensus():
    points = np.full((2, 1000), np.float32(12345.678))
    assert (POINT(points, np.linspace(0, 1, 1000, dtype=np.float32), 3.0) == points[:, 0]).all()


def test_infinite_alpha_takes_the_best_and_zero_the_mean():
    points, energy = swarm(np.float64)
    best = POINT(points, energy, np.inf)
    np.testing.assert_array_equal(best, points[:, energy.argmin()])
    mean = POINT(points, energy, 0.0)
    np.testing.assert_allclose(mean, points.mean(1), atol=1e-14)


@pytest.mark.parametrize("alpha", [0.0, 2.0, np.inf])
def test_particles_without_a_finite_energy_have_no_weight(alpha):
    points, energy = swarm(np.float64, particles=6)
    energy[[1, 3]] = np.nan, np.inf
    kept = [0, 2, 4, 5]
    np.testing.assert_allclose(POINT(points, energy, alpha), POINT(points[:, kept], energy[kept], alpha))
    assert np.isnan(POINT(points, np.full(6, np.nan), alpha)).all()


def test_gradients_are_finite():
    points, energy = swarm(np.float32)
    slopes = compiled(jax.grad(lambda x, e, alpha: consensus_point(x, e, alpha).sum(), argnums=(0, 1)))
    for alpha in (0.0, 1.0, 1e5, 1e15, np.inf):
        assert all(np.isfinite(slope).all() for slope in slopes(points, energy, alpha)), alpha


def test_slope_in_the_energies_is_minus_alpha_times_the_covariance():
    points, energy = swarm(np.float64, particles=40)
    alpha, weights = 2.5, np.exp(-2.5 * energy)
    slope = compiled(jax.jacobian(lambda e: consensus_point(jnp.asarray(points), e, alpha)))(energy)
    share = weights / weights.sum()
    np.testing.assert_allclose(slope, -alpha * share * (points - (points @ share)[:, None]), atol=1e-13)


def test_effective_sample_size_and_soft_minimum_lie_between_their_ends():
    energy = np.asarray(swarm(np.float64)[1])
    sizes = [float(SIZE(energy, a)) for a in (0.0, 1.0, 10.0, 100.0, np.inf)]
    assert sizes[0] == pytest.approx(257)
    assert sizes[-1] == 1
    assert all(a > b for a, b in itertools.pairwise(sizes))
    assert float(soft_minimum(energy, 1e-9)) == pytest.approx(float(energy.mean()), abs=1e-6)
    assert float(soft_minimum(energy, 1e9)) == pytest.approx(float(energy.min()), abs=1e-7)


def test_a_negative_alpha_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        gibbs.gibbs_weights(jnp.ones(3), -1.0)
