"""Voting trees, 32 in a word: draw the noise of a block of trees at once, then let their nodes decide.

Levels count from the leaves, 0, to the root. Child c of the node at position p, among the n of its level, has position
c n + p: the children of a whole level are contiguous, and a position depends neither on how a tree is cut nor on when
its part is simulated. The position and the index of the tree word are the address of a node's random words.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Key, UInt32

from core.trees.bits import Dyadic, bernoulli_words, majority_words
from core.trees.law import Law, Shape, first_number, leaf_as_received, require_shape
from core.trees.threefry import split_keys

LEAVES_AT_ONCE = 2**14  # of a subtree; a deeper tree is simulated subtree by subtree


def root_words(
    key: Key[Array, ""], law: Law, shape: Shape, word: UInt32[Array, " words"], *, cut: int | None = None
) -> UInt32[Array, " words"]:
    """Bit i of word w: does the root of tree 32 w + i decide correctly?

    Args:
        key: with it, a tree is the same in every call, on every machine.
        law: the noise; numerators may be traced.
        shape: fan-in and depth.
        word: the indices w of the words of 32 trees.
        cut: the level at which a tree is cut into subtrees that are simulated one after another. Memory is
            (b^cut + 2 b^(depth - cut)) words, times a few; the result is the same for every cut.

    >>> import jax
    >>> from core.trees.bits import dyadic
    >>> certain, roots = Law(leaf=dyadic(1, 0)), jax.jit(root_words, static_argnums=(1, 2))
    >>> roots(jax.random.key(0), certain, Shape(fan_in=3, depth=2), np.arange(1, dtype=np.uint32)).tolist()
    [4294967295]
    """
    require_shape(shape)
    fan_in, depth = shape
    cut = default_cut(shape) if cut is None else cut
    if not 0 <= cut <= depth:
        raise ValueError(f"cut must lie in 0 .. shape.depth = {depth}, got {cut}")
    leaf_key, flip_key, correlation_key = split_keys(key, 3)
    leaf = leaf_as_received(law) if depth else law.leaf

    def draw(kind_key, probability: Dyadic, levels: range, top: int, root) -> UInt32[Array, "nodes words"]:
        numbers = _numbers_under(shape, levels, top) + root
        words = bernoulli_words(kind_key, numbers[:, None], word[None, :], probability)
        # Drawn once: without the barrier XLA draws anew in every kernel that reads the words, and compiles for longer.
        return lax.optimization_barrier(words) if probability.bits else words

    def climb(votes, bottom: int, top: int, root) -> UInt32[Array, " words"]:
        flips = draw(flip_key, law.flip, range(max(bottom, 1), top), top, root)
        same = draw(correlation_key, law.correlation, range(bottom + 1, top + 1), top, root)
        untouched = jnp.zeros_like(votes) if bottom == 0 else votes[:0]  # a leaf's flip is in its draw
        return decide(votes, jnp.concatenate([untouched, flips]), same, fan_in, top - bottom)

    def subtree(root: UInt32[Array, ""]) -> UInt32[Array, " words"]:
        return climb(draw(leaf_key, leaf, range(1), cut, root), 0, cut, root)

    roots = lax.iota(jnp.uint32, fan_in ** (depth - cut))
    if cut == depth:
        return subtree(roots[0])
    return climb(lax.map(subtree, roots), cut, depth, roots[0])


def decide(
    votes: UInt32[Array, "leaves words"],
    flips: UInt32[Array, "senders words"],
    same: UInt32[Array, "deciders words"],
    fan_in: int,
    levels: int,
) -> UInt32[Array, " words"]:
    """The root's decision, without chance: relay (flip), share a cause (same), take the majority, level by level.

    `flips` holds the senders of all levels from the leaves on, `same` the deciders from the level above.

    >>> from jax import jit
    >>> votes, never = np.array([[0b011], [0b101], [0b001]], np.uint32), np.zeros((3, 1), np.uint32)
    >>> jit(decide, static_argnums=(3, 4))(votes, never, never[:1], 3, 1).tolist()  # 3, 1 and 1 of three votes
    [1]
    """
    words = votes.shape[1]
    for level in range(1, levels + 1):
        nodes = fan_in ** (levels - level)
        received = (votes ^ flips[: fan_in * nodes]).reshape(fan_in, nodes, words)
        majority, first = majority_words(received), received[0]
        votes = majority ^ (same[:nodes] & (majority ^ first))
        flips, same = flips[fan_in * nodes :], same[nodes:]
    return votes[0]


def default_cut(shape: Shape) -> int:
    """The highest level whose subtrees have at most LEAVES_AT_ONCE leaves, but half way up if that is higher.

    >>> default_cut(Shape(fan_in=3, depth=12))  # 3^8 = 6561 leaves
    8
    """
    fits = [level for level in range(shape.depth + 1) if shape.fan_in**level <= LEAVES_AT_ONCE]
    return max(fits[-1], (shape.depth + 1) // 2)


def _numbers_under(shape: Shape, levels: range, top: int) -> UInt32[np.ndarray, " nodes"]:
    """Numbers of the nodes of `levels` below the node at position 0 of level `top`, level by level."""
    fan_in, depth = shape
    parts = [
        first_number(shape, level) + np.arange(fan_in ** (top - level)) * fan_in ** (depth - top) for level in levels
    ]
    return np.concatenate([*parts, np.zeros(0)]).astype(np.uint32)
