"""Class statistics and pairs of classes, against the package neural-collapse and against what torch does at its best.

The package (rhubarbwu/neural-collapse, from its own repository) makes one-hot products, and differences of all pairs in
tiles. Torch at its best sums squares before it multiplies, and finds distances by one product, K x K at a time.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from core.probes.class_statistics import class_sums_compute, class_sums_init, class_sums_update
from core.probes.pairs import log_kernel
from core.probes.tally import tally_variance
from launch.benches.scaling import memory_alone
from launch.limits import copies, products
from launch.measure import Curve, Line, Peer, import_torch, installed

ROWS, BATCH, WIDTH = 16_384, 2048, 256
MOST_WHOLE = 16_384  # classes: a whole array of all pairs takes 1 GB there, and its peer several


def lines(quick: bool) -> Iterator[Line]:
    """Both kinds of work at two numbers of classes each; then the growth."""
    rows = BATCH if quick else ROWS
    for classes, goal in ((10, "≥ 3x"), (1000, "≥ 10x")):
        yield from (_accumulation(rows, classes, goal, peer) for peer in ("package", "torch"))
    for classes in (512,) if quick else (4096, 32_768):
        yield from (_pairs(classes, "≥ 15x; within 1 GB", peer) for peer in ("package", "torch"))
    yield from (_growing_pairs(classes) for classes in ((256, 512) if quick else (2048, 4096, 8192, 16_384)))
    yield from (_growing_classes(rows, classes) for classes in ((10, 100) if quick else (10, 100, 1000, 10_000)))


def _samples(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, WIDTH), dtype=np.float32), rng.integers(0, classes, rows)


def _streamed(features: np.ndarray, labels: np.ndarray, classes: int) -> Callable[[], tuple[np.ndarray, ...]]:
    """Means and scatters of a stream of batches, the sums donated."""
    update = jax.jit(class_sums_update, donate_argnums=0)
    batches = [
        (jnp.asarray(features[i : i + BATCH]), jnp.asarray(labels[i : i + BATCH])) for i in range(0, len(labels), BATCH)
    ]

    def run() -> tuple[np.ndarray, ...]:
        sums = class_sums_init(classes, WIDTH, covariance=False, dtype=jnp.float32)
        for batch in batches:
            sums = update(sums, *batch)
        found = class_sums_compute(sums)
        return np.asarray(found.counts), np.asarray(found.means), np.asarray(found.scatter)

    return run


def _accumulation(rows: int, classes: int, goal: str, peer: str) -> Line:
    features, labels = _samples(rows, classes)
    name, module, make = {
        "package": ("neural-collapse", "neural_collapse", _accumulators),
        "torch": ("torch, one-hot, two passes", "torch", _one_hot),
    }[peer]
    return Line(
        f"collapse accumulate K={classes} {peer}",
        "ns per coordinate",
        float(rows * WIDTH),
        _streamed(features, labels, classes),
        Peer(
            name,
            make(features, labels, classes) if installed(module) else None,
            lambda ours, theirs: all(
                np.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(ours, theirs, strict=True)
            ),
        ),
        copies(rows * WIDTH),
        goal,
    )


def _accumulators(features: np.ndarray, labels: np.ndarray, classes: int) -> Callable[[], tuple[np.ndarray, ...]]:
    torch = import_torch()
    accumulate = import_module("neural_collapse.accumulate")
    batches = list(zip(torch.from_numpy(features).split(BATCH), torch.from_numpy(labels).split(BATCH), strict=True))

    def run() -> tuple[np.ndarray, ...]:
        means = accumulate.MeanAccumulator(classes, WIDTH)
        for batch in batches:
            means.accumulate(*batch)
        found, _ = means.compute()
        scatter = accumulate.VarNormAccumulator(classes, WIDTH, M=found)
        for batch in batches:
            scatter.accumulate(*batch, found)
        return means.ns_samples.numpy(), found.numpy(), scatter.totals.numpy()

    return run


def _one_hot(features: np.ndarray, labels: np.ndarray, classes: int) -> Callable[[], tuple[np.ndarray, ...]]:
    torch = import_torch()
    x, y = torch.from_numpy(features).split(BATCH), torch.from_numpy(labels).split(BATCH)

    def run() -> tuple[np.ndarray, ...]:
        counts, means, scatter = torch.zeros(classes), torch.zeros(classes, WIDTH), torch.zeros(classes)
        for features, labels in zip(x, y, strict=True):
            marks = torch.nn.functional.one_hot(labels, classes).float()
            counts += marks.sum(0)
            means += marks.T @ features
        means /= counts.clamp(min=1)[:, None]
        for features, labels in zip(x, y, strict=True):
            marks = torch.nn.functional.one_hot(labels, classes).float()
            rest = features - marks @ means
            scatter += marks.T @ (rest * rest).sum(1)
        return counts.numpy(), means.numpy(), scatter.numpy()

    return run


def _kernel(classes: int) -> tuple[Callable[[], tuple[float, float]], np.ndarray]:
    """Mean and variance over pairs of -ln of the distance of normalised means, and these means."""
    means = np.random.default_rng(0).standard_normal((classes, WIDTH), dtype=np.float32)
    points, seen = jnp.asarray(means), jnp.ones(classes, bool)
    tallied = jax.jit(log_kernel)

    def run() -> tuple[float, float]:
        found = tallied(points, seen)
        return float(found.mean), float(tally_variance(found))

    return run, means


def _pairs(classes: int, goal: str, peer: str) -> Line:
    run, means = _kernel(classes)
    small = classes <= MOST_WHOLE
    name, module, make = {
        "package": ("neural-collapse, tiles of 64", "neural_collapse", _tiles),
        "torch": ("torch, whole K x K", "torch", _whole),
    }[peer]
    return Line(
        f"collapse pairs K={classes} {peer}",
        "ns per pair",
        classes * (classes - 1) / 2,
        run,
        Peer(
            name,
            make(means) if small and installed(module) else None,
            lambda a, b: bool(np.allclose(a, b, rtol=2e-3, atol=1e-6)),
            missing="not installed" if small else "needs 13 GB" if peer == "torch" else "takes minutes",
        ),
        products(classes**2 / 2, WIDTH),
        goal,
        memory=partial(memory_alone, "pairs", classes),  # the statistics of so many classes, too
    )


def _tiles(means: np.ndarray) -> Callable[[], tuple[float, float]]:
    rows, kernels = import_torch().from_numpy(means), import_module("neural_collapse.kernels")
    return lambda: kernels.kernel_stats(rows, rows.mean(0), kernels.log_kernel, tile_size=64)


def _whole(means: np.ndarray) -> Callable[[], tuple[float, float]]:
    torch = import_torch()
    rows = torch.from_numpy(means)

    def run() -> tuple[float, float]:
        centred = rows - rows.mean(0)
        unit = centred / centred.norm(dim=1, keepdim=True)
        distance = torch.cdist(unit, unit)
        upper = torch.triu_indices(len(unit), len(unit), 1)
        values = -torch.log(distance[upper[0], upper[1]])
        return float(values.mean()), float(values.var(unbiased=False))

    return run


def _growing_pairs(classes: int) -> Line:
    curve = Curve("pairs of classes", "K", classes, 2.0)
    return Line(f"collapse growth pairs K={classes}", "ns per pair", classes**2 / 2, _kernel(classes)[0], curve=curve)


def _growing_classes(rows: int, classes: int) -> Line:
    run: Callable[[], Any] = _streamed(*_samples(rows, classes), classes)
    curve = Curve("class sums of a data set", "K", classes, 0.0)
    return Line(f"collapse growth classes K={classes}", "ns per coordinate", float(rows * WIDTH), run, curve=curve)
