"""One curve for all depths and fan-ins near the transition.

a: the bias of the root with perfect leaves against α - 1, for several depths L and two fan-ins (full and broken
lines), exact; dots: Monte Carlo of the shallowest trees of the first fan-in, with 95 % intervals and their largest
z-score. b: exact curves again, as μ_L √(2cL) against z = (α-1)L, c the cubic coefficient at the transition. They tend
to F(z) = √(2z / (1 - e^(-2z))) (black), which has no free number and no trace of fan-in, correlation or leaves; weak
leaves with μ_0 √(2cL) = 1 tend to a second such curve (dotted). Finite depth bends the largest z away. c: the largest
distance from F over the z shown falls about like 1/L (dashed), up to a logarithm. Correlation is by common cause.

Shows: many curves in a, two in b, and the remaining distance going to 0 in c.
Source: derived here from arXiv 2601.17311, Theorem 4.
Cost: smoke 1 s, laptop 4 s
Run: python -m experiments.phase_transition.scaling_collapse
"""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.law import Shape
from experiments.phase_transition._measure import half_interval, nearest, root_bias, worst_score
from experiments.phase_transition._scaling import scaling_function
from figures.annotate import panel_letters
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, GREEN, INK, ORANGE, VERMILION, new_figure
from theory.trees.recursion import Tree, amplification, critical_fidelity, cubic_coefficient, tree_trajectory

_DEPTH_COLORS = (ORANGE, VERMILION, GREEN, BLUE)
_STYLES = ("-", (0, (4, 1.5)), ":")


@dataclass(frozen=True)
class Config:
    """Trees of the first fan-in and the first depth are simulated as well."""

    fan_ins: tuple[int, ...] = (3, 11)
    correlation: float = 0.125
    depths: tuple[int, ...] = (8, 32, 128, 1024)
    span: float = 0.3  # of |α - 1| in a
    reach: float = 2.5  # of |z| in b and c
    points: int = 121
    dots: int = 9
    words: int = 256  # of 32 trees a dot

    def __post_init__(self) -> None:
        """Refuses what can't be simulated, and fidelities above 1."""
        if not (16 * self.correlation).is_integer():
            raise ValueError(f"correlation: {self.correlation}, must be a multiple of 1/16")
        b = min(self.fan_ins)
        slope = b * math.comb(b - 1, b // 2) / 2 ** (b - 1)
        room = (1 - self.correlation) * (slope - 1)
        if self.span > room or self.reach / min(self.depths) > room:
            raise ValueError(f"span, reach: {self.span}, {self.reach}, must ask for α - 1 <= {room:.3g}")


PRESETS = {
    "smoke": Config(fan_ins=(3,), depths=(2, 32), reach=0.8, points=21, dots=2, words=128),
    "laptop": Config(),
    "paper": Config(depths=(11, 32, 256, 8192), points=401, dots=25, words=1024),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Curves (fan-ins, depths, points) and dots (dots,)."""
    return {**jax.jit(partial(_curves, config))(), **_dots(config, key, run)}


def _curves(config: Config) -> dict[str, jax.Array]:
    fan_in = np.array(config.fan_ins, float)[:, None]
    critical = critical_fidelity(fan_in, config.correlation)
    c = cubic_coefficient(Tree(fan_in, critical, config.correlation))
    excess = np.linspace(-config.span, config.span, config.points)
    z = np.linspace(-config.reach, config.reach, config.points)

    def root(leaf: ArrayLike, excess: np.ndarray, depth: int) -> jax.Array:
        return tree_trajectory(leaf, Tree(fan_in, (1 + excess) * critical, config.correlation), depth)[-1]

    raw = [root(1.0, excess, depth) for depth in config.depths]
    strong = [root(1.0, z / depth, depth) for depth in config.depths]
    weak = [root(1 / jnp.sqrt(2 * c * depth), z / depth, depth) for depth in config.depths]
    raw, strong, weak = (jnp.stack(part, axis=1) for part in (raw, strong, weak))
    stretch, law = jnp.sqrt(2 * c[:, None] * np.array(config.depths)[:, None]), scaling_function(z)
    return {
        "excess": excess,
        "bias": raw,
        "z": z,
        "scaled": strong * stretch,
        "scaled_weak": weak * stretch,
        "law": law,
        "law_weak": scaling_function(z, 1.0),
        "distance": jnp.abs(strong * stretch - law).max(axis=-1),
    }


def _dots(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    shape = Shape(config.fan_ins[0], config.depths[0])
    critical = float(jax.jit(partial(critical_fidelity, shape.fan_in, config.correlation))())
    excess = np.linspace(-config.span, config.span, config.dots)
    settings = nearest(1.0, (1 + excess) * critical, config.correlation)

    def exact() -> dict[str, jax.Array]:
        tree = Tree(shape.fan_in, *settings[1:])
        return {"dot_excess": amplification(tree) - 1, "exact": tree_trajectory(1.0, tree, shape.depth)[-1]}

    return {**jax.jit(exact)(), "measured": root_bias(run.mesh, key, shape, settings, config.words)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Raw, collapsed, and what is left."""
    figure, (raw, collapsed, left) = new_figure(DOUBLE, 2.6, cols=3, width_ratios=(1.15, 1.15, 0.9))
    for row, b in enumerate(config.fan_ins):
        for column, depth in enumerate(config.depths):
            line = {"color": _DEPTH_COLORS[column % 4], "linestyle": _STYLES[row % 3]}
            raw.plot(arrays["excess"], arrays["bias"][row, column], label=None if row else f"$L={depth}$", **line)
            collapsed.plot(arrays["z"], arrays["scaled"][row, column], **line)
            collapsed.plot(arrays["z"], arrays["scaled_weak"][row, column], **line)
        left.plot(config.depths, arrays["distance"][row], "os^"[row % 3], color=COLORS[row], label=f"$b={b}$")
    half = half_interval(arrays["exact"], config.words)
    raw.errorbar(arrays["dot_excess"], arrays["measured"], half, fmt="o", color=INK, mfc="white", elinewidth=0.8)
    raw.set(xlabel=r"$\alpha-1$", ylabel=r"bias $\mu_L$ of the root", ylim=(-0.02, 1.02))
    raw.set_title(f"dots: max $|z|={worst_score(arrays['measured'], arrays['exact'], config.words):.1f}$", loc="right")
    raw.legend(loc="upper left")
    collapsed.plot(arrays["z"], arrays["law"], color=INK, linewidth=1.6, zorder=3, label="$F$, perfect leaves")
    collapsed.plot(arrays["z"], arrays["law_weak"], ":", color=INK, linewidth=1.8, zorder=3, label="weak leaves")
    collapsed.set(xlabel=r"$z=(\alpha-1)L$", ylabel=r"$\mu_L\,\sqrt{2cL}$", ylim=(0, None))
    collapsed.legend(loc="upper left")
    depth = np.array(config.depths, float)
    left.plot(depth, arrays["distance"][0, -1] * depth[-1] / depth, "--", color=INK, linewidth=0.8, label="$1/L$")
    left.set(xscale="log", yscale="log", xlabel="depth $L$", ylabel="largest distance from $F$")
    left.legend()
    panel_letters([raw, collapsed, left])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
