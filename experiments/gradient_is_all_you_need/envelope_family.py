"""One landscape between Gaussian smoothing and the envelope of Moreau.

Left: the entropic envelope E_{α,s} of a two-well energy at a fixed width s, from α → 0 (the energy smoothed by a
Gaussian, dashed) downwards. Middle: the same at a fixed step τ = α s², down to Moreau's envelope (dashed) as α → ∞.
Right: a hop minus its start, divided by τ (dots), on the negative slope of the envelope (lines, by automatic
differentiation): the same number at every α. All by quadrature; nothing is random.

Shows: the family is ordered in α, ends at its two limits, and every dot lies on its line.
Source: arXiv 2306.09778, the chain of its Section 2 (re-derived; the identity is ours to check, by Stein's formula).
Cost: smoke 2 s, laptop 3 s
Run: python -m experiments.gradient_is_all_you_need.envelope_family
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._landscapes import wavy
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.consensus.envelope import entropic_envelope, gaussian_smoothing, hop, hopping_width
from theory.consensus.steps import moreau_envelope


@dataclass(frozen=True)
class Config:
    """Inverse temperatures, the fixed width and the fixed step."""

    alphas: tuple[float, ...] = (0.3, 1.0, 3.0, 30.0)
    width: float = 0.7
    step: float = 0.4
    points: int = 161


PRESETS = {"smoke": Config(points=41), "laptop": Config(), "paper": Config(points=641)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Envelopes (alphas, points), their slopes, and hops."""
    return jax.jit(partial(_family, config))()


def _family(config: Config) -> dict[str, jax.Array]:
    y, alphas = np.linspace(-3, 3, config.points), np.array(config.alphas)

    def one(alpha: jax.Array, width: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        value, slope = jax.value_and_grad(lambda y: entropic_envelope(wavy, y, alpha, width))(y)
        return value, slope, hop(wavy, y, alpha, width)

    family = jax.vmap(jax.vmap(one, (None, None, 0)), (0, 0, None))
    width_values, _, _ = family(alphas, np.full(len(alphas), config.width), y)
    step_values, slopes, hops = family(alphas, hopping_width(alphas, config.step), y)
    return {
        "y": y,
        "energy": wavy(y),
        "smoothed": jax.vmap(lambda y: gaussian_smoothing(wavy, y, config.width))(y),
        "moreau": jax.vmap(lambda y: moreau_envelope(lambda x: wavy(x[0]), y[None], config.step))(y),
        "fixed_width": width_values,
        "fixed_step": step_values,
        "slopes": slopes,
        "hops": (hops - y[None]) / config.step,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two families and the identity."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    y, every = arrays["y"], max(1, config.points // 20)
    limits = (("fixed_width", "smoothed", "Gaussian smoothing"), ("fixed_step", "moreau", "Moreau"))
    titles = (f"width $s={config.width:g}$", rf"step $\tau=\alpha s^2={config.step:g}$")
    for ax, (name, limit, words), title in zip(axes, limits, titles, strict=False):
        ax.plot(y, arrays["energy"], color="#999999", linewidth=0.8, label="$E$")
        for color, alpha, values in zip(COLORS, config.alphas, arrays[name], strict=False):
            ax.plot(y, values, color=color, label=rf"$\alpha={alpha:g}$")
        ax.plot(y, arrays[limit], "--", color=INK, label=words)
        ax.set(xlabel="$y$", title=title)
        ax.legend(ncols=2, loc="upper center", fontsize=6)
        ax.set_ylim(top=1.5 * float(arrays["energy"].max()))
    axes[0].set_ylabel(r"$E_{\alpha,s}(y)$")
    for color, slope, move in zip(COLORS, arrays["slopes"], arrays["hops"], strict=False):
        axes[2].plot(y, -slope, color=color)
        axes[2].plot(y[::every], move[::every], "o", color=color, markersize=2.5)
    worst = abs(arrays["hops"] + arrays["slopes"]).max()
    axes[2].set(xlabel="$y$", ylabel=r"(hop $-\,y)/\tau$ and $-E_{\alpha,s}'$", title=f"largest gap {worst:.0e}")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
