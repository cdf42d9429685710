"""Two testbeds in which entropy collapses: a table of bandits, in a second, and a tiny transformer, in some seconds."""

from collections.abc import Iterable, Sequence
from functools import partial

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
    """The reports of independent runs from one base policy, or, if each seed has its `own`, from params (seeds, ...).

    Runs are vmapped where an accelerator fills up with them. On a CPU the products of a network this small are slower
    in a batch than one after another, and the runs follow each other in a map; the numbers agree to rounding.
    """
    together = len(keys) if jax.default_backend() != "cpu" else 1
    if own:
        return jax.lax.map(lambda start: train(recipe, *start)[1], (params, keys), batch_size=together)
    return jax.lax.map(lambda key: train(recipe, params, key)[1], keys, batch_size=together)


def compare(
    recipe: Recipe, params: PyTree, methods: Sequence[Intervention], keys: Key[Array, " seeds"], *, own: bool = False
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """The reports of each method, with one and the same base policy and key a seed (`own`: as in `over_seeds`).

    The methods share one program; what its caller does not use of the reports is not computed.
    """

    def of_one(index: Int[Array, ""]) -> dict[str, Float[Array, "seeds rollouts"]]:
        return over_seeds(recipe._replace(method=one_of(methods, index)), params, keys, own=own)

    return jax.lax.map(of_one, jnp.arange(len(methods)))


def compare_on_sums(
    methods: Iterable[Intervention], key: Key[Array, ""], *, rollouts: int, seeds: int, imitation: int
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """Decision entropy, reward and share of touched tokens on the tiny transformer; jits itself."""
    at_base, at_runs = jax.random.split(key)
    recipe, model = sum_recipe(horizon=rollouts)
    params = jax.jit(partial(sum_base, recipe, model, steps=imitation))(at_base)
    return jax.jit(partial(shown, recipe, methods=tuple(methods)))(params, keys=jax.random.split(at_runs, seeds))


def shown(
    recipe: Recipe, params: PyTree, methods: Sequence[Intervention], keys: Key[Array, " seeds"], *, own: bool = False
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """Of the reports of `compare` those that figures show; what training needs for the others is left out."""
    reports = compare(recipe, params, methods, keys, own=own)
    return {name: reports[name] for name in ("entropy", "decision_entropy", "reward", "touched")}
