"""What a change to the training rule may touch: one small set of slots for every method.

A method is an `Intervention`, a tuple of pure functions, each with a default that does nothing:

    R  reward   rewards before they are compared within a group
    A  W  M  C  F   shape: advantages, token weights, the mask of the denominator, clip bounds, dropped samples
    L  live     a weight that depends on the current policy; constant to the gradient
    X  loss     a differentiable term to be added
    P  sample   how responses are drawn

`shape` sees a whole rollout, so that its statistics do not depend on how the rollout is cut into minibatches. What it
wants to hand to `live` and `loss` it returns as marks: arrays with a leading sample axis. What must survive to the next
rollout is its memory.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Key, PyTree

from core.policies.sampling import Drawn

Tokens = Float[Array, "batch response"]


class Batch(NamedTuple):
    """A rollout under the policy that drew it; constant to every gradient."""

    prompts: Int[Array, "batch prompt"]  # tokens, each prompt once an answer
    responses: Int[Array, "batch response"]  # tokens
    logits: Float[Array, "batch response vocab"]  # that each token was drawn from
    log_prob: Tokens  # l, of the token that was drawn
    entropy: Tokens  # H of the distribution that it was drawn from
    discriminator: Tokens  # S of the token
    expected: Tokens  # E_p[S]
    reference: Float[Array, "batch response vocab"]  # logits of the base policy
    reward: Float[Array, " batch"]  # R
    advantage: Tokens  # A, before the method
    mask: Tokens  # 1 where a token counts
    group: Int[Array, " batch"]  # which prompt of the rollout is answered


class Effect(NamedTuple):
    """What the surrogate loss is told to do with each token."""

    advantage: Tokens  # A
    weight: Tokens  # of the policy-gradient term; the denominator does not see it
    keep: Tokens  # 0 takes the token out of the denominator too
    low: Tokens  # smallest importance ratio before the clip: 1 - ε_low, 0 for none
    high: Tokens  # largest: 1 + ε_high, inf for none


class Live(NamedTuple):
    """The same tokens under the policy being updated; differentiable."""

    logits: Float[Array, "batch response vocab"]  # as in `Batch`, like the next two
    log_prob: Tokens  # l
    entropy: Tokens  # H
    ratio: Tokens  # r, its probability over that under the policy that drew it


class Context(NamedTuple):
    """Where training is."""

    step: Int[Array, ""]  # number of the rollout, from 0
    horizon: int  # rollouts that the run will have
    groups: int  # prompts a rollout
    size: int  # answers a group
    key: Key[Array, ""]  # the method's own, new each rollout
    memory: PyTree  # of the rollout before


class Shaped(NamedTuple):
    """What `shape` gives back."""

    effect: Effect  # for the surrogate loss
    marks: PyTree  # arrays with a leading sample axis
    memory: PyTree  # for the next rollout


Draw = Callable[..., Drawn]  # core.policies.sampling.draw with policy, prompts and length bound


class Intervention(NamedTuple):
    """One method; `memory` is what its first rollout finds."""

    shape: Callable[[Batch, Effect, Context], Shaped] = lambda batch, effect, context: Shaped(
        effect, (), context.memory
    )
    reward: Callable[[Batch, Context], Float[Array, " batch"]] = lambda batch, context: batch.reward
    live: Callable[[Live, Batch, Effect, PyTree], Tokens] = lambda live, batch, effect, marks: jnp.ones_like(batch.mask)
    loss: Callable[[Live, Batch, Effect, PyTree], Float[Array, ""]] = lambda live, batch, effect, marks: jnp.zeros(
        (), batch.mask.dtype
    )
    sample: Callable[[Draw, Key[Array, ""], Context], Drawn] | None = None
    memory: PyTree = ()


NOTHING = Intervention()


def neutral(batch: Batch, low: Float[ArrayLike, ""], high: Float[ArrayLike, ""]) -> Effect:
    """Plain policy optimisation with the clip bounds [low, high].

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch, _, _ = by_hand(advantage=[[1.0], [-1.0]])
    >>> effect = neutral(batch, 0.75, 1.25)
    >>> effect.advantage.tolist(), effect.low.tolist(), effect.weight.tolist()
    ([[1.0, 1.0], [-1.0, -1.0]], [[0.75, 0.75], [0.75, 0.75]], [[1.0, 1.0], [1.0, 1.0]])
    """
    one = jnp.ones_like(batch.mask)
    return Effect(batch.advantage, one, one, jnp.full_like(one, low), jnp.full_like(one, high))


def chain(*parts: Intervention) -> Intervention:
    """All of them, left to right: effects thread through, live weights multiply, losses add, the last sampler draws.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> from core.policies.interventions.entropy_advantage import entropy_advantage
    >>> from core.policies.interventions.signed_weights import signed_weights
    >>> both = chain(entropy_advantage(0.25), signed_weights(0.5, 1.0))
    >>> effect = both.shape(*by_hand(both.memory, entropy=[[0.0, 1.0]], advantage=[[1.0], [-1.0]])).effect
    >>> effect.advantage.tolist(), effect.weight.tolist()
    ([[1.0, 1.25], [-1.0, -0.75]], [[0.5, 0.5], [1.0, 1.0]])
    """

    def within(context: Context, index: int) -> Context:
        return context._replace(memory=context.memory[index], key=jax.random.fold_in(context.key, index))

    def shape(batch: Batch, effect: Effect, context: Context) -> Shaped:
        marks, memory = [], []
        for index, part in enumerate(parts):
            effect, mark, kept = part.shape(batch, effect, within(context, index))
            marks.append(mark)
            memory.append(kept)
        return Shaped(effect, tuple(marks), tuple(memory))

    def reward(batch: Batch, context: Context) -> Float[Array, " batch"]:
        for index, part in enumerate(parts):
            batch = batch._replace(reward=part.reward(batch, within(context, index)))
        return batch.reward

    def live(now: Live, batch: Batch, effect: Effect, marks: Any) -> Tokens:
        weight = jnp.ones_like(batch.mask)
        for part, mark in zip(parts, marks, strict=True):
            weight = weight * part.live(now, batch, effect, mark)
        return weight

    def loss(now: Live, batch: Batch, effect: Effect, marks: Any) -> Float[Array, ""]:
        terms = (part.loss(now, batch, effect, mark) for part, mark in zip(parts, marks, strict=True))
        return sum(terms, jnp.zeros((), batch.mask.dtype))

    drawing = [(index, part.sample) for index, part in enumerate(parts) if part.sample]

    def sample(draw: Draw, key: Key[Array, ""], context: Context) -> Drawn:
        index, last = drawing[-1]
        return last(draw, key, within(context, index))

    return Intervention(shape, reward, live, loss, sample if drawing else None, tuple(p.memory for p in parts))


def masked_mean(values: Float[Array, "..."], mask: Float[Array, "..."]) -> Float[Array, ""]:
    """Mean over the unmasked; 0 where there is none.

    >>> float(masked_mean(jnp.array([1.0, 2.0, 9.0]), jnp.array([1.0, 1.0, 0.0])))
    1.5
    """
    return jnp.sum(values * mask) / jnp.maximum(jnp.sum(mask), 1)


def masked_deviation(values: Float[Array, "..."], mask: Float[Array, "..."]) -> Float[Array, ""]:
    """Population standard deviation over the unmasked.

    >>> float(masked_deviation(jnp.array([1.0, 2.0, 9.0]), jnp.array([1.0, 1.0, 0.0])))
    0.5
    """
    return jnp.sqrt(masked_mean((values - masked_mean(values, mask)) ** 2, mask))


def masked_quantile(values: Float[Array, "..."], mask: Float[Array, "..."], level: float) -> Float[Array, ""]:
    """The value below which a share `level` of the unmasked lies; the largest for level 1, +inf where there is none.

    >>> [float(masked_quantile(jnp.array([1.0, 2.0, 9.0]), jnp.array([1.0, 1.0, 0.0]), level)) for level in (0.5, 1.0)]
    [1.0, 2.0]
    """
    ordered = jnp.sort(jnp.where(mask > 0, values, jnp.inf).ravel())
    count = jnp.sum(mask > 0)
    place = jnp.clip(jnp.ceil(level * count).astype(int) - 1, 0, jnp.maximum(count - 1, 0))
    return ordered[place]


def response_mean(values: Tokens, mask: Tokens) -> Float[Array, " batch"]:
    """Mean over the tokens of each response; 0 for an empty one.

    >>> response_mean(jnp.array([[1.0, 3.0], [1.0, 3.0]]), jnp.array([[1.0, 1.0], [1.0, 0.0]])).tolist()
    [2.0, 1.0]
    """
    return jnp.sum(values * mask, axis=1) / jnp.maximum(jnp.sum(mask, axis=1), 1)


def over_tokens(per_response: Float[Array, " batch"], mask: Tokens) -> Tokens:
    """Repeats one number a response for each of its tokens.

    >>> over_tokens(jnp.array([1.0, -1.0]), jnp.ones((2, 2))).tolist()
    [[1.0, 1.0], [-1.0, -1.0]]
    """
    return jnp.broadcast_to(per_response[:, None], mask.shape)
