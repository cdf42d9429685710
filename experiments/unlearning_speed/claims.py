"""What "Negative Preference Optimization" claims about the speed of unlearning, checked; statements re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import integrate, optimize

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.identity import identity
from core.verify.order import order
from core.verify.trial import Trial
from experiments.unlearning_speed._forgetting import forget_all
from theory.entropy.unlearning import bounded_forget_loss, forget_weight
from theory.short.unlearning_times import ascent_time, bounded_depth_limit, bounded_time

SHARPNESS = (0.5, 1.0, 2.0)
ascent, bounded, limit = jax.jit(ascent_time), jax.jit(bounded_time), jax.jit(bounded_depth_limit)


def c01_weighted_ascent(trial: Trial) -> Evidence:
    """The gradient of (2/β) log(1 + (π/π_ref)^β) is that of log π times w = 2π^β/(π^β + π_ref^β)."""

    def slopes(key):
        def loss(z, ref, beta):
            return bounded_forget_loss(jax.nn.log_softmax(z)[:1] - jax.nn.log_softmax(ref)[:1], beta)[0]

        logits, start = 2 * jax.random.normal(key, (2, 20, 5))
        each = jax.vmap(jax.vmap(jax.grad(loss), (0, 0, None)), (None, None, 0))
        return each(logits, start, jnp.array(SHARPNESS)), jax.nn.softmax(logits), jax.nn.softmax(start)

    found, policy, reference = jax.device_get(jax.jit(slopes)(trial.key))
    beta = np.array(SHARPNESS)[:, None, None]
    now, ref = policy[:, :1] ** beta, reference[:, :1] ** beta
    predicted = 2 * now / (now + ref) * (np.eye(5)[0] - policy)
    ratio = np.log(np.linspace(0.01, 3, 9))
    weight = identity(2 * np.exp(ratio) / (1 + np.exp(ratio)), jax.jit(forget_weight)(ratio), rtol=1e-12)
    return combine(identity(predicted, found, rtol=1e-10, atol=1e-13), weight)


def c02_ascent_is_the_limit_of_no_sharpness() -> Evidence:
    """As β -> 0 NPO becomes GA: the depth at a given time differs by O(β)."""
    betas = np.array([0.02, 0.01, 0.005, 0.0025])
    plain = _depth_at(ascent, 5.0)
    sharp = np.array([_depth_at(lambda u, b=b: bounded(u, b), 5.0) for b in betas])
    late = 100 / betas[:2]  # the limits do not commute
    deep = np.array([_depth_at(lambda u, b=b: bounded(u, b), t, 2e3) for b, t in zip(betas, late, strict=False)])
    return holds_if(
        "the time is fixed while β -> 0; at t = 100/β the depths stay apart by a factor",
        order(betas, plain - sharp, expected=1),
        identity(late, deep, rtol=0.1),
    )


def c03_ascent_is_linear() -> Evidence:
    """Gradient ascent on a logistic answer takes the time u + 1 - e^{-u} to the depth u: it diverges linearly."""
    depth = np.array([0.5, 2.0, 8.0, 20.0])
    times = np.array([_time_by_flow(u, None) for u in depth])
    return identity(ascent(depth), times, rtol=1e-7)


def c04_bounded_is_logarithmic() -> Evidence:
    """NPO moves by (1/β) log t: its depth at the time t is log(β 2^{β+1} t)/β + o(1)."""
    depth, parts = np.array([0.5, 2.0, 4.0]), []
    for beta in SHARPNESS:
        times = np.array([_time_by_flow(u, beta) for u in depth])
        parts.append(identity(bounded(depth, beta), times, rtol=1e-7))
    late = np.array([1e4, 1e6, 1e8])
    for beta in SHARPNESS[1:]:
        exact = np.array([_depth_at(lambda u, b=beta: bounded(u, b), t) for t in late])
        law = np.asarray(limit(late, beta))
        parts += [identity(exact[-1], law[-1], rtol=1e-3), _shrinks(np.abs(law - exact))]
    return combine(*parts)


def c05_exponentially_slower() -> Evidence:
    """The time to collapse to a depth u is longer for NPO by a factor that grows like e^{βu}/u."""
    depth = np.array([20.0, 24.0, 28.0])
    parts = []
    for beta in SHARPNESS[:2]:
        ratio = np.log(np.asarray(bounded(depth / beta, beta)) / np.asarray(ascent(depth / beta)))
        slope = np.diff(ratio + np.log(depth / beta + 1)) / np.diff(depth / beta)
        parts.append(identity(np.full(2, beta), slope, rtol=5e-3))
    return combine(*parts)


def c06_linear_only_in_log_linear_models() -> Evidence:
    """Gradient ascent diverges linearly: the depth gains one unit per unit of time."""
    times = np.array([10.0, 12.0, 14.0])
    plain = np.array([_depth_at(ascent, t) for t in times])

    def two_layers(t: float, w: np.ndarray) -> np.ndarray:  # u = w_1 w_2 with both weights equal at the start
        return w[::-1] / (1 + np.exp(-w[0] * w[1]))

    path = integrate.solve_ivp(two_layers, (0, 14), [0.1, 0.1], t_eval=times, rtol=1e-9, atol=1e-12).y
    return holds_if(
        "the model is log-linear; with two layers, u = w_1 w_2, the depth grows exponentially",
        identity(np.ones(2), np.diff(plain) / 2, rtol=1e-3),
        identity(np.ones(2), np.diff(path[0] * path[1]) / 2, rtol=1e-3),
    )


def c07_bounded_stays_logarithmic_with_layers() -> Evidence:
    """With two layers NPO still moves by (1/β) log t, up to log log t: the loss, not the model, sets its speed."""

    def two_layers(t: float, w: np.ndarray) -> np.ndarray:
        u = w[0] * w[1]
        return 2 * w[::-1] / ((1 + np.exp(-u)) * (1 + (1 + np.exp(u)) / 2))

    times = np.array([1e3, 1e4, 1e5, 1e6])
    path = integrate.solve_ivp(two_layers, (0, 1e6), [0.1, 0.1], "LSODA", t_eval=times, rtol=1e-9, atol=1e-12).y
    depth = path[0] * path[1]
    return identity(np.diff(np.log(times)), np.diff(depth - np.log(depth)), rtol=0.02)


def c08_the_rest_survives(trial: Trial) -> Evidence:
    """On a small network NPO keeps more of the other digits than GA after the same steps, and moves less."""
    seeds = 3 if trial.effort == 1 else 10
    found = jax.device_get(forget_all(trial.mesh, trial.key, seeds, 5, 16, 200, 120, (0.3, 0.1)))
    kept, away, forgotten = (found[name][:2, :, -1] for name in ("retained", "distance", "forgotten"))
    return combine(
        bound(kept[1].mean(keepdims=True) - kept[0].mean(keepdims=True) - 0.1, tolerance=0.0),
        bound(np.log(away[0] / away[1]), tolerance=0.0),
        bound(forgotten - np.log(10), tolerance=0.0),  # both have forgotten: worse than a guess
    )


def _depth_at(time_of, time: float, most: float = 200.0) -> float:
    return optimize.brentq(lambda u: float(time_of(u)) - time, 0.0, min(time + 1, most), xtol=1e-12)


def _time_by_flow(depth: float, beta: float | None) -> float:
    """Integrates the gradient flow of the loss itself, written with p = σ(θ), until the depth is reached."""

    def flow(t: float, theta: np.ndarray) -> np.ndarray:
        p = 1 / (1 + np.exp(-theta))
        weight = 1.0 if beta is None else 2 * p**beta / (p**beta + 0.5**beta)
        return -(1 - p) * weight

    def reached(t: float, theta: np.ndarray) -> float:
        return theta[0] + depth

    reached.terminal = True
    run = integrate.solve_ivp(flow, (0, 1e7), [0.0], "LSODA", events=reached, rtol=1e-11, atol=1e-12)
    return float(run.t_events[0][0])


def _shrinks(off: np.ndarray) -> Evidence:
    return bound(0.1 - off[1:] / off[:-1], tolerance=0.0)
