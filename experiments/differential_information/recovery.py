"""When preferences teach the target: the exponent has to fit, and the reward has to know the reference.

Chosen answers come from the reference, rejected ones from π_ref (π_ref/π*)^β'. Left: KL(π* ‖ learned) against β'/β for
the log-ratio reward and for the reward β log π without a reference, infinitely many pairs, exact; lines: median over
random policies, band: their range. Right: the log-ratio reward at β' = β from n pairs; dashed 1/n through the last
point; band over samples.

Shows: left, only the log-ratio reaches zero, and at 1 only; right, a slope of -1.
Source: arXiv 2505.23761, optimality of the log-ratio reward (re-derived).
Cost: smoke 2 s, laptop 4 s, paper 1 min
Run: python -m experiments.differential_information.recovery
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
from experiments.differential_information._preferences import best_rewards, random_policies, sample_pairs
from figures.annotate import threshold
from figures.forms import line_with_band
from figures.render import render
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure
from theory.short.differential_information import learned_policy, on_the_line


@dataclass(frozen=True)
class Config:
    """`sharpness` is the β of the loss."""

    answers: int = 8
    sharpness: float = 0.5
    policies: int = 20
    points: int = 81
    pairs: tuple[int, ...] = (300, 1000, 3000, 10_000, 30_000, 100_000)
    samples: int = 10

    def __post_init__(self) -> None:
        """Refuses a loss without a reward."""
        if self.sharpness <= 0:
            raise ValueError(f"sharpness: {self.sharpness}, must be positive")


PRESETS = {
    "smoke": Config(policies=2, points=11, pairs=(300, 1000), samples=2),
    "laptop": Config(),
    "paper": Config(answers=20, policies=100, points=401, pairs=(1000, 10_000, 100_000, 1_000_000), samples=40),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """KL by exponent (policies, points) for both rewards, and by number of pairs (samples, sizes)."""
    return jax.jit(partial(_divergences, config, run.mesh))(key)


def _divergences(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    beta = config.sharpness
    exponents = jnp.linspace(0, 2, config.points)

    def divergence(target: jax.Array, learned: jax.Array) -> jax.Array:
        return jnp.sum(jnp.exp(target) * (target - learned))

    def one(reference: jax.Array, target: jax.Array, exponent: jax.Array) -> tuple[jax.Array, jax.Array]:
        rejected = on_the_line(reference, target, -beta * exponent)
        flat = jnp.zeros(config.answers)
        return tuple(
            divergence(target, learned_policy(start, reference, rejected, beta)) for start in (reference, flat)
        )

    policies = jax.vmap(lambda key: random_policies(key, config.answers))(jax.random.split(key, config.policies))
    ratio, bare = jax.vmap(jax.vmap(one, (None, None, 0)), (0, 0, None))(*policies, exponents)
    reference, target = (policy[0] for policy in policies)
    rejected = on_the_line(reference, target, -beta)

    def from_samples(key: jax.Array) -> jax.Array:
        rewards = jax.vmap(best_rewards)(sample_pairs(key, reference, rejected, config.pairs))
        return jax.vmap(lambda r: divergence(target, jax.nn.log_softmax(reference + r / beta)))(rewards)

    finite = over_devices(mesh, from_samples, jax.random.split(jax.random.fold_in(key, 1), config.samples))
    return {"exponents": exponents, "ratio": ratio, "bare": bare, "finite": finite}


def draw(config: Config, arrays: Arrays) -> Figure:
    """By exponent on the left, by sample size on the right."""
    figure, (mismatch, sample) = new_figure(DOUBLE, 2.6, cols=2)
    for name, label, color in (
        ("ratio", r"$\beta\log\pi/\pi_{\rm ref}$", BLUE),
        ("bare", r"$\beta\log\pi$", VERMILION),
    ):
        line_with_band(mismatch, arrays["exponents"], np.maximum(arrays[name], 1e-17), label=label, color=color)
    threshold(mismatch, 1.0)
    mismatch.set(yscale="log", ylim=(1e-6, 30), xlabel=r"exponent of the pairs over that of the loss, $\beta'/\beta$")
    mismatch.set_ylabel(r"KL($\pi^*\,\Vert\,$learned)")
    mismatch.legend(loc="lower left")
    for old in mismatch.texts:
        old.set_text(old.get_text().replace("seeds", "policies"))
    pairs = np.array(config.pairs)
    line_with_band(sample, pairs, arrays["finite"], color=BLUE, marker="o")
    sample.plot(pairs, np.median(arrays["finite"][:, -1]) * pairs[-1] / pairs, "--", color=INK, linewidth=0.8)
    sample.set(xscale="log", yscale="log", xlabel="pairs $n$", ylabel=r"KL($\pi^*\,\Vert\,$learned)")
    sample.set_title("dashed: $1/n$")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
