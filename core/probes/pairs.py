"""Statistics over all pairs of classes, in tiles: never a K x K array, however many classes there are.

Each tile is one product of matrices; tiles are tallied by Chan's rule. For several devices, give each its `part` of
the tiles and merge the tallies.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from core.probes.class_statistics import ClassStatistics, seen_classes
from core.probes.tally import Tally, merge_tallies, tally

_TILE = 1024
Kernel = Callable[[Float[Array, "t t"], Float[Array, " t"], Float[Array, " t"]], Float[Array, "t t"]]


def _tally_pairs(
    kernel: Kernel,
    points: Float[Array, "K d"],
    extra: Float[Array, " K"],
    counted: Bool[Array, " K"],
    *,
    tile: int = _TILE,
    part: tuple[int, int] = (0, 1),
) -> Tally:
    """Tally of kernel(‖p_i - p_j‖², e_i, e_j) over pairs i < j of points that count.

    Args:
        kernel: elementwise, of the squared distances (t, t) and the extras as a column (t, 1) and a row (1, t).
        points: rows; centre them first, for the sake of their digits.
        extra: one more number a point.
        counted: which points take part.
        tile: rows at a time; memory is a few arrays of tile².
        part: (index, parts): only every parts-th tile, from index on.
    """
    classes = points.shape[0]
    tile = min(tile, classes)
    blocks = -(-classes // tile)
    padding = blocks * tile - classes
    points = jnp.pad(points, ((0, padding), (0, 0)))
    extra, counted = jnp.pad(extra, (0, padding)), jnp.pad(counted, (0, padding))
    norms = jnp.sum(points**2, axis=1)
    floor = jnp.finfo(points.dtype).tiny
    pairs = np.array([(i, j) for i in range(blocks) for j in range(i, blocks)])[part[0] :: part[1]]

    def one_tile(seen: Tally, at: Array) -> tuple[Tally, None]:
        row, column = at[0] * tile, at[1] * tile

        def cut(array: Array, start: Array) -> Array:
            return jax.lax.dynamic_slice_in_dim(array, start, tile)

        left, right = cut(points, row), cut(points, column)
        inner = jnp.matmul(left, right.T, precision=jax.lax.Precision.HIGHEST)
        square = jnp.maximum(cut(norms, row)[:, None] + cut(norms, column)[None, :] - 2 * inner, floor)
        upper = (row + jnp.arange(tile))[:, None] < (column + jnp.arange(tile))[None, :]
        use = upper & cut(counted, row)[:, None] & cut(counted, column)[None, :]
        values = kernel(square, cut(extra, row)[:, None], cut(extra, column)[None, :])
        return merge_tallies(seen, tally(values, use)), None

    zero = jnp.zeros((), points.dtype)
    return jax.lax.scan(one_tile, Tally(zero, zero, zero), jnp.asarray(pairs))[0]


def class_distance_variance(
    statistics: ClassStatistics, *, exponent: float = 1.0, tile: int = _TILE, part: tuple[int, int] = (0, 1)
) -> Tally:
    """CDNV: ½ (v_i + v_j) / ‖μ_i - μ_j‖^(2p) over pairs; v is the mean square distance from the class mean.

    Args:
        statistics: with K >= 2 classes seen.
        exponent: p; 1 is Galanti et al.'s definition, 2 is what the authors of "Linguistic Collapse" computed.
        tile: see `_tally_pairs`.
        part: see `_tally_pairs`.

    >>> means, scatter = jnp.array([[1.0], [5.0]]), jnp.array([2.0, 2.0])
    >>> two = ClassStatistics(jnp.array([2, 2]), means, scatter, jnp.array([[4.0]]))
    >>> float(jax.jit(class_distance_variance)(two).mean)  # ½ (1 + 1) / 4²
    0.0625
    """
    spread = statistics.scatter / jnp.maximum(statistics.counts, 1).astype(statistics.scatter.dtype)

    def kernel(square, left, right):
        return (left + right) / 2 / square**exponent

    means = centred_means(statistics.means, seen_classes(statistics))
    return _tally_pairs(kernel, means, spread, seen_classes(statistics), tile=tile, part=part)


def log_kernel(
    means: Float[Array, "K d"], seen: Bool[Array, " K"], *, tile: int = _TILE, part: tuple[int, int] = (0, 1)
) -> Tally:
    """Generalised NC2: -ln ‖u_i - u_j‖ over pairs of normalised centred means.

    >>> round(float(jax.jit(log_kernel)(jnp.array([[1.0], [5.0]]), jnp.ones(2, bool)).mean), 4)  # opposite: -log 2
    -0.6931
    """
    unit = unit_rows(centred_means(means, seen))
    return _tally_pairs(lambda square, *_: -jnp.log(square) / 2, unit, jnp.zeros(unit.shape[0], unit.dtype), seen,
                       tile=tile, part=part)  # fmt: skip


def riesz_kernel(
    means: Float[Array, "K d"],
    seen: Bool[Array, " K"],
    *,
    exponent: float = 1.0,
    tile: int = _TILE,
    part: tuple[int, int] = (0, 1),
) -> Tally:
    """Generalised NC2: ‖u_i - u_j‖^(-s) over pairs of normalised centred means.

    >>> round(float(jax.jit(riesz_kernel)(jnp.array([[1.0], [5.0]]), jnp.ones(2, bool)).mean), 4)  # opposite: 1/2
    0.5
    """
    unit = unit_rows(centred_means(means, seen))
    return _tally_pairs(lambda square, *_: square ** (-exponent / 2), unit, jnp.zeros(unit.shape[0], unit.dtype), seen,
                       tile=tile, part=part)  # fmt: skip


def centred_means(means: Float[Array, "K d"], seen: Bool[Array, " K"]) -> Float[Array, "K d"]:
    """Class means less their mean, each class counted once; zero for classes that were not seen.

    >>> centred_means(jnp.array([[1.0], [5.0]]), jnp.ones(2, bool)).tolist()
    [[-2.0], [2.0]]
    """
    count = jnp.maximum(jnp.sum(seen), 1).astype(means.dtype)
    # twice, so that an offset of a thousand is gone to the last digit
    for _ in range(2):
        centre = jnp.sum(jnp.where(seen[:, None], means, 0), axis=0) / count
        means = jnp.where(seen[:, None], means - centre[None, :], 0)
    return means


def unit_rows(rows: Float[Array, "K d"]) -> Float[Array, "K d"]:
    """Rows of length one; a zero row stays.

    >>> unit_rows(jnp.array([[0.0, 2.0], [0.0, 0.0]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    length = jnp.linalg.norm(rows, axis=1, keepdims=True)
    return rows / jnp.where(length > 0, length, 1)
