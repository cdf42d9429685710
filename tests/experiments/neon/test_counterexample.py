import numpy as np


def test_stepping_back_from_a_mode_seeking_sampler_hurts_an_under_confident_model():
    real, logits, tau, w = np.array([0.9, 0.1]), np.array([0.2, 0.0]), 0.5, 0.5

    def risk(z):
        return -real @ (z - np.log(np.exp(z).sum()))

    assert risk((1 + w) * logits - w * logits / tau) > risk(logits)
    assert risk((1 + w) * 30 * logits - w * 30 * logits / tau) < risk(30 * logits)  # over-confident: it helps
