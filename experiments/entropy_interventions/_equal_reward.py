"""What runs of different speed have left when they have learned the same."""

import numpy as np


def at_reward(values: np.ndarray, reward: np.ndarray, level: float, window: int = 7) -> np.ndarray:
    """Each run's value where its reward, both smoothed over a window, first reaches the level; NaN where it never does.

    Args:
        values: shape (runs, rollouts).
        reward: shape (runs, rollouts).
        level: of the reward.
        window: of the moving average, in rollouts.
    """
    box = np.ones(window) / window
    smooth, paid = (
        np.array([np.convolve(run, box, "valid") for run in np.asarray(x, float)]) for x in (values, reward)
    )
    reached = paid >= level
    return np.where(reached.any(1), smooth[np.arange(len(smooth)), reached.argmax(1)], np.nan)
