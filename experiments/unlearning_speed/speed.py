"""How fast an answer is pushed down: linearly without a bound, logarithmically with one.

Left: depth u = -θ of a logistic answer p = σ(θ) against time, exact gradient flow (lines), gradient descent with the
step 0.1 (dots) and the limit log(β 2^(β+1) t)/β (dashed). Right: distance of the weights of a two-layer network from
where they were, while it forgets one of ten drawn digits; the theorem is about log-linear models, and in a network the
plain ascent (GA) runs away faster than linearly. Bands over seeds; small substitute for a language model.

Shows: left, straight lines for NPO on the logarithmic axis and a GA that leaves them; right, the same order.
Source: arXiv 2404.05868, Theorem 2 (re-derived for a logistic answer).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.unlearning_speed.speed
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.unlearning_speed._forgetting import METHODS, forget_all
from figures.annotate import direct_labels
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.entropy.unlearning import forget_speed
from theory.short.unlearning_times import ascent_time, bounded_depth_limit, bounded_time


@dataclass(frozen=True)
class Config:
    """`descent` steps of gradient descent on the left, `steps` of forgetting on the right."""

    sharpness: tuple[float, ...] = (0.5, 1.0, 2.0)
    horizon: float = 2000.0
    descent: int = 20_000
    steps: int = 200
    rate: float = 0.03
    each: int = 15
    width: int = 32
    training: int = 300
    seeds: int = 5

    def __post_init__(self) -> None:
        """Refuses a loss that is not bounded."""
        if min(self.sharpness) <= 0:
            raise ValueError(f"sharpness: {self.sharpness}, must be positive")


PRESETS = {
    # the network is that of the claims
    "smoke": Config(sharpness=(1.0,), horizon=50.0, descent=1000, steps=120, each=5, width=16, training=200, seeds=3),
    "laptop": Config(),
    "paper": Config(each=100, width=256, training=1000, steps=500, seeds=20),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Times of given depths (methods, points), descent (methods, points), distances (methods, seeds, steps)."""
    answer = jax.jit(partial(_answer, config))()
    sizes = (config.each, config.width, config.training, config.steps)
    network = forget_all(run.mesh, key, config.seeds, *sizes, (0.3, config.rate))
    return {**answer, "distance": network["distance"][:2]}


def _answer(config: Config) -> dict[str, jax.Array]:
    beta, step = jnp.array(config.sharpness), 0.1
    depth = jnp.linspace(0.01, config.horizon**0.5, 400)
    bounded_depth = jnp.linspace(0.01, jnp.log(config.horizon) + 2, 400) / jnp.minimum(beta, 1.0)[:, None]

    def descend(depths, _):
        moved = [forget_speed(-depths[:1], bounded=False)]
        moved += [forget_speed(-depths[1 + i : 2 + i], bounded=True, sharpness=b) for i, b in enumerate(beta)]
        return depths - step * jnp.concatenate(moved), depths

    path = jax.lax.scan(descend, jnp.zeros(1 + len(beta)), length=config.descent)[1]
    at = np.unique(np.round(np.logspace(1, np.log10(config.descent - 1), 12)).astype(int))
    return {
        "depth": depth,
        "time": ascent_time(depth),
        "bounded_depth": bounded_depth,
        "bounded_time": jax.vmap(bounded_time)(bounded_depth, beta),
        "descent_time": step * jnp.asarray(at),
        "descent": path[at].T,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """The logistic answer on the left, the network on the right."""
    figure, (answer, network) = new_figure(DOUBLE, 2.7, cols=2)
    answer.plot(arrays["time"], arrays["depth"], color=INK, label="GA")
    dots = {"markersize": 3.0, "linestyle": "none", "marker": "o"}
    answer.plot(arrays["descent_time"], arrays["descent"][0], color=INK, **dots)
    for row, (beta, color) in enumerate(zip(config.sharpness, COLORS, strict=False)):
        time, depth = arrays["bounded_time"][row], arrays["bounded_depth"][row]
        shown = time < config.horizon
        answer.plot(time[shown], depth[shown], color=color, label=rf"NPO, $\beta={beta:g}$")
        late = np.geomspace(3, config.horizon, 50)
        answer.plot(late, jax.jit(bounded_depth_limit)(late, beta), "--", color=color, linewidth=0.7)
        answer.plot(arrays["descent_time"], arrays["descent"][1 + row], color=color, **dots)
    top = 1.15 * arrays["bounded_depth"][arrays["bounded_time"] < config.horizon].max()
    answer.set(xscale="log", xlim=(0.1, config.horizon), ylim=(0, top), xlabel="time $t$", ylabel=r"depth $u=-\theta$")
    answer.legend(loc="upper left")
    for row, color in enumerate((INK, COLORS[0])):
        curve = arrays["distance"][row]
        line_with_band(network, np.arange(1, config.steps), curve[:, 1:], label=METHODS[row], color=color)
    network.set(xscale="log", yscale="log", xlabel="step", ylabel="distance of the weights")
    direct_labels(network)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
