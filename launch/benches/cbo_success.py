"""How often a swarm finds the minimum at the settings that CBXpy documents: as often as CBXpy, or the line is wrong."""

import warnings
from collections.abc import Callable, Iterator

import jax
import numpy as np

from core.run.mesh import device_mesh
from experiments.gradient_is_all_you_need._documented import DOCUMENTED, NEAR, Setting, standard_error, successes
from launch.measure import Line, Peer, installed


def lines(quick: bool) -> Iterator[Line]:
    """Time of a whole search; before it is taken, success rates have to agree within four binomial errors."""
    return (_line(setting, quick) for setting in DOCUMENTED)


def _line(setting: Setting, quick: bool) -> Line:
    ours, theirs = (100, 50) if setting.d == 2 else (20, 10)
    if not quick:
        ours, theirs = 4 * ours, 2 * theirs
    keys = iter(jax.random.split(jax.random.key(0), 1000))

    def agree(found: int, wins: int) -> bool:
        error = standard_error((found, ours), (wins, theirs))
        return abs(found / ours - wins / theirs) <= 4 * error

    return Line(
        f"cbo_success {setting.objective} d={setting.d} N={setting.particles}",
        "ms per search",
        float(ours),
        lambda: successes(setting, next(keys), ours, device_mesh()),
        Peer("CBXpy float64", _cbx(setting, theirs), agree, float(theirs)),
        goal="as often as the peer",
    )


def _cbx(setting: Setting, runs: int) -> Callable[[], int] | None:
    if not installed("cbx"):
        return None
    from cbx.dynamics import CBO
    from cbx.scheduler import multiply

    functions = {
        "rastrigin": lambda x: np.sum(x**2 - 10 * np.cos(2 * np.pi * x) + 10, axis=-1),
        "ackley": lambda x: (
            20 * (1 - np.exp(-0.2 * np.sqrt(np.mean(x**2, axis=-1))))
            + np.e * (1 - np.exp(np.mean(np.cos(2 * np.pi * x) - 1, axis=-1)))
        ),
    }
    settings = {"f_dim": "3D", "noise": setting.noise, "sigma": setting.sigma, "dt": 0.01, "alpha": setting.alpha}
    settings |= {"lamda": 1.0, "max_it": setting.steps, "verbosity": 0, "track_args": {"names": []}}
    draw = np.random.default_rng(0)

    def run() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = draw.uniform(-3, 3, (runs, setting.particles, setting.d))
            found = CBO(functions[setting.objective], x=start, **settings)
            found.optimize(sched=multiply(factor=1.05, maximum=1e5))
        return int(np.sum(np.max(np.abs(found.best_particle), axis=-1) < NEAR))

    return run
