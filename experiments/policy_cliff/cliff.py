"""The cliff and its repair: how far the policy moves when the reward moves by d.

Total variation between the policies of two rewards that differ by at most d, against d. Left: a bandit with two actions
that all but tie, r = (d/2, -d/2) against (-d/2, d/2). The greedy policy jumps for every d; the soft one follows
tanh(d/2α) (lines: bound, dots: policy). Right: states of random decision processes (dots) and a fork made to move the
most (crosses), α fixed, against the same bound with the discount, tanh(d/(2α(1-γ))) (lines). Exact throughout.

Shows: left, a constant 1 for α = 0 and dots on the lines; right, crosses on the lines and dots below them.
Source: arXiv 2507.20150, discontinuity and entropy regularisation (the constants are derived here).
Cost: smoke 2 s, laptop 4 s, paper 30 s
Run: python -m experiments.policy_cliff.cliff
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.policy_cliff._process import fork, random_process
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, VERMILION, new_figure
from theory.short.policy_cliff import greedy_policy, optimal_values, shift_bound, soft_policy


@dataclass(frozen=True)
class Config:
    """`temperatures` on the left; on the right `temperature` with the `discounts`."""

    temperatures: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    discounts: tuple[float, ...] = (0.5, 0.9)
    temperature: float = 0.1
    points: int = 13
    processes: int = 10
    states: int = 6
    actions: int = 3
    sweeps: int = 200

    def __post_init__(self) -> None:
        """Refuses what has no fixed point."""
        if not all(0 <= gamma < 1 for gamma in self.discounts):
            raise ValueError(f"discounts: {self.discounts}, must lie in [0, 1)")


PRESETS = {
    "smoke": Config(temperatures=(0.1,), discounts=(0.5,), points=3, processes=2, sweeps=30),
    "laptop": Config(),
    "paper": Config(discounts=(0.5, 0.9, 0.99), points=25, processes=100, states=30, actions=5, sweeps=3000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Movement and bound of the bandit (temperatures, points) and of processes (discounts, points, states...)."""
    return jax.jit(partial(_movements, config, run.mesh))(key)


def _movements(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    distance = jnp.logspace(-8, 0, config.points)
    pair = np.array([0.5, -0.5])
    alphas, gammas = np.array(config.temperatures), np.array(config.discounts)

    def apart(first: jax.Array, second: jax.Array) -> jax.Array:
        return jnp.abs(first - second).sum(-1) / 2

    def policy(rewards: jax.Array, moves: jax.Array, gamma: jax.Array) -> jax.Array:
        values = optimal_values(rewards, moves, gamma, config.temperature, config.sweeps)
        return soft_policy(values, config.temperature)

    def moved(key: jax.Array, gamma: jax.Array, d: jax.Array) -> jax.Array:
        rewards, moves = random_process(key, config.states, config.actions)
        kick = d * jnp.sign(jax.random.normal(jax.random.fold_in(key, 1), rewards.shape))
        return apart(policy(rewards, moves, gamma), policy(rewards + kick, moves, gamma))

    def forked(gamma: jax.Array, d: jax.Array) -> jax.Array:
        (up, moves), (down, _) = fork(d), fork(-d)
        return apart(policy(up, moves, gamma)[0], policy(down, moves, gamma)[0])

    keys = jax.random.split(key, config.processes)
    grid = jax.vmap(jax.vmap(forked, (None, 0)), (0, None))
    cloud = jax.vmap(jax.vmap(moved, (None, None, 0)), (None, 0, None))
    far = jnp.logspace(-4, 0.5, config.points)
    processes = over_devices(mesh, lambda key: cloud(key, gammas, far), keys, together=config.processes)
    return {
        "distance": distance,
        "far": far,
        "greedy": apart(greedy_policy(distance[:, None] * pair), greedy_policy(-distance[:, None] * pair)),
        "soft": jax.vmap(
            lambda a: apart(soft_policy(distance[:, None] * pair, a), soft_policy(-distance[:, None] * pair, a))
        )(alphas),
        "bound": jax.vmap(lambda a: shift_bound(distance, a))(alphas),
        "fork": grid(gammas, far),
        "processes": jnp.moveaxis(processes, 0, 2),
        "process_bound": jax.vmap(lambda g: shift_bound(far, config.temperature, g))(gammas),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Bandit on the left, decision processes on the right."""
    figure, (bandit, process) = new_figure(DOUBLE, 2.7, cols=2)
    bandit.plot(arrays["distance"], arrays["greedy"], "o-", color=INK, label=r"$\alpha=0$ (greedy)")
    for row, (alpha, color) in enumerate(zip(config.temperatures, COLORS, strict=False)):
        bandit.plot(arrays["distance"], arrays["bound"][row], color=color, label=rf"$\alpha={alpha:g}$")
        bandit.plot(arrays["distance"], arrays["soft"][row], "o", color=color)
    bandit.set(xscale="log", yscale="log", xlabel="change $d$ of the reward", ylabel="total variation of the policies")
    bandit.set_ylim(1e-9, 3)
    for row, (gamma, color) in enumerate(zip(config.discounts, (COLORS[0], VERMILION, COLORS[2]), strict=False)):
        process.plot(arrays["far"], arrays["process_bound"][row], color=color, label=rf"$\gamma={gamma:g}$")
        process.plot(arrays["far"], arrays["fork"][row], "x", color=color, markersize=5)
        cloud = arrays["processes"][row].reshape(len(arrays["far"]), -1)
        x = np.repeat(arrays["far"], cloud.shape[1]) * (0.87 + 0.13 * row)
        process.plot(x, cloud.ravel(), ".", color=color, markersize=1.5, alpha=0.6)
    process.set(xscale="log", yscale="log", xlabel="change $d$ of the reward", ylim=(1e-6, 3))
    process.set_title(rf"decision processes, $\alpha={config.temperature:g}$")
    bandit.legend(loc="lower right")
    process.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
