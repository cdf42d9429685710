"""Who is one of several processes, as flags or SLURM say; what they do together is in tests/core/test_sharded.py."""

import pytest

from core.run.distributed import Membership, join, leave_now, membership


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
