"""How low attention entropy can fall at a given spectral norm of its logits.

Left: Theorem 3.1 for one row (lines) against the row of least entropy that gradient descent finds on the sphere of that
norm, best of several starts (dots). Right: mean over all rows of a matrix of spectral norm σ. The row bound (dashed)
can't be met by all rows at once; the sharper bound, attained by σ(I - J/T), is solid where it is proved, σ >= σ_c, and
dotted where only attacks support it; dots are σ times the best orthogonal matrix that descent found, the extreme points
of the ball of matrices. Lines are exact, dots the best that was found.

Shows: no dot below its solid line, and the dots on it; on the right, the dots stay clear of the dashed line.
Source: arXiv 2303.06296, Theorem 3.1; the matrix bound is ours.
Cost: smoke 3 s, laptop 5 s
Run: python -m experiments.sigma_reparam.entropy_bound
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.entropy.softmax import entropy
from theory.short.attention_entropy import certified_norm, least_mean_entropy, least_row_entropy


@dataclass(frozen=True)
class Config:
    """`tokens` of the rows, and of the matrix on the right."""

    tokens: tuple[int, ...] = (4, 16, 64)
    matrix_tokens: int = 6
    largest_norm: float = 12.0
    dots: int = 9
    starts: int = 16
    steps: int = 400

    def __post_init__(self) -> None:
        """Refuses what has no second token."""
        if min(*self.tokens, self.matrix_tokens) < 2:
            raise ValueError(f"tokens: {self.tokens}, {self.matrix_tokens}, must be at least 2")


PRESETS = {
    "smoke": Config(tokens=(4,), matrix_tokens=4, dots=3, starts=2, steps=20),
    "laptop": Config(),
    "paper": Config(tokens=(4, 16, 64, 512), matrix_tokens=16, dots=20, starts=32, steps=2000),
}


def lowest(
    entropy_of: Callable, shape: tuple[int, ...], norms: jax.Array, key: jax.Array, config: Config, mesh: Mesh
) -> jax.Array:
    """Least entropy that Adam finds at each norm, best of the starts; `entropy_of` maps (norm, point)."""
    method = optax.adam(optax.cosine_decay_schedule(0.1, config.steps))

    def descend(key: jax.Array, norm: jax.Array) -> jax.Array:
        loss = jax.value_and_grad(lambda x: jnp.log(entropy_of(norm, x)))

        def step(state: tuple, _: None) -> tuple[tuple, jax.Array]:
            value, slope = loss(state[0])
            update, moments = method.update(slope, state[1])
            return (optax.apply_updates(state[0], update), moments), value

        start = jax.random.normal(key, shape)
        return jnp.exp(jax.lax.scan(step, (start, method.init(start)), None, config.steps)[1].min())

    keys = jax.random.split(key, (config.starts, len(norms)))
    each = partial(over_devices, mesh, lambda keys: jax.vmap(descend)(keys, norms), together=config.starts)
    return each(keys).min(axis=0)


def row_entropy(norm: jax.Array, point: jax.Array) -> jax.Array:
    """Of the row of that norm and direction."""
    return entropy(norm * point / jnp.linalg.norm(point))


def matrix_entropy(norm: jax.Array, point: jax.Array) -> jax.Array:
    """Mean over rows of `norm` times the orthogonal factor of a matrix."""
    return entropy(norm * jnp.linalg.qr(point)[0]).mean()


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Bounds on a fine grid of norms and the least entropies found on a coarse one."""
    return jax.jit(partial(_bounds, config, run.mesh))(key)


def _bounds(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    norm, dots = jnp.linspace(0.0, config.largest_norm, 200), jnp.linspace(0.5, config.largest_norm, config.dots)
    size = config.matrix_tokens
    matrix_key, *row_keys = jax.random.split(key, 1 + len(config.tokens))
    return {
        "norm": norm,
        "dot_norm": dots,
        "row_bound": least_row_entropy(norm[None, :], jnp.array(config.tokens, float)[:, None]),
        "row_found": jnp.stack(
            [lowest(row_entropy, (t,), dots, k, config, mesh) for t, k in zip(config.tokens, row_keys, strict=True)]
        ),
        "matrix_row_bound": least_row_entropy(norm, float(size)),
        "matrix_bound": least_mean_entropy(norm, float(size)),
        "matrix_found": lowest(matrix_entropy, (size, size), dots, matrix_key, config, mesh),
        "certified": certified_norm(float(size)),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Rows on the left, a matrix on the right, both logarithmic in the entropy."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    norm, dots = arrays["norm"], arrays["dot_norm"]
    for tokens, curve, found, color in zip(
        config.tokens, arrays["row_bound"], arrays["row_found"], COLORS, strict=False
    ):
        left.plot(norm, curve, color=color, label=f"$T={tokens}$")
        left.plot(dots, found, "o", color=color)
    left.plot([], [], "o", color=INK, label="found by descent")
    left.set(title="one row", ylabel="least entropy (nats)")
    proved = norm >= arrays["certified"]
    right.plot(norm, arrays["matrix_row_bound"], "--", color=COLORS[7], label="row bound, Theorem 3.1")
    right.plot(norm[~proved], arrays["matrix_bound"][~proved], ":", color=COLORS[0])
    right.plot(norm[proved], arrays["matrix_bound"][proved], color=COLORS[0], label="matrix bound, proved")
    right.plot([], [], ":", color=COLORS[0], label=r"matrix bound, $\sigma<\sigma_c$")
    right.plot(dots, arrays["matrix_found"], "o", color=COLORS[1], label="found by descent")
    right.set(title=f"mean over the rows of a matrix, $T={config.matrix_tokens}$", ylabel="least mean entropy (nats)")
    for ax in (left, right):
        ax.set(yscale="log", xlabel=r"spectral norm $\sigma$ of the logits")
        ax.legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
