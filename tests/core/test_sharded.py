"""All pillars: the same bits alone, on eight virtual devices of one process, on two, and on four of two processes.

Those two are one run: nothing is open to the network, and nobody waits for the dead.
"""

import json
import os
import signal
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.blocks import everywhere, fold, in_blocks, local_blocks, ordered_sum
from tests.projects import REPOSITORY, command, free_port, start

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
mesh = device_mesh(jax.devices()[:2])
found[2] = {**digests(mesh, swarm_work(3, 1000, "cbo")), "trees": digest(trees(mesh))}
close_without_exactness(device_mesh())
print(json.dumps(found))
"""
MEMBER = """
import json, os, sys
from pathlib import Path
import jax
from core.run.distributed import join, membership
from core.run.main import guarded
from core.run.mesh import device_mesh
from core.run.platform import set_devices, use_compile_cache, use_wide_vectors
from core.run.together import everyone
from tests.sharded_work import all_digests, probe_work, swarm_work

def listening():
    mine = {os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine]

def act():
    set_devices(2)
    use_wide_vectors()
    use_compile_cache()
    join(membership(sys.argv[1], 2, int(sys.argv[2])))
    work = {**swarm_work(3, 1000, "cbo"), **probe_work()}
    del work["rows"]
    print("found", json.dumps([all_digests(device_mesh(), work), listening(), jax.device_count()]), flush=True)
    while True:
        everyone(1)

sys.exit(guarded(act, debug=False))
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}  # as /proc/net writes it


@pytest.fixture(scope="module")
def digests():
    # optimised as users have it: without, a loop's odd end need not round as its body does, and bits differ
    done = command("-c", CHILD, cwd=REPOSITORY, seconds=300, XLA_FLAGS="")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_eight_devices_walk_through_the_same_bits_as_one_device_alone(digests):
    assert digests["8"] == digests["alone"]
    assert len(set(digests["alone"].values())) == len(digests["alone"])  # no two works happen to do the same


def test_so_do_two(digests):
    assert digests["2"].items() <= digests["alone"].items()


def test_so_do_four_of_two_processes_which_do_not_wait_for_the_dead(digests):
    coordinator = f"127.0.0.1:{free_port()}"
    processes = [start("-c", MEMBER, coordinator, str(i), cwd=REPOSITORY, XLA_FLAGS="") for i in range(2)]
    try:
        for process in processes:
            line = next((line for line in process.stdout if line.startswith("found")), None)
            assert line, process.communicate(timeout=60)[1][-2000:]
            together, listening, devices = json.loads(line.removeprefix("found"))
            assert devices == 4
            assert len(together) == 5
            assert together.items() <= digests["alone"].items()
            assert listening  # the other process is heard through something
            assert {address.partition(":")[0] for address in listening} <= LOOPBACK
        processes[1].kill()
        killed = time.monotonic()
        _, err = processes[0].communicate(timeout=60)
        assert time.monotonic() - killed < 5  # measured: 0.6 s and less than 2; a heartbeat would take 20
        assert processes[0].returncode == 75
        (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
        assert line.startswith("error: process 0 lost another one; run the same command again to go on")
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


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
