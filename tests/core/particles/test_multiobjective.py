import jax
import jax.numpy as jnp
import numpy as np

from core.particles.cbo import CboParameters
from core.particles.front_weights import on_simplex, repelled_weights
from core.particles.multiobjective import chebyshev, front_init, front_step, spread_weights, weighted_sum
from tests.compiled import compiled

KEY = jax.random.key(3)


def test_the_front_of_two_objectives_is_found_also_where_it_is_not_convex():
    def concave(x):  # the front is f_1² + f_2² = 1 for x_2 = 0
        angle, off = jnp.clip(x[0], 0, 1) * jnp.pi / 2, x[1] ** 2 + 10 * (x[0] - jnp.clip(x[0], 0, 1)) ** 2
        return jnp.stack([jnp.cos(angle), jnp.sin(angle)]) * (1 + off)[None]

    parameters = CboParameters(1.0, 2.0, 1e4, 0.05)

    @compiled
    def run(x):
        start, values = front_init(concave, x, spread_weights(48)), []
        for rule in (chebyshev, weighted_sum):
            step = lambda _, s, r=rule: front_step(concave, parameters, KEY, s, scalarisation=r)[0]  # noqa: E731
            values.append(jax.lax.fori_loop(0, 150, step, start).values)
        return values

    even, convex = map(np.asarray, run(np.random.default_rng(0).uniform(size=(2, 48))))
    assert max(np.median((values**2).sum(0)) for values in (even, convex)) < 1.02
    assert np.mean(even.min(0) > 0.1) > 0.5  # away from both ends of the front
    assert np.mean(convex.min(0) > 0.1) < 0.1


def test_weights_that_adapt_spread_a_crowded_front_evenly():
    def flat(x):  # the front is f_2 = (1 - f_1)⁴: even weights crowd it where it is steep
        share, off = jnp.clip(x[0], 0, 1), x[1] ** 2 + 10 * (x[0] - jnp.clip(x[0], 0, 1)) ** 2
        return jnp.stack([share, (1 - share) ** 4]) + off[None]

    @compiled
    def run(rate):
        def step(_, state):
            state, _ = front_step(flat, CboParameters(1.0, 1.5, 1e5, 0.05), KEY, state)
            return state._replace(weights=repelled_weights(state.values, state.weights, rate, 0.1))

        return jax.lax.fori_loop(0, 400, step, front_init(flat, jax.random.uniform(KEY, (2, 48)), spread_weights(48)))

    reach = {}
    for rate in (0.0, 0.01):
        end = run(rate)
        weights, steps = np.asarray(end.weights), np.diff(np.sort(np.asarray(end.values)[0]))
        np.testing.assert_allclose(weights.sum(0), 1, atol=1e-12)
        assert weights.min() >= 0
        reach[rate] = np.std(steps) / np.mean(steps)
    assert reach[0.01] < 0.75 * reach[0.0]


def test_a_projection_onto_the_simplex_is_the_nearest_point():
    points = np.random.default_rng(0).normal(size=(3, 20))
    near = compiled(on_simplex)(points)
    np.testing.assert_allclose(near.sum(0), 1, atol=1e-14)
    corners = np.eye(3)
    # (x - Px)·(y - Px) <= 0 for every y of the simplex: it is enough to look at its corners
    assert ((corners[:, :, None] - near) * (points - near)).sum(1).max() < 1e-14
