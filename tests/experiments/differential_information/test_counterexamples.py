import jax
import numpy as np

from core.run.mesh import device_mesh
from core.verify.trial import Trial
from experiments.differential_information._preferences import best_rewards
from experiments.differential_information.claims import (
    c04_only_the_log_ratio,
    c05_likelihood_displacement,
    c06_entropy_of_the_information_decides,
)


def test_the_entropy_does_not_decide():
    assert c06_entropy_of_the_information_decides().verdict == "refuted"


def test_both_claims_need_their_assumption():
    trial = Trial(jax.random.key(3), 1, device_mesh())
    assert c04_only_the_log_ratio(trial).verdict == "holds-if"
    assert c05_likelihood_displacement(trial).verdict == "holds-if"


def test_newton_finds_the_rewards_behind_exact_counts():
    truth = np.array([0.3, -1.0, 0.7, 0.0])
    weight = np.add.outer(np.arange(1.0, 5), np.arange(4.0))  # symmetric up to the odds that the rewards give
    weight = weight + weight.T
    counts = weight / (1 + np.exp(truth[None, :] - truth[:, None]))
    np.testing.assert_allclose(jax.jit(best_rewards)(counts), truth - truth.mean(), atol=1e-6)
