"""A step of consensus-based optimisation on Rastrigin's function, against CBXpy, and against a swarm of evosax."""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from core.particles.cbo import CboParameters, cbo_step, isotropic
from core.particles.objectives import rastrigin
from core.particles.swarm import Swarm, swarm_init
from launch.limits import normals
from launch.measure import Curve, Line, Peer, installed

ALPHA, DT = 30.0, 0.01
SIZES = {2: (100, 10_000, 100_000), 20: (100, 10_000, 100_000), 200: (100, 10_000)}
GOALS = {(100_000, 20, "float64"): "≥ 12x", (100_000, 20, "float32"): "≥ 6x", (100, 2, "float64"): "≥ 75x"}


def lines(quick: bool) -> Iterator[Line]:
    """CBXpy in float64, its default, and with float32 normals; evosax; a hundred runs at once; the growth."""
    most = 1000 if quick else 100_000
    sizes = [(n, d) for d, counts in SIZES.items() for n in counts if n <= most]
    yield from (_line(n, d, peer) for n, d in sizes for peer in ("float64", "float32", "evosax"))
    yield from (_many(100, dtype) for dtype in ("float64", "float32"))
    yield from (_growth(n, 20, "N", n) for n in ((128, 1024) if quick else (1024, 4096, 16384, 65536, 262144)))
    yield from (_growth(1024, d, "d", d) for d in ((2, 16) if quick else (2, 8, 32, 128, 512)))


def _steps(coordinates: int) -> int:
    return int(np.clip(4_000_000 // coordinates, 4, 2000))


def _starts(n: int, d: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-3, 3, (n, d)).astype(np.float32)


def _sigma(d: int) -> float:
    """Half of what isotropic noise may be before the swarm diverges."""
    return min(0.5, 0.5 * np.sqrt(2 / max(d - 2, 1)))


def _narrower(after: Any, before: Any) -> Any:
    """By which share of itself the swarm's root mean square distance from the origin has changed."""
    return (after**2).mean() ** 0.5 / (before**2).mean() ** 0.5 - 1


def _alike(theirs: float, ours: float) -> bool:
    """Has one swarm become as much narrower as the other? The error is 2 to 5 % of that, a third less drift 30 %."""
    return abs(theirs / ours - 1) < 0.25


def _run(steps: int, key: jax.Array, position: jax.Array) -> jax.Array:
    """Float32, (d, N); the whole loop in one program. Gives how much narrower the swarm has become."""
    parameters = CboParameters(1.0, _sigma(position.shape[0]), ALPHA, DT)

    def step(_: Any, swarm: Swarm) -> Swarm:
        return cbo_step(rastrigin, parameters, key, swarm, noise=isotropic)[0]

    swarm = jax.lax.fori_loop(0, steps, step, swarm_init(rastrigin, position))
    return _narrower(swarm.position, position)


def _line(n: int, d: int, peer: str) -> Line:
    steps = _steps(n * d)
    few = max(2, steps // 20)
    advance, start = jax.jit(_run, static_argnums=0), jnp.asarray(_starts(n, d).T)
    other, name = (
        (_evosax(n, d, few), "evosax PSO") if peer == "evosax" else (_cbx(n, d, 1, few, peer), f"CBXpy {peer}")
    )

    def agrees(_: float, theirs: float) -> bool:
        """Alike after as many steps from one start, in the mean of some runs; another method need but be finite."""
        if peer == "evosax":
            return bool(np.isfinite(theirs))
        runs = 32 if n < 1000 else 4
        ours = [float(advance(few, key, start)) for key in jax.random.split(jax.random.key(0), runs)]
        return _alike(np.mean([theirs, *(other() for _ in range(runs - 1))]), np.mean(ours))

    return Line(
        f"cbo d={d} N={n} {peer}",
        "ns per coordinate",
        float(steps * n * d),
        lambda: float(advance(steps, jax.random.key(0), start)),
        Peer(name, other, agrees, float(few * n * d)),
        normals(steps * n * d),
        "within 1.3 of limit" if (n, d, peer) == (100_000, 20, "evosax") else GOALS.get((n, d, peer), ""),
    )


def _many(runs: int, dtype: str) -> Line:
    n, d, steps = 100, 2, 200
    few = 10
    keys, start = jax.random.split(jax.random.key(0), runs), jnp.asarray(_starts(n, d).T)
    advance = jax.jit(jax.vmap(partial(_run, steps), in_axes=(0, None)))
    short = jax.jit(jax.vmap(partial(_run, few), in_axes=(0, None)))
    return Line(
        f"cbo d={d} N={n} runs={runs} {dtype}",
        "ns per coordinate",
        float(runs * steps * n * d),
        lambda: float(advance(keys, start).mean()),
        Peer(
            f"CBXpy {dtype}",
            _cbx(n, d, runs, few, dtype),
            lambda _, theirs: _alike(theirs, float(short(keys, start).mean())),
            float(runs * few * n * d),
        ),
        normals(runs * steps * n * d),
    )


def _cbx(n: int, d: int, runs: int, steps: int, dtype: str) -> Callable[[], float] | None:
    if not installed("cbx"):
        return None
    from cbx.dynamics import CBO

    def objective(x: np.ndarray) -> np.ndarray:
        return np.sum(x**2 - 10 * np.cos(2 * np.pi * x) + 10, axis=-1)

    rng = np.random.default_rng(0)
    own = {"sampler": lambda size: rng.standard_normal(size, dtype=np.float32)} if dtype == "float32" else {}
    settings = {"f_dim": "3D", "noise": "isotropic", "sigma": _sigma(d), "dt": DT, "alpha": ALPHA, "lamda": 1.0}
    settings |= {"verbosity": 0, "track_args": {"names": []}}
    positions = np.repeat(_starts(n, d)[None], runs, axis=0).astype(dtype)

    def run() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dynamic = CBO(objective, x=positions.copy(), max_it=steps, **settings, **own)
            for _ in range(steps):
                dynamic.step()
        return float(_narrower(np.asarray(dynamic.x), positions))

    return run


def _evosax(n: int, d: int, steps: int) -> Callable[[], float] | None:
    """Particle swarm optimisation: another method, with as many particles, evaluations and (two uniform) numbers."""
    if not installed("evosax"):
        return None
    from evosax.algorithms import PSO

    method, starts = PSO(population_size=n, solution=jnp.zeros(d)), jnp.asarray(_starts(n, d))
    fitness = jax.vmap(lambda x: jnp.sum(x**2 - 10 * jnp.cos(2 * jnp.pi * x) + 10))

    @jax.jit
    def run(key: jax.Array) -> jax.Array:
        parameters = method.default_params
        state = method.init(key, starts, fitness(starts), parameters)

        def step(state: Any, key: jax.Array) -> tuple[Any, None]:
            ask, tell = jax.random.split(key)
            points, state = method.ask(ask, state, parameters)
            return method.tell(tell, points, fitness(points), state, parameters)[0], None

        state, _ = jax.lax.scan(step, state, jax.random.split(key, steps))
        return _narrower(state.population, starts)

    return lambda: float(run(jax.random.key(0)))


def _growth(n: int, d: int, variable: str, value: int) -> Line:
    steps = max(4, _steps(n * d) // 4)
    advance, start = jax.jit(_run, static_argnums=0), jnp.asarray(_starts(n, d).T)
    return Line(
        f"cbo growth {variable}={value}",
        "ns per coordinate",
        float(steps * n * d),
        lambda: float(advance(steps, jax.random.key(0), start)),
        curve=Curve("CBO step", variable, value, 1.0),
    )
