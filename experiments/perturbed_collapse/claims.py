"""What "Perturbation Analysis of Neural Collapse" claims about features tied to those of earlier layers, checked.

Theorems are those of the version submitted to ICLR; the exact within-class form of the map is derived here.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.draws import normal
from core.features.proximity import feature_flow, proximal_features
from core.features.quasi_newton import minimise
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.identity import identity
from core.verify.order import order
from core.verify.trial import Trial
from theory.collapse.proximity import (
    Scatter,
    best_head,
    class_scatter,
    collapse_map,
    collapsed_features,
    near_collapse_levels,
    reduced_loss,
    within_attenuation,
)

CLASSES, PER_CLASS, DIMENSION = 4, 5, 7
SETTINGS = ((0.1, 0.1, 0.0), (1.0, 0.02, 3.0), (0.3, 0.0, 0.0), (0.5, 0.5, 0.0))  # λ_W, λ_H, common offset


def c01_collapse_is_the_minimum(trial: Trial) -> Evidence:
    """Theorem 2.1: without a tie, random features end in orthogonal means of energy (1 - √(λ_Wλ_H)) √(λ_W/λ_H)."""
    head, feature = 0.2, 0.1

    @jax.jit
    def both(key):
        start = normal(key, (DIMENSION, CLASSES * PER_CLASS))
        loss = lambda x: reduced_loss(x, CLASSES, head, feature)  # noqa: E731
        ends = collapsed_features(DIMENSION, CLASSES, PER_CLASS, head, feature), minimise(loss, start, 500)[0]
        return [loss(x) for x in ends], [x.T @ x for x in ends]

    losses, products = both(trial.key)
    return combine(identity(*losses, rtol=1e-10), identity(*products, rtol=1e-6, atol=1e-6))


def c02_within_share_falls_along_the_flow(trial: Trial) -> Evidence:
    """Theorem 3.1: along dH/dt = -Kn ∇L(H) the quotient tr Σ_W / tr Σ_B strictly falls."""
    _, paths = _flows(trial)
    return combine(*(bound(-np.diff(np.log(s.within / s.between)), tolerance=1e-10) for s in paths))


def c03_rescaled_traces(trial: Trial) -> Evidence:
    """Theorem 3.1: e^(2λ_H t) tr Σ_W falls and e^(2λ_H t) tr Σ_B rises along the flow."""
    times, paths = _flows(trial)
    parts = []
    for (_, feature, _), s in zip(SETTINGS, paths, strict=True):
        parts.append(bound(-np.diff(np.log(s.within) + 2 * feature * times), tolerance=1e-7))
        parts.append(bound(np.diff(np.log(s.between) + 2 * feature * times), tolerance=1e-10))
    return combine(*parts)


def c04_a_tie_never_stops_collapse(trial: Trial) -> Evidence:
    """Corollary 3.2: one proximal step lowers tr Σ_W / tr Σ_B, for every pull β tried and for λ_H = 0 too."""
    pulls, features = np.array([0.1, 1.0, 10.0, 100.0, 1000.0]), np.array([0.1, 0.0])

    def ratio(feature, key, pull):
        anchor = normal(key, (DIMENSION, CLASSES * PER_CLASS))
        before = class_scatter(anchor, CLASSES)
        after = class_scatter(proximal_features(anchor, CLASSES, 0.1, feature, pull), CLASSES)
        return after.within / after.between * before.between / before.within

    @jax.jit
    def each(key):
        over_pulls = jax.vmap(jax.vmap(ratio, (None, None, 0)), (None, 0, None))
        return jax.vmap(over_pulls, (0, None, None))(features, jax.random.split(key, 2 * trial.effort), pulls)

    ratios = np.asarray(each(trial.key))
    # strictly: at β = 1000 the step still moves the quotient by some 3e-4
    return combine(bound(1 - 1e-5 - ratios, tolerance=0.0), bound(np.diff(ratios, axis=2) - 1e-5, tolerance=0.0))


def c05_spectrum_near_collapse() -> Evidence:
    """Theorem 4.2: the block F_kk has σ_min = 1 - √(λ_H/λ_W)/β, F_kk' has rank one and σ = 2λ_H(1 - √(λ_Wλ_H))/β."""
    pulls = np.array([20.0, 40.0, 80.0, 160.0, 320.0])
    answers = np.asarray(_maps(0.5, 0.1, pulls))
    smallest, cross = map(np.asarray, jax.jit(near_collapse_levels)(0.5, 0.1, pulls))
    diagonal, beside = (np.stack([_block(answer, 0, column) for answer in answers]) for column in (0, 1))
    steps = 1 / pulls
    return combine(order(steps, np.abs(diagonal[:, -1] - smallest), expected=2, tolerance=0.1, floor=1e-13),
                   order(steps, np.abs(beside[:, 0] - cross), expected=2, tolerance=0.1, floor=1e-13),
                   identity(0.0, beside[:, 1], rtol=0, atol=1e-12))  # fmt: skip


def c06_exact_levels_and_multiplicities() -> Evidence:
    """F_kk has 1 (d-K times), 1/(1+λ_H/β) ((n-1)(d-K)), 1/(1+√(λ_H/λ_W)/β) ((n-1)K) and K values for the means."""
    head, feature, pull = 0.5, 0.1, 30.0
    values = _block(np.asarray(_maps(head, feature, np.full(5, pull)))[0], 0, 0)  # five, as in c05: one program
    levels = [1.0, 1 / (1 + feature / pull), 1 / (1 + np.sqrt(feature / head) / pull)]
    counts = [float(np.sum(np.abs(values - level) < 1e-9)) for level in levels]
    n, d, k = PER_CLASS, DIMENSION, CLASSES
    return identity(np.array([d - k, (n - 1) * (d - k), (n - 1) * k], float), np.array(counts), rtol=0)


def c07_linear_answer(trial: Trial) -> Evidence:
    """Theorem 4.1: near a collapsed minimiser δH = F δH0 up to second order in the displacement."""
    sizes = np.array([0.1, 0.05, 0.02, 0.01, 0.005])

    @jax.jit
    def errors(key):
        base = collapsed_features(DIMENSION, CLASSES, PER_CLASS, 0.1, 0.1)
        shift = normal(key, base.shape)
        linear = jnp.einsum("idje,ej->di", collapse_map(base, CLASSES, 0.1, 0.1, 5.0), shift)

        def error(size):
            exact = proximal_features(base + size * shift, CLASSES, 0.1, 0.1, 5.0) - base
            return jnp.linalg.norm(exact - size * linear)

        return jax.vmap(error)(sizes)

    return order(sizes, np.asarray(errors(trial.key)), expected=2, tolerance=0.2, floor=1e-9)


def c08_within_class_attenuation(trial: Trial) -> Evidence:
    """Near collapse tr Σ_W shrinks by p (1+√(λ_H/λ_W)/β)⁻² + (1-p)(1+λ_H/β)⁻², p being its share in the head's rows."""
    heads, features = np.array([0.1, 0.2, 0.1, 0.5]), np.array([0.1, 0.1, 0.2, 0.3])

    def both(head, feature):
        base = collapsed_features(DIMENSION, CLASSES, PER_CLASS, head, feature)
        anchor = base + 1e-5 * normal(trial.key, base.shape)
        before = class_scatter(anchor, CLASSES).within
        after = class_scatter(proximal_features(anchor, CLASSES, head, feature, 4.0), CLASSES).within
        rows = jnp.linalg.qr(best_head(base, CLASSES, head).T)[0]
        share = class_scatter(rows.T @ anchor, CLASSES).within / before
        return within_attenuation(head, feature, 4.0, share), after / before

    predicted, found = jax.jit(jax.vmap(both))(heads, features)
    return identity(predicted, found, rtol=1e-4)


def c09_feature_decay_helps_and_head_decay_hinders() -> Evidence:
    """Near collapse more feature decay leaves less within-class spread, and more head decay leaves more."""
    decays, shares = np.geomspace(0.01, 0.9, 30)[None, :], np.array([[0.1], [0.5], [1.0]])

    @jax.jit
    def both(decays):
        return within_attenuation(0.5, decays, 10.0, shares), within_attenuation(decays, 0.5, 10.0, shares)

    with_feature, with_head = map(np.asarray, both(decays))
    return combine(
        bound(-np.diff(with_feature, axis=1), tolerance=0.0), bound(np.diff(with_head, axis=1), tolerance=0.0)
    )


def _flows(trial: Trial) -> tuple[np.ndarray, list[Scatter]]:
    @jax.jit
    def follow(key):
        start = normal(key, (DIMENSION, CLASSES * PER_CLASS))

        @jax.vmap
        def along(head, feature, offset):
            times, path = feature_flow(start + offset, CLASSES, head, feature, duration=4.0, records=60)
            return times, jax.vmap(lambda h: class_scatter(h, CLASSES))(path)

        return along(*jnp.array(SETTINGS).T)

    times, scatter = follow(trial.key)
    return np.asarray(times)[0], [Scatter(*pair) for pair in zip(*map(np.asarray, scatter), strict=True)]


@jax.jit
@partial(jax.vmap, in_axes=(None, None, 0))
def _maps(head, feature, pull) -> jax.Array:
    features = collapsed_features(DIMENSION, CLASSES, PER_CLASS, head, feature)
    return collapse_map(features, CLASSES, head, feature, pull)


def _block(answer: np.ndarray, row: int, column: int) -> np.ndarray:
    """Singular values, falling, of one class's answer to another's displacement."""
    size = PER_CLASS * DIMENSION
    rows, columns = (slice(PER_CLASS * k, PER_CLASS * (k + 1)) for k in (row, column))
    return np.linalg.svd(answer[rows, :, columns, :].reshape(size, size), compute_uv=False)
