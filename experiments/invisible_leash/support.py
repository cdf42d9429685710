"""Right answers that get lost: empirical support under samples, under the exact gradient and under a tilt.

Prompts with 20 answers, five of them right; a right answer counts as supported while its probability is above a floor.
Left: shares lost and gained by step of policy gradient from groups of 8 samples, tabular policies, nothing shared; band
over seeds. Right: the same at the end, against the mean success reached, for samples (dots), for the exact gradient
(dashed) and for the tilt (solid), which never loses a right answer. The dots lie on the dashed lines: it is the plain
softmax gradient that makes frequent right answers crowd out rare ones, not the sampling.

Shows: the gradient loses many more right answers than it gains, sampled or not; the tilt loses none.
Source: arXiv 2507.14843, shrinkage against expansion of the support (own substitute).
Cost: smoke 3 s, laptop 4 s, paper 1 min
Run: python -m experiments.invisible_leash.support
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.policies.tabular import exact_ascent
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.invisible_leash._bandits import prompts, sampled_ascent, support_change
from figures.forms import line_with_band
from figures.render import render
from figures.style import DOUBLE, GREEN, INK, VERMILION, new_figure
from theory.entropy.one_state import tilted


@dataclass(frozen=True)
class Config:
    """`count` prompts; `floor` is the probability below which an answer is not seen."""

    count: int = 100
    answers: int = 20
    right: int = 5
    group: int = 8
    steps: int = 400
    rate: float = 2.0
    floor: float = 0.005
    seeds: int = 5

    def __post_init__(self) -> None:
        """Refuses prompts without wrong answers."""
        if not 0 < self.right < self.answers:
            raise ValueError(f"right: {self.right}, must lie between 0 and answers, {self.answers}")


PRESETS = {
    "smoke": Config(count=10, steps=20, seeds=2),
    "laptop": Config(),
    "paper": Config(count=1000, steps=2000, seeds=20),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Shares lost and gained, and success: of samples (seeds, steps), of the exact step and of the tilt (points)."""
    return jax.jit(partial(_shares, config, run.mesh))(key)


def _shares(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    logits, reward = prompts(jax.random.fold_in(key, 0), config.count, config.answers, config.right)
    base = jax.nn.softmax(logits)

    def summary(prob: jax.Array) -> dict[str, jax.Array]:
        return support_change(base, prob, reward, config.floor) | {"success": jnp.mean(prob @ reward, -1)}

    def seed(key: jax.Array) -> dict[str, jax.Array]:
        return summary(sampled_ascent(key, logits, reward, config.group, config.steps, config.rate))

    def exact(z: jax.Array, _: None) -> tuple[jax.Array, dict[str, jax.Array]]:
        return exact_ascent("gradient", z, jnp.broadcast_to(reward, z.shape), config.rate), summary(jax.nn.softmax(z))

    strengths = jnp.linspace(0, 8, 60)
    found = {
        "sampled": over_devices(mesh, seed, jax.random.split(key, config.seeds)),
        "exact": jax.lax.scan(exact, logits, length=config.steps)[1],
        "tilt": jax.vmap(lambda b: summary(tilted(logits, jnp.broadcast_to(reward, logits.shape), b)))(strengths),
    }
    return {f"{kind}_{name}": value for kind, part in found.items() for name, value in part.items()}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Course on the left, against success on the right."""
    figure, (course, plane) = new_figure(DOUBLE, 2.6, cols=2, sharey=True)
    steps = np.arange(config.steps)
    for name, color in (("lost", VERMILION), ("gained", GREEN)):
        line_with_band(course, steps, arrays[f"sampled_{name}"], label=name, color=color)
        plane.plot(arrays["exact_success"], arrays[f"exact_{name}"], "--", color=color)
        plane.plot(arrays["tilt_success"], arrays[f"tilt_{name}"], color=color)
        plane.plot(
            arrays["sampled_success"][:, ::20].ravel(), arrays[f"sampled_{name}"][:, ::20].ravel(), ".", color=color
        )
    plane.plot([], [], ".", color=INK, label=f"groups of {config.group}")
    plane.plot([], [], "--", color=INK, label="exact gradient")
    plane.plot([], [], color=INK, label="tilt")
    course.set(xlabel="step", ylabel="share of the supported right answers")
    plane.set(xlabel="mean success")
    course.legend(loc="upper left")
    plane.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
