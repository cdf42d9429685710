"""Counts, means and scatter of labelled features: streamed, merged and sharded with equal results, to rounding.

`ClassSums` takes batches: each touches only as many rows as it has samples, however many classes there are. Every
class is summed relative to its own first sample, so neither an offset of the features nor their collapse costs digits.
`ClassStatistics` is what comes out; two of them merge by the rule of Chan, Golub and LeVeque.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from core.blocks import Axis, fold, in_blocks
from core.chunks import over_chunks
from core.probes.gram import add_gram, symmetric

BLOCKS = 8
ROWS = 128  # of features, taken together by a CPU
_EXACT = jax.lax.Precision.HIGHEST


class ClassSums(NamedTuple):
    """Sums relative to each class's anchor, its first sample."""

    anchors: Float[Array, "K d"]
    counts: Int[Array, " K"]
    sums: Float[Array, "K d"]  # Σ (x - anchor)
    squares: Float[Array, " K"]  # Σ ‖x - anchor‖²
    products: Float[Array, "e e"]  # upper triangle of Σ (x - anchor)(x - anchor)ᵀ; e = d, or 0 where not wanted


class ClassStatistics(NamedTuple):
    """What the metrics of collapse need to know of a data set."""

    counts: Int[Array, " K"]  # 0 marks a class that was not seen: its mean means nothing
    means: Float[Array, "K d"]
    scatter: Float[Array, " K"]  # Σ ‖x - mean‖²
    within: Float[Array, "e e"]  # Σ (x - mean)(x - mean)ᵀ over all classes; e = d, or 0 where not wanted


def class_sums_init(classes: int, dimension: int, *, covariance: bool = True, dtype=None) -> ClassSums:
    """Nothing seen.

    Args:
        classes: K >= 2.
        dimension: d >= 1.
        covariance: whether to keep the (d, d) products, which NC1 by pseudo-inverse needs and nothing else.
        dtype: of the features; by default JAX's.

    >>> class_sums_init(2, 3).counts.tolist()
    [0, 0]
    """
    if classes < 2 or dimension < 1:
        raise ValueError(f"classes is {classes}, dimension {dimension}; allowed are classes >= 2 and dimension >= 1")
    size = dimension if covariance else 0
    # each its own buffer, so that all can be donated
    return ClassSums(
        jnp.zeros((classes, dimension), dtype),
        jnp.zeros(classes, jnp.int32),
        jnp.zeros((classes, dimension), dtype),
        jnp.zeros(classes, dtype),
        jnp.zeros((size, size), dtype),
    )


def class_sums_update(sums: ClassSums, features: Float[Array, "B d"], labels: Int[Array, " B"]) -> ClassSums:
    """Takes a batch; rows with a label outside 0..K-1 are padding under jit, and an error outside it.

    Donate the sums to the jitted call: then only the rows of the batch are written.

    >>> features, labels = jnp.array([[1.0], [3.0], [7.0]]), jnp.array([0, 0, 1])
    >>> sums = jax.jit(class_sums_update)(class_sums_init(2, 1), features, labels)
    >>> sums.anchors.tolist(), sums.sums.tolist()
    ([[1.0], [7.0]], [[2.0], [0.0]])
    """
    classes = sums.counts.shape[0]
    check_labelled(features, labels, classes)
    # out of bounds on either side is dropped by the scatters below
    labels = jnp.where((labels >= 0) & (labels < classes), labels, classes)
    place = jnp.arange(labels.shape[0])
    earliest = jnp.full(classes, labels.shape[0]).at[labels].min(place, mode="drop")
    inside = jnp.minimum(labels, classes - 1)
    opens = (earliest[inside] == place) & (sums.counts[inside] == 0)
    anchors = sums.anchors.at[jnp.where(opens, labels, classes)].set(features, mode="drop")

    def take(taken: tuple[Array, Array, Array], start: Int[ArrayLike, ""], rows: int) -> tuple[Array, Array, Array]:
        x, own = (jax.lax.dynamic_slice_in_dim(whole, start, rows) for whole in (features, labels))
        return _add_rows(taken, anchors, x, own)

    # a few rows at a time stay in the cache; a product of matrices wants all of them, and so does an accelerator
    few = jax.default_backend() == "cpu" and not sums.products.size
    rows = labels.shape[0]
    # of the type of the features under `shard_map`: varying where they vary
    begin = jax.tree.map(lambda x: x + jnp.zeros_like(features, x.dtype, shape=()), (sums.sums, sums.squares))
    taken = over_chunks(take, (*begin, sums.products), rows, ROWS if few else max(rows, 1))
    return ClassSums(anchors, sums.counts.at[labels].add(1, mode="drop"), *taken)


def _add_rows(
    taken: tuple[Array, Array, Array], anchors: Float[Array, "K d"], x: Float[Array, "rows d"], own: Int[Array, " rows"]
) -> tuple[Array, Array, Array]:
    """Sums, squares and products with those of some rows; a label of K is padding."""
    total, squares, products = taken
    classes = anchors.shape[0]
    offsets = jnp.where((own < classes)[:, None], x - anchors[jnp.minimum(own, classes - 1)], 0)
    # the barrier has them written once, where each use would work them out again
    offsets = jax.lax.optimization_barrier(offsets)
    return (
        total.at[own].add(offsets, mode="drop"),
        # a product, because XLA's reduction over a short axis takes three times as long
        squares.at[own].add(jnp.einsum("bd,bd->b", offsets, offsets, precision=_EXACT), mode="drop"),
        add_gram(products, offsets),
    )


def class_sums_compute(sums: ClassSums) -> ClassStatistics:
    """Means and scatters of what was taken in.

    >>> features, labels = jnp.array([[1.0], [3.0], [7.0]]), jnp.array([0, 0, 1])
    >>> sums = jax.jit(class_sums_update)(class_sums_init(2, 1), features, labels)
    >>> jax.jit(class_sums_compute)(sums).means.tolist()
    [[2.0], [7.0]]
    """
    share = 1 / jnp.maximum(sums.counts, 1).astype(sums.sums.dtype)
    shift = sums.sums * share[:, None]
    within = symmetric(sums.products)
    if within.size:
        within = within - jnp.matmul(sums.sums.T, shift, precision=_EXACT)
    scatter = jnp.maximum(sums.squares - jnp.sum(sums.sums * shift, axis=1), 0)
    return ClassStatistics(sums.counts, sums.anchors + shift, scatter, within)


def class_statistics(
    features: Float[Array, "B d"], labels: Int[Array, " B"], classes: int, *, covariance: bool = True
) -> ClassStatistics:
    """Statistics of one batch.

    >>> s = jax.jit(class_statistics, static_argnums=2)(jnp.array([[1.0], [3.0], [7.0]]), jnp.array([0, 0, 1]), 2)
    >>> s.means.tolist(), s.scatter.tolist()
    ([[2.0], [7.0]], [2.0, 0.0])
    """
    start = class_sums_init(classes, features.shape[1], covariance=covariance, dtype=features.dtype)
    return class_sums_compute(class_sums_update(start, features, labels))


def merge_statistics(a: ClassStatistics, b: ClassStatistics) -> ClassStatistics:
    """Statistics of both data sets together; commutative and associative to rounding.

    >>> labels, statistics = jnp.array([0, 1, 1]), jax.jit(class_statistics, static_argnums=2)
    >>> parts = [statistics(jnp.array([[x], [7.0], [7.0]]), labels, 2) for x in (1.0, 3.0)]
    >>> both = jax.jit(merge_statistics)(*parts)
    >>> both.means.tolist(), both.scatter.tolist()
    ([[2.0], [7.0]], [2.0, 0.0])
    """
    counts = a.counts + b.counts
    dtype = a.means.dtype
    share = b.counts.astype(dtype) / jnp.maximum(counts, 1).astype(dtype)
    # an unseen class has no mean to be shifted from
    shift = jnp.where((a.counts > 0)[:, None], b.means - a.means, 0)
    weight = a.counts.astype(dtype) * share
    means = jnp.where((a.counts > 0)[:, None], a.means + share[:, None] * shift, b.means)
    within = a.within + b.within
    if within.size:
        shift = jnp.where((b.counts > 0)[:, None], shift, 0)
        within = within + jnp.matmul(shift.T, weight[:, None] * shift, precision=_EXACT)
    return ClassStatistics(counts, means, a.scatter + b.scatter + weight * jnp.sum(shift**2, axis=1), within)


def class_statistics_of_shard(
    features: Float[Array, "B d"],
    labels: Int[Array, " B"],
    classes: int,
    axis: Axis = None,
    *,
    covariance: bool = True,
    exact: bool = True,
) -> ClassStatistics:
    """`class_statistics` of the samples of all devices, inside `jax.shard_map`, the samples cut along a mesh axis.

    Args:
        features: of this device's samples.
        labels: of this device's samples.
        classes: K >= 2.
        axis: of the mesh; None where this is the only device.
        covariance: see `class_sums_init`.
        exact: the same bits on up to `BLOCKS` devices, see `core.blocks`, for `BLOCKS` times the memory of the result,
            and no more time on a CPU; else equal to rounding. The scatters of GPUs add in any order: there it takes
            `--xla_gpu_deterministic_ops=true` too.

    >>> statistics = jax.jit(class_statistics_of_shard, static_argnums=2)
    >>> s = statistics(jnp.array([[1.0], [3.0], [7.0]]), jnp.array([0, 0, 1]), 2)
    >>> s.means.tolist(), s.scatter.tolist()
    ([[2.0], [7.0]], [2.0, 0.0])
    """
    if exact or axis is None:

        def of_block(_: Array, x: Float[Array, "b d"], y: Int[Array, " b"]) -> ClassStatistics:
            return class_statistics(x, y, classes, covariance=covariance)

        return fold(in_blocks(of_block, [features, labels], axis, most=BLOCKS), merge_statistics, axis)
    return _merge_across(class_statistics(features, labels, classes, covariance=covariance), axis)


def _merge_across(statistics: ClassStatistics, axis: str) -> ClassStatistics:
    """The merged statistics of all shards along a mesh axis, inside `shard_map`: sums, no gathering."""
    own = statistics.counts.astype(statistics.means.dtype)
    counts = jax.lax.psum(statistics.counts, axis)
    total = jnp.maximum(counts, 1).astype(own.dtype)
    # a common reference keeps the digits of features far from zero
    reference = jax.lax.pmax(jnp.where((own > 0)[:, None], statistics.means, -jnp.inf), axis)
    reference = jnp.where((counts > 0)[:, None], reference, 0)
    offset = jnp.where((own > 0)[:, None], statistics.means - reference, 0)
    means = jax.lax.psum(own[:, None] * offset, axis) / total[:, None]
    shift = jnp.where((own > 0)[:, None], offset - means, 0)
    scatter = jax.lax.psum(statistics.scatter + own * jnp.sum(shift**2, axis=1), axis)
    within = statistics.within
    if within.size:
        within = jax.lax.psum(within + jnp.matmul(shift.T, own[:, None] * shift, precision=_EXACT), axis)
    return ClassStatistics(counts, reference + means, scatter, within)


def seen_classes(statistics: ClassStatistics) -> Bool[Array, " K"]:
    """Which classes have samples.

    >>> statistics = jax.jit(class_statistics, static_argnums=2)
    >>> seen_classes(statistics(jnp.array([[1.0], [3.0], [7.0]]), jnp.array([1, 1, 1]), 2)).tolist()
    [False, True]
    """
    return statistics.counts > 0


def check_labelled(features: Array, labels: Array, classes: int) -> None:
    """A ValueError for labels outside 0..K-1 and features that are not finite, where their values are known.

    >>> check_labelled(jnp.array([[1.0], [3.0]]), jnp.array([0, 2]), 2)
    Traceback (most recent call last):
    ValueError: labels run from 0 to 2; allowed are 0..1
    """
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ValueError(f"features has shape {features.shape}, labels {labels.shape}; allowed are (B, d) and (B,)")
    if not isinstance(labels, Tracer) and labels.size:
        known = np.asarray(labels)
        if known.min() < 0 or known.max() >= classes:
            raise ValueError(f"labels run from {known.min()} to {known.max()}; allowed are 0..{classes - 1}")
    if not isinstance(features, Tracer) and not bool(jnp.isfinite(features).all()):
        raise ValueError("features has entries that are NaN or infinite; allowed are finite ones")
