import numpy as np

from core.policies import advantages
from tests.compiled import compiled

REWARDS = np.array([[1.0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 1, 1]])
batch_normalised, centred = compiled(advantages.batch_normalised), compiled(advantages.centred)
group_normalised, leave_one_out = compiled(advantages.group_normalised), compiled(advantages.leave_one_out)


def test_each_against_its_words():
    for row, grpo, rloo in zip(REWARDS, group_normalised(REWARDS), leave_one_out(REWARDS), strict=True):
        np.testing.assert_allclose(grpo, (row - row.mean()) / (np.std(row, ddof=1) + 1e-6), rtol=1e-12)
        others = [np.delete(row, i).mean() for i in range(4)]
        np.testing.assert_allclose(rloo, row - np.array(others), atol=1e-15)
    np.testing.assert_allclose(batch_normalised(REWARDS).std(), 1, rtol=1e-5)
    np.testing.assert_array_equal(compiled(advantages.plain)(REWARDS), np.where(REWARDS > 0, 1, -1))


def test_equal_rewards_teach_nothing_and_a_single_answer_keeps_its_reward():
    for rule in (group_normalised, centred, leave_one_out):
        np.testing.assert_array_equal(rule(REWARDS)[2], 0)
    single = np.array([[1.0], [0.0]])
    np.testing.assert_allclose(group_normalised(single), single, atol=1e-5)
    np.testing.assert_array_equal(leave_one_out(single), 0)
