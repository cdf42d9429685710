"""Gradient descent watched against the closed form; shared by the figures of convergence."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.features.descent import momentum_init, momentum_steps
from core.features.geometry import shape_distance
from core.features.unconstrained import (
    FreeModel,
    class_means,
    class_targets,
    layer_product,
    sample_model,
    squared_loss,
)
from core.run.experiment import Arrays, Run
from experiments.deep_linear_collapse._descents import closed_form, equal_penalty
from figures.forms import line_with_band
from figures.style import DOUBLE, new_figure
from theory.collapse.deep_linear import DeepLinearMinimum

MEASURES = {
    "excess": "$f/f^* - 1$",
    "within": "NC1",
    "head": "NC2, $AA^\\top$",
    "means": r"NC2, $\bar H^\top\bar H$",
    "duality": r"NC3",
}


def measures_of(
    model: FreeModel, loss: jax.Array, targets: jax.Array, minimum: DeepLinearMinimum
) -> dict[str, jax.Array]:
    """Distances of a model from the closed form, each normalised."""
    head, means = layer_product(model.layers), class_means(model.features, targets)
    within = jnp.sum((model.features - means @ targets) ** 2) / targets.shape[1]
    between = jnp.mean(jnp.sum((means - means.mean(1, keepdims=True)) ** 2, axis=0))
    scale = (minimum.head_energy / jnp.sqrt(minimum.head_energy * minimum.mean_energy))[:, None]
    return {
        "excess": loss / minimum.value - 1,
        "within": within / between,
        "head": shape_distance(head @ head.T, jnp.diag(minimum.head_energy)),
        "means": shape_distance(means.T @ means, jnp.diag(minimum.mean_energy)),
        "duality": shape_distance(head, scale * means.T),
        "head_lengths": jnp.linalg.norm(head, axis=1),
        "mean_lengths": jnp.linalg.norm(means, axis=0),
    }


def measured_descent(config: Any, key: jax.Array, run: Run) -> dict[str, Any]:
    """Every measure, (depths, seeds, records, ...), and the closed form's lengths."""
    targets = jnp.asarray(class_targets(config.class_sizes))
    samples, found, lengths = targets.shape[1], [], []
    for depth in config.depths:
        penalty = equal_penalty(depth, config.decay)
        minimum = closed_form(config.class_sizes, penalty)

        def loss(model, penalty=penalty):
            return squared_loss(model, targets, penalty)

        def record(state, _, loss=loss, minimum=minimum):
            state = momentum_steps(loss, state, config.rate, config.momentum, config.every)
            return state, measures_of(state.point, loss(state.point), targets, minimum)

        widths = (*(config.width,) * depth, targets.shape[0])

        @jax.jit
        def starts(key, widths=widths):
            keys = jax.random.split(key, config.seeds)
            return jax.vmap(lambda key: momentum_init(sample_model(key, widths, samples, config.spread)))(keys)

        def step(states, at, record=record):
            return over_devices(run.mesh, lambda state: record(state, at), states, together=config.seeds)

        _, measures = run.scan(step, starts(key), config.steps // config.every, name=f"depth-{depth}", chunk=5)
        found.append(measures)
        lengths.append(np.sqrt(np.stack([minimum.head_energy, minimum.mean_energy])))
    return {**_by_seed(found), "predicted_lengths": np.stack(lengths)}


@jax.jit
def _by_seed(found):
    """(records, seeds, ...) of each depth as (depths, seeds, records, ...)."""
    return jax.tree.map(lambda *depths: jnp.stack(depths).swapaxes(1, 2), *found)


def draw_measures(config: Any, arrays: Arrays, names: dict[str, str]) -> Figure:
    """One panel a measure, one curve a depth."""
    figure, axes = new_figure(DOUBLE, 3.4, rows=2, cols=3, sharex=True)
    steps = config.every * np.arange(1, config.steps // config.every + 1)
    for ax, (name, label) in zip(axes.ravel(), names.items(), strict=False):
        for row, depth in enumerate(config.depths):
            line_with_band(ax, steps, np.maximum(arrays[name][row], 1e-17), label=f"$M={depth}$")
        ax.set(yscale="log", title=label)
    axes[0, -1].xaxis.set_tick_params(labelbottom=True)
    for ax in [*axes[1, :2], axes[0, 2]]:
        ax.set_xlabel("steps")
    axes[1, 2].axis("off")
    axes[1, 2].legend(*axes[0, 0].get_legend_handles_labels(), loc="center left", title="layers")
    return figure
