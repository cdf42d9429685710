import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from core.trees.cascade import CascadeState, init, recurring, simulate_cascade, single_chance, step
from tests.compiled import compiled

REPLICAS, STEPS, BETA, DELTA = 20_000, 4, 0.4, 0.3
# i listens to j with weight GRAPH[i, j]: directed, uneven, with an edge that always transmits at β = 1
GRAPH = np.array([[0.0, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.25], [0.0, 0.0, 1.0, 0.0]])
SEEDS = np.array([True, False, False, False])

run = compiled(
    lambda key, beta, delta: simulate_cascade(
        key, jnp.asarray(GRAPH), jnp.asarray(SEEDS), beta, STEPS, REPLICAS, recurring(delta)
    )
)


def chance_of(now, following, beta, delta):
    """P(now -> following) of a whole configuration, edge by edge."""
    chance = 1.0
    for i, after in enumerate(following):
        caught = 1 - np.prod([1 - beta * GRAPH[i, j] for j in range(4) if now[j]])
        in_error = (1 - delta) if now[i] else caught
        chance *= in_error if after else 1 - in_error
    return chance


def exact_configurations(beta, delta, steps):
    law = {tuple(SEEDS): 1.0}
    for _ in range(steps):
        following = dict.fromkeys(itertools.product([False, True], repeat=4), 0.0)
        for (now, p), after in itertools.product(law.items(), following):
            following[after] += p * chance_of(now, after, beta, delta)
        law = following
    return law


def test_all_configurations_come_as_often_as_their_chain_says():
    law = exact_configurations(BETA, DELTA, STEPS)
    errors = np.asarray(run(jax.random.key(0), BETA, DELTA).errors[-1])
    codes = errors.T @ (2 ** np.arange(4))
    expected = np.zeros(16)
    for configuration, p in law.items():
        expected[np.array(configuration) @ (2 ** np.arange(4))] += p
    seen = np.bincount(codes, minlength=16)
    assert stats.chisquare(seen, REPLICAS * expected).pvalue > 1e-3
    turned = np.zeros(16)  # and agents listening the other way round would be seen
    for configuration, p in law.items():
        turned[np.array(configuration)[::-1] @ (2 ** np.arange(4))] += p
    assert stats.chisquare(seen, REPLICAS * turned).pvalue < 1e-9


def test_single_chances_are_percolation():
    """Who is reached is who is connected with the seed by edges that are open independently."""
    edges = [(i, j) for i, j in itertools.product(range(4), repeat=2) if GRAPH[i, j]]
    reached = np.zeros(5)
    for which in itertools.product([False, True], repeat=len(edges)):
        chances = [BETA * GRAPH[e] if on else 1 - BETA * GRAPH[e] for e, on in zip(edges, which, strict=True)]
        found = {0}
        for _ in range(4):
            found |= {i for (i, j), on in zip(edges, which, strict=True) if on and j in found}
        reached[len(found)] += np.prod(chances)
    several = compiled(partial(simulate_cascade, steps=4, replicas=REPLICAS, rule=single_chance))
    ever = several(jax.random.key(1), GRAPH, SEEDS, BETA).ever[-1]
    seen = np.bincount(np.asarray(ever.sum(0)), minlength=5)
    assert reached.sum() == pytest.approx(1)
    assert stats.chisquare(seen[1:], REPLICAS * reached[1:]).pvalue > 1e-3


def test_certain_edges_transmit_and_absent_ones_never():
    state = CascadeState(*(SEEDS[:, None],) * 2)
    after, info = compiled(lambda key, now: step(key, now, jnp.asarray(GRAPH), 1.0, recurring(1.0)))(
        jax.random.key(0), state
    )
    assert np.array_equal(after.errors[:, 0], [False, True, False, False])
    assert np.array_equal(after.ever[:, 0], [True, True, False, False])
    assert all(map(np.array_equal, info, after))


def test_extremes():
    states = run(jax.random.key(0), 0.0, 0.0)
    assert np.array_equal(states.errors.all((0, 2)), SEEDS)
    assert np.array_equal(states.errors.any((0, 2)), SEEDS)
    gone = run(jax.random.key(0), 0.0, 1.0).errors
    assert gone[0].any()
    assert not gone[1:].any()
    assert np.array_equal(compiled(init, static_argnums=1)(SEEDS, 3).errors, np.repeat(SEEDS[:, None], 3, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adjacency": np.ones((3, 4))}, "adjacency"),
        ({"adjacency": np.full((4, 4), 2.0)}, "adjacency"),
        ({"transmission": 1.5}, "transmission"),
        ({"steps": -1}, "steps"),
        ({"replicas": 0}, "replicas"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {"adjacency": np.asarray(GRAPH), "seeds": np.asarray(SEEDS), "transmission": 0.5, "steps": 1}
    with pytest.raises((ValueError, TypeError), match=message):
        simulate_cascade(jax.random.key(0), **{**good, "replicas": 2, "rule": single_chance, **change})


def test_a_correction_is_a_probability():
    with pytest.raises(ValueError, match="correction"):
        recurring(1.5)
