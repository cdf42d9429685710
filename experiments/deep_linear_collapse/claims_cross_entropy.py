"""What "Neural Collapse in Deep Linear Networks" claims about cross-entropy, checked.

The wording of the theorem was not available; its claim is taken from the abstract.
"""

import jax
import jax.numpy as jnp
import numpy as np

from core.features.unconstrained import layer_product
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.deep_linear_collapse._descents import DECAY, equal_penalty, lowest_descent
from theory.collapse.codes import best_code_scale, code_price, cross_polytope_code, etf_code, etf_margin

best_scale = jax.jit(best_code_scale)


def c14_cross_entropy_with_one_layer(trial: Trial) -> Evidence:
    """M = 1: cross-entropy ends in the simplex, e^u = 1/√(n λ_W λ_H) - (K-1), and in 0 from K√(n λ_W λ_H) = 1."""
    parts = []
    for decay in (5e-3, 0.15):
        penalty = equal_penalty(1, decay)
        margin = etf_margin(4, 5, decay, decay)
        model, value = lowest_descent(trial.key, (5,) * 4, penalty, loss="cross-entropy")
        logits = layer_product(model.layers) @ model.features
        expected = margin * np.kron(np.eye(4) - 0.25, np.ones((1, 5)))
        parts.append(identity(expected, logits, rtol=1e-6, atol=1e-6))
        parts.append(identity(best_scale(etf_code(4), 5, penalty.layers, decay)[1], value, rtol=1e-8))
    return combine(*parts)


def c15_cross_entropy_prefers_the_simplex() -> Evidence:
    """The simplex ETF is the global minimum of cross-entropy: no other code costs less."""
    cases = ((2, 6), (2, 10), (3, 4), (3, 10), (5, 4), (5, 10))
    one_layer = bound(np.array([_advantage(1, classes) for classes in (4, 6, 10)]), tolerance=0.0)
    deeper = bound(np.array([_advantage(depth, classes) for depth, classes in cases]), tolerance=0.0)
    return holds_if("there is one layer; the cross-polytope costs less for M = 2, K >= 6 and M >= 3, K >= 4",
                    one_layer, deeper)  # fmt: skip


def c16_descent_finds_the_cross_polytope(trial: Trial) -> Evidence:
    """M = 2, K = 6: no random start ends below the simplex ETF under cross-entropy."""
    penalty = equal_penalty(2, 5e-4)
    etf = best_scale(etf_code(6), 5, penalty.layers, 5e-4)[1]
    _, value = lowest_descent(trial.key, (5,) * 6, penalty, loss="cross-entropy", widths=(6, 6), starts=6)
    return refuted("M = 2, K = 6, n = 5, λ = 5e-4", bound(value / etf - 1, tolerance=1e-6))


def c17_code_prices() -> Evidence:
    """As decays vanish a code pays Σ (s_i/margin)^(2/(M+1)): cross-polytope over simplex is 2^((1-M)/(M+1)) K/(K-1)."""
    cases = [(depth, classes) for depth in (1, 2, 3, 5) for classes in (4, 6, 10)]
    formula = [2 ** ((1 - m) / (m + 1)) * k / (k - 1) for m, k in cases]
    found = [float(code_price(cross_polytope_code(k), m) / code_price(etf_code(k), m)) for m, k in cases]
    return identity(np.array(formula), np.array(found), rtol=1e-8)


def _advantage(depth: int, classes: int) -> float:
    """Cost of the cross-polytope over that of the simplex, less one, at their best scales."""
    values = [best_scale(c(classes), 5, jnp.full(depth, DECAY), DECAY)[1] for c in (cross_polytope_code, etf_code)]
    return float(values[0] / values[1] - 1)
