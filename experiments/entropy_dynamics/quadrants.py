"""Which tokens take the entropy away.

A tiny transformer learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4 updates a rollout, Adam 1e-3), each
time without the tokens of one quadrant of sign(A) and sign(S - E S). By the law a token changes the entropy by -A (S
- E S), so that taking out (A > 0, S above) or (A < 0, S below) should leave more entropy, and taking out the others
less. Substitute for the masking study on language models. Line: mean over seeds, which share the base policy, band:
its 95 % interval.

Shows: early on (rollouts 5 to 15) runs without (A > 0, S above) have 1.5 times as much entropy, without (A < 0, S
below) 1.3 times, and without (A < 0, S above) a tenth less, as the law says; (A > 0, S below) is soon rare and makes no
difference. In the end the punished rare tokens (A < 0, S below) matter most: without them 2.3 times as much entropy is
left, for 0.03 of the reward.
Source: arXiv 2602.03392 (discriminator as predictor) and 2602.09782 (four regions).
Cost: smoke 10 s, laptop 35 s
Run: python -m experiments.entropy_dynamics.quadrants
"""

import jax
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.interventions.quadrant import quadrant
from core.policies.testbed import MethodRuns
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_dynamics._sums import PRESETS, curves, reports
from figures.render import render

METHODS = {
    "nothing dropped": NOTHING,
    "without $A>0$, $S$ above": quadrant(True, True),
    "without $A>0$, $S$ below": quadrant(True, False),
    "without $A<0$, $S$ above": quadrant(False, True),
    "without $A<0$, $S$ below": quadrant(False, False),
}


def compute(config: MethodRuns, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    return reports(METHODS, config, key, run)


def draw(config: MethodRuns, arrays: Arrays) -> Figure:
    """Entropy, reward, and the share of tokens that are dropped."""
    return curves(METHODS, config, arrays, "dropped")


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
