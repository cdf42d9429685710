"""Two rewards, one policy: which action is learned as the second reward gets weight.

Three actions with two rewards: one good at the first, one good at the second, one a compromise; the learner sees
r = (1-w) r_1 + w r_2 after r_1 of the second action is changed by x (a flawed reward model). Left: the greedy choice
over w and x, three phases with sharp borders; a policy flips at a border for an arbitrarily small change. Middle: the
soft policy's entropy over the same plane, for one temperature: ridges where the cliffs were. Right: what stability
costs, the loss against the best action over random bandits (dots), at most αW((K-1)/e) (line). Exact.

Shows: borders on the left are the ridges in the middle; dots below the line, some on it.
Source: arXiv 2507.20150, multi-reward training (own minimal example; the price is derived here).
Cost: smoke 2 s, laptop 3 s, paper 10 s
Run: python -m experiments.policy_cliff.phase_map
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import phase_diagram
from figures.render import render
from figures.style import BLUE, DOUBLE, INK, ORANGE, SKY, new_figure
from theory.entropy.softmax import entropy
from theory.short.policy_cliff import greedy_policy, soft_policy, stability_price

_REWARDS = ((1.0, 0.0, 0.6), (0.0, 1.0, 0.55))  # (rewards, actions)


@dataclass(frozen=True)
class Config:
    """`resolution` of the planes; `bandits` of `actions` actions on the right."""

    resolution: int = 150
    temperature: float = 0.05
    actions: tuple[int, ...] = (2, 10)
    bandits: int = 60

    def __post_init__(self) -> None:
        """Refuses a temperature at which nothing is soft."""
        if self.temperature <= 0:
            raise ValueError(f"temperature: {self.temperature}, must be positive")


PRESETS = {
    "smoke": Config(resolution=20, bandits=5),
    "laptop": Config(),
    "paper": Config(resolution=600, actions=(2, 10, 100), bandits=300),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Choice and entropy (changes, weights); losses (numbers of actions, bandits, temperatures)."""
    return jax.jit(partial(_map, config))(key)


def _map(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    weight, change = jnp.linspace(0, 1, config.resolution), jnp.linspace(-0.5, 1.0, config.resolution)
    first, second = np.array(_REWARDS)
    flawed = first + change[:, None, None] * np.array([0.0, 1.0, 0.0])
    mixed = (1 - weight)[:, None] * flawed + weight[:, None] * second
    alphas = jnp.logspace(-2, 0.5, 20)
    losses = []
    for actions in config.actions:
        kind, size = jax.random.split(jax.random.fold_in(key, actions))
        gaps = jnp.abs(jax.random.normal(kind, (config.bandits, actions))) ** 0.3
        rewards = -gaps.at[:, 0].set(0.0) * jnp.exp(jax.random.normal(size, (config.bandits, 1)))
        soft = jax.vmap(lambda a, r=rewards: soft_policy(r, a))(alphas)
        losses.append(-jnp.sum(soft * rewards, -1).T)
    return {
        "weight": weight,
        "change": change,
        "choice": jnp.argmax(greedy_policy(mixed), axis=-1) * 1.0,
        "entropy": entropy(mixed / config.temperature),
        "alphas": alphas,
        "loss": jnp.stack(losses),
        "price": jnp.stack([stability_price(jnp.full_like(alphas, k), alphas) for k in config.actions]),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Choice, entropy, price."""
    figure, (choice, soft, price) = new_figure(DOUBLE, 2.3, cols=3)
    x, y = arrays["weight"], arrays["change"]
    choice.pcolormesh(x, y, arrays["choice"], cmap=ListedColormap([BLUE, ORANGE, SKY]), vmin=0, vmax=2, rasterized=True)
    for name in range(3):
        rows, cols = np.nonzero(arrays["choice"] == name)
        if len(rows):
            label = ("first", "second", "both")[name]
            choice.text(x[cols].mean(), y[rows].mean(), label, ha="center", va="center", color="white", fontsize=8)
    choice.set(xlabel="weight $w$ of reward 2", ylabel="error $x$ of reward 1", title="greedy choice")
    phase_diagram(soft, x, y, arrays["entropy"], label="entropy (nats)")
    soft.set(xlabel="weight $w$ of reward 2", title=rf"soft, $\alpha={config.temperature:g}$")
    for row, (actions, color) in enumerate(zip(config.actions, (INK, BLUE, ORANGE), strict=False)):
        price.plot(arrays["alphas"], arrays["loss"][row].T, ".", color=color, markersize=1.5, alpha=0.5)
        price.plot(arrays["alphas"], arrays["price"][row], color=color, label=f"$K={actions}$")
    price.set(xscale="log", yscale="log", xlabel=r"temperature $\alpha$", ylabel="reward lost", ylim=(1e-4, 10))
    price.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
