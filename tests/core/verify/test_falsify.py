import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from core.verify.bound import bound
from core.verify.falsify import descent_init, descent_step, falsify
from tests.compiled import compiled

KEY = jax.random.key(0)
FEW = {"starts": 16, "steps": 150}


def normal(*shape):
    return lambda key: jax.random.normal(key, shape)


def arithmetic_over_geometric(log_x):
    return jnp.mean(jnp.exp(log_x)) / jnp.exp(jnp.mean(log_x)) - 1


def test_a_tight_inequality_is_pursued_to_where_it_is_tight_and_not_beyond():
    found = falsify(arithmetic_over_geometric, normal(6), KEY, **FEW)
    assert abs(found.slack) < 1e-10
    np.testing.assert_allclose(found.point, found.point.mean(), atol=1e-5)  # equality iff all are equal
    evidence = bound(arithmetic_over_geometric(jnp.arange(3.0)), tolerance=1e-14, falsified=found)
    assert evidence.verdict == "holds"


def test_an_inequality_with_a_slightly_wrong_constant_is_refuted():
    """p_k (log p_k + H) >= -0.22387... on every simplex; the least value by a search over one number instead."""

    def discriminator(logits):
        log_p = jax.nn.log_softmax(logits)
        return jnp.exp(log_p[0]) * (log_p[0] - jnp.exp(log_p) @ log_p)

    def two_atoms(q):
        return q * (np.log(q) - q * np.log(q) - (1 - q) * np.log1p(-q))

    exact = optimize.minimize_scalar(two_atoms, bounds=(0.01, 0.6), method="bounded", options={"xatol": 1e-10}).fun
    found = falsify(discriminator, normal(8), KEY, **FEW)
    assert -1e-12 < found.slack - exact < 1e-6
    for constant, verdict in ((exact - 1e-12, "holds"), (exact + 1e-5, "fails")):
        shifted = found._replace(slack=found.slack - constant)
        assert bound(1.0, tolerance=0, falsified=shifted).verdict == verdict


def test_it_finds_the_corner_that_random_points_miss():
    corner = jnp.asarray([0.31, 0.72, 0.55, 0.18, 0.86, 0.4])  # a ball of radius 1e-3 in the unit cube

    def slack(x):
        return jnp.sum((jax.nn.sigmoid(x) - corner) ** 2) - 1e-6

    points = jax.vmap(normal(6))(jax.random.split(jax.random.key(1), 100_000))
    random = compiled(jax.vmap(slack))(points)
    assert bound(random, tolerance=0).verdict == "holds"
    found = falsify(slack, normal(6), KEY, **FEW)
    assert bound(random, tolerance=0, falsified=found).verdict == "fails"
    np.testing.assert_allclose(found.slack, -1e-6, rtol=1e-6)


def path(slack_fn, start, rate, steps):
    states = [descent_init(jnp.asarray(start))]
    for _ in range(steps):
        states.append(descent_step(slack_fn, jnp.asarray(rate), states[-1]))
    return states[1:]


def test_the_descent_alone_goes_down():
    found = falsify(arithmetic_over_geometric, normal(6), KEY, **FEW, polish=0)
    assert 0 <= found.slack + 1e-15 < 1e-4
    slacks = [state.best_slack for state in path(jnp.square, 3.0, 0.1, 20)]
    assert all(after < before for before, after in itertools.pairwise(slacks))


def test_the_best_is_kept_when_the_descent_overshoots():
    for state in path(jnp.square, 0.1, 10.0, 3):
        assert abs(state.point) > 1
        np.testing.assert_allclose([state.best_slack, state.best_point], [0.01, 0.1])


def test_from_beyond_the_edge_it_returns_half_way_to_the_best():
    states = path(jnp.log, 0.1, 1.0, 5)  # the first step leads to -0.9, where the logarithm is NaN
    np.testing.assert_allclose([state.point for state in states[:5]], [-0.9, -0.4, -0.15, -0.025, 0.0375], rtol=1e-6)
    assert [int(state.not_finite) for state in states] == [0, 1, 2, 3, 4]


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize(
    ("slack_fn", "smallest"),
    [(rosenbrock, 0.0), (lambda x: jnp.max(jnp.abs(x - jnp.arange(4.0))) - 1e-3, -1e-3)],
    ids=["curved valley", "kinks"],
)
def test_the_polish_reaches_what_the_descent_does_not(slack_fn, smallest):
    polished = falsify(slack_fn, normal(4), KEY, **FEW)
    rough = falsify(slack_fn, normal(4), KEY, **FEW, polish=0)
    assert abs(polished.slack - smallest) < 1e-8 < rough.slack - smallest
    assert (polished.by_start <= rough.by_start).all()


def test_the_record_is_consistent_and_repeatable():
    def slack(point):
        return jnp.sum(point["x"] ** 2) + (point["y"] - 1) ** 2 + 0.5

    def sample(key):
        return {"x": jax.random.normal(key, (2, 2)), "y": jnp.asarray(0.0)}

    found, again = (falsify(slack, sample, KEY, starts=4, steps=40, polish=2) for _ in range(2))
    assert found.slack == again.slack == found.by_start.min() == slack(found.point)
    assert found.by_start.shape == (4,)
    assert found.evaluations >= 4 * 40
    assert found.not_finite == 0


def test_values_that_are_not_finite_are_counted_and_walked_around():
    def cliff(x):  # NaN below 1, least at 2, and the slope at the edge throws the first steps over it
        return jnp.log(x - 1.0) ** 2 - 1e-3

    found = falsify(cliff, lambda key: 1.0 + 1e-3 * jax.random.uniform(key), KEY, starts=4, steps=200, learning_rate=1)
    assert abs(found.slack + 1e-3) < 1e-10
    wild = falsify(cliff, lambda key: 3 * jax.random.normal(key), KEY, starts=16, steps=100)
    assert abs(wild.slack + 1e-3) < 1e-10
    assert 0 < wild.not_finite < wild.evaluations
    lost = falsify(cliff, lambda key: -1 - jax.random.uniform(key), KEY, starts=2, steps=5)
    assert lost.slack == np.inf
    assert lost.not_finite == lost.evaluations


def test_a_slope_that_is_not_finite_does_not_stop_the_search():
    def slack(x):  # the slope of the square root is infinite at the start, that of the second term is not
        return jnp.sqrt(jnp.abs(x[0])) + (x[1] - 2) ** 2

    found = falsify(slack, lambda key: jnp.zeros(2), KEY, starts=2, steps=200)
    assert abs(found.slack) < 1e-6


@pytest.mark.parametrize(
    ("slack_fn", "sample", "options", "says"),
    [
        (jnp.sum, normal(2), {"starts": 0}, "starts is 0"),
        (jnp.sum, normal(2), {"steps": 0}, "steps is 0"),
        (jnp.sum, normal(2), {"polish": -1}, "polish is -1"),
        (jnp.sum, normal(2), {"learning_rate": (0.1, -0.1)}, "learning_rate"),
        (jnp.sin, normal(2), {}, "slack_fn returns"),
        (lambda x: jnp.sum(x).astype(jnp.float32), normal(2), {}, "slack_fn returns"),
        (jnp.sum, lambda key: jax.random.normal(key, dtype=jnp.float32), {}, "sample returns"),
    ],
)
def test_refused_at_the_door(slack_fn, sample, options, says):
    with pytest.raises(ValueError, match=says):
        falsify(slack_fn, sample, KEY, **options)


def test_single_precision_is_refused():
    try:
        jax.config.update("jax_enable_x64", False)
        with pytest.raises(ValueError, match="jax_enable_x64"):
            falsify(jnp.sum, normal(2), KEY)
    finally:
        jax.config.update("jax_enable_x64", True)
