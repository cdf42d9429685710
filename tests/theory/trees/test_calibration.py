from itertools import product

import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import calibration

effective_agents = compiled(calibration.effective_agents)
estimate_bias = compiled(calibration.estimate_bias)
estimate_correlation = compiled(calibration.estimate_correlation)
estimate_fidelity = compiled(calibration.estimate_fidelity)
estimate_leaf_law = compiled(calibration.estimate_leaf_law)


def population(agents=3, eighths_common=2):
    """Every pattern of votes as often as its probability says: p = 3/4, common cause ρ = eighths_common/8."""
    rows = []
    for votes in product((1, -1), repeat=agents):
        wins = votes.count(1)
        weight = (8 - eighths_common) * 3**wins  # of 8 · 4^agents
        if wins in (0, agents):
            weight += eighths_common * (3 if wins else 1) * 4 ** (agents - 1)
        rows += [votes] * weight
    assert len(rows) == 8 * 4**agents
    return np.array(rows)


def test_estimators_are_exact_on_a_whole_population():
    votes = population()
    np.testing.assert_allclose(estimate_bias(votes), 0.5, rtol=1e-14)
    np.testing.assert_allclose(estimate_correlation(votes), 0.25, rtol=1e-13)


def test_correlation_is_the_mean_of_numpys_and_drops_the_agent_that_never_varies():
    votes = population()
    unequal = np.column_stack([votes[:, 0], votes[:, 1] * votes[:, 2], votes[:, 2], np.ones(len(votes), int)])
    pearson = np.corrcoef(unequal[:, :3].T)
    np.testing.assert_allclose(estimate_correlation(unequal), pearson[np.triu_indices(3, 1)].mean(), rtol=1e-13)
    assert np.isnan(estimate_correlation(unequal[:, 2:]))


def test_fidelity_is_the_agreement_whatever_was_sent():
    for right in (40, 80):  # of 80 votes sent
        sent = np.r_[np.ones(right), -np.ones(80 - right)]
        flips = np.tile([-1, 1, 1, 1], 20)  # flip probability 1/4
        np.testing.assert_allclose(estimate_fidelity(sent, sent * flips), 0.5)


def test_leaf_law_is_recovered_from_below_the_clip():
    compute = np.geomspace(1, 1e9, 40)
    bias = np.minimum(1, 0.03 * compute**0.21)
    law = estimate_leaf_law(compute, bias)
    np.testing.assert_allclose((law.scale, law.exponent), (0.03, 0.21), rtol=1e-12)
    naive = np.polyfit(np.log(compute), np.log(bias), 1)[0]
    assert naive < 0.2  # what the clip does to a fit that keeps it


def test_effective_agents_saturate_at_the_inverse_correlation():
    np.testing.assert_allclose(effective_agents(np.array([1.0, 9.0, 1e12]), 0.25), [1, 3, 4])
    np.testing.assert_allclose(effective_agents(9, 0.0), 9)


def test_effective_agents_have_the_variance_of_the_mean():
    votes = population()
    spread = votes.mean(1).var()
    np.testing.assert_allclose(votes[:, 0].var() / spread, effective_agents(3, 0.25), rtol=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="votes"):
        calibration.estimate_correlation(np.array([[2.0, 1.0]]))
    with pytest.raises(ValueError, match="compute"):
        calibration.estimate_leaf_law(np.array([0.0, 1.0]), np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="agents"):
        calibration.effective_agents(0, 0.1)
