"""Two testbeds in which entropy collapses: a table of bandits, in a second, and a tiny transformer, in some seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from core.networks.transformer import transformer
from core.policies.advantages import plain
from core.policies.imitation import imitate
from core.policies.interventions.interface import Intervention
from core.policies.interventions.one_of import one_of
from core.policies.tabular import tabular
from core.policies.tasks import bandit, long_copy, modular_sum
from core.policies.training import Recipe, adam, train


@dataclass(frozen=True)
class SumRuns:
    """Length and number of runs on the modular sum, and the steps of imitation that make their base policy."""

    rollouts: int = 60
    seeds: int = 8
    imitation: int = 600

    def __post_init__(self):
        if self.seeds < 2:
            raise ValueError(f"seeds={self.seeds}: must be >= 2 for an interval")


@dataclass(frozen=True)
class MethodRuns(SumRuns):
    """The same for several methods side by side, of which only the first few need to run."""

    methods: int = 5


def sum_start(runs: SumRuns, **recipe) -> tuple[Recipe, Callable[[Key[Array, ""]], PyTree]]:
    """A recipe for runs of that length, with `sum_recipe`'s changes, and their base policy as a function of a key."""
    changed, model = sum_recipe(horizon=runs.rollouts, **recipe)
    return changed, partial(sum_base, changed, model, steps=runs.imitation)


def sum_recipe(
    *, width: int = 32, layers: int = 1, heads: int = 4, rate: float = 1e-3, **changes
) -> tuple[Recipe, PyTree]:
    """A recipe for the modular sum, and the network's untrained `Model`; `changes` go to the recipe."""
    task = modular_sum()
    model = transformer(
        task.vocabulary, task.prompt_length + task.response_length - 1, width=width, layers=layers, heads=heads
    )
    return Recipe(model.apply, task, adam(rate), **changes), model


def long_recipe(*, words: int = 9, width: int = 32, rate: float = 1e-3, **changes) -> tuple[Recipe, PyTree]:
    """A recipe for copies behind many words: rewards ±1 as they are, no baseline, 16 prompts x 8 answers a rollout."""
    task = long_copy(words=words)
    model = transformer(task.vocabulary, task.prompt_length + task.response_length - 1, width=width, layers=1, heads=4)
    return Recipe(model.apply, task, adam(rate), **({"prompts": 16, "advantages": plain} | changes)), model


def sum_base(recipe: Recipe, model, key: Key[Array, ""], steps: int = 600) -> PyTree:
    """Parameters of the base policy, which is right in almost half of the cases and spreads over all digits."""
    return imitate(model, recipe.task, key, steps=steps)[0]


def sum_bases(recipe: Recipe, model, keys: Key[Array, " seeds"], steps: int = 600) -> PyTree:
    """A base policy of its own for each seed (seeds, ...), for claims about all bases: seeds that share one agree."""
    return jax.lax.map(partial(sum_base, recipe, model, steps=steps), keys)


def bandit_recipe(
    key: Key[Array, ""], *, states: int = 64, answers: int = 20, spread: float = 2.0, rate: float = 10.0, **changes
) -> tuple[Recipe, PyTree]:
    """A recipe for a table of bandits, trained by plain gradient steps, and its base policy."""
    task, table = bandit(key, states=states, answers=answers, spread=spread)
    policy = tabular(table)
    return Recipe(policy.apply, task, optax.sgd(rate), **changes), policy.init(key)


def over_seeds(
    recipe: Recipe, params: PyTree, keys: Key[Array, " seeds"], *, own: bool = False
) -> dict[str, Float[Array, "seeds rollouts"]]:
    """Reports of independent runs from one base policy, or, if each seed has its `own`, from params (seeds, ...)."""
    if own:
        return each_seed(lambda start: train(recipe, *start)[1], (params, keys))
    return each_seed(lambda key: train(recipe, params, key)[1], keys)


def each_seed(run: Callable[[Any], PyTree], seeds: PyTree) -> PyTree:
    """`run` of every seed, (seeds, ...): vmapped where an accelerator fills up with them, on a CPU in a map.

    There the products of a network this small are slower in a batch than one after another; the numbers agree to
    rounding.
    """
    return jax.vmap(run)(seeds) if jax.default_backend() != "cpu" else jax.lax.map(run, seeds)


def compare(
    recipe: Recipe, params: PyTree, methods: Sequence[Intervention], keys: Key[Array, " seeds"], *, own: bool = False
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """The reports of each method, with one and the same base policy and key a seed (`own`: as in `over_seeds`).

    The methods share one program; what its caller does not use of the reports is not computed.
    """

    def of_one(index: Int[Array, ""]) -> dict[str, Float[Array, "seeds rollouts"]]:
        return over_seeds(recipe._replace(method=one_of(methods, index)), params, keys, own=own)

    return jax.lax.map(of_one, jnp.arange(len(methods)))


def shown(
    recipe: Recipe, params: PyTree, methods: Sequence[Intervention], keys: Key[Array, " seeds"], *, own: bool = False
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """Of the reports of `compare` those that figures show; what training needs for the others is left out."""
    reports = compare(recipe, params, methods, keys, own=own)
    return {name: reports[name] for name in ("entropy", "decision_entropy", "reward", "touched")}
