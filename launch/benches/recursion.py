"""The exact recursion of voting trees at many fan-ins in one program, against SciPy's incomplete beta function."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from launch.measure import Curve, Line, Peer
from theory.trees.recursion import Tree, tree_trajectory

FAN_INS = (3, 5, 11, 31, 101, 301, 1001)
DEPTH = 60


def lines(quick: bool) -> Iterator[Line]:
    """The exact recursion at all fan-ins, in one program, against a loop over SciPy's incomplete beta function."""
    points = 16 if quick else 512
    bias, fan_in = (grid.ravel() for grid in np.meshgrid(np.linspace(0.01, 0.99, points), np.array(FAN_INS, float)))
    root = jax.jit(lambda bias, fan_in: tree_trajectory(bias, Tree(fan_in, 0.9, 0.1), DEPTH)[-1])
    few = bias.size // max(1, bias.size // 64)

    def ours() -> np.ndarray:
        with jax.enable_x64(True):  # the peer's precision
            return np.asarray(root(jnp.asarray(bias), jnp.asarray(fan_in)))

    def climb(bias: np.ndarray, fan_in: np.ndarray) -> np.ndarray:
        from scipy.special import betainc

        for _ in range(DEPTH):
            heard = 0.9 * bias
            bias = 0.1 * heard + 0.9 * (2 * betainc((fan_in + 1) / 2, (fan_in + 1) / 2, (1 + heard) / 2) - 1)
        return bias

    def one_by_one() -> np.ndarray:
        return np.array([climb(bias[i], fan_in[i]) for i in range(0, bias.size, bias.size // few)])

    def agrees(ours: np.ndarray, theirs: np.ndarray) -> bool:
        return np.allclose(ours if len(theirs) == len(ours) else ours[:: bias.size // few], theirs, rtol=1e-11)

    peers = (
        Peer("SciPy betainc, a loop", one_by_one, agrees, float(DEPTH * len(range(0, bias.size, bias.size // few)))),
        Peer("SciPy betainc, whole arrays", lambda: climb(bias, fan_in), agrees),
    )
    for peer in peers:
        name, goal = f"recursion b<=1001 L=60 {peer.name.split(', ')[1]}", "≥ 20x" if "loop" in peer.name else ""
        yield Line(name, "ns per level", float(DEPTH * bias.size), ours, peer, goal=goal)
    for width in (1, 4) if quick else (1, 2, 4, 8, 16):
        yield _growth(512 * width)


def _growth(points: int) -> Line:
    bias = jnp.linspace(0.01, 0.99, points)
    root = jax.jit(lambda bias: tree_trajectory(bias, Tree(31.0, 0.9, 0.1), DEPTH)[-1])
    curve = Curve("exact recursion", "trees", points, 1.0)
    name, work = f"recursion growth trees={points}", float(DEPTH * points)
    return Line(name, "ns per level", work, lambda: np.asarray(root(bias)), curve=curve)
