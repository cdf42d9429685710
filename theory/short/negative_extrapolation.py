"""Stepping back from one's own samples: θ = θ_r - w (θ_s - θ_r), θ_s tuned on what θ_r generates.

One step of tuning with preconditioner P is θ_s - θ_r = -P∇L_syn, so the real loss changes by

    w <∇L_real, P∇L_syn> + w²/2 <P∇L_syn, H P∇L_syn> + O(w³):

a small w > 0 helps iff the two gradients are anti-aligned at θ_r. Tuned without end on samples of temperature τ, a
model ends where its sampler is, and the step back undoes the temperature to a power:

    categorical   logits z, samples softmax(z/τ):    z -> a z, a = 1 + w (1 - 1/τ);
    Gaussian      log s, samples of spread τ s:      s -> f s, f = τ^{-w}.

A normal law fitted to n real samples by maximum likelihood has E KL(real|fit) = ½(ψ((n-1)/2) + log(2/n)) + log f
+ C f^{-2} - 1/2, C = (n+1)/(2(n-3)), least at f² = 2C > 1: fits are too narrow, so that w > 0 helps iff τ < 1.

Source: arXiv 2510.03597.
"""

import jax.numpy as jnp
from jax.scipy.special import digamma
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


def step_back(
    base: Float[ArrayLike, "*#n"], tuned: Float[ArrayLike, "*#n"], weight: Float[ArrayLike, "*#n"]
) -> Float[Array, "*n"]:
    """θ = (1 + w) θ_r - w θ_s.

    >>> float(step_back(2.0, 3.0, 0.5))
    1.5
    """
    w = jnp.asarray(weight)
    return (1 + w) * base - w * jnp.asarray(tuned)


def sharpening(temperature: Float[ArrayLike, "*#n"], weight: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """The factor a = 1 + w (1 - 1/τ) on the logits; below 1 for τ < 1 and w > 0.

    >>> float(sharpening(0.5, 0.5))
    0.5
    """
    return 1 + jnp.asarray(weight) * (1 - 1 / within("temperature", temperature, 0, strict=True))


def spreading(temperature: Float[ArrayLike, "*#n"], weight: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """The factor f = τ^{-w} on a Gaussian's spread; above 1 for τ < 1 and w > 0.

    >>> print(f"{spreading(0.25, 0.5):.4f}")
    2.0000
    """
    return within("temperature", temperature, 0, strict=True) ** -jnp.asarray(weight)


def gaussian_risk(samples: Float[ArrayLike, "*#n"], factor: Float[ArrayLike, "*#n"] = 1.0) -> Float[Array, "*n"]:
    """E KL(N(0,1) | N(m, f² s²)) over maximum-likelihood fits (m, s²) to n real samples.

    >>> print(f"{gaussian_risk(10.0):.4f} {gaussian_risk(10.0, spreading(0.7, 0.5)):.4f}")
    0.1754 0.1181

    Args:
        samples: n > 3; with fewer the mean does not exist.
        factor: f on the fitted spread.
    """
    n, f = within("samples", samples, 3, strict=True), within("factor", factor, 0, strict=True)
    log_spread = (digamma((n - 1) / 2) + jnp.log(2 / n)) / 2
    return log_spread + jnp.log(f) + (n + 1) / (2 * (n - 3)) / f**2 - 0.5


def gaussian_best_weight(samples: Float[ArrayLike, "*#n"], temperature: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """w* = log((n+1)/(n-3)) / (-2 log τ): positive iff the sampler seeks the mode.

    >>> print(f"{gaussian_best_weight(7.0, 0.5):.4f}")  # log 2 over twice log 2
    0.5000
    """
    n = within("samples", samples, 3, strict=True)
    return jnp.log((n + 1) / (n - 3)) / (-2 * jnp.log(within("temperature", temperature, 0, strict=True)))


def alignment(
    model: Float[ArrayLike, "*#b tokens"], real: Float[ArrayLike, "*#b tokens"], sampled: Float[ArrayLike, "*#b tokens"]
) -> Float[Array, "*b"]:
    """<∇L_real, ∇L_syn> = (p - q)·(p - π) in logits, for cross-entropies against q and against the samples' law π.

    >>> float(alignment(jnp.array([0.5, 0.5]), jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
    -0.5
    """
    p = jnp.asarray(model)
    return jnp.sum((p - jnp.asarray(real)) * (p - jnp.asarray(sampled)), axis=-1)
