import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.reductions import coordinate_sum, first_lowest, pick, swarm_min, swarm_sum

RUN = """
import sys, hashlib, jax
devices = int(sys.argv[1])
jax.config.update("jax_num_cpu_devices", devices)
import jax.numpy as jnp
from jax.sharding import PartitionSpec as P
from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.loops import evolve
from core.particles.objectives import rastrigin
from core.particles.swarm import swarm_init
mesh = jax.make_mesh((devices,), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))
x = jax.random.uniform(jax.random.key(0), (3, 400), jnp.float32, -3, 3)
parameters = CboParameters(1.0, 2.0, 0.5, 0.02)

def run(x, axis):
    step = lambda s: cbo_step(rastrigin, parameters, jax.random.key(1), s, noise=isotropic, axis=axis)
    swarm, path = evolve(step, swarm_init(rastrigin, x, axis), 60, record=lambda s, a: a.point)
    return swarm.position, swarm.best_point, swarm.best_energy, path

if devices > 1:
    many = jax.shard_map(lambda x: run(x, "devices"), mesh=mesh, in_specs=P(None, "devices"),
                         out_specs=(P(None, "devices"), P(), P(), P()))
    out = jax.jit(many)(x)
else:
    out = jax.jit(lambda x: run(x, None))(x)
print(hashlib.sha256(b"".join(jax.device_get(a).tobytes() for a in out)).hexdigest())
"""


def test_one_two_four_and_eight_devices_walk_through_the_same_bits():
    hashes = {
        subprocess.run(
            [sys.executable, "-c", RUN, str(n)], capture_output=True, text=True, timeout=120, check=True
        ).stdout
        for n in (1, 2, 4, 8)
    }
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


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
