import jax
import numpy as np
import pytest

from core.trees.graphs import chain, complete, random_graph, ring, star
from tests.compiled import compiled

SIZE = 7


def test_degrees_and_spectra():
    """The largest eigenvalues are known: n - 1, √(n - 1), 2 and 2 cos(π/(n + 1))."""
    known = {complete: SIZE - 1, star: np.sqrt(SIZE - 1), ring: 2, chain: 2 * np.cos(np.pi / (SIZE + 1))}
    sums = {}
    for graph, largest in known.items():
        matrix = compiled(graph, static_argnums=0)(SIZE)
        assert np.array_equal(matrix, matrix.T)
        assert not np.diag(matrix).any()
        np.testing.assert_allclose(np.linalg.eigvalsh(matrix)[-1], largest, rtol=1e-12)
        sums[graph] = matrix.sum(1)
    assert (sums[ring] == 2).all()
    assert sums[chain].sum() == sums[ring].sum() - 2


def test_random_edges_are_as_many_as_they_should_be():
    graph = compiled(random_graph, static_argnums=(1, 2))(jax.random.key(0), 100, 8.0)
    assert not np.diag(graph).any()
    assert set(np.unique(graph)) == {0, 1}
    assert abs(graph.sum() - 800) < 4 * np.sqrt(800 * (1 - 8 / 99))
    assert not np.array_equal(graph, graph.T)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="agents"):
        ring(2)
    with pytest.raises(ValueError, match="degree"):
        random_graph(jax.random.key(0), 5, 8.0)
