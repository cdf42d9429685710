import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.reductions import coordinate_sum, each_particle, first_lowest, pick, product, put, swarm_min
from tests.compiled import compiled


@pytest.mark.parametrize("d", [3, 20])
def test_sums_over_coordinates_are_sums(d):
    values = np.random.default_rng(0).normal(size=(d, 100))
    np.testing.assert_allclose(compiled(coordinate_sum)(values), values.sum(0), rtol=1e-12, atol=1e-14)


def test_minimum_and_its_first_place():
    @compiled
    def found(values, points):
        place = first_lowest(values, swarm_min(values))
        return place, pick(points, place)

    place, picked = found(np.array([3.0, 1.0, 2.0, 1.0]), np.arange(8.0).reshape(2, 4))
    assert place == 1
    assert picked.tolist() == [1, 5]


def test_the_least_is_never_minus_zero():
    least = compiled(swarm_min)
    for values in ([0.0, -0.0, 1.0], [-0.0, 0.0, 1.0], [-0.0, -0.0, 1.0]):
        assert not np.signbit(least(np.array(values)))
    assert least(np.array([np.inf, -2.0, 0.0])) == -2.0


def test_what_is_picked_can_be_put_back():
    @compiled
    def both(points, chosen):
        picked = pick(points, chosen)
        return picked, put(points, chosen, -picked)

    picked, back = both(np.arange(12.0).reshape(2, 6), np.array([4, 1]))
    assert picked.tolist() == [[4, 1], [10, 7]]
    assert back.tolist() == [[0, -1, 2, 3, -4, 5], [6, -7, 8, 9, -10, 11]]


def test_blocks_of_particles_give_what_all_together_give():
    rng = np.random.default_rng(0)
    matrix, columns = rng.normal(size=(2, 3)), rng.normal(size=(3, 40))
    np.testing.assert_allclose(compiled(product)(matrix, columns), matrix @ columns, rtol=1e-12)
    sums = compiled(lambda x: each_particle(lambda x: jnp.stack([x[0], x.sum()]), x, together=2))(columns)
    np.testing.assert_allclose(sums, np.stack([columns[0], columns.sum(0)]), rtol=1e-12)
