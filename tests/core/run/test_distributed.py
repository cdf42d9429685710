"""Two processes that are one run: the same bits, nothing open to the network, and no waiting for the dead."""

import json
import os
import signal
import socket
import time

import pytest

from core.run.distributed import Membership, join, leave_now, membership
from tests.projects import REPOSITORY, start

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}  # as /proc/net writes it
CHILD = """
import json, os, sys
from pathlib import Path
import jax
from core.run.distributed import join, membership
from core.run.main import guarded
from core.run.mesh import device_mesh
from core.run.platform import set_devices, use_compile_cache
from core.run.together import everyone, is_leader
from tests.sharded_work import all_digests, probe_work, swarm_work

def listening():
    mine = {os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine]

def act():
    set_devices(2)
    use_compile_cache()
    join(membership(sys.argv[1], 2, int(sys.argv[2])))
    work = {**swarm_work(3, 1000, "cbo"), **probe_work()}
    del work["rows"]
    together = all_digests(device_mesh(), work)
    alone = all_digests(None, work) if is_leader() else together
    print("found", json.dumps([together, alone, listening(), jax.device_count()]), flush=True)
    while True:
        everyone(1)

sys.exit(guarded(act, debug=False))
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_two_processes_walk_through_the_bits_of_one_and_do_not_wait_for_the_dead():
    coordinator = f"127.0.0.1:{free_port()}"
    # optimised as users have it: see test_sharded
    processes = [start("-c", CHILD, coordinator, str(i), cwd=REPOSITORY, XLA_FLAGS="") for i in range(2)]
    try:
        for process in processes:
            line = next((line for line in process.stdout if line.startswith("found")), None)
            assert line, process.communicate(timeout=60)[1][-2000:]
            together, alone, listening, devices = json.loads(line.removeprefix("found"))
            assert devices == 4
            assert together == alone
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


def test_membership_is_given_or_slurms():
    assert membership("localhost:1", 3, 2, {}) == Membership("localhost:1", 3, 2)
    step = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "1", "SLURM_NTASKS": "4", "SLURM_PROCID": "3"}
    ports = set()
    for nodes, first in (("n0", "n0"), ("n0,n4", "n0"), ("node[001-003],x", "node001"), ("a-b[7,9]", "a-b7")):
        found = membership(None, None, None, {**step, "SLURM_STEP_NODELIST": nodes})
        host, _, port = found.coordinator.partition(":")
        assert (host, found.processes, found.process) == (first, 4, 3)
        ports.add(port)
    assert len(ports) == 1
    other = membership(None, None, None, {**step, "SLURM_STEP_NODELIST": "n0", "SLURM_STEP_ID": "2"})
    assert other.coordinator.partition(":")[2] not in ports  # two steps of a job may share a node


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((None, None, None), "--distributed: give --coordinator"),
        (("h:1", 2, None), "all three"),
        (("h:1", 2, 2), "--process=2: must be 0 to 1"),
        (("h", 2, 0), "must be HOST:PORT"),
        (("h:70000", 2, 0), "must be HOST:PORT"),
    ],
)
def test_what_contradicts_itself_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        membership(*given, {})


@pytest.mark.parametrize("everywhere", ["0.0.0.0:8476", "[::]:8476"])
def test_nobody_listens_everywhere(everywhere):
    with pytest.raises(ValueError, match="must be one address, not all of them"):
        join(Membership(everywhere, 2, 0))


def test_a_run_of_one_process_is_never_ended_here():
    leave_now(75)
