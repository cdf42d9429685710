"""Hop, proximal step, explicit step, gradient flow: the chain, and a bound for each link.

With Φ = E + |·- y|²/2τ, which is (1/τ - Λ)-strongly convex when E is Λ-weakly convex and τ Λ < 1, and the law
π ~ exp(-α Φ) of a hop: E_π[(x - p)·∇Φ] = d/α by parts, and (x - p)·∇Φ >= (1/τ - Λ)|x - p|². That bounds the variance
of π around the proximal point p, hence the distance of its mean, with no smoothness at all. With an L₃-Lipschitz
Hessian, 0 = E_π[∇Φ] = Φ''(p)(E_π x - p) + remainder is better by a square root.

Source: arXiv 2306.09778.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, within

Energy = Callable[[Float[Array, " d"]], Float[Array, ""]]


def proximal_point(
    energy: Energy, y: Float[Array, " d"], step: Real[ArrayLike, ""], iterations: int = 40
) -> Float[Array, " d"]:
    """argmin_x E(x) + |x - y|²/2τ by Newton's method, halving steps that raise the objective.

    For τ Λ < 1 the objective is strongly convex and the answer is unique; for larger τ it is a minimum reached from y.

    >>> proximal_point(lambda x: x @ x / 2, jnp.array([3.0]), 2.0).tolist()
    [1.0]
    """
    step = within("step", step, 0, strict=True)

    def objective(x):
        return energy(x) + jnp.sum((x - y) ** 2) / (2 * step)

    def newton(x, _):
        slope, curvature = jax.grad(objective)(x), jax.hessian(objective)(x)
        direction = -jnp.linalg.solve(curvature, slope)
        descends = (direction @ slope) < 0
        direction = jnp.where(descends, direction, -step * slope)
        trials = x[None] + direction[None] * 0.5 ** jnp.arange(12.0)[:, None]
        values = jax.vmap(objective)(trials)
        here = objective(x)
        # at the end the objective is flat to rounding, and Newton's own step is the better judge
        accepted = values <= here + 8 * jnp.finfo(x.dtype).eps * jnp.abs(here)
        return jnp.where(jnp.any(accepted), trials[jnp.argmax(accepted)], x), None

    return jax.lax.scan(newton, y, None, length=count("iterations", iterations, 1))[0]


def moreau_envelope(energy: Energy, y: Float[Array, " d"], step: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """min_x E(x) + |x - y|²/2τ; its gradient is (y - prox)/τ.

    >>> print(f"{moreau_envelope(lambda x: x @ x / 2, jnp.array([3.0]), 2.0):.4f}")  # 1/2 + 2²/4 at x = 1
    1.5000
    """
    point = proximal_point(energy, y, step)
    return energy(point) + jnp.sum((point - y) ** 2) / (2 * jnp.asarray(step))


def gradient_flow(
    energy: Energy, start: Float[Array, " d"], time: Real[ArrayLike, ""], steps: int = 1000
) -> Float[Array, "points d"]:
    """Solves x' = -∇E(x) by the classical Runge-Kutta scheme: the start, then each of `steps` equal steps.

    >>> path = gradient_flow(lambda x: x @ x / 2, jnp.ones(1), 1.0, steps=10)
    >>> print(f"{path[-1, 0]:.4f}")  # 1/e
    0.3679
    """
    length = jnp.asarray(time) / count("steps", steps, 1)

    def slope(x):
        return -jax.grad(energy)(x)

    def advance(x, _):
        first = slope(x)
        second = slope(x + length / 2 * first)
        third = slope(x + length / 2 * second)
        new = x + length / 6 * (first + 2 * second + 2 * third + slope(x + length * third))
        return new, new

    return jnp.concatenate([start[None], jax.lax.scan(advance, start, None, length=steps)[1]])


def minimising_movement(
    energy: Energy, start: Float[Array, " d"], step: Real[ArrayLike, ""], steps: int
) -> Float[Array, "points d"]:
    """x_k = prox_{τE}(x_{k-1}), start included: the implicit Euler scheme of the gradient flow.

    >>> minimising_movement(lambda x: x @ x / 2, jnp.array([8.0]), 1.0, steps=3)[:, 0].tolist()  # x / (1 + τ)
    [8.0, 4.0, 2.0, 1.0]
    """

    def advance(x, _):
        new = proximal_point(energy, x, step)
        return new, new

    return jnp.concatenate([start[None], jax.lax.scan(advance, start, None, length=count("steps", steps, 1))[1]])


def hop_bound_convex(
    alpha: Real[ArrayLike, "*#batch"],
    step: Real[ArrayLike, "*#batch"],
    weak_convexity: Real[ArrayLike, "*#batch"],
    dimension: int = 1,
) -> Float[Array, "*#batch"]:
    """|x_α(N(y, s²I)) - prox_{τE}(y)| <= √(d τ / (α (1 - τ Λ))); attained in order at a kink.

    Args:
        alpha: α.
        step: τ = α s².
        weak_convexity: Λ, such that E + Λ|x|²/2 is convex; negative for a strongly convex E.
        dimension: d.

    >>> float(hop_bound_convex(4.0, 0.5, weak_convexity=1.0, dimension=4))
    1.0
    """
    step = within("step", step, 0, strict=True)
    slack = within("1 - step * weak_convexity", 1 - step * jnp.asarray(weak_convexity), 0, strict=True)
    return jnp.sqrt(dimension * step / (jnp.asarray(alpha) * slack))


def hop_bound_smooth(
    alpha: Real[ArrayLike, "*#batch"],
    step: Real[ArrayLike, "*#batch"],
    weak_convexity: Real[ArrayLike, "*#batch"],
    hessian_lipschitz: Real[ArrayLike, "*#batch"],
    dimension: int = 1,
) -> Float[Array, "*#batch"]:
    """|x_α(N(y, s²I)) - prox_{τE}(y)| <= L₃ d τ² / (2 α (1 - τ Λ)²), D²E L₃-Lipschitz.

    >>> float(hop_bound_smooth(4.0, 0.5, weak_convexity=1.0, hessian_lipschitz=8.0, dimension=4))
    4.0
    """
    variance_bound = hop_bound_convex(alpha, step, weak_convexity, dimension) ** 2
    slack = 1 - jnp.asarray(step) * jnp.asarray(weak_convexity)
    return jnp.asarray(hessian_lipschitz) / 2 * variance_bound * jnp.asarray(step) / slack


def explicit_bound(
    step: Real[ArrayLike, "*#batch"],
    weak_convexity: Real[ArrayLike, "*#batch"],
    smoothness: Real[ArrayLike, "*#batch"],
    gradient_norm: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """|prox_{τE}(y) - (y - τ ∇E(y))| <= L τ² |∇E(y)| / (1 - τ Λ), E L-smooth.

    >>> float(explicit_bound(0.5, -1.0, 1.0, gradient_norm=3.0))  # E = x²/2 at y = 3: attained, |2 - 1.5|
    0.5
    """
    step = within("step", step, 0, strict=True)
    slack = within("1 - step * weak_convexity", 1 - step * jnp.asarray(weak_convexity), 0, strict=True)
    return jnp.asarray(smoothness) * step**2 * gradient_norm / slack
