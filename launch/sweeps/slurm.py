"""A sweep on a cluster: its workers as a SLURM job array."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from core.run.catalogue import ROOT
from launch.sweeps.points import LOGS

SCRIPT = ROOT / "launch" / "cluster" / "sweep.sbatch"


def sbatch_command(folder: Path, tasks: int, flags: Sequence[str] = ()) -> list[str]:
    """The command that submits the array; sbatch reads partition, time and the like from SBATCH_* variables."""
    there = folder.resolve()
    where = [f"--chdir={ROOT}", f"--output={there / LOGS}/task-%a.log"]
    return ["sbatch", f"--array=0-{tasks - 1}", *where, str(SCRIPT), str(there), *flags]


def submit(folder: Path, tasks: int, flags: Sequence[str] = ()) -> str:
    """Submits the array; returns what sbatch says.

    Raises:
        ValueError: where there is no sbatch.
        RuntimeError: when sbatch refuses.
    """
    try:
        done = subprocess.run(sbatch_command(folder, tasks, flags), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ValueError("--slurm: there is no sbatch on this machine; run this where jobs are submitted") from None
    if done.returncode:
        raise RuntimeError(f"sbatch: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()
