import numpy as np
import pytest
from scipy.special import logsumexp

from tests.compiled import compiled
from theory.collapse import codes
from theory.collapse.codes import best_code_scale, code_price, code_value

cross_polytope_code = compiled(codes.cross_polytope_code)
etf_code = compiled(codes.etf_code)
etf_margin = compiled(codes.etf_margin)

best_of, value_of, price_of = compiled(best_code_scale), compiled(code_value), compiled(code_price, static_argnums=1)


def test_value_of_a_code_is_the_objective_of_balanced_layers_and_features():
    classes, per_class, scale = 6, 5, 3.0
    decays, feature_decay = np.array([2e-3, 5e-3]), 4e-3
    for code in (etf_code(classes), cross_polytope_code(classes)):
        logits = np.kron(scale * np.asarray(code), np.ones((1, per_class)))
        u, s, vt = np.linalg.svd(logits, full_matrices=False)
        # s = product of three factors with λ_m s_m² equal
        mean_decay = (np.prod(decays) * feature_decay) ** (1 / 3)
        common = mean_decay * s ** (2 / 3)
        second, first = u * np.sqrt(common / decays[1]), np.diag(np.sqrt(common / decays[0]))
        features = np.sqrt(common / feature_decay)[:, None] * vt
        np.testing.assert_allclose(second @ first @ features, logits, atol=1e-8)
        labels = np.repeat(np.arange(classes), per_class)
        loss = np.mean(logsumexp(logits, axis=0) - logits[labels, np.arange(classes * per_class)])
        penalty = (
            decays[0] * (first**2).sum() + decays[1] * (second**2).sum() + feature_decay * (features**2).sum()
        ) / 2
        np.testing.assert_allclose(value_of(code, scale, per_class, 2, mean_decay), loss + penalty, rtol=1e-6)


def test_best_scale_of_the_etf_for_one_layer_is_its_closed_form():
    for per_class, decay in ((5, 5e-3), (20, 1e-3), (5, 0.1), (5, 0.2)):
        scale, value = best_of(etf_code(4), per_class, 1, decay)
        expected = etf_margin(4, per_class, decay, decay)
        np.testing.assert_allclose(scale, expected, atol=2e-7)
        np.testing.assert_allclose(value, value_of(etf_code(4), expected, per_class, 1, decay), rtol=1e-12)


def test_margin_vanishes_from_the_critical_decay_on():
    critical = 1 / (4 * np.sqrt(5.0))
    assert etf_margin(4, 5, critical * 0.999, critical * 0.999) > 0
    assert etf_margin(4, 5, critical * 1.001, critical * 1.001) == 0


def test_cross_polytope_wins_where_the_price_formula_says():
    for depth, classes in ((1, 6), (2, 4), (2, 6), (3, 4)):
        ratio = price_of(cross_polytope_code(classes), depth) / price_of(etf_code(classes), depth)
        np.testing.assert_allclose(ratio, 2 ** ((1 - depth) / (depth + 1)) * classes / (classes - 1), rtol=1e-9)
        assert (ratio < 1) == ((depth == 2 and classes >= 6) or depth >= 3)


def test_price_decides_as_the_decay_vanishes():
    for classes in (4, 6):
        etf, cross = (best_of(c(classes), 5, 2, 1e-9)[1] for c in (etf_code, cross_polytope_code))
        assert (cross < etf) == (price_of(cross_polytope_code(classes), 2) < classes - 1)


def test_codes_have_their_margins_and_refuse_what_they_cannot_be():
    for code in (etf_code(6), cross_polytope_code(6)):
        gaps = np.diag(code)[None, :] - np.asarray(code) + 9 * np.eye(6)
        np.testing.assert_allclose(gaps.min(), 1.0)
    with pytest.raises(ValueError, match="even"):
        codes.cross_polytope_code(5)
    with pytest.raises(ValueError, match="head_decay"):
        codes.etf_margin(4, 5, -5e-3, -5e-3)
    with pytest.raises(ValueError, match="classes"):
        codes.etf_code(1)
