"""DPH-RL: an f-divergence to the base policy that covers its modes.

Slot: X. With u = π / π_ref: forward KL E_ref[-log u]; Jensen-Shannon E_ref[u log u - (u + 1) log((u + 1)/2)], which is
twice the usual one; α-divergence E_ref[(u^{1-α} - (1 - α) u - α) / (α (α - 1))]. Effect: support is kept. Source:
arXiv 2509.07430: coefficient 0.01, α = 0.2. There the expectation is over stored samples of the base policy; here it
is over the whole vocabulary at the tokens of the rollout.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, masked_mean

DIVERGENCES = ("forward", "jensen", "alpha")


def _divergence(kind: str, log_ratio, power: float = 0.2):
    """f(u) of an f-divergence, from log u."""
    u = jnp.exp(log_ratio)
    if kind == "forward":
        return -log_ratio
    if kind == "jensen":
        return u * log_ratio - (u + 1) * jnp.log((u + 1) / 2)
    if kind == "alpha":
        return (jnp.exp((1 - power) * log_ratio) - (1 - power) * u - power) / (power * (power - 1))
    raise ValueError(f"kind is {kind!r}; allowed are {DIVERGENCES}")


def reference_divergence(strength: float = 0.01, kind: str = "forward", power: float = 0.2) -> Intervention:
    """Adds strength times the divergence from the base policy, averaged over tokens.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> batch, effect, _ = by_hand(logits=jnp.log(jnp.array([3.0, 1.0])))  # π is (3/4, 1/4), the base policy uniform
    >>> round(float(reference_divergence(2.0).loss(unmoved(batch), batch, effect, ())), 4)  # 2 KL = log(4/3)
    0.2877
    """
    if kind not in DIVERGENCES:
        raise ValueError(f"kind is {kind!r}; allowed are {DIVERGENCES}")

    def loss(live, batch, effect, marks):
        base = jax.nn.log_softmax(batch.reference)
        terms = jnp.exp(base) * _divergence(kind, jax.nn.log_softmax(live.logits) - base, power)
        return strength * masked_mean(jnp.sum(terms, -1), batch.mask)

    return Intervention(loss=loss)
