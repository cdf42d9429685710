import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.reductions import coordinate_sum, first_lowest, pick, swarm_min, swarm_sum

RUN = """
import hashlib
import jax
jax.config.update("jax_num_cpu_devices", 8)
import jax.numpy as jnp
from jax.sharding import PartitionSpec as P
from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.loops import evolve
from core.particles.objectives import rastrigin
from core.particles.swarm import swarm_init
from core.run.platform import use_compile_cache

use_compile_cache()
x = jax.random.uniform(jax.random.key(0), (3, 400), jnp.float32, -3, 3)
parameters = CboParameters(1.0, 2.0, 0.5, 0.02)

def run(x, axis):
    step = lambda s: cbo_step(rastrigin, parameters, jax.random.key(1), s, noise=isotropic, axis=axis)
    swarm, path = evolve(step, swarm_init(rastrigin, x, axis), 60, record=lambda s, a: a.point)
    return swarm.position, swarm.best_point, swarm.best_energy, path

def digest(out):
    return hashlib.sha256(b"".join(array.tobytes() for array in jax.device_get(out))).hexdigest()

print(digest(jax.jit(lambda x: run(x, None))(x)))
for count in (1, 2, 4, 8):
    mesh = jax.sharding.Mesh(jax.devices()[:count], "d")
    specs = (P(None, "d"), P(), P(), P())
    print(digest(jax.jit(jax.shard_map(lambda x: run(x, "d"), mesh=mesh, in_specs=P(None, "d"), out_specs=specs))(x)))
"""


def test_one_two_four_and_eight_devices_walk_through_the_same_bits():
    child = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 0, child.stderr[-2000:]
    digests = child.stdout.split()
    assert len(digests) == 5
    assert len(set(digests)) == 1


@pytest.mark.parametrize("particles", [1, 7, 100, 1000, 1280])
def test_sums_are_sums(particles):
    values = np.random.default_rng(0).normal(size=(3, particles))
    np.testing.assert_allclose(swarm_sum(jnp.asarray(values)), values.sum(1), rtol=1e-12)
    np.testing.assert_allclose(coordinate_sum(jnp.asarray(values)), values.sum(0), rtol=1e-12)


def test_long_single_precision_sums_lose_little():
    values = jnp.full(10**6, np.float32(0.1))
    assert float(swarm_sum(values)) == pytest.approx(1e6 * float(np.float32(0.1)), rel=2e-6)


def test_minimum_and_its_first_place():
    values = jnp.array([3.0, 1.0, 2.0, 1.0])
    place = first_lowest(values, swarm_min(values))
    assert int(place) == 1
    assert pick(jnp.arange(8.0).reshape(2, 4), place).tolist() == [1, 5]
