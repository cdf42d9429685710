"""What "Ghosts of Softmax" claims about the radius of a Taylor model and about the steps that fail, checked.

The two formulas were re-derived; the observations on trained networks are repeated on a small substitute.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from core.run.experiment import Run
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, refuted
from core.verify.falsify import falsify
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.softmax_ghosts import controller, step_ratio
from theory.entropy.radius import safe_radius
from theory.short.ghosts import least_modulus, log_partition_series, two_class_radius, two_class_zeros

ORDERS = 60
normal = jax.jit(jax.random.normal, static_argnums=1)
nearest, series_of = jax.jit(two_class_radius), jax.jit(log_partition_series, static_argnums=2)


def c01_two_class_radius(trial: Trial) -> Evidence:
    """With two classes the zero of e^{z_1 + t a_1} + e^{z_2 + t a_2} nearest to 0 is at √(δ² + π²)/Δ_a exactly."""
    gap, spread = np.array(normal(trial.key, (2, 20 * trial.effort)))
    spread = 0.3 + np.abs(spread)
    starts = np.add.outer(np.linspace(-9, 9, 25), 1j * np.linspace(0.2, 12, 13)).ravel()[:, None]
    t = starts
    for _ in range(60):  # Newton on 1 + e^{δ + tΔ}, scaled so that no start overflows
        t = t - (1 + np.exp(-(gap + t * spread))) / spread
        t = np.where(np.abs(t) < 50, t, starts)
    found = np.where(np.abs(1 + np.exp(gap + t * spread)) < 1e-9, np.abs(t), np.inf).min(0)
    return identity(nearest(gap, spread), found, rtol=1e-9)


def c02_no_zero_in_the_strip(trial: Trial) -> Evidence:
    """No zero is nearer than π/Δ_a: |Z(x + iy)| >= cos(|y| Δ/2) Z(x), tight for two classes and attacked."""

    def slack(point: jax.Array) -> jax.Array:
        logits, slopes, (real, share) = point[:6], point[6:12], point[12:]
        spread = jnp.max(slopes) - jnp.min(slopes)
        height = jax.nn.sigmoid(share) * safe_radius(slopes)
        weight = jax.nn.softmax(logits + real * slopes)
        turned = jnp.hypot(weight @ jnp.cos(height * slopes), weight @ jnp.sin(height * slopes))
        return turned - least_modulus(spread, height)

    points = (200 * trial.effort, 14)
    random = jax.jit(lambda key: jax.vmap(slack)(2 * jax.random.normal(key, points)))(trial.key)
    found = falsify(
        slack, lambda key: 2 * jax.random.normal(key, (14,)), trial.key, starts=16 * trial.effort, steps=150
    )
    roots = [np.abs(_lattice_zeros(row).imag).min() for row in _rows(trial, 30 * trial.effort)]
    radius = jax.jit(safe_radius)
    return combine(
        bound(random, tolerance=1e-12, falsified=found),
        bound(np.array(roots) / float(radius(np.arange(6.0))) - 1, tolerance=1e-9),
        identity(radius(np.array([0.0, 2.0])), abs(np.log(-1 + 0j)) / 2, rtol=1e-14),  # reached: 1 + e^{2t}
    )


def c03_zeros_carry_the_series(trial: Trial) -> Evidence:
    """The zeros give the cumulants back: n c_n = -Σ_k t_k^{-n} over all zeros, c_n the coefficients of log Z."""
    n, predicted, measured = np.arange(6, 25), [], []
    for row in _rows(trial, 5):
        zeros = np.add.outer(_lattice_zeros(row), 2j * np.pi * np.arange(-400, 401)).ravel()
        predicted.append(-np.sum(zeros[:, None] ** -n, axis=0).real)
        measured.append(n * np.asarray(series_of(row, np.arange(6.0), 24))[n - 1])
    scale = np.abs(predicted).max(0)
    orders = np.arange(5, 13)
    two = np.asarray(jax.jit(two_class_zeros, static_argnums=2)(0.7, 1.5, 2000))
    pair = orders * np.asarray(series_of(np.array([0.7, 0.0]), np.array([1.5, 0.0]), 12))[4:]
    return combine(
        identity(predicted / scale, measured / scale, rtol=0.0, atol=1e-9),
        identity(-np.sum(two[:, None] ** -orders, axis=0).real, pair, rtol=1e-8),
    )


def c04_radius_from_the_coefficients(trial: Trial) -> Evidence:
    """The Taylor series of log Z converges up to the nearest zero and no further: its coefficients show the radius."""
    gap = 0.3 + 2 * np.asarray(jax.jit(jax.random.uniform, static_argnums=1)(trial.key, (10 * trial.effort,)))
    series = jax.jit(jax.vmap(lambda g: log_partition_series(jnp.stack([g, 0.0]), jnp.array([1.0, 0.0]), ORDERS)))(gap)
    scaled = np.asarray(series) * np.arange(1, ORDERS + 1)
    # u_{n+1} = A u_n + B u_{n-1} for a pair of singularities, and B = -1/ρ²
    a, b, c, d = scaled[:, -4:].T
    last = (c * c - b * d) / (b * b - a * c)
    return identity(nearest(gap, 1.0), 1 / np.sqrt(last), rtol=1e-9)


def c05_no_failure_below_one(trial: Trial) -> Evidence:
    """On small trained networks at four temperatures no step downhill with r = τ/ρ_a < 1 raises the loss."""
    return bound(np.log(_onsets(trial)[1]).ravel(), tolerance=0.0)


def c06_ratio_collapses_the_onset(trial: Trial) -> Evidence:
    """Over temperatures the onset of failure spreads less in r = τ/ρ_a than in τ; where it is, is reported."""
    steps, ratios = (np.log10(x) for x in _onsets(trial))
    gain = bound(1 - 2 * ratios.mean(1).std() / steps.mean(1).std(), tolerance=0.0)
    quality = {"median_r": 10 ** np.median(ratios), "spread_r": ratios.std(), "spread_step": steps.std()}
    shown = fit(quality, r2=1 - ratios.var() / steps.var(), holdout_error=ratios.std(), note="paper: onset at r = 1")
    return combine(gain, shown) if gain.verdict == "fails" else gain._replace(note=f"{gain.note}; {shown.measured}")


def c07_the_guard_survives(trial: Trial) -> Evidence:
    """Holding τ <= min ρ_a survives a learning rate 10,000 times too large; clipping the gradient does not."""
    config = replace(controller.PRESETS["smoke"], seeds=3 + trial.effort)
    losses = np.asarray(controller.compute(config, trial.key, Run(trial.mesh, jax.lax.scan))["loss"])
    before, after = losses[:, :, config.at - 1], losses[:, :, -1]
    worse = np.where(np.isfinite(after[1]), after[1], np.inf) / before[1]
    return combine(
        bound(np.log(before[2] / after[2]), tolerance=0.0),
        bound(np.log(np.minimum(worse, 1e30) / 2), tolerance=0.0),
    )


def c08_below_one_is_no_guarantee() -> Evidence:
    """Read as a guarantee: a downhill step with r < 1 does not raise the loss."""
    start = 0.01  # two samples, equal inputs, different labels: the minimum is at 0, the radius stays π
    step = 0.9 * float(jax.jit(safe_radius)(np.array([0.0, 1.0])))
    before, after = (np.logaddexp(0, x) / 2 + np.logaddexp(0, -x) / 2 for x in (start, start - step))
    return refuted("two contradictory samples next to their minimum, r = 0.9", bound(before - after, tolerance=1e-12))


def c09_above_one_is_no_failure() -> Evidence:
    """Read as a threshold: a step with r >= 1 raises the loss."""
    ratios = np.array([1.0, 3.0, 10.0, 100.0])
    loss = np.logaddexp(
        0, -ratios * float(jax.jit(safe_radius)(np.array([0.0, 1.0])))
    )  # -log σ(θ), one sample, from θ = 0
    return refuted("one sample, along its own gradient", bound(loss - np.log(2), tolerance=1e-12))


def _rows(trial: Trial, rows: int) -> np.ndarray:
    return 1.5 * np.asarray(normal(jax.random.fold_in(trial.key, 7), (rows, 6)))


def _lattice_zeros(logits: jax.Array) -> np.ndarray:
    """Zeros of Σ_j e^{z_j + t j} modulo 2πi, by the roots of a polynomial in e^t."""
    return np.log(np.roots(np.exp(np.asarray(logits))[::-1]).astype(complex))


def _onsets(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """First step, and step ratio, that raises the loss (temperatures, seeds)."""
    config = replace(step_ratio.PRESETS["smoke"], seeds=2 + trial.effort)
    found = step_ratio.compute(config, trial.key, Run(trial.mesh, jax.lax.scan))
    step, before, after, radius = (np.asarray(found[name]) for name in ("step", "before", "after", "radius"))
    raised = after > before[..., None]
    onset = np.where(raised.any(-1), step[raised.argmax(-1)], np.nan)
    return onset, onset / radius
