"""Runs on the tiny transformer that the figures of this paper have in common."""

from dataclasses import dataclass

import jax

from core.policies.interventions.interface import Intervention
from core.policies.testbed import compare_on_sums


@dataclass(frozen=True)
class Config:
    """Length and number of the runs, and how many of the methods run."""

    rollouts: int = 100
    seeds: int = 8
    imitation: int = 600
    methods: int = 5

    def __post_init__(self):
        if self.seeds < 2:
            raise ValueError(f"seeds={self.seeds}: must be >= 2 for an interval")


PRESETS = {"smoke": Config(3, 2, 5, methods=2), "laptop": Config(), "paper": Config(400, 32, 1000)}


def compute_reports(methods: dict[str, Intervention], config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    sizes = {"rollouts": config.rollouts, "seeds": config.seeds, "imitation": config.imitation}
    reports = compare_on_sums(list(methods.values())[: config.methods], key, **sizes)
    return {name: reports[name] for name in ("decision_entropy", "reward", "touched")}
