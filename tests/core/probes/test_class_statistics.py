import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.class_statistics import (
    class_statistics,
    class_sums_compute,
    class_sums_init,
    class_sums_update,
    merge_statistics,
)

CLASSES, DIMENSION, SAMPLES = 7, 5, 90


def data(offset=0.0, dtype=np.float64, spread=1.0):
    rng = np.random.default_rng(0)
    labels = np.concatenate([rng.integers(0, CLASSES - 1, SAMPLES - 1), [3]])  # the last class stays empty
    means = rng.normal(size=(CLASSES, DIMENSION)) + offset
    return (means[labels] + spread * rng.normal(size=(SAMPLES, DIMENSION))).astype(dtype), labels


def direct(features, labels):
    """The definitions, in float64."""
    features = features.astype(np.float64)
    groups = [features[labels == k] for k in range(CLASSES)]
    rest = [group - group.mean(0) for group in groups if len(group)]
    scatter = [np.sum((g - g.mean(0)) ** 2) if len(g) else 0.0 for g in groups]
    means = np.stack([g.mean(0) if len(g) else np.zeros(DIMENSION) for g in groups])
    return np.bincount(labels, minlength=CLASSES), means, np.array(scatter), sum(r.T @ r for r in rest)


def streamed(features, labels, batch):
    update, sums = (
        jax.jit(class_sums_update, donate_argnums=0),
        class_sums_init(CLASSES, DIMENSION, dtype=features.dtype),
    )
    for start in range(0, len(features), batch):
        sums = update(sums, jnp.asarray(features[start : start + batch]), jnp.asarray(labels[start : start + batch]))
    return class_sums_compute(sums)


def assert_close(found, expected, rtol=1e-12):
    scale = np.sqrt(np.mean(expected[3] ** 2))
    assert np.array_equal(found[0], expected[0])
    alive = expected[0] > 0
    np.testing.assert_allclose(np.asarray(found[1])[alive], np.asarray(expected[1])[alive], rtol=rtol)
    np.testing.assert_allclose(found[2], expected[2], rtol=10 * rtol, atol=rtol * scale)
    np.testing.assert_allclose(found[3], expected[3], atol=10 * rtol * scale)


@pytest.mark.parametrize("batch", [90, 30, 18])
def test_batches_of_any_size_give_the_definitions(batch):
    features, labels = data()
    assert_close(streamed(features, labels, batch), direct(features, labels))


def test_the_order_of_samples_does_not_matter():
    features, labels = data()
    order = np.random.default_rng(1).permutation(SAMPLES)
    assert_close(streamed(features[order], labels[order], 30), direct(features, labels))


def test_merging_commutes_and_associates_and_equals_one_pass():
    features, labels = data()
    parts = [class_statistics(jnp.asarray(features[i::3]), jnp.asarray(labels[i::3]), CLASSES) for i in range(3)]
    a, b, c = parts
    assert_close(merge_statistics(merge_statistics(a, b), c), direct(features, labels))
    assert_close(merge_statistics(c, merge_statistics(b, a)), direct(features, labels))


@pytest.mark.parametrize(("offset", "spread", "rtol"), [(0.0, 1.0, 1e-5), (1000.0, 1.0, 1e-5), (1000.0, 0.05, 1e-3)])
def test_float32_keeps_its_digits_far_from_zero(offset, spread, rtol):
    features, labels = data(offset, np.float32, spread)
    expected = direct(features, labels)
    found = streamed(features, labels, 30)
    np.testing.assert_allclose(found.scatter, expected[2], rtol=rtol)
    np.testing.assert_allclose(found.within, expected[3], atol=rtol * np.abs(expected[3]).max())
    halves = [class_statistics(jnp.asarray(features[i::2]), jnp.asarray(labels[i::2]), CLASSES) for i in range(2)]
    np.testing.assert_allclose(merge_statistics(*halves).scatter, expected[2], rtol=10 * rtol)


def test_traced_labels_out_of_range_are_padding():
    features, labels = data()
    padded = np.concatenate([features, np.full((10, DIMENSION), 1e6)])
    names = np.concatenate([labels, np.tile([-1, CLASSES], 5)])
    found = jax.jit(lambda x, y: class_statistics(x, y, CLASSES))(padded, names)
    assert_close(found, direct(features, labels))


def test_one_sample_a_class_has_no_scatter():
    found = class_statistics(jnp.arange(6.0).reshape(3, 2), jnp.arange(3), 3)
    assert not np.any(found.scatter)
    assert not np.any(found.within)


def test_strips_of_the_product_make_the_whole_matrix():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 259)), rng.integers(0, 3, 40)
    means = np.stack([features[labels == k].mean(0) for k in range(3)])
    rest = features - means[labels]
    found = class_statistics(jnp.asarray(features), jnp.asarray(labels), 3)
    np.testing.assert_allclose(found.within, rest.T @ rest, atol=1e-11)


def test_bad_input_is_refused():
    features, labels = jnp.ones((3, 2)), jnp.array([0, 1, 2])
    with pytest.raises(ValueError, match=r"labels run from 0 to 2; allowed are 0\.\.1"):
        class_statistics(features, labels, 2)
    with pytest.raises(ValueError, match="labels run from -1"):
        class_statistics(features, labels - 1, 3)
    with pytest.raises(ValueError, match="classes is 1"):
        class_statistics(features, jnp.zeros(3, int), 1)
    with pytest.raises(ValueError, match="NaN"):
        class_statistics(features.at[1, 0].set(jnp.nan), labels, 3)


SHARDED = """
import jax
jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp, numpy as np
from jax.sharding import PartitionSpec as P
from core.probes.class_statistics import class_statistics, merge_across
mesh = jax.make_mesh((4,), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))
rng = np.random.default_rng(0)
features, labels = rng.normal(size=(80, 5)) + 1000, np.sort(rng.integers(0, 7, 80))
local = lambda x, y: merge_across(class_statistics(x, y, 8), "devices")
found = jax.jit(jax.shard_map(local, mesh=mesh, in_specs=P("devices"), out_specs=P()))(features, labels)
whole = class_statistics(jnp.asarray(features), jnp.asarray(labels), 8)
alive = np.asarray(whole.counts) > 0
assert np.array_equal(found.counts, whole.counts)
np.testing.assert_allclose(np.asarray(found.means)[alive], np.asarray(whole.means)[alive], rtol=1e-14)
np.testing.assert_allclose(found.scatter, whole.scatter, rtol=1e-9)
np.testing.assert_allclose(found.within, whole.within, atol=1e-9 * np.abs(whole.within).max())
print("equal")
"""


def test_sharded_over_four_devices_equals_unsharded():
    done = subprocess.run([sys.executable, "-c", SHARDED], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "equal", done.stderr[-2000:]
