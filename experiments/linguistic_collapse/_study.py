"""Small transformers on a synthetic language, measured: the rows that all figures of this paper share.

A row is one model at one moment of its training. With `published` the rows are those that the authors made public.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from core.data.zipf_language import Language, sample_language, sample_sequences
from core.dealing import over_devices
from core.networks.transformer import transformer
from core.probes.report import CollapseReport, collapse_report
from core.probes.tally import tally_variance
from experiments.linguistic_collapse._published import published_rows


@dataclass(frozen=True)
class Study:
    """The language, the models and their training; or `published`, a path to the authors' rows."""

    vocabulary: int = 128
    states: int = 96
    length: int = 16
    widths: tuple[int, ...] = (8, 32)
    layers: tuple[int, ...] = (1, 2)
    steps: tuple[int, ...] = (30, 100, 300)
    seeds: int = 1
    batch: int = 64
    test_texts: int = 256
    rate: float = 5e-3
    published: str = ""

    def __post_init__(self):
        """Refuses models that can't be built."""
        if list(self.steps) != sorted(set(self.steps)) or min(self.steps) < 1:
            raise ValueError(f"steps: {self.steps}, must rise from 1 or more")
        if any(w < 2 or w % 2 for w in self.widths) or min(self.layers) < 1:
            raise ValueError(f"widths: {self.widths}, must be even and >= 2, layers={self.layers} >= 1")


Kind = TypeVar("Kind", bound=Study)
# one for all figures, so that they share what is compiled
SMOKE = {"vocabulary": 16, "states": 8, "length": 4, "widths": (4,), "layers": (1,), "steps": (2, 4), "seeds": 3,
         "batch": 4, "test_texts": 16}  # fmt: skip
PAPER = {"vocabulary": 2048, "states": 1024, "length": 64, "widths": (64, 128, 256, 512), "layers": (1, 2, 4, 8),
         "steps": (1000, 3000, 10_000), "batch": 256, "test_texts": 2048, "rate": 1e-3}  # fmt: skip


def presets(kind: type[Kind], **paper: Any) -> dict[str, Kind]:
    """Those of one figure: its own sizes on a laptop, and `paper` in place of the common ones of the paper."""
    return {"smoke": kind(**SMOKE), "laptop": kind(), "paper": kind(**PAPER | paper)}


_TOGETHER = 10  # steps in one call

METRICS = {
    "distance": "NC1: CDNV",
    "log_norm": "NC2: spread of log length",
    "cosine": "NC2: spread of cosines",
    "kernel": "GNC2: variation of log kernel",
    "duality": "NC3: mean cosine to the head",
    "uniform_duality": "UNC3: variation of that cosine",
    "agreement": "NC4: agreement with nearest mean",
}


def names(config: Study) -> dict[str, str]:
    """What the metrics are called: the published spread is not of cosines, nor is their CDNV the usual one."""
    other = {"distance": "NC1: CDNV, fourth powers", "cosine": "NC2: spread of inner products"}
    return METRICS | other if config.published else METRICS


def rows(config: Study, key: jax.Array, mesh: Mesh) -> dict[str, np.ndarray]:
    """Columns: width, layers, steps, seed, loss, etf_error and the metrics."""
    if config.published:
        return published_rows(Path(config.published))
    return trained_rows(config, key, mesh, tuple(product(config.widths, config.layers)))


def trained_rows(
    config: Any, key: jax.Array, mesh: Mesh, architectures: Sequence[tuple[int, int]]
) -> dict[str, np.ndarray]:
    """Every architecture (width, layers), each with every seed at every checkpoint.

    Compiling costs more than running here, so what need not know the architecture is compiled once, and what need not
    know the length of training once for all figures: texts are drawn for a few steps at a time, apart from the steps
    that learn from them, and all features are padded with zeros, which no metric sees. There is one seed at a time on
    each device of the mesh, so that no program knows how many there are.
    """
    language_key, test_keys, seed_keys = _keys(key, config.seeds, mesh.size)
    language = _language(language_key, config.vocabulary, config.states)
    chunk, widest, found = math.gcd(_TOGETHER, *config.steps), max(width for width, _ in architectures), []

    def texts(keys: jax.Array, first: int) -> jax.Array:
        return _texts(keys, np.arange(first, first + chunk), language, config.batch, config.length + 1)

    pieces = math.ceil(config.test_texts / (chunk * config.batch))
    test = _joined([texts(test_keys, chunk * piece) for piece in range(pieces)], config.test_texts)
    for width, layers in architectures:
        start, learn, look = network(mesh, config.vocabulary, config.length, width, layers, config.rate, widest)
        seen = []
        for seeds, (init_keys, data_keys) in seed_keys:
            states = start(init_keys)
            for done in range(chunk, config.steps[-1] + 1, chunk):
                states = learn(states, texts(data_keys, done - chunk), config.steps[-1])
                if done in config.steps:
                    reports = jax.device_get(_reports(*look(states[0], test), test))
                    for place, seed in enumerate(seeds):
                        row = {"width": width, "layers": layers, "seed": seed, "steps": done}
                        seen.append(row | {name: column[place] for name, column in reports.items()})
        found += sorted(seen, key=lambda row: row["seed"])
    return {name: np.array([float(row[name]) for row in found]) for name in found[0]}


@cache
def network(
    mesh: Mesh, vocabulary: int, length: int, width: int, layers: int, rate: float, widest: int
) -> tuple[Callable, ...]:
    """One architecture, compiled, for every seed: start from keys, steps on texts (seeds, steps, batch, length), look.

    What is seen has zeros up to the widest, so that metrics are compiled once for all. The rate falls to zero along a
    cosine, over as many steps as `learn` is told.
    """
    model = transformer(vocabulary, length, width=width, layers=layers, heads=2)

    def optimiser(last):
        return optax.adamw(lambda step: rate * (1 + jnp.cos(jnp.pi * step / last)) / 2, weight_decay=1e-4)

    def start(key):
        params = model.init(key)
        return params, optimiser(1).init(params)

    def loss(params, texts):
        logits = model.apply(params, texts[:, :-1])
        return optax.softmax_cross_entropy_with_integer_labels(logits, texts[:, 1:]).mean()

    def learn(state, texts, last):
        def step(state, texts):
            params, moments = state
            updates, moments = optimiser(last).update(jax.grad(loss)(params, texts), moments, params)
            return (optax.apply_updates(params, updates), moments), None

        return jax.lax.scan(step, state, texts)[0]

    def look(params, texts):
        bare = {**params, "head": {"kernel": jnp.eye(width)}}  # the logits of an identity head are the features
        features, head = model.apply(bare, texts[:, :-1]).reshape(-1, width), params["head"]["kernel"]
        errors = optax.softmax_cross_entropy_with_integer_labels(features @ head, texts[:, 1:].reshape(-1))
        return errors.mean(), *(jnp.pad(x, ((0, 0), (0, widest - width))) for x in (features, head.T))

    def starts(keys):
        return over_devices(mesh, start, keys)

    def learns(states, texts, last):
        return over_devices(mesh, lambda state, texts: learn(state, texts, last), states, texts)

    def looks(params, texts):
        return over_devices(mesh, lambda params: look(params, texts), params)

    everywhere = NamedSharding(mesh, PartitionSpec())  # each process reads what all have seen
    return jax.jit(starts), jax.jit(learns), jax.jit(looks, out_shardings=everywhere)


_language = jax.jit(sample_language, static_argnums=(1, 2))


def _keys(key: jax.Array, seeds: int, devices: int) -> tuple[jax.Array, jax.Array, list[Any]]:
    """Of the language, of the test, and (init, data) of the seeds that learn together; one a device but for the first.

    Keys of the test have the shape of those to learn with: drawing is compiled once.
    """
    groups = np.array_split(np.arange(seeds), range(devices, seeds, devices))

    @jax.jit
    def split(key):
        language_key, test_key, seed_key = jax.random.split(key, 3)
        pairs = jax.vmap(jax.random.split)(jax.random.split(seed_key, seeds))
        together = [tuple(pairs[np.resize(group, devices)].T) for group in groups]
        return language_key, jnp.broadcast_to(test_key, devices), together

    language_key, test_keys, together = split(key)
    return language_key, test_keys, list(zip(groups, together, strict=True))


@partial(jax.jit, static_argnums=1)
def _joined(pieces: list[jax.Array], count: int) -> jax.Array:
    texts = jnp.concatenate([piece[0] for piece in pieces])  # those of the first device: all are the same
    return texts.reshape(-1, texts.shape[-1])[:count]


@partial(jax.jit, static_argnums=(3, 4))
def _texts(keys: jax.Array, steps: jax.Array, language: Language, count: int, length: int) -> jax.Array:
    def draw(key, step):
        return sample_sequences(jax.random.fold_in(key, step), language, count, length)

    return jax.vmap(jax.vmap(draw, (None, 0)), (0, None))(keys, steps)


@jax.jit
def _reports(losses: jax.Array, features: jax.Array, heads: jax.Array, texts: jax.Array) -> dict[str, jax.Array]:
    """Loss and metrics of every seed that learned together."""
    labels = texts[:, 1:].reshape(-1)
    metrics = jax.lax.map(lambda seed: summary(collapse_report(seed[0], labels, seed[1])), (features, heads))
    return {"loss": losses} | metrics


def summary(report: CollapseReport) -> dict[str, jax.Array]:
    """The numbers of a report that the figures show."""
    return {
        "distance": report.class_distance.mean,
        "log_norm": report.geometry.log_norm_deviation,
        "cosine": report.geometry.cosine_deviation,
        "kernel": jnp.sqrt(tally_variance(report.log_kernel)) / jnp.abs(report.log_kernel.mean),
        "kernel_mean": report.log_kernel.mean,
        "kernel_variance": tally_variance(report.log_kernel),
        "duality": report.duality.cosine_mean,
        "uniform_duality": jnp.abs(report.duality.cosine_variation),
        "agreement": report.agreement,
        "etf_error": report.geometry.etf_error,
    }


def width_ticks(ax: Axes, widths: np.ndarray) -> None:
    """A logarithmic axis with a tick at each width, and its number where there is room."""
    ticks = np.unique(widths)
    roomy = [*(ticks[1:] / ticks[:-1] > 1.4), True]
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{w:g}" if room else "" for w, room in zip(ticks, roomy, strict=True)], minor=False)
    ax.xaxis.set_minor_locator(NullLocator())
