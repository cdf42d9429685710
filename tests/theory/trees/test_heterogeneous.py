from itertools import product
from math import comb, prod

import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import heterogeneous, majority, recursion
from theory.trees.recursion import Tree

count_distribution = compiled(heterogeneous.count_distribution)
majority_of = compiled(heterogeneous.majority_of)
majority_map = compiled(majority.majority_map)
tree_trajectory = compiled(recursion.tree_trajectory)

RNG = np.random.default_rng(1)


@compiled
def heterogeneous_root(leaves, fidelity, correlation):
    return heterogeneous.heterogeneous_root(leaves, Tree(3, fidelity, correlation))


def listed_majority(biases):
    total = 0.0
    for votes in product((1, -1), repeat=len(biases)):
        total += np.sign(sum(votes)) * prod((1 + v * mu) / 2 for v, mu in zip(votes, biases, strict=True))
    return total


@pytest.mark.parametrize("votes", [1, 3, 5, 7])
def test_majority_equals_enumeration(votes):
    bias = RNG.uniform(-1, 1, (20, votes))
    np.testing.assert_allclose(majority_of(bias), [listed_majority(row) for row in bias], atol=1e-14)


def test_majority_of_three_is_a_polynomial():
    bias = RNG.uniform(-1, 1, (20, 3))
    np.testing.assert_allclose(majority_of(bias), (bias.sum(1) - bias.prod(1)) / 2, atol=1e-15)


def test_equal_votes_are_the_majority_map_and_the_binomial():
    np.testing.assert_allclose(majority_of(np.full(101, 0.03)), majority_map(101, 0.03), rtol=1e-12)
    binomial = [comb(9, j) * 0.3**j * 0.7 ** (9 - j) for j in range(10)]
    np.testing.assert_allclose(count_distribution(np.full(9, 0.3)), binomial, rtol=1e-13)


def test_gradient_is_the_chance_to_be_pivotal():
    bias = RNG.uniform(-1, 1, 5)
    gradient = compiled(jax.grad(majority_of))(bias)
    for i in range(5):
        others = np.delete(bias, i)
        tied = count_distribution((1 + others) / 2)[2]
        np.testing.assert_allclose(gradient[i], tied, rtol=1e-12)


def test_equal_leaves_give_the_recursion():
    root = heterogeneous_root(np.full((2, 27), 0.1), 0.9, 0.2)
    np.testing.assert_allclose(root, np.full(2, tree_trajectory(0.1, Tree(3, 0.9, 0.2), 3)[-1]), rtol=1e-13)


def test_unequal_leaves_equal_the_enumeration_of_a_two_level_tree():
    bias, fidelity, correlation = RNG.uniform(-0.5, 1, 9), 0.8, 0.3

    def node(children):
        heard = [fidelity * mu for mu in children]
        return correlation * np.mean(heard) + (1 - correlation) * listed_majority(heard)

    exact = node([node(bias[i : i + 3]) for i in (0, 3, 6)])
    np.testing.assert_allclose(heterogeneous_root(bias, fidelity, correlation), exact, rtol=1e-13)
    assert heterogeneous_root(bias[:1], fidelity, correlation) == bias[0]


def test_the_shape_of_a_tree_must_be_known_when_it_is_traced():
    with pytest.raises(ValueError, match="known when traced"):
        compiled(heterogeneous.heterogeneous_root)(np.full(9, 0.1), Tree(3, 0.9, 0.2))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="odd"):
        heterogeneous.majority_of(np.zeros(4))
    with pytest.raises(ValueError, match="power of fan_in"):
        heterogeneous_root(np.zeros(12), 1.0, 0.0)
    with pytest.raises(ValueError, match="chances"):
        heterogeneous.count_distribution(np.array([0.5, 1.5]))
