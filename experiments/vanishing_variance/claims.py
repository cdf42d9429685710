"""What "Vanishing Variance Problem in Fully Decentralized Neural-Network Systems" claims, checked.

The paper states s²/N for an even average; the law for any mixing matrix, round by round (c02, c03), is ours, and so is
what the rescaling leaves out (c05).
"""

import jax
import jax.numpy as jnp
import numpy as np

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


def c01_average_of_independent_networks(trial: Trial) -> Evidence:
    """The even average of N independent starts of variance s² has variance s²/N, of correlated ones s²(ρ + (1-ρ)/N)."""
    entries, cases, shares, expected = 4000 * trial.effort, [(2, 0.0), (5, 0.0), (16, 0.0), (5, 0.3), (16, 0.8)], [], []
    for index, (networks, rho) in enumerate(cases):
        own, common = jax.random.split(jax.random.fold_in(trial.key, index))
        weights = (1 - rho) ** 0.5 * jax.random.normal(own, (networks, entries))
        weights = weights + rho**0.5 * jax.random.normal(common, (1, entries))
        shares.append(float(jnp.mean(weights.mean(axis=0) ** 2)))
        expected.append(float(mixed_variance(jnp.full(networks, 1 / networks), rho)))
    error = np.array(expected) * (2 / entries) ** 0.5  # of the mean square of normal numbers
    return law(np.array(shares), np.array(expected), error)


def c02_gossip_on_graphs(trial: Trial) -> Evidence:
    """After t rounds of gossip node i has variance s² Σ_j (M^t)_ij², on average s² tr(M^{2t})/N -> s²/N."""
    nodes, entries, found, exact, means, traces = 6, 4000 * trial.effort, [], [], [], []
    for index, graph in enumerate((ring, star, complete)):
        mixing = metropolis(graph(nodes))
        weights = jax.random.normal(jax.random.fold_in(trial.key, index), (nodes, entries))
        power = np.eye(nodes)
        for _ in range(3):
            weights, power = mixing @ weights, np.asarray(mixing) @ power
        node = index + 1  # one node a graph: neighbours are correlated
        found.append(float(jnp.mean(weights[node] ** 2)))
        exact.append(float(mixed_variance(power[node])))
        means.append(np.mean(np.sum(power**2, axis=1)))
        traces.append(float(gossip_variance(mixing, 4)[-1]))
    error = np.array(exact) * (2 / entries) ** 0.5
    return combine(
        law(np.array(found), np.array(exact), error), identity(np.array(traces), np.array(means), rtol=1e-12)
    )


def c03_ring() -> Evidence:
    """On a ring M has the eigenvalues (1 + 2cos(2πk/N))/3, and the variance of t << N² rounds is ~ s² √(3/(8πt))."""
    nodes, rounds = 3001, 4 ** np.arange(2, 6)
    spectrum = np.asarray(ring_spectrum(nodes))
    variance = np.array([np.mean(spectrum ** (2 * t)) for t in rounds])
    small = metropolis(ring(9))
    return combine(
        identity(np.sort(np.asarray(ring_spectrum(9))), jnp.linalg.eigvalsh(small), rtol=0, atol=1e-13),
        order(rounds, variance, expected=-0.5, tolerance=0.02),
        identity(np.sqrt(3 / (8 * np.pi * rounds[-1])), variance[-1], rtol=1e-3),
    )


def c04_signal(trial: Trial) -> Evidence:
    """Averaging N independent He networks of L rectified layers multiplies the signal's energy by N^{-L} on average."""
    averages, draws = np.array([2, 3, 6]), 300 * trial.effort
    mixing = jnp.asarray((np.arange(6) < averages[:, None]) / averages[:, None])
    keys = jax.random.split(trial.key, (len(averages), DEPTH, draws))
    gains = np.asarray(jax.jit(jax.vmap(jax.vmap(jax.vmap(_gains, (0, None)), (0, None)), (0, 0)))(keys, mixing))
    own = gains[:, np.arange(DEPTH), :, np.arange(DEPTH)]  # (depths, averages, draws), each from its own draws
    mean, error = own.mean(axis=2), own.std(axis=2, ddof=1) / draws**0.5
    expected = np.stack([signal_gain(1 / averages, depth) for depth in range(1, DEPTH + 1)])
    return law(mean, expected, error, degrees_of_freedom=draws - 1)


def c05_correction(trial: Trial) -> Evidence:
    """W + (σ_target/σ(W) - 1)(W - W̄) keeps the mean and sets the spread; a layer's gain is then 1 - c(1-f)/d + O(1/d²).

    c is the share of the signal's energy along the constant vector, f the variance that averaging left.
    """
    weight = 0.3 + 0.01 * jax.random.normal(trial.key, (20, 12))
    mended = restore_spread(weight, 0.5)
    width, draws, networks = 6, 3000 * trial.effort, 4
    flat = jnp.ones(width), jnp.array([1.0, -1.0] * (width // 2)), jnp.arange(width) - 1.5
    signals = jnp.stack([x / jnp.linalg.norm(x) for x in flat])

    def gains(key: jax.Array, x: jax.Array) -> jax.Array:
        mean = jax.random.normal(key, (networks, width, width)).mean(axis=0) / width**0.5
        return jnp.sum((restore_spread(mean, width**-0.5) @ x) ** 2)

    keys = jax.random.split(jax.random.fold_in(trial.key, 1), (len(flat), draws))
    found = np.asarray(jax.jit(jax.vmap(jax.vmap(gains, (0, None))))(keys, signals))
    expected = restored_gain(width, jnp.sum(signals, axis=1) ** 2 / width, 1 / networks)
    return combine(
        identity(np.array([0.5, np.mean(weight)]), np.array([np.std(mended), np.mean(mended)]), rtol=1e-12),
        law(found.mean(axis=1), expected, found.std(axis=1, ddof=1) / draws**0.5, degrees_of_freedom=draws - 1),
    )


def _gains(key: jax.Array, mixing: jax.Array) -> jax.Array:
    """Energy after 1, ..., DEPTH rectified layers of averaged He networks over that before."""
    weights = jax.random.normal(key, (len(mixing), DEPTH, WIDTH, WIDTH)) * (2 / WIDTH) ** 0.5

    def layer(h: jax.Array, weight: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = jax.nn.relu(weight @ h)
        return h, jnp.mean(h**2)

    return jax.lax.scan(layer, jnp.ones(WIDTH), jnp.tensordot(mixing, weights, 1))[1]
