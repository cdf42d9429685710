"""Several processes as one run: how a process joins, and how it leaves when another is lost.

    --distributed                                                  inside a step of SLURM
    --distributed --coordinator=HOST:PORT --processes=N --process=I     everywhere else, I = 0 .. N - 1

Process 0 is the coordinator; it alone writes and prints. Nothing listens but on the address by which the coordinator
is reached, loopback for one on this machine: nobody is asked who he is, so the network must be a private one.
"""

import ctypes
import ipaddress
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax

from core.run.complain import complain
from core.run.stopping import EXIT_REQUEUE
from core.run.together import everyone

HEARTBEAT_SECONDS = 20
JOIN_SECONDS = 300  # what a queue may need to start the last process
LAST_SECONDS = 0.5
_LOST = re.compile(r"gloo|nccl|connection|peer|unavailable|deadline|heartbeat|coordination", re.IGNORECASE)


class Membership(NamedTuple):
    """Which of how many processes this is, and where the first one is found."""

    coordinator: str  # HOST:PORT
    processes: int
    process: int


def membership(
    coordinator: str | None, processes: int | None, process: int | None, environment: Mapping[str, str] = os.environ
) -> Membership:
    """What the flags say, or SLURM where they say nothing.

    Raises:
        ValueError: when neither does, or the flags contradict each other.

    Examples:
        >>> membership("127.0.0.1:8476", 2, 0)
        Membership(coordinator='127.0.0.1:8476', processes=2, process=0)
        >>> membership("127.0.0.1:8476", 2, 2)
        Traceback (most recent call last):
        ValueError: --process=2: must be 0 to 1, one less than --processes=2
    """
    given = (coordinator, processes, process)
    if given == (None, None, None) and "SLURM_STEP_NODELIST" in environment:
        return _of_slurm(environment)
    if coordinator is None or processes is None or process is None:
        raise ValueError(
            "--distributed: give --coordinator=HOST:PORT, --processes=N and --process=I, all three, or start it by srun"
        )
    if not 0 <= process < processes:
        raise ValueError(f"--process={process}: must be 0 to {processes - 1}, one less than --processes={processes}")
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"--coordinator={coordinator}: must be HOST:PORT, such as 127.0.0.1:8476")
    return Membership(coordinator, processes, process)


def join(member: Membership) -> None:
    """Meets the other processes; before JAX is used for anything else.

    Raises:
        ValueError: for a coordinator that has no address, or all addresses.

    Examples:
        >>> join(Membership("0.0.0.0:8476", processes=2, process=0))
        Traceback (most recent call last):
        ValueError: --coordinator=0.0.0.0:8476: must be one address, not all of them
    """
    host, _, port = member.coordinator.rpartition(":")
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ValueError(f"--coordinator={member.coordinator}: {error.strerror}") from None
    there = ipaddress.ip_address(address[0])
    if there.is_unspecified:
        raise ValueError(f"--coordinator={member.coordinator}: must be one address, not all of them")
    spelled = f"[{there}]:{port}" if there.version == 6 else f"{there}:{port}"
    # SIGTERM is ours: all processes save the same step and leave (core.run.loop)
    jax.config.update("jax_enable_preemption_service", False)
    _bind_collectives(_own_address(family, address))
    jax.distributed.initialize(
        spelled,
        member.processes,
        member.process,
        coordinator_bind_address=spelled,
        heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
        initialization_timeout=JOIN_SECONDS,
    )
    ctypes.CDLL(None).signal(signal.SIGABRT, _on_abort)
    everyone(1)  # once connected, a lost process is noticed at once; one lost before that, by its heartbeat alone


def leave_lost(error: BaseException) -> None:
    """Ends this process of several after an error, with status 75 and one line if another process was lost.

    At once: Python's own end would wait for the lost one in JAX's shutdown, up to the heartbeat's time-out. Returns in
    a run of one process.

    >>> leave_lost(ValueError("connection reset by peer"))  # a process alone has none to lose
    """
    if not jax.distributed.is_initialized():
        return
    of_runtime = isinstance(error, jax.errors.JaxRuntimeError) or re.match("[A-Z_]+: ", str(error))  # or a ValueError
    lost = of_runtime and _LOST.search(str(error))
    if not lost:
        return
    complain(f"process {jax.process_index()} lost another one; run the same command again to go on: {error}")
    leave_now(EXIT_REQUEUE)


def leave_now(status: int) -> None:
    """Ends a process of several without waiting for the others, who notice; returns in a run of one process.

    >>> leave_now(1)  # nor to leave
    """
    if jax.distributed.is_initialized():
        sys.stdout.flush()
        sys.stderr.flush()
        if jax.process_index() == 0:
            time.sleep(LAST_SECONDS)  # the coordinator's end would abort the others before they have said their line
        os._exit(status)


@ctypes.CFUNCTYPE(None, ctypes.c_int)
def _on_abort(signum: int) -> None:
    """JAX aborts a process from within, before Python hears, when the coordinator is gone: that is no crash of ours.

    It runs in the thread that aborts. Where the coordinator answers, it returns, and the process aborts.
    """
    from jax._src.distributed import global_state

    host, _, port = (global_state.coordinator_address or ":0").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=0.5).close()
    except OSError:
        complain("lost process 0; run the same command again to go on from the last checkpoint")
        sys.stderr.flush()
        os._exit(EXIT_REQUEUE)


def _of_slurm(environment: Mapping[str, str]) -> Membership:
    """The first node of the step, and a port of the step's own: two steps of a job may share a node."""
    found = re.match(r"([^,\[]+)(?:\[(\d+))?", environment["SLURM_STEP_NODELIST"])
    if found is None:
        raise ValueError(f"SLURM_STEP_NODELIST={environment['SLURM_STEP_NODELIST']}: names no node")
    job, step = int(environment["SLURM_JOB_ID"]), int(environment.get("SLURM_STEP_ID", "0"))
    port = 2**16 - 2**12 + (16 * job + step) % (2**12 - 1)
    processes = int(environment.get("SLURM_STEP_NUM_TASKS") or environment["SLURM_NTASKS"])
    return Membership(f"{found[1]}{found[2] or ''}:{port}", processes, int(environment["SLURM_PROCID"]))


def _own_address(family: int, coordinator: tuple) -> str:
    """The address of this host by which it reaches the coordinator; no packet is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(coordinator)
        return probe.getsockname()[0]


def _bind_collectives(address: str) -> None:
    """Has the CPU's collectives listen on one address; JAX lets Gloo take whatever the host's name stands for."""
    from jax._src.lib import _jax  # pyright: ignore[reportPrivateImportUsage]

    _jax.make_gloo_tcp_collectives = partial(_jax.make_gloo_tcp_collectives, hostname=address)
