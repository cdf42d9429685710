import os

import jax
import pytest

from core.run import platform
from core.run.platform import use_wide_vectors


@pytest.fixture
def machine(monkeypatch):
    """A machine of which only what counts here is told."""

    def told(flags: str, version: tuple[int, ...], features: str) -> str:
        monkeypatch.setenv("XLA_FLAGS", flags)
        monkeypatch.setattr(jax, "__version_info__", version)
        monkeypatch.setattr(platform, "_cpu_info", lambda: ["model name : any", f"flags : fpu {features}"])
        use_wide_vectors()
        return os.environ["XLA_FLAGS"]

    return told


RECENT, WIDE = "avx512f avx512_vbmi2", "--xla_cpu_prefer_vector_width=512"


def test_vectors_are_wide_where_the_cpu_is_fast_with_them_and_the_flag_is_known(machine):
    assert machine("", (0, 12, 0), RECENT) == WIDE
    assert machine("--xla_x=1", (0, 10, 1), RECENT) == f"--xla_x=1 {WIDE}"


@pytest.mark.parametrize(
    ("flags", "version", "features"),
    [
        ("--xla_cpu_prefer_vector_width=256", (0, 12, 0), RECENT),  # the user's word
        ("", (0, 13, 0), RECENT),  # XLA ends the process over a flag that it has dropped
        ("", (0, 12, 0), "avx2 avx512f"),  # clocks down
    ],
)
def test_elsewhere_they_are_left_alone(machine, flags, version, features):
    assert machine(flags, version, features) == flags
