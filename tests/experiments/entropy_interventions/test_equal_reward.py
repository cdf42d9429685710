import numpy as np

from experiments.entropy_interventions._equal_reward import at_reward


def test_it_reads_each_run_where_it_first_reaches_the_level():
    reward = np.array([np.linspace(0, 1, 101), np.linspace(0, 0.5, 101), np.zeros(101)])
    values = np.array([np.linspace(2, 0, 101)] * 3)  # so that a run's value tells when it was read
    np.testing.assert_allclose(at_reward(values, reward, 0.3975, window=1), [1.2, 0.4, np.nan])
    # a moving average of a straight line is the line at the middle of the window
    np.testing.assert_allclose(at_reward(values, reward, 0.3975, window=7), [1.2, 0.4, np.nan])
