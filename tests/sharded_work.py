"""Small work of each pillar, and hashes of what comes out: alone, on a mesh, in a process of several.

The sizes make the blocks of lanes come out even, odd, and not at all.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from core.blocks import Axis
from core.dealing import over_devices
from core.particles.batches import batch_step
from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.loops import evolve
from core.particles.multiobjective import front_init, front_step, spread_weights
from core.particles.objectives import rastrigin
from core.particles.polarised import PolarisedParameters, polarised_step
from core.particles.sampling import SamplingParameters, sampling_step
from core.particles.swarm import swarm_init
from core.probes.class_statistics import class_statistics_of_shard
from core.probes.tokens_sharded import token_stats_of_rows, token_stats_of_shard
from core.trees.bits import dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded, simulate_words

AXIS = "devices"
STEPS = 6


class Work(NamedTuple):
    """One computation, written for one device or for a shard."""

    function: Callable[..., Any]  # (axis, *arrays)
    arrays: tuple[np.ndarray, ...]
    specs: tuple[P, ...]  # of the arrays
    results: Any  # spec, or tree of them


def swarm_work(d: int, particles: int, names: str) -> dict[str, Work]:
    x = np.random.default_rng(particles).uniform(-3, 3, (d, particles)).astype(np.float32)
    x[:, : particles // 8] *= 0.0
    x[:, : particles // 8] *= -1.0  # zeros of both signs: their place must not decide the sign of a result
    key = jax.random.key(1)
    cbo = CboParameters(1.0, 2.0, 0.5, 0.02)

    def run(step: Callable[..., Any]) -> Callable[..., Any]:
        def function(axis: Axis, position: jax.Array) -> Any:
            start = swarm_init(rastrigin, position, axis)
            swarm, path = evolve(lambda s: step(rastrigin, s, axis), start, STEPS, record=lambda s, a: a)
            return swarm.position, swarm.energy, (swarm.best_point, swarm.best_energy, path)

        return function

    steps = {
        "cbo": run(lambda f, s, axis: cbo_step(f, cbo, key, s, noise=isotropic, axis=axis)),
        "sampling": run(lambda f, s, axis: sampling_step(f, SamplingParameters(), key, s, axis=axis)),
        "polarised": run(lambda f, s, axis: polarised_step(f, PolarisedParameters(cbo), key, s, axis=axis)),
        "batch": run(lambda f, s, axis: batch_step(f, cbo, key, s, particles // 5, axis=axis)),
    }
    results = (P(None, AXIS), P(AXIS), P())
    return {f"{name} {d} {particles}": Work(steps[name], (x,), (P(None, AXIS),), results) for name in names.split()}


def front_work(particles: int) -> dict[str, Work]:
    x = np.random.default_rng(0).uniform(-2, 2, (2, particles)).astype(np.float32)

    def objectives(x: jax.Array) -> jax.Array:
        return jnp.stack([jnp.sum((x - 1) ** 2, axis=0), jnp.sum((x + 1) ** 2, axis=0)])

    def front(axis: Axis, x: jax.Array, weights: jax.Array) -> jax.Array:
        state, key = front_init(objectives, x, weights), jax.random.key(2)
        step = partial(front_step, objectives, CboParameters(1.0, 1.0, 10.0, 0.05), key, axis=axis)
        return evolve(step, state, 5)[0].position

    weights = np.asarray(spread_weights(particles), np.float32)
    return {f"front {particles}": Work(front, (x, weights), (P(None, AXIS), P(None, AXIS)), P(None, AXIS))}


def probe_work() -> dict[str, Work]:
    rng = np.random.default_rng(1)
    logits, tokens = (5 * rng.normal(size=(128, 8200))).astype(np.float32), rng.integers(0, 8200, 128).astype(np.int32)
    logits[1, :1100], logits[2, [5, 5000]] = -np.inf, 60.0  # a whole block masked; a tie across blocks
    features, labels = (10 + rng.normal(size=(376, 9))).astype(np.float32), rng.integers(0, 7, 376).astype(np.int32)
    return {
        "vocabulary": Work(
            lambda axis, z, k: token_stats_of_shard(z, k, axis), (logits, tokens), (P(None, AXIS), P()), P()
        ),
        "rows": Work(lambda axis, z, k: token_stats_of_rows(z, k, axis), (logits, tokens), (P(AXIS), P(AXIS)), P(AXIS)),
        "classes": Work(
            lambda axis, x, y: class_statistics_of_shard(x, y, 8, axis), (features, labels), (P(AXIS), P(AXIS)), P()
        ),
    }


def all_work() -> dict[str, Work]:
    few = swarm_work(3, 1000, "cbo sampling batch")  # 8 blocks of 125: neither lanes nor vectors come out even
    return {**few, **swarm_work(12, 192, "polarised"), **front_work(96), **probe_work()}


def alone(work: Work) -> Any:
    return jax.jit(partial(work.function, None))(*work.arrays)


def sharded(work: Work, mesh: Mesh) -> Any:
    arrays = [
        jax.make_array_from_callback(x.shape, NamedSharding(mesh, spec), lambda index, x=x: x[index])
        for x, spec in zip(work.arrays, work.specs, strict=True)
    ]
    return jax.jit(jax.shard_map(partial(work.function, AXIS), mesh=mesh, in_specs=work.specs, out_specs=work.results))(
        *arrays
    )


def trees(mesh: Mesh | None) -> jax.Array:
    """Words from the sixth on, in blocks that no device fills: the last have less to do."""
    law = Law(leaf=dyadic(5, 3), flip=dyadic(1, 4), correlation=dyadic(1, 3))
    some = {"law": law, "shape": Shape(3, 4), "words": 1001, "first": 6, "block": 48}
    count = partial(simulate_words, **some) if mesh is None else partial(simulate_sharded, mesh, axis=AXIS, **some)
    return jax.jit(count)(jax.random.key(0))


def seeds(mesh: Mesh | None) -> jax.Array:
    """Five trainings: fewer than the devices, or an uneven share each."""

    def train(key: jax.Array, rate: jax.Array) -> jax.Array:
        drawn = jax.random.normal(key, (19, 6))
        inputs, start = drawn[:16], drawn[16:].T

        def loss(weights: jax.Array) -> jax.Array:
            return jnp.mean((jnp.tanh(inputs @ weights) @ weights.T - inputs) ** 2)

        return jax.lax.fori_loop(0, 20, lambda _, w: w - rate * jax.grad(loss)(w), start)

    work = jax.random.split(jax.random.key(3), 5), jnp.linspace(0.1, 0.5, 5)
    if mesh is None:
        return jax.jit(partial(jax.lax.map, lambda run: train(*run)))(work)
    return jax.jit(partial(over_devices, mesh, train))(*work)


def digest(tree: Any) -> str:
    from core.run.together import on_host

    return hashlib.sha256(b"".join(on_host(x).tobytes() for x in jax.tree.leaves(tree))).hexdigest()[:16]


def digests(mesh: Mesh | None, works: dict[str, Work]) -> dict[str, str]:
    return {name: digest(alone(work) if mesh is None else sharded(work, mesh)) for name, work in works.items()}


def all_digests(mesh: Mesh | None, works: dict[str, Work]) -> dict[str, str]:
    """With those that bring their own sharding."""
    return {**digests(mesh, works), "trees": digest(trees(mesh)), "seeds": digest(seeds(mesh))}


def close_without_exactness(mesh: Mesh) -> None:
    """The cheaper merges, by plain psums, agree to rounding."""
    work = probe_work()
    for name, of_shard in (("vocabulary", token_stats_of_shard), ("classes", class_statistics_of_shard)):
        arguments = (8,) if name == "classes" else ()

        def loose(axis: Axis, x: jax.Array, y: jax.Array, of_shard=of_shard, arguments=arguments) -> Any:
            return of_shard(x, y, *arguments, axis=axis, exact=False)

        whole = jax.device_get(alone(work[name]))
        for a, b in zip(whole, jax.device_get(sharded(work[name]._replace(function=loose), mesh)), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4 * np.abs(a[np.isfinite(a)]).max())
