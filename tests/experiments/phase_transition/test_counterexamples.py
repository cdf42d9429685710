"""What the paper's formulas say and the mathematics does not: these must go on failing."""

import jax
import numpy as np

from tests.compiled import compiled
from theory.trees.dependence import beta_binomial_map
from theory.trees.recursion import Tree, amplification, fixed_point
from theory.trees.warmup import tree_floor, tree_global


def test_a_tree_above_the_transition_dies_under_another_law_of_the_same_correlation():
    """At b = 3, γ = 0.8, ρ = 0.3 the scalar gives α = 1.08; with a Beta-distributed ability it is 0.95."""
    fidelity, correlation = 0.8, 0.3

    @compiled
    def found(tree):
        top = jax.lax.fori_loop(0, 300, lambda _, x: beta_binomial_map(3, tree.fidelity * x, tree.correlation), 1.0)
        return amplification(tree), fixed_point(tree).bias, top

    alpha, ceiling, elsewhere = found(Tree(3.0, fidelity, correlation))
    assert alpha > 1.07
    assert ceiling > 0.5
    assert elsewhere < 1e-4


def test_eq_13_fails_where_distant_leaves_are_as_correlated_as_near_ones():
    deep, floor = compiled(lambda: (tree_global(1.0, 0.2, 0.05, 3, 40), tree_floor(0.2, 0.05, 3)))()
    assert deep > 7 * floor
    np.testing.assert_allclose(deep, 0.2 + 0.05 / 2)  # the share ρ v_0 stays
