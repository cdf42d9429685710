"""Every categorical fit that n samples can give, with its probability: expectations without a random number."""

import numpy as np
from scipy import stats


def outcomes(real: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts (outcomes, 3) of three tokens, and their probabilities."""
    first, second = np.meshgrid(np.arange(samples + 1), np.arange(samples + 1))
    possible = first + second <= samples
    first, second = first[possible], second[possible]
    counts = np.stack([first, second, samples - first - second], axis=1)
    return counts, stats.multinomial.pmf(counts, samples, real)


def smoothed(counts: np.ndarray, pseudo: float) -> np.ndarray:
    """Frequencies with `pseudo` added to each count; more of it makes the model less confident."""
    return (counts + pseudo) / np.sum(counts + pseudo, axis=1, keepdims=True)
