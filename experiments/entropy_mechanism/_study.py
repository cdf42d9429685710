"""Runs of the tiny transformer that several figures of this paper share."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Key

from core.policies.tasks import bandit
from core.policies.testbed import SumRuns, over_seeds, sum_policy, sum_recipe
from core.policies.training import Recipe
from theory.entropy.reward_law import parent_entropy


def sweep(
    change: Callable[[Recipe, Array], Recipe],
    values: Float[Array, "values ..."],
    config: SumRuns,
    key: Key[Array, ""],
    mesh: Mesh,
    names: Sequence[str],
) -> dict[str, Float[Array, "values seeds rollouts"]]:
    """The named reports of runs whose recipe is changed by each of the values: one program for all of them."""
    at_base, at_runs = jax.random.split(key)
    plain = sum_recipe(horizon=config.rollouts)[0]
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)

    def runs(params, key, values):
        keys = jax.random.split(key, config.seeds)

        def of_value(value):
            reports = over_seeds(change(plain, value), params, keys, mesh=mesh)
            return {name: reports[name] for name in names}

        return jax.lax.map(of_value, values)

    return jax.jit(runs)(params, at_runs, values)


def bandit_table(
    key: Key[Array, ""], states: int, answers: int, **task
) -> tuple[Float[Array, "states answers"], Float[Array, "states answers"]]:
    """The reward of every answer in every state, and the logits of the base policy: all that an exact step needs."""
    rule, table = bandit(key, states=states, answers=answers, **task)
    state = jnp.arange(states).repeat(answers)[:, None]
    return rule.reward(state, jnp.tile(jnp.arange(answers), states)[:, None]).reshape(table.shape), table


def taught_curve() -> tuple[np.ndarray, np.ndarray]:
    """Decision entropy and reward of policies that are right with probability p at each of two sums, wrong evenly.

    Of the wrong partial sums one in nine wrong last steps makes a right answer.
    """
    p = np.linspace(0.15, 1, 200)
    return np.asarray(parent_entropy(p, 10.0)), p**2 + (1 - p) ** 2 / 9
