import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import binary_reward

group_covariance = compiled(binary_reward.group_covariance)
group_policy_covariance = compiled(binary_reward.group_policy_covariance)
right_gap = compiled(binary_reward.right_gap)


def enumerated(success, wrong):
    """Cov_p(l, A) and Cov_p(S, A) of one right answer and wrong ones of the given shares, written out in NumPy."""
    p = np.concatenate([[success], (1 - success) * np.asarray(wrong)])
    adv = (np.arange(len(p)) == 0) - success
    adv = adv / np.sqrt(success * (1 - success))
    l = np.log(p)
    score = p * (l - p @ l)
    return p @ (l * adv), p @ ((score - p @ score) * adv)


@pytest.mark.parametrize(("success", "answers"), [(0.05, 2), (0.3, 7), (0.97, 7)])
def test_both_covariances_by_enumeration(success, answers):
    by_hand = enumerated(success, np.full(answers - 1, 1 / (answers - 1)))
    closed = group_covariance(success, answers), group_policy_covariance(success, answers)
    np.testing.assert_allclose(closed, by_hand, rtol=1e-12, atol=1e-15)


def test_uneven_wrong_answers_count_by_their_entropy():
    wrong = np.array([0.7, 0.2, 0.1])
    effective = np.exp(-wrong @ np.log(wrong))
    np.testing.assert_allclose(group_covariance(0.4, 1 + effective), enumerated(0.4, wrong)[0], rtol=1e-12)
    assert group_covariance(0.4, 2) < group_covariance(0.4, 1 + effective) < group_covariance(0.4, 4)


def test_chance_level_pays_nothing_and_the_gap_is_the_slope_of_the_parent_curve():
    np.testing.assert_allclose([right_gap(1 / k, k) for k in (2, 5, 100)], 0, atol=1e-14)
    assert group_covariance(0.1, 5) < 0 < group_covariance(0.3, 5)
    h = compiled(jax.grad(lambda p: -p * jnp.log(p) - (1 - p) * jnp.log((1 - p) / 4)))(0.3)
    np.testing.assert_allclose(right_gap(0.3, 5), -h, rtol=1e-12)


def test_the_door():
    with pytest.raises(ValueError, match="success"):
        binary_reward.right_gap(1.5, 4)
    with pytest.raises(ValueError, match="answers"):
        binary_reward.group_covariance(0.5, 1)
