"""A long random walk, for tests that kill it.

Cost: 1 s
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from core.run.experiment import Experiment
from core.run.main import main


@dataclass(frozen=True)
class Config:
    steps: int = 400


def compute(config, key, run):
    def step(state, index):
        walk, key = state
        key, now = jax.random.split(key)
        walk = 0.99 * walk + jax.random.normal(now, walk.shape)
        return (walk, key), walk[::100]

    # spread over all devices, and so over all processes
    walk = jax.device_put(jnp.zeros(1000), NamedSharding(run.mesh, PartitionSpec("devices")))
    (walk, _), path = run.scan(step, (walk, key), config.steps, name="walk", chunk=40)
    return {"walk": walk, "path": path, "end": path[-1, :2]}


def write(draw, folder, provenance):
    for kind in ("png", "pdf", "svg"):
        (folder / f"figure.{kind}").write_text(str(draw()))


EXPERIMENT = Experiment({"laptop": Config()}, compute, lambda config, arrays: arrays["path"].sum())

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, write))
