import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.class_statistics import ClassStatistics, class_statistics
from core.probes.collapse import duality, mean_geometry, variability
from core.probes.pairs import class_distance_variance, log_kernel, riesz_kernel
from core.probes.tally import merge_tallies, tally_variance
from tests.compiled import compiled
from theory.collapse.floors import cosine_spread_floor, etf_error_floor, log_kernel_simplex

CLASSES, DIMENSION = 12, 5
SOME = [12, 4]  # classes that occur: more than dimensions, and fewer


def sample(classes, dimension=DIMENSION, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), 6)
    features = (2 * rng.normal(size=(classes, dimension)))[labels] + rng.normal(size=(len(labels), dimension))
    return features, labels, rng.normal(size=(classes, dimension))


@compiled
def metrics(features, labels, head):
    stats = class_statistics(features, labels, head.shape[0])
    seen = stats.counts > 0
    named = {"cdnv": class_distance_variance(stats).mean, "log": log_kernel(stats.means, seen, tile=3)}
    found = {**variability(stats)._asdict(), **mean_geometry(stats.means, seen)._asdict()}
    found |= {f"dual_{k}": v for k, v in duality(head, stats.means, seen)._asdict().items()}
    found |= {"cdnv": named["cdnv"], "log": named["log"].mean, "log_variance": tally_variance(named["log"])}
    found["riesz"] = riesz_kernel(stats.means, seen, tile=5).mean
    return found


def everything(features, labels, head):
    """All metrics as one flat dictionary of numbers: one program, in which some rows and classes may be padding."""
    lacking, absent = 6 * CLASSES - len(labels), CLASSES - len(head)
    features, labels = np.pad(features, ((0, lacking), (0, 0))), np.pad(labels, (0, lacking), constant_values=-1)
    head = np.pad(head, ((0, absent), (0, 0)), constant_values=7.0)
    return {k: float(v) for k, v in metrics(features, labels, head).items()}


def by_definition(features, labels, head):
    """The same with all pairs written out and NumPy's pseudo-inverse."""
    classes = head.shape[0]
    means = np.stack([features[labels == k].mean(0) for k in range(classes)])
    spread = np.array([np.mean(np.sum((features[labels == k] - means[k]) ** 2, 1)) for k in range(classes)])
    rest, a = features - means[labels], means - means.mean(0)
    within, between = rest.T @ rest / len(rest), a.T @ a / classes
    lengths = np.linalg.norm(a, axis=1)
    unit, off = a / lengths[:, None], ~np.eye(classes, dtype=bool)
    i, j = np.triu_indices(classes, 1)
    etf = np.eye(classes) - 1 / classes
    etf /= np.linalg.norm(etf)

    def normed(m):
        return m / np.linalg.norm(m)

    cosines = (unit @ unit.T)[off]
    distance = np.linalg.norm(means[i] - means[j], axis=1)
    unit_distance = np.linalg.norm(unit[i] - unit[j], axis=1)
    aligned = np.sum(head * a, 1) / np.linalg.norm(head, axis=1) / lengths
    return {
        "pseudo_inverse": np.trace(within @ np.linalg.pinv(between, rcond=1e-10)) / classes,
        "quotient": np.trace(within) / np.trace(between),
        "norm_variation": lengths.std() / lengths.mean(),
        "log_norm_deviation": np.log(lengths).std(),
        "cosine_mean": cosines.mean(),
        "cosine_deviation": cosines.std(),
        "etf_error": np.linalg.norm(normed(a @ a.T) - etf),
        "dual_distance": np.linalg.norm(normed(head) - normed(a)),
        "dual_cosine_mean": aligned.mean(),
        "dual_cosine_variation": aligned.std() / aligned.mean(),
        "dual_structure_error": np.linalg.norm(normed(head @ a.T) - etf),
        "cdnv": np.mean((spread[i] + spread[j]) / 2 / distance**2),
        "log": -np.log(unit_distance).mean(),
        "log_variance": np.log(unit_distance).var(),
        "riesz": (1 / unit_distance).mean(),
    }


@pytest.mark.parametrize("classes", SOME)
def test_metrics_are_their_definitions(classes):
    data = sample(classes)
    found, expected = everything(*data), by_definition(*data)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("classes", SOME)
def test_metrics_know_no_rotation_scale_or_origin(classes):
    features, labels, head = sample(classes)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(DIMENSION, DIMENSION)))[0]
    base = everything(features, labels, head)
    moved = everything(3.5 * features @ turn + 1000, labels, head @ turn)
    for name, value in base.items():
        np.testing.assert_allclose(moved[name], value, rtol=1e-7, err_msg=name)


def test_classes_without_samples_are_left_out():
    features, labels, head = sample(11)
    wider = np.insert(head, 4, 7.0, axis=0)
    with_gap = everything(features, np.where(labels >= 4, labels + 1, labels), wider)
    for name, value in by_definition(features, labels, head).items():
        np.testing.assert_allclose(with_gap[name], value, rtol=1e-9, err_msg=name)


@compiled
def shown(means, seen, head):
    kernel = log_kernel(means, seen)
    return mean_geometry(means, seen), kernel.mean, tally_variance(kernel), duality(head, means, seen)


def test_a_table_of_fewer_classes_than_dimensions_has_them_too():
    features, labels, head = sample(6, 8)
    means = np.stack([features[labels == k].mean(0) for k in range(6)])
    geometry, mean, variance, dual = shown(means, np.ones(6, bool), head)
    found = {**geometry._asdict(), "log": mean, "log_variance": variance}
    found |= {f"dual_{name}": value for name, value in dual._asdict().items()}
    expected = by_definition(features, labels, head)
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9, err_msg=name)


def etf(classes, dimension, dtype=np.float64):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(dimension, dimension)))[0]
    return ((np.eye(classes) - 1 / classes) @ turn[:classes]).astype(dtype)


@pytest.mark.parametrize(("dtype", "level"), [(np.float64, 1e-7), (np.float32, 2e-3)])
def test_an_exact_simplex_has_no_errors_far_from_zero_too(dtype, level):
    means = etf(6, 8, dtype) * 10 + dtype(1000 if dtype == np.float64 else 0)
    geometry, mean, variance, own = shown(means, np.ones(6, bool), means - means.mean(0)[None, :])
    for name in ("norm_variation", "log_norm_deviation", "cosine_deviation", "etf_error"):
        assert float(getattr(geometry, name)) < level, name
    np.testing.assert_allclose(geometry.cosine_mean, -1 / 5, rtol=1e-5)
    np.testing.assert_allclose(mean, compiled(log_kernel_simplex)(6), rtol=1e-5)
    assert variance < 1e-9
    assert float(own.distance) < level
    assert float(own.structure_error) < level


def test_an_orthogonal_frame_is_one_and_a_tight_frame_sits_on_the_floors():
    geometry_of = compiled(mean_geometry)
    frame = np.eye(9, 8) * 3.0  # orthogonal, so its centred means are a simplex
    assert geometry_of(frame, np.arange(9) < 8).etf_error < 1e-7
    angle = 2 * np.pi * np.outer(np.arange(9), [1, 2]) / 9
    tight = np.concatenate([np.cos(angle), np.sin(angle), np.zeros((9, 4))], 1)
    geometry = geometry_of(tight, np.ones(9, bool))
    floors = compiled(lambda k, d: (etf_error_floor(k, d), cosine_spread_floor(k, d)))(9, 4)
    np.testing.assert_allclose((geometry.etf_error, geometry.cosine_deviation), floors, rtol=1e-9)


def test_one_sample_a_class_is_collapsed():
    features = np.random.default_rng(0).normal(size=(4, DIMENSION))
    found = everything(features, np.arange(4), np.ones((4, DIMENSION)))
    assert found["pseudo_inverse"] == found["quotient"] == found["cdnv"] == 0


def test_float32_far_from_zero_keeps_the_pseudo_inverse():
    features, labels, _ = sample(12, 30)
    expected = by_definition(features, labels, np.ones((12, 30)))
    near = compiled(lambda x, labels: variability(class_statistics(x, labels, 12)))(
        (features + 1000).astype("f4"), labels
    )
    np.testing.assert_allclose(near.pseudo_inverse, expected["pseudo_inverse"], rtol=1e-3)


def test_parts_of_the_tiles_merge_to_the_whole():
    means = np.random.default_rng(0).normal(size=(23, 4))
    seen = np.arange(23) % 5 > 0

    @compiled
    def both(means, seen):
        a, b, c = (log_kernel(means, seen, tile=4, part=(i, 3)) for i in range(3))
        return merge_tallies(merge_tallies(c, a), b), log_kernel(means, seen, tile=64)

    for a, b in zip(*both(means, seen), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_distance_exponent_squares_the_distance():
    means, scatter = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([4.0, 8.0])
    stats = ClassStatistics(np.array([2, 2]), means, scatter, np.zeros((0, 0)))
    both = compiled(lambda s: [class_distance_variance(s).mean, class_distance_variance(s, exponent=2.0).mean])
    assert both(stats) == [3 / 25, 3 / 625]


def test_nothing_of_size_classes_squared_is_made():
    classes, dimension = 5000, 8
    stats = jax.eval_shape(lambda: class_statistics(jnp.zeros((10, dimension)), jnp.zeros(10, int), classes))

    def work(s):
        seen = s.counts > 0
        return (
            variability(s),
            mean_geometry(s.means, seen),
            class_distance_variance(s, tile=256),
            log_kernel(s.means, seen, tile=256),
        )

    sizes = [out.aval.size for e in _equations(jax.make_jaxpr(work)(stats).jaxpr) for out in e.outvars]
    assert max(sizes) <= classes * dimension + 256 * 256 * 8


def _equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for sub in jax.core.jaxprs_in_params(equation.params) if hasattr(jax.core, "jaxprs_in_params") else ():
            yield from _equations(sub)
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", None)
            if inner is not None and hasattr(inner, "eqns"):
                yield from _equations(inner)
