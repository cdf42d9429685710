"""All pillars in one child process of eight virtual devices: alone, and on submeshes, the same bits."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.blocks import everywhere, fold, in_blocks, local_blocks, ordered_sum
from tests.projects import REPOSITORY, command

CHILD = """
import json
import jax
from core.run.platform import set_devices, use_compile_cache, use_wide_vectors
set_devices(8)
use_wide_vectors()
from core.run.mesh import device_mesh
from tests.sharded_work import all_digests, all_work, close_without_exactness, digest, digests, swarm_work, trees

use_compile_cache()
found = {"alone": all_digests(None, all_work()), 8: all_digests(device_mesh(), all_work())}
for count in (2, 4):
    mesh = device_mesh(jax.devices()[:count])
    found[count] = {**digests(mesh, swarm_work(3, 1000, "cbo")), "trees": digest(trees(mesh))}
close_without_exactness(device_mesh())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def digests():
    # optimised as users have it: without, a loop's odd end need not round as its body does, and bits differ
    done = command("-c", CHILD, cwd=REPOSITORY, seconds=300, XLA_FLAGS="")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_eight_devices_walk_through_the_same_bits_as_one_device_alone(digests):
    assert digests["8"] == digests["alone"]
    assert len(set(digests["alone"].values())) == len(digests["alone"])  # no two works happen to do the same


@pytest.mark.parametrize("count", ["2", "4"])
def test_so_does_any_number_between(digests, count):
    assert digests[count].items() <= digests["alone"].items()


@pytest.mark.parametrize("entries", [7, 1000, 1280])
def test_sums_are_sums(entries):
    values = np.random.default_rng(0).normal(size=(3, entries))
    np.testing.assert_allclose(jax.jit(ordered_sum)(values), values.sum(1), rtol=1e-12, atol=1e-14)


def test_long_single_precision_sums_lose_little():
    # a lane of a block adds 244 values, then 6 + 6 pairwise levels; one long sum in order would lose 1e-2
    rounding = (10**6 // 64 // 64 + 12) * 2.0**-24
    total = float(jax.jit(ordered_sum)(jnp.full(10**6, np.float32(0.1))))
    assert total == pytest.approx(1e6 * float(np.float32(0.1)), rel=rounding)


def test_blocks_come_in_order_and_are_folded_in_order():
    numbers, pieces = in_blocks(lambda number, x: (number, x), [jnp.arange(12)])
    assert numbers.tolist() == [0, 1, 2, 3]
    assert pieces.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert float(fold(jnp.array([1.0, 2.0, 3.0]), lambda a, b: 10 * a + b)) == 123.0
    columns = in_blocks(lambda _, x: x[:, 0], [jnp.arange(8).reshape(2, 4)], dimension=1)
    assert columns.tolist() == [[0, 4], [1, 5], [2, 6], [3, 7]]
    assert everywhere((pieces, numbers))[1].tolist() == [0, 1, 2, 3]


def test_the_number_of_blocks_depends_on_the_length_alone():
    assert [local_blocks(n) for n in (1, 7, 96, 1000, 4096)] == [1, 1, 32, 8, 64]
    mesh = jax.make_mesh((1,), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
    there = jax.shard_map(
        lambda x: ordered_sum(x, "d"), mesh=mesh, in_specs=jax.sharding.PartitionSpec("d"), out_specs=jax.P()
    )
    assert float(there(jnp.arange(6.0))) == 15.0


def test_a_length_that_the_devices_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="10 entries on 5 devices: the devices must divide 2"):
        jax.vmap(lambda x: ordered_sum(x, "d"), axis_name="d")(jnp.ones((5, 2)))
