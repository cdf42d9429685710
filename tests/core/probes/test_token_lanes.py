import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.power_of_two import power_of_two
from core.probes.token_lanes import NARROWEST, tile_width
from core.probes.tokens import finish, plain_parts, sums_of
from tests.compiled import compiled

VOCAB, TILE = 8 * 128 + 76, 128
sums, finished = compiled(sums_of, static_argnames="tile"), compiled(finish)


@pytest.fixture(scope="module")
def rows():
    """Spread out, uniform, the peak in the odd end, tied across tiles, a masked tile, one token left, collapsed."""
    z = 4 * np.random.default_rng(0).normal(size=(7, VOCAB)) + np.arange(7.0)[:, None]
    z[1], z[2, -3], z[3, [5, 700, -1]] = 3.0, 60.0, 40.0
    z[4, :TILE], z[5], z[6] = -np.inf, -np.inf, -32.0
    z[5, 300], z[6, 77] = 1.0, 0.0
    return z, np.array([0, 1, VOCAB - 3, 700, 500, 300, 77])


def test_tiles_give_what_the_plain_sums_give(rows):
    for found, exact in zip(sums(*rows, tile=TILE), sums(*rows, tile=0), strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16])
def test_tiles_keep_the_digits_of_a_collapsed_row(rows, dtype):
    z, token = rows[0].astype(dtype), rows[1]
    found = finished(sums(z, token, tile=TILE))
    for a, b in zip(found, finished(sums(np.asarray(z, float), token, tile=0)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-35)
    assert found.entropy[5] == 0
    assert 1e-11 < found.entropy[6] < 1e-9


def test_the_peak_and_its_ties_are_counted_apart(rows):
    """The sum without the ones would lose all that follows 1e-8 if a one were among them."""
    below, ones, *_ = compiled(plain_parts)(rows[0], rows[0].max(axis=1))
    np.testing.assert_array_equal(ones, [1, VOCAB, 1, 3, 1, 1, 1])
    np.testing.assert_allclose(below[6], (VOCAB - 1) * np.exp(-32.0), rtol=1e-13)


def test_powers_of_two():
    t = np.concatenate([np.linspace(-126, 126, 20001), np.arange(-126, 127.0), -np.geomspace(1e-8, 1, 99)])
    power = compiled(power_of_two)
    for found in (power(t.astype(np.float32)), power_of_two(jnp.asarray(t, jnp.float32))):
        np.testing.assert_allclose(found, np.exp2(t.astype(np.float32).astype(float)), rtol=3e-7)
    assert power(np.float32(-127.0)) == power(np.float64(-127.0)) == 0


def test_tiles_are_for_long_rows():
    assert tile_width(16, 1000) == 0
    for count in (1, 16, 100_000):
        assert tile_width(count, 151_936) >= NARROWEST
