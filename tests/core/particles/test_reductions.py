import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.reductions import coordinate_sum, each_particle, first_lowest, pick, product, put, swarm_min


@pytest.mark.parametrize("d", [3, 20])
def test_sums_over_coordinates_are_sums(d):
    values = np.random.default_rng(0).normal(size=(d, 100))
    np.testing.assert_allclose(coordinate_sum(jnp.asarray(values)), values.sum(0), rtol=1e-12, atol=1e-14)


def test_minimum_and_its_first_place():
    values = jnp.array([3.0, 1.0, 2.0, 1.0])
    place = first_lowest(values, swarm_min(values))
    assert int(place) == 1
    assert pick(jnp.arange(8.0).reshape(2, 4), place).tolist() == [1, 5]


def test_the_least_is_never_minus_zero():
    for values in ([0.0, -0.0, 1.0], [-0.0, 0.0, 1.0], [-0.0, -0.0, 1.0]):
        assert not np.signbit(swarm_min(jnp.array(values)))
    assert float(swarm_min(jnp.array([jnp.inf, -2.0]))) == -2.0


def test_what_is_picked_can_be_put_back():
    points, chosen = jnp.arange(12.0).reshape(2, 6), jnp.array([4, 1])
    assert pick(points, chosen).tolist() == [[4, 1], [10, 7]]
    assert put(points, chosen, -pick(points, chosen)).tolist() == [[0, -1, 2, 3, -4, 5], [6, -7, 8, 9, -10, 11]]


def test_blocks_of_particles_give_what_all_together_give():
    rng = np.random.default_rng(0)
    matrix, columns = rng.normal(size=(2, 3)), rng.normal(size=(3, 40))
    np.testing.assert_allclose(product(jnp.asarray(matrix), jnp.asarray(columns)), matrix @ columns, rtol=1e-12)
    sums = each_particle(lambda x: jnp.stack([x[0], x.sum()]), jnp.asarray(columns), together=2)
    np.testing.assert_allclose(sums, np.stack([columns[0], columns.sum(0)]), rtol=1e-12)
