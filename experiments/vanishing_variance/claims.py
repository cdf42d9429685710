"""What "Vanishing Variance Problem in Fully Decentralized Neural-Network Systems" claims, checked.

The paper states s²/N for an even average; the law for any mixing matrix, round by round (c02, c03), is ours, and so is
what the rescaling leaves out (c05).
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.draws import normal
from core.trees.graphs import complete, ring, star
from core.verify.evidence import Evidence, combine
from core.verify.identity import identity
from core.verify.law import law
from core.verify.order import order
from core.verify.trial import Trial
from theory.short.averaging_variance import (
    gossip_variance,
    metropolis,
    mixed_variance,
    restore_spread,
    restored_gain,
    ring_spectrum,
    signal_gain,
)

DEPTH, WIDTH = 3, 10
mixture = jax.jit(mixed_variance)


def c01_average_of_independent_networks(trial: Trial) -> Evidence:
    """The even average of N independent starts of variance s² has variance s²/N, of correlated ones s²(ρ + (1-ρ)/N)."""
    entries, cases, shares, expected = 4000 * trial.effort, [(2, 0.0), (5, 0.0), (16, 0.0), (5, 0.3), (16, 0.8)], [], []

    @partial(jax.jit, static_argnums=1)
    def share_and_law(key: jax.Array, networks: int, rho: float) -> tuple[jax.Array, jax.Array]:
        own, common = jax.random.split(key)
        weights = (1 - rho) ** 0.5 * normal(own, (networks, entries))
        weights = weights + rho**0.5 * normal(common, (1, entries))
        return jnp.mean(weights.mean(axis=0) ** 2), mixed_variance(jnp.full(networks, 1 / networks), rho)

    for index, (networks, rho) in enumerate(cases):
        share, exact = share_and_law(jax.random.fold_in(trial.key, index), networks, rho)
        shares.append(float(share))
        expected.append(float(exact))
    error = np.array(expected) * (2 / entries) ** 0.5  # of the mean square of normal numbers
    return law(np.array(shares), np.array(expected), error)


def c02_gossip_on_graphs(trial: Trial) -> Evidence:
    """After t rounds of gossip node i has variance s² Σ_j (M^t)_ij², on average s² tr(M^{2t})/N -> s²/N."""
    nodes, entries, rounds, found, exact, means, traces = 6, 4000 * trial.effort, 3, [], [], [], []

    @jax.jit
    def gossip(key: jax.Array, graph: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        mixing, weights = metropolis(graph), normal(key, (nodes, entries))
        for _ in range(rounds):
            weights = mixing @ weights
        return mixing, jnp.mean(weights**2, axis=1), gossip_variance(mixing, rounds + 1)

    for index, graph in enumerate((ring, star, complete)):
        drawn = np.asarray(jax.jit(graph, static_argnums=0)(nodes))
        mixing, squares, trace = jax.device_get(gossip(jax.random.fold_in(trial.key, index), drawn))
        power, node = np.linalg.matrix_power(mixing, rounds), index + 1  # one node a graph: neighbours are correlated
        found.append(squares[node])
        exact.append(float(mixture(power[node])))
        means.append(np.mean(np.sum(power**2, axis=1)))
        traces.append(trace[-1])
    error = np.array(exact) * (2 / entries) ** 0.5
    return combine(
        law(np.array(found), np.array(exact), error), identity(np.array(traces), np.array(means), rtol=1e-12)
    )


def c03_ring() -> Evidence:
    """On a ring M has the eigenvalues (1 + 2cos(2πk/N))/3, and the variance of t << N² rounds is ~ s² √(3/(8πt))."""
    nodes, rounds = 3001, 4 ** np.arange(2, 6)
    spectrum_of = jax.jit(ring_spectrum, static_argnums=0)
    spectrum = np.asarray(spectrum_of(nodes))
    variance = np.array([np.mean(spectrum ** (2 * t)) for t in rounds])
    small = jax.jit(lambda: jnp.linalg.eigvalsh(metropolis(ring(9))))()
    return combine(
        identity(np.sort(np.asarray(spectrum_of(9))), small, rtol=0, atol=1e-13),
        order(rounds, variance, expected=-0.5, tolerance=0.02),
        identity(np.sqrt(3 / (8 * np.pi * rounds[-1])), variance[-1], rtol=1e-3),
    )


def c04_signal(trial: Trial) -> Evidence:
    """Averaging N independent He networks of L rectified layers multiplies the signal's energy by N^{-L} on average."""
    averages, draws = np.array([2, 3, 6]), 300 * trial.effort
    mixing = (np.arange(6) < averages[:, None]) / averages[:, None]

    @jax.jit
    def energies(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        keys = jax.random.split(key, (len(averages), DEPTH, draws))
        exact = jnp.stack([signal_gain(1 / averages, depth) for depth in range(1, DEPTH + 1)])
        return jax.vmap(jax.vmap(jax.vmap(_gains, (0, None)), (0, None)), (0, 0))(keys, mixing), exact

    gains, expected = jax.device_get(energies(trial.key))
    own = gains[:, np.arange(DEPTH), :, np.arange(DEPTH)]  # (depths, averages, draws), each from its own draws
    mean, error = own.mean(axis=2), own.std(axis=2, ddof=1) / draws**0.5
    return law(mean, expected, error, degrees_of_freedom=draws - 1)


def c05_correction(trial: Trial) -> Evidence:
    """W + (σ_target/σ(W) - 1)(W - W̄) keeps the mean and sets the spread; a layer's gain is then 1 - c(1-f)/d + O(1/d²).

    c is the share of the signal's energy along the constant vector, f the variance that averaging left.
    """
    width, draws, networks = 6, 3000 * trial.effort, 4
    flat = np.ones(width), np.array([1.0, -1.0] * (width // 2)), np.arange(width) - 1.5
    signals = np.stack([x / np.linalg.norm(x) for x in flat])

    def mend(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        weight = 0.3 + 0.01 * normal(key, (20, 12))
        return weight, restore_spread(weight, 0.5)

    def gains(key: jax.Array, x: jax.Array) -> jax.Array:
        mean = normal(key, (networks, width, width)).mean(axis=0) / width**0.5
        return jnp.sum((restore_spread(mean, width**-0.5) @ x) ** 2)

    @jax.jit
    def every_gain(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        keys = jax.random.split(jax.random.fold_in(key, 1), (len(flat), draws))
        expected = restored_gain(width, jnp.sum(signals, axis=1) ** 2 / width, 1 / networks)
        return jax.vmap(jax.vmap(gains, (0, None)))(keys, jnp.asarray(signals)), expected

    (weight, mended), (found, expected) = jax.device_get((jax.jit(mend)(trial.key), every_gain(trial.key)))
    return combine(
        identity(np.array([0.5, np.mean(weight)]), np.array([np.std(mended), np.mean(mended)]), rtol=1e-12),
        law(found.mean(axis=1), expected, found.std(axis=1, ddof=1) / draws**0.5, degrees_of_freedom=draws - 1),
    )


def _gains(key: jax.Array, mixing: jax.Array) -> jax.Array:
    """Energy after 1, ..., DEPTH rectified layers of averaged He networks over that before."""
    weights = normal(key, (len(mixing), DEPTH, WIDTH, WIDTH)) * (2 / WIDTH) ** 0.5

    def layer(h: jax.Array, weight: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = jax.nn.relu(weight @ h)
        return h, jnp.mean(h**2)

    return jax.lax.scan(layer, jnp.ones(WIDTH), jnp.tensordot(mixing, weights, 1))[1]
