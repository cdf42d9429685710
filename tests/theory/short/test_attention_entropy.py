import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from tests.compiled import compiled
from theory.short import attention_entropy
from theory.short.attention_entropy import SingularPair

certified_norm = compiled(attention_entropy.certified_norm)
least_matrix = compiled(attention_entropy.least_matrix)
least_mean_entropy = compiled(attention_entropy.least_mean_entropy)
least_row = compiled(attention_entropy.least_row)
least_row_entropy = compiled(attention_entropy.least_row_entropy)
power_step = compiled(attention_entropy.power_step)
reparametrise = compiled(attention_entropy.reparametrise)
tangent_excess = compiled(attention_entropy.tangent_excess)
update_norm_floor = compiled(attention_entropy.update_norm_floor)


def numpy_entropy(logits):
    return special.entr(special.softmax(np.asarray(logits), axis=-1)).sum(-1)


@pytest.mark.parametrize("tokens", [2, 3, 40])
def test_the_extremal_row_and_matrix_attain_their_bounds(tokens):
    for norm in (0.0, 0.3, 4.0, 12.0):
        row, matrix = least_row(norm, tokens), least_matrix(norm, tokens)
        np.testing.assert_allclose([np.linalg.norm(row), np.linalg.norm(matrix, 2)], norm, atol=1e-12)
        np.testing.assert_allclose(least_row_entropy(norm, float(tokens)), numpy_entropy(row), atol=1e-13)
        np.testing.assert_allclose(least_mean_entropy(norm, float(tokens)), numpy_entropy(matrix).mean(), atol=1e-13)


def test_no_random_row_goes_below_and_many_come_close():
    rows = np.random.default_rng(0).normal(size=(20_000, 3))
    rows = 3 * rows / np.linalg.norm(rows, axis=1, keepdims=True)
    slack = numpy_entropy(rows) - least_row_entropy(3.0, 3.0)
    assert slack.min() >= 0
    assert slack.min() < 1e-3


def test_the_tangent_supports_the_curve_exactly_from_the_certified_norm_on():
    for tokens in (3.0, 16.0, 1000.0):
        start = float(certified_norm(tokens))
        norms = np.linspace(1e-6, 3 * np.log(tokens) + 12, 4000)  # of gaps g; x = g² (T-1)/T
        curve = np.asarray(least_mean_entropy(norms, tokens))

        def lowest(g, norms=norms, curve=curve, tokens=tokens):
            at = np.interp(g, norms, curve)
            h = 1e-4
            slope = (least_mean_entropy(g + h, tokens) - least_mean_entropy(g - h, tokens)) / (4 * h * g)
            return (curve - at - float(slope) * (norms**2 - g**2)).min()

        assert lowest(1.05 * start) > -1e-5
        assert lowest(0.9 * start) < -1e-4
        np.testing.assert_allclose(tangent_excess(start, tokens), 0, atol=1e-10)
    np.testing.assert_allclose(certified_norm(2.0), 0, atol=1e-3)  # the excess grows like g⁴ there: rounding to the 1/4


def test_reparametrised_weights_have_the_norm_of_their_gain():
    weight = np.random.default_rng(0).normal(size=(5, 4))
    pair = SingularPair(np.ones(5) / np.sqrt(5.0), np.ones(4) / 2)
    pair = jax.lax.fori_loop(0, 400, lambda _, p: power_step(weight, p), pair)
    np.testing.assert_allclose(np.linalg.norm(reparametrise(weight, 1.7, pair), 2), 1.7, rtol=1e-10)


def test_an_update_without_noise_has_at_least_the_norm_of_equal_singular_values():
    assert update_norm_floor(np.zeros((4, 9))) == 3.0
    with pytest.raises(ValueError, match="noise_share"):
        attention_entropy.update_norm_floor(jnp.full((2, 2), 1.5))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="tokens"):
        attention_entropy.least_row_entropy(1.0, 1.0)
    with pytest.raises(ValueError, match="norm"):
        attention_entropy.least_row_entropy(-1.0, 4.0)
