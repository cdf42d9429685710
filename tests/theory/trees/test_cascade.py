import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import cascade as laws

cascade = compiled(laws.cascade)
cascade_step = compiled(laws.cascade_step)
early_growth = compiled(laws.early_growth)
reproduction_number = compiled(laws.reproduction_number)
spectral_radius = compiled(laws.spectral_radius)

RNG = np.random.default_rng(9)
SIZE = 12


def graphs():
    ring = np.roll(np.eye(SIZE), 1, 0)
    star = np.zeros((SIZE, SIZE))
    star[0, 1:] = star[1:, 0] = 1
    return {
        "ring": ring,
        "star": star,
        "complete": np.ones((SIZE, SIZE)) - np.eye(SIZE),
        "random": (RNG.random((SIZE, SIZE)) < 0.3) * 1.0,
    }


@pytest.mark.parametrize("name", ["ring", "star", "complete", "random"])
def test_spectral_radius_is_the_largest_eigenvalue(name):
    graph = graphs()[name]
    largest = np.abs(np.linalg.eigvals(graph)).max()
    np.testing.assert_allclose(spectral_radius(graph), largest, rtol=1e-11)


def test_a_graph_without_cycles_spreads_nothing_for_ever():
    pipeline = np.tril(np.ones((SIZE, SIZE)), -1)
    assert spectral_radius(pipeline) == 0
    assert reproduction_number(pipeline, 1.0, 0.5) == 0
    assert cascade(np.ones(SIZE), pipeline, 0.9, 0.5, 300)[-1].max() < 1e-12


@pytest.mark.parametrize("name", ["ring", "star", "complete", "random"])
def test_few_errors_grow_at_the_predicted_rate_and_many_below_the_linear_law(name):
    graph, beta, delta = graphs()[name], 0.04, 0.1
    values, vectors = np.linalg.eig(graph)
    lead = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
    few = 1e-9 * lead
    growth = np.sum(cascade_step(few, graph, beta, delta)) / np.sum(few)
    np.testing.assert_allclose(early_growth(graph, beta, delta), growth, rtol=1e-7)
    many = RNG.uniform(0, 1, SIZE)
    linear = (1 - delta) * many + beta * graph @ many
    after = np.asarray(cascade_step(many, graph, beta, delta))
    assert np.all(after <= linear + 1e-15)
    assert np.all((after >= 0) & (after <= 1))


def test_threshold_decides_extinction_in_the_mean_field():
    complete, delta = graphs()["complete"], 0.2
    for factor in (0.9, 1.1):
        beta = factor * delta / (SIZE - 1)
        np.testing.assert_allclose(reproduction_number(complete, beta, delta), factor, rtol=1e-11)
        final = np.asarray(cascade(np.full(SIZE, 0.5), complete, beta, delta, 2000)[-1])
        assert (final.max() < 1e-12) == (factor < 1)
        if factor > 1:  # the common value x solves δx = (1 - x)(1 - (1 - βx)^{n-1})
            x = final[0]
            np.testing.assert_allclose(delta * x, (1 - x) * (1 - (1 - beta * x) ** (SIZE - 1)), rtol=1e-9)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="transmission"):
        laws.reproduction_number(np.ones((2, 2)), 1.5, 0.5)
    with pytest.raises(ValueError, match="matrix"):
        laws.spectral_radius(-np.ones((2, 2)))
    with pytest.raises(ValueError, match="correction"):
        laws.reproduction_number(np.ones((2, 2)), 0.5, 0.0)
    with pytest.raises(ValueError, match="steps"):
        laws.cascade(np.zeros(2), np.ones((2, 2)), 0.1, 0.1, -1)
