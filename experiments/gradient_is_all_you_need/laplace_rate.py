"""How fast the consensus point of infinitely many particles finds the minimum.

Left: |x_α - x*| for two smooth energies under a normal law, by quadrature, and the first-order constant over α (lines).
Right: standard deviation of the law exp(-α|x|^p) at minima of increasing flatness, against α^(-1/p) with its constant.
Nothing is random, nothing is fitted.

Shows: order -1 with the predicted constant on the left; orders -1, -1/2, -1/4 on the right.
Source: arXiv 2306.09778 and 2103.15130, Laplace principle (the constants are re-derived here).
Cost: smoke 2 s, laptop 2 s
Run: python -m experiments.gradient_is_all_you_need.laplace_rate
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._landscapes import skew, soft
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.consensus.laplace import flat_spread, laplace_shift
from theory.consensus.quadrature import law_mean, line_law, normal_log_density

ENERGIES = (("skewed quartic", skew), ("Rastrigin", soft))


@dataclass(frozen=True)
class Config:
    """Inverse temperatures, on a logarithmic grid."""

    lowest: float = 1e1
    highest: float = 1e6
    points: int = 11
    powers: tuple[float, ...] = (1.0, 2.0, 4.0)


PRESETS = {"smoke": Config(points=4), "laptop": Config(), "paper": Config(points=41)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Errors (energies, points) with their constants, spreads (powers, points)."""
    return jax.jit(partial(_rates, config))()


def _rates(config: Config) -> dict[str, jax.Array]:
    alphas = np.geomspace(config.lowest, config.highest, config.points)
    density = lambda x: normal_log_density(x, 1.0, 0.8)  # noqa: E731
    errors, constants = [], []
    for _, energy in ENERGIES:
        curvature = jax.grad(jax.grad(energy))(0.0)
        law = jax.vmap(lambda a, e=energy, c=curvature: law_mean(
            line_law(lambda x: density(x) - a * e(x), 0.0, (a * c) ** -0.5)))  # fmt: skip
        errors.append(jnp.abs(law(alphas)))
        vector = (lambda x, e=energy: e(x[0])), (lambda x: density(x[0]))
        constants.append(jnp.abs(laplace_shift(*vector, jnp.zeros(1))[0]))
    spread = jax.vmap(
        lambda p, a: jnp.sqrt(
            law_mean(line_law(lambda x: -a * jnp.abs(x) ** p, 0.0, a ** (-1 / p), reach=40.0), jnp.square)
        ),
        (None, 0),
    )
    return {
        "alphas": alphas,
        "errors": jnp.stack(errors),
        "constants": jnp.stack(constants),
        "spreads": jax.vmap(spread, (0, None))(np.array(config.powers), alphas),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Errors with their first-order law, spreads with theirs."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=2)
    alphas = arrays["alphas"]
    for color, (name, _), error, constant in zip(COLORS, ENERGIES, arrays["errors"], arrays["constants"], strict=False):
        axes[0].plot(alphas, error, "o", color=color, label=name)
        axes[0].plot(alphas, constant / alphas, color=color, label=rf"${constant:.3f}/\alpha$")
    for color, power, spread in zip(COLORS, config.powers, arrays["spreads"], strict=False):
        axes[1].plot(alphas, spread, "o", color=color, label=f"$E=|x|^{power:g}$")
        with jax.enable_x64(True):
            axes[1].plot(alphas, np.asarray(flat_spread(alphas, power)), color=color)
    axes[0].set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"$|x_\alpha-x^*|$")
    axes[1].set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"standard deviation of $e^{-\alpha E}$")
    for ax in axes:
        ax.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
