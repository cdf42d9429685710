"""What "Linguistic Collapse" claims about features of language models, and what geometry allows, checked.

The claims about real models rest on the authors' checkpoints. Here a synthetic language and small transformers stand
in, for the signs only; floors and chance values are exact.
"""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from core.probes.collapse import mean_geometry
from core.probes.pairs import log_kernel, riesz_kernel
from core.probes.report import collapse_report
from core.probes.tally import tally_variance
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.law import law
from core.verify.trial import Trial
from experiments.linguistic_collapse._study import Study, trained_rows
from theory.collapse.floors import (
    cosine_spread_floor,
    etf_error_floor,
    log_kernel_simplex,
    log_kernel_sphere,
    riesz_kernel_sphere,
)


def c01_floor_of_the_distance_from_an_etf(trial: Trial) -> Evidence:
    """K centred means in d < K-1 dimensions stay √(2 - 2√(d/(K-1))) away from a simplex ETF, at best."""
    classes, dimension = 9, 3

    def slack(means):
        centred = means - means.mean(0)[None, :]
        gram = centred @ centred.T
        target = (jnp.eye(classes) - 1 / classes) / jnp.sqrt(classes - 1.0)
        return jnp.linalg.norm(gram / jnp.linalg.norm(gram) - target) - etf_error_floor(classes, dimension)

    def sample(key):
        return jax.random.normal(key, (classes, dimension))

    random = _at_random(slack, sample, trial)
    found = falsify(slack, sample, trial.key, starts=8, steps=150, polish=2)
    return combine(bound(random, tolerance=1e-10, falsified=found), identity(0.0, found.slack, rtol=0, atol=1e-4))


def c02_floor_of_the_cosines() -> Evidence:
    """The cosines of K directions in d < K-1 dimensions spread by √((K/d - 1 - 1/(K-1))/(K-1)) or more."""
    classes, floor = 100, jax.jit(cosine_spread_floor)

    def room(directions):
        unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        spread = np.std((unit @ unit.T)[~np.eye(classes, dtype=bool)])
        return bound(spread - np.asarray(floor(classes, directions.shape[1])), tolerance=1e-9)

    angle = 2 * np.pi * np.arange(classes) / classes
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    # centred means whose directions are not: all but one class together, one far on the other side
    lopsided = np.stack([np.append(np.ones(classes - 1), 1.0 - classes), np.zeros(classes)], 1)
    return holds_if("the directions sum to zero, and not only the means", room(circle), room(lopsided))


def c03_chance_values_of_the_kernels(trial: Trial) -> Evidence:
    """Uniform directions have mean log kernel -(ln 4 + ψ(a) - ψ(2a))/2, variance (ψ'(a) - ψ'(2a))/4, a = (d-1)/2."""
    samples, dimensions = 4000 * trial.effort, (8, 16, 64)

    def gaps(key, dimension):
        pairs = jax.random.normal(jax.random.fold_in(key, dimension), (2, samples, dimension))
        unit = pairs / jnp.linalg.norm(pairs, axis=2, keepdims=True)
        return jnp.linalg.norm(unit[0] - unit[1], axis=1)

    gaps, found, error = jax.jit(gaps, static_argnums=1), [], []
    mean, variance, (riesz, _) = jax.device_get(jax.jit(_chance_values)(np.array(dimensions)))
    for dimension, at in zip(dimensions, mean, strict=True):
        gap = np.asarray(gaps(trial.key, dimension))
        values = np.stack([-np.log(gap), (-np.log(gap) - at) ** 2, 1 / gap])
        found.append(values.mean(1))
        error.append(values.std(1, ddof=1) / np.sqrt(samples))
    return law(np.array(found), np.stack([mean, variance, riesz], axis=1), np.array(error))


def c04_the_simplex_minimises_the_log_kernel(trial: Trial) -> Evidence:
    """No K directions have a smaller mean of -ln ‖u_i - u_j‖ than the simplex's -½ ln(2K/(K-1))."""
    classes = 6
    i, j = np.triu_indices(classes, 1)

    def slack(rows):
        unit = rows / jnp.sqrt(jnp.sum(rows**2, axis=1, keepdims=True))
        square = jnp.sum((unit[i] - unit[j]) ** 2, axis=1)
        return -jnp.mean(jnp.log(square)) / 2 - log_kernel_simplex(classes)

    def sample(key):
        return jax.random.normal(key, (classes, classes))

    random = _at_random(slack, sample, trial)
    return bound(random, tolerance=1e-10, falsified=falsify(slack, sample, trial.key, starts=8, steps=150, polish=2))


def c05_probes_know_collapse() -> Evidence:
    """At exact collapse on a simplex NC1, NC2, NC3 and CDNV are zero, GNC2 has no variance, and NC4 is one."""
    head = 3.0 * (np.eye(5) - 1 / 5)
    features, labels = np.repeat(head, 4, axis=0) + 100.0, np.repeat(np.arange(5), 4)
    report, kernel_variance = jax.device_get(jax.jit(_report)(features, labels, head))
    zeros = [*report.variability, report.class_distance.mean, report.geometry.norm_variation,
             report.geometry.cosine_deviation, report.geometry.etf_error, kernel_variance,
             report.duality.distance, report.duality.structure_error]  # fmt: skip
    return combine(identity(0.0, np.stack(zeros), rtol=0, atol=1e-6), identity(1.0, report.agreement, rtol=0))


def c06_probes_far_above_the_dimension(trial: Trial) -> Evidence:
    """For K = 300 random directions in d = 16 the probes find the chance values of both kernels, to 3 per cent."""

    def probe(key):
        means, seen = jax.random.normal(key, (300, 16)), jnp.ones(300, bool)
        log, riesz = log_kernel(means, seen, tile=128), riesz_kernel(means, seen, tile=128)
        return log.mean, tally_variance(log), riesz.mean, mean_geometry(means, seen).cosine_deviation

    mean, variance, (riesz, _) = jax.device_get(jax.jit(_chance_values)(16))
    found = jax.device_get(jax.jit(probe)(trial.key))
    return combine(
        identity(np.stack([mean, variance]), np.stack(found[:2]), rtol=0.03),
        identity(riesz, found[2], rtol=0.03),
        identity(1 / np.sqrt(16), found[3], rtol=0.03),
    )


def c07_variability_falls_in_training(trial: Trial) -> Evidence:
    """As a small transformer's loss falls, its CDNV falls too: after training both are lower than at first."""
    found = _trained(trial)
    falls = np.stack([1 - found[name][:, -1] / found[name][:, 0] for name in ("loss", "distance")])
    return bound(falls, tolerance=0.0)


def c08_collapse_goes_with_loss(trial: Trial) -> Evidence:
    """Rank correlation of CDNV with loss, and rise of agreement from first to last, least and mean over seeds."""
    found = _trained(trial)
    pairs = zip(found["distance"], found["loss"], strict=True)
    rank = np.array([stats.spearmanr(distance, loss).statistic for distance, loss in pairs])
    rise = found["agreement"][:, -1] - found["agreement"][:, 0]
    numbers = {"rank_least": rank.min(), "rank": rank.mean(), "rise_least": rise.min(), "rise": rise.mean()}
    return fit(numbers, 1.0, 0.0, note=f"{len(rank)} seeds of one language; no law is fitted")


def _at_random(slack, sample, trial: Trial) -> jax.Array:
    def slacks(key):
        return jax.vmap(lambda key: slack(sample(key)))(jax.random.split(key, 200 * trial.effort))

    return jax.jit(slacks)(trial.key)


def _chance_values(dimension):
    return *log_kernel_sphere(dimension), riesz_kernel_sphere(dimension)


def _report(features, labels, head):
    report = collapse_report(features, labels, head)
    return report, tally_variance(report.log_kernel)


def _trained(trial: Trial) -> dict[str, np.ndarray]:
    """Rows of one architecture, (seeds, checkpoints)."""
    sizes = {"vocabulary": 64, "states": 48, "length": 8, "batch": 32, "test_texts": 128}
    study = Study(**sizes, steps=(10, 20, 60, 100 + 200 * trial.effort), seeds=2 if trial.effort < 10 else 4)
    rows = trained_rows(study, trial.key, trial.mesh, ((16, 1),))
    return {name: column.reshape(study.seeds, -1) for name, column in rows.items()}
