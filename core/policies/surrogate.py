"""The clipped surrogate loss, with every slot of an intervention in its place."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from core.policies.interventions.interface import Batch, Effect, Intervention, Live
from core.policies.sampling import Apply, response_logits
from core.probes.tokens import token_stats


def look_again(apply: Apply, params: PyTree, batch: Batch) -> Live:
    """The tokens of a rollout under other parameters.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch = by_hand(log_prob=jnp.log(0.25))[0]
    >>> uniform = lambda params, tokens: jnp.zeros((2, 2, 2))
    >>> ratio = jax.jit(lambda: look_again(uniform, None, batch).ratio)()
    >>> jnp.round(ratio, 4).tolist()  # 1/2, where it was 1/4
    [[2.0, 2.0], [2.0, 2.0]]
    """
    logits = response_logits(apply, params, batch.prompts, batch.responses)
    stats = token_stats(logits, batch.responses)
    return Live(logits, stats.log_prob, stats.entropy, jnp.exp(stats.log_prob - batch.log_prob))


def surrogate(live: Live, batch: Batch, effect: Effect, marks: PyTree, method: Intervention) -> Float[Array, ""]:
    """-Σ w min(r A, clip(r, low, high) A) / Σ keep, plus the method's own term; both sums over unmasked tokens.

    Everything but `live` is constant to the gradient, and so are the live weights.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> from core.policies.interventions.interface import NOTHING
    >>> batch, effect, _ = by_hand(advantage=[[2.0], [1.0]])
    >>> float(surrogate(unmoved(batch), batch, effect, (), NOTHING))  # at r = 1 it is minus the mean advantage
    -1.5
    """
    batch, effect, marks, seen = jax.lax.stop_gradient((batch, effect, marks, live))
    weight = effect.weight * method.live(seen, batch, effect, marks)
    kept = effect.keep * batch.mask
    gain = jnp.minimum(live.ratio * effect.advantage, jnp.clip(live.ratio, effect.low, effect.high) * effect.advantage)
    policy = -jnp.sum(weight * kept * gain) / jnp.maximum(jnp.sum(kept), 1)
    return policy + method.loss(live, batch, effect, marks)
