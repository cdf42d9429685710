"""Children of a sweep: one that dies is started again, not for ever; none outlives its parent's patience."""

import subprocess

import pytest

from launch.sweeps import children


@pytest.fixture
def begun(monkeypatch):
    """Has `script` stand in for the worker; gives the processes that were started."""
    processes = []

    def use(script):
        def start(folder, shard, count, flags):
            processes.append(subprocess.Popen(["sh", "-c", script], start_new_session=True))
            return processes[-1]

        monkeypatch.setattr(children, "_start", start)
        monkeypatch.setattr(children, "_LOOK_SECONDS", 0.01)
        return processes

    return use


@pytest.mark.parametrize(("script", "starts", "failed"), [
    ("exit 0", 1, {}),
    ("exit 1", 1, {0: 1}),  # points failed: trying at once again would change nothing
    ("exit 2", 1, {0: 2}),
    ("exit 75", 4, {0: 75}),
    ("kill -9 $$", 4, {0: -9}),
])  # fmt: skip
def test_what_was_killed_is_started_again_and_what_has_settled_is_not(begun, tmp_path, script, starts, failed):
    processes = begun(script)
    assert children.run_children(tmp_path, 1, (), lambda: None) == failed
    assert len(processes) == starts


def test_a_child_that_does_not_listen_is_killed(begun, tmp_path, monkeypatch):
    monkeypatch.setattr(children, "GRACE_SECONDS", 0.3)
    processes = begun(f"trap '' TERM; touch {tmp_path}/$$; while :; do sleep 0.05; done")

    def interrupt():
        if len(list(tmp_path.iterdir())) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        children.run_children(tmp_path, 2, (), interrupt)
    assert [process.returncode for process in processes] == [-9, -9]
