import jax
import numpy as np
import pytest

from core.particles.objectives import sphere
from core.particles.schedules import alpha_for_effective_share, cooled_sigma, growing_alpha, reduced, reduced_size
from core.particles.swarm import swarm_init
from tests.compiled import compiled
from theory.consensus.gibbs import effective_sample_size, gibbs_weights


@compiled
def effective_size(energy, share):
    return effective_sample_size(gibbs_weights(energy, alpha_for_effective_share(energy, share)))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_effective_share_is_what_was_asked(share, scale):
    energy = scale * np.random.default_rng(0).uniform(size=200)
    assert effective_size(energy, share) == pytest.approx(200 * share, rel=1e-9)


def test_growth_and_cooling():
    grown, cooled = compiled(growing_alpha), compiled(cooled_sigma)
    assert grown(30.0, 1.05, 1e15, 10) == pytest.approx(30 * 1.05**10)
    assert grown(30.0, 1.05, 1e5, 10**6) == 1e5
    # σ_k log2(k + 2) / log2(k + 3): the recursion of the authors' code
    np.testing.assert_allclose(cooled(1.0, 4) * np.log2(6) / np.log2(7), cooled(1.0, 5))


def test_reduction_keeps_particles_and_memory():
    assert [reduced_size(100, 1.0, v) for v in (1.0, 0.5, 0.0, 3.0)] == [100, 90, 80, 100]

    @compiled
    def both(key):
        swarm = swarm_init(sphere, jax.random.normal(key, (2, 50)))
        return swarm, reduced(sphere, jax.random.key(1), swarm, 40)

    swarm, fewer = both(jax.random.key(0))
    assert fewer.position.shape == (2, 40)
    assert set(np.asarray(fewer.position[0]).tolist()) <= set(np.asarray(swarm.position[0]).tolist())
    assert float(fewer.best_energy) == float(swarm.best_energy)
