"""What "The Policy Cliff" claims about the map from rewards to policies, checked; statements re-derived."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.policy_cliff._process import fork, random_process
from theory.short.policy_cliff import greedy_policy, optimal_values, shift_bound, soft_policy, stability_price

SMALL = np.array([1e-2, 1e-5, 1e-8, 1e-11])


def c01_jump_at_a_tie() -> Evidence:
    """At a tie the optimal policy jumps by 1 in total variation, however small the change of the reward."""
    base = np.array([1.0, 1.0, 0.3])
    kick = SMALL[:, None] * np.array([1.0, -1.0, 0.0])
    up, down = np.asarray(jax.jit(greedy_policy)(np.array([base + kick, base - kick])))
    return identity(1.0, _apart(up, down), rtol=0.0)


def c02_continuous_iff_unique(trial: Trial) -> Evidence:
    """Small changes of the reward leave the optimal policy of a decision process as it is."""

    def moved(kicks: jax.Array, gap_share: jax.Array, rewards: jax.Array, moves: jax.Array) -> jax.Array:
        values = optimal_values(rewards, moves, 0.8, sweeps=300)
        best = jnp.sort(values, axis=1)
        size = gap_share * jnp.min(best[:, -1] - best[:, -2]) * (1 - 0.8) / 2 + 1e-6 * (gap_share == 0)
        after = jax.vmap(lambda kick: optimal_values(rewards + size * kick, moves, 0.8, sweeps=300))(kicks)
        return _apart(greedy_policy(after), greedy_policy(values))

    @jax.jit
    def measure(key: jax.Array) -> jax.Array:
        kicks = jnp.sign(jax.random.normal(jax.random.fold_in(key, 1), (10, 4, 3)))
        rewards, moves = random_process(key, 4, 3)
        tied = rewards.at[:, 1].set(rewards[:, 0])
        tied, same = jnp.maximum(tied, tied.at[:, :2].add(9.0)), moves.at[:, 1].set(moves[:, 0])
        both = jnp.stack([rewards, tied]), jnp.stack([moves, same])
        return jax.vmap(partial(moved, kicks))(np.array([0.999, 0.0]), *both)

    alone, at_ties = np.asarray(measure(trial.key))
    return holds_if(
        "the best action is unique in every state; the change may reach (1-γ)/2 times the smallest gap of Q",
        bound(-alone, tolerance=0.0),
        bound(-at_ties, tolerance=0.0),
    )


def c03_soft_policies_are_lipschitz(trial: Trial) -> Evidence:
    """For rewards that differ by d, TV(π_r, π_r') <= tanh(d/2α) <= d/2α for softmax(r/α): sharp, and attacked."""

    def slack(point: jax.Array) -> jax.Array:
        alpha, d = jnp.exp(point[0]), jnp.exp(point[1])
        first, shift = point[2:7], d * jnp.tanh(point[7:12])
        move = jnp.abs(soft_policy(first, alpha) - soft_policy(first + shift, alpha)).sum() / 2
        return shift_bound(d, alpha) / move - 1

    sample = lambda key: jax.random.normal(key, (12,))  # noqa: E731
    random = _at_random(slack, sample, trial.key, 200 * trial.effort)
    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=300)
    first, alpha = np.array([0.15, -0.15]), 0.4
    reached = _apart(*np.asarray(jax.jit(soft_policy)(np.array([first, -first]), alpha)))
    exact = jax.jit(shift_bound)(0.3, alpha)
    return combine(
        bound(random, tolerance=1e-9, falsified=found),
        identity(exact, reached, rtol=1e-12),
        identity(0.3 / (2 * alpha), exact, rtol=0.05),
    )


def c04_constant_of_a_decision_process(trial: Trial) -> Evidence:
    """With the discount γ the constant grows by 1/(1-γ), no more: TV <= tanh(d/(2α(1-γ))) in every state, attained."""

    def policy(rewards: jax.Array, moves: jax.Array, gamma: jax.Array) -> jax.Array:
        return soft_policy(optimal_values(rewards, moves, gamma, 0.5, 200), 0.5)

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        kicks = 0.1 * jnp.sign(jax.random.normal(key, (10 * trial.effort, 5, 3)))

        def one(place: jax.Array, gamma: jax.Array) -> tuple[jax.Array, ...]:
            rewards, moves = random_process(jax.random.fold_in(key, place), 5, 3)
            after = jax.vmap(lambda kick: policy(rewards + kick, moves, gamma))(kicks)
            (up, road), (down, _) = fork(0.1), fork(-0.1)
            reached = _apart(policy(up, road, gamma)[0], policy(down, road, gamma)[0])
            exact = shift_bound(0.1, 0.5, gamma)
            return exact / _apart(after, policy(rewards, moves, gamma)) - 1, exact, reached

        return jax.vmap(one)(np.arange(2), np.array([0.3, 0.8]))

    slacks, exact, reached = measure(trial.key)
    return combine(bound(slacks, tolerance=1e-9), identity(exact, reached, rtol=1e-9))


def c05_price_of_stability(trial: Trial) -> Evidence:
    """softmax(r/α) loses at most αW((K-1)/e) < α log K of the best reward, reached when all others tie; attacked."""

    def slack(point: jax.Array) -> jax.Array:
        rewards = point - jnp.max(point)
        return stability_price(6.0, 1.0) + soft_policy(rewards, 1.0) @ rewards

    sample = lambda key: 2 * jax.random.normal(key, (6,))  # noqa: E731
    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=200)
    random = _at_random(slack, sample, trial.key, 200 * trial.effort)
    actions = np.array([2.0, 6.0, 100.0, 1e5])
    price = np.asarray(jax.jit(stability_price)(actions, 1.0))
    return combine(
        bound(random, tolerance=1e-9, falsified=found),
        identity(0.0, found.slack, rtol=0.0, atol=1e-8),
        identity(special.lambertw((actions - 1) / np.e).real, price, rtol=1e-12),
        bound(np.log(actions) - price, tolerance=0.0),
    )


def c06_small_reward_decides() -> Evidence:
    """Among actions that tie in the main reward an auxiliary one of any weight decides the greedy policy."""
    main, auxiliary = np.array([1.0, 1.0, 0.2]), np.array([0.0, 1.0, 5.0])
    weights = np.array([1e-3, 1e-8, 1e-12])[:, None]
    chosen = np.asarray(jax.jit(greedy_policy)(np.array([main + sign * weights * auxiliary for sign in (1, -1)])))
    return combine(
        identity(np.tile([0.0, 1.0, 0.0], (3, 1)), chosen[0], rtol=0.0),
        identity(np.tile([1.0, 0.0, 0.0], (3, 1)), chosen[1], rtol=0.0),
    )


def c07_back_to_the_cliff() -> Evidence:
    """As α -> 0 the soft policy becomes the greedy one."""
    gap = 1e-7
    alphas = np.array([gap * 0.1, gap * 0.03, gap * 0.01, 1e-2, 1e-3, 1e-4])
    best = np.asarray(jax.jit(jax.vmap(soft_policy, (None, 0)))(np.array([1.0, 1.0 - gap, 0.0]), alphas))[:, 0]
    cold, warm = np.split(best, 2)
    return holds_if(
        "α is small against the gap to the next best action, not against the rewards (gap 1e-7, α >= 1e-4)",
        identity(1.0, cold, rtol=1e-4),
        identity(1.0, warm, rtol=1e-4),
    )


def _at_random(slack: Callable, sample: Callable, key: jax.Array, count: int) -> jax.Array:
    """The slack at so many random points."""
    return jax.jit(lambda key: jax.vmap(lambda key: slack(sample(key)))(jax.random.split(key, count)))(key)


def _apart(first: jax.Array | np.ndarray, second: jax.Array | np.ndarray) -> jax.Array | np.ndarray:
    return abs(first - second).sum(-1) / 2
