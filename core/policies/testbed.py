"""Two testbeds in which entropy collapses: a table of bandits, in a second, and a tiny transformer, in some seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, PyTree

from core.dealing import over_devices
from core.networks.transformer import transformer
from core.policies.advantages import plain
from core.policies.imitation import imitate
from core.policies.interventions.interface import Intervention
from core.policies.interventions.one_of import one_of
from core.policies.tabular import tabular
from core.policies.tasks import bandit, long_copy, modular_sum
from core.policies.training import Recipe, adam, train

SUM_STATIC = ("methods", "mesh", "rollouts", "updates", "width")  # of `sum_compared`, for jax.jit


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


def sum_recipe(
    *, width: int = 32, layers: int = 1, heads: int = 4, rate: float = 1e-3, **changes
) -> tuple[Recipe, PyTree]:
    """A recipe for the modular sum, and the network's untrained `Model`; `changes` go to the recipe.

    >>> recipe, model = sum_recipe(width=8, horizon=7)
    >>> params = jax.eval_shape(model.init, jax.random.key(0))
    >>> jax.eval_shape(recipe.apply, params, jnp.zeros((2, 6), int)).shape  # 10 digits, 8 words, =
    (2, 6, 19)
    """
    task = modular_sum()
    model = transformer(
        task.vocabulary, task.prompt_length + task.response_length - 1, width=width, layers=layers, heads=heads
    )
    return Recipe(model.apply, task, adam(rate), **changes), model


def long_recipe(*, words: int = 9, width: int = 32, rate: float = 1e-3, **changes) -> tuple[Recipe, PyTree]:
    """A recipe for copies behind many words: rewards ±1 as they are, no baseline, 16 prompts x 8 answers a rollout.

    >>> recipe, model = long_recipe(words=5)
    >>> recipe.task.response_length, recipe.prompts, recipe.advantages is plain
    (8, 16, True)
    """
    task = long_copy(words=words)
    model = transformer(task.vocabulary, task.prompt_length + task.response_length - 1, width=width, layers=1, heads=4)
    return Recipe(model.apply, task, adam(rate), **({"prompts": 16, "advantages": plain} | changes)), model


def sum_base(recipe: Recipe, model, key: Key[Array, ""], steps: int = 600) -> PyTree:
    """Parameters of the base policy, which is right in almost half of the cases and spreads over all digits.

    >>> recipe, policy = bandit_recipe(jax.random.key(0), states=2, answers=4)
    >>> model = tabular(policy["logits"])
    >>> jax.eval_shape(partial(sum_base, recipe, model), jax.random.key(1))["logits"].shape
    (2, 4)
    """
    return imitate(model, recipe.task, key, steps=steps)[0]


def sum_policy(key: Key[Array, ""], *, width: int, steps: int) -> PyTree:
    """`sum_base` as a function of numbers alone: all who jit it, with these static, have it traced once.

    >>> params = jax.eval_shape(partial(sum_policy, width=8, steps=1), jax.random.key(0))
    >>> params["head"]["kernel"].shape
    (8, 19)
    """
    return sum_base(*sum_recipe(width=width), key, steps=steps)


def sum_compared(
    params: PyTree,
    keys: Key[Array, " seeds"],
    clip: tuple[Float[ArrayLike, ""], Float[ArrayLike, ""]],
    noise: bool | Bool[Array, ""],
    *,
    methods: tuple[Intervention, ...],
    mesh: Mesh,
    rollouts: int,
    updates: int,
    width: int,
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """`compare` on the modular sum, likewise, with SUM_STATIC static; bounds of the ratio and noisy rewards are traced.

    >>> from core.run.mesh import device_mesh
    >>> params = jax.eval_shape(sum_recipe(width=8)[1].init, jax.random.key(0))
    >>> told = {"methods": (Intervention(),), "mesh": device_mesh(), "rollouts": 7, "updates": 4, "width": 8}
    >>> runs, keys = partial(sum_compared, **told), jax.random.split(jax.random.key(1), 3)
    >>> jax.eval_shape(runs, params, keys, (0.8, 1.2), False)["reward"].shape
    (1, 3, 7)
    """
    changes = {"low": clip[0], "high": clip[1], "reward_noise": noise, "horizon": rollouts, "updates": updates}
    return compare(sum_recipe(width=width, **changes)[0], params, methods, keys, mesh=mesh)


def sum_bases(recipe: Recipe, model, keys: Key[Array, " seeds"], *, mesh: Mesh, steps: int = 600) -> PyTree:
    """A base policy of its own for each seed (seeds, ...), for claims about all bases: seeds that share one agree.

    >>> from core.run.mesh import device_mesh
    >>> recipe, policy = bandit_recipe(jax.random.key(0), states=2, answers=4)
    >>> model, keys = tabular(policy["logits"]), jax.random.split(jax.random.key(1), 3)
    >>> jax.eval_shape(partial(sum_bases, recipe, model, mesh=device_mesh()), keys)["logits"].shape
    (3, 2, 4)
    """
    return over_devices(mesh, partial(sum_base, recipe, model, steps=steps), keys)


def bandit_recipe(
    key: Key[Array, ""], *, states: int = 64, answers: int = 20, spread: float = 2.0, rate: float = 10.0, **changes
) -> tuple[Recipe, PyTree]:
    """A recipe for a table of bandits, trained by plain gradient steps, and its base policy.

    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, horizon=7)
    >>> params["logits"].shape, recipe.horizon
    ((2, 4), 7)
    """
    task, table = bandit(key, states=states, answers=answers, spread=spread)
    policy = tabular(table)
    return Recipe(policy.apply, task, optax.sgd(rate), **changes), policy.init(key)


def over_seeds(
    recipe: Recipe, params: PyTree, keys: Key[Array, " seeds"], *, mesh: Mesh, own: bool = False
) -> dict[str, Float[Array, "seeds rollouts"]]:
    """Reports of independent runs, dealt to the devices of the mesh, from one base policy.

    If each seed has its `own` base, from params (seeds, ...).

    >>> from core.run.mesh import device_mesh
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, horizon=7)
    >>> keys = jax.random.split(jax.random.key(1), 3)
    >>> jax.eval_shape(partial(over_seeds, recipe, mesh=device_mesh()), params, keys)["entropy"].shape
    (3, 7)
    """
    if own:
        return over_devices(mesh, lambda params, key: train(recipe, params, key)[1], params, keys)
    return over_devices(mesh, lambda key: train(recipe, params, key)[1], keys)


def compare(
    recipe: Recipe,
    params: PyTree,
    methods: Sequence[Intervention],
    keys: Key[Array, " seeds"],
    *,
    mesh: Mesh,
    own: bool = False,
    names: Sequence[str] = ("entropy", "decision_entropy", "reward", "touched"),
) -> dict[str, Float[Array, "methods seeds rollouts"]]:
    """The named reports of each method, with one and the same base policy and key a seed (`own`: as in `over_seeds`).

    The methods share one program; what training needs for the other reports is left out.

    >>> from core.policies.interventions.entropy_bonus import entropy_bonus
    >>> from core.run.mesh import device_mesh
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, horizon=7)
    >>> methods, keys = [Intervention(), entropy_bonus(0.1)], jax.random.split(jax.random.key(1), 3)
    >>> jax.eval_shape(lambda: compare(recipe, params, methods, keys, mesh=device_mesh()))["entropy"].shape
    (2, 3, 7)
    """

    def of_one(index: Int[Array, ""]) -> dict[str, Float[Array, "seeds rollouts"]]:
        reports = over_seeds(recipe._replace(method=one_of(methods, index)), params, keys, mesh=mesh, own=own)
        return {name: reports[name] for name in names}

    return jax.lax.map(of_one, jnp.arange(len(methods)))
