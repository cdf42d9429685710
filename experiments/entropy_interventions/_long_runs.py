"""Success alone, failure alone and a filter on the sign, on long responses: what the figure and its claims measure."""

from functools import partial

import jax
import jax.numpy as jnp

from core.dealing import over_devices
from core.policies.imitation import imitate
from core.policies.interventions.entropy_band import entropy_band
from core.policies.interventions.one_of import one_of
from core.policies.interventions.signed_weights import signed_weights
from core.policies.testbed import long_recipe
from core.policies.training import train

BAND = (0.4, 0.45)
METHODS = {
    "PSR": signed_weights(1.0, 0.0),
    "NSR": signed_weights(0.0, 1.0),
    "Entrocraft": entropy_band(BAND, BAND),
}
SHOWN = ("entropy", "decision_entropy", "reward")


def long_runs(
    keys: jax.Array,
    mesh: jax.sharding.Mesh,
    *,
    words: int,
    rollouts: int,
    imitation: int,
    tossed: tuple[bool, ...] = (False,),
) -> dict[str, jax.Array]:
    """Reports (seeds, tossed, methods, rollouts), every seed with a base policy of its own.

    Args:
        keys: one a seed; all methods and both kinds of rewards of a seed share its base and its draws.
        mesh: to whose devices the seeds are dealt.
        words: of a response, without consequence.
        rollouts: of each run.
        imitation: steps that make a base policy.
        tossed: whether rewards are coin tosses, for each kind of runs.
    """
    recipe, model = long_recipe(words=words, horizon=rollouts)

    def of_seed(key):
        at_base, at_run = jax.random.split(key)
        params = imitate(model, recipe.task, at_base, steps=imitation, batch=64)[0]

        def one(toss, index):
            told = recipe._replace(method=one_of(list(METHODS.values()), index), reward_noise=toss)
            report = train(told, params, at_run)[1]
            return {name: report[name] for name in SHOWN}

        indices = jnp.arange(len(METHODS))
        return jax.lax.map(lambda toss: jax.lax.map(lambda index: one(toss, index), indices), jnp.asarray(tossed))

    return jax.jit(partial(over_devices, mesh, of_seed))(keys)
