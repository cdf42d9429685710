import pytest

from launch.benches.cbo_success import lines


def test_success_is_as_frequent_as_with_the_peer():
    pytest.importorskip("cbx", reason="the peer is not installed")
    for line in lines(quick=True):
        assert line.peer.agrees(line.ours(), line.peer.run()), line.name
