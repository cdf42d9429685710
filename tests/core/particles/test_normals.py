import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from core.particles.normals import addressed_normals, cosine_of_turns, step_key
from core.verify.goodness import law_sample
from tests.compiled import compiled

KEY = jax.random.key(5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_they_are_standard_normal_and_independent(dtype):
    n = 2**17
    draws = np.asarray(
        compiled(lambda: addressed_normals(KEY, 4, jnp.arange(n, dtype=jnp.uint32), dtype))(), np.float64
    )
    assert np.abs(draws.mean(1)).max() < 4.5 / np.sqrt(n)
    assert np.abs(draws.var(1) - 1).max() < 4.5 * np.sqrt(2 / n)
    # neighbours in the pair, across pairs and across particles, also in their squares
    for power in (1, 2):
        z = (draws**power - (draws**power).mean(1, keepdims=True)) / (draws**power).std(1, keepdims=True)
        correlations = np.corrcoef(z)[np.triu_indices(4, 1)]
        shifted = (z[:, 1:] * z[:, :-1]).mean(1)
        assert np.abs(np.concatenate([correlations, shifted])).max() < 4.5 / np.sqrt(n)
    assert law_sample(draws[1], stats.norm.cdf).verdict == "holds"


def test_the_uniform_that_rounds_to_one_does_not_make_an_infinity():
    words = np.array([0, 2**32 - 1], np.uint32)
    from core.particles.normals import _unit_double, _unit_single

    assert compiled(_unit_single)(words).tolist() == [2**-24, 1 - 2**-24]
    ends = compiled(_unit_double)(words, words)
    assert ends[0] > 0
    assert ends[1] < 1


def test_a_number_depends_on_its_address_alone():
    numbers = np.arange(100, dtype=np.uint32)

    @compiled
    def both(numbers):
        return addressed_normals(KEY, 3, numbers), addressed_normals(KEY, 2, numbers[40:60])

    all_at_once, some = both(numbers)
    np.testing.assert_array_equal(some, all_at_once[:2, 40:60])


def test_the_key_of_a_step_is_that_of_fold_in():
    assert bool(compiled(lambda step: step_key(KEY, step) == jax.random.fold_in(KEY, step))(17))


def test_cosine_of_turns():
    turns, cosine = np.linspace(-4, 4, 100001), compiled(cosine_of_turns)
    single = turns.astype(np.float32)
    assert np.abs(cosine(single) - np.cos(2 * np.pi * single.astype(float))).max() < 4e-7
    np.testing.assert_allclose(cosine(turns), np.cos(2 * np.pi * turns), atol=1e-14)
