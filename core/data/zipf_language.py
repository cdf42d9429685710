"""A synthetic language with skewed word frequencies: hidden states walk, each utters words of its own."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key


class Language(NamedTuple):
    """A hidden Markov model with few successors and few words a state."""

    successors: Int[Array, "S branches"]  # states that may come next
    branch_odds: Float[Array, " branches"]  # of the first to the last of them, the same in all states
    words: Int[Array, "S width"]  # that a state may utter
    word_odds: Float[Array, " width"]


def sample_language(
    key: Key[Array, ""], vocabulary: int, states: int, *, branches: int = 3, words: int = 4, skew: float = 1.2
) -> Language:
    """A random language: successors, and words drawn with Zipf frequencies, so that some belong to many states.

    Args:
        key: typed key.
        vocabulary: V, number of words.
        states: S.
        branches: successors of a state; the i-th is taken with odds i^(-skew).
        words: of a state; the i-th is uttered with odds i^(-skew).
        skew: Zipf exponent.

    >>> language = jax.eval_shape(lambda key: sample_language(key, 21, 7), jax.random.key(0))
    >>> language.successors.shape, language.words.shape
    ((7, 3), (7, 4))
    """
    if min(vocabulary, states, branches, words) < 1 or vocabulary < words:
        raise ValueError(
            f"vocabulary is {vocabulary}, states {states}, branches {branches}, words {words}; allowed are >= 1"
        )
    next_key, word_key = jax.random.split(key)
    ranks = -skew * jnp.log(jnp.arange(1.0, max(branches, words, vocabulary) + 1))
    drawn = jax.vmap(
        lambda k: jax.random.choice(k, vocabulary, (words,), replace=False, p=jax.nn.softmax(ranks[:vocabulary]))
    )
    return Language(
        jax.random.randint(next_key, (states, branches), 0, states),
        jax.nn.softmax(ranks[:branches]),
        drawn(jax.random.split(word_key, states)),
        jax.nn.softmax(ranks[:words]),
    )


def sample_sequences(key: Key[Array, ""], language: Language, count: int, length: int) -> Int[Array, "count length"]:
    """Independent texts, each from a uniform first state.

    >>> turns = Language(jnp.array([[1], [0]]), jnp.ones(1), jnp.array([[0], [1]]), jnp.ones(1))
    >>> text = jax.jit(lambda key: sample_sequences(key, turns, 1, 4))(jax.random.key(0))[0]
    >>> (text[1:] != text[:-1]).tolist()
    [True, True, True]
    """
    states = language.successors.shape[0]
    first_key, walk_key = jax.random.split(key)

    def utter(state, key):
        word_key, step_key = jax.random.split(key)
        word = language.words[state, jax.random.choice(word_key, language.words.shape[1], (), p=language.word_odds)]
        branch = jax.random.choice(step_key, language.successors.shape[1], (), p=language.branch_odds)
        return language.successors[state, branch], word

    def text(state, key):
        return jax.lax.scan(utter, state, jax.random.split(key, length))[1]

    starts = jax.random.randint(first_key, (count,), 0, states)
    return jax.vmap(text)(starts, jax.random.split(walk_key, count))
