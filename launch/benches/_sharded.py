"""The work of each pillar on a mesh of so many devices, in a process of its own that is told when to run.

    python -m launch.benches._sharded <work> <size> <devices> <fixed | any>

says in a line of JSON that it is warm, with its memory; then, for each line that it reads, runs once and says the cost.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from core.particles import swarm
from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.objectives import rastrigin
from core.probes.class_statistics import class_statistics, class_statistics_of_shard, seen_classes
from core.probes.pairs import log_kernel
from core.probes.tokens_sharded import token_stats_of_shard
from core.run.mesh import DEVICES, device_mesh
from core.run.platform import set_devices, use_compile_cache, use_wide_vectors
from core.trees.bits import dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded
from launch.measure import Memory, memory_of

STEPS, COORDINATES, TOKENS, FEATURES, CLASSES = 10, 20, 64, 256, 100
SHAPE = Shape(3, 7)


class Work(NamedTuple):
    """A program on a mesh, and its arrays."""

    program: Callable[..., Any]
    make: Callable[[], Any]  # the arrays, whole
    specs: tuple[P, ...]  # how they are cut


def particles(mesh: Mesh, size: int, exact: bool) -> Work:
    """Steps of CBO; without `exact`, the swarm's sums are plain ones and a psum."""

    def sums(values: jax.Array, axis: Any = None) -> jax.Array:
        return jax.lax.psum(jnp.sum(values, axis=-1), axis)

    def run(position: jax.Array) -> Any:
        start = swarm.swarm_init(rastrigin, position, DEVICES)
        parameters = CboParameters(1.0, 0.15, 0.05, 0.01)  # so small an α that many particles have weight
        step = partial(cbo_step, rastrigin, parameters, jax.random.key(1), noise=isotropic, axis=DEVICES)
        with patch.object(swarm, "ordered_sum", swarm.ordered_sum if exact else sums):
            return jax.lax.fori_loop(0, STEPS, lambda _, s: step(s)[0], start).position

    cut = P(None, DEVICES)
    make = partial(jax.random.uniform, jax.random.key(0), (COORDINATES, size), minval=-3.0, maxval=3.0)
    return Work(jax.shard_map(run, mesh=mesh, in_specs=cut, out_specs=cut), lambda: (make(),), (cut,))


def trees(mesh: Mesh, size: int, exact: bool) -> Work:
    """Voting trees, `size` words of them; counts are whole numbers, so that every order is exact."""
    law = Law(leaf=dyadic(37, 6), flip=dyadic(1, 3), correlation=dyadic(1, 3))
    count = partial(simulate_sharded, mesh, law=law, shape=SHAPE, words=size, axis=DEVICES)
    return Work(count, lambda: (jax.random.key(0),), (P(),))


def tokens(mesh: Mesh, size: int, exact: bool) -> Work:
    """Statistics of tokens, a vocabulary of `size` cut over the devices."""

    def make() -> Any:
        return 5 * jax.random.normal(jax.random.key(0), (TOKENS, size)), jnp.arange(TOKENS)

    cuts = P(None, DEVICES), P()
    run = partial(token_stats_of_shard, axis=DEVICES, exact=exact)
    return Work(jax.shard_map(run, mesh=mesh, in_specs=cuts, out_specs=P()), make, cuts)


def classes(mesh: Mesh, size: int, exact: bool) -> Work:
    """Counts, means, scatters and covariance of `size` samples cut over the devices."""
    cuts = P(DEVICES), P(DEVICES)
    run = partial(class_statistics_of_shard, classes=CLASSES, axis=DEVICES, exact=exact)
    program = jax.shard_map(run, mesh=mesh, in_specs=cuts, out_specs=P())
    return Work(program, partial(_labelled, size, CLASSES), cuts)


def pairs(mesh: Mesh, size: int, exact: bool) -> Work:
    """Statistics of `size` classes, then a kernel of all their pairs; on every device the same."""

    def run(features: jax.Array, labels: jax.Array) -> Any:
        found = class_statistics(features, labels, size, covariance=False)
        return log_kernel(found.means, seen_classes(found))

    return Work(run, partial(_labelled, size, size), (P(), P()))


def _labelled(samples: int, classes: int) -> tuple[jax.Array, jax.Array]:
    return jax.random.normal(jax.random.key(0), (samples, FEATURES)), jnp.arange(samples) % classes


WORKS = {work.__name__: work for work in (particles, trees, tokens, classes, pairs)}


def main(argv: Sequence[str]) -> None:
    """See the module."""
    name, size, devices, order = argv
    set_devices(int(devices))
    use_wide_vectors()
    use_compile_cache()
    mesh = device_mesh(jax.devices()[: int(devices)])
    work = WORKS[name](mesh, int(size), order == "fixed")
    arrays = jax.jit(work.make, out_shardings=tuple(NamedSharding(mesh, spec) for spec in work.specs))()
    compiled = jax.jit(work.program).lower(*arrays).compile()
    found = jax.device_get(compiled(*arrays))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    memory: Memory = memory_of(compiled)._replace(process=held)
    print(json.dumps({"memory": memory, **_summary(found)}), flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        jax.block_until_ready(compiled(*arrays))
        print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]), flush=True)


def _summary(found: Any) -> dict[str, Any]:
    leaves = jax.tree.leaves(found)
    return {
        "bits": hashlib.sha256(b"".join(x.tobytes() for x in leaves)).hexdigest(),
        "sums": [float(x.sum(dtype=float)) for x in leaves],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
