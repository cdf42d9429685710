"""Small transformers on a synthetic language, measured: the rows that all figures of this paper share.

A row is one model at one moment of its training. With `published` the rows are those that the authors made public.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.axes import Axes

from core.data.zipf_language import sample_language, sample_sequences
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


METRICS = {
    "distance": "NC1: CDNV",
    "log_norm": "NC2: spread of log length",
    "cosine": "NC2: spread of cosines",
    "kernel": "GNC2: variation of log kernel",
    "duality": "NC3: mean cosine to the head",
    "uniform_duality": "UNC3: variation of that cosine",
    "agreement": "NC4: agreement with nearest mean",
}


def rows(config: Study, key: jax.Array) -> dict[str, np.ndarray]:
    """Columns: width, layers, steps, seed, loss, etf_error and the metrics."""
    if config.published:
        return published_rows(Path(config.published))
    parts = [trained_rows(config, key, w, d) for d in config.layers for w in config.widths]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def trained_rows(config: Any, key: jax.Array, width: int, layers: int) -> dict[str, np.ndarray]:
    """One architecture: every seed at every checkpoint."""
    model = transformer(config.vocabulary, config.length, width=width, layers=layers, heads=2)
    language_key, test_key, seed_key = jax.random.split(key, 3)
    language = sample_language(language_key, config.vocabulary, config.states)
    test = sample_sequences(test_key, language, config.test_texts, config.length + 1)
    optimiser = optax.adamw(optax.cosine_decay_schedule(config.rate, config.steps[-1]), weight_decay=1e-4)

    def loss(params, texts):
        logits = model.apply(params, texts[:, :-1])
        return optax.softmax_cross_entropy_with_integer_labels(logits, texts[:, 1:]).mean()

    def step(state, key):
        params, moments = state
        texts = sample_sequences(key, language, config.batch, config.length + 1)
        updates, moments = optimiser.update(jax.grad(loss)(params, texts), moments, params)
        return optax.apply_updates(params, updates), moments

    def measure(params):
        bare = {**params, "head": {"kernel": jnp.eye(width)}}  # the logits of an identity head are the features
        features = model.apply(bare, test[:, :-1]).reshape(-1, width)
        head = params["head"]["kernel"].T
        report = collapse_report(features, test[:, 1:].reshape(-1), head)
        return {"loss": loss(params, test), **summary(report)}

    def train(key):
        init_key, data_key = jax.random.split(key)
        params = model.init(init_key)

        def stretch(state, ends):
            state = jax.lax.fori_loop(*ends, lambda i, s: step(s, jax.random.fold_in(data_key, i)), state)
            return state, measure(state[0])

        ends = jnp.array((0, *config.steps[:-1])), jnp.array(config.steps)
        return jax.lax.scan(stretch, (params, optimiser.init(params)), ends)[1]

    # one after the other: side by side the probes' slices would become gathers
    found = jax.jit(lambda keys: jax.lax.map(train, keys))(jax.random.split(seed_key, config.seeds))
    seed, step_count = np.meshgrid(np.arange(config.seeds), config.steps, indexing="ij")
    found |= {"width": np.full(seed.shape, width), "layers": np.full(seed.shape, layers), "seed": seed}
    return {name: np.asarray(x, float).ravel() for name, x in {**found, "steps": step_count}.items()}


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
    ax.xaxis.set_minor_formatter("")
