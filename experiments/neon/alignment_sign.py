"""When does stepping back help? The inner product of two gradients over temperature and confidence.

Three tokens, frequencies fitted to n real samples with pseudo-counts (more of them: a less confident model), a sampler
of temperature τ. Left: E <∇L_real, ∇L_syn> in logits over the norms' means; negative (blue) means that a small step
back from self-training helps. Black: where the expectation changes sign. Right: real risk against the weight w of a
step back from full tuning, for three fits at one τ < 1. Exact: all outcomes of the n samples are enumerated.

Shows: blue for mode-seeking samplers only where the fit is over-confident; with heavy smoothing the sign is reversed.
Source: arXiv 2510.03597 (re-derived; the axis of confidence is ours).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.neon.alignment_sign
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.neon._fits import outcomes
from figures.forms import phase_diagram
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.entropy.tempering import tempered
from theory.short.negative_extrapolation import alignment, sharpening


@dataclass(frozen=True)
class Config:
    """Of the real law and its fits."""

    real: tuple[float, float, float] = (0.6, 0.3, 0.1)
    samples: int = 10
    resolution: int = 48
    pseudo: tuple[float, ...] = (0.05, 1.0, 5.0)
    temperature: float = 0.7

    def __post_init__(self) -> None:
        """Refuses what is no law, and a fit with infinite logits."""
        if min(self.real) <= 0 or abs(sum(self.real) - 1) > 1e-9 or min(self.pseudo) <= 0:
            raise ValueError(f"real, pseudo: {self.real}, {self.pseudo}, must be a positive law and positive counts")


PRESETS = {"smoke": Config(samples=4, resolution=6), "laptop": Config(), "paper": Config(samples=40, resolution=200)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """The plane (pseudo-counts, temperatures) and risks (fits, weights)."""
    return jax.jit(partial(_risks, config))()


def _risks(config: Config) -> dict[str, jax.Array]:
    real = jnp.array(config.real)
    counts, chance = (jnp.asarray(x) for x in outcomes(np.array(config.real), config.samples))
    temperature = jnp.linspace(0.4, 1.6, config.resolution)
    pseudo = jnp.logspace(-2, 1.3, config.resolution)

    def fit(pseudo: jax.Array) -> jax.Array:
        return (counts + pseudo) / (config.samples + 3 * pseudo)

    def cosine(pseudo: jax.Array, tau: jax.Array) -> jax.Array:
        model = fit(pseudo)
        sampled = tempered(jnp.log(model), tau)
        norms = jnp.linalg.norm(model - real, axis=1), jnp.linalg.norm(model - sampled, axis=1)
        return chance @ alignment(model, real, sampled) / ((chance @ norms[0]) * (chance @ norms[1]))

    def risk(pseudo: jax.Array, weight: jax.Array) -> jax.Array:
        logits = sharpening(config.temperature, weight) * jnp.log(fit(pseudo))
        return -chance @ jax.nn.log_softmax(logits) @ real

    weight = jnp.linspace(-1.0, 2.0, 120)
    return {
        "temperature": temperature,
        "pseudo": pseudo,
        "plane": jax.vmap(jax.vmap(cosine, (None, 0)), (0, None))(pseudo, temperature),
        "weight": weight,
        "risk": jax.vmap(jax.vmap(risk, (None, 0)), (0, None))(jnp.array(config.pseudo), weight),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """The plane on the left, risks on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.7, cols=2)
    left.set_yscale("log")
    plane = (arrays["temperature"], arrays["pseudo"], arrays["plane"])
    phase_diagram(left, *plane, centre=0.0, label=r"alignment of $\nabla L_{real}$ and $\nabla L_{syn}$")
    left.contour(*plane, levels=[0.0], colors=[INK], linewidths=1.0)
    left.set(xlabel=r"temperature $\tau$ of the sampler", ylabel="pseudo-counts of the fit")
    entropy = -np.sum(np.array(config.real) * np.log(config.real))
    for index, pseudo in enumerate(config.pseudo):
        right.plot(
            arrays["weight"], arrays["risk"][index] - entropy, color=COLORS[index], label=f"{pseudo:g} pseudo-counts"
        )
    right.axvline(0, color=INK, linewidth=0.5)
    right.set(
        xlabel="weight $w$ of the step back", ylabel="E KL(real | model)", title=rf"$\tau={config.temperature:g}$"
    )
    right.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
