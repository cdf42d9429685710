import jax
import numpy as np
import pytest

from core.features.proximity import feature_flow, proximal_features
from tests.compiled import compiled
from theory.collapse.proximity import collapsed_features, flow_velocity

CLASSES, DECAYS = 3, (0.2, 0.1)
proximal, velocity = compiled(proximal_features, static_argnums=1), compiled(flow_velocity, static_argnums=1)


@pytest.fixture(scope="module")
def start():
    return np.random.default_rng(0).normal(size=(4, 6))


def test_flow_has_the_velocity_and_the_order_of_its_method(start):
    @compiled
    def ends(start):
        def path(duration, substeps):
            return feature_flow(start, CLASSES, *DECAYS, duration=duration, records=2, substeps=substeps)[1]

        return [path(0.5, substeps)[-1] for substeps in (2, 4, 64)], path(1e-6, 1)

    (coarse, fine, exact), short = ends(start)
    ratio = np.linalg.norm(coarse - exact) / np.linalg.norm(fine - exact)
    assert 10 < ratio < 24  # 2⁴
    np.testing.assert_allclose((short[1] - short[0]) / 1e-6, velocity(start, CLASSES, *DECAYS), rtol=1e-4, atol=1e-4)


def test_proximal_features_are_stationary(start):
    pull = 3.0
    found = proximal(start, CLASSES, *DECAYS, pull)
    np.testing.assert_allclose(velocity(found, CLASSES, *DECAYS), pull * (found - start), atol=1e-9)


def test_collapsed_features_stay():
    collapsed = compiled(lambda: collapsed_features(4, CLASSES, 2, *DECAYS))()
    np.testing.assert_allclose(proximal(collapsed, CLASSES, *DECAYS, 1.0), collapsed, atol=1e-9)
    with pytest.raises(ValueError, match="records"):
        jax.eval_shape(lambda h: feature_flow(h, CLASSES, *DECAYS, duration=1.0, records=1), collapsed)
