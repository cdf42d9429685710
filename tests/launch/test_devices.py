"""The same arrays, to the bit, on one device and on several."""

import pytest

from tests.projects import REPOSITORY, command

SHARDED = ["phase_transition.phase_diagram"]


@pytest.mark.parametrize("name", SHARDED)
def test_a_sharded_figure_does_not_depend_on_the_number_of_devices(name, tmp_path):
    found = []
    for devices in (1, 3):
        out = tmp_path / str(devices)
        words = ("-m", f"experiments.{name}", "--preset=smoke", f"--devices={devices}", f"--out={out}")
        done = command(*words, cwd=REPOSITORY)
        assert done.returncode == 0, done.stderr
        (arrays,) = out.rglob("arrays.npz")
        found.append(arrays.read_bytes())
    assert found[0] == found[1]
