import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.collapse import deep_linear

collapse_load = compiled(deep_linear.collapse_load)
head_gram = compiled(deep_linear.head_gram)
mean_gram = compiled(deep_linear.mean_gram)

SIZES = np.array([20.0, 10.0, 5.0, 5.0])
SAMPLES, CLASSES, WIDTH = 40, 4, 5
minimum_of = compiled(deep_linear.deep_linear_minimum, static_argnames="rank")
spectrum_of = compiled(deep_linear.centred_spectrum)


def objective(params, targets, decays, feature_decay):
    """The definition, written out."""
    layers, features, bias = params
    output = features
    for layer in layers:
        output = layer @ output
    loss = jnp.sum((output + bias[:, None] - targets) ** 2) / (2 * targets.shape[1])
    penalty = sum(decay / 2 * jnp.sum(layer**2) for decay, layer in zip(decays, layers, strict=True))
    return loss + penalty + feature_decay / 2 * jnp.sum(features**2)


value_and_slope = compiled(jax.value_and_grad(objective))


def one_hot():
    return np.repeat(np.eye(CLASSES), SIZES.astype(int), axis=1)


def planted(minimum, vectors, targets, decays, feature_decay):
    """Layers with the singular values of the solution in rotated bases, and the ridge features of their product."""
    depth = len(decays)
    rng = np.random.default_rng(0)
    bases = [np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0][:, :CLASSES] for _ in range(depth)] + [vectors]
    layers = [bases[m + 1] @ np.diag(np.sqrt(np.asarray(minimum.layer_energy[m]))) @ bases[m].T for m in range(depth)]
    product = np.linalg.multi_dot([*layers[::-1], np.eye(WIDTH)])
    ridge = product.T @ product + targets.shape[1] * feature_decay * np.eye(WIDTH)
    return layers, np.linalg.solve(ridge, product.T @ targets)


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("bias", [False, True])
def test_planted_minimiser_has_the_value_and_no_slope(depth, bias):
    decays, feature_decay = np.geomspace(2e-3, 8e-3, depth), 4e-3
    spectrum, vectors = spectrum_of(SIZES) if bias else (SIZES, np.eye(CLASSES))
    minimum = minimum_of(spectrum, SAMPLES, decays, feature_decay)
    targets, offset = one_hot(), (SIZES / SAMPLES if bias else np.zeros(CLASSES))
    layers, features = planted(minimum, np.asarray(vectors), targets - offset[:, None], decays, feature_decay)
    value, slope = value_and_slope((layers, features, offset), targets, decays, feature_decay)
    np.testing.assert_allclose(value, minimum.value, rtol=1e-13)
    leaves = jax.tree.leaves(slope if bias else slope[:2])
    assert max(np.abs(leaf).max() for leaf in leaves) < 1e-15


def test_geometry_of_the_planted_minimiser_is_the_predicted_one():
    decays, feature_decay = np.full(3, 3e-3), 4e-3
    spectrum, vectors = spectrum_of(SIZES)
    minimum = minimum_of(spectrum, SAMPLES, decays, feature_decay)
    targets = one_hot() - (SIZES / SAMPLES)[:, None]
    layers, features = planted(minimum, np.asarray(vectors), targets, decays, feature_decay)
    head = layers[2] @ layers[1] @ layers[0]
    means = np.stack([block.mean(1) for block in np.split(features, np.cumsum(SIZES.astype(int))[:-1], axis=1)], 1)
    np.testing.assert_allclose(head @ head.T, head_gram(minimum, vectors), atol=1e-12)
    np.testing.assert_allclose(means.T @ means, mean_gram(minimum, vectors, SIZES), atol=1e-12)


def test_one_layer_has_its_closed_form():
    decay, feature_decay, samples = 3e-3, 2e-3, 40
    minimum = minimum_of(SIZES, samples, np.array([decay]), feature_decay)
    head = np.sqrt(SIZES * feature_decay / decay) - samples * feature_decay
    mean = np.sqrt(decay / (SIZES * feature_decay)) - samples * decay / SIZES
    np.testing.assert_allclose(minimum.head_energy, head, rtol=1e-12)
    np.testing.assert_allclose(minimum.mean_energy, mean, rtol=1e-12)


def test_lengths_at_the_published_setting():
    lengths = {1: (3.7339, 0.2640), 3: (7.2720, 0.1370), 9: (10.834, 0.0921)}
    for depth, (head, mean) in lengths.items():
        minimum = minimum_of(np.array([200.0, 100, 50, 50]), 400, np.full(depth, 5e-4), 5e-4)
        assert abs(minimum.head_energy[0] ** 0.5 - head) < 1e-3
        assert abs(minimum.mean_energy[0] ** 0.5 - mean) < 1e-4


def test_rank_keeps_the_largest_modes_and_dead_classes_pay_their_labels():
    decays = np.full(2, 5e-3)
    full = minimum_of(SIZES, SAMPLES, decays, 5e-3)
    narrow = minimum_of(SIZES, SAMPLES, decays, 5e-3, rank=2)
    assert np.array_equal(np.asarray(narrow.roots) > 0, [True, True, False, False])
    saved = narrow.value - full.value
    lost = [(size - 2 * SAMPLES * float(part)) / (2 * SAMPLES)
            for size, part in zip(SIZES[2:], _parts(full, decays)[2:], strict=True)]  # fmt: skip
    np.testing.assert_allclose(saved, sum(lost), rtol=1e-12)
    heavy = minimum_of(SIZES, SAMPLES, np.full(2, 1.0), 1.0)
    assert heavy.value == 0.5
    assert not np.any(heavy.head_energy)


def _parts(minimum, decays):
    b = collapse_load(SAMPLES, decays, 5e-3)
    return (SIZES / (1 + minimum.roots**2) + b * minimum.roots) / (2 * SAMPLES)


def test_equal_classes_with_a_bias_form_a_simplex_etf():
    spectrum, vectors = spectrum_of(np.full(4, 8.0))
    np.testing.assert_allclose(spectrum, [8, 8, 8, 0], atol=1e-13)
    minimum = minimum_of(spectrum, 32, np.full(3, 4e-3), 4e-3)
    gram = np.asarray(head_gram(minimum, vectors))
    np.testing.assert_allclose(gram / gram[0, 0], (np.eye(4) - 1 / 4) / 0.75, atol=1e-12)


def test_centred_spectrum_interlaces_and_keeps_the_trace():
    spectrum, vectors = spectrum_of(SIZES)
    assert np.all(spectrum[:-1] <= SIZES[:-1] + 1e-12)
    assert np.all(spectrum[:-1] >= SIZES[1:] - 1e-12)
    np.testing.assert_allclose(spectrum.sum(), SAMPLES - (SIZES**2).sum() / SAMPLES, rtol=1e-13)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(4), atol=1e-13)


def test_mean_length_falls_with_class_size_at_depth_but_peaks_at_four_times_the_load_for_one_layer():
    sizes = np.geomspace(1.2, 500.0, 400)
    for depth in (1, 3):
        decays = np.full(depth, (1 / (depth * 500)) ** depth / 500 if depth == 1 else 1e-6)
        b = float(collapse_load(500, decays, 1.0))
        minimum = minimum_of(sizes * b, 500, decays, 1.0)
        alive = np.asarray(minimum.roots) > 0
        energy = np.asarray(minimum.mean_energy)[alive]
        assert np.all(np.diff(np.asarray(minimum.head_energy)[alive]) > 0)
        if depth == 1:
            assert abs(sizes[alive][np.argmax(energy)] - 4) < 0.05
        else:
            assert np.all(np.diff(energy) < 0)


def test_bad_input_is_refused():
    for decays, feature_decay in ((np.array([-1e-3]), 1e-3), (np.array([1e-3]), 0.0)):
        with pytest.raises(ValueError, match="decay"):
            deep_linear.deep_linear_minimum(SIZES, SAMPLES, decays, feature_decay)
    with pytest.raises(ValueError, match="rank must be a whole number"):
        deep_linear.deep_linear_minimum(SIZES, SAMPLES, np.full(2, 1e-3), 1e-3, rank=0)
    with pytest.raises(ValueError, match="class_sizes"):
        deep_linear.centred_spectrum(np.array([3.0, 0.0]))
