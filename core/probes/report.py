"""All metrics of collapse of one set of features, in one call."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from core.probes.class_statistics import check_labelled, class_statistics, seen_classes
from core.probes.collapse import Duality, MeanGeometry, Variability, duality, mean_geometry, variability
from core.probes.decisions import agreement_init, agreement_rate, agreement_update
from core.probes.pairs import class_distance_variance, log_kernel
from core.probes.tally import Tally


class CollapseReport(NamedTuple):
    """NC1 to NC4."""

    variability: Variability
    class_distance: Tally  # CDNV over pairs
    geometry: MeanGeometry
    log_kernel: Tally  # generalised NC2 over pairs
    duality: Duality
    agreement: Float[Array, ""]  # NC4


def collapse_report(
    features: Float[Array, "N d"],
    labels: Int[Array, " N"],
    head: Float[Array, "K d"],
    bias: Float[Array, " K"] | None = None,
    *,
    distance_exponent: float = 1.0,
) -> CollapseReport:
    """Metrics of features with labels 0..K-1 under a linear head of K rows; classes without samples are left out.

    >>> import jax
    >>> import numpy as np
    >>> features, labels = np.repeat(np.eye(3), 2, axis=0), np.repeat(np.arange(3), 2)
    >>> report = jax.jit(collapse_report)(features, labels, np.eye(3))
    >>> float(report.variability.quotient), round(float(report.geometry.etf_error), 3), float(report.agreement)
    (0.0, 0.0, 1.0)
    """
    check_labelled(features, labels, head.shape[0])
    statistics = class_statistics(features, labels, head.shape[0])
    state = agreement_init()
    bias = jnp.zeros(head.shape[0], head.dtype) if bias is None else bias
    seen = seen_classes(statistics)
    agreement = agreement_update(state, features, head, bias, statistics.means, seen)
    return CollapseReport(
        variability(statistics),
        class_distance_variance(statistics, exponent=distance_exponent),
        mean_geometry(statistics.means, seen),
        log_kernel(statistics.means, seen),
        duality(head, statistics.means, seen),
        agreement_rate(agreement),
    )
