"""One correlation, three laws: why ρ alone does not place the transition.

Three laws of votes with the same bias and the same pairwise correlation: a common cause (with probability ρ all votes
are one), a Beta-distributed ability that all voters share (beta-binomial), and a common Gaussian factor (copula). a:
the critical fidelity γ_c = 1/κ_b against fan-in, κ_b the gain of a weak signal: it falls without limit for the common
cause, and to a positive limit (dotted) for the others, which no fan-in overcomes. b: the reason: given the shared
cause votes are independent with a chance θ of being right, and a majority of many is right iff θ > 1/2; a weak signal
tips as many majorities as the law of θ has weight next to 1/2. Arrows: atoms. c: the whole map of one level at a
large fan-in; dots: Monte Carlo with 95 % intervals and their largest z-score. Lines are exact.

Shows: in a one falling line and two that level off; in c the common cause far from the other two at equal ρ.
Source: derived here; arXiv 2601.17311 states Theorem 4 for one scalar correlation.
Cost: smoke 2 s, laptop 6 s
Run: python -m experiments.phase_transition.dependence_laws
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betaln, ndtr, ndtri
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import BLUE, DOUBLE, GREEN, VERMILION, new_figure
from theory.trees import copula, dependence

LAWS = ("common cause", "beta-binomial", "Gaussian copula")
_LINES = ({"color": BLUE}, {"color": VERMILION}, {"color": GREEN, "linestyle": (0, (4, 2))})


@dataclass(frozen=True)
class Config:
    """a over `fan_ins`, b and c at `fan_in`."""

    correlation: float = 0.15
    fan_ins: tuple[int, ...] = (3, 5, 7, 11, 21, 51, 101, 301, 1001)
    fan_in: int = 101
    points: int = 120
    dots: int = 8
    groups: int = 4096  # of voters a dot

    def __post_init__(self) -> None:
        """Refuses laws without a density."""
        if not 0 < self.correlation < 1 / 3:
            raise ValueError(f"correlation: {self.correlation}, must lie in (0, 1/3): panel b shows peaks at 1/2")


PRESETS = {
    "smoke": Config(fan_ins=(5,), fan_in=11, points=16, dots=2, groups=256),
    "laptop": Config(),
    "paper": Config(points=400, dots=16, groups=200_000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Thresholds, densities, maps and dots; leading axis: laws."""
    at = np.linspace(0.08, 0.92, config.dots)
    measured = jax.jit(partial(_measured, config, at))(key)
    return {**jax.jit(partial(_exact, config, at))(), "dot_bias": at, "measured": measured}


def _exact(config: Config, at: np.ndarray) -> dict[str, jax.Array]:
    rho, b = config.correlation, config.fan_in
    bias, theta = np.linspace(0, 0.98, config.points), np.linspace(0.001, 0.999, config.points)
    maps = _maps(b, np.concatenate([bias, at]), rho)
    return {
        "thresholds": _thresholds(config),
        "limits": 1 / jnp.stack([dependence.beta_binomial_limit_slope(rho), copula.gaussian_copula_limit_slope(rho)]),
        "theta": theta,
        "densities": _densities(theta, rho),
        "bias": bias,
        "maps": maps[:, : config.points],
        "exact": maps[:, config.points :],
    }


def _thresholds(config: Config) -> jax.Array:
    rho, fan_in = config.correlation, np.array(config.fan_ins, float)
    beta = jnp.stack([dependence.beta_binomial_slope(b, rho) for b in config.fan_ins])
    slopes = dependence.common_cause_slope(fan_in, rho), beta, copula.gaussian_copula_slope(fan_in, rho)
    return 1 / jnp.stack(slopes)


def _maps(b: int, bias: np.ndarray, rho: float) -> jax.Array:
    maps = dependence.common_cause_map, dependence.beta_binomial_map, copula.gaussian_copula_map
    return jnp.stack([law(b, bias, rho) for law in maps])


def _densities(theta: np.ndarray, rho: float) -> jax.Array:
    """Densities at chance of the shared chance θ: Beta(A/2, A/2), and Φ(√r G/√(1-r))."""
    half, latent = (1 / rho - 1) / 2, jnp.sin(jnp.pi * rho / 2)
    beta = jnp.exp((half - 1) * jnp.log(theta * (1 - theta)) - betaln(half, half))
    z = ndtri(theta)
    factor = jnp.sqrt((1 - latent) / latent) * jnp.exp(z**2 / 2 - (1 - latent) / latent * z**2 / 2)
    return jnp.stack([beta, factor])


def _measured(config: Config, bias: np.ndarray, key: jax.Array) -> jax.Array:
    """Bias of measured majorities (laws, dots): draw what the voters share, then each vote on its own."""
    rho, groups = config.correlation, config.groups
    weight, latent = 1 / rho - 1, copula.latent_correlation(bias, rho)

    def at_one(point: tuple[jax.Array, ...]) -> jax.Array:
        key, right, latent = point
        keys = jax.random.split(key, 5)
        same, which = jax.random.uniform(keys[0], (2, groups))
        weights = weight * jnp.stack([right, 1 - right])
        log_gammas = jax.vmap(lambda key, shape: jax.random.loggamma(key, shape, (groups,)))
        factor = jnp.sqrt(latent) * jax.random.normal(keys[1], (groups,))
        chances = jnp.stack(
            [
                jnp.where(same < rho, which < right, right),
                jax.nn.softmax(log_gammas(jax.random.split(keys[2]), weights), axis=0)[0],  # a draw of Beta
                ndtr((factor + ndtri(right)) / jnp.sqrt(1 - latent)),
            ]
        )
        votes = jax.random.uniform(keys[3], (config.fan_in, *chances.shape)) < chances
        return jnp.where(2 * votes.sum(axis=0) > config.fan_in, 1.0, -1.0).mean(axis=1)

    return jax.lax.map(at_one, (jax.random.split(key, len(bias)), (1 + bias) / 2, latent)).T


def draw(config: Config, arrays: Arrays) -> Figure:
    """Thresholds, reason, maps."""
    figure, (thresholds, reason, maps) = new_figure(DOUBLE, 2.6, cols=3)
    error = np.sqrt((1 - arrays["exact"] ** 2) / config.groups)
    for row, (name, line) in enumerate(zip(LAWS, _LINES, strict=True)):
        thresholds.plot(config.fan_ins, arrays["thresholds"][row], marker="o", label=name, ms=2.8, **line)
        maps.plot(arrays["bias"], arrays["maps"][row], **line)
        bars = NORMAL_95 * error[row]
        maps.errorbar(arrays["dot_bias"], arrays["measured"][row], bars, fmt="o", color=line["color"], elinewidth=0.9)
        if row:
            thresholds.axhline(arrays["limits"][row - 1], color=line["color"], linestyle=":", linewidth=0.9)
            reason.plot(arrays["theta"], arrays["densities"][row - 1], **line)
    top = 1.25 * arrays["densities"].max()
    for place, weight in ((0, config.correlation / 2), (0.5, 1 - config.correlation), (1, config.correlation / 2)):
        height = top * (0.92 if place == 0.5 else 0.25)
        reason.annotate("", (place, height), (place, 0), arrowprops={"arrowstyle": "->", "color": BLUE, "lw": 1.3})
        side = {"ha": "right" if place == 1 else "left", "textcoords": "offset points", "fontsize": 7, "color": BLUE}
        reason.annotate(f"{weight:.2g}", (place, height), (-4 if place == 1 else 4, -2), **side)
    thresholds.set(xscale="log", yscale="log", xlabel="fan-in $b$", ylabel=r"critical fidelity $\gamma_c$")
    thresholds.set_yticks([0.05, 0.1, 0.2, 0.4, 0.7], ["0.05", "0.1", "0.2", "0.4", "0.7"])
    thresholds.minorticks_off()
    thresholds.legend(loc="lower left")
    thresholds.set_title(rf"$\rho={config.correlation:g}$", loc="right")
    reason.set(xlabel=r"shared chance $\theta$ of a right vote", ylabel="density at chance", ylim=(0, top))
    z = np.max(np.abs(arrays["measured"] - arrays["exact"]) / error)
    maps.set(xlabel=r"bias $\mu$ of a vote", ylabel="bias of the majority", xlim=(0, 1), ylim=(0, 1.02))
    maps.set_title(rf"$b={config.fan_in}$; max $|z|={z:.1f}$", loc="right")
    panel_letters([thresholds, reason, maps])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
