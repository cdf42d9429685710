"""EPO: an entropy bonus, and a penalty for leaving the band around the entropy's own history.

Slot: X. loss - λ (H̄ - c penalty), where the penalty is 0.1 while H̄ is outside (0.5, 1.5) times its running mean,
in the second half of training. As released the penalty is a constant on either side of the band: its gradient is
exactly 0, and only the bonus acts. `hinge`, ours, replaces it by the distance to the band. Effect: up by the bonus;
the hinge adds a pull to the band. Source: arXiv 2509.22576 and released code: λ = 0.001, c = 1.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean


def epo(
    strength: float = 1e-3,
    weight: float = 1.0,
    band: tuple[float, float] = (0.5, 1.5),
    outside: float = 0.1,
    *,
    hinge: bool = False,
) -> Intervention:
    """Adds -strength (mean H - weight penalty); memory: the sum and the number of past mean entropies.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> method = epo(strength=1.0, hinge=True)
    >>> batch, effect, context = by_hand(method.memory, step=1, entropy=[[2.0, 2.0], [2.0, 6.0]])  # mean 3, up to 4.5
    >>> float(method.loss(unmoved(batch), batch, effect, method.shape(batch, effect, context).marks))  # -(3 - 1.5/4)
    -2.625
    """

    def shape(batch, effect, context):
        total, count = context.memory
        now = masked_mean(batch.entropy, batch.mask)
        history = jnp.where(count > 0, total / jnp.maximum(count, 1), now)
        active = jnp.asarray(2 * context.step >= context.horizon, now.dtype)
        rows = batch.mask.shape[:1]
        marks = jnp.broadcast_to(history, rows), jnp.broadcast_to(active, rows)
        return Shaped(effect, marks, ((total + now).astype(total.dtype), count + 1))

    def loss(live, batch, effect, marks):
        history, active = marks[0][:, None], marks[1][:, None]
        low, high = band[0] * history, band[1] * history
        mean = masked_mean(live.entropy, batch.mask)
        if hinge:
            penalty = jnp.maximum(low - live.entropy, 0) + jnp.maximum(live.entropy - high, 0)
        else:
            penalty = jnp.where((live.entropy > low) & (live.entropy < high), 0.0, outside)
        return -strength * (mean - weight * masked_mean(active * penalty, batch.mask))

    return Intervention(shape, loss=loss, memory=(jnp.zeros((), jnp.float32), jnp.zeros((), jnp.float32)))
