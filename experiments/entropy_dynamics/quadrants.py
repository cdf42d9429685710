"""Which tokens take the entropy away.

A tiny transformer learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4 updates a rollout, Adam 1e-3), each
time without the tokens of one quadrant of sign(A) and sign(S - E S). By the law a token changes the entropy by -A (S
- E S), so that taking out (A > 0, S above) or (A < 0, S below) should leave more entropy, and taking out the others
less. Substitute for the masking study on language models. Line: mean over seeds, band: its 95 % interval.

Shows: early on the two quadrants that the law blames leave a third more entropy and (A < 0, S above) leaves a tenth
less, as the law says; (A > 0, S below) is soon rare and makes no difference. At the end only the punished rare tokens
(A < 0, S below) still matter: without them more than twice the entropy is left.
Source: arXiv 2602.03392 (discriminator as predictor) and 2602.09782 (four regions).
Cost: smoke 10 s, laptop 45 s
Run: python -m experiments.entropy_dynamics.quadrants
"""

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.interventions.quadrant import quadrant
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_dynamics._sums import PRESETS, Config, compute_reports
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, new_figure

METHODS = {
    "nothing dropped": NOTHING,
    "without $A>0$, $S$ above": quadrant(True, True),
    "without $A>0$, $S$ below": quadrant(True, False),
    "without $A<0$, $S$ above": quadrant(False, True),
    "without $A<0$, $S$ below": quadrant(False, False),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    return compute_reports(METHODS, config, key)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy, reward, and the share of tokens that are dropped."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    rollouts = jnp.arange(config.rollouts)
    names = ("decision_entropy", "reward", "touched")
    labels = ("decision entropy (nats)", "reward", "share of tokens dropped")
    for ax, name, label in zip(axes, names, labels, strict=True):
        for index, method in enumerate(list(METHODS)[: config.methods]):
            line_with_band(ax, rollouts, mean_band(arrays[name][index]), method, COLORS[index])
        ax.set(xlabel="rollout", ylabel=label)
    axes[0].set(yscale="log", ylim=(0.02, 4))
    axes[1].legend(loc="lower right")
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
