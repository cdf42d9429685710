"""What "Neural Collapse in Deep Linear Networks" claims about cross-entropy, checked.

The wording of the theorem was not available; its claim is taken from the abstract.
"""

import jax
import numpy as np

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.deep_linear_collapse._codes import code_costs, code_prices
from experiments.deep_linear_collapse._descents import DECAY, equal_penalty, lowest_descent
from theory.collapse.codes import etf_margin

DEPTHS = (1, 2, 3, 5)


def c14_cross_entropy_with_one_layer(trial: Trial) -> Evidence:
    """M = 1: cross-entropy ends in the simplex, e^u = 1/√(n λ_W λ_H) - (K-1), and in 0 from K√(n λ_W λ_H) = 1."""
    margin, parts = jax.jit(etf_margin), []
    for decay in (5e-3, 0.15):
        end = lowest_descent(trial.key, (5,) * 4, equal_penalty(1, decay), loss="cross-entropy")
        expected = float(margin(4, 5, decay, decay)) * np.kron(np.eye(4) - 0.25, np.ones((1, 5)))
        parts.append(identity(expected, end.head @ end.model.features, rtol=1e-6, atol=1e-6))
        parts.append(identity(code_costs(4, 5, DEPTHS, decay).simplex[0], end.value, rtol=1e-8))
    return combine(*parts)


def c15_cross_entropy_prefers_the_simplex() -> Evidence:
    """The simplex ETF is the global minimum of cross-entropy: no other code costs less."""
    found = {classes: code_costs(classes, 5, DEPTHS, DECAY) for classes in (4, 6, 10)}
    advantage = {
        (depth, classes): costs.cross_polytope[row] / costs.simplex[row] - 1
        for classes, costs in found.items()
        for row, depth in enumerate(DEPTHS)
    }
    cases = ((2, 6), (2, 10), (3, 4), (3, 10), (5, 4), (5, 10))
    one_layer = bound(np.array([advantage[1, classes] for classes in (4, 6, 10)]), tolerance=0.0)
    deeper = bound(np.array([advantage[case] for case in cases]), tolerance=0.0)
    return holds_if("there is one layer; the cross-polytope costs less for M = 2, K >= 6 and M >= 3, K >= 4",
                    one_layer, deeper)  # fmt: skip


def c16_descent_finds_the_cross_polytope(trial: Trial) -> Evidence:
    """M = 2, K = 6: no random start ends below the simplex ETF under cross-entropy."""
    penalty = equal_penalty(2, 5e-4)
    simplex = code_costs(6, 5, DEPTHS, 5e-4).simplex[DEPTHS.index(2)]
    found = lowest_descent(trial.key, (5,) * 6, penalty, loss="cross-entropy", widths=(6, 6), starts=6).value
    return refuted("M = 2, K = 6, n = 5, λ = 5e-4", bound(found / simplex - 1, tolerance=1e-6))


def c17_code_prices() -> Evidence:
    """As decays vanish a code pays Σ (s_i/margin)^(2/(M+1)): cross-polytope over simplex is 2^((1-M)/(M+1)) K/(K-1)."""
    formula, found = [], []
    for classes in (4, 6, 10):
        formula += [2 ** ((1 - m) / (m + 1)) * classes / (classes - 1) for m in DEPTHS]
        prices = code_prices(classes, DEPTHS)
        found += list(prices.cross_polytope / prices.simplex)
    return identity(np.array(formula), np.array(found), rtol=1e-8)
