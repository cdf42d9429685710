import numpy as np


def test_losses_of_resampled_generations_do_not_add():
    """A coin's rare side, exactly: after 8 generations it is lost far less often than 8 first losses add up to."""
    draws, prob, generations = 20, 0.1, 8
    counts = np.arange(draws + 1)
    choose = np.cumprod([1, *((draws - k) / (k + 1) for k in range(draws))])
    moves = choose * (counts[:, None] / draws) ** counts * (1 - counts[:, None] / draws) ** (draws - counts)
    state = choose * prob**counts * (1 - prob) ** (draws - counts)
    first = state[0]
    for _ in range(generations - 1):
        state = state @ moves
    assert first < state[0] < generations * first / 1.4
