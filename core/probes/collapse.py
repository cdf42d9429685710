"""Metrics of neural collapse from class statistics, without an array of K x K where there are more classes than d.

Every metric takes the classes that were seen as its K. Definitions: NC1, how little varies within classes; NC2, how
near the centred means are to a simplex ETF; NC3, how near the head's rows are to the means (Papyan, Han, Donoho 2020).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from core.probes.class_statistics import ClassStatistics, seen_classes
from core.probes.pairs import centred_means, unit_rows

_EXACT = jax.lax.Precision.HIGHEST


class Variability(NamedTuple):
    """NC1, two ways; both 0 at collapse, and for one sample a class."""

    pseudo_inverse: Float[Array, ""]  # tr(Σ_W Σ_B^†)/K, NaN without the covariance
    quotient: Float[Array, ""]  # tr Σ_W / tr Σ_B


class MeanGeometry(NamedTuple):
    """NC2, of the centred class means."""

    norm_variation: Float[Array, ""]  # standard deviation over mean of their lengths: equinorm
    log_norm_deviation: Float[Array, ""]  # standard deviation of the lengths' logarithm
    cosine_mean: Float[Array, ""]  # -1/(K-1) for an ETF
    cosine_deviation: Float[Array, ""]  # equiangular: 0 for an ETF
    etf_error: Float[Array, ""]  # ‖G/‖G‖ - E/‖E‖‖


class Duality(NamedTuple):
    """NC3, head rows against centred class means."""

    distance: Float[Array, ""]  # ‖W/‖W‖ - A/‖A‖‖: self-duality
    cosine_mean: Float[Array, ""]
    cosine_variation: Float[Array, ""]  # standard deviation over mean of the cosines: uniform duality
    structure_error: Float[Array, ""]  # ‖W Aᵀ/‖·‖ - E/‖E‖‖


def variability(statistics: ClassStatistics) -> Variability:
    """NC1; Σ_W over samples, Σ_B over classes, each class counted once.

    >>> means, scatter = jnp.array([[1.0], [5.0]]), jnp.array([2.0, 2.0])
    >>> found = jax.jit(variability)(ClassStatistics(jnp.array([2, 2]), means, scatter, jnp.array([[4.0]])))
    >>> [round(float(x), 4) for x in found]  # Σ_W = 1, Σ_B = 4: a quarter, divided by K or not
    [0.125, 0.25]
    """
    seen = seen_classes(statistics)
    count = jnp.sum(seen).astype(statistics.means.dtype)
    samples = jnp.maximum(jnp.sum(statistics.counts), 1).astype(count.dtype)
    means = centred_means(statistics.means, seen)
    quotient = jnp.sum(statistics.scatter) / samples / (jnp.sum(means**2) / count)
    if not statistics.within.size:
        return Variability(jnp.full((), jnp.nan, count.dtype), quotient)
    classes, dimension = means.shape
    if classes > dimension:
        energy, basis = jnp.linalg.eigh(jnp.matmul(means.T, means, precision=_EXACT))
        energy, basis = energy[::-1], basis[:, ::-1].T
    else:
        _, singular, basis = jnp.linalg.svd(means, full_matrices=False)
        energy = singular**2
    # exactly the directions that K centred means span: a tolerance would keep noise, or drop signal
    kept = jnp.arange(energy.shape[0]) < jnp.minimum(count - 1, dimension)
    spread = jnp.sum(basis * jnp.matmul(basis, statistics.within, precision=_EXACT), axis=1) / samples
    trace = jnp.sum(jnp.where(kept, spread / jnp.where(kept, energy / count, 1), 0))
    return Variability(trace / count, quotient)


def mean_geometry(means: Float[Array, "K d"], seen: Bool[Array, " K"]) -> MeanGeometry:
    """NC2, in O(K d² + d³) or, for K <= d, O(K² d + K³).

    >>> geometry = jax.jit(mean_geometry)(jnp.eye(3), jnp.ones(3, bool))  # centred, a simplex ETF
    >>> round(float(geometry.cosine_mean), 4), round(float(geometry.etf_error), 3)
    (-0.5, 0.0)
    """
    means = centred_means(means, seen)
    count = jnp.sum(seen).astype(means.dtype)
    lengths = jnp.linalg.norm(means, axis=1)
    mean_length = jnp.sum(lengths) / count
    logs = jnp.where(seen, jnp.log(jnp.where(lengths > 0, lengths, 1)), 0)
    cosine_mean, cosine_deviation = _cosines(unit_rows(means), count)
    return MeanGeometry(
        _deviation(lengths, seen, count) / mean_length,
        _deviation(logs, seen, count),
        cosine_mean,
        cosine_deviation,
        _etf_error(_gram_spectrum(means), count),
    )


def duality(head: Float[Array, "K d"], means: Float[Array, "K d"], seen: Bool[Array, " K"]) -> Duality:
    """NC3; rows of the head that belong to unseen classes are left out.

    >>> means = jnp.eye(3) - 1 / 3
    >>> found = jax.jit(duality)(2 * means, means, jnp.ones(3, bool))
    >>> round(float(found.distance), 3), round(float(found.cosine_mean), 4)
    (0.0, 1.0)
    """
    means, head = centred_means(means, seen), jnp.where(seen[:, None], head, 0)
    count = jnp.sum(seen).astype(means.dtype)
    cosines = jnp.sum(unit_rows(head) * unit_rows(means), axis=1)
    mean = jnp.sum(cosines) / count
    inner = jnp.matmul(head.T, head, precision=_EXACT) * jnp.matmul(means.T, means, precision=_EXACT)
    size = jnp.sqrt(jnp.sum(inner))  # ‖W Aᵀ‖
    along = jnp.sum(head * means) - jnp.sum(jnp.sum(head, axis=0) * jnp.sum(means, axis=0)) / count
    return Duality(
        jnp.linalg.norm(head / jnp.linalg.norm(head) - means / jnp.linalg.norm(means)),
        mean,
        _deviation(cosines, seen, count) / mean,
        jnp.sqrt(jnp.maximum(2 - 2 * along / (size * jnp.sqrt(count - 1)), 0)),
    )


def _deviation(values: Float[Array, " K"], seen: Bool[Array, " K"], count: Float[Array, ""]) -> Float[Array, ""]:
    mean = jnp.sum(jnp.where(seen, values, 0)) / count
    return jnp.sqrt(jnp.sum(jnp.where(seen, (values - mean) ** 2, 0)) / count)


def _gram_spectrum(rows: Float[Array, "K d"]) -> Float[Array, " r"]:
    """The min(K, d) largest eigenvalues of the Gram matrix, falling."""
    small = rows.T if rows.shape[0] > rows.shape[1] else rows
    return jnp.maximum(jnp.linalg.eigvalsh(jnp.matmul(small, small.T, precision=_EXACT))[::-1], 0)


def _cosines(unit: Float[Array, "K d"], count: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean and deviation of the cosines over pairs, without the pairs.

    The deviation comes from the spectrum's distance to a flat one: a difference of moments would leave 1e-2 in
    float32 where the truth is 0.
    """
    spectrum, pairs = _gram_spectrum(unit), count * (count - 1)
    rank = jnp.minimum(count - 1, unit.shape[1])
    top = jnp.arange(spectrum.shape[0]) < rank
    # centred means span K - 1 directions at most, and so do their directions: there is nothing beyond the top
    uneven = jnp.sum(jnp.where(top, (spectrum - count / rank) ** 2, 0))
    excess = jnp.sum(jnp.sum(unit, axis=0) ** 2) / pairs
    floor = count * (count / rank - 1 - 1 / (count - 1))  # zero for rank K - 1
    variance = (uneven + floor) / pairs + 2 * excess / (count - 1) - excess**2
    return excess - 1 / (count - 1), jnp.sqrt(jnp.maximum(variance, 0))


def _etf_error(spectrum: Float[Array, " r"], count: Float[Array, ""]) -> Float[Array, ""]:
    """An ETF has K - 1 equal eigenvalues; those for which there is no room are missing."""
    rank = jnp.minimum(count - 1, spectrum.shape[0])
    share = spectrum / jnp.linalg.norm(spectrum)
    flat = jnp.where(jnp.arange(spectrum.shape[0]) < rank, 1 / jnp.sqrt(count - 1), 0)
    return jnp.sqrt(jnp.sum((share - flat) ** 2) + (count - 1 - rank) / (count - 1))
