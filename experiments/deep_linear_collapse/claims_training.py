"""What "Neural Collapse in Deep Linear Networks" claims about training, by momentum and of real features, checked."""

import jax
import jax.numpy as jnp
import numpy as np

from core.features.descent import momentum_init, momentum_steps
from core.features.unconstrained import class_targets, sample_model, squared_loss
from core.verify.evidence import Evidence, combine
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.deep_linear_collapse._descents import closed_form, equal_penalty, penalty_at_load
from experiments.deep_linear_collapse._network import descend_networks


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

        @jax.jit
        def end(key, penalty, depth=depth):
            model = sample_model(key, (*(width,) * depth, len(sizes)), sum(sizes), 0.1)

            def loss(m):
                return squared_loss(m, targets, penalty)

            return loss(momentum_steps(loss, momentum_init(model), 0.1, 0.9, steps).point)

        reached.append(float(end(trial.key, penalty)))
        lowest.append(float(closed_form(sizes, penalty).value))
    return identity(np.array(lowest), np.array(reached), rtol=1e-6)


def c21_a_network_loses_the_predicted_classes(trial: Trial) -> Evidence:
    """Features of a perceptron: the loss comes to f* within 1e-3, and exactly the classes with b/n_k over T1 die."""
    # one class beyond the spinodal T2 as well, and the living ones far below T1: c12 tells what happens in between
    sizes, loads = (40, 24, 3, 2), {3: 1.35, 1: 2.0}
    seeds, parts = min(trial.effort, 3), []
    for depth in (3, 1) if trial.effort >= 10 else (3,):
        penalty = penalty_at_load(depth, sizes, loads[depth])
        lowest = closed_form(sizes, penalty)
        networks = descend_networks(trial.mesh, trial.key, seeds, sizes, (64, 8), penalty, 8, stretch=50, noise=0.2)
        values, lengths = jax.device_get(networks)
        alive = np.broadcast_to(lowest.head_energy > 0, (seeds, len(sizes))).astype(float)
        rows, predicted = lengths[:, 0], np.broadcast_to(lowest.head_energy, (seeds, len(sizes)))
        parts += [
            identity(np.full(seeds, float(lowest.value)), values[:, -1], rtol=1e-3),
            identity(alive, (rows > 1e-2 * rows.max(1, keepdims=True)).astype(float), rtol=0),
            identity(predicted, rows, rtol=1e-2, atol=1e-2),
        ]
    return combine(*parts)
