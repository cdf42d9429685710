import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.loops import energy_below
from core.particles.minimise import minimise
from core.particles.objectives import ackley, rastrigin
from core.particles.search import defaults, search
from tests.compiled import compiled


def test_defaults_find_the_best_of_many_minima():
    # success rates at d = 3 to 100 are claim c32 of gradient_is_all_you_need
    result = minimise(ackley, 5, low=-3.0, high=2.5, batched=True)
    assert float(result.energy) < 1e-3
    assert int(result.lost) == 0


def test_isotropic_noise_contracts_where_dimensions_are_many():
    d = 100  # its noise grows with them
    result = minimise(lambda x: jnp.sum((x - 1) ** 2, axis=0), d, noise="isotropic", batched=True, steps=400)
    assert float(result.spread) < 0.7 * np.sqrt(3 * d)  # of the box at the start


def test_a_search_in_single_precision_does_not_freeze():
    low, high = np.full(2, -3, np.float32), np.full(2, 2, np.float32)
    end = compiled(lambda key, *box: search(ackley, defaults(2), key, *box)[0])(jax.random.key(1), low, high)
    assert end.position.dtype == np.float32
    assert len(np.unique(np.asarray(end.position[0]))) > 1  # it is no single point
    assert float(end.best_energy) < 1e-5


def test_one_point_at_a_time_and_all_at_once_are_the_same_run():
    def one(x):
        return jnp.sum(x * x) + 3.0

    point = minimise(one, 2, steps=30, seed=jax.random.key(4))
    whole = minimise(jax.vmap(one, in_axes=1), 2, steps=30, seed=jax.random.key(4), batched=True)
    assert point.point.tolist() == pytest.approx(whole.point.tolist(), abs=1e-12)
    assert int(point.evaluations) == 31 * 72


def test_history_and_early_stop():
    told = minimise(rastrigin, 2, steps=200, every=20, batched=True)
    assert told.history.shape == (10,)
    assert (np.diff(told.history) <= 0).all()
    early = minimise(rastrigin, 2, steps=1000, stop=energy_below(1e-2), batched=True)
    assert float(early.energy) <= 1e-2
    assert int(early.evaluations) < 1001 * 72


def test_holes_are_survived_and_counted():
    result = minimise(lambda x: jnp.where(x[0] > 0.5, jnp.nan, jnp.sum(x**2)), 2, steps=200)
    assert float(result.energy) < 1e-3


def sphere(x):
    return jnp.sum(x**2)


def hollow(x):
    return jnp.where(jnp.max(jnp.abs(x)) < 3, 1.0, jnp.nan)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"d": 0}, "d is 0"),
        ({"d": True}, "d is True"),
        ({"seed": True}, "seed is True"),
        ({"particles": 0}, "particles"),
        ({"steps": 0}, "steps"),
        ({"noise": "colourful"}, "noise is 'colourful'"),
        ({"sigma": -1.0}, "sigma"),
        ({"low": 3.0, "high": -3.0}, "low"),
        ({"low": np.zeros(3)}, "low"),
        ({"every": 7}, "every"),
        ({"function": lambda x: x}, "objective"),
        ({"function": hollow, "sigma": 1e9, "low": 3.0, "high": 4.0}, "finite at none"),
        ({"function": hollow, "sigma": 1e9}, "at no particle after"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(arguments, names):
    call = {"function": sphere, "d": 2, "steps": 10} | arguments
    with pytest.raises(ValueError, match=names):
        minimise(**call)
