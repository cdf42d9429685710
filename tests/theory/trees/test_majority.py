import math
from decimal import Decimal, localcontext

import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import majority

gamma_half_step = compiled(majority.gamma_half_step)
log_majority_error = compiled(majority.log_majority_error)
majority_deficit = compiled(majority.majority_deficit)
majority_derivative = compiled(majority.majority_derivative)
majority_map = compiled(majority.majority_map)
majority_map_betainc = compiled(majority.majority_map_betainc)
majority_slope = compiled(majority.majority_slope)

FAN_INS = (1, 3, 5, 7, 9, 11, 31, 101, 1001)
BIASES = (1e-12, 1e-6, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)


def exact_tails(fan_in, bias):
    """Integers (right, wrong, whole) of the majority of votes whose bias is the float `bias` to its last bit."""
    top, bottom = float(bias).as_integer_ratio()
    win, lose, half = bottom + top, bottom - top, fan_in // 2
    tail, losses = 0, 1
    for k in range(half, -1, -1):  # Horner in `win`: all right first, the smallest majority last
        tail, losses = tail * win + math.comb(fan_in, half + 1 + k) * losses, losses * lose
    right, whole = win ** (half + 1) * tail, (2 * bottom) ** fan_in
    return right, whole - right, whole


@pytest.fixture(scope="module")
def exact():
    return {(b, mu): exact_tails(b, mu) for b in FAN_INS for mu in BIASES}


@pytest.fixture(scope="module")
def grid():
    return tuple(np.meshgrid(np.array(FAN_INS, float), np.array(BIASES), indexing="ij"))


@pytest.fixture(scope="module")
def exact_map(exact):
    values = [[(r - w) / n for r, w, n in (exact[b, mu] for mu in BIASES)] for b in FAN_INS]  # big ints divide exactly
    return np.array(values)


def test_exact_tails_are_those_of_three_votes():
    right, wrong, whole = exact_tails(3, 0.5)
    assert right / whole == 0.75**3 + 3 * 0.75**2 * 0.25
    assert right + wrong == whole


def test_slope_is_the_central_binomial():
    fan_ins = [1, 3, 5, 11, 51, 101, 1001, 100001]
    exact = [b * math.comb(b - 1, b // 2) / 2 ** (b - 1) for b in fan_ins]
    np.testing.assert_allclose(majority_slope(np.array(fan_ins, float)), exact, rtol=2e-15)


def test_slope_squared_stays_below_fan_in():
    fan_in = np.arange(3.0, 100_001.0, 2.0)
    assert np.all(majority_slope(fan_in) < np.sqrt(fan_in))
    assert np.all(np.log(majority_slope(fan_in)) / np.log(fan_in) < 0.5)


def test_gamma_half_step_obeys_gammas_recurrence_and_duplication():
    x = np.geomspace(1.0, 1e6, 50)
    np.testing.assert_allclose(gamma_half_step(x) * gamma_half_step(x + 0.5), x, rtol=2e-15)


def test_map_equals_exact_rationals(grid, exact_map):
    np.testing.assert_allclose(majority_map(*grid), exact_map, rtol=1e-14)


def test_map_equals_incomplete_beta(grid):
    np.testing.assert_allclose(majority_map(*grid), majority_map_betainc(*grid), rtol=1e-12)


def test_incomplete_beta_equals_exact_rationals(grid, exact_map):
    np.testing.assert_allclose(majority_map_betainc(*grid), exact_map, rtol=1e-12)


def test_map_keeps_single_precision(grid):
    fan_in, bias = (part.astype(np.float32) for part in grid)
    single = majority_map(fan_in, bias)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, majority_map(fan_in.astype(float), bias.astype(float)), rtol=1e-6)


def test_deficit_is_twice_the_error_down_to_the_last_error(grid, exact):
    doubled = [[2 * (w / n) for _, w, n in (exact[b, mu] for mu in BIASES)] for b in FAN_INS]
    np.testing.assert_allclose(majority_deficit(*grid), doubled, rtol=1e-12, atol=1e-300)


def test_map_is_odd_bounded_and_exact_at_the_ends():
    fan_in, bias = np.meshgrid([1.0, 3.0, 101.0, 1001.0], [0.0, 0.2, 0.999, 1.0], indexing="ij")
    out = majority_map(fan_in, bias)
    np.testing.assert_array_equal(majority_map(fan_in, -bias), -out)
    np.testing.assert_array_equal(out[:, -1], 1.0)
    np.testing.assert_array_equal(out[:, 0], 0.0)
    np.testing.assert_allclose(out[0], bias[0], rtol=1e-15)
    assert np.all(out <= 1)


def test_gradient_is_the_pivotal_density_and_matches_differences():
    fan_in, bias = np.meshgrid([1.0, 3.0, 9.0, 101.0], [0.0, 1e-3, 0.1, 0.4, 1.0], indexing="ij")
    slope = compiled(jax.vmap(jax.grad(majority_map, argnums=1)))
    gradient = slope(fan_in.ravel(), bias.ravel()).reshape(bias.shape)
    np.testing.assert_allclose(gradient, majority_derivative(fan_in, bias), rtol=1e-14)
    step = 1e-5
    inside = bias[:, 1:4]
    ahead, behind = (majority_map_betainc(fan_in[:, 1:4], inside + sign * step) for sign in (1, -1))
    np.testing.assert_allclose(gradient[:, 1:4], (ahead - behind) / (2 * step), rtol=2e-7)


@compiled
def edge_derivatives(fan_in, bias):
    slope = jax.grad(majority_map, argnums=1)
    return tuple(jax.vmap(order, (0, None))(fan_in, bias) for order in (slope, jax.grad(slope, argnums=1)))


@pytest.mark.parametrize("bias", [-1.0, 0.0, 1.0])
def test_derivatives_at_the_edges_are_the_polynomials(bias):
    first, second = edge_derivatives(np.array([1.0, 3.0, 5.0]), bias)
    at_zero = bias == 0
    np.testing.assert_allclose(first, [1, 1.5 * at_zero, 1.875 * at_zero], atol=1e-14)
    np.testing.assert_allclose(second, [0, -3 * bias, 0], atol=1e-14)


def test_gradient_in_the_fan_in_is_that_of_the_continued_incomplete_beta():
    step, fan_in, bias = 1e-4, 7.0, 0.3

    def continued(b):  # sgn(μ) I_{μ²}(1/2, (b+1)/2), between odd b
        return float(jax.scipy.special.betainc(0.5, (b + 1) / 2, bias**2))

    slope = compiled(jax.grad(majority_map, argnums=0))(fan_in, bias)
    np.testing.assert_allclose(slope, (continued(fan_in + step) - continued(fan_in - step)) / (2 * step), rtol=1e-7)


def test_log_error_equals_exact_rationals(exact):
    biases = (1e-6, 0.02, 0.3, 0.9, 0.99)
    with localcontext() as context:
        context.prec = 40
        for b in FAN_INS:
            exact_logs = [float((Decimal(exact[b, mu][1]) / Decimal(exact[b, mu][2])).ln()) for mu in biases]
            logs = log_majority_error(b, np.log1p(-np.array(biases)) - np.log(2))
            np.testing.assert_allclose(logs, exact_logs, rtol=4e-15, atol=1e-13)


def test_log_error_far_below_the_smallest_float_is_its_leading_term():
    log_error, fan_in = np.array([-1e4, -1e100]), np.array([5.0, 1001.0])
    leading = [math.log(math.comb(5, 3)) - 3e4, math.log(math.comb(1001, 501)) - 501e100]
    np.testing.assert_allclose(log_majority_error(fan_in, log_error), leading, rtol=1e-14)
    assert log_majority_error(1.0, -np.inf) == -np.inf
    assert log_majority_error(5.0, -np.inf) == -np.inf


def test_one_program_serves_every_fan_in():
    traces = []

    @compiled
    def counted(fan_in, bias):
        traces.append(1)
        return majority_map(fan_in, bias)

    for fan_in in (3.0, 5.0, 1001.0):
        counted(np.asarray(fan_in), np.asarray(0.1))
    assert len(traces) == 1


@pytest.mark.parametrize("fan_in", [0, 2, -3, 2.5, np.array([3, 4])])
@pytest.mark.parametrize(
    "function",
    [majority.majority_map, majority.majority_map_betainc, majority.majority_deficit, majority.majority_derivative],
)
def test_even_or_broken_fan_in_is_refused(function, fan_in):
    with pytest.raises(ValueError, match="fan_in"):
        function(fan_in, 0.1)


@pytest.mark.parametrize("bias", [1.5, -2.0, np.nan])
def test_bias_outside_its_range_is_refused(bias):
    with pytest.raises(ValueError, match="bias"):
        majority.majority_map(3, bias)
