from itertools import product
from math import factorial, prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import majority, plurality

log_majority_error = compiled(majority.log_majority_error)
majority_map = compiled(majority.majority_map)
plurality_exact = compiled(plurality.plurality_exact, static_argnums=1)
vote_bounds = compiled(plurality.vote_bounds)


def listed_plurality(theta, voters):
    strict = shared = 0.0
    for tally in product(range(voters + 1), repeat=len(theta)):
        if sum(tally) != voters:
            continue
        chance = factorial(voters) / prod(map(factorial, tally)) * prod(t**n for t, n in zip(theta, tally, strict=True))
        rivals = [n for n in tally[1:] if n >= tally[0]]
        if all(n == tally[0] for n in rivals):
            strict += chance * (not rivals)
            shared += chance / (1 + len(rivals))
    return strict, shared


@pytest.mark.parametrize(
    ("theta", "voters"),
    [((0.4, 0.35, 0.25), 6), ((0.2, 0.3, 0.5), 6), ((0.6, 0.4, 0.0), 6), ((0.4, 0.3, 0.2, 0.1), 7), ((0.7, 0.3), 1)],
)
def test_plurality_equals_the_listing_of_all_tallies(theta, voters):
    exact = plurality_exact(np.array(theta), voters)
    np.testing.assert_allclose(exact, listed_plurality(theta, voters), rtol=1e-12)


def test_two_answers_are_the_majority_map():
    exact = plurality_exact(np.array([0.53, 0.47]), 101)
    np.testing.assert_allclose(exact.strict, (1 + majority_map(101, 0.06)) / 2, rtol=1e-11)
    assert exact.ties_shared == exact.strict  # no ties among an odd number


def test_equal_answers_share_the_lead_evenly():
    np.testing.assert_allclose(plurality_exact(np.full(4, 0.25), 7).ties_shared, 0.25, rtol=1e-12)


def test_every_bound_holds_and_two_coordinates_beat_the_paper():
    rng = np.random.default_rng(4)
    thetas = rng.dirichlet(np.ones(4), 60)
    thetas.sort(axis=1)
    thetas = thetas[:, ::-1] * 1.0
    thetas[0] = [0.97, 0.01, 0.01, 0.01]
    solve = compiled(jax.vmap(lambda theta: plurality_exact(theta, 25)))
    error = 1 - solve(thetas).strict
    bounds = vote_bounds(thetas, 25)
    for bound in bounds:
        assert np.all(bound >= error - 1e-13)
        assert np.all(bound <= 1)
    assert np.all(bounds.two_coordinates <= bounds.paper)
    assert np.all(bounds.chernoff <= bounds.hoeffding + 1e-15)
    assert np.sum(bounds.chernoff < 1) > np.sum(bounds.paper < 1) > 0


def test_only_chernoff_has_the_rate_of_the_exact_error():
    theta = np.array([0.6, 0.4])
    voters = (101, 201)
    exact = [1 - float(plurality_exact(theta, n).strict) for n in voters]
    rate = -np.log(exact[1] / exact[0]) / 100
    chernoff, hoeffding, paper = (
        -np.log(getattr(vote_bounds(theta, 201), name) / getattr(vote_bounds(theta, 101), name)) / 100
        for name in ("chernoff", "hoeffding", "paper")
    )
    assert rate > chernoff > hoeffding
    assert abs(rate - chernoff) < 0.005  # the polynomial prefactor
    assert paper < 0.02


def test_bounds_hold_far_in_the_tail_where_one_coordinate_would_not():
    voters, log_error = 201, float(log_majority_error(201, np.log(0.1)))
    bounds = vote_bounds(np.array([0.9, 0.1]), voters)
    for bound in bounds:
        assert np.log(bound) > log_error
    np.testing.assert_allclose(bounds.paper, bounds.two_coordinates)
    assert -voters * (0.8 - voters**-0.5) ** 2 < log_error


def test_bounds_say_nothing_where_the_right_answer_does_not_lead():
    for bound in vote_bounds(np.array([0.3, 0.4, 0.3]), 50):
        assert bound == 1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="voters"):
        plurality.plurality_exact(np.array([0.5, 0.5]), 0)
    with pytest.raises(ValueError, match="theta"):
        plurality.vote_bounds(np.array([1.5, -0.5]), 3)


def test_gradient_of_the_exact_chance_is_that_of_three_voters_over_two_answers():
    slope = compiled(jax.grad(lambda p: plurality_exact(jnp.stack([p, 1 - p]), 3).strict))(0.6)
    np.testing.assert_allclose(slope, 6 * 0.6 * 0.4, rtol=1e-12)  # of 3p² - 2p³
