"""Where a result comes from: versions, device, git state."""

import platform
import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

_PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "flax", "optax", "matplotlib")


def versions() -> dict[str, str]:
    """Python and the packages that can change a number or a picture.

    >>> versions()["jax"] == jax.__version__
    True
    """
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def device() -> str:
    """What computed, such as `2 x cpu`.

    >>> device().startswith(f"{jax.device_count()} x ")
    True
    """
    first = jax.devices()[0]
    kind = "" if first.device_kind == first.platform else f" ({first.device_kind})"
    return f"{jax.device_count()} x {first.platform}{kind}"


def git_state(root: Path) -> dict[str, Any]:
    """Commit and dirty flag of the checkout at `root`; commit None outside of one.

    >>> git_state(Path("nowhere"))
    {'commit': None, 'dirty': None}
    """
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()


def command(module: str, preset: str, overrides: tuple[str, ...], seed: int, x64: bool | None) -> str:
    """The command that computes the same result again.

    >>> command("experiments.paper.figure", "smoke", ("config.n=3",), 0, None)
    'python -m experiments.paper.figure --preset=smoke --config.n=3 --seed=0'
    """
    words = ["python", "-m", module, f"--preset={preset}", *(f"--{o}" for o in overrides), f"--seed={seed}"]
    return shlex.join(words + ([] if x64 is None else ["--x64" if x64 else "--nox64"]))
