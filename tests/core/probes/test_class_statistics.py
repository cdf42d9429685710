from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec

from core.probes.class_statistics import (
    ROWS,
    class_statistics,
    class_statistics_of_shard,
    class_sums_compute,
    class_sums_init,
    class_sums_update,
    merge_statistics,
)
from core.run.mesh import device_mesh
from tests.compiled import compiled

CLASSES, DIMENSION, SAMPLES = 7, 5, 90
init = jax.jit(partial(class_sums_init, CLASSES, DIMENSION), static_argnames="dtype")
update, compute = jax.jit(class_sums_update, donate_argnums=0), compiled(class_sums_compute)
statistics, merged = compiled(class_statistics, static_argnums=2), compiled(merge_statistics)


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
    sums = init(dtype=features.dtype)
    for start in range(0, len(features), batch):
        sums = update(sums, features[start : start + batch], labels[start : start + batch])
    return compute(sums)


def assert_close(found, expected, rtol=1e-12):
    scale = np.sqrt(np.mean(expected[3] ** 2))
    assert np.array_equal(found[0], expected[0])
    alive = expected[0] > 0
    np.testing.assert_allclose(np.asarray(found[1])[alive], np.asarray(expected[1])[alive], rtol=rtol)
    np.testing.assert_allclose(found[2], expected[2], rtol=10 * rtol, atol=rtol * scale)
    np.testing.assert_allclose(found[3], expected[3], atol=10 * rtol * scale)


@pytest.mark.parametrize("batch", [90, 30])
def test_batches_of_any_size_give_the_definitions(batch):
    features, labels = data()
    assert_close(streamed(features, labels, batch), direct(features, labels))


def test_a_few_rows_at_a_time_add_up_to_all_of_them():
    """A CPU takes few at a time where no covariance is wanted, and all at once where it is: the same sums."""
    rng, count = np.random.default_rng(2), 2 * ROWS + 5
    features, labels = rng.normal(size=(count, DIMENSION)), rng.integers(-1, CLASSES, count)  # -1 is padding
    few = compiled(partial(class_statistics, covariance=False), static_argnums=2)(features, labels, CLASSES)
    for found, expected in zip(few[:3], statistics(features, labels, CLASSES)[:3], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_so_they_do_on_a_mesh():
    mesh, rng, count = device_mesh(), np.random.default_rng(3), 8 * (2 * ROWS + 5)
    features, labels = rng.normal(size=(count, DIMENSION)), rng.integers(0, CLASSES, count)
    at, axis = PartitionSpec(*mesh.axis_names), mesh.axis_names[0]
    own = partial(class_statistics_of_shard, classes=CLASSES, axis=axis, covariance=False)
    found = compiled(jax.shard_map(own, mesh=mesh, in_specs=at, out_specs=PartitionSpec()))(features, labels)
    for part, expected in zip(found[:3], direct(features, labels)[:3], strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-11)


def test_the_order_of_samples_does_not_matter():
    features, labels = data()
    order = np.random.default_rng(1).permutation(SAMPLES)
    assert_close(streamed(features[order], labels[order], 30), direct(features, labels))


def test_merging_commutes_and_associates_and_equals_one_pass():
    features, labels = data()
    parts = [statistics(features[i::3], labels[i::3], CLASSES) for i in range(3)]
    a, b, c = parts
    assert_close(merged(merged(a, b), c), direct(features, labels))
    assert_close(merged(c, merged(b, a)), direct(features, labels))


@pytest.mark.parametrize(("offset", "spread", "rtol"), [(0.0, 1.0, 1e-5), (1000.0, 1.0, 1e-5), (1000.0, 0.05, 1e-3)])
def test_float32_keeps_its_digits_far_from_zero(offset, spread, rtol):
    features, labels = data(offset, np.float32, spread)
    expected = direct(features, labels)
    found = streamed(features, labels, 30)
    np.testing.assert_allclose(found.scatter, expected[2], rtol=rtol)
    np.testing.assert_allclose(found.within, expected[3], atol=rtol * np.abs(expected[3]).max())
    halves = [statistics(features[i::2], labels[i::2], CLASSES) for i in range(2)]
    np.testing.assert_allclose(merged(*halves).scatter, expected[2], rtol=10 * rtol)


def test_traced_labels_out_of_range_are_padding():
    features, labels = (part[:20] for part in data())
    padded = np.concatenate([features, np.full((10, DIMENSION), 1e6)])
    names = np.concatenate([labels, np.tile([-1, CLASSES], 5)])
    found = statistics(padded, names, CLASSES)
    assert_close(found, direct(features, labels))


def test_one_sample_a_class_has_no_scatter():
    labels = np.where(np.arange(30) < CLASSES, np.arange(30), -1)
    found = statistics(data()[0][:30], labels, CLASSES)
    assert not np.any(found.scatter)
    assert not np.any(found.within)


def test_bad_input_is_refused():
    features, labels = jnp.ones((3, 2)), jnp.array([0, 1, 2])
    with pytest.raises(ValueError, match=r"labels run from 0 to 2; allowed are 0\.\.1"):
        class_statistics(features, labels, 2)
    with pytest.raises(ValueError, match="labels run from -1"):
        class_statistics(features, jnp.array([-1, 0, 1]), 3)
    with pytest.raises(ValueError, match="classes is 1"):
        class_statistics(features, labels, 1)
    with pytest.raises(ValueError, match="NaN"):
        class_statistics(jnp.array([[1.0, 1], [np.nan, 1], [1, 1]]), labels, 3)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_blocks_are_merged_into_the_definitions(offset):
    features, labels = data(offset)
    found = compiled(class_statistics_of_shard, static_argnums=2)(features[:88], labels[:88], CLASSES)
    assert_close(found, direct(features[:88], labels[:88]), rtol=1e-12 if offset == 0 else 1e-9)
