import contextlib
import errno
import fcntl

import pytest

from core.run import fence
from core.run.stopping import Superseded


@pytest.fixture
def without_locks(monkeypatch):
    """A file system whose locks end at the host, seen from two hosts."""
    monkeypatch.setattr(fence, "_locked", lambda file: True)


def test_the_newest_attempt_is_the_last_that_began(tmp_path, without_locks):
    with contextlib.ExitStack() as stack:
        attempts = []
        for _ in range(5):
            attempts.append(stack.enter_context(fence.only_attempt(tmp_path / "run")))
            assert [attempt.is_newest() for attempt in attempts] == [False] * (len(attempts) - 1) + [True]
        fence.insist(attempts[-1])
        with pytest.raises(Superseded, match="stops without a write"):
            fence.insist(attempts[0])


def test_an_attempt_that_ended_leaves_no_room_for_an_older_one(tmp_path, without_locks):
    with fence.only_attempt(tmp_path / "run") as zombie:
        with fence.only_attempt(tmp_path / "run"):
            pass
        assert not zombie.is_newest()


@pytest.mark.parametrize("lost", ["gone", "empty", "unreadable"])
def test_what_cannot_be_seen_to_be_ours_is_not_ours(tmp_path, monkeypatch, lost):
    def stale(path):
        raise OSError(errno.ESTALE, "Stale file handle")

    with fence.only_attempt(tmp_path / "run") as attempt:
        if lost == "gone":
            (tmp_path / ".run.lock").unlink()
        elif lost == "empty":
            (tmp_path / ".run.lock").write_bytes(b"")
        else:
            monkeypatch.setattr("pathlib.Path.read_bytes", stale)
        assert not attempt.is_newest()


def test_on_one_host_the_first_stays_and_the_second_is_refused_and_changes_nothing(tmp_path):
    with fence.only_attempt(tmp_path / "run") as first:
        with (
            pytest.raises(ValueError, match=r"another process is computing .*run; wait for it"),
            fence.only_attempt(tmp_path / "run"),
        ):
            pass
        assert first.is_newest()


def test_a_file_system_without_locks_is_not_taken_for_a_lock_that_is_held(tmp_path, monkeypatch):
    def no_locks(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with fence.only_attempt(tmp_path / "run") as attempt:
        assert attempt.is_newest()
