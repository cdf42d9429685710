"""The clipped surrogate loss, with every slot of an intervention in its place."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from core.policies.interventions.interface import Batch, Effect, Intervention, Live
from core.policies.sampling import Apply, response_logits
from core.probes.tokens import token_stats


def look_again(apply: Apply, params: PyTree, batch: Batch) -> Live:
    """The tokens of a rollout under other parameters."""
    logits = response_logits(apply, params, batch.prompts, batch.responses)
    stats = token_stats(logits, batch.responses)
    return Live(logits, stats.log_prob, stats.entropy, jnp.exp(stats.log_prob - batch.log_prob))


def surrogate(live: Live, batch: Batch, effect: Effect, marks: PyTree, method: Intervention) -> Float[Array, ""]:
    """-Σ w min(r A, clip(r, low, high) A) / Σ keep, plus the method's own term; both sums over unmasked tokens.

    Everything but `live` is constant to the gradient, and so are the live weights.
    """
    batch, effect, marks = jax.lax.stop_gradient((batch, effect, marks))
    weight = effect.weight * jax.lax.stop_gradient(method.live(live, batch, effect, marks))
    kept = effect.keep * batch.mask
    gain = jnp.minimum(live.ratio * effect.advantage, jnp.clip(live.ratio, effect.low, effect.high) * effect.advantage)
    policy = -jnp.sum(weight * kept * gain) / jnp.maximum(jnp.sum(kept), 1)
    return policy + method.loss(live, batch, effect, marks)
