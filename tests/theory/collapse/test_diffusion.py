import numpy as np
import pytest

from tests.compiled import compiled
from theory.collapse import diffusion

collapsed_diffusion_entropy = compiled(diffusion.collapsed_diffusion_entropy)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("bandwidth", [0.3, 1.0, 4.0])
def test_closed_form_is_the_spectrum_of_the_walk(bandwidth, steps):
    points = np.repeat(np.eye(5), 3, axis=0) * 1.5
    distance2 = ((points[:, None] - points[None]) ** 2).sum(-1)
    kernel = np.exp(-distance2 / (2 * bandwidth**2))
    share = np.abs(np.linalg.eigvals(kernel / kernel.sum(1, keepdims=True))) ** steps
    share = share / share.sum()
    share = share[share > 1e-14]
    expected = -np.sum(share * np.log2(share))
    found = collapsed_diffusion_entropy(5, 1.5 * np.sqrt(2), bandwidth, steps)
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_limits_are_log_k_far_apart_and_zero_merged():
    np.testing.assert_allclose(collapsed_diffusion_entropy(10, 1e3, 1.0), np.log2(10), rtol=1e-12)
    np.testing.assert_allclose(collapsed_diffusion_entropy(10, 0.0, 1.0), 0, atol=1e-12)
    assert collapsed_diffusion_entropy(10, 1.0, 1.0, 4) < collapsed_diffusion_entropy(10, 1.0, 1.0, 1)
