"""The error of a swarm as a gradient method, term by term.

One step of the swarm from a common start against the gradient step of size τ = α s²; each panel varies one term of the
theorem's bound and holds the others still. a: |1 - λdt|, consensus of a swarm against that at λdt = 1, common noise.
b: σ√dt, distance of that consensus from the previous one, median of runs: linear for few particles, quadratic in the
mean field. c: s = √(τ/α) at fixed τ, hop against proximal step, quadrature. d: N^(-1/2), root mean square error of an
N-particle hop against the exact one over repetitions (dots) and the closed-form constant (line), which is the limit
N → ∞: a bias of order 1/N adds to it. e: τ, proximal against explicit step, quadrature.

Shows: orders 1, (1 to 2), 2, -1/2, 2; smooth energies beat the theorem's terms in σ√dt (mean field), s and τ.
Source: arXiv 2306.09778, main theorem (terms re-derived; its text was not available).
Cost: smoke 3 s, laptop 10 s
Run: python -m experiments.gradient_is_all_you_need.theorem_terms
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.draws import normal
from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.objectives import rastrigin_soft, sphere
from core.particles.swarm import swarm_consensus, swarm_init
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._landscapes import wavy
from figures.forms import order_plot
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from figures.ticks import plain_numbers
from theory.consensus.envelope import hop, hopping_width
from theory.consensus.gibbs import consensus_point
from theory.consensus.quadratic import consensus_covariance
from theory.consensus.steps import proximal_point

START, STEP = -1.5, 0.4


@dataclass(frozen=True)
class Config:
    """Points of each grid, repetitions of the random ones, the sizes of a small and a large swarm."""

    points: int = 7
    repetitions: int = 400
    small: int = 20
    large: int = 20000


PRESETS = {"smoke": Config(4, 40, 20, 2000), "laptop": Config(), "paper": Config(13, 4000, 20, 200000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Grids and deviations of the five terms."""
    return jax.jit(partial(_terms, config, run.mesh))(key)


def _terms(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    grid = lambda low, high: np.geomspace(low, high, config.points)  # noqa: E731
    defects, noises, alphas, taus = grid(1e-4, 1e-2), grid(0.02, 0.2), grid(1e2, 1e5), grid(1e-4, 1e-2)
    counts = np.unique(np.geomspace(50, 1600, config.points).astype(int))
    swarm = swarm_init(rastrigin_soft, 1 + jax.random.normal(key, (2, 400)))

    def after(defect: jax.Array) -> jax.Array:
        parameters = CboParameters(1 - defect, 0.4, 1.0, 1.0)
        return swarm_consensus(cbo_step(rastrigin_soft, parameters, key, swarm, noise=isotropic)[0], 1.0).point

    def shift(noise: jax.Array, key: jax.Array, particles: int) -> jax.Array:
        start = swarm_init(sphere, 1 + 0.5 * jax.random.normal(jax.random.fold_in(key, 10**6), (1, particles)))
        moved, agreed = cbo_step(sphere, CboParameters(1.0, noise, 1.0, 1.0), key, start, noise=isotropic)
        return jnp.abs(swarm_consensus(moved, 1.0).point - agreed.point)[0]

    def distances(alpha: jax.Array, tau: jax.Array) -> tuple[jax.Array, jax.Array]:
        near = proximal_point(lambda x: wavy(x[0]), jnp.array([START]), tau)[0]
        gap = hop(wavy, START, alpha, hopping_width(alpha, tau), near) - near
        return jnp.abs(gap), jnp.abs(near - (START - tau * jax.grad(wavy)(START)))

    def sampled(key: jax.Array) -> jax.Array:  # hops of width 1 from y = 1 on x²/2 at α = 1: to 1/2
        x = 1 + normal(key, (1, counts[-1]))
        first = lambda n: consensus_point(x, jnp.where(jnp.arange(counts[-1]) < n, x[0] ** 2 / 2, jnp.inf), 1.0)[0]  # noqa: E731
        return (jax.vmap(first)(counts) - 0.5) ** 2

    keys = jax.random.split(key, config.repetitions)
    few, many = (over_devices(mesh, lambda k, n=n: jax.vmap(lambda s: shift(s, k, n))(noises), keys[:m], together=m)
                 for n, m in ((config.small, config.repetitions), (config.large, 16)))  # fmt: skip
    more = jax.random.split(key, 3 * config.repetitions)  # they cost little, and a root mean square needs them
    square = over_devices(mesh, sampled, more, together=400)
    constant = consensus_covariance(np.ones(1), np.eye(1), np.eye(1), np.zeros(1), 1.0)[0, 0]
    moved = jax.vmap(after)(np.array([0.0, *defects]))
    apart = jax.vmap(distances)(np.array([*alphas, *(10.0 for _ in taus)]), np.array([*(STEP for _ in alphas), *taus]))
    return {
        "defects": defects, "drift": jnp.linalg.norm(moved[1:] - moved[:1], axis=1),
        "noises": noises, "few": jnp.median(few, axis=0), "many": jnp.median(many, axis=0),
        "widths": hopping_width(alphas, STEP), "laplace": apart[0][: config.points],
        "counts": counts, "sampling": jnp.sqrt(jnp.mean(square, axis=0)), "constant": jnp.sqrt(constant),
        "taus": taus, "explicit": apart[1][config.points :],
    }  # fmt: skip


def draw(config: Config, arrays: Arrays) -> Figure:
    """Five panels, one a term."""
    figure, axes = new_figure(DOUBLE, 3.9, rows=2, cols=3)
    a = arrays
    order_plot(axes[0, 0], a["defects"], a["drift"], 1)
    order_plot(axes[0, 1], a["noises"], a["few"], 1, label=f"N={config.small}")
    order_plot(axes[0, 1], a["noises"], a["many"], 2, label=f"N={config.large}")
    order_plot(axes[0, 2], a["widths"], a["laplace"], 2)
    order_plot(axes[1, 0], a["counts"], a["sampling"], -0.5)
    axes[1, 0].plot(a["counts"], a["constant"] / np.sqrt(a["counts"]), color=INK, linewidth=0.8, label="closed form")
    order_plot(axes[1, 1], a["taus"], a["explicit"], 2)
    labels = (r"$|1-\lambda\,dt|$", r"$\sigma\sqrt{dt}$", r"$s=\sqrt{\tau/\alpha}$", "$N$", r"$\tau$")
    for ax, label, letter in zip(axes.flat, labels, "abcde", strict=False):
        ax.set(xlabel=label, ylabel="deviation", title=letter)
        ax.title.set_fontweight("bold")
        ax.legend(fontsize=5.5, loc="best")
        plain_numbers(ax.xaxis, ax.yaxis)
    axes[1, 2].axis("off")
    axes[1, 2].text(0.02, 0.9, "dashed: expected order through the\nmiddle of the points", va="top", color=COLORS[-1])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
