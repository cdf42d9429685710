import numpy as np

from tests.compiled import compiled
from theory.consensus import sampling
from theory.consensus.sampling import NormalLaw

sampling_scale = compiled(sampling.sampling_scale)
sampling_step = compiled(sampling.sampling_step)

CURVATURE = np.array([[2.0, 0.3], [0.3, 0.5]])
MINIMISER = np.array([0.4, -1.0])


def test_the_gibbs_law_is_the_fixed_point_and_the_mean_comes_with_its_rate():
    alpha, dt = 3.0, 0.01
    target = np.linalg.inv(CURVATURE)
    law = NormalLaw(MINIMISER + 1.0, target)
    offset = np.ones(2)
    for _ in range(100):
        law = sampling_step(law, CURVATURE, MINIMISER, alpha, dt, sampling_scale(alpha))
    np.testing.assert_allclose(law.covariance, target, rtol=1e-12)
    # a step keeps 1 - (1 - b) α/(1 + α) of the offset
    kept = 1 - (1 - np.exp(-dt)) * alpha / (1 + alpha)
    np.testing.assert_allclose(law.mean - MINIMISER, offset * kept**100, rtol=1e-10)


def test_optimisation_collapses_onto_the_minimiser():
    law = NormalLaw(MINIMISER + 1.0, np.eye(2))
    for _ in range(200):
        law = sampling_step(law, CURVATURE, MINIMISER, 10.0, 0.5, 1.0)
    # algebraic, not exponential: the covariance dies like 1/t and takes the drift with it
    np.testing.assert_allclose(law.mean, MINIMISER, atol=0.03)
    assert float(np.trace(law.covariance)) < 0.01
