"""Tasks whose answers a program can check, and the policies that a base model imitates before it is rewarded."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

Prompts = Int[Array, "batch prompt"]
Responses = Int[Array, "batch response"]


class Task(NamedTuple):
    """Prompts, a reward, and a base policy to start from."""

    vocabulary: int  # tokens 0 .. vocabulary - 1
    prompt_length: int  # in tokens
    response_length: int  # in tokens
    decisions: tuple[int, ...]  # positions of the response that the reward depends on
    prompts: Callable[[Key[Array, ""], int], Prompts]  # draws n of them
    reward: Callable[[Prompts, Responses], Float[Array, " batch"]]  # 1 right, 0 wrong
    base: Callable[[Prompts, Responses], Float[Array, "batch response vocab"]]  # p(next | prompt, response so far)


STYLES, EQUALS, DIGITS = 8, 18, 10


def modular_sum(*, slip: float = 0.35) -> Task:
    """(a + b + c) mod 10 in two steps: `a b c =` is answered by a style, the partial sum a + b, and the sum.

    The style is one of eight words without consequence. The base policy slips to a random digit with probability
    `slip` at each of the two sums, and goes on from what it wrote: it is right in about (1 - slip)² of the cases.

    >>> task, prompt = modular_sum(), jnp.array([[7, 8, 9, EQUALS]])
    >>> [float(jax.jit(task.reward)(prompt, jnp.array([[10, 5, last]]))[0]) for last in (4, 5)]  # 24 mod 10
    [1.0, 0.0]
    """
    if not 0 < slip < 1:
        raise ValueError(f"slip is {slip}; allowed is 0 < slip < 1")
    style = jax.nn.softmax(jnp.linspace(0.0, 1.5, STYLES, dtype=jnp.float32))
    vocabulary = DIGITS + STYLES + 1

    def prompts(key: Key[Array, ""], count: int) -> Prompts:
        digits = jax.random.randint(key, (count, 3), 0, DIGITS)
        return jnp.concatenate([digits, jnp.full((count, 1), EQUALS, digits.dtype)], axis=1)

    def reward(prompts: Prompts, responses: Responses) -> Float[Array, " batch"]:
        return jnp.float32(responses[:, -1] == prompts[:, :3].sum(1) % DIGITS)

    def base(prompts: Prompts, responses: Responses) -> Float[Array, "batch response vocab"]:
        def noisy(digit):
            right = jax.nn.one_hot(digit, vocabulary, dtype=jnp.float32)
            return (1 - slip) * right + slip / DIGITS * (jnp.arange(vocabulary) < DIGITS)[None]

        opening = jnp.zeros((len(prompts), vocabulary), jnp.float32).at[:, DIGITS:EQUALS].set(style[None])
        partial = noisy((prompts[:, 0] + prompts[:, 1]) % DIGITS)
        return jnp.stack([opening, partial, noisy((responses[:, 1] + prompts[:, 2]) % DIGITS)], axis=1)

    return Task(vocabulary, 4, 3, (1, 2), prompts, reward, base)


def long_copy(*, words: int = 9, sharpness: float = 14.0, slip: float = 0.2, conviction: float = 0.9) -> Task:
    """Three digits copied at the end of a long response: `a b c =` is answered by `words` words and then a, b, c.

    The words have no consequence; each is one of eight with p ∝ e^{sharpness i / 7}, so that most tokens are likely
    and do not matter. The base slips to a random digit with probability `slip` at each copy, and for c < 3 it writes
    c + 1 with probability `conviction`: it is sure of itself, rightly or, on three prompts of ten, wrongly.

    >>> task, prompt = long_copy(words=1), jnp.array([[7, 8, 9, EQUALS]])
    >>> [float(jax.jit(task.reward)(prompt, jnp.array([[10, 7, 8, last]]))[0]) for last in (9, 8)]
    [1.0, 0.0]
    """
    for name, value in {"slip": slip, "conviction": conviction}.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; allowed is 0 < {name} < 1")
    if words < 1:
        raise ValueError(f"words is {words}; allowed is a whole number >= 1")
    vocabulary = DIGITS + STYLES + 1
    word = jax.nn.softmax(jnp.linspace(0.0, sharpness, STYLES, dtype=jnp.float32))

    def reward(prompts: Prompts, responses: Responses) -> Float[Array, " batch"]:
        return jnp.float32(jnp.all(responses[:, words:] == prompts[:, :3], axis=1))

    def base(prompts: Prompts, responses: Responses) -> Float[Array, "batch response vocab"]:
        opening = jnp.zeros((len(prompts), words, vocabulary), jnp.float32).at[:, :, DIGITS:EQUALS].set(word)
        trapped = (prompts[:, :3] < 3) & (jnp.arange(3) == 2)[None]
        likely = jax.nn.one_hot(prompts[:, :3] + trapped, vocabulary, dtype=jnp.float32)
        share = jnp.where(trapped, conviction, 1 - slip)[..., None]
        digit = jnp.asarray(jnp.arange(vocabulary) < DIGITS, jnp.float32) / DIGITS
        return jnp.concatenate([opening, share * likely + (1 - share) * digit[None, None]], axis=1)

    places = (words, words + 1, words + 2)
    return Task(vocabulary, 4, words + 3, places, modular_sum().prompts, reward, base)


def bandit(
    key: Key[Array, ""], *, states: int = 512, answers: int = 50, spread: float = 2.2, calibration: float = 0.7
) -> tuple[Task, Float[Array, "states answers"]]:
    """One-token answers to `states` prompts, and the logits of the base policy, z ~ N(0, spread²).

    The right answer is drawn from softmax(calibration z): calibrated at 1, confidently wrong below.

    >>> task, table = bandit(jax.random.key(0), states=2, answers=4)
    >>> prompts, answers = jnp.array([[0]] * 4), jnp.array([[0], [1], [2], [3]])
    >>> sum(jax.jit(task.reward)(prompts, answers).tolist())  # one answer of a prompt is right
    1.0
    """
    for name, value in {"states": states, "answers": answers}.items():
        if value < 2:
            raise ValueError(f"{name} is {value}; allowed is a whole number >= 2")
    at_logits, at_answer = jax.random.split(key)
    logits = spread * jax.random.normal(at_logits, (states, answers), jnp.float32)
    right = jax.random.categorical(at_answer, calibration * logits)

    def prompts(key: Key[Array, ""], count: int) -> Prompts:
        return jax.random.randint(key, (count, 1), 0, states)

    def reward(prompts: Prompts, responses: Responses) -> Float[Array, " batch"]:
        return jnp.float32(responses[:, 0] == right[prompts[:, 0]])

    def base(prompts: Prompts, responses: Responses) -> Float[Array, "batch response vocab"]:
        return jax.nn.softmax(logits)[prompts[:, 0]][:, None]

    return Task(answers, 1, 1, (0,), prompts, reward, base), logits
