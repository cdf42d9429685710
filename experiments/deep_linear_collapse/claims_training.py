"""What "Neural Collapse in Deep Linear Networks" claims about training by gradient descent, checked."""

import jax
import jax.numpy as jnp
import numpy as np

from core.features.descent import momentum_init, momentum_steps
from core.features.unconstrained import class_targets, sample_model, squared_loss
from core.verify.evidence import Evidence
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.deep_linear_collapse._descents import closed_form, equal_penalty


def c20_momentum_descent_reaches_the_minimum(trial: Trial) -> Evidence:
    """The paper's protocol, rate 0.1, momentum 0.9, starts of deviation 0.1: unequal classes reach f* to 1e-6."""
    if trial.effort < 10:
        sizes, decay, width, steps = (8, 4, 2, 2), 3e-3, 32, 3000
    else:  # the paper's own
        sizes, decay, width, steps = (200, 100, 50, 50), 5e-4, 64, 20_000
    depths, targets = (1, 3, 6) if trial.effort >= 100 else (1, 3), jnp.asarray(class_targets(sizes))
    reached, lowest = [], []
    for depth in depths:
        penalty = equal_penalty(depth, decay)
        start = sample_model(trial.key, (*(width,) * depth, len(sizes)), sum(sizes), 0.1)

        def end(model, penalty=penalty):
            def loss(m):
                return squared_loss(m, targets, penalty)

            return loss(momentum_steps(loss, momentum_init(model), 0.1, 0.9, steps).point)

        reached.append(float(jax.jit(end)(start)))
        lowest.append(float(closed_form(sizes, depth, decay).value))
    return identity(np.array(lowest), np.array(reached), rtol=1e-6)
