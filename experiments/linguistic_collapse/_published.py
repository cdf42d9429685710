"""The rows that the authors made public, read by name; and how surprising a correlation is."""

import csv
import re
from pathlib import Path

import numpy as np

NEEDED = {
    "model",
    "val_loss",
    "cdnv",
    "norms_log_mean",
    "norms_log_var",
    "interfere_var",
    "log_kern_mean",
    "log_kern_var",
    "simcos_mean",
    "simcos_var",
    "hits",
    "misses",
    "etf_error",
}


def published_rows(path: Path) -> dict[str, np.ndarray]:
    """The authors' rows; names are such as 02x0768_01d07@0: layers, width, epochs planned, decay and seed, epoch.

    Their CDNV has the fourth power of the distance, their inner products are not normalised, and the spread of the
    logarithm of lengths is over its mean.
    """
    try:
        lines = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise ValueError(f"published: {path} can't be read ({error.strerror}); must be the authors' csv file") from None
    if missing := sorted(NEEDED - (lines[0].keys() if lines else set())):
        raise ValueError(f"published: {path} lacks columns {missing}")

    def column(name):
        return np.array([float(line[name]) for line in lines])

    names = [line["model"] for line in lines]
    shape = [name.split("_")[0].split("x") for name in names]
    codes = [re.search(r"_\d+[a-zA-Z](\d*)@(\d+)", name) for name in names]
    if None in codes:
        raise ValueError(f"published: {names[codes.index(None)]!r} is no model name such as 02x0768_01d07@0")
    kernel_spread = np.sqrt(column("log_kern_var"))
    return {
        "width": np.array([float(s[1]) for s in shape]),
        "layers": np.array([float(s[0]) for s in shape]),
        "steps": np.array([float(code[2]) + 1 for code in codes]),
        "seed": np.array([float(code[1] or 0) for code in codes]),
        "loss": column("val_loss"),
        "distance": column("cdnv"),
        "log_norm": np.sqrt(column("norms_log_var")) / column("norms_log_mean"),
        "cosine": np.sqrt(column("interfere_var")),
        "kernel": kernel_spread / np.abs(column("log_kern_mean")),
        "kernel_mean": column("log_kern_mean"),
        "kernel_variance": column("log_kern_var"),
        "duality": column("simcos_mean"),
        "uniform_duality": np.sqrt(column("simcos_var")) / column("simcos_mean"),
        "agreement": column("hits") / (column("hits") + column("misses")),
        "etf_error": column("etf_error"),
    }


def permutation_p(x: np.ndarray, y: np.ndarray, shuffles: int, seed: int = 0) -> float:
    """Two-sided p-value of the correlation of x and y under shuffling, counting the data as one shuffle."""
    rng = np.random.default_rng(seed)
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    drawn = np.abs(rng.permuted(np.tile(y, (shuffles, 1)), axis=1) @ x)
    return float((1 + np.sum(drawn >= abs(x @ y) - 1e-12)) / (1 + shuffles))
